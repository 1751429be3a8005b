#include "tests/unit/fake_assemblies.h"

#include "base/cleanup.h"

/* ECMA-335 II.23.1.1, II.23.1.15 */
enum { ASSEMBLY_HASH = 0x8004, PUBLIC = 1, NESTED_PUBLIC = 2, SEALED = 0x100 };

static void put_assembly(struct metadata_builder *builder, const char *name)
{
	BUILD_ROW(builder, TABLE_MODULE, 0, build_string(builder, name),
		  build_guid(builder, (const uint8_t *)"0123456789abcdef"), 0, 0);
	BUILD_ROW(builder, TABLE_ASSEMBLY, ASSEMBLY_HASH, 8, 0, 0, 0, 0, 0,
		  build_string(builder, name), 0);
}

static uint32_t put_type(struct metadata_builder *builder, uint32_t flags, const char *name_space,
			 const char *name, uint32_t extends, uint32_t first_field)
{
	return BUILD_ROW(builder, TABLE_TYPE_DEF, flags, build_string(builder, name),
			 build_string(builder, name_space), extends, first_field, 1);
}

static void put_parameters(struct metadata_builder *builder, uint32_t row, const char *names)
{
	for (uint32_t i = 0; names[i]; i++) {
		const char name[] = { names[i], '\0' };
		BUILD_ROW(builder, TABLE_GENERIC_PARAM, i, 0, token_make(TABLE_TYPE_DEF, row),
			  build_string(builder, name));
	}
}

uint64_t fake_assembly_core(struct fake_types *types)
{
	CLEANUP(metadata_builder_cleanup) struct metadata_builder *builder = metadata_builder_new();
	const char *generic = "System.Collections.Generic";
	uint32_t object = token_make(TABLE_TYPE_DEF, CORE_OBJECT);
	uint32_t value_type = token_make(TABLE_TYPE_DEF, CORE_VALUE_TYPE);
	const uint8_t int32_field[] = { 0x06, ELEMENT_I4 };
	size_t size;
	put_assembly(builder, "System.Private.CoreLib");
	put_type(builder, 0, "", "<Module>", 0, 1);
	put_type(builder, PUBLIC, "System", "Object", 0, 1);
	put_type(builder, PUBLIC, "System", "ValueType", object, 1);
	put_type(builder, PUBLIC, "System", "Enum", value_type, 1);
	put_type(builder, PUBLIC, "System", "String", object, 1);
	put_type(builder, PUBLIC, "System", "Int32", value_type, 1);
	put_type(builder, PUBLIC, "System", "__Canon", object, 1);
	put_type(builder, PUBLIC, generic, "Dictionary`2", object, 1);
	put_type(builder, NESTED_PUBLIC, "", "Entry", value_type, 1);
	put_type(builder, PUBLIC | SEALED, "System", "DayOfWeek",
		 token_make(TABLE_TYPE_DEF, CORE_ENUM), 1);
	put_type(builder, PUBLIC, "System", "Void", value_type, 2);
	BUILD_ROW(builder, TABLE_FIELD, 0x0606, build_string(builder, "value__"),
		  build_blob(builder, int32_field, sizeof(int32_field)));
	BUILD_ROW(builder, TABLE_NESTED_CLASS, CORE_ENTRY, CORE_DICTIONARY);
	put_parameters(builder, CORE_DICTIONARY, "KV");
	put_parameters(builder, CORE_ENTRY, "KV");
	const uint8_t *metadata = metadata_builder_finish(builder, &size);
	return fake_types_module(types, "/dotnet/System.Private.CoreLib.dll", metadata, size);
}

/* System.Runtime: one exported type, forwarded to CoreLib. */
uint64_t fake_assembly_facade(struct fake_types *types)
{
	CLEANUP(metadata_builder_cleanup) struct metadata_builder *builder = metadata_builder_new();
	size_t size;
	put_assembly(builder, "System.Runtime");
	put_type(builder, 0, "", "<Module>", 0, 1);
	BUILD_ROW(builder, TABLE_ASSEMBLY_REF, 8, 0, 0, 0, 0, 0,
		  build_string(builder, "System.Private.CoreLib"), 0, 0);
	BUILD_ROW(builder, TABLE_EXPORTED_TYPE, 0x200000, 0, build_string(builder, "DayOfWeek"),
		  build_string(builder, "System"), token_make(TABLE_ASSEMBLY_REF, 1));
	BUILD_ROW(builder, TABLE_EXPORTED_TYPE, 0x200000, 0, build_string(builder, "Dictionary`2"),
		  build_string(builder, "System.Collections.Generic"),
		  token_make(TABLE_ASSEMBLY_REF, 1));
	const uint8_t *metadata = metadata_builder_finish(builder, &size);
	return fake_types_module(types, "/dotnet/System.Runtime.dll", metadata, size);
}

static void put_references(struct metadata_builder *builder)
{
	uint32_t runtime = BUILD_ROW(builder, TABLE_ASSEMBLY_REF, 8, 0, 0, 0, 0, 0,
				     build_string(builder, "System.Runtime"), 0, 0);
	uint32_t gone = BUILD_ROW(builder, TABLE_ASSEMBLY_REF, 1, 0, 0, 0, 0, 0,
				  build_string(builder, "Gone"), 0, 0);
	BUILD_ROW(builder, TABLE_TYPE_REF, token_make(TABLE_ASSEMBLY_REF, runtime),
		  build_string(builder, "DayOfWeek"), build_string(builder, "System"));
	BUILD_ROW(builder, TABLE_TYPE_REF, token_make(TABLE_ASSEMBLY_REF, gone),
		  build_string(builder, "Type`1"), build_string(builder, "Gone"));
	BUILD_ROW(builder, TABLE_TYPE_REF, token_make(TABLE_TYPE_REF, APP_REFERENCE_GONE),
		  build_string(builder, "Nested"), 0);
	BUILD_ROW(builder, TABLE_TYPE_REF, token_make(TABLE_ASSEMBLY_REF, runtime),
		  build_string(builder, "Dictionary`2"),
		  build_string(builder, "System.Collections.Generic"));
	BUILD_ROW(builder, TABLE_TYPE_REF, token_make(TABLE_TYPE_REF, APP_REFERENCE_DICTIONARY),
		  build_string(builder, "Entry"), 0);
}

uint64_t fake_assembly_app(struct fake_types *types)
{
	CLEANUP(metadata_builder_cleanup) struct metadata_builder *builder = metadata_builder_new();
	size_t size;
	put_assembly(builder, "App");
	put_type(builder, 0, "", "<Module>", 0, 1);
	put_type(builder, PUBLIC, "Demo", "Outer`1", 0, 1);
	put_type(builder, NESTED_PUBLIC, "", "Inner`1", 0, 1);
	put_type(builder, PUBLIC, "Demo", "Odd,[x]", 0, 1);
	put_type(builder, PUBLIC, "Demo", "Gateway", 0, 1);
	put_type(builder, PUBLIC, "Demo", "Closure", 0, 1);
	BUILD_ROW(builder, TABLE_NESTED_CLASS, APP_INNER, APP_OUTER);
	put_parameters(builder, APP_OUTER, "T");
	put_parameters(builder, APP_INNER, "TU");
	put_parameters(builder, APP_CLOSURE, "T");
	put_references(builder);
	const uint8_t *metadata = metadata_builder_finish(builder, &size);
	return fake_types_module(types, "/app/App.dll", metadata, size);
}
