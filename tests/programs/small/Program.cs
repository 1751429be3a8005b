// A small program whose dumps show the flavours: known values of most kinds, four threads in known states. It prints
// "READY pid=N", then what a reader of its dump must find (the form: ../sample/Facts.cs), "END", and then, by its
// argument:
//   (none)    waits until its stdin ends
//   throw     throws an exception that nobody catches
//   collect   collects garbage for ever, compacting, so that a dump is likely to be taken in the middle of it
//   fragment  first leaves holes between objects that live (for DOTNET_GCConserveMemory), then waits
//   frozen    first registers a frozen segment that holds one string, then waits
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Win32.SafeHandles;

namespace Demo;

public enum Colour : byte { Red = 1, Green, Blue = 4 }
public struct Point { public int X; public long Y; public string Tag; }
public class Node { public string Name; public int Value; public Node Left, Right; public List<Node> Kids = new(); }
public class Base { protected int _x = 11; public static string Shared = "shared by all"; }
public sealed class Order : Base
{
	public Point At = new() { X = -5, Y = 1L << 40, Tag = "at" };
	public Colour Colour = Colour.Blue;
	public decimal Price = 12.5m;
	public double Weight = 3.25;
	public DateTime When = new(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc);
	public Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
	public Point? Maybe = new Point { X = 9, Y = 99, Tag = "maybe" };
	public int? Nothing;
}
public class Finalizable { public int Id; ~Finalizable() { } }
public class Generic<T> { public T Item; public static T Shared; }
public class RefusedException(string message, Exception inner, int code) : Exception(message, inner) { public int Code = code; }

public static class Frozen
{
	public static readonly string Literal = "a literal";
	public static readonly object Root = new Node { Name = "in a readonly static" };
	public static string Text;

	private static nint _memory;

	// A segment of 4 KiB as the GC wants it: an object header, then the object: here a string of four letters.
	public static unsafe void Register()
	{
		const int size = 4096;
		_memory = (nint)NativeMemory.AlignedAlloc(size, size);
		NativeMemory.Clear((void*)_memory, size);
		*(nint*)(_memory + 8) = typeof(string).TypeHandle.Value;
		*(int*)(_memory + 16) = 4;
		"cold".AsSpan().CopyTo(new Span<char>((void*)(_memory + 20), 4));
		var register = typeof(GC).GetMethod("_RegisterFrozenSegment", BindingFlags.NonPublic | BindingFlags.Static);
		register.Invoke(null, [_memory, (nint)(8 + 32)]);
		nint text = _memory + 8;
		Text = Unsafe.As<nint, string>(ref text);
	}
}

public static class Program
{
	private static readonly Dictionary<string, Thread> Threads = new();
	private static readonly Dictionary<string, int> Ages = new();
	private static readonly Dictionary<int, Node> Nodes = new();
	private static readonly List<string> Names = new();
	private static readonly HashSet<string> Set = new();
	private static readonly Order Held = new();
	private static readonly ConditionalWeakTable<object, string> Attached = new();
	private static readonly object LockA = new(), LockB = new();
	private static readonly CountdownEvent Ready = new(4);
	private static readonly ManualResetEvent Never = new(false);
	private static readonly StreamWriter Out = new(new FileStream(new SafeFileHandle(1, false), FileAccess.Write));
	private static Node Root;
	private static object Boxed = 0x1234567, BoxedPoint = new Point { X = 7, Y = 77, Tag = "boxed" };
	private static int[,] Grid = { { 0, 1, 2, 3 }, { 10, 11, 12, 13 }, { 20, 21, 22, 23 } };
	private static Point[] Points = { new() { X = 1, Tag = "first" }, new() { X = 2, Tag = "second" } };
	private static byte[] Large = new byte[200_000], Pinned = GC.AllocateArray<byte>(5000, pinned: true);
	private static string Unicode = "žluťoučký kůň – 漢字 – 😀";
	private static GCHandle Strong, Weak;
	private static DependentHandle Dependent;
	private static Exception Caught;
	private static Task<int> Pending;
	private static readonly TaskCompletionSource<int> Answer = new();
	private static byte[][] Living;

	[ThreadStatic] private static string PerThreadText;
	[ThreadStatic] private static int PerThreadNumber;

	public static int Main(string[] args)
	{
		string mode = args.Length > 0 ? args[0] : "wait";
		Build();
		if (mode == "fragment") Fragment();
		if (mode == "frozen") Frozen.Register();
		GC.Collect();
		GC.WaitForPendingFinalizers();
		GC.Collect();
		Start("catcher", Catch);
		Start("holder", () => { lock (LockA) lock (LockB) Park("holder", 2); });
		Start("deep", () => Deep(20));
		Start("bystander", () => { Ready.Signal(); Never.WaitOne(); });
		Ready.Wait();
		Start("waiter", () => { lock (LockA) { } });
		while ((Threads["waiter"].ThreadState & ThreadState.WaitSleepJoin) == 0) Thread.Sleep(1);

		Out.WriteLine("READY pid=" + Environment.ProcessId);
		PrintFacts(mode);
		Out.WriteLine("END");
		Out.Flush();
		switch (mode)
		{
			case "throw": throw new RefusedException("nobody catches this", new ArgumentException("why"), 99);
			case "collect": while (true) GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
		}
		var input = new byte[1];
		var stdin = new FileStream(new SafeFileHandle(0, false), FileAccess.Read, 0);
		while (stdin.Read(input, 0, 1) > 0) { }
		return 0;
	}

	private static void Build()
	{
		for (int i = 0; i < 100; i++)
		{
			Ages["person-" + i] = i * 3;
			Names.Add("name-" + i);
			Set.Add("set-" + i % 10);
		}
		Ages.Remove("person-50");
		Root = new Node { Name = "root", Value = 1 };
		for (int i = 0; i < 50; i++)
		{
			var kid = new Node { Name = "kid-" + i, Value = i, Left = Root };
			Root.Kids.Add(kid);
			Nodes[i * 7] = kid;
		}
		Root.Right = Root.Kids[3];
		Attached.Add(Root, "attached to the root");
		Strong = GCHandle.Alloc(new Node { Name = "held by a handle" });
		Weak = GCHandle.Alloc(Root, GCHandleType.Weak);
		Dependent = new DependentHandle(Root, "depends on the root");
		for (int i = 0; i < 5; i++) _ = new Finalizable { Id = i };
		Generic<string>.Shared = "of strings";
		Generic<int>.Shared = 5150;
		Large[^1] = 7;
		Pending = Wait("hello");
	}

	private static async Task<int> Wait(string argument)
	{
		string local = "local of Wait, " + argument;
		return await Answer.Task + local.Length;
	}

	// Twenty thousand small arrays of which every tenth lives.
	private static void Fragment()
	{
		var all = new byte[20_000][];
		for (int i = 0; i < all.Length; i++) all[i] = new byte[40 + i % 50];
		GC.Collect();
		Living = new byte[all.Length / 10][];
		for (int i = 0; i < Living.Length; i++) Living[i] = all[i * 10];
	}

	private static void Start(string name, ThreadStart body)
	{
		var thread = new Thread(body, 256 * 1024) { Name = name, IsBackground = true };
		Threads[name] = thread;
		thread.Start();
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Park(string name, int number)
	{
		PerThreadText = "text of " + name;
		PerThreadNumber = number;
		Ready.Signal();
		Never.WaitOne();
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static int Deep(int depth)
	{
		if (depth == 0) Park("deep", 3);
		return depth == 0 ? 0 : Deep(depth - 1) + 1;
	}

	private static void Catch()
	{
		try
		{
			try { Deeper(3); }
			catch (InvalidOperationException inner) { throw new RefusedException("refused", inner, 402); }
		}
		catch (RefusedException e)
		{
			Caught = e;
			Park("catcher", 1);
		}
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	private static void Deeper(int depth)
	{
		if (depth == 0) throw new InvalidOperationException("inner failure");
		Deeper(depth - 1);
	}

	private static void PrintFacts(string mode)
	{
		foreach (var (name, age) in Ages) Fact($"Ages[\"{name}\"]", age);
		Count("Ages", Ages.Count);
		Fact("Nodes[21].Name", Nodes[21].Name);
		Count("Nodes", Nodes.Count);
		Fact("Names[99]", Names[99]);
		Count("Names", Names.Count);
		Count("Set", Set.Count);
		Fact("Held._x", 11);
		Fact("Held.At.X", Held.At.X);
		Fact("Held.At.Y", Held.At.Y);
		Fact("Held.At.Tag", Held.At.Tag);
		Fact("Held.Colour", Held.Colour);
		Fact("Held.Price", Held.Price);
		Fact("Held.Weight", Held.Weight);
		Fact("Held.When", Held.When);
		Fact("Held.Id", Held.Id);
		Fact("Held.Nothing", Held.Nothing);
		Fact("Root.Right.Name", Root.Right.Name);
		Fact("Root.Kids[7].Left.Value", Root.Kids[7].Left.Value);
		Fact("Boxed", Boxed);
		Fact("BoxedPoint.Tag", ((Point)BoxedPoint).Tag);
		Fact("Grid[2,3]", Grid[2, 3]);
		Fact("Points[1].Tag", Points[1].Tag);
		Fact("Large[199999]", Large[199999]);
		Count("Pinned", Pinned.Length);
		Fact("Unicode", Unicode);
		Fact("Caught._message", Caught.Message);
		Fact("Caught.Code", ((RefusedException)Caught).Code);
		Fact("Caught._innerException._message", Caught.InnerException.Message);
		Line("fact Demo.Base.Shared", Base.Shared);
		Line("fact Demo.Generic<System.String>.Shared", Generic<string>.Shared);
		Line("fact Demo.Generic<System.Int32>.Shared", Generic<int>.Shared);
		Line("fact Demo.Frozen.Literal", Frozen.Literal);
		Line("fact Demo.Frozen.Root.Name", ((Node)Frozen.Root).Name);
		Line("fact Demo.Frozen.Text", Frozen.Text);
		if (mode == "fragment") Count("Living", Living.Length);
		foreach (var (name, number) in new[] { ("catcher", 1), ("holder", 2), ("deep", 3) })
		{
			Line($"thread {name} Demo.Program.PerThreadText", "text of " + name);
			Line($"thread {name} Demo.Program.PerThreadNumber", number);
		}
		Out.WriteLine("thread bystander Demo.Program.PerThreadText = unset");
	}

	private static void Fact(string path, object value) => Line("fact Demo.Program." + path, value);

	private static void Count(string path, int count) => Line("count Demo.Program." + path, count);

	private static void Line(string path, object value) => Out.WriteLine($"{path} = {Show(value)}");

	private static string Show(object value) => value switch
	{
		null => "null",
		string text => $"\"{Escape(text)}\"",
		DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
		IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
		_ => value.ToString(),
	};

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
}
