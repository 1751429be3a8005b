#include "base/list.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

#include <inttypes.h>

enum { GENERIC = 0x10, SHARED = 0x20, DEFINITION = 0x30, ENUM_CATEGORY = 0x60000 };

#define NEW_TYPES(layout)                                                                          \
	CLEANUP(fake_types_cleanup) struct fake_types *types = fake_types_new(layout)

/* Has a name, so none means that memory ran out. */
static struct error *metadata_name_prepare(struct heap *heap, const struct type *type)
{
	return type_metadata_name(heap, type) ? NULL : &error_no_memory;
}

static void check_names(struct fake_types *types, uint64_t handle, const char *name,
			const char *sos_name)
{
	const struct type *type;
	bool known;
	CHECK_OK(type_at(&types->heap, handle, &type));
	CHECK_OK(type_name_prepare(&types->heap, type));
	const char *given = type_name(&types->heap, type, &known);
	CHECK_TEXT(given, name);
	CHECK_TEXT(type_sos_name(&types->heap, type), sos_name);
	CHECK(known);
}

static void check_unknown(struct fake_types *types, uint64_t handle)
{
	const struct type *type;
	bool known = true;
	char expected[64];
	CHECK_OK(type_at(&types->heap, handle, &type));
	CHECK_OK(type_name_prepare(&types->heap, type));
	snprintf(expected, sizeof(expected), "<unknown type MT=%llx>", (unsigned long long)handle);
	CHECK_TEXT(type_name(&types->heap, type, &known), expected);
	CHECK(!known);
	CHECK(!type_metadata_name(&types->heap, type) || type->is_generic);
}

static void plain_names(unsigned layout)
{
	NEW_TYPES(layout);
	uint64_t odd = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_ODD });
	CHECK_OK(fake_types_open(types));
	check_names(types, types->string, "System.String", "System.String");
	check_names(types, odd, "Demo.Odd\\,\\[x\\]", "Demo.Odd\\,\\[x\\]");
	check_names(types, types->free_type, "Free", "Free");
	const struct type *type;
	CHECK_OK(type_at(&types->heap, odd, &type));
	CHECK_OK(metadata_name_prepare(&types->heap, type));
	CHECK_TEXT(type_metadata_name(&types->heap, type), "Demo.Odd,[x]");
}

TEST(plain_names_8)
{
	plain_names(FAKE_LAYOUT_8_0);
}

TEST(plain_names_10)
{
	plain_names(FAKE_LAYOUT_10_0);
}

TEST(arrays_and_pointers)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t vector = fake_types_array(types, types->int32, 0);
	uint64_t matrix = fake_types_array(types, types->int32, 2);
	uint64_t odd = fake_types_array(types, types->int32, 1);
	uint64_t jagged = fake_types_array(types, matrix, 0);
	uint64_t pointer = fake_types_pointer(types, ELEMENT_PTR, types->int32);
	uint64_t pointers = fake_types_array(types, pointer, 0);
	uint64_t byref = fake_types_pointer(types, ELEMENT_BYREF, vector);
	uint64_t parts[] = { types->string, types->int32, pointer };
	uint64_t function = fake_types_function(types, parts, 3);
	CHECK_OK(fake_types_open(types));
	check_names(types, vector, "System.Int32[]", "System.Int32[]");
	check_names(types, matrix, "System.Int32[,]", "System.Int32[,]");
	check_names(types, odd, "System.Int32[*]", "System.Int32[*]");
	check_names(types, jagged, "System.Int32[,][]", "System.Int32[,][]");
	check_names(types, pointers, "System.Int32*[]", "System.Int32*[]");
	check_names(types, byref, "System.Int32[]&", "System.Int32[]&");
	check_names(types, function, "System.String(System.Int32, System.Int32*)",
		    "System.String(System.Int32, System.Int32*)");
}

static void generic_names(unsigned layout)
{
	NEW_TYPES(layout);
	uint64_t pair[] = { types->string, types->int32 };
	uint64_t dictionary =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
	uint64_t entry = fake_types_instance(types, types->core, CORE_ENTRY, GENERIC, pair, 2);
	uint64_t entries = fake_types_array(types, entry, 0);
	uint64_t nested[] = { dictionary, entries };
	uint64_t inner = fake_types_instance(types, types->app, APP_INNER, GENERIC, nested, 2);
	uint64_t closure =
		fake_types_instance(types, types->app, APP_CLOSURE, GENERIC, &types->int32, 1);
	CHECK_OK(fake_types_open(types));
	check_names(types, entries,
		    "System.Collections.Generic.Dictionary<System.String, System.Int32>+Entry[]",
		    "System.Collections.Generic.Dictionary`2+Entry[[System.String, "
		    "System.Private.CoreLib],[System.Int32, System.Private.CoreLib]][]");
	check_names(types, inner,
		    "Demo.Outer<System.Collections.Generic.Dictionary<System.String, System.Int32>>"
		    "+Inner<System.Collections.Generic.Dictionary<System.String, System.Int32>"
		    "+Entry[]>",
		    "Demo.Outer`1+Inner`1[[System.Collections.Generic.Dictionary`2[[System.String, "
		    "System.Private.CoreLib],[System.Int32, System.Private.CoreLib]], "
		    "System.Private.CoreLib],[System.Collections.Generic.Dictionary`2+Entry[["
		    "System.String, System.Private.CoreLib],[System.Int32, "
		    "System.Private.CoreLib]][], System.Private.CoreLib]]");
	/* No `1 to take the argument: as the runtime spells it. */
	check_names(types, closure, "Demo.Closure[[System.Int32, System.Private.CoreLib]]",
		    "Demo.Closure[[System.Int32, System.Private.CoreLib]]");
}

TEST(generic_names_8)
{
	generic_names(FAKE_LAYOUT_8_0);
}

TEST(generic_names_10)
{
	generic_names(FAKE_LAYOUT_10_0);
}

TEST(definitions_and_open_types)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t variable = fake_types_variable(types, types->app, 1);
	uint64_t definition =
		fake_types_instance(types, types->app, APP_OUTER, DEFINITION, &variable, 1);
	uint64_t pair[] = { variable, types->int32 };
	uint64_t open = fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
	CHECK_OK(fake_types_open(types));
	check_names(types, definition, "Demo.Outer<T>", "Demo.Outer`1");
	check_names(types, open, "System.Collections.Generic.Dictionary<T, System.Int32>",
		    "System.Collections.Generic.Dictionary`2[T,[System.Int32, "
		    "System.Private.CoreLib]]");
}

/* A name is refused rather than guessed. */
TEST(what_contradicts_itself_has_no_name)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t gateway = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	/* Claims Gateway's row, whose MethodTable is another. */
	uint64_t liar = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	fake_types_map(types, types->app, "TypeDefToMethodTableMap", APP_GATEWAY, gateway);
	uint64_t no_row = fake_types_class(types, &(struct fake_class){ .module = types->app });
	uint64_t beyond =
		fake_types_class(types, &(struct fake_class){ .module = types->app, .row = 30 });
	uint64_t three[] = { types->string, types->int32, types->int32 };
	uint64_t too_many =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, three, 3);
	uint64_t bad[] = { types->string, 0x12340 };
	uint64_t bad_argument =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, bad, 2);
	uint64_t bad_element = fake_types_array(types, 0x12340, 0);
	uint64_t nowhere = fake_types_array(types, 0x7fff0000, 0);
	uint64_t rank_40 = fake_types_array(types, types->int32, 40);
	CHECK_OK(fake_types_open(types));
	check_names(types, gateway, "Demo.Gateway", "Demo.Gateway");
	check_unknown(types, liar);
	check_unknown(types, no_row);
	check_unknown(types, beyond);
	check_unknown(types, too_many);
	check_unknown(types, bad_argument);
	check_unknown(types, bad_element);
	check_unknown(types, nowhere);
	check_unknown(types, rank_40);
}

/* Types made of themselves, and deeper than any real one: bounded, and without a name. */
TEST(cycles_end)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t pair[] = { types->string, types->string };
	uint64_t self = fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
	uint64_t info = load_u64(fake_target_at(
		types->target, fake_types_field(types, self, "MethodTable", "PerInstInfo"), 8));
	uint64_t arguments = load_u64(fake_target_at(types->target, info + 8, 8));
	fake_put(types->target, arguments, self, 8);
	uint64_t ring = fake_types_array(types, types->int32, 0);
	fake_types_set(types, ring, "MethodTable", "PerInstInfo", ring, 8);
	uint64_t around[] = { types->string, self };
	uint64_t outer =
		fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, around, 2);
	CHECK_OK(fake_types_open(types));
	check_unknown(types, self);
	check_unknown(types, ring);
	check_unknown(types, outer);
}

/* Deeper than any of the program's own stacks. */
TEST(deep_types_have_names)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	enum { DEPTH = LIMIT_NESTING + 10 };
	char brackets[2 * DEPTH + 16] = "System.Int32";
	uint64_t array = types->int32, instance = types->int32;
	for (int i = 0; i < DEPTH; i++) {
		array = fake_types_array(types, array, 0);
		memcpy(brackets + strlen(brackets), "[]", 3);
		instance =
			fake_types_instance(types, types->app, APP_CLOSURE, GENERIC, &instance, 1);
	}
	CHECK_OK(fake_types_open(types));
	check_names(types, array, brackets, brackets);
	const struct type *type;
	CHECK_OK(type_at(&types->heap, instance, &type));
	CHECK_OK(type_name_prepare(&types->heap, type));
	CHECK(!strncmp(type->name, "Demo.Closure[[Demo.Closure[[", 28));
	CHECK(type->name == type->sos_name && !strstr(type->name, "cut"));
}

/* Cut between two characters, and told apart by their handles; what is made of one is known too. */
TEST(endless_names_are_cut)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	enum { LEVELS = 9 };
	uint64_t pair[] = { types->string, types->int32 }, wide = 0, other;
	for (int i = 0; i < LEVELS; i++) {
		wide = fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
		pair[0] = pair[1] = wide;
	}
	other = fake_types_instance(types, types->core, CORE_DICTIONARY, GENERIC, pair, 2);
	uint64_t vector = fake_types_array(types, wide, 0);
	CHECK_OK(fake_types_open(types));
	const uint64_t handles[] = { wide, other, vector };
	for (size_t i = 0; i < COUNT_OF(handles); i++) {
		const struct type *type;
		char end[64];
		bool known;
		snprintf(end, sizeof(end), "…<name cut MT=%" PRIx64 ">", handles[i]);
		CHECK_OK(type_at(&types->heap, handles[i], &type));
		CHECK_OK(type_name_prepare(&types->heap, type));
		const char *name = type_name(&types->heap, type, &known);
		CHECK(known && strstr(name, end) &&
		      strlen(name) == LIMIT_TYPE_NAME_BYTES + strlen(end));
		CHECK(strstr(type_sos_name(&types->heap, type), end));
	}
	CHECK(!types->heap.met_unnamed);
}

/* What a module's DynamicMethods belong to: no row, no parent, no objects. With any of these it is
 * damaged. */
TEST(the_dynamic_class_has_a_name)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	struct fake_class wanted = { .module = types->app, .base_size = 16 };
	uint64_t dynamic = fake_types_class(types, &wanted);
	wanted.parent = types->object;
	uint64_t derived = fake_types_class(types, &wanted);
	wanted = (struct fake_class){ .module = types->app, .base_size = 24 };
	uint64_t with_objects = fake_types_class(types, &wanted);
	CHECK_OK(fake_types_open(types));
	check_names(types, dynamic, "(dynamicClass)", "(dynamicClass)");
	check_unknown(types, derived);
	check_unknown(types, with_objects);
}

static void check_kind(struct fake_types *types, uint64_t handle, enum type_kind kind,
		       uint8_t element_type, uint32_t value_size)
{
	const struct type *type;
	CHECK_OK(type_at(&types->heap, handle, &type));
	CHECK_NUMBER(type->kind, kind);
	CHECK_NUMBER(type->element_type, element_type);
	CHECK_NUMBER(type->value_size, value_size);
	CHECK(type_by_index(&types->heap, type->index) == type);
}

static void kinds_and_sizes(unsigned layout)
{
	NEW_TYPES(layout);
	uint64_t day = fake_types_class(types, &(struct fake_class){ .module = types->core,
								     .row = CORE_DAY,
								     .parent = types->enum_type,
								     .flags = ENUM_CATEGORY,
								     .element_type = ELEMENT_I4,
								     .padding = 20 });
	/* A struct of CoreLib that the runtime treats as a number is no enum. */
	uint64_t handle =
		fake_types_class(types, &(struct fake_class){ .module = types->core,
							      .row = CORE_VOID,
							      .parent = types->value_type,
							      .flags = ENUM_CATEGORY,
							      .element_type = ELEMENT_I });
	uint64_t pointer = fake_types_pointer(types, ELEMENT_PTR, types->int32);
	CHECK_OK(fake_types_open(types));
	check_kind(types, types->int32, TYPE_PRIMITIVE, ELEMENT_I4, 4);
	check_kind(types, types->string, TYPE_STRING, ELEMENT_STRING, 8);
	check_kind(types, types->object, TYPE_CLASS, ELEMENT_CLASS, 8);
	check_kind(types, day, TYPE_ENUM, ELEMENT_I4, 4);
	check_kind(types, handle, TYPE_STRUCT, ELEMENT_VALUETYPE, 8);
	check_kind(types, pointer, TYPE_POINTER, ELEMENT_PTR, 8);
	check_kind(types, types->free_type, TYPE_FREE, ELEMENT_CLASS, 8);
	const struct type *type;
	CHECK_OK(type_at(&types->heap, types->object, &type));
	CHECK_OK(metadata_name_prepare(&types->heap, type));
	CHECK_OK(type_at(&types->heap, types->value_type, &type));
	CHECK_OK(metadata_name_prepare(&types->heap, type));
	CHECK_OK(type_at(&types->heap, types->enum_type, &type));
	CHECK_OK(metadata_name_prepare(&types->heap, type));
	CHECK_OK(type_at(&types->heap, day, &type));
	CHECK_OK(metadata_name_prepare(&types->heap, type));
	CHECK(type_is(&types->heap, type, "System.Enum"));
	CHECK(type_is(&types->heap, type, "System.Object"));
	CHECK(!type_is(&types->heap, type, "System.String"));
	CHECK(!type_is_reference(type));
}

TEST(kinds_and_sizes_8)
{
	kinds_and_sizes(FAKE_LAYOUT_8_0);
}

TEST(kinds_and_sizes_10)
{
	kinds_and_sizes(FAKE_LAYOUT_10_0);
}

TEST(random_pointers_are_refused)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	const struct type *type;
	uint64_t stranger = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	fake_types_set(types, stranger, "MethodTable", "EEClassOrCanonMT", types->object, 8);
	uint64_t homeless = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	fake_types_set(types, homeless, "MethodTable", "Module", types->object, 8);
	uint64_t no_desc = fake_types_allocate(types, 0x40) | TYPE_HANDLE_TYPE_DESC;
	CHECK_OK(fake_types_open(types));
	CHECK_FAILS(type_at(&types->heap, stranger, &type), ERROR_BAD_DATA, "does not lead back");
	CHECK_FAILS(type_at(&types->heap, homeless, &type), ERROR_BAD_DATA, "no module");
	CHECK_FAILS(type_at(&types->heap, types->object + 8, &type), ERROR_BAD_DATA, NULL);
	CHECK_FAILS(type_at(&types->heap, 0x7fff0000, &type), ERROR_FAULT, "0x7fff0000");
	CHECK_FAILS(type_at(&types->heap, 0, &type), ERROR_BAD_DATA, NULL);
	CHECK_FAILS(type_at(&types->heap, no_desc, &type), ERROR_BAD_DATA, "TypeDesc");
}

TEST(the_walk_knows_types_and_refuses_others)
{
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t vector = fake_types_array(types, types->int32, 0);
	CHECK_OK(fake_types_open(types));
	struct heap *heap = &types->heap;
	const struct type_walk_entry *entry;
	CHECK_OK(type_walk_find(heap, &heap->reader, vector, &entry));
	REQUIRE(entry);
	CHECK_NUMBER(entry->base_size, 24);
	CHECK_NUMBER(entry->component_size, 8);
	CHECK(entry->valid && !entry->is_free);
	const struct type *type = type_by_index(heap, entry->index);
	CHECK_OK(type_name_prepare(heap, type));
	CHECK_TEXT(type_name(heap, type, NULL), "System.Int32[]");
	CHECK_OK(type_walk_find(heap, &heap->reader, types->free_type, &entry));
	REQUIRE(entry);
	CHECK(entry->is_free);
	const uint64_t none[] = { 0, vector + 4, vector + 8, 0x7fff0000 };
	for (size_t i = 0; i < 2 * COUNT_OF(none); i++) {
		CHECK_OK(type_walk_find(heap, &heap->reader, none[i % COUNT_OF(none)], &entry));
		CHECK(!entry);
	}
}

/* .NET 8: an instantiation over a collectible assembly's types is allocated in that assembly's
 * module; the definition's module is the canonical MethodTable's, or in one of its slots. */
TEST(modules_of_instantiations_8)
{
	NEW_TYPES(FAKE_LAYOUT_8_0);
	uint64_t pair[] = { types->canon, types->int32 }, exact[] = { types->string, types->int32 };
	uint64_t shared = fake_types_instance(types, types->core, CORE_DICTIONARY, SHARED, pair, 2);
	uint64_t instance =
		fake_types_instance(types, types->app, CORE_DICTIONARY, GENERIC, exact, 2);
	fake_types_set(types, instance, "MethodTable", "EEClassOrCanonMT", shared | 1, 8);
	uint64_t moved = fake_types_instance(types, types->app, CORE_DICTIONARY, GENERIC, exact, 2);
	enum { PER_INST_INFO = 1, INTERFACES = 2, OVERRIDE = 0x10, VIRTUALS = 9 };
	fake_types_set(types, moved, "MethodTable", "MultipurposeFlags",
		       PER_INST_INFO | INTERFACES | OVERRIDE, 2);
	fake_types_set(types, moved, "MethodTable", "NumVirtuals", VIRTUALS, 2);
	/* After the structure's 64 bytes and two chunks of virtual methods. */
	fake_put(types->target, moved + 64 + 2 * 8, types->core, 8);
	CHECK_OK(fake_types_open(types));
	const char *name = "System.Collections.Generic.Dictionary<System.String, System.Int32>";
	const char *sos_name = "System.Collections.Generic.Dictionary`2[[System.String, "
			       "System.Private.CoreLib],[System.Int32, System.Private.CoreLib]]";
	check_names(types, instance, name, sos_name);
	check_names(types, moved, name, sos_name);
}

/* A continuation's MethodTable of 64 bytes after the base's fields, the GCDesc in front of it: the
 * base's own reference, and what is in `runs`, {offset, bytes} from the object's address. */
static uint64_t put_continuation(struct fake_types *types, uint64_t base, const uint64_t (*runs)[2])
{
	enum { BASE_SIZE = 8 + 32 + 64, CONTAINS_POINTERS = 0x1000000, ROOM = 0x80, WORD = 8 };
	const uint64_t series[][2] = { { 8, WORD },
				       { runs[0][0], runs[0][1] },
				       { runs[1][0], runs[1][1] } };
	uint64_t table = fake_types_allocate(types, 2 * ROOM) + ROOM;
	uint64_t class = fake_types_allocate(types, ROOM);
	fake_types_set(types, table, "MethodTable", "MTFlags", CONTAINS_POINTERS, 4);
	fake_types_set(types, table, "MethodTable", "BaseSize", BASE_SIZE, 4);
	fake_types_set(types, table, "MethodTable", "Module", types->core, WORD);
	fake_types_set(types, table, "MethodTable", "ParentMethodTable", base, WORD);
	fake_types_set(types, table, "MethodTable", "EEClassOrCanonMT", class, WORD);
	fake_put(types->target, table - WORD, 3, WORD);
	for (uint64_t i = 0; i < 3; i++) {
		uint64_t place = table - WORD - (i + 1) * 2 * WORD;
		fake_put(types->target, place, series[i][1] - BASE_SIZE, WORD);
		fake_put(types->target, place + WORD, series[i][0], WORD);
	}
	fake_put(types->target, types->continuation, types->object, WORD);
	fake_put(types->target, types->continuation + WORD, class, WORD);
	return table;
}

TEST(continuations_have_the_names_of_their_layout)
{
	static const uint64_t runs[][2] = { { 32 + 24, 32 }, { 32, 16 } };
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t table = put_continuation(types, types->object, runs);
	CHECK_OK(fake_types_open(types));
	check_names(types, table, "Continuation_64_0_2_24_4", "Continuation_64_0_2_24_4");
	const struct type *type;
	CHECK_OK(type_at(&types->heap, table, &type));
	CHECK(type->is_continuation);
}

TEST(a_continuation_whose_layout_does_not_fit_has_no_name)
{
	static const uint64_t runs[][2] = { { 32 + 24, 64 }, { 32, 16 } };
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t table = put_continuation(types, types->object, runs);
	CHECK_OK(fake_types_open(types));
	check_unknown(types, table);
}

TEST(a_shared_class_of_another_base_is_no_continuation)
{
	static const uint64_t runs[][2] = { { 32 + 24, 32 }, { 32, 16 } };
	NEW_TYPES(FAKE_LAYOUT_10_0);
	uint64_t table = put_continuation(types, types->value_type, runs);
	const struct type *type;
	CHECK_OK(fake_types_open(types));
	CHECK_FAILS(type_at(&types->heap, table, &type), ERROR_BAD_DATA,
		    "its class does not lead back");
}

static const struct tap_case cases[] = {
	CASE(plain_names_8),
	CASE(plain_names_10),
	CASE(arrays_and_pointers),
	CASE(generic_names_8),
	CASE(generic_names_10),
	CASE(definitions_and_open_types),
	CASE(what_contradicts_itself_has_no_name),
	CASE_ONCE(cycles_end),
	CASE_ONCE(deep_types_have_names),
	CASE_ONCE(endless_names_are_cut),
	CASE(the_dynamic_class_has_a_name),
	CASE(kinds_and_sizes_8),
	CASE(kinds_and_sizes_10),
	CASE(random_pointers_are_refused),
	CASE(the_walk_knows_types_and_refuses_others),
	CASE(modules_of_instantiations_8),
	CASE(continuations_have_the_names_of_their_layout),
	CASE(a_continuation_whose_layout_does_not_fit_has_no_name),
	CASE(a_shared_class_of_another_base_is_no_continuation),
};
TAP_MAIN(cases)
