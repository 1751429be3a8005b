// The runtime's tables around the heap: handles, the finalization queues, sync blocks, thin locks, out of memory.
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Tables
{
	public static void Handles(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var handle in runtime.EnumerateHandles().OrderBy(handle => handle.Address))
			lines.WriteLine($"{handle.Address:x}\t{handle.HandleKind}\t{handle.Object.Address:x}\t{Text.Name(handle.Object.Type)}\t{handle.Dependent.Address:x}");
	}

	/// Those in the queue in its order, then those that are ready for finalization.
	public static void Finalizers(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var found in runtime.Heap.EnumerateFinalizableObjects())
			lines.WriteLine($"finalizable\t{found.Address:x}\t{Text.Name(found.Type)}");
		foreach (var root in runtime.Heap.EnumerateFinalizerRoots())
			lines.WriteLine($"ready\t{root.Object.Address:x}\t{Text.Name(root.Object.Type)}");
	}

	public static void OutOfMemory(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var heap in runtime.Heap.SubHeaps.OrderBy(heap => heap.Index))
			if (heap.OomInfo is { } oom)
				lines.WriteLine($"{heap.Index}\t{oom.Reason}\t{oom.AllocSize}\t{oom.GCIndex}\t{oom.GetMemoryFailure}\t{oom.Size}\t{oom.AvailablePageFileMB}\t{oom.IsLargeObjectHeap}");
	}

	public static void SyncBlocks(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var block in runtime.Heap.EnumerateSyncBlocks().OrderBy(block => block.Index))
			lines.WriteLine($"{block.Index}\t{block.Object:x}\t{block.IsMonitorHeld}\t{block.HoldingThreadAddress:x}\t{block.RecursionCount}\t{block.WaitingThreadCount}");
	}

	public static void ThinLocks(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var found in runtime.Heap.EnumerateObjects())
			if (found.GetThinLock() is { } held)
				lines.WriteLine($"{found.Address:x}\t{held.Thread?.Address ?? 0:x}\t{held.Thread?.OSThreadId ?? 0:x}\t{held.Recursion}");
	}
}
