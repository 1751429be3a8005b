// What a reader of this process must find, one line each, for the C tests. The path is the C# expression itself
// wherever C# can say it, so that it cannot differ from the value printed beside it.
//
//   fact PATH = VALUE           a leaf value: a static, then fields, auto-properties, ["key"] and [index]
//   count PATH = N              the number of live elements of a collection, or of elements of an array
//   thread NAME PATH = VALUE    a thread static as the thread of that name has it; "unset" where that thread never touched it
//
// VALUE: null; True or False; integers and enums as C# prints them (a combined flags value "A, B", an undefined one
// its number); float, double and decimal invariant, shortest that reads back; 'c' and "text" with \" \\ and \uXXXX
// for whatever is not printable ASCII; DateTime, DateTimeOffset, DateOnly and TimeOnly in round-trip form ("O"),
// TimeSpan as [-][d.]hh:mm:ss[.fffffff], Guid with hyphens; pointers in hex; an unset Nullable is null.
using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Demo;

public static class Facts
{
	public static void Print()
	{
		Payments();
		Primitives();
		EnumsAndNullables();
		PerThread();
		Strings();
		Arrays();
		Generics();
		InheritanceAndPointers();
		Layouts();
		Tuples();
		Dictionaries();
		ListsAndSets();
		ImmutablesAndConcurrents();
		Running();
		Loading();
	}

	private static void Fact(object value, [CallerArgumentExpression(nameof(value))] string path = null) =>
		FactAt(path, value);

	private static void FactAt(string path, object value) => Console.WriteLine($"fact {path} = {Show(value)}");

	private static void Count(IEnumerable collection, [CallerArgumentExpression(nameof(collection))] string path = null) =>
		CountAt(path, collection is ICollection { Count: var count } ? count : collection.Cast<object>().Count());

	private static void CountAt(string path, int count) => Console.WriteLine($"count {path} = {count}");

	private static void OnThread(string thread, string path, object value) =>
		Console.WriteLine($"thread {thread} {path} = {Show(value)}");

	// Count and every element, by its place in the collection's own order.
	private static void Elements<T>(IEnumerable<T> collection, [CallerArgumentExpression(nameof(collection))] string path = null)
	{
		int index = 0;
		foreach (var element in collection) FactAt($"{path}[{index++}]", element);
		CountAt(path, index);
	}

	// Count and every entry of a dictionary, by its key.
	private static void Entries<K, V>(IEnumerable<KeyValuePair<K, V>> dictionary, [CallerArgumentExpression(nameof(dictionary))] string path = null)
	{
		int count = 0;
		foreach (var (key, value) in dictionary)
		{
			FactAt($"{path}[{Key(key)}]", value);
			count++;
		}
		CountAt(path, count);
	}

	private static string Key(object key) => key is string or sbyte or byte or short or ushort or int or uint or long or ulong or char ? Show(key) : $"\"{Show(key)}\"";

	private static string Show(object value) => value switch
	{
		null => "null",
		string text => $"\"{Escape(text)}\"",
		char letter => $"'{Escape(letter.ToString())}'",
		DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
		TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
		Hex pointer => $"0x{pointer.Value:x}",
		IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
		_ => value.ToString(),
	};

	private record struct Hex(ulong Value);

	private static unsafe Hex Pointer(void* pointer) => new((ulong)pointer);

	private static string Escape(string text)
	{
		var escaped = new StringBuilder();
		foreach (char c in text)
		{
			if (c is '"' or '\\') escaped.Append('\\').Append(c);
			else if (c is >= ' ' and <= '~') escaped.Append(c);
			else escaped.Append($"\\u{(int)c:x4}");
		}
		return escaped.ToString();
	}

	private static void Payments()
	{
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].EnableFallback);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Name);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Retries);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Timeout);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Mode);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Fee);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Parent);
		Fact(Demo.Payments.Gateway.Instance.Policies["payments"].Headers[0]);
		Fact(Demo.Payments.Gateway.Instance.Policies["search"].EnableFallback);
		Fact(Demo.Payments.Gateway.Instance.Policies["orders"].EnableFallback);
		Fact(Demo.Payments.Gateway.Instance.Policies["orders"].Timeout);
		Fact(Demo.Payments.Gateway.Instance.Policies["orders"].Fee);
		Fact(Demo.Payments.Gateway.Instance.Policies["orders"].Parent.Name);
		Fact(Demo.Payments.Gateway.Instance.Policies["strange"].Mode);
		Fact(Demo.Payments.Gateway.Instance.Policies["strange"].Fee);
		Fact(Demo.Payments.Gateway.Instance.Count);
		FactAt("Demo.Payments.Gateway.Instance._lastKey", "payments");
		Count(Demo.Payments.Gateway.Instance.Policies);
		CountAt("Demo.Payments.Gateway.Instance._policies", Demo.Payments.Gateway.Instance.Policies.Count);
		CountAt("Demo.Payments.Gateway.Instance._history", 5);
	}

	private static void Primitives()
	{
		Fact(Demo.Values.Primitives.True);
		Fact(Demo.Values.Primitives.False);
		Fact(Demo.Values.Primitives.Letter);
		Fact(Demo.Values.Primitives.Newline);
		Fact(Demo.Values.Primitives.Accent);
		Fact(Demo.Values.Primitives.LoneSurrogate);
		Fact(Demo.Values.Primitives.SByte);
		Fact(Demo.Values.Primitives.Byte);
		Fact(Demo.Values.Primitives.Int16);
		Fact(Demo.Values.Primitives.UInt16);
		Fact(Demo.Values.Primitives.Int32);
		Fact(Demo.Values.Primitives.UInt32);
		Fact(Demo.Values.Primitives.Int64);
		Fact(Demo.Values.Primitives.UInt64);
		Fact(Demo.Values.Primitives.NativeInt);
		Fact(Demo.Values.Primitives.NativeUInt);
		Fact(Demo.Values.Primitives.Single);
		Fact(Demo.Values.Primitives.SingleTiny);
		Fact(Demo.Values.Primitives.SingleNaN);
		Fact(Demo.Values.Primitives.Double);
		Fact(Demo.Values.Primitives.DoubleHuge);
		Fact(Demo.Values.Primitives.DoubleNaN);
		Fact(Demo.Values.Primitives.DoubleInfinity);
		Fact(Demo.Values.Primitives.DoubleMinusZero);
		Fact(Demo.Values.Primitives.Decimal);
		Fact(Demo.Values.Primitives.DecimalSmall);
		Fact(Demo.Values.Primitives.DecimalScale);
		Fact(Demo.Values.Primitives.Utc);
		Fact(Demo.Values.Primitives.Unspecified);
		Fact(Demo.Values.Primitives.MaxDate);
		Fact(Demo.Values.Primitives.Offset);
		Fact(Demo.Values.Primitives.Span);
		Fact(Demo.Values.Primitives.NegativeSpan);
		Fact(Demo.Values.Primitives.Guid);
		Fact(Demo.Values.Primitives.Day);
		Fact(Demo.Values.Primitives.Time);
		Fact(Demo.Values.Primitives.Price.Amount);
		Fact(Demo.Values.Primitives.Price.Currency);
		Fact(Demo.Values.Primitives.Price.Kind);
		Fact(Demo.Values.Primitives.Vector.X);
		Fact(Demo.Values.Primitives.Vector.Z);
		Fact(Demo.Values.Primitives.ReadOnly);
		Fact(Demo.Values.Primitives.ReadOnlyText);
		Fact(Demo.Values.Primitives.Constant);
		Fact(Demo.Values.Primitives.ConstantText);
		Fact(Demo.Values.Primitives.Volatile);
		Fact(Demo.Values.Primitives.Auto);
		Fact(Demo.Values.OnlyPrimitives.First);
		Fact(Demo.Values.OnlyPrimitives.Second);
		Fact(Demo.Values.OnlyReferences.First);
	}

	private static void EnumsAndNullables()
	{
		Fact(Demo.Values.Enums.Small);
		Fact(Demo.Values.Enums.SmallUndefined);
		Fact(Demo.Values.Enums.Signed);
		Fact(Demo.Values.Enums.Narrow);
		Fact(Demo.Values.Enums.Wide);
		Fact(Demo.Values.Enums.WideAll);
		Fact(Demo.Values.Enums.Plain);
		Fact(Demo.Values.Enums.PlainNegative);
		Fact(Demo.Values.Enums.PlainUndefined);
		Fact(Demo.Values.Enums.Rights);
		Fact(Demo.Values.Enums.RightsNamed);
		Fact(Demo.Values.Enums.RightsNone);
		Fact(Demo.Values.Enums.RightsUndefined);
		Fact(Demo.Values.Enums.Options);
		Fact(Demo.Values.Enums.Foreign);
		Fact(Demo.Values.Enums.ForeignToo);
		Fact(Demo.Values.Enums.Boxed);
		Fact(Demo.Values.Enums.Fields.Small);
		Fact(Demo.Values.Enums.Fields.Wide);
		Fact(Demo.Values.Enums.Fields.Rights);
		Fact(Demo.Values.Enums.Fields.Some);
		Fact(Demo.Values.Enums.Fields.None);
		Elements(Demo.Values.Enums.Fields.Array);
		Fact(Demo.Values.Nullables.Some);
		Fact(Demo.Values.Nullables.None);
		Fact(Demo.Values.Nullables.When);
		Fact(Demo.Values.Nullables.Maybe);
		Fact(Demo.Values.Nullables.Enum);
		Fact(Demo.Values.Nullables.EnumNone);
		Fact(Demo.Values.Nullables.Guid);
		Fact(Demo.Values.Nullables.Decimal);
		Fact(Demo.Values.Nullables.Fields.Byte);
		Fact(Demo.Values.Nullables.Fields.Long);
		Fact(Demo.Values.Nullables.Fields.LongNone);
		Fact(Demo.Values.Nullables.Fields.Double);
		Fact(Demo.Values.Nullables.Fields.Span);
	}

	private static void PerThread()
	{
		foreach (var (thread, seed) in new[] { ("alpha", 100), ("beta", 200) })
		{
			OnThread(thread, "Demo.Values.PerThread.Number", seed);
			OnThread(thread, "Demo.Values.PerThread.Long", seed * 10_000_000_000);
			OnThread(thread, "Demo.Values.PerThread.Double", seed + 0.5);
			OnThread(thread, "Demo.Values.PerThread.Byte", (byte)seed);
			OnThread(thread, "Demo.Values.PerThread.Enum", Values.Plain.Second);
			OnThread(thread, "Demo.Values.PerThread.Money.Amount", seed + 0.25m);
			OnThread(thread, "Demo.Values.PerThread.Money.Currency", thread);
			OnThread(thread, "Demo.Values.PerThread.Guid", new Guid(seed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
			OnThread(thread, "Demo.Values.PerThread.Text", "text of " + thread);
			OnThread(thread, "Demo.Values.PerThread.Array[2]", seed + 2);
			OnThread(thread, $"Demo.Values.PerThread.Map[\"{thread}\"]", seed);
		}
		Console.WriteLine("thread bystander Demo.Values.PerThread.Number = unset");
		Console.WriteLine("thread bystander Demo.Values.PerThread.Text = unset");
		OnThread("alpha", "Demo.Values.PerThreadPrimitiveOnly.Count", 5);
		OnThread("beta", "Demo.Values.PerThreadReferenceOnly.Name", "only beta");
		OnThread("alpha", "Demo.Shapes.G<System.Int32>.PerThread", 55);
		OnThread("beta", "Demo.Shapes.G<System.String>.PerThread", "beta generic");
	}

	private static void Strings()
	{
		Fact(Demo.Text.Strings.Empty);
		Fact(Demo.Text.Strings.Literal);
		Fact(Demo.Text.Strings.Built);
		Fact(Demo.Text.Strings.Interned);
		Fact(Demo.Text.Strings.Null);
		Fact(Demo.Text.Strings.OneLetter);
		Fact(Demo.Text.Strings.Quotes);
		Fact(Demo.Text.Strings.Controls);
		Fact(Demo.Text.Strings.Nul);
		Fact(Demo.Text.Strings.Latin);
		Fact(Demo.Text.Strings.Han);
		Fact(Demo.Text.Strings.Emoji);
		Fact(Demo.Text.Strings.LoneHigh);
		Fact(Demo.Text.Strings.LoneLow);
		FactAt("Demo.Text.Strings.Long._stringLength", Demo.Text.Strings.Long.Length);
		FactAt("Demo.Text.Strings.Large._stringLength", Demo.Text.Strings.Large.Length);
	}

	private static void Arrays()
	{
		Count(Demo.Shapes.Arrays.Empty);
		Elements(Demo.Shapes.Arrays.Numbers);
		Fact(Demo.Shapes.Arrays.Matrix[1,2]);
		Count(Demo.Shapes.Arrays.Matrix);
		Fact(Demo.Shapes.Arrays.Cube[1,2,3]);
		Count(Demo.Shapes.Arrays.Cube);
		Fact(Demo.Shapes.Arrays.Words[0,1]);
		Fact(Demo.Shapes.Arrays.Words[1,0]);
		FactAt("Demo.Shapes.Arrays.FromOne[1]", 100);
		FactAt("Demo.Shapes.Arrays.FromOne[3]", 300);
		Count(Demo.Shapes.Arrays.FromOne);
		FactAt("Demo.Shapes.Arrays.FromOneWords[-1]", "minus one");
		FactAt("Demo.Shapes.Arrays.ShiftedMatrix[6,-4]", 1.25);
		Fact(Demo.Shapes.Arrays.Jagged[2][1]);
		Fact(Demo.Shapes.Arrays.Jagged[1]);
		Fact(Demo.Shapes.Arrays.JaggedMatrix[0][0,0]);
		Fact(Demo.Shapes.Arrays.MatrixOfArrays[0,0][1]);
		Elements(Demo.Shapes.Arrays.Texts);
		Fact(Demo.Shapes.Arrays.Points[1].Y);
		Fact(Demo.Shapes.Arrays.Points[0].Tag);
		Fact(Demo.Shapes.Arrays.PointMatrix[0,0].Tag);
		Elements(Demo.Shapes.Arrays.Days);
		Elements(Demo.Shapes.Arrays.Nullables);
		Elements(Demo.Shapes.Arrays.Guids);
		Elements(Demo.Shapes.Arrays.Decimals);
		Elements(Demo.Shapes.Arrays.Flags);
		Elements(Demo.Shapes.Arrays.Chars);
		Elements(Demo.Shapes.Arrays.Doubles);
		Fact(Demo.Shapes.Arrays.Mixed[0]);
		Fact(Demo.Shapes.Arrays.Mixed[1]);
		Fact(Demo.Shapes.Arrays.Mixed[5]);
		Fact(Demo.Shapes.Arrays.Mixed[6]);
		Fact(Demo.Shapes.Arrays.Mixed[7]);
		FactAt("Demo.Shapes.Arrays.Mixed[8].Tag", "boxed");
		Count(Demo.Shapes.Arrays.Mixed);
		Fact(Demo.Shapes.Arrays.LargeBytes[99999]);
		Count(Demo.Shapes.Arrays.LargeBytes);
		Fact(Demo.Shapes.Arrays.LargeDoubles[19999]);
		Fact(Demo.Shapes.Arrays.Pinned[4999]);
		Fact(Demo.Shapes.Arrays.Hundred[99].Tag);
	}

	private static void Generics()
	{
		Fact(Demo.Shapes.Generics.TextNumber.First);
		Fact(Demo.Shapes.Generics.TextNumber.Second);
		Fact(Demo.Shapes.Generics.Nested.Second.First);
		Fact(Demo.Shapes.Generics.Nested.Second.Second);
		Fact(Demo.Shapes.Generics.Padded.Second);
		Fact(Demo.Shapes.Generics.OfInt.Value);
		Fact(Demo.Shapes.Generics.OfInt.Array[1]);
		Fact(Demo.Shapes.Generics.OfInt.Paired.Second);
		Fact(Demo.Shapes.Generics.OfString.Value);
		Fact(Demo.Shapes.Generics.OfString.Paired.First);
		Fact(Demo.Shapes.Generics.OfPoint.Value.Tag);
		Fact(Demo.Shapes.Generics.OfNested.Value.Value[0]);
		FactAt("Demo.Shapes.Generics.OfTuple.Value.Item2", "three");
		Fact(Demo.Shapes.Generics.OfNullable.Value);
		Fact(Demo.Shapes.Generics.Inner.Second);
		Fact(Demo.Shapes.Generics.Inner.Map[3]);
		Fact(Demo.Shapes.Generics.Inner.Deep.B);
		Fact(Demo.Shapes.Generics.InnerOfInner.Second.Value);
		Fact(Demo.Shapes.Generics.Node.Key);
		Fact(Demo.Shapes.Generics.Node.Value.First);
		Fact(Demo.Shapes.Generics.Long[0]["k"][0].Second[0]);
		Fact(Demo.Shapes.G<System.Int32>.Shared);
		Fact(Demo.Shapes.G<System.Int32>.Count);
		Fact(Demo.Shapes.G<System.Int32>.Items[0]);
		Fact(Demo.Shapes.G<System.String>.Shared);
		Fact(Demo.Shapes.G<System.String>.Count);
		Fact(Demo.Shapes.G<System.Guid>.Shared);
		Fact(Demo.Shapes.G<Demo.Shapes.Point>.Shared.Tag);
		Fact(Demo.Shapes.Pair<System.Int32, System.Int32>.Made);
		Fact(Demo.Shapes.Pair<System.String, System.Int32>.Made);
		Fact(Demo.Shapes.Pair<System.String, System.Object>.Made);
		FactAt("Demo.Shapes.Outer<System.Int32>+Inner<System.String>.Name", Shapes.Outer<int>.Inner<string>.Name);
	}

	private static unsafe void InheritanceAndPointers()
	{
		FactAt("Demo.Shapes.Inheritance.Leaf._x", 3);
		FactAt("Demo.Shapes.Inheritance.Leaf._name", "middle");
		Fact(Demo.Shapes.Inheritance.Leaf.Visible);
		Fact(Demo.Shapes.Inheritance.Leaf.Stop);
		FactAt("Demo.Shapes.Inheritance.AsBase._x", 2);
		FactAt("Demo.Shapes.Inheritance.AsBase.Visible", 20);
		Fact(Demo.Shapes.Inheritance.Shapes[0].Label);
		FactAt("Demo.Shapes.Inheritance.Shapes[1].Radius", 2.0);
		Fact(Demo.Shapes.Inheritance.AsInterface);
		FactAt("Demo.Shapes.Pointers.StaticPointer", Pointer(Shapes.Pointers.StaticPointer));
		FactAt("Demo.Shapes.Pointers.Instance.Int", Pointer(Shapes.Pointers.Instance.Int));
		FactAt("Demo.Shapes.Pointers.Instance.Void", Pointer(Shapes.Pointers.Instance.Void));
		FactAt("Demo.Shapes.Pointers.Instance.Struct", Pointer(Shapes.Pointers.Instance.Struct));
		FactAt("Demo.Shapes.Pointers.Instance.Double", Pointer(Shapes.Pointers.Instance.Double));
		FactAt("Demo.Shapes.Pointers.Instance.Unmanaged", Pointer(Shapes.Pointers.Instance.Unmanaged));
		Fact(Demo.Shapes.Pointers.Instance.Handle);
	}

	private static void Layouts()
	{
		Fact(Demo.Shapes.Layouts.StaticOverlap.Int);
		Fact(Demo.Shapes.Layouts.StaticOverlap.Float);
		Fact(Demo.Shapes.Layouts.StaticOverlap.Long);
		Fact(Demo.Shapes.Layouts.StaticLevels.Two.Three.Rights);
		Fact(Demo.Shapes.Layouts.StaticLevels.Two.Three.Maybe);
		Fact(Demo.Shapes.Layouts.StaticPacked.B);
		Fact(Demo.Shapes.Layouts.StaticPacked.D);
		Fact(Demo.Shapes.Layouts.Instance.Overlap.Float);
		Fact(Demo.Shapes.Layouts.Instance.Overlap.LowByte);
		Fact(Demo.Shapes.Layouts.Instance.Overlap.HighHalf);
		Fact(Demo.Shapes.Layouts.Instance.Packed.B);
		Fact(Demo.Shapes.Layouts.Instance.Packed.D);
		Fact(Demo.Shapes.Layouts.Instance.Sparse.Far);
		Fact(Demo.Shapes.Layouts.Instance.Fixed.Length);
		Fact(Demo.Shapes.Layouts.Instance.Rearranged.B);
		Fact(Demo.Shapes.Layouts.Instance.Rearranged.S);
		Fact(Demo.Shapes.Layouts.Instance.Rearranged.H);
		Fact(Demo.Shapes.Layouts.Instance.Rearranged.P.Tag);
		Fact(Demo.Shapes.Layouts.Instance.Rearranged.K.D);
		Fact(Demo.Shapes.Layouts.Instance.Rearranged.R.Second);
		Fact(Demo.Shapes.Layouts.Instance.Levels.Two.Own);
		Fact(Demo.Shapes.Layouts.Instance.Levels.Two.Three.Rights);
		Fact(Demo.Shapes.Layouts.Instance.Levels.Two.Three.Maybe);
		FactAt("Demo.Shapes.Layouts.Instance.Four[3]", 33);
		FactAt("Demo.Shapes.Layouts.Instance.Names[1]", "inline one");
	}

	private static void Tuples()
	{
		Fact(Demo.Shapes.Tuples.Named.Item1);
		Fact(Demo.Shapes.Tuples.Named.Item2);
		Fact(Demo.Shapes.Tuples.Nine.Item7);
		Fact(Demo.Shapes.Tuples.Nine.Rest.Item1);
		Fact(Demo.Shapes.Tuples.Nine.Rest.Item2);
		Fact(Demo.Shapes.Tuples.Single.Item1);
		FactAt("Demo.Shapes.Tuples.Reference.m_Item2", "four");
		FactAt("Demo.Shapes.Tuples.Anonymous.Name", "anonymous");
		FactAt("Demo.Shapes.Tuples.Anonymous.Inner.Flag", true);
		Fact(Demo.Shapes.Tuples.Worker.Name);
		Fact(Demo.Shapes.Tuples.Worker.Boss.Age);
		Fact(Demo.Shapes.Tuples.Worker.Salary);
		Fact(Demo.Shapes.Tuples.Place.Latitude);
		Fact(Demo.Shapes.Tuples.Struct.Value);
		FactAt("Demo.Shapes.Tuples.Kvp.key", "key");
		FactAt("Demo.Shapes.Tuples.Kvp.value", 1);
	}

	private static void Dictionaries()
	{
		Fact(Demo.Collections.Dictionaries.Ages["person-0"]);
		Fact(Demo.Collections.Dictionaries.Ages["person-99"]);
		Count(Demo.Collections.Dictionaries.Ages);
		Entries(Demo.Collections.Dictionaries.Names);
		Fact(Demo.Collections.Dictionaries.ByGuid[new Guid("00000002-0000-0000-0000-000000000001")].Name, "Demo.Collections.Dictionaries.ByGuid[\"00000002-0000-0000-0000-000000000001\"].Name");
		Count(Demo.Collections.Dictionaries.ByGuid);
		Entries(Demo.Collections.Dictionaries.ByEnum);
		Entries(Demo.Collections.Dictionaries.BySmallEnum);
		Count(Demo.Collections.Dictionaries.ByTuple);
		Fact(Demo.Collections.Dictionaries.Nested["outer"]["inner"]);
		Count(Demo.Collections.Dictionaries.Nested["empty"]);
		Fact(Demo.Collections.Dictionaries.Structs[1099511627776].Tag);
		Entries(Demo.Collections.Dictionaries.Bytes);
		Entries(Demo.Collections.Dictionaries.Chars);
		Count(Demo.Collections.Dictionaries.Objects);
		Count(Demo.Collections.Dictionaries.Types);
		Entries(Demo.Collections.Dictionaries.Dates);
		Entries(Demo.Collections.Dictionaries.IgnoringCase);
		Entries(Demo.Collections.Dictionaries.Custom);
		Count(Demo.Collections.Dictionaries.Untouched);
		Count(Demo.Collections.Dictionaries.Emptied);
		Count(Demo.Collections.Dictionaries.Cleared);
		Count(Demo.Collections.Dictionaries.Reserved);
		Entries(Demo.Collections.Dictionaries.Reused);
		Fact(Demo.Collections.Dictionaries.Large[14997]);
		Count(Demo.Collections.Dictionaries.Large);
		Entries(Demo.Collections.Dictionaries.OddKeys);
		Entries(Demo.Collections.Dictionaries.Sorted);
		Entries(Demo.Collections.Dictionaries.SortedList);
		Count(Demo.Collections.Dictionaries.Hashtable);
		Count(Demo.Collections.Dictionaries.ReadOnly);
		Count(Demo.Collections.Dictionaries.Frozen);
		Count(Demo.Collections.Dictionaries.FrozenInts);
	}

	private static void ListsAndSets()
	{
		Count(Demo.Collections.Sets.Texts);
		Count(Demo.Collections.Sets.Numbers);
		Count(Demo.Collections.Sets.Untouched);
		Count(Demo.Collections.Sets.Tuples);
		Elements(Demo.Collections.Sets.Sorted);
		Count(Demo.Collections.Sets.Frozen);
		Elements(Demo.Collections.Lists.Numbers);
		Elements(Demo.Collections.Lists.Texts);
		Fact(Demo.Collections.Lists.Points[0].Tag);
		Elements(Demo.Collections.Lists.Enums);
		Elements(Demo.Collections.Lists.Nullables);
		Fact(Demo.Collections.Lists.Tuples[1].Item2);
		Count(Demo.Collections.Lists.Untouched);
		Elements(Demo.Collections.Lists.Shrunk);
		Count(Demo.Collections.Lists.ArrayList);
		Elements(Demo.Collections.Lists.Wrapped);
		Count(Demo.Collections.Lists.QueueUntouched);
		Elements(Demo.Collections.Lists.Stack);
		Elements(Demo.Collections.Lists.Linked);
		Count(Demo.Collections.Lists.LinkedUntouched);
		CountAt("Demo.Collections.Lists.Priority", Collections.Lists.Priority.Count);
		Count(Demo.Collections.Lists.ReadOnly);
		Elements(Demo.Collections.Lists.Collection);
		Elements(Demo.Collections.Lists.Observable);
		CountAt("Demo.Collections.Lists.Bits", Collections.Lists.Bits.Count);
		CountAt("Demo.Collections.Lists.Segment", Collections.Lists.Segment.Count);
	}

	private static void ImmutablesAndConcurrents()
	{
		Elements(Demo.Collections.Immutables.Array);
		CountAt("Demo.Collections.Immutables.ArrayEmpty", 0);
		Elements(Demo.Collections.Immutables.List);
		Count(Demo.Collections.Immutables.ListEmpty);
		Count(Demo.Collections.Immutables.Dictionary);
		Fact(Demo.Collections.Immutables.Dictionary["two"]);
		Entries(Demo.Collections.Immutables.SortedDictionary);
		Count(Demo.Collections.Immutables.HashSet);
		Elements(Demo.Collections.Immutables.SortedSet);
		Elements(Demo.Collections.Immutables.Queue);
		Elements(Demo.Collections.Immutables.Stack);
		Fact(Demo.Collections.Concurrents.Dictionary["payments"].EnableFallback);
		Count(Demo.Collections.Concurrents.Dictionary);
		Fact(Demo.Collections.Concurrents.Numbers[49]);
		Count(Demo.Collections.Concurrents.Numbers);
		Count(Demo.Collections.Concurrents.Untouched);
		CountAt("Demo.Collections.Concurrents.Queue", Collections.Concurrents.Queue.Count);
		Elements(Demo.Collections.Concurrents.Stack);
		CountAt("Demo.Collections.Concurrents.Bag", Collections.Concurrents.Bag.Count);
	}

	private static void Running()
	{
		Fact(Demo.Running.Delegates.Listener.Name);
		FactAt("Demo.Running.Faults.Held._message", "payment refused");
		FactAt("Demo.Running.Faults.Held.Code", 402);
		FactAt("Demo.Running.Faults.Held._HResult", unchecked((int)0x80131501));
		FactAt("Demo.Running.Faults.Held._innerException._message", "inner failure");
		FactAt("Demo.Running.Faults.NeverThrown._stackTrace", null);
		FactAt("Demo.Running.Delegates.LazyDone._value", "lazy value");
		FactAt("Demo.Running.Delegates.LazyPending._value", null);
		Fact(Demo.Running.Handles.Finalizables[1].Id);
		FactAt("Demo.Running.Locks.Semaphore.m_currentCount", 2);
	}

	private static void Loading()
	{
		FactAt("Demo.Loading.Assemblies.CollectibleWidget.Name", "widget-1");
		FactAt("Demo.Loading.Assemblies.CollectibleWidget.Place.Label", "corner-1");
		FactAt("Demo.Loading.Assemblies.CollectibleWidget.Colour", Demo.Loading.Assemblies.CollectibleWidget.GetType().GetField("Colour").GetValue(Demo.Loading.Assemblies.CollectibleWidget));
		FactAt("Demo.Loading.Assemblies.PlainWidget.Held.Value.Label", "held");
		FactAt("Demo.Loading.Assemblies.Emitted.Number", 33);
		FactAt("Demo.Loading.Assemblies.Emitted.Text", "text in Emitted");
		FactAt("Demo.Loading.Assemblies.Emitted.Where.Y", 22);
		FactAt("Demo.Loading.Assemblies.Emitted.Self.Self.Number", 33);
		FactAt("Demo.Loading.Assemblies.EmittedCollectible.Text", "text in EmittedCollectible");
		FactAt("Emitted.Thing.Total", 44);
		FactAt("Emitted.Thing.Title", "title of Emitted");
		FactAt("EmittedCollectible.Thing.Title", "title of EmittedCollectible");
	}
}
