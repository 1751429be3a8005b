// A heap of many small objects for the benchmarks: customers, each with strings, orders in a list, nodes of a tree
// and a place in a dictionary. usage: Big [CUSTOMERS], about 16 objects a customer; the default, 2,000,000, makes
// about 32 million objects. Prints "READY pid=N", the counts a reader must find, and waits until its stdin ends; a line
// there is answered with "gap_ms=N": the longest time that its ticker thread stood still since the line before.
using System.Diagnostics;
using System.Globalization;

namespace Big;

public class Customer
{
	public int Id;
	public string Name, City;
	public List<Order> Orders = new(3);
	public Node Node;
	public object Score;
}

public class Order
{
	public long Number;
	public decimal Total;
	public DateTime When;
	public string Reference;
	public Customer Owner;
}

public class Node
{
	public long Key;
	public Node Left, Right;
}

public static class Program
{
	private static Customer[] All;
	private static readonly Dictionary<int, Customer> ById = new();
	private static Node Root;
	private static string[] Cities;

	public static void Main(string[] arguments)
	{
		int count = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 2_000_000;
		All = new Customer[count];
		Cities = Enumerable.Range(0, 1000).Select(i => "city-" + i).ToArray();
		for (int i = 0; i < count; i++) All[i] = Make(i);
		Root = Tree(0, count);

		Console.WriteLine("READY pid=" + Environment.ProcessId);
		Console.WriteLine($"objects Big.Customer = {count}");
		Console.WriteLine($"objects Big.Order = {count * 3L}");
		Console.WriteLine($"objects Big.Node = {count}");
		Console.WriteLine($"count Big.Program.ById = {ById.Count}");
		Console.WriteLine($"count Big.Program.All = {All.Length}");
		Console.WriteLine("END");
		new Thread(Tick) { IsBackground = true }.Start();
		while (Console.In.ReadLine() != null)
			Console.WriteLine(FormattableString.Invariant($"gap_ms={Interlocked.Exchange(ref LongestGap, 0) / 1000.0:F1}"));
	}

	private static long LongestGap; // microseconds

	private static void Tick()
	{
		long before = Stopwatch.GetTimestamp();
		while (true)
		{
			Thread.Sleep(1);
			long now = Stopwatch.GetTimestamp(), gap = (now - before) * 1_000_000 / Stopwatch.Frequency;
			if (gap > LongestGap) LongestGap = gap;
			before = now;
		}
	}

	private static Customer Make(int id)
	{
		var customer = new Customer { Id = id, Name = "customer-" + id, City = Cities[id % Cities.Length], Score = id * 0.5 };
		for (int i = 0; i < 3; i++)
			customer.Orders.Add(new Order { Number = id * 10L + i, Total = id, When = DateTime.UnixEpoch.AddMinutes(id), Reference = "ref-" + i + "-" + id, Owner = customer });
		if (id % 4 == 0) ById[id] = customer;
		return customer;
	}

	// A balanced tree over [from, to): its depth is the logarithm of the count.
	private static Node Tree(int from, int to)
	{
		if (from >= to) return null;
		int middle = from + (to - from) / 2;
		return All[middle].Node = new Node { Key = middle, Left = Tree(from, middle), Right = Tree(middle + 1, to) };
	}
}
