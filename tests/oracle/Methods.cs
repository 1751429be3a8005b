// Methods of the types that are loaded, their code, and whose code is at an address.
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Methods
{
	public static void Print(ClrRuntime runtime, TextWriter lines)
	{
		var tables = new SortedSet<ulong>();
		foreach (var module in runtime.EnumerateModules())
			foreach (var (methodTable, _) in module.EnumerateTypeDefToMethodTableMap())
				tables.Add(methodTable);
		foreach (var obj in runtime.Heap.EnumerateObjects())
			if (obj.Type is { } type)
				tables.Add(type.MethodTable);
		foreach (ulong table in tables)
			if (runtime.GetTypeByMethodTable(table) is { } type)
				foreach (var method in type.Methods)
					Print(runtime, table, method, lines);
	}

	private static void Print(ClrRuntime runtime, ulong table, ClrMethod method, TextWriter lines)
	{
		var code = method.HotColdInfo;
		lines.WriteLine($"method\t{table:x}\t{method.MethodDesc:x}\t{method.MetadataToken:x8}\t{method.NativeCode:x}\t{code.HotStart:x}\t{code.HotSize}\t{code.ColdStart:x}\t{code.ColdSize}\t{method.CompilationType}\t{method.Signature ?? "?"}");
		if (method.CompilationType == MethodCompilationType.None || code.HotSize == 0) return;
		PrintAt(runtime, code.HotStart, lines);
		PrintAt(runtime, code.HotStart + code.HotSize / 2, lines);
		PrintAt(runtime, code.HotStart + code.HotSize - 1, lines);
		if (code.ColdSize != 0) PrintAt(runtime, code.ColdStart + code.ColdSize / 2, lines);
	}

	private static void PrintAt(ClrRuntime runtime, ulong ip, TextWriter lines)
	{
		lines.WriteLine($"ip\t{ip:x}\t{runtime.GetMethodByInstructionPointer(ip)?.MethodDesc ?? 0:x}");
	}
}
