// Writes the value that stands at an address: a primitive, a reference with the string it leads to, or every field
// of a struct, recursively. One line each:
//   prefix, path, offset, element type, declared type, value, text
// path is dotted inside structs; offset counts from the start of the object's fields (from the static's own start
// for statics); text is the string that a reference leads to, or the name of an enum's value, or "-".
using System.Globalization;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public class Values(ClrRuntime runtime, TextWriter lines)
{
	private const int DeepestStruct = 12;

	// The address of a field's value can be had for every kind of field: all else is the same.
	public void Print(string prefix, string path, int offset, ClrType? type, ClrElementType element, ulong address, int depth = 0)
	{
		if (element == ClrElementType.Struct && depth < DeepestStruct && type != null)
		{
			if (type.Fields.Length == 0) Line(prefix, path, offset, element, type, "{}", "-");
			foreach (var field in type.Fields)
				Print(prefix, $"{path}.{field.Name}", offset + field.Offset, field.Type, field.ElementType, address + (ulong)field.Offset, depth + 1);
			return;
		}
		var (value, text) = Read(type, element, address);
		Line(prefix, path, offset, element, type, value, text);
	}

	private void Line(string prefix, string path, int offset, ClrElementType element, ClrType? type, string value, string text) =>
		lines.WriteLine($"{prefix}\t{path}\t{offset}\t{element}\t{Text.Name(type)}\t{value}\t{text}");

	private (string Value, string Text) Read(ClrType? type, ClrElementType element, ulong address)
	{
		var reader = runtime.DataTarget.DataReader;
		switch (element)
		{
		case ClrElementType.Boolean: return Number(reader.Read<byte>(address), type);
		case ClrElementType.Char: return Number(reader.Read<ushort>(address), type);
		case ClrElementType.Int8: return Number(reader.Read<sbyte>(address), type);
		case ClrElementType.UInt8: return Number(reader.Read<byte>(address), type);
		case ClrElementType.Int16: return Number(reader.Read<short>(address), type);
		case ClrElementType.UInt16: return Number(reader.Read<ushort>(address), type);
		case ClrElementType.Int32: return Number(reader.Read<int>(address), type);
		case ClrElementType.UInt32: return Number(reader.Read<uint>(address), type);
		case ClrElementType.Int64: case ClrElementType.NativeInt: return Number(reader.Read<long>(address), type);
		case ClrElementType.UInt64: case ClrElementType.NativeUInt: return Number(reader.Read<ulong>(address), type);
		case ClrElementType.Float: return Number(reader.Read<float>(address), type);
		case ClrElementType.Double: return Number(reader.Read<double>(address), type);
		case ClrElementType.Pointer: case ClrElementType.FunctionPointer: return ($"0x{reader.ReadPointer(address):x}", "-");
		default: return Reference(reader.ReadPointer(address));
		}
	}

	private static (string, string) Number<T>(T value, ClrType? type) where T : IFormattable =>
		(value.ToString(null, CultureInfo.InvariantCulture), type is { IsEnum: true } ? EnumName(type, value) : "-");

	private static string EnumName<T>(ClrType type, T value)
	{
		foreach (var (name, named) in type.AsEnum().EnumerateValues())
			if (Convert.ToString(named, CultureInfo.InvariantCulture) == Convert.ToString(value, CultureInfo.InvariantCulture)) return name;
		return "(no name)";
	}

	private (string, string) Reference(ulong address)
	{
		if (address == 0) return ("0x0", "-");
		var found = runtime.Heap.GetObject(address);
		return ($"0x{address:x}", found.Type is { IsString: true } ? Text.Quote(found.AsString(int.MaxValue) ?? "") : Text.Name(found.Type));
	}
}
