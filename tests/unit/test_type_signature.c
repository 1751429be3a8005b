#include "base/list.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

#define NEW_TYPES(layout)                                                                          \
	CLEANUP(fake_types_cleanup) struct fake_types *types = fake_types_new(layout)

enum { GENERIC = 0x10, SHARED = 0x20, VALUE_TYPE_CATEGORY = 0x40000 };

enum { FIELD = 0x06 }; /* a field's signature, II.23.2.4 */

/* Coded TypeDefOrRef tokens of signatures, II.23.2.8. */
enum { CODED_DEF = 0, CODED_REF = 1 };
#define CODED(row, table) (uint8_t)((row) << 2 | (table))

static struct error *resolve(struct fake_types *types, uint64_t module, const struct type *context,
			     const uint8_t *bytes, size_t size, const struct type **ret)
{
	struct signature signature;
	struct clr_module *place;
	TRY(signature_of_field(bytes, (uint32_t)size, &types->heap.arena, &signature));
	TRY(clr_module_at(&types->heap, module, &place));
	TRY(type_of_signature(&types->heap, &signature, 0, place, context, ret));
	return type_name_prepare(&types->heap, *ret);
}

#define RESOLVE(module, context, ret, ...)                                                         \
	resolve(types, (module), (context), (const uint8_t[]){ FIELD, __VA_ARGS__ },               \
		sizeof((const uint8_t[]){ FIELD, __VA_ARGS__ }), (ret))

TEST(loaded_definitions)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	uint64_t gateway = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	/* The map knows where a TypeRef leads, whatever its name is. */
	fake_types_map(types, types->app, "TypeRefToMethodTableMap", APP_REFERENCE_GONE,
		       types->string | 1);
	/* A row of the map's second block. */
	fake_types_map(types, types->app, "TypeRefToMethodTableMap", 20, types->int32);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_CLASS, CODED(20, CODED_REF)));
	CHECK_NUMBER(type->handle, types->int32);
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_I4));
	CHECK_NUMBER(type->handle, types->int32);
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_STRING));
	CHECK_NUMBER(type->handle, types->string);
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_CLASS, CODED(APP_GATEWAY, CODED_DEF)));
	CHECK_NUMBER(type->handle, gateway);
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_CLASS,
			 CODED(APP_REFERENCE_GONE, CODED_REF)));
	CHECK_NUMBER(type->handle, types->string);
}

/* App -> System.Runtime, which forwards to CoreLib. */
TEST(references_are_followed_by_name)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	CHECK_OK(fake_types_open(types));
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_VALUETYPE,
			 CODED(APP_REFERENCE_DAY, CODED_REF)));
	CHECK_NUMBER(type->handle, 0);
	CHECK_NUMBER(type->index, UINT32_MAX);
	CHECK_NUMBER(type->kind, TYPE_ENUM);
	CHECK_NUMBER(type->element_type, ELEMENT_I4);
	CHECK_NUMBER(type->value_size, 4);
	REQUIRE(type->module);
	CHECK_NUMBER(type->module->address, types->core);
	CHECK_TEXT(type->name, "System.DayOfWeek");
	const struct type *again;
	CHECK_OK(RESOLVE(types->core, NULL, &again, ELEMENT_VALUETYPE, CODED(CORE_DAY, CODED_DEF)));
	CHECK(again == type);
	/* Nested, through its enclosing type's forwarder. */
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_VALUETYPE,
			 CODED(APP_REFERENCE_ENTRY, CODED_REF)));
	CHECK_TEXT(type->name, "System.Collections.Generic.Dictionary`2+Entry");
	CHECK_NUMBER(type->kind, TYPE_STRUCT);
}

TEST(references_to_what_is_not_loaded)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	CHECK_OK(fake_types_open(types));
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_CLASS,
			 CODED(APP_REFERENCE_GONE_NESTED, CODED_REF)));
	CHECK_TEXT(type->name, "Gone.Type`1+Nested");
	CHECK_NUMBER(type->kind, TYPE_CLASS);
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_VALUETYPE,
			 CODED(APP_REFERENCE_GONE_NESTED, CODED_REF)));
	CHECK_NUMBER(type->kind, TYPE_STRUCT);
	CHECK_NUMBER(type->value_size, 0);
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_SZARRAY, ELEMENT_GENERICINST,
			 ELEMENT_CLASS, CODED(APP_REFERENCE_GONE, CODED_REF), 1, ELEMENT_I4));
	CHECK_TEXT(type->name, "Gone.Type<System.Int32>[]");
	CHECK_NUMBER(type->handle, 0);
	CHECK(type_is_reference(type));
}

TEST(constructed_types_are_found)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	uint64_t vector = fake_types_array(types, types->int32, 0);
	uint64_t matrix = fake_types_array(types, types->int32, 2);
	uint64_t cube = fake_types_array(types, types->int32, 3);
	uint64_t pointer = fake_types_pointer(types, ELEMENT_PTR, types->int32);
	uint64_t pair[] = { types->string, vector };
	uint64_t swapped[] = { vector, types->string };
	uint64_t dictionary =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
	uint64_t other =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, swapped, 2);
	uint64_t parts[] = { types->string, types->int32 };
	uint64_t function = fake_types_function(types, parts, 2);
	uint64_t all[] = { vector, matrix, cube, pointer, dictionary, other, function };
	fake_types_available(types, types->app, all, COUNT_OF(all));
	CHECK_OK(fake_types_open(types));
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_SZARRAY, ELEMENT_I4));
	CHECK_NUMBER(type->handle, vector);
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_ARRAY, ELEMENT_I4, 3, 0, 0));
	CHECK_NUMBER(type->handle, cube);
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_ARRAY, ELEMENT_I4, 4, 0, 0));
	CHECK_NUMBER(type->handle, 0);
	CHECK_TEXT(type->name, "System.Int32[,,,]");
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_PTR, ELEMENT_I4));
	CHECK_NUMBER(type->handle, pointer);
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_PTR, ELEMENT_PTR, ELEMENT_I4));
	CHECK_TEXT(type->name, "System.Int32**");
	CHECK_OK(RESOLVE(types->app, NULL, &type, ELEMENT_GENERICINST, ELEMENT_CLASS,
			 CODED(APP_REFERENCE_DICTIONARY, CODED_REF), 2, ELEMENT_STRING,
			 ELEMENT_SZARRAY, ELEMENT_I4));
	CHECK_NUMBER(type->handle, dictionary);
	CHECK_OK(
		RESOLVE(types->core, NULL, &type, ELEMENT_FNPTR, 0, 1, ELEMENT_STRING, ELEMENT_I4));
	CHECK_NUMBER(type->handle, function);
}

/* Dictionary<string, Gateway> is not loaded, Dictionary<__Canon, __Canon> is: its layout serves. */
TEST(canonical_form_for_the_layout)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type, *argument;
	uint64_t pair[] = { types->canon, types->canon };
	uint64_t shared = fake_types_instance(types, types->core, CORE_ENTRY,
					      SHARED | VALUE_TYPE_CATEGORY, pair, 2);
	fake_types_available(types, types->core, &shared, 1);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_GENERICINST, ELEMENT_VALUETYPE,
			 CODED(CORE_ENTRY, CODED_DEF), 2, ELEMENT_STRING, ELEMENT_OBJECT));
	CHECK_NUMBER(type->handle, 0);
	CHECK_NUMBER(type->canonical, shared);
	CHECK(type->ee_class && !type->is_shared);
	CHECK_NUMBER(type->value_size, 8);
	CHECK_TEXT(type->name,
		   "System.Collections.Generic.Dictionary<System.String, System.Object>+Entry");
	CHECK_OK(type_argument(&types->heap, type, 1, &argument));
	CHECK_NUMBER(argument->handle, types->object);
	CHECK_FAILS(type_argument(&types->heap, type, 2, &argument), ERROR_NOT_FOUND, NULL);
	/* A value type's code and layout are its own: no sharing there. */
	CHECK_OK(RESOLVE(types->core, NULL, &type, ELEMENT_GENERICINST, ELEMENT_VALUETYPE,
			 CODED(CORE_ENTRY, CODED_DEF), 2, ELEMENT_STRING, ELEMENT_I4));
	CHECK_NUMBER(type->canonical, 0);
	CHECK_NUMBER(type->value_size, 0);
	CHECK_NUMBER(type->kind, TYPE_STRUCT);
}

TEST(variables_take_the_context)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type, *context;
	uint64_t pair[] = { types->string, types->int32 };
	uint64_t dictionary =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(type_at(&types->heap, dictionary, &context));
	CHECK_OK(RESOLVE(types->core, context, &type, ELEMENT_VAR, 1));
	CHECK_NUMBER(type->handle, types->int32);
	CHECK_OK(RESOLVE(types->core, context, &type, ELEMENT_SZARRAY, ELEMENT_VAR, 0));
	CHECK_TEXT(type->name, "System.String[]");
	CHECK(!type->is_open);
	CHECK_OK(RESOLVE(types->core, context, &type, ELEMENT_SZARRAY, ELEMENT_VAR, 2));
	CHECK_TEXT(type->name, "!2[]");
	CHECK(type->is_open);
	CHECK_OK(RESOLVE(types->core, context, &type, ELEMENT_MVAR, 0));
	CHECK_TEXT(type->name, "!!0");
	CHECK_NUMBER(type->kind, TYPE_VARIABLE);
	/* What is built of an unloaded type takes that type's arguments. */
	const struct type *entry;
	CHECK_OK(RESOLVE(types->core, context, &entry, ELEMENT_GENERICINST, ELEMENT_VALUETYPE,
			 CODED(CORE_ENTRY, CODED_DEF), 2, ELEMENT_VAR, 0, ELEMENT_SZARRAY,
			 ELEMENT_VAR, 1));
	CHECK_OK(RESOLVE(types->core, entry, &type, ELEMENT_VAR, 1));
	CHECK_TEXT(type->name, "System.Int32[]");
}

TEST(tokens_that_are_none)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	struct clr_module *module;
	CHECK_OK(fake_types_open(types));
	CHECK_OK(clr_module_at(&types->heap, types->app, &module));
	CHECK_FAILS(type_of_token(&types->heap, module, token_make(TABLE_FIELD, 1), &type),
		    ERROR_BAD_DATA, "04000001");
	CHECK_FAILS(type_of_element(&types->heap, ELEMENT_SZARRAY, &type), ERROR_BAD_DATA, NULL);
	CHECK_FAILS(type_of_element(&types->heap, ELEMENT_R8, &type), ERROR_NOT_FOUND,
		    "System.Double");
}

/* What was not found, as the search was stopped, is not kept. */
TEST(a_stopped_search_leaves_no_type)
{
	static const volatile sig_atomic_t stop = SIGINT;
	static const struct task stopped = { .stop = &stop };
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	struct clr_module *module;
	CHECK_OK(fake_types_open(types));
	CHECK_OK(clr_module_at(&types->heap, types->core, &module));
	types->heap.task = &stopped;
	CHECK_FAILS(
		type_of_token(&types->heap, module, token_make(TABLE_TYPE_DEF, CORE_DAY), &type),
		ERROR_CANCELLED, NULL);
	types->heap.task = NULL;
	CHECK_OK(type_of_token(&types->heap, module, token_make(TABLE_TYPE_DEF, CORE_DAY), &type));
	CHECK_NUMBER(type->kind, TYPE_ENUM);
}

static const struct tap_case cases[] = {
	CASE(loaded_definitions),
	CASE(references_are_followed_by_name),
	CASE(references_to_what_is_not_loaded),
	CASE(constructed_types_are_found),
	CASE(canonical_form_for_the_layout),
	CASE(variables_take_the_context),
	CASE(tokens_that_are_none),
	CASE(a_stopped_search_leaves_no_type),
};
TAP_MAIN(cases)
