// The verbs about modules: the domains and their heaps, the assemblies, the loaded types of each module, and the
// AssemblyLoadContext of the types of each module.
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Modules
{
	public static void Domains(ClrRuntime runtime, TextWriter lines)
	{
		if (runtime.SystemDomain is { } system) lines.WriteLine($"system\t{system.Address:x}\t{system.Id}\t{system.Name ?? "-"}");
		foreach (var domain in runtime.AppDomains)
			lines.WriteLine($"domain\t{domain.Address:x}\t{domain.Id}\t{domain.Name}");
	}

	public static void Assemblies(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var module in runtime.EnumerateModules().OrderBy(module => module.Address))
			lines.WriteLine($"{module.AssemblyAddress:x}\t{module.Address:x}\t{module.LoaderAllocator:x}\t{module.MetadataAddress:x}\t{module.MetadataLength}\t{(module.AppDomain?.Address ?? 0):x}\t{module.Name}");
	}

	// TypeDef token -> MethodTable, of what is loaded.
	public static void Types(ClrRuntime runtime, TextWriter lines)
	{
		foreach (var module in runtime.EnumerateModules().OrderBy(module => module.Address))
			foreach (var (methodTable, token) in module.EnumerateTypeDefToMethodTableMap())
				lines.WriteLine($"{module.Address:x}\t{token:x8}\t{methodTable:x}\t{runtime.GetTypeByMethodTable(methodTable)?.Name ?? "-"}");
	}

	// For one object of each module's types; 0: the default context, which has no object yet.
	public static void LoadContexts(ClrRuntime runtime, TextWriter lines)
	{
		var seen = new HashSet<ulong>();
		foreach (var found in runtime.Heap.EnumerateObjects())
			if (!found.IsFree && found.Type is { Module: { } module } type && seen.Add(module.Address))
				lines.WriteLine($"{found.Address:x}\t{module.Address:x}\t{type.AssemblyLoadContextAddress:x}");
	}
}
