// A large program that this project did not write: the C# compiler. This host only asks it to compile the sources
// under the folders named as arguments, and holds what the compiler made: syntax trees, symbols, semantic models.
// Prints "READY pid=N" and waits until its stdin ends.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RoslynHost;

public static class Program
{
	private static readonly List<CSharpCompilation> Compilations = new();
	private static readonly List<SemanticModel> Models = new();
	private static readonly List<ISymbol> Symbols = new();
	private static long EmittedBytes;

	public static void Main(string[] folders)
	{
		var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")).Split(':')
			.Select(path => MetadataReference.CreateFromFile(path)).ToArray();
		foreach (var folder in folders) Compile(folder, references);

		Console.WriteLine("READY pid=" + Environment.ProcessId);
		Console.WriteLine($"count RoslynHost.Program.Compilations = {Compilations.Count}");
		Console.WriteLine($"count RoslynHost.Program.Models = {Models.Count}");
		Console.WriteLine($"fact RoslynHost.Program.EmittedBytes = {EmittedBytes}");
		Console.WriteLine("END");
		while (Console.In.Read() >= 0) { }
	}

	private static void Compile(string folder, MetadataReference[] references)
	{
		const string usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
		var options = new CSharpParseOptions(LanguageVersion.Latest);
		var trees = Directory.GetFiles(folder, "*.cs").Order()
			.Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), options, path))
			.Append(CSharpSyntaxTree.ParseText(usings, options)).ToArray();
		var compilation = CSharpCompilation.Create(Path.GetFileName(folder), trees, references,
			new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
		using var stream = new MemoryStream();
		var result = compilation.Emit(stream);
		foreach (var failure in result.Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error)) Console.Error.WriteLine(failure);
		EmittedBytes += stream.Length;
		Compilations.Add(compilation);
		foreach (var tree in trees)
		{
			var model = compilation.GetSemanticModel(tree);
			Models.Add(model);
			foreach (var node in tree.GetRoot().DescendantNodes())
				if (model.GetSymbolInfo(node).Symbol is { } symbol) Symbols.Add(symbol);
		}
	}
}
