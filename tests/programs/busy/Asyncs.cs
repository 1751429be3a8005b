// Asynchronous methods under way, in trees of known shape; tasks of every status; a pool whose threads are all busy.
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using System.Threading.Tasks.Sources;

namespace Demo;

public sealed class Signal : IValueTaskSource<int>
{
	private ManualResetValueTaskSourceCore<int> _core;
	public ValueTask<int> Wait() => new(this, _core.Version);
	public int GetResult(short token) => _core.GetResult(token);
	public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);
	public void OnCompleted(Action<object> continuation, object state, short token, ValueTaskSourceOnCompletedFlags flags) =>
		_core.OnCompleted(continuation, state, token, flags);
}

// Runs what is posted at once, on the caller's thread.
public sealed class Inline : SynchronizationContext
{
	public override void Post(SendOrPostCallback callback, object state) => callback(state);
}

public static class Asyncs
{
	public static readonly TaskCompletionSource<int> End = new();
	public static readonly TaskCompletionSource[] Sides = { new(), new(), new() };
	public static readonly TaskCompletionSource Shared = new(), Contextual = new(), Second = new();
	public static readonly SemaphoreSlim Gate = new(0, 1);
	public static readonly Signal Signal = new();
	public static readonly Channel<string> Channel = System.Threading.Channels.Channel.CreateUnbounded<string>();
	public static readonly Channel<string> OtherChannel = System.Threading.Channels.Channel.CreateUnbounded<string>();
	public static Task<int> Chain, Deep;
	public static Task Joined, Quick, Failed, Cancelled, Thrown, Continued, FromSource, Delayed, Unstarted = new(() => { });
	public static ValueTask<int> Value;
	public static readonly List<Task> All = new();
	public static IAsyncEnumerator<int> Iterator;

	public static void Start(int length)
	{
		Chain = Link(End.Task, 0);
		for (int i = 1; i < length; i++) Chain = Link(Chain, i);
		Deep = Outer("argument of Outer");
		Joined = Join();
		All.Add(Sharer(1));
		All.Add(Sharer(2));
		Continued = Shared.Task.ContinueWith(After, "state of After");
		All.Add(Enter("first"));
		All.Add(Enter("second"));
		All.Add(ReadSignal());
		All.Add(ReadChannel());
		All.Add(ReadIterator());
		Value = ValueOf();
		Delayed = Delay();
		WithContext();
		Forgotten();
		All.Add(Twice());
		All.Add(AwaitPooled());
		All.Add(Returned());
		PooledRead().AsTask();
		Second.SetResult();
		Quick = Done();
		Failed = Fail();
		Cancelled = Cancel();
		Thrown = Task.FromException(new TimeoutException("task failed"));
		FromSource = End.Task;
		Thread.Sleep(300);  // for the parts that completions run in the pool
		Print(length);
	}

	private static async Task<int> Link(Task<int> next, int number) => await next + number;

	private static async Task<int> Outer(string argument)
	{
		string local = "local of Outer, " + argument;
		return await Middle(local.Length) + local.Length;
	}

	private static async Task<int> Middle(int number)
	{
		var at = new Key { Number = number, Text = "at" };
		return await Leaf(at) + at.Number;
	}

	private static async Task<int> Leaf(Key key) => await End.Task.ConfigureAwait(false) + key.Number;

	private static async Task Join() => await Task.WhenAll(Side(0), Side(1), Side(2));
	private static async Task Side(int number) => await Sides[number].Task;
	private static async Task Sharer(int number) { await Shared.Task; GC.KeepAlive(number); }
	private static void After(Task task, object state) { }
	private static async Task Enter(string who) { await Gate.WaitAsync(); GC.KeepAlive(who); }
	private static async Task ReadSignal() => await Signal.Wait();
	private static async Task ReadChannel() => await Channel.Reader.ReadAsync();
	private static async ValueTask<int> ValueOf() => await End.Task;
	private static async Task AwaitPooled() => await Pooled(2);
	private static async Task Returned() { for (int i = 0; i < 3; i++) await PooledShort(); }

	// Boxes from a pool: those of PooledShort go back to it.
	[AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
	private static async ValueTask<int> Pooled(int depth) => depth == 0 ? await End.Task : await Pooled(depth - 1);
	[AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
	private static async ValueTask PooledRead() => await OtherChannel.Reader.ReadAsync().ConfigureAwait(false);
	[AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
	private static async ValueTask PooledShort() => await Task.Yield();
	private static async Task Delay() => await Task.Delay(TimeSpan.FromHours(5));
	private static async Task ReadIterator() { await foreach (int number in Count(3)) GC.KeepAlive(number); }

	private static async IAsyncEnumerable<int> Count(int to)
	{
		for (int i = 0; i < to; i++)
		{
			await Sides[i].Task;
			yield return i;
		}
	}

	private static void WithContext()
	{
		var before = SynchronizationContext.Current;
		SynchronizationContext.SetSynchronizationContext(new Inline());
		All.Add(InContext());
		SynchronizationContext.SetSynchronizationContext(before);
	}

	private static async Task InContext() => await Contextual.Task;
	private static async void Forgotten() => await Sides[2].Task;
	private static async Task Twice() { await Second.Task; await Sides[1].Task; }
	private static async Task Done() { await Task.Yield(); }
	private static async Task Fail() { await Task.Yield(); throw new InvalidOperationException("failed task"); }
	private static async Task Cancel() { await Task.Yield(); throw new OperationCanceledException(); }

	private static void Print(int length)
	{
		Console.WriteLine($"async {length} 0 Demo.Asyncs.Link");
		Console.WriteLine($"chain {length} Demo.Asyncs.Link");
		foreach (var name in new[] { "Outer", "Middle", "Leaf", "Join", "ReadSignal", "ReadChannel", "ReadIterator", "ValueOf", "Delay",
			"InContext", "Forgotten", "Pooled", "AwaitPooled", "PooledRead" })
			Console.WriteLine($"async 1 0 Demo.Asyncs.{name}");
		Console.WriteLine("async 1 0 Demo.Asyncs.Count");
		Console.WriteLine("async 3 0 Demo.Asyncs.Side");
		Console.WriteLine("async 2 0 Demo.Asyncs.Sharer");
		Console.WriteLine("async 2 0 Demo.Asyncs.Enter");
		Console.WriteLine("async 1 1 Demo.Asyncs.Twice");
		Console.WriteLine("async 2 1 Demo.Asyncs.Pooled");
		Console.WriteLine("ended Demo.Asyncs.PooledShort");
		Console.WriteLine("stack Demo.Asyncs.Pooled Demo.Asyncs.Pooled Demo.Asyncs.Pooled Demo.Asyncs.AwaitPooled");
		Console.WriteLine("stack Demo.Asyncs.Count Demo.Asyncs.ReadIterator");
		Console.WriteLine("stack Demo.Asyncs.Leaf Demo.Asyncs.Middle Demo.Asyncs.Outer");
		Console.WriteLine("awaits Demo.Signal Demo.Asyncs.ReadSignal");
		Console.WriteLine("awaits System.Threading.Channels. Demo.Asyncs.PooledRead");
		foreach (var (name, task) in new[] { ("Chain", Chain), ("Deep", Deep), ("Joined", Joined), ("Quick", Quick), ("Failed", Failed),
			("Cancelled", Cancelled), ("Thrown", Thrown), ("Continued", Continued), ("FromSource", FromSource), ("Delayed", Delayed),
			("Unstarted", Unstarted) })
			Console.WriteLine($"task Demo.Asyncs.{name} {task.Status}");
	}
}

public sealed class TimerState { public string Name; }

public sealed class Ticker
{
	public int Ticks;
	public void Tick(object state) => Ticks++;
}

public static class Timers
{
	public static readonly Ticker Ticker = new();
	public static readonly List<object> All = new();

	public static void Start()
	{
		Add(new Timer(OnTick, "state of OnTick", 3_600_000, 60_000), "3600000 60000 System.String Demo.Timers.OnTick");
		Add(new Timer(Ticker.Tick, new TimerState { Name = "one" }, 7_200_000, Timeout.Infinite), "7200000 -1 Demo.TimerState Demo.Ticker.Tick");
		Add(new Timer(Ticker.Tick, new TimerState { Name = "two" }, 7_200_000, Timeout.Infinite), "7200000 -1 Demo.TimerState Demo.Ticker.Tick");
		Add(new Timer(OnTick, null, 500_000, 1_000), "500000 1000 - Demo.Timers.OnTick");
		// Beyond the third of a second that the runtime keeps in its short list, and into it.
		Add(new Timer(OnTick, "stopped", Timeout.Infinite, Timeout.Infinite), null);
		All.Add(new CancellationTokenSource(TimeSpan.FromHours(3)));
	}

	private static void Add(Timer timer, string fact)
	{
		All.Add(timer);
		if (fact != null) Console.WriteLine("timer " + fact);
	}

	private static void OnTick(object state) { }
}

public static class Pool
{
	public static readonly List<Task> Tasks = new();
	private static readonly CountdownEvent Busy = new(2);

	// Two threads, both blocked: what is queued from now on stays.
	public static void Start()
	{
		ThreadPool.SetMinThreads(2, 2);
		ThreadPool.SetMaxThreads(2, 2);
		ThreadPool.UnsafeQueueUserWorkItem(Block, "first");
		ThreadPool.UnsafeQueueUserWorkItem(Block, "second");
		Busy.Wait();
		for (int i = 0; i < 3; i++) ThreadPool.QueueUserWorkItem(Item, "state " + i);
		ThreadPool.QueueUserWorkItem(Typed, 5, preferLocal: false);
		Tasks.Add(Task.Run(Work));
		Tasks.Add(Task.Factory.StartNew(WorkOn, "state of WorkOn"));
		for (int i = 0; i < 3; i++) Console.WriteLine("queued global Demo.Pool.Item");
		Console.WriteLine("queued global Demo.Pool.Typed");
		Console.WriteLine("queued global Demo.Pool.Work");
		Console.WriteLine("queued global Demo.Pool.WorkOn");
		Console.WriteLine("queued local Demo.Pool.Local");
		Console.WriteLine("queued local Demo.Pool.Local");
		Console.WriteLine("blocked Demo.Pool.Block");
		Console.WriteLine("blocked Demo.Pool.Block");
		Console.WriteLine("task Demo.Pool.Tasks[0] WaitingToRun");
	}

	private static void Block(object state)
	{
		Busy.Signal();
		Busy.Wait();
		ThreadPool.QueueUserWorkItem(Local, (string)state, preferLocal: true);
		Locks.Never.WaitOne();
	}

	private static void Item(object state) { }
	private static void Typed(int number) { }
	private static void Local(string text) { }
	private static void Work() { }
	private static void WorkOn(object state) { }
}
