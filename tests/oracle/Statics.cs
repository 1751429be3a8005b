// The verbs "statics" and "threadstatics". The DAC lists the types that a module defines; constructed generics it
// does not, so those are added that the heap shows: as types of objects, their bases, fields and components.
//
// Where the DAC is no authority the value is "unknown": on 8.0 it neither finds the statics of generic, dynamic and
// collectible types (it calls them uninitialised) nor the thread statics of generic ones (it reads another type's).
// Left out, because they make the DAC itself crash: statics of open generic types, and thread statics of collectible
// types, on threads that never touched them.
using System.Text.RegularExpressions;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public partial class Statics(ClrRuntime runtime, TextWriter lines)
{
	private readonly Values values = new(runtime, lines);
	private readonly bool isNet8 = CoreLib.MajorVersion(runtime) == 8;

	public void Print()
	{
		foreach (var type in Types())
			foreach (var field in type.StaticFields)
				foreach (var domain in runtime.AppDomains)
				{
					string prefix = $"static\t{type.MethodTable:x}\t{Text.Name(type)}";
					if (IsUnknown(type)) PrintWithout(prefix, field, "unknown");
					else if (!field.IsInitialized(domain)) PrintWithout(prefix, field, "uninitialized");
					else values.Print(prefix, field.Name ?? "?", 0, field.Type, field.ElementType, Address(field, domain));
				}
	}

	public void PrintPerThread()
	{
		foreach (var type in Types().Where(type => !type.IsCollectible))
			foreach (var field in type.ThreadStaticFields)
				foreach (var thread in runtime.Threads)
				{
					string prefix = $"threadstatic\t{thread.OSThreadId:x}\t{type.MethodTable:x}\t{Text.Name(type)}";
					if (IsUnknown(type)) PrintWithout(prefix, field, "unknown");
					else if (!field.IsInitialized(thread)) PrintWithout(prefix, field, "uninitialized");
					else values.Print(prefix, field.Name ?? "?", 0, field.Type, field.ElementType, Address(field, thread));
				}
	}

	private void PrintWithout(string prefix, ClrField field, string why) =>
		lines.WriteLine($"{prefix}\t{field.Name}\t0\t{field.ElementType}\t{Text.Name(field.Type)}\t{why}\t-");

	private bool IsUnknown(ClrType type) => isNet8 && (type.IsCollectible || type.Module is not { IsDynamic: false } || Text.Name(type).Contains('<'));

	// A static struct stands in a box: ReadStruct goes through it, GetAddress does not.
	private static ulong Address(ClrStaticField field, ClrAppDomain domain) =>
		field.ElementType == ClrElementType.Struct ? field.ReadStruct(domain).Address : field.GetAddress(domain);

	private static ulong Address(ClrThreadStaticField field, ClrThread thread) =>
		field.ElementType == ClrElementType.Struct ? field.ReadStruct(thread).Address : field.GetAddress(thread);

	private IEnumerable<ClrType> Types()
	{
		var types = new SortedDictionary<(string, ulong), ClrType>();
		foreach (var module in runtime.EnumerateModules())
			foreach (var (methodTable, _) in module.EnumerateTypeDefToMethodTableMap())
				if (runtime.GetTypeByMethodTable(methodTable) is { } type && !type.EnumerateGenericParameters().Any()) Add(types, type);
		var seen = new HashSet<ulong>();
		foreach (var found in runtime.Heap.EnumerateObjects())
			if (!found.IsFree && found.Type is { } type && seen.Add(type.MethodTable)) AddWithRelatives(types, type);
		return types.Values;
	}

	private static void AddWithRelatives(SortedDictionary<(string, ulong), ClrType> types, ClrType type)
	{
		for (ClrType? one = type; one != null; one = one.BaseType) Add(types, one);
		foreach (var field in type.Fields) if (field.Type is { } fieldType) Add(types, fieldType);
		if (type.ComponentType is { } component) Add(types, component);
	}

	private static void Add(SortedDictionary<(string, ulong), ClrType> types, ClrType type)
	{
		if (type.MethodTable != 0 && !OpenGeneric().IsMatch(Text.Name(type))) types.TryAdd((Text.Name(type), type.MethodTable), type);
	}

	// How ClrMD names a generic type as its module defines it: List<T1>.
	[GeneratedRegex(@"[<,] ?T\d+[,>]")]
	private static partial Regex OpenGeneric();
}
