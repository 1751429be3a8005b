// Assemblies that do not come from the default load context: collectible, loaded twice, and emitted at run time.
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace Demo.Loading;

public static class Assemblies
{
	public static AssemblyLoadContext CollectibleContext = new("collectible", isCollectible: true);
	public static AssemblyLoadContext PlainContext = new("plain", isCollectible: false);
	public static object CollectibleWidget = MakeWidget(CollectibleContext);
	public static object PlainWidget = MakeWidget(PlainContext);
	public static object CollectibleList = Activator.CreateInstance(typeof(List<>).MakeGenericType(CollectibleWidget.GetType()));
	public static object Emitted = Emit("Emitted", AssemblyBuilderAccess.Run);
	public static object EmittedCollectible = Emit("EmittedCollectible", AssemblyBuilderAccess.RunAndCollect);
	public static Func<int, int> Method = DynamicMethod();

	private static object MakeWidget(AssemblyLoadContext context)
	{
		var assembly = context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "Plugin.dll"));
		return assembly.GetType("Demo.Plugin.Widget").GetMethod("Make").Invoke(null, new object[] { context.Name });
	}

	// A struct Spot { int X; int Y; } and a class Thing { int Number; string Text; Spot Where; Thing Self; static int Total; static string Title; }.
	private static object Emit(string name, AssemblyBuilderAccess access)
	{
		var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(name), access);
		var module = assembly.DefineDynamicModule(name);
		var spotBuilder = module.DefineType(name + ".Spot", TypeAttributes.Public | TypeAttributes.SequentialLayout | TypeAttributes.Sealed, typeof(ValueType));
		spotBuilder.DefineField("X", typeof(int), FieldAttributes.Public);
		spotBuilder.DefineField("Y", typeof(int), FieldAttributes.Public);
		var spot = spotBuilder.CreateType();
		var thingBuilder = module.DefineType(name + ".Thing", TypeAttributes.Public);
		thingBuilder.DefineField("Number", typeof(int), FieldAttributes.Public);
		thingBuilder.DefineField("Text", typeof(string), FieldAttributes.Public);
		thingBuilder.DefineField("Where", spot, FieldAttributes.Public);
		thingBuilder.DefineField("Self", thingBuilder, FieldAttributes.Public);
		thingBuilder.DefineField("Total", typeof(int), FieldAttributes.Public | FieldAttributes.Static);
		thingBuilder.DefineField("Title", typeof(string), FieldAttributes.Public | FieldAttributes.Static);
		var type = thingBuilder.CreateType();

		var where = Activator.CreateInstance(spot);
		spot.GetField("X").SetValue(where, 21);
		spot.GetField("Y").SetValue(where, 22);
		var thing = Activator.CreateInstance(type);
		type.GetField("Number").SetValue(thing, 33);
		type.GetField("Text").SetValue(thing, "text in " + name);
		type.GetField("Where").SetValue(thing, where);
		type.GetField("Self").SetValue(thing, thing);
		type.GetField("Total").SetValue(null, 44);
		type.GetField("Title").SetValue(null, "title of " + name);
		return thing;
	}

	private static Func<int, int> DynamicMethod()
	{
		var method = new DynamicMethod("Double", typeof(int), new[] { typeof(int) });
		var il = method.GetILGenerator();
		il.Emit(OpCodes.Ldarg_0);
		il.Emit(OpCodes.Ldc_I4_2);
		il.Emit(OpCodes.Mul);
		il.Emit(OpCodes.Ret);
		return method.CreateDelegate<Func<int, int>>();
	}
}
