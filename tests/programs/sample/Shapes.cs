// Shapes of types: arrays of every rank, generics, inheritance, pointers, layouts, tuples, records.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Demo.Shapes;

public struct Point
{
	public int X;
	public long Y;
	public string Tag;
}

public static class Arrays
{
	public static int[] Empty = new int[0];
	public static int[] Numbers = { 10, 20, 30 };
	public static int[,] Matrix = { { 1, 2, 3 }, { 4, 5, 6 } };
	public static int[,,] Cube = new int[2, 3, 4];
	public static string[,] Words = { { "a", "b" }, { null, "d" } };
	public static Array FromOne = Array.CreateInstance(typeof(int), new[] { 3 }, new[] { 1 });
	public static Array FromOneWords = Array.CreateInstance(typeof(string), new[] { 2 }, new[] { -1 });
	public static Array ShiftedMatrix = Array.CreateInstance(typeof(double), new[] { 2, 2 }, new[] { 5, -5 });
	public static int[][] Jagged = { new[] { 1 }, null, new[] { 2, 3 } };
	public static int[][,] JaggedMatrix = { new[,] { { 7 } } };
	public static int[,][] MatrixOfArrays = { { new[] { 1, 2 }, null } };
	public static string[] Texts = { "one", null, "three" };
	public static Point[] Points = { new() { X = 1, Y = 2, Tag = "p0" }, new() { X = 3, Y = 4, Tag = null } };
	public static Point[,] PointMatrix = { { new() { X = 9, Y = 8, Tag = "pm" } } };
	public static DayOfWeek[] Days = { DayOfWeek.Monday, DayOfWeek.Saturday, (DayOfWeek)50 };
	public static int?[] Nullables = { 1, null, 3 };
	public static Guid[] Guids = { Guid.Empty, new("00112233-4455-6677-8899-aabbccddeeff") };
	public static decimal[] Decimals = { 1.10m, -2m };
	public static bool[] Flags = { true, false, true };
	public static char[] Chars = { 'a', '\0', '\u20ac' };
	public static double[] Doubles = { 0.5, double.NaN };
	public static nint[] Natives = { 1, -1 };
	public static object[] Mixed;
	public static Array AsObject = new object[] { "covariant" };
	public static object[] Covariant = new string[] { "strings as objects" };
	public static byte[] LargeBytes = new byte[100_000];
	public static double[] LargeDoubles = new double[20_000];
	public static byte[] Pinned = GC.AllocateArray<byte>(5000, pinned: true);
	public static Point[] Hundred = new Point[100];
	public static unsafe int*[] Pointers = new int*[2];
	public static unsafe void**[] DoublePointers = new void**[1];
	public static unsafe delegate*<int, void>[] Functions = new delegate*<int, void>[1];

	static unsafe Arrays()
	{
		for (int i = 0; i < 24; i++) Cube[i / 12, i / 4 % 3, i % 4] = i;
		for (int i = 1; i <= 3; i++) FromOne.SetValue(i * 100, i);
		FromOneWords.SetValue("minus one", -1);
		ShiftedMatrix.SetValue(1.25, 6, -4);
		LargeBytes[99_999] = 99;
		LargeDoubles[19_999] = 1.5;
		Pinned[4999] = 7;
		for (int i = 0; i < Hundred.Length; i++) Hundred[i] = new Point { X = i, Y = -i, Tag = "h" + i };
		Pointers[0] = (int*)0x1000;
		Mixed = new object[] { 1, "two", 3.0, 'c', true, 6m, null, Values.Rights.Read, new Point { X = 7, Y = 77, Tag = "boxed" }, Numbers, typeof(Point), Guid.Empty, (sbyte)-1, (1, "t") };
	}
}

public struct Pair<T1, T2>
{
	public T1 First;
	public T2 Second;
	public static int Made;
}

public class G<T>
{
	public static T Shared;
	public static int Count;
	public static List<T> Items = new();
	[ThreadStatic] public static T PerThread;
	public T Value;
	public T[] Array;
	public Pair<T, int> Paired;
	public G<T> Next;
}

public class Outer<T>
{
	public T OuterValue;

	public class Inner<U>
	{
		public static string Name;
		public T First;
		public U Second;
		public Dictionary<T, U> Map;

		public struct Deepest { public T A; public U B; public int C; }
		public Deepest Deep;
	}

	public class Plain { public T Value; }
}

public class Node<TKey, TValue> where TKey : notnull
{
	public TKey Key;
	public TValue Value;
	public Node<TKey, TValue> Next;
	public Node<TValue, Node<TKey, TValue>> Odd;
}

public class StringNode : Node<string, Pair<string, Guid>> { public int Extra = 5; }

public static class Generics
{
	public static Pair<string, int> TextNumber = new() { First = "first", Second = 2 };
	public static Pair<int, Pair<string, Guid>> Nested = new() { First = 1, Second = new() { First = "inner", Second = new("00112233-4455-6677-8899-aabbccddeeff") } };
	public static Pair<byte, long> Padded = new() { First = 200, Second = -9 };
	public static object Boxed = new Pair<string, string> { First = "x", Second = "y" };
	public static G<int> OfInt = new() { Value = 5, Array = new[] { 1, 2 }, Paired = new() { First = 3, Second = 4 } };
	public static G<string> OfString = new() { Value = "five", Array = new[] { "a" }, Paired = new() { First = "b", Second = 6 } };
	public static G<Point> OfPoint = new() { Value = new() { X = 1, Y = 2, Tag = "g" }, Array = new Point[2] };
	public static G<G<int[]>> OfNested = new() { Value = new() { Value = new[] { 8 } } };
	public static G<(int Number, string Text)> OfTuple = new() { Value = (3, "three") };
	public static G<int?> OfNullable = new() { Value = 12 };
	public static Outer<int>.Inner<string> Inner = new() { First = 1, Second = "two", Map = new() { [3] = "three" }, Deep = new() { A = 4, B = "five", C = 6 } };
	public static Outer<string>.Plain InnerPlain = new() { Value = "plain" };
	public static Outer<string>.Inner<Outer<int>.Plain> InnerOfInner = new() { First = "deep", Second = new() { Value = 9 } };
	public static StringNode Node = new() { Key = "key", Value = new() { First = "pair", Second = Guid.Empty } };
	public static Dictionary<string, List<Pair<int, string[]>>>[] Long = { new() { ["k"] = new() { new() { First = 1, Second = new[] { "s" } } } } };

	static Generics()
	{
		G<int>.Shared = 101;
		G<int>.Count = 1;
		G<int>.Items.Add(11);
		G<string>.Shared = "shared string";
		G<string>.Count = 2;
		G<string>.Items.Add("item");
		G<Guid>.Shared = new("00112233-4455-6677-8899-aabbccddeeff");
		G<Guid>.Count = 3;
		G<Point>.Shared = new() { X = 4, Y = 5, Tag = "shared point" };
		G<object>.Shared = "object";
		G<long?>.Shared = 64;
		Pair<int, int>.Made = 4;
		Pair<string, int>.Made = 5;
		Pair<string, object>.Made = 6;
		Outer<int>.Inner<string>.Name = "int, string";
		Outer<string>.Inner<Outer<int>.Plain>.Name = "string, plain";
	}
}

public class Base
{
	private int _x = 1;
	protected string _name = "base";
	public int Visible = 10;
	public virtual int BaseX => _x;
}

public class Middle : Base
{
	private int _x = 2;
	protected new string _name = "middle";
	public new long Visible = 20;
	public int MiddleX => _x;
}

public class Leaf : Middle
{
	private int _x = 3;
	public new string Visible = "thirty";
	public volatile bool Stop = true;
	public int LeafX => _x;
	public static new string ToString = "a static named like a method";
}

public abstract class Shape { public abstract double Area { get; } public string Label; }
public sealed class Square : Shape { public double Side = 3; public override double Area => Side * Side; }
public sealed class Circle : Shape { public double Radius = 2; public override double Area => Math.PI * Radius * Radius; }
public class NoFields { }

public static class Inheritance
{
	public static Leaf Leaf = new();
	public static Base AsBase = new Middle();
	public static Shape[] Shapes = { new Square { Label = "square" }, new Circle { Label = "circle" } };
	public static IComparable AsInterface = 5;
	public static NoFields NoFields = new();
	public static object Bare = new();
}

public unsafe class Pointers
{
	public static Pointers Instance = new();
	public static int* StaticPointer = (int*)0x2000;
	public static delegate*<int, void> StaticFunction = &Callback;

	public int* Int;
	public void* Void;
	public Point2* Struct;
	public int** Double;
	public delegate*<int, void> Managed = &Callback;
	public delegate* unmanaged<int, int> Unmanaged = (delegate* unmanaged<int, int>)0x3000;
	public delegate* unmanaged[Cdecl]<byte*, void> Cdecl;
	public nint Handle = 0x4000;

	public Pointers()
	{
		Int = (int*)0x1234;
		Void = (void*)0x7fff_0000_0000;
		Struct = null;
		Double = (int**)8;
	}

	private static void Callback(int number) { }
}

public struct Point2 { public int X, Y; }

[StructLayout(LayoutKind.Explicit)]
public struct Overlap
{
	[FieldOffset(0)] public int Int;
	[FieldOffset(0)] public float Float;
	[FieldOffset(0)] public byte LowByte;
	[FieldOffset(8)] public long Long;
	[FieldOffset(12)] public int HighHalf;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Packed
{
	public byte A;
	public int B;
	public short C;
	public long D;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct Sparse
{
	[FieldOffset(40)] public int Far;
}

[InlineArray(4)]
public struct Four { private int _element; }

[InlineArray(2)]
public struct TwoNames { private string _element; }

public unsafe struct Fixed
{
	public int Length;
	public fixed byte Bytes[8];
	public fixed char Name[4];
}

// Reference fields, small fields and structs in an order that the runtime rearranges.
public class Rearranged
{
	public byte B = 1;
	public string S = "text";
	public long L = 2;
	public bool F = true;
	public Point P = new() { X = 3, Y = 4, Tag = "five" };
	public short H = 6;
	public object O = "object";
	public double D = 7.5;
	public char C = 'x';
	public Packed K = new() { A = 1, B = 2, C = 3, D = 4 };
	public DateTime T = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Local);
	public Pair<byte, string> R = new() { First = 9, Second = "ten" };
}

public struct Level1 { public Level2 Two; public int Own; }
public struct Level2 { public Level3 Three; public string Own; }
public struct Level3 { public byte Own; public Values.Rights Rights; public int? Maybe; }

public unsafe class Layouts
{
	public static Layouts Instance = new();
	public static Overlap StaticOverlap = new() { Float = 1f, Long = -1 };
	public static Level1 StaticLevels = new() { Own = 1, Two = new() { Own = "two", Three = new() { Own = 3, Rights = Values.Rights.ReadWrite, Maybe = 4 } } };
	public static Packed StaticPacked = new() { A = 255, B = -2, C = -3, D = -4 };

	public Overlap Overlap = new() { Int = 0x3f800000, Long = 0x1_0000_0002 };
	public Packed Packed = new() { A = 1, B = 0x01020304, C = 5, D = long.MaxValue };
	public Sparse Sparse = new() { Far = 40 };
	public Four Four;
	public TwoNames Names;
	public Fixed Fixed;
	public Rearranged Rearranged = new();
	public Level1 Levels = new() { Own = 10, Two = new() { Own = "twenty", Three = new() { Own = 30, Rights = Values.Rights.Execute, Maybe = null } } };

	public Layouts()
	{
		for (int i = 0; i < 4; i++) Four[i] = i * 11;
		Names[0] = "inline zero";
		Names[1] = "inline one";
		Fixed.Length = 3;
		for (int i = 0; i < 8; i++) Fixed.Bytes[i] = (byte)(i + 1);
		Fixed.Name[0] = 'f';
	}
}

public record Person(string Name, int Age, Person Boss);
public record Employee(string Name, int Age, Person Boss, decimal Salary) : Person(Name, Age, Boss);
public record struct Coordinate(double Latitude, double Longitude);
public readonly record struct Named<T>(string Name, T Value);

public static class Tuples
{
	public static (int Number, string Text) Named = (1, "one");
	public static (int, int, int, int, int, int, int, string, double) Nine = (1, 2, 3, 4, 5, 6, 7, "eight", 9.5);
	public static ValueTuple Unit = default;
	public static ValueTuple<long> Single = new(7);
	public static Tuple<int, string> Reference = Tuple.Create(4, "four");
	public static object Anonymous = new { Name = "anonymous", Count = 3, Inner = new { Flag = true } };
	public static Person Boss = new("Ada", 50, null);
	public static Employee Worker = new("Bob", 30, Boss, 1234.5m);
	public static Coordinate Place = new(46.5, 6.6);
	public static Named<int> Struct = new("answer", 42);
	public static KeyValuePair<string, int> Kvp = new("key", 1);
}
