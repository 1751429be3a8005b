// Strings: empty, long, in the frozen heap, with surrogates, controls and NUL.
using System.Text;

namespace Demo.Text;

public static class Strings
{
	public static string Empty = "";
	public static string Literal = "a literal, frozen";
	public static string Built = string.Concat("built ", 6 * 7, " at run time");
	public static string Interned = string.Intern(new string('i', 5));
	public static string Null = null;
	public static string OneLetter = new('q', 1);
	public static string Quotes = "say \"hi\" and \\ back";
	public static string Controls = "tab\tnewline\nreturn\rbell\aescape\u001b[31mred";
	public static string Nul = "before\0after";
	public static string Latin = "\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148";
	public static string Han = "\u6f22\u5b57";
	public static string Emoji = "face \ud83d\ude00 end";
	public static string LoneHigh = "lone high \ud83d!";
	public static string LoneLow = "lone low \ude00!";
	public static string Long = new StringBuilder().Insert(0, "0123456789", 300).ToString();
	public static string Large = new('L', 50_000);
	public static StringBuilder Builder = Chunks();
	public static string[] All = { Empty, Literal, Null, Quotes, Latin };

	private static StringBuilder Chunks()
	{
		var builder = new StringBuilder(16);
		for (int i = 0; i < 40; i++) builder.Append("chunk-").Append(i).Append(';');
		return builder;
	}
}
