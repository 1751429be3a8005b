// The runtime's version as CoreLib's own metadata states it, since a heap dump holds no other trace of it (and ClrMD,
// without the module's file, says 0.0).
using System.Reflection.Metadata;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class CoreLib
{
	// "8.0.3326.52219", or "" where the dump does not hold CoreLib's metadata.
	public static unsafe string FileVersion(ClrRuntime runtime)
	{
		var module = runtime.BaseClassLibrary;
		var bytes = new byte[module.MetadataLength];
		if (bytes.Length == 0 || runtime.DataTarget.DataReader.Read(module.MetadataAddress, bytes) != bytes.Length) return "";
		fixed (byte* start = bytes)
		{
			var metadata = new MetadataReader(start, bytes.Length);
			foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
			{
				var attribute = metadata.GetCustomAttribute(handle);
				if (AttributeName(metadata, attribute) == "AssemblyFileVersionAttribute") return FirstArgument(metadata, attribute);
			}
		}
		return "";
	}

	public static int MajorVersion(ClrRuntime runtime) => int.TryParse(FileVersion(runtime).Split('.')[0], out int major) ? major : 0;

	private static string AttributeName(MetadataReader metadata, CustomAttribute attribute) => attribute.Constructor.Kind switch
	{
		HandleKind.MethodDefinition => metadata.GetString(metadata.GetTypeDefinition(metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType()).Name),
		_ => "",
	};

	// After the prolog 01 00, the length in one byte and the text.
	private static string FirstArgument(MetadataReader metadata, CustomAttribute attribute)
	{
		var value = metadata.GetBlobReader(attribute.Value);
		value.ReadUInt16();
		return value.ReadSerializedString() ?? "";
	}
}
