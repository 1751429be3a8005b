// Threads that wait for each other. The argument chooses what: orders (lock orders), starved (a pool of which every
// thread waits for a task that only the pool can finish), both (the default), or busy (a healthy program: locks that are
// waited for, a pool that works). It prints "READY pid=N", what a reader of its dump must find, "END", and waits for the end of
// its stdin. The lines:
//
//   fact PATH = VALUE                       as ../sample/Facts.cs
//   deadlock THREAD KIND OWNER [...]        a circle, from its thread that was started first: each waits for a lock of KIND,
//                                           which the next holds; "until MS": it ends when a wait gives up
//   behind THREAD KIND OWNER                waits for a thread of a circle
//   waits THREAD KIND OWNER                 waits for a thread that only works; - for nobody
//   healthy                                 the pool works
//   starved WORKERS QUEUED                  the pool: its threads, all of which wait, and at least so much that is queued
namespace Demo;

public static class Program
{
	public static readonly Dictionary<string, Thread> Threads = new();
	public static readonly ManualResetEvent Never = new(false);

	public static int Main(string[] arguments)
	{
		Thread.CurrentThread.Name = "main";
		Console.WriteLine("READY pid=" + Environment.ProcessId);
		switch (arguments.Length > 0 ? arguments[0] : "both")
		{
			case "both": Orders.Start(); Pool.Starve(); break;
			case "orders": Orders.Start(); break;
			case "starved": Pool.Starve(); break;
			case "busy": Pool.Work(); break;
			default: return 1;
		}
		foreach (var (name, thread) in Threads)
			Console.WriteLine($"fact Demo.Program.Threads[\"{name}\"]._managedThreadId = {thread.ManagedThreadId}");
		Console.WriteLine("END");
		while (Console.In.Read() >= 0) { }
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
		Thread.Sleep(50);
	}
}
