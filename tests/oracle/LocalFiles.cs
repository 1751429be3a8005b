// Where ClrMD may look for a module that a dump does not hold: in the given folders, by file name, the build checked.
// Nothing is asked of a symbol server, so that the oracle says the same on every machine.
using System.Collections.Immutable;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public class LocalFiles(IReadOnlyList<string> folders) : IFileLocator
{
	public string? FindPEImage(string fileName, int buildTimeStamp, int imageSize, bool checkProperties)
	{
		foreach (var folder in folders)
		{
			var path = Path.Combine(folder, Path.GetFileName(fileName));
			if (File.Exists(path) && (!checkProperties || IsBuild(path, buildTimeStamp, imageSize))) return path;
		}
		return null;
	}

	private static bool IsBuild(string path, int buildTimeStamp, int imageSize)
	{
		using var image = new PEReader(File.OpenRead(path));
		return image.PEHeaders.CoffHeader.TimeDateStamp == buildTimeStamp && image.PEHeaders.PEHeader?.SizeOfImage == imageSize;
	}

	public string? FindPEImage(string fileName, SymbolProperties archivedUnder, ImmutableArray<byte> buildIdOrUUID, OSPlatform originalPlatform, bool checkProperties) => null;
	public string? FindElfImage(string fileName, SymbolProperties archivedUnder, ImmutableArray<byte> buildId, bool checkProperties) => null;
	public string? FindMachOImage(string fileName, SymbolProperties archivedUnder, ImmutableArray<byte> uuid, bool checkProperties) => null;
}
