// A pool without a thread to spare, and one that works.
namespace Demo;

public static class Pool
{
	private const int Workers = 4;
	private static readonly object Short = new();
	public static long Done;

	// Each thread waits for a task that is queued after all of them.
	public static void Starve()
	{
		ThreadPool.SetMinThreads(Workers, 1);
		ThreadPool.SetMaxThreads(Workers, 1);
		var started = new Barrier(Workers + 1);
		for (int i = 0; i < Workers; i++)
			ThreadPool.UnsafeQueueUserWorkItem(_ => { started.SignalAndWait(); Price(); }, null);
		started.SignalAndWait();
		for (int i = 0; i < 20; i++) ThreadPool.UnsafeQueueUserWorkItem(_ => Interlocked.Increment(ref Done), null);
		Thread.Sleep(500);
		Console.WriteLine($"starved {Workers} 20");
	}

	private static int Price() => PriceAsync().Result;

	private static async Task<int> PriceAsync()
	{
		await Task.Yield();
		return 7;
	}

	// Threads of the pool and two others work, wait for one lock in turn, and always come back.
	public static void Work()
	{
		for (int i = 0; i < 2; i++) Program.StartThread("turn-" + i, () => { while (true) { lock (Short) Spin(200); Spin(50); } });
		for (int i = 0; i < 4; i++) _ = Loop();
		Thread.Sleep(500);
		Console.WriteLine("healthy");
	}

	private static async Task Loop()
	{
		while (true)
		{
			await Task.Yield();
			lock (Short) Spin(20);
			Spin(200);
			Interlocked.Increment(ref Done);
			await Task.Delay(1);
		}
	}

	private static void Spin(int microseconds)
	{
		long end = System.Diagnostics.Stopwatch.GetTimestamp() + System.Diagnostics.Stopwatch.Frequency / 1_000_000 * microseconds;
		while (System.Diagnostics.Stopwatch.GetTimestamp() < end) { }
	}
}
