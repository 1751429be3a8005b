// How the oracle writes names, strings and numbers: one line, no tab, the same everywhere.
using System.Text;
using Microsoft.Diagnostics.Runtime;

namespace Oracle;

public static class Text
{
	public static string Name(ClrType? type) => type == null ? "?" : type.Name ?? $"<unnamed {type.MethodTable:x}>";

	// "…" with \" \\ and \uXXXX for whatever is not printable ASCII; cut after 200 characters.
	public static string Quote(string text)
	{
		var quoted = new StringBuilder("\"");
		foreach (char c in text.Length > 200 ? text[..200] : text)
		{
			if (c is '"' or '\\') quoted.Append('\\').Append(c);
			else if (c is >= ' ' and <= '~') quoted.Append(c);
			else quoted.Append($"\\u{(int)c:x4}");
		}
		return quoted.Append('"').Append(text.Length > 200 ? "+" + (text.Length - 200) : "").ToString();
	}
}
