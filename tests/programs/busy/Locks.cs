// Locks that are held and waited for.
namespace Demo;

public static class Locks
{
	public static readonly ManualResetEvent Never = new(false);
	public static readonly object Contended = new(), Thin = new(), Left = new(), Right = new(), WaitedFor = new();
	public static readonly ReaderWriterLockSlim ReaderWriter = new(), Upgradeable = new(LockRecursionPolicy.SupportsRecursion);
	public static readonly SemaphoreSlim Semaphore = new(0, 3);
	public static readonly ManualResetEventSlim Event = new(false);
	public static object Modern;
	private static readonly CountdownEvent Ready = new(5);
	private static readonly CountdownEvent Both = new(2);

	public static void Start()
	{
		Program.StartThread("holder", Hold);
		Program.StartThread("reader", () => { ReaderWriter.EnterReadLock(); Park(); });
		Program.StartThread("reader-2", () => { ReaderWriter.EnterReadLock(); Park(); });
		Program.StartThread("upgrader", () => { Upgradeable.EnterUpgradeableReadLock(); Upgradeable.EnterWriteLock(); Park(); });
		Program.StartThread("modern", () => { HoldModern(); Park(); });
		Ready.Wait();
		Program.StartThread("waiter-1", () => { lock (Contended) { } });
		Program.StartThread("waiter-2", () => { lock (Contended) { } });
		Program.StartThread("writer", () => ReaderWriter.EnterWriteLock());
		Program.StartThread("semaphore-waiter", () => Semaphore.Wait());
		Program.StartThread("pulse-waiter", () => { lock (WaitedFor) Monitor.Wait(WaitedFor); });
		Program.StartThread("left", () => Both2(Left, Right));
		Program.StartThread("right", () => Both2(Right, Left));
		foreach (var name in new[] { "waiter-1", "waiter-2", "writer", "semaphore-waiter", "pulse-waiter", "left", "right" })
			Program.AwaitBlocked(name);
		Print();
	}

	private static void Hold()
	{
		lock (Contended) lock (Contended) lock (Thin) lock (Thin) lock (Thin) Park();
	}

	// System.Threading.Lock is of .NET 9; this is built for 8 too.
	private static void HoldModern()
	{
#if NET9_0_OR_GREATER
		var modern = new Lock();
		Modern = modern;
		modern.Enter();
		modern.Enter();
#endif
	}

	private static void Both2(object first, object second)
	{
		lock (first)
		{
			Both.Signal();
			Both.Wait();
			lock (second) { }
		}
	}

	private static void Park()
	{
		Ready.Signal();
		Never.WaitOne();
	}

	private static void Print()
	{
		Console.WriteLine("held monitor holder 2 waiter-1,waiter-2 Demo.Locks.Contended");
		Console.WriteLine("held thin holder 3 - Demo.Locks.Thin");
		Console.WriteLine("held monitor left 1 right Demo.Locks.Left");
		Console.WriteLine("held monitor right 1 left Demo.Locks.Right");
		Console.WriteLine("held monitor - 0 pulse-waiter Demo.Locks.WaitedFor");
		Console.WriteLine("held rwlock reader,reader-2 1 writer Demo.Locks.ReaderWriter");
		Console.WriteLine("held rwlock upgrader 1 - Demo.Locks.Upgradeable");
		Console.WriteLine("held semaphore - 0 semaphore-waiter Demo.Locks.Semaphore");
		Console.WriteLine("held semaphore - 0 Demo.Asyncs.Enter,Demo.Asyncs.Enter Demo.Asyncs.Gate");
		if (Modern != null) Console.WriteLine("held lock modern 2 - Demo.Locks.Modern");
		foreach (var name in new[] { "holder", "reader", "upgrader", "modern", "waiter-1", "left", "right" })
			Console.WriteLine($"fact Demo.Program.Threads[\"{name}\"]._managedThreadId = {Program.Threads[name].ManagedThreadId}");
	}
}
