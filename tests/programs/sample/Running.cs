// What a program at work holds: delegates, closures, pending async methods, iterators, exceptions, handles, locks.
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Demo.Running;

public delegate int Transform(int value);

public class Listener
{
	public string Name;
	public int Seen;
	public void On(string text) => Seen++;
	public static void OnAll(string text) { }
}

public class Publisher
{
	public event Action<string> Changed;
	public void Raise() => Changed?.Invoke("raised");
}

public static class Delegates
{
	public static Publisher Publisher = new();
	public static Listener Listener = new() { Name = "listener" };
	public static Action<string> Instance = Listener.On, Static = Listener.OnAll, Multicast;
	public static Transform Closed, Open = AddOne;
	public static Func<string, int> OpenInstance = (Func<string, int>)typeof(string).GetProperty("Length").GetMethod.CreateDelegate(typeof(Func<string, int>));
	public static Func<int> Closure = Capture("captured text", 5);
	public static Lazy<string> LazyDone = new(() => "lazy value"), LazyPending = new(() => "never");

	static Delegates()
	{
		Multicast = Listener.On;
		Multicast += Listener.OnAll;
		Multicast += new Listener { Name = "second" }.On;
		Publisher.Changed += Listener.On;
		Publisher.Changed += Listener.OnAll;
		int offset = 10;
		Closed = value => value + offset;
		_ = LazyDone.Value;
	}

	private static int AddOne(int value) => value + 1;
	private static Func<int> Capture(string text, int number) => () => text.Length + number;
}

public static class Asyncs
{
	public static TaskCompletionSource<int> Source = new();
	public static Task<int> Pending = Outer("async-argument");
	public static Task<string> Done = Task.FromResult("done");
	public static Task Failed = Task.FromException(new TimeoutException("task failed"));
	public static Task Cancelled = Task.FromCanceled(new CancellationToken(true));
	public static IEnumerator<int> Iterator = Count(100).GetEnumerator();
	public static CancellationTokenSource Cancellation = new();
	public static Timer Timer = new(_ => { }, "timer state", Timeout.Infinite, Timeout.Infinite);
	public static AsyncLocal<string> Local = new();

	static Asyncs()
	{
		Iterator.MoveNext();
		Iterator.MoveNext();
		Local.Value = "async local";
	}

	private static async Task<int> Outer(string argument)
	{
		var local = "outer local of " + argument;
		int inner = await Inner(argument.Length, new Guid("00112233-4455-6677-8899-aabbccddeeff"));
		return inner + local.Length;
	}

	private static async Task<int> Inner(int length, Guid id)
	{
		var point = new Shapes.Point { X = length, Y = 2, Tag = "async point" };
		int result = await Source.Task;
		return result + point.X + id.GetHashCode();
	}

	private static IEnumerable<int> Count(int from)
	{
		for (int i = 0; i < 10; i++) yield return from + i;
	}
}

public class PaymentException : Exception
{
	public int Code;
	public PaymentException(string message, Exception inner, int code) : base(message, inner) { Code = code; HResult = unchecked((int)0x80131501); }
}

public static class Faults
{
	public static Exception Held = Catch();
	public static AggregateException Aggregate = new("several", new InvalidOperationException("first"), new ArgumentException("second", "argument"));
	public static Exception NeverThrown = new NotSupportedException("never thrown");

	private static Exception Catch()
	{
		try { Wrap(); }
		catch (Exception exception) { exception.Data["note"] = "kept"; return exception; }
		return null;
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Wrap()
	{
		try { Throw(3); }
		catch (Exception exception) { throw new PaymentException("payment refused", exception, 402); }
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Throw(int depth)
	{
		if (depth == 0) throw new InvalidOperationException("inner failure");
		Throw(depth - 1);
	}
}

public class Finalizable
{
	public int Id;
	~Finalizable() { }
}

public static class Handles
{
	public static object Target = new Listener { Name = "weakly held" };
	public static WeakReference Weak = new(Target);
	public static WeakReference<object> WeakTyped = new(Target);
	public static WeakReference Dead = MakeDead();
	public static GCHandle Strong = GCHandle.Alloc(new Listener { Name = "strong handle" });
	public static GCHandle Pinned = GCHandle.Alloc(new byte[321], GCHandleType.Pinned);
	public static GCHandle WeakHandle = GCHandle.Alloc(Target, GCHandleType.Weak);
	public static GCHandle WeakLong = GCHandle.Alloc(Target, GCHandleType.WeakTrackResurrection);
	public static DependentHandle Dependent = new(Target, "dependent value");
	public static ConditionalWeakTable<object, string> Table = new() { { Target, "attached" } };
	public static Finalizable[] Finalizables = { new() { Id = 1 }, new() { Id = 2 } };
	public static object Hashed = new();
	public static int Hash = RuntimeHelpers.GetHashCode(Hashed);

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static WeakReference MakeDead() => new(new Listener { Name = "dead" });
}

public static class Locks
{
	public static object Thin = new(), Contended = new(), Waited = new();
	public static SemaphoreSlim Semaphore = new(2, 5);
	public static ReaderWriterLockSlim ReaderWriter = new();
	public static ManualResetEventSlim Event = new(false);
	public static readonly ManualResetEvent Never = new(false);
	public static CountdownEvent Ready = new(4);
}
