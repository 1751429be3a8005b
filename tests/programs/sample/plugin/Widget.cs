// Types of an assembly that is alive twice in one process: same names, other MethodTables, other statics.
using System;
using System.Collections.Generic;

namespace Demo.Plugin;

public enum Colour : byte { Red = 1, Green = 2, Blue = 4 }

public struct Corner
{
	public int X, Y;
	public string Label;
}

public class Widget
{
	public static int Made;
	public static long Ticks = 1L << 40;
	public static string Title;
	public static Corner Origin;
	public static Colour Favourite = Colour.Green;
	public static Dictionary<string, Widget> ByName = new();
	[ThreadStatic] public static int PerThread;
	[ThreadStatic] public static string PerThreadText;

	public string Name;
	public Corner Place;
	public Colour Colour = Colour.Blue;
	public Holder<Corner> Held = new() { Value = new Corner { X = 5, Y = 6, Label = "held" } };

	// Called by the sample through reflection, once in each load context.
	public static object Make(string context)
	{
		Title = "widgets of " + context;
		Origin = new Corner { X = 1, Y = 2, Label = "origin of " + context };
		Holder<int>.Shared = 31;
		Holder<string>.Shared = "shared in " + context;
		PerThread = 17;
		PerThreadText = "main thread in " + context;
		for (int i = 0; i < 3; i++)
		{
			var widget = new Widget { Name = "widget-" + i, Place = new Corner { X = i, Y = -i, Label = "corner-" + i } };
			ByName[widget.Name] = widget;
			Made++;
		}
		return ByName["widget-1"];
	}
}

public class Holder<T>
{
	public static T Shared;
	public T Value;
}
