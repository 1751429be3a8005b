// The oracle: prints what ClrMD (which drives the runtime's own DAC) reads from a dump, as tab-separated lines in a
// fixed order, so that clrpod's answers can be compared with it by diff and join. See README.md for the columns.
using System.Diagnostics;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Program
{
	private const string Usage = "usage: Oracle VERB DUMP --dac LIBMSCORDACCORE [--files FOLDER]... [--per-type N]\n" +
		"VERB: version, modules, threads, segments, nativeheaps, stat, objects, statics, threadstatics, exceptions,\n" +
		"handles, finalizers, ooms, syncblocks, thinlocks, methods, domains, assemblies, types, alc, time, check";

	public static int Main(string[] arguments)
	{
		string? dac = null;
		int perType = 3;
		var plain = new List<string>();
		var folders = new List<string>();
		for (int i = 0; i < arguments.Length; i++)
		{
			if (arguments[i] == "--dac" && i + 1 < arguments.Length) dac = arguments[++i];
			else if (arguments[i] == "--files" && i + 1 < arguments.Length) folders.Add(arguments[++i]);
			else if (arguments[i] == "--per-type" && i + 1 < arguments.Length) perType = int.Parse(arguments[++i]);
			else plain.Add(arguments[i]);
		}
		if (plain.Count != 2 || dac == null) return Fail(Usage);

		using var lines = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
		var clock = Stopwatch.StartNew();
		using var target = DataTarget.LoadDump(plain[1], new DataTargetOptions { FileLocator = new LocalFiles(folders) });
		using var runtime = target.ClrVersions[0].CreateRuntime(dac, ignoreMismatch: true);
		switch (plain[0])
		{
		case "version": Listings.Version(runtime, lines); break;
		case "modules": Listings.Modules(runtime, lines); break;
		case "threads": Listings.Threads(runtime, lines); break;
		case "segments": Listings.Segments(runtime, lines); break;
		case "nativeheaps": Listings.NativeHeaps(runtime, lines); break;
		case "stat": Listings.Statistics(runtime, lines); break;
		case "exceptions": Exceptions.Print(runtime, lines); break;
		case "handles": Tables.Handles(runtime, lines); break;
		case "finalizers": Tables.Finalizers(runtime, lines); break;
		case "ooms": Tables.OutOfMemory(runtime, lines); break;
		case "syncblocks": Tables.SyncBlocks(runtime, lines); break;
		case "thinlocks": Tables.ThinLocks(runtime, lines); break;
		case "methods": Methods.Print(runtime, lines); break;
		case "domains": Modules.Domains(runtime, lines); break;
		case "assemblies": Modules.Assemblies(runtime, lines); break;
		case "types": Modules.Types(runtime, lines); break;
		case "alc": Modules.LoadContexts(runtime, lines); break;
		case "time": Listings.Time(runtime, lines, clock); break;
		case "check": Check.Print(runtime, lines); break;
		case "objects": new Objects(runtime, lines).Print(perType); break;
		case "statics": new Statics(runtime, lines).Print(); break;
		case "threadstatics": new Statics(runtime, lines).PrintPerThread(); break;
		default: return Fail(Usage);
		}
		return 0;
	}

	private static int Fail(string message)
	{
		Console.Error.WriteLine(message);
		return 2;
	}
}
