// Collections of the base library in all the states that a reader has to tell apart.
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using Demo.Payments;
using Demo.Shapes;
using Demo.Values;

namespace Demo.Collections;

public static class Dictionaries
{
	public static Dictionary<string, int> Ages = new();
	public static Dictionary<int, string> Names = new();
	public static Dictionary<Guid, Policy> ByGuid = new();
	public static Dictionary<Plain, long> ByEnum = new() { [Plain.First] = 1, [Plain.Negative] = -5, [(Plain)99] = 99 };
	public static Dictionary<Small, string> BySmallEnum = new() { [Small.Two] = "two" };
	public static Dictionary<(int, string), decimal> ByTuple = new() { [(1, "a")] = 1.5m, [(2, "b")] = 2.5m };
	public static Dictionary<string, Dictionary<string, int>> Nested = new() { ["outer"] = new() { ["inner"] = 12 }, ["empty"] = new() };
	public static Dictionary<long, Point> Structs = new() { [1L << 40] = new() { X = 1, Y = 2, Tag = "struct value" } };
	public static Dictionary<byte, bool> Bytes = new() { [7] = true, [8] = false };
	public static Dictionary<char, int?> Chars = new() { ['x'] = 1, ['y'] = null };
	public static Dictionary<object, string> Objects = new() { [5] = "five", ["six"] = "6", [Plain.First] = "enum" };
	public static Dictionary<Type, string> Types = new() { [typeof(int)] = "int" };
	public static Dictionary<DateTime, TimeSpan> Dates = new() { [new DateTime(2024, 1, 1)] = TimeSpan.FromHours(1) };
	public static Dictionary<string, string> IgnoringCase = new(StringComparer.OrdinalIgnoreCase) { ["Key"] = "value" };
	public static Dictionary<string, string> Custom = new(new ByLength()) { ["four"] = "4", ["seven"] = "5" };
	public static Dictionary<string, int> Untouched = new();
	public static Dictionary<string, int> Emptied = new();
	public static Dictionary<string, int> Cleared = new();
	public static Dictionary<string, int> Reserved = new(1000);
	public static Dictionary<string, int> Reused = new();
	public static Dictionary<int, int> Large = new();
	public static Dictionary<string, string> OddKeys = new() { [""] = "empty key", ["with \"quotes\""] = "quotes", ["caf\u00e9"] = "latin", ["\ud83d\ude00"] = "emoji", ["a.b[0]"] = "path-like", ["back\\slash"] = "backslash", ["null value"] = null };
	public static SortedDictionary<string, int> Sorted = new() { ["m"] = 1, ["c"] = 2, ["x"] = 3, ["a"] = 4, ["e"] = 5 };
	public static SortedList<int, string> SortedList = new() { [3] = "three", [1] = "one", [2] = "two" };
	public static Hashtable Hashtable = new() { ["key"] = "value", [7] = 8 };
	public static ReadOnlyDictionary<string, int> ReadOnly;
	public static FrozenDictionary<string, int> Frozen;
	public static FrozenDictionary<int, string> FrozenInts;

	static Dictionaries()
	{
		for (int i = 0; i < 100; i++) Ages["person-" + i] = i * 3;
		for (int i = 0; i < 20; i++) Names[i * 7] = "name-" + i;
		for (int i = 10; i < 15; i++) Ages.Remove("person-" + i);
		foreach (var policy in Gateway.Instance.Policies.Values)
			ByGuid[new Guid(ByGuid.Count + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)] = policy;
		Emptied["gone"] = 1;
		Emptied.Remove("gone");
		for (int i = 0; i < 10; i++) Cleared["gone-" + i] = i;
		Cleared.Clear();
		for (int i = 0; i < 8; i++) Reused["old-" + i] = i;
		for (int i = 0; i < 8; i += 2) Reused.Remove("old-" + i);
		Reused["new-0"] = 100;
		for (int i = 0; i < 5000; i++) Large[i * 3] = i;
		ReadOnly = new(Ages);
		Frozen = new Dictionary<string, int> { ["alpha"] = 1, ["beta"] = 2, ["gamma"] = 3 }.ToFrozenDictionary();
		FrozenInts = Enumerable.Range(0, 12).ToDictionary(i => i * 11, i => "frozen-" + i).ToFrozenDictionary();
	}

	private class ByLength : IEqualityComparer<string>
	{
		public bool Equals(string left, string right) => left?.Length == right?.Length;
		public int GetHashCode(string text) => text.Length;
	}
}

public static class Sets
{
	public static HashSet<string> Texts = new() { "red", "green", "blue" };
	public static HashSet<int> Numbers = new();
	public static HashSet<string> Untouched = new();
	public static HashSet<(int, int)> Tuples = new() { (1, 2), (3, 4) };
	public static SortedSet<int> Sorted = new() { 5, 1, 4, 2, 3 };
	public static FrozenSet<string> Frozen = new[] { "ice", "snow" }.ToFrozenSet();

	static Sets()
	{
		for (int i = 0; i < 30; i++) Numbers.Add(i);
		for (int i = 0; i < 30; i += 3) Numbers.Remove(i);
	}
}

public static class Lists
{
	public static List<int> Numbers = new() { 1, 2, 3, 5, 8 };
	public static List<string> Texts = new() { "a", null, "c" };
	public static List<Point> Points = new() { new() { X = 1, Y = 2, Tag = "list" } };
	public static List<Plain> Enums = new() { Plain.First, Plain.Third };
	public static List<int?> Nullables = new() { null, 4 };
	public static List<(int Id, string Name)> Tuples = new() { (1, "one"), (2, "two") };
	public static List<string> Untouched = new();
	public static List<int> Shrunk = new();
	public static ArrayList ArrayList = new() { 1, "two", 3.0 };
	public static Queue<int> Wrapped = new(4);
	public static Queue<string> QueueUntouched = new();
	public static Stack<string> Stack = new();
	public static LinkedList<string> Linked = new();
	public static LinkedList<int> LinkedUntouched = new();
	public static PriorityQueue<string, int> Priority = new();
	public static ReadOnlyCollection<int> ReadOnly;
	public static Collection<string> Collection = new() { "c0", "c1" };
	public static ObservableCollection<int> Observable = new() { 3, 1 };
	public static BitArray Bits = new(new[] { true, false, true, true, false, true, false, true, true });
	public static ArraySegment<int> Segment = new(new[] { 1, 2, 3, 4, 5 }, 1, 3);
	public static Memory<byte> Memory = new byte[] { 1, 2, 3, 4 }.AsMemory(1, 2);
	public static ReadOnlyMemory<char> Chars = "memory of text".AsMemory(10);
	public static System.Buffers.ReadOnlySequence<byte> Sequence = new(new byte[] { 9, 8, 7 });

	static Lists()
	{
		for (int i = 0; i < 10; i++) Shrunk.Add(i);
		Shrunk.RemoveRange(3, 7);
		for (int i = 0; i < 4; i++) Wrapped.Enqueue(i);
		Wrapped.Dequeue();
		Wrapped.Dequeue();
		Wrapped.Enqueue(4);
		foreach (var text in new[] { "bottom", "middle", "top" }) Stack.Push(text);
		foreach (var text in new[] { "first", "second", "third" }) Linked.AddLast(text);
		foreach (var (text, priority) in new[] { ("low", 9), ("high", 1), ("mid", 5) }) Priority.Enqueue(text, priority);
		ReadOnly = Numbers.AsReadOnly();
	}
}

public static class Immutables
{
	public static ImmutableArray<int> Array = ImmutableArray.Create(1, 2, 3);
	public static ImmutableArray<int> ArrayDefault = default;
	public static ImmutableArray<string> ArrayEmpty = ImmutableArray<string>.Empty;
	public static ImmutableList<string> List = ImmutableList.Create("x", "y", "z", "w");
	public static ImmutableList<int> ListEmpty = ImmutableList<int>.Empty;
	public static ImmutableDictionary<string, int> Dictionary = ImmutableDictionary<string, int>.Empty.Add("one", 1).Add("two", 2).Add("three", 3);
	public static ImmutableSortedDictionary<int, string> SortedDictionary = ImmutableSortedDictionary<int, string>.Empty.Add(2, "two").Add(1, "one").Add(3, "three");
	public static ImmutableHashSet<string> HashSet = ImmutableHashSet.Create("p", "q");
	public static ImmutableSortedSet<int> SortedSet = ImmutableSortedSet.Create(9, 7, 8);
	public static ImmutableQueue<int> Queue = ImmutableQueue.Create(1, 2).Enqueue(3);
	public static ImmutableStack<string> Stack = ImmutableStack.Create("s1", "s2");
}

public static class Concurrents
{
	public static ConcurrentDictionary<string, Policy> Dictionary = new();
	public static ConcurrentDictionary<int, long> Numbers = new();
	public static ConcurrentDictionary<string, int> Untouched = new();
	public static ConcurrentQueue<int> Queue = new();
	public static ConcurrentStack<string> Stack = new();
	public static ConcurrentBag<int> Bag = new();
	public static BlockingCollection<string> Blocking = new() { "blocked" };
	public static System.Threading.Channels.Channel<int> Channel = System.Threading.Channels.Channel.CreateUnbounded<int>();

	static Concurrents()
	{
		foreach (var (name, policy) in Gateway.Instance.Policies) Dictionary[name] = policy;
		for (int i = 0; i < 50; i++) Numbers[i] = i * 1_000_000_000L;
		for (int i = 0; i < 40; i++) Queue.Enqueue(i);
		for (int i = 0; i < 5; i++) Queue.TryDequeue(out _);
		Stack.Push("under");
		Stack.Push("over");
		for (int i = 0; i < 3; i++) Bag.Add(i);
		Channel.Writer.TryWrite(77);
	}
}
