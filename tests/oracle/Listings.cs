// The verbs that list one thing each: version, modules, threads, segments, the statistics of the heap.
using System.Diagnostics;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Listings
{
	public static void Version(ClrRuntime runtime, TextWriter lines)
	{
		lines.WriteLine($"version\t{CoreLib.FileVersion(runtime)}");
		lines.WriteLine($"flavor\t{runtime.ClrInfo.Flavor}");
		lines.WriteLine($"gc\t{(runtime.Heap.IsServer ? "server" : "workstation")}");
		lines.WriteLine($"heaps\t{runtime.Heap.SubHeaps.Length}");
		lines.WriteLine($"regions\t{runtime.Heap.SubHeaps.All(heap => heap.HasRegions)}");
		lines.WriteLine($"can_walk\t{runtime.Heap.CanWalkHeap}");
	}

	public static void Modules(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var module in runtime.EnumerateModules().OrderBy(module => module.Address))
			lines.WriteLine($"{module.Address:x}\t{module.ImageBase:x}\t{module.Size}\t{module.Layout}\t{(module.IsDynamic ? "dynamic" : "file")}\t{module.MetadataAddress:x}\t{module.MetadataLength}\t{module.Name}");
	}

	public static void Threads(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var thread in runtime.Threads)
			lines.WriteLine($"{thread.ManagedThreadId}\t{thread.OSThreadId:x}\t{thread.Address:x}\t{(uint)thread.State:x}\t{thread.GCMode}\t{thread.LockCount}\t{thread.AllocationContext.Start:x}\t{thread.AllocationContext.End:x}\t{thread.CurrentException?.Address ?? 0:x}\t{(thread.IsFinalizer ? "finalizer" : "-")}");
	}

	public static void Segments(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var heap in runtime.Heap.SubHeaps.OrderBy(heap => heap.Index))
			foreach (var segment in heap.Segments.OrderBy(segment => segment.Start))
				lines.WriteLine($"{heap.Index}\t{segment.Kind}\t{segment.Start:x}\t{segment.End:x}\t{segment.CommittedMemory.End:x}\t{segment.ReservedMemory.End:x}\t{Range(segment.Generation0)}\t{Range(segment.Generation1)}\t{Range(segment.Generation2)}\t{segment.Address:x}");
	}

	public static void NativeHeaps(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var heap in runtime.EnumerateClrNativeHeaps().OrderBy(heap => heap.MemoryRange.Start))
			lines.WriteLine($"{heap.Kind}\t{heap.MemoryRange.Start:x}\t{heap.MemoryRange.End:x}");
	}

	private static string Range(MemoryRange range) => range.Length == 0 ? "-" : $"{range.Start:x}-{range.End:x}";

	public static void Statistics(ClrRuntime runtime, TextWriter lines)
	{
		var types = new SortedDictionary<ulong, (long Count, ulong Size, string Name)>();
		foreach (var found in runtime.Heap.EnumerateObjects())
		{
			ulong methodTable = found.Type?.MethodTable ?? 0;
			types.TryGetValue(methodTable, out var entry);
			types[methodTable] = (entry.Count + 1, entry.Size + Math.Max(found.Size, 24), entry.Name ?? Text.Name(found.Type));
		}
		foreach (var (methodTable, (count, size, name)) in types)
			lines.WriteLine($"{methodTable:x}\t{count}\t{size}\t{name}");
	}

	public static void Time(ClrRuntime runtime, TextWriter lines, Stopwatch clock)
	{
		double opened = clock.Elapsed.TotalMilliseconds;
		long count = 0;
		ulong size = 0;
		foreach (var found in runtime.Heap.EnumerateObjects())
		{
			count++;
			size += Math.Max(found.Size, 24);
		}
		lines.WriteLine($"objects\t{count}\nbytes\t{size}\nopen_ms\t{opened:f0}\nwalk_ms\t{clock.Elapsed.TotalMilliseconds - opened:f0}");
	}
}
