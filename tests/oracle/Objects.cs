// The verb "objects": the first N objects of each type, with every field, or the first elements of an array.
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public class Objects(ClrRuntime runtime, TextWriter lines)
{
	private const int FirstElements = 10;
	private readonly Values values = new(runtime, lines);

	public void Print(int perType)
	{
		var seen = new Dictionary<ulong, int>();
		foreach (var found in runtime.Heap.EnumerateObjects())
		{
			if (found.Type == null || found.IsFree) continue;
			seen.TryGetValue(found.Type.MethodTable, out int count);
			if (count >= perType) continue;
			seen[found.Type.MethodTable] = count + 1;
			PrintOne(found, found.Type);
		}
	}

	private void PrintOne(ClrObject found, ClrType type)
	{
		lines.WriteLine($"object\t{found.Address:x}\t{type.MethodTable:x}\t{found.Size}\t{Text.Name(type)}");
		if (type.IsString) lines.WriteLine($"string\t{found.Address:x}\t{Text.Quote(found.AsString(int.MaxValue) ?? "")}");
		else if (type.IsArray) PrintArray(found, type);
		else
			foreach (var field in type.Fields)
				values.Print($"field\t{found.Address:x}\t{Text.Name(field.ContainingType)}", field.Name ?? "?", field.Offset, field.Type, field.ElementType, field.GetAddress(found.Address));
	}

	private void PrintArray(ClrObject found, ClrType type)
	{
		var array = found.AsArray();
		var bounds = Enumerable.Range(0, array.Rank).Select(i => $"{array.GetLowerBound(i)}:{array.GetLength(i)}");
		lines.WriteLine($"array\t{found.Address:x}\t{array.Length}\t{array.Rank}\t{string.Join(',', bounds)}\t{Text.Name(type.ComponentType)}");
		if (type.ComponentType is not { } component) return;
		for (int i = 0; i < array.Length && i < FirstElements; i++)
		{
			ulong address = type.GetArrayElementAddress(found.Address, i);
			values.Print($"element\t{found.Address:x}\t-", $"[{i}]", i * type.ComponentSize, component, component.ElementType, address);
		}
	}
}
