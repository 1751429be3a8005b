// A program in the middle of its work, for the commands that answer from managed objects. It prints "READY pid=N", what
// a reader of its dump must find, "END", and waits until its stdin ends. The argument is the length of the chain of
// methods that await each other (default 300). The lines:
//
//   fact PATH = VALUE, count PATH = N      as ../sample/Facts.cs
//   async COUNT STATE METHOD               methods under way, by await state and as C# calls them (Demo.Asyncs.Leaf)
//   chain LENGTH METHOD                    one tree of so many of them, each awaiting the next
//   stack METHOD METHOD …                  methods of one stack, each awaited by the next
//   awaits SOURCE METHOD                   a stack's first method, and how the name of the source begins that it awaits
//   ended METHOD                           no method under way
//   task PATH STATUS                       a task and its Status
//   timer DUE PERIOD STATE METHOD          milliseconds, -1: once; the type of its state; the callback
//   queued global|local METHOD             a work item that no thread has taken
//   blocked METHOD                         a work item in a thread of the pool, and its method waits
//   http METHOD STATUS PATH                a request of the client; - for one without an answer
//   entry PATH = KEY -> VALUE              an entry of a concurrent dictionary
//   item PATH = VALUE                      an item of a concurrent queue, the oldest first
//   held KIND OWNER RECURSION WAITERS NAME a lock (monitor, thin, rwlock, semaphore), by names of threads; - for none
//   handle KIND TYPE                       a GC handle and what it holds
//   finalizer COUNT TYPE                   objects that wait for the finalizer thread
//   exception TYPE HRESULT MESSAGE         an exception that is held
using System.Collections.Concurrent;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Demo;

public sealed class Deep<T> { }

public static class Program
{
	public static object Endless; // its type's name has 30,000 characters
	public static readonly Dictionary<string, Thread> Threads = new();
	public static readonly int[] Untouched = new int[5_000_000]; // its pages are nowhere but for the first and the last

	public static int Main(string[] arguments)
	{
		Thread.CurrentThread.Name = "main";
		Console.WriteLine("READY pid=" + Environment.ProcessId);
		Untouched[^1] = 7;
		Type deep = typeof(int);
		for (int i = 0; i < 1500; i++) deep = typeof(Deep<>).MakeGenericType(deep);
		Endless = Activator.CreateInstance(deep);
		Console.WriteLine("fact Demo.Program.Untouched[2500000] = 0");
		Console.WriteLine("fact Demo.Program.Untouched[4999999] = 7");
		Requests.Start();
		Tables.Start();
		Held.Start();
		Locks.Start();
		Timers.Start();
		Asyncs.Start(arguments.Length > 0 ? int.Parse(arguments[0]) : 300);
		Pool.Start();
		Backlog.Start();
		Console.WriteLine("END");
		while (Console.In.Read() >= 0) { }
		Locks.Never.WaitOne();
		return 0;
	}

	public static void StartThread(string name, ThreadStart body)
	{
		var thread = new Thread(body, 256 * 1024) { Name = name, IsBackground = true };
		Threads[name] = thread;
		thread.Start();
	}

	// Until the thread waits in the lock that it goes for.
	public static void AwaitBlocked(string name)
	{
		while ((Threads[name].ThreadState & ThreadState.WaitSleepJoin) == 0) Thread.Sleep(1);
		Thread.Sleep(20);
	}
}

public struct Key { public int Number; public string Text; }

public static class Tables
{
	public static readonly ConcurrentDictionary<string, int> Ages = new();
	public static readonly ConcurrentDictionary<int, string> Names = new();
	public static readonly ConcurrentDictionary<Key, object> Structs = new();
	public static readonly ConcurrentQueue<int> Numbers = new();
	public static readonly ConcurrentQueue<string> Texts = new();
	public static readonly ConcurrentQueue<Key> Keys = new();
	public static readonly ConcurrentQueue<long> Empty = new();

	public static void Start()
	{
		for (int i = 0; i < 5; i++)
		{
			Ages["person-" + i] = i * 3;
			Names[i * 100] = "name " + i;
			Console.WriteLine($"entry Demo.Tables.Ages = person-{i} -> {i * 3}");
			Console.WriteLine($"entry Demo.Tables.Names = {i * 100} -> name {i}");
		}
		Structs[new Key { Number = 1, Text = "one" }] = new Key { Number = 2, Text = "boxed" };
		// Segments hold 32 and then twice as many: this goes over three of them, the first of which is used up.
		for (int i = 0; i < 120; i++) Numbers.Enqueue(i);
		for (int i = 0; i < 40; i++) Numbers.TryDequeue(out _);
		for (int i = 0; i < 3; i++) Texts.Enqueue("text " + i);
		Keys.Enqueue(new Key { Number = 7, Text = "seven" });
		for (int i = 40; i < 120; i++) Console.WriteLine($"item Demo.Tables.Numbers = {i}");
		for (int i = 0; i < 3; i++) Console.WriteLine($"item Demo.Tables.Texts = text {i}");
		Console.WriteLine("count Demo.Tables.Ages = 5");
		Console.WriteLine("count Demo.Tables.Names = 5");
		Console.WriteLine("count Demo.Tables.Structs = 1");
		Console.WriteLine("count Demo.Tables.Numbers = 80");
		Console.WriteLine("count Demo.Tables.Texts = 3");
		Console.WriteLine("count Demo.Tables.Empty = 0");
	}
}

public class Thing { public string Name; }

public class RefusedException : Exception
{
	public RefusedException(string message, Exception inner, int result) : base(message, inner) { HResult = result; }
}

public static class Held
{
	public static readonly object Target = new Thing { Name = "target" };
	public static readonly WeakReference Weak = new(Target), WeakLong = new(Target, true);
	public static GCHandle Strong = GCHandle.Alloc(new Thing { Name = "strong" });
	public static GCHandle Pinned = GCHandle.Alloc(new byte[321], GCHandleType.Pinned);
	public static GCHandle WeakShortHandle = GCHandle.Alloc(Target, GCHandleType.Weak);
	public static GCHandle WeakLongHandle = GCHandle.Alloc(Target, GCHandleType.WeakTrackResurrection);
	public static DependentHandle Dependent = new(Target, "depends on the target");
	public static readonly List<Exception> Exceptions = new();

	public static void Start()
	{
		Console.WriteLine("handle Strong Demo.Thing");
		Console.WriteLine("handle Pinned System.Byte[]");
		Console.WriteLine("handle WeakShort Demo.Thing");
		Console.WriteLine("handle WeakLong Demo.Thing");
		Console.WriteLine("handle Dependent Demo.Thing");
		Keep(() => throw new InvalidOperationException("plain failure"));
		Keep(() => throw new RefusedException("refused", new TimeoutException("too late"), unchecked((int)0x80041234)));
		Exceptions.Add(new NotSupportedException("never thrown"));
		Print(Exceptions[0]);
		Print(Exceptions[1]);
		Print(Exceptions[1].InnerException);
		Print(Exceptions[2]);
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Keep(Action action)
	{
		try { action(); }
		catch (Exception exception) { Exceptions.Add(exception); }
	}

	private static void Print(Exception exception) =>
		Console.WriteLine($"exception {exception.GetType()} {exception.HResult:x8} {exception.Message}");
}

// Finalizable objects that nobody holds, behind one whose finalizer never ends.
public class Backlog
{
	private static readonly ManualResetEventSlim Begun = new(false);
	public int Id;
	~Backlog()
	{
		if (Id != -1) return;
		Begun.Set();
		Locks.Never.WaitOne();
	}

	public static void Start()
	{
		Drop(-1, 1);
		Collect();
		while (!Begun.Wait(50)) Collect();
		Drop(1, 25);
		Collect();
		Console.WriteLine("finalizer 25 Demo.Backlog");
	}

	private static void Collect() => GC.Collect(2, GCCollectionMode.Forced, blocking: true);

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Drop(int id, int count)
	{
		var thread = new Thread(() => { for (int i = 0; i < count; i++) _ = new Backlog { Id = id < 0 ? id : id + i }; });
		thread.Start();
		thread.Join();
	}
}
