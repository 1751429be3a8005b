// Every exception of the heap, or, where there is none to walk, those that the threads last threw.
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Exceptions
{
	public static void Print(ClrRuntime runtime, TextWriter lines)
	{
		var found = new SortedSet<ulong>(runtime.Heap.EnumerateObjects().Where(one => one.IsException).Select(one => one.Address));
		foreach (var thread in runtime.Threads)
			if (thread.CurrentException is { } thrown)
				found.Add(thrown.Address);
		foreach (ulong address in found)
			if (runtime.Heap.GetObject(address).AsException() is { } exception)
				Print(exception, HasStackTrace(runtime.Heap.GetObject(address)), lines);
	}

	private static void Print(ClrException exception, bool hasStackTrace, TextWriter lines)
	{
		string message = exception.Message == null ? "-" : Text.Quote(exception.Message);
		lines.WriteLine($"exception\t{exception.Address:x}\t{Text.Name(exception.Type)}\t{exception.HResult & 0xffffffff:x}\t{message}\t{exception.Inner?.Address ?? 0:x}\t{FrameCount(exception, hasStackTrace)}");
		foreach (var frame in exception.StackTrace)
			lines.WriteLine($"frame\t{exception.Address:x}\t{frame.StackPointer:x}\t{frame.InstructionPointer:x}\t{frame.Method?.MethodDesc ?? 0:x}\t{frame.Method?.Signature ?? "?"}");
	}

	private static bool HasStackTrace(ClrObject exception) => 
		exception.Type?.GetFieldByName("_stackTrace") != null && exception.ReadObjectField("_stackTrace").IsValid;

	/// ? where there is a stack trace with what keeps its methods alive: ClrMD shows nothing of it.
	private static string FrameCount(ClrException exception, bool hasStackTrace) =>
		exception.StackTrace.Length == 0 && hasStackTrace ? "?" : exception.StackTrace.Length.ToString();
}
