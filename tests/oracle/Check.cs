// Is a dump whole for those who read it with the runtime's own DAC: objects that are none, and each thread's managed stack.
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Check
{
	public static void Print(ClrRuntime runtime, TextWriter lines)
	{
		long count = 0, invalid = 0;
		foreach (var found in runtime.Heap.EnumerateObjects())
		{
			count++;
			if (!found.IsValid || found.Type == null) invalid++;
		}
		lines.WriteLine($"objects\t{count}\ninvalid\t{invalid}\ncorrupt\t{runtime.Heap.VerifyHeap().Count()}");
		foreach (var thread in runtime.Threads.OrderBy(thread => thread.OSThreadId))
		{
			var methods = thread.EnumerateStackTrace().Where(frame => frame.Method != null).Select(frame => $"{frame.InstructionPointer:x} {frame.Method!.Signature}");
			lines.WriteLine($"stack\t{thread.OSThreadId:x}\t{methods.Count()}\t{string.Join(" < ", methods)}");
		}
	}
}
