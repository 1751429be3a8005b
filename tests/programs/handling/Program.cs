// Threads that are handling exceptions, over a heap with much besides. It prints what a dump of it must say of each ("thread NAME TYPE HRESULT MESSAGE"), then END, and lives until its stdin ends.
using System.Collections.Concurrent;

namespace Demo;

public class OrderException : Exception
{
	public OrderException(string message, Exception inner) : base(message, inner) { HResult = unchecked((int)0x80131abc); }
}

public class Shelf<T>
{
	public T Take(int number) => number < 0 ? throw new ArgumentOutOfRangeException(nameof(number), "there is no such place") : default;
}

public static class Program
{
	static readonly ManualResetEventSlim Ready = new(), End = new();
	static readonly List<byte[]> Ballast = new();
	static int waiting, wanted = 2;

	static void Hold()
	{
		if (Interlocked.Increment(ref waiting) == wanted) Ready.Set();
		End.Wait();
	}

	static void Pack(int depth)
	{
		if (depth > 0) { Pack(depth - 1); return; }
		new Shelf<string>().Take(-1);
	}

	// In its handler it holds an exception that has another one inside.
	static void Handler()
	{
		try
		{
			try { Pack(3); }
			catch (ArgumentException exception) { throw new OrderException("order 4711 cannot be packed", exception); }
		}
		catch (OrderException) { Hold(); }
	}

	// While it handles one it handles another one.
	static void Nested()
	{
		try { throw new InvalidOperationException("the outer one"); }
		catch (InvalidOperationException)
		{
			try { new ConcurrentDictionary<string, int>().TryAdd(null, 1); }
			catch (ArgumentNullException) { Hold(); }
		}
	}

	// One inside the other, more than a dump of --type Mini looks through.
	static void Deep()
	{
		Exception inner = null;
		for (int i = 0; i < 1100; i++) inner = new Exception($"level {i}", inner);
		try { throw inner; }
		catch (Exception) { Hold(); }
	}

	public static void Main(string[] arguments)
	{
		if (arguments.Length > 0)
		{
			wanted++;
			new Thread(Deep) { Name = "deep", IsBackground = true }.Start();
		}
		for (int i = 0; i < 600; i++) Ballast.Add(new byte[60000]);
		foreach (var (name, body) in new (string, ThreadStart)[] { ("handler", Handler), ("nested", Nested) })
			new Thread(body) { Name = name, IsBackground = true }.Start();
		Ready.Wait();
		Console.WriteLine("thread handler Demo.OrderException 80131abc order 4711 cannot be packed");
		Console.WriteLine("thread nested System.ArgumentNullException 80004003");
		Console.WriteLine("END");
		Console.Out.Flush();
		Console.In.ReadToEnd();
		GC.KeepAlive(Ballast);
	}
}
