// One process that holds a large thing of each kind: whatever a command shows of it takes a while, and is to be interrupted.
//
// usage: Large.dll [PERCENT]     of the usual sizes: 100 is about 800 MB. Prints "END" when all is there, and lives until its
// stdin ends.
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

Large.Make(args.Length > 0 ? int.Parse(args[0]) : 100);
Console.WriteLine("END");
Console.In.ReadToEnd();
Environment.Exit(0);

struct Pair
{
	public string Name;
	public decimal Amount;
}

class Node
{
	public Node Next;
	public int Number;
}

class Finalized
{
	~Finalized() => Large.Finished++;
}

static class Large
{
	const int Million = 1000 * 1000;

	public static int Finished;
	public static byte[] Bytes;
	public static Pair[] Structs;
	public static object[] Objects;
	public static object[] Shuffled;
	public static string[] Texts;
	public static string Long;
	public static StringBuilder Builder;
	public static List<int> List;
	public static Dictionary<int, string> Dictionary;
	public static HashSet<string> Set;
	public static SortedDictionary<int, int> Sorted;
	public static LinkedList<int> Linked;
	public static Queue<int> Queue;
	public static ConcurrentDictionary<int, string> Concurrent;
	public static ConcurrentQueue<int> ConcurrentQueue;
	public static ConcurrentStack<int> ConcurrentStack;
	public static ConcurrentBag<int> Bag;
	public static Node Chain;
	public static Exception Thrown;
	public static Action Delegate;
	public static GCHandle[] Handles;
	public static Finalized[] Finalizable;
	public static object[] Locked;
	public static Task[] Tasks;
	public static TaskCompletionSource Never = new();
	public static Timer[] Timers;
	public static Type[] Types;

	public static void Make(int percent)
	{
		int million = Million / 100 * percent;
		Bytes = new byte[100 * million];
		Structs = new Pair[3 * million];
		Structs[^1] = new Pair { Name = "last", Amount = 1 };
		Texts = Enumerable.Range(0, million).Select(i => "text " + i).ToArray();
		Objects = Enumerable.Range(0, million).Select(i => (object)Texts[i % Texts.Length]).ToArray();
		Shuffled = (object[])Objects.Clone();
		new Random(1).Shuffle(Shuffled);
		Long = new string('x', 40 * million);
		Builder = new StringBuilder();
		for (int i = 0; i < million / 5; i++)
			Builder.Append("a line of twenty chr");
		Collections(million);
		Others(million);
		Work(million);
	}

	static void Collections(int million)
	{
		List = Enumerable.Range(0, 4 * million).ToList();
		Dictionary = Enumerable.Range(0, million).ToDictionary(i => i, i => Texts[i]);
		Set = Texts.ToHashSet();
		Sorted = new SortedDictionary<int, int>(Enumerable.Range(0, million / 4).ToDictionary(i => i, i => i));
		Linked = new LinkedList<int>(Enumerable.Range(0, million / 2));
		Queue = new Queue<int>(Enumerable.Range(0, million));
		Concurrent = new ConcurrentDictionary<int, string>(Dictionary.Take(million / 2));
		ConcurrentQueue = new ConcurrentQueue<int>(Enumerable.Range(0, million));
		ConcurrentStack = new ConcurrentStack<int>(Enumerable.Range(0, million / 2));
		Bag = new ConcurrentBag<int>(Enumerable.Range(0, million));
		for (int i = 0; i < million / 2; i++)
			Chain = new Node { Next = Chain, Number = i };
	}

	static void Others(int million)
	{
		Thrown = new Exception("the innermost");
		for (int i = 0; i < million / 10; i++)
			Thrown = new InvalidOperationException("level " + i, Thrown);
		var lines = new Action[million / 10];
		for (int i = 0; i < lines.Length; i++)
			lines[i] = new Finishing(i).Run;
		Delegate = (Action)System.Delegate.Combine(lines);
		Handles = Enumerable.Range(0, million / 5).Select(i => GCHandle.Alloc(Texts[i])).ToArray();
		Finalizable = Enumerable.Range(0, million / 2).Select(_ => new Finalized()).ToArray();
		Locked = Enumerable.Range(0, million / 5).Select(_ => new object()).ToArray();
		foreach (object one in Locked)
		{
			RuntimeHelpers.GetHashCode(one);
			Monitor.Enter(one); // a header that has a hash and a lock becomes a sync block
		}
		Instantiations(million / 50);
	}

	// Types that are loaded, and are in the tables of their module.
	static void Instantiations(int count)
	{
		Type[] ends = [typeof(int), typeof(long), typeof(byte), typeof(char), typeof(short), typeof(double), typeof(decimal), typeof(Guid), typeof(float), typeof(uint)];
		var types = new List<Type>(ends);
		for (int i = 0; types.Count < count; i++)
			types.AddRange(ends.Select(end => typeof(KeyValuePair<,>).MakeGenericType(types[i], end)));
		Types = types.ToArray();
		foreach (Type type in Types)
			RuntimeHelpers.RunClassConstructor(type.TypeHandle);
	}

	static void Work(int million)
	{
		Timers = Enumerable.Range(0, million / 5).Select(i => new Timer(_ => Finished++, null, 3600 * 1000 + i, -1)).ToArray();
		Tasks = Enumerable.Range(0, million / 5).Select(i => Outer(i)).ToArray();
		ThreadPool.SetMaxThreads(Environment.ProcessorCount, Environment.ProcessorCount);
		for (int i = 0; i < Environment.ProcessorCount; i++)
			ThreadPool.UnsafeQueueUserWorkItem(_ => Thread.Sleep(-1), null);
		Thread.Sleep(200);
		for (int i = 0; i < million / 2; i++)
			ThreadPool.UnsafeQueueUserWorkItem(_ => Finished++, null);
	}

	static async Task Outer(int i)
	{
		await Inner(i);
		Finished += i;
	}

	static async Task Inner(int i)
	{
		await Never.Task;
		Finished += i;
	}

	sealed class Finishing(int number)
	{
		public void Run() => Finished += number;
	}
}
