// Statics of every primitive and well-known struct, enums of every width, Nullables, and thread statics.
namespace Demo.Values;

public enum Small : byte { Zero, One, Two, Top = 255 }
public enum Signed : sbyte { Low = -128, Minus = -1, Zero = 0, High = 127 }
public enum Narrow : short { Low = short.MinValue, Zero = 0, High = short.MaxValue }
public enum Wide : ulong { None = 0, Half = 1UL << 63, All = ulong.MaxValue }
public enum Plain { First = 1, Second, Third = 1000, AlsoThird = 1000, Negative = -5 }
[Flags] public enum Rights : long { None = 0, Read = 1, Write = 2, Execute = 4, ReadWrite = Read | Write, Owner = 1L << 40 }
[Flags] public enum Options : ushort { A = 1, B = 2, C = 4, High = 0x8000 }

public struct Money
{
	public decimal Amount;
	public string Currency;
	public Plain Kind;
}

public static class Primitives
{
	public static bool True = true, False = false;
	public static char Letter = 'Z', Newline = '\n', Accent = '\u00e9', LoneSurrogate = '\ud83d';
	public static sbyte SByte = sbyte.MinValue;
	public static byte Byte = byte.MaxValue;
	public static short Int16 = -12345;
	public static ushort UInt16 = ushort.MaxValue;
	public static int Int32 = int.MinValue;
	public static uint UInt32 = 0xdeadbeef;
	public static long Int64 = long.MinValue;
	public static ulong UInt64 = ulong.MaxValue;
	public static nint NativeInt = -7;
	public static nuint NativeUInt = unchecked((nuint)0xfeedfacecafebeef);
	public static float Single = 3.1415927f, SingleTiny = float.Epsilon, SingleNaN = float.NaN;
	public static double Double = 0.1, DoubleHuge = double.MaxValue, DoubleNaN = double.NaN, DoubleInfinity = double.NegativeInfinity, DoubleMinusZero = -0.0;
	public static Half Half = (Half)1.5;
	public static Int128 Int128 = Int128.MinValue;
	public static UInt128 UInt128 = UInt128.MaxValue;
	public static decimal Decimal = 79228162514264337593543950335m, DecimalSmall = -0.0000000000000000000000000001m, DecimalScale = 12.500m;
	public static DateTime Utc = new(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc), Unspecified = new(1999, 12, 31), MaxDate = DateTime.MaxValue;
	public static DateTimeOffset Offset = new(2024, 2, 29, 12, 34, 56, TimeSpan.FromHours(-3.5));
	public static TimeSpan Span = new(3, 4, 5, 6, 7), NegativeSpan = TimeSpan.FromTicks(-1);
	public static Guid Guid = new("00112233-4455-6677-8899-aabbccddeeff");
	public static DateOnly Day = new(2024, 2, 29);
	public static TimeOnly Time = new(23, 59, 58, 997);
	public static Money Price = new() { Amount = 9.99m, Currency = "EUR", Kind = Plain.Second };
	public static Index Last = ^1;
	public static Range Middle = 1..^1;
	public static Version Version = new(1, 2, 3, 4);
	public static System.Net.IPAddress Address = System.Net.IPAddress.Parse("192.0.2.1");
	public static System.Numerics.BigInteger Big = System.Numerics.BigInteger.Pow(2, 100);
	public static System.Numerics.Vector3 Vector = new(1, 2.5f, -3);
	public static System.Numerics.Complex Complex = new(1, -1);
	public static Type Type = typeof(Dictionary<string, int>);

	public const int Constant = 42;
	public const string ConstantText = "a constant";
	public static readonly int ReadOnly = 43;
	public static readonly string ReadOnlyText = "a static readonly";
	public static volatile int Volatile = 44;
	public static int Auto { get; set; } = 45;
	public static int Computed => Int16 + Auto;
}

// No one touches this class: its statics stay uninitialised.
public static class NeverTouched
{
	public static readonly int Number = Environment.ProcessorCount;
	public static readonly string Text = Environment.MachineName;
}

// Initialised by a static constructor, statics of one kind only.
public static class OnlyPrimitives { public static int First; public static long Second; static OnlyPrimitives() { First = 11; Second = 22; } }
public static class OnlyReferences { public static string First; public static object Second; static OnlyReferences() { First = "first"; Second = new int[] { 1, 2 }; } }

public static class Enums
{
	public static Small Small = Small.Two, SmallUndefined = (Small)100;
	public static Signed Signed = Signed.Minus;
	public static Narrow Narrow = Narrow.Low;
	public static Wide Wide = Wide.Half, WideAll = Wide.All;
	public static Plain Plain = Plain.Second, PlainDuplicate = Plain.Third, PlainNegative = Plain.Negative, PlainUndefined = (Plain)(-1);
	public static Rights Rights = Rights.Read | Rights.Execute | Rights.Owner, RightsNamed = Rights.ReadWrite, RightsNone = Rights.None, RightsUndefined = (Rights)(1L << 50);
	public static Options Options = Options.A | Options.High;
	public static DayOfWeek Foreign = DayOfWeek.Thursday;
	public static ConsoleColor ForeignToo = ConsoleColor.DarkCyan;
	public static object Boxed = Rights.Write;
	public static EnumFields Fields = new();
}

public class EnumFields
{
	public Small Small = Small.Top;
	public Wide Wide = Wide.All;
	public Rights Rights = Rights.ReadWrite | Rights.Owner;
	public Plain? Some = Plain.First;
	public Plain? None = null;
	public Small[] Array = { Small.One, Small.Top, (Small)9 };
}

public static class Nullables
{
	public static int? Some = 7;
	public static int? None = null;
	public static DateTime? When = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
	public static bool? Maybe = false;
	public static Plain? Enum = Plain.Third;
	public static Plain? EnumNone = null;
	public static Guid? Guid = new Guid("12345678-1234-1234-1234-123456789abc");
	public static Money? Money = new Money { Amount = 1.5m, Currency = "CHF", Kind = Plain.First };
	public static decimal? Decimal = null;
	public static (int, string)? Tuple = (5, "five");
	public static NullableFields Fields = new();
}

public class NullableFields
{
	public byte? Byte = 200;
	public long? Long = -1;
	public long? LongNone;
	public double? Double = 2.5;
	public Money? Money = new Money { Amount = 3m, Currency = "USD", Kind = Plain.Negative };
	public TimeSpan? Span = TimeSpan.FromMinutes(90);
}

// Set on the threads "alpha" and "beta" with different values, never on "bystander".
public static class PerThread
{
	[ThreadStatic] public static int Number;
	[ThreadStatic] public static long Long;
	[ThreadStatic] public static double Double;
	[ThreadStatic] public static byte Byte;
	[ThreadStatic] public static Plain Enum;
	[ThreadStatic] public static Money Money;
	[ThreadStatic] public static Guid Guid;
	[ThreadStatic] public static string Text;
	[ThreadStatic] public static int[] Array;
	[ThreadStatic] public static Dictionary<string, int> Map;

	public static void Set(string name, int seed)
	{
		Number = seed;
		Long = seed * 10_000_000_000;
		Double = seed + 0.5;
		Byte = (byte)seed;
		Enum = Plain.Second;
		Money = new Money { Amount = seed + 0.25m, Currency = name, Kind = Plain.First };
		Guid = new Guid(seed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
		Text = "text of " + name;
		Array = new[] { seed, seed + 1, seed + 2 };
		Map = new() { [name] = seed };
	}
}

public static class PerThreadPrimitiveOnly { [ThreadStatic] public static int Count; }
public static class PerThreadReferenceOnly { [ThreadStatic] public static string Name; }
