// Circles of locks, and what looks like one.
namespace Demo;

public static class Orders
{
	public static readonly object First = new(), Second = new(), A = new(), B = new(), C = new(), Mixed = new(), Shared = new(),
		Timed = new(), TimedToo = new(), Held = new(), Pulsed = new();
	public static readonly ReaderWriterLockSlim Table = new();
	public static readonly SemaphoreSlim Gate = new(0);
#if NET9_0_OR_GREATER
	public static readonly Lock Left = new(), Right = new(), Stock = new();
#endif

	public static void Start()
	{
		Circle("monitor-1", First, "monitor-2", Second);
		Triangle();
#if NET9_0_OR_GREATER
		Circle("lock-1", Left, "lock-2", Right);
		Circle("reserve", Stock, "reprice", Mixed);
#endif
		Upgrade();
		Give();
		Others();
		Print();
	}

	// Of an object that may be a Lock.
	private static void Enter(object gate, Action then)
	{
#if NET9_0_OR_GREATER
		if (gate is Lock modern)
		{
			lock (modern) then();
			return;
		}
#endif
		lock (gate) then();
	}

	private static void Circle(string one, object first, string other, object second)
	{
		using var both = new Barrier(2);
		using var over = new CountdownEvent(2);
		Program.StartThread(one, () => Enter(first, () => { both.SignalAndWait(); over.Signal(); Enter(second, () => { }); }));
		Program.StartThread(other, () => Enter(second, () => { both.SignalAndWait(); over.Signal(); Enter(first, () => { }); }));
		over.Wait();
		Program.AwaitBlocked(one);
		Program.AwaitBlocked(other);
	}

	private static void Triangle()
	{
		using var all = new Barrier(3);
		using var over = new CountdownEvent(3);
		ThreadStart Corner(object first, object second) =>
			() => { lock (first) { all.SignalAndWait(); over.Signal(); lock (second) { } } };
		Program.StartThread("corner-1", Corner(A, B));
		Program.StartThread("corner-2", Corner(B, C));
		Program.StartThread("corner-3", Corner(C, A));
		over.Wait();
		foreach (var name in new[] { "corner-1", "corner-2", "corner-3" }) Program.AwaitBlocked(name);
		Program.StartThread("behind", () => { lock (A) { } });
		Program.AwaitBlocked("behind");
	}

	// The writer to be waits for the reader to leave; the reader, for a monitor of the writer's.
	private static void Upgrade()
	{
		using var both = new Barrier(2);
		using var over = new CountdownEvent(2);
		Program.StartThread("upgrader", () =>
		{
			Table.EnterUpgradeableReadLock();
			lock (Shared) { both.SignalAndWait(); over.Signal(); Table.EnterWriteLock(); }
		});
		Program.StartThread("reader", () => { Table.EnterReadLock(); both.SignalAndWait(); over.Signal(); lock (Shared) { } });
		over.Wait();
		Program.AwaitBlocked("upgrader");
		Program.AwaitBlocked("reader");
	}

	// Two that would give up, after an hour and after two.
	private static void Give()
	{
		using var both = new Barrier(2);
		using var over = new CountdownEvent(2);
		Program.StartThread("patient", () => { lock (Timed) { both.SignalAndWait(); over.Signal(); Monitor.TryEnter(TimedToo, 7_200_000); } });
		Program.StartThread("impatient", () => { lock (TimedToo) { both.SignalAndWait(); over.Signal(); Monitor.TryEnter(Timed, 3_600_000); } });
		over.Wait();
		Program.AwaitBlocked("patient");
		Program.AwaitBlocked("impatient");
	}

	// No circle: a monitor whose holder sleeps, Monitor.Wait, and a semaphore of which nobody has anything.
	private static void Others()
	{
		Program.StartThread("holder", () => { lock (Held) Program.Never.WaitOne(); });
		Program.AwaitBlocked("holder");
		Program.StartThread("waiter", () => { lock (Held) { } });
		Program.StartThread("pulsed", () => { lock (Pulsed) Monitor.Wait(Pulsed); });
		Program.StartThread("pulsed-later", () => { lock (Pulsed) Monitor.Wait(Pulsed, 3_600_000); });
		Program.StartThread("semaphore", () => Gate.Wait());
		foreach (var name in new[] { "waiter", "pulsed", "pulsed-later", "semaphore" }) Program.AwaitBlocked(name);
	}

	private static void Print()
	{
		Console.WriteLine("deadlock monitor-1 Monitor monitor-2 Monitor monitor-1");
		Console.WriteLine("deadlock corner-1 Monitor corner-2 Monitor corner-3 Monitor corner-1");
#if NET9_0_OR_GREATER
		Console.WriteLine("deadlock lock-1 Lock lock-2 Lock lock-1");
		Console.WriteLine("deadlock reserve Monitor reprice Lock reserve");
#endif
		Console.WriteLine("deadlock upgrader ReaderWriterLockSlim reader Monitor upgrader");
		Console.WriteLine("deadlock patient Monitor impatient Monitor patient until 3600000");
		Console.WriteLine("behind behind Monitor corner-1");
		Console.WriteLine("waits waiter Monitor holder");
		Console.WriteLine("waits pulsed Monitor.Wait -");
		Console.WriteLine("waits pulsed-later Monitor.Wait -");
	}
}
