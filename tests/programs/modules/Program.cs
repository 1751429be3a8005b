// A program whose objects are of types from modules of every origin: its own file, the framework's files, an array of
// bytes, a stream in a collectible context, emitted ones, a satellite. It prints "READY pid=N" and, for each object that
// a reader of its dump must name, "type FULLNAME", then END, and waits until its stdin ends.
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using System.Resources;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

namespace Demo.Modules;

public class Own
{
	public string Text = "own";
	public List<Own> Others = new();
}

public static class Program
{
	public static readonly List<object> Kept = new();

	public static int Main()
	{
		Kept.Add(new Own());
		Kept.Add(new ConcurrentDictionary<string, Own> { ["one"] = new Own() });
		Kept.Add(new Regex("[a-z]+"));
		Kept.Add(Widget(Assembly.Load(PluginBytes()), "bytes"));
		var context = new AssemblyLoadContext("collectible", isCollectible: true);
		Kept.Add(context);
		Kept.Add(Widget(context.LoadFromStream(new MemoryStream(PluginBytes())), "stream"));
		Kept.Add(Emitted("Emitted", AssemblyBuilderAccess.Run));
		Kept.Add(Emitted("EmittedCollectible", AssemblyBuilderAccess.RunAndCollect));
		var texts = new ResourceManager("Demo.Texts", typeof(Program).Assembly);
		Kept.Add(texts);
		Console.WriteLine("READY pid=" + Environment.ProcessId);
		Console.WriteLine("text " + texts.GetString("Greeting", new CultureInfo("de")));
		foreach (var each in Kept) Console.WriteLine("type " + each.GetType().FullName);
		Console.WriteLine("END");
		Console.Out.Flush();
		while (Console.In.Read() >= 0) { }
		return 0;
	}

	private static byte[] PluginBytes()
	{
		using var stream = typeof(Program).Assembly.GetManifestResourceStream("Plugin.dll")!;
		var bytes = new byte[stream.Length];
		stream.ReadExactly(bytes);
		return bytes;
	}

	private static object Widget(Assembly assembly, string name) =>
		assembly.GetType("Demo.Plugin.Widget")!.GetMethod("Make")!.Invoke(null, new object[] { name })!;

	private static object Emitted(string name, AssemblyBuilderAccess access)
	{
		var builder = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(name), access);
		var type = builder.DefineDynamicModule(name).DefineType(name + ".Thing", TypeAttributes.Public);
		type.DefineField("Number", typeof(int), FieldAttributes.Public);
		return Activator.CreateInstance(type.CreateType()!)!;
	}
}
