// The program whose dumps the tests read. It fills the statics of the other files, parks four threads in known
// states, prints "READY pid=N" and then what a reader of its dump must find, and waits until its stdin ends.
// Content is the same in every run and on every runtime. The lines (see Facts.cs) are the truth for the C tests.
using System.Runtime;
using System.Runtime.CompilerServices;
using Demo.Running;
using Demo.Values;

namespace Demo;

public static class Program
{
	public static int Main()
	{
		RunAllStaticConstructors();
		PerThread.Set("main", 1);
		Shapes.G<string>.PerThread = "main generic";
		Start("alpha", () => { PerThread.Set("alpha", 100); PerThreadPrimitiveOnly.Count = 5; Shapes.G<int>.PerThread = 55; Park("alpha"); });
		Start("beta", () => { PerThread.Set("beta", 200); PerThreadReferenceOnly.Name = "only beta"; Shapes.G<string>.PerThread = "beta generic"; Park("beta"); });
		Start("bystander", () => Park("bystander"));
		Start("locker", () => { lock (Locks.Thin) lock (Locks.Contended) Park("locker"); });
		Locks.Ready.Wait();
		Start("waiter", () => { lock (Locks.Contended) { } });
		WaitUntilBlocked("waiter");

		GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.Default;
		GC.Collect();
		GC.WaitForPendingFinalizers();
		GC.Collect();
		Churn();

		Console.WriteLine("READY pid=" + Environment.ProcessId);
		Facts.Print();
		Console.WriteLine("END");
		Console.Out.Flush();
		while (Console.In.Read() >= 0) { }
		Locks.Never.WaitOne();
		return 0;
	}

	private static readonly Dictionary<string, Thread> Threads = new();

	// Every static class of the sample but those that must stay uninitialised or per-thread.
	private static void RunAllStaticConstructors()
	{
		foreach (var type in typeof(Program).Assembly.GetTypes())
			if (!type.ContainsGenericParameters && type != typeof(NeverTouched))
				RuntimeHelpers.RunClassConstructor(type.TypeHandle);
	}

	private static void Start(string name, ThreadStart body)
	{
		var thread = new Thread(body, 256 * 1024) { Name = name, IsBackground = true };
		Threads[name] = thread;
		thread.Start();
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Park(string name)
	{
		var local = "local of " + name;
		Locks.Ready.Signal();
		Locks.Never.WaitOne();
		GC.KeepAlive(local);
	}

	private static void WaitUntilBlocked(string name)
	{
		while ((Threads[name].ThreadState & ThreadState.WaitSleepJoin) == 0) Thread.Sleep(1);
	}

	// Some garbage and a hole in each generation, so that the heap holds free objects and dead ones.
	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Churn()
	{
		var kept = new List<byte[]>();
		for (int i = 0; i < 200; i++)
		{
			var block = new byte[100 + i];
			if (i % 2 == 0) kept.Add(block);
		}
		Garbage = kept;
		var pin = System.Runtime.InteropServices.GCHandle.Alloc(kept[50], System.Runtime.InteropServices.GCHandleType.Pinned);
		GC.Collect(0);
		for (int i = 0; i < kept.Count; i += 2) kept[i] = null;
		GC.Collect(1);
		LargeGarbage = new byte[90_000];
		LargeGarbage = new byte[91_000];
		GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: false);
		pin.Free();
		for (int i = 0; i < 50; i++) Garbage.Add(new byte[i]);
	}

	public static List<byte[]> Garbage;
	public static byte[] LargeGarbage;
}
