#include "heap/types/metadata.h"

#include "heap/types/metadata_tables.h"
#include "tests/unit/metadata_builder.h"
#include "tests/unit/tap.h"

#define ARENA(name)                                                                                \
	CLEANUP(arena_deinit) struct arena name;                                                   \
	arena_init(&name)
#define BUILDER(name)                                                                              \
	CLEANUP(metadata_builder_cleanup)                                                          \
	struct metadata_builder *name = metadata_builder_new()

static struct error *open_built(struct metadata_builder *builder, struct arena *arena,
				struct metadata **ret)
{
	size_t size = 0;
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	return metadata_open_bytes(bytes, size, arena, ret);
}

/* Everything that the shop has, read by every getter: used on all its forms. */
static void check_types(struct metadata *metadata)
{
	struct type_def type;
	CHECK_NUMBER(metadata_rows(metadata, TABLE_TYPE_DEF), SHOP_TYPES);
	REQUIRE(metadata_type_def(metadata, SHOP_GATEWAY, &type));
	CHECK_TEXT(type.name, "Gateway`1");
	CHECK_TEXT(type.name_space, "Shop");
	CHECK_NUMBER(type.extends, token_make(TABLE_TYPE_REF, 1));
	CHECK_NUMBER(type.field_count, 3);
	CHECK_NUMBER(metadata_field_row(metadata, type.first_field), SHOP_FIELD_NAME);
	CHECK_NUMBER(type.method_count, 4);
	CHECK_NUMBER(metadata_method_row(metadata, type.first_method), SHOP_METHOD_COUNT);
	CHECK_NUMBER(type.enclosing, 0);
	REQUIRE(metadata_type_def(metadata, SHOP_ENTRY, &type));
	CHECK_TEXT(type.name, "Entry");
	CHECK_TEXT(type.name_space, "");
	CHECK_NUMBER(type.enclosing, SHOP_GATEWAY);
	CHECK_NUMBER(type.field_count, 1);
	CHECK_NUMBER(type.first_method, 0);
	CHECK_NUMBER(type.method_count, 0);
	REQUIRE(metadata_type_def(metadata, SHOP_MODULE_TYPE, &type));
	CHECK_NUMBER(type.extends, 0);
	CHECK_NUMBER(type.field_count, 0);
	CHECK(!metadata_type_def(metadata, 0, &type));
	CHECK(!metadata_type_def(metadata, SHOP_TYPES + 1, &type));
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "Mode", 0), SHOP_MODE);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", SHOP_GATEWAY), SHOP_ENTRY);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", 0), 0);
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "Entry", SHOP_GATEWAY), 0);
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "mode", 0), 0);
}

static void check_members(const struct metadata *metadata)
{
	struct member member;
	REQUIRE(metadata_field(metadata, SHOP_FIELD_DATA, &member));
	CHECK_TEXT(member.name, "data");
	CHECK_NUMBER(member.flags, 0x0113);
	CHECK_NUMBER(member.signature_size, 3);
	CHECK_NUMBER(member.signature[1], 0x1d);
	CHECK(!metadata_field(metadata, 8, &member));
	REQUIRE(metadata_method(metadata, SHOP_METHOD_COUNT, &member));
	CHECK_TEXT(member.name, "get_Count");
	CHECK_NUMBER(member.rva, BUILT_DATA_RVA);
	CHECK_NUMBER(member.flags, 0x0886);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_VALUE), SHOP_MODE);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_ON), SHOP_MODE);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_NAME), SHOP_GATEWAY);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_KEY), SHOP_ENTRY);
	CHECK_NUMBER(metadata_field_owner(metadata, 0), 0);
	CHECK_NUMBER(metadata_field_owner(metadata, 8), 0);
	CHECK_NUMBER(metadata_method_owner(metadata, SHOP_METHOD_SET_ENTRIES), SHOP_GATEWAY);
	REQUIRE(metadata_member(metadata, token_make(TABLE_FIELD, SHOP_FIELD_KEY), &member));
	CHECK_TEXT(member.name, "key");
	CHECK_NUMBER(member.parent, token_make(TABLE_TYPE_DEF, SHOP_ENTRY));
	REQUIRE(metadata_member(metadata, token_make(TABLE_MEMBER_REF, 3), &member));
	CHECK_TEXT(member.name, "count");
	CHECK_NUMBER(member.parent, token_make(TABLE_TYPE_SPEC, 1));
	REQUIRE(metadata_member(metadata, token_make(TABLE_METHOD_SPEC, 1), &member));
	CHECK_TEXT(member.name, "get_Entries");
	CHECK_NUMBER(member.parent, token_make(TABLE_TYPE_DEF, SHOP_GATEWAY));
	CHECK(!metadata_member(metadata, token_make(TABLE_TYPE_DEF, 1), &member));
}

static void check_facts(const struct metadata *metadata, struct arena *arena)
{
	const uint8_t *bytes = NULL;
	const char *name = NULL;
	uint32_t size = 0, number = 0;
	uint8_t type = 0;
	REQUIRE(metadata_constant(metadata, token_make(TABLE_FIELD, SHOP_FIELD_ON), &type, &bytes,
				  &size));
	CHECK_NUMBER(type, 0x05);
	CHECK_NUMBER(size, 1);
	CHECK_NUMBER(bytes[0], 7);
	CHECK(!metadata_constant(metadata, token_make(TABLE_FIELD, SHOP_FIELD_NAME), &type, &bytes,
				 &size));
	CHECK(!metadata_constant(metadata, token_make(TABLE_TYPE_DEF, 2), &type, &bytes, &size));
	REQUIRE(metadata_field_rva(metadata, SHOP_FIELD_DATA, &number));
	CHECK_NUMBER(number, BUILT_DATA_RVA + 8);
	CHECK(!metadata_field_rva(metadata, SHOP_FIELD_NAME, &number));
	CHECK(metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, SHOP_MODE),
				     "FlagsAttribute"));
	CHECK(!metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, SHOP_MODE), "Flags"));
	CHECK(!metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, SHOP_GATEWAY),
				      "FlagsAttribute"));
	CHECK_NUMBER(metadata_generic_parameter_count(metadata,
						      token_make(TABLE_TYPE_DEF, SHOP_GATEWAY)),
		     1);
	CHECK_TEXT(metadata_generic_parameter_name(metadata, token_make(TABLE_TYPE_DEF, SHOP_ENTRY),
						   0),
		   "TKey");
	CHECK(!metadata_generic_parameter_name(metadata, token_make(TABLE_TYPE_DEF, SHOP_ENTRY),
					       1));
	CHECK_NUMBER(
		metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, SHOP_MODE)),
		0);
	REQUIRE(metadata_property(metadata, SHOP_GATEWAY, 2, &name, &number));
	CHECK_TEXT(name, "Entries");
	CHECK_NUMBER(number, SHOP_METHOD_ENTRIES);
	CHECK(!metadata_property(metadata, SHOP_GATEWAY, 3, &name, &number));
	CHECK(!metadata_property(metadata, SHOP_ENTRY, 0, &name, &number));
	REQUIRE(metadata_property_getter(metadata, SHOP_GATEWAY, "Name", &number));
	CHECK_NUMBER(number, SHOP_METHOD_NAME);
	CHECK(!metadata_property_getter(metadata, SHOP_GATEWAY, "name", &number));
	const char *version =
		metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute", arena);
	CHECK(!version || !strcmp(version, "10.0.142")); /* NULL: no memory */
	CHECK(!metadata_assembly_attribute(metadata, "FlagsAttribute", arena));
}

static void check_names(const struct metadata *metadata)
{
	struct assembly_name assembly;
	struct type_ref reference;
	struct exported_type exported;
	const uint8_t *bytes = NULL;
	uint32_t size = 0;
	uint8_t mvid[16];
	REQUIRE(metadata_mvid(metadata, mvid));
	CHECK_NUMBER(mvid[0], 0xde);
	CHECK_NUMBER(mvid[15], 14);
	CHECK_TEXT(metadata_module_name(metadata), "Shop.dll");
	CHECK_TEXT(metadata_module_ref(metadata, 1), "libshop");
	CHECK_TEXT(metadata_module_ref(metadata, 2), NULL);
	REQUIRE(metadata_assembly(metadata, &assembly));
	CHECK_TEXT(assembly.name, "Shop");
	CHECK_NUMBER(assembly.version[3], 4);
	REQUIRE(metadata_assembly_ref(metadata, 1, &assembly));
	CHECK_TEXT(assembly.name, "System.Runtime");
	CHECK_TEXT(assembly.culture, "");
	CHECK_NUMBER(assembly.version[0], 10);
	CHECK(!metadata_assembly_ref(metadata, 2, &assembly));
	REQUIRE(metadata_type_ref(metadata, 2, &reference));
	CHECK_TEXT(reference.name, "Enum");
	CHECK_TEXT(reference.name_space, "System");
	CHECK_NUMBER(reference.scope, token_make(TABLE_ASSEMBLY_REF, 1));
	CHECK_NUMBER(metadata_find_exported_type(metadata, "Shop", "Broker"), 1);
	CHECK_NUMBER(metadata_find_exported_type(metadata, "", "Broker"), 0);
	REQUIRE(metadata_exported_type(metadata, 1, &exported));
	CHECK_NUMBER(exported.implementation, token_make(TABLE_ASSEMBLY_REF, 1));
	REQUIRE(metadata_type_spec(metadata, 1, &bytes, &size));
	CHECK_NUMBER(size, 5);
	REQUIRE(metadata_stand_alone_signature(metadata, 1, &bytes, &size));
	CHECK_NUMBER(bytes[0], 0x07);
	REQUIRE(metadata_user_string(metadata, 1, &bytes, &size));
	CHECK_NUMBER(size, 0);
	REQUIRE(metadata_user_string(metadata, 3, &bytes, &size));
	CHECK_NUMBER(size, 8);
	CHECK(!memcmp(bytes, "p\0a\0y\0", 6));
	CHECK(!metadata_user_string(metadata, 1000, &bytes, &size));
	CHECK_TEXT(metadata_string(metadata, 0), "");
	CHECK_TEXT(metadata_string(metadata, 0xffffffff), NULL);
	CHECK(!metadata_blob(metadata, 0xffffffff, &bytes, &size));
}

static void check_shop(struct metadata *metadata, struct arena *arena)
{
	check_types(metadata);
	check_members(metadata);
	check_facts(metadata, arena);
	check_names(metadata);
}

TEST(every_getter)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	build_shop(builder);
	CHECK_OK(open_built(builder, &arena, &metadata));
	CHECK_NUMBER(metadata_missing_bytes(metadata), 0);
	check_shop(metadata, &arena);
}

TEST(wide_heap_indexes_and_extra_data)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	builder->heap_sizes = 0x47;
	build_shop(builder);
	CHECK_OK(open_built(builder, &arena, &metadata));
	check_shop(metadata, &arena);
}

TEST(unsorted_tables_are_searched_row_by_row)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	build_shop(builder);
	builder->sorted = 0;
	/* Out of order, so that a binary search would miss: constants of 3, 2 and nested of 9, 4.
	 */
	for (unsigned i = 0; i < BUILT_CELLS; i++) {
		uint32_t(*rows)[BUILT_CELLS] = builder->tables[TABLE_CONSTANT].rows;
		uint32_t kept = rows[0][i];
		rows[0][i] = rows[1][i];
		rows[1][i] = kept;
	}
	CHECK_OK(open_built(builder, &arena, &metadata));
	check_shop(metadata, &arena);
}

/* The pointer tables: the rows of Field, Method and Property stand in another order than the lists
 * name them in. */
TEST(uncompressed_metadata_goes_through_pointer_tables)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	const char *name = NULL;
	uint32_t getter = 0;
	build_shop(builder);
	builder->uncompressed = true;
	/* Gateway's fields 4, 5, 6 are listed as 6, 4, 7; Entry's 7 as 5. */
	static const uint32_t fields[] = { 1, 2, 3, 6, 4, 7, 5 };
	for (unsigned i = 0; i < 7; i++)
		BUILD_ROW(builder, TABLE_FIELD_POINTER, fields[i]);
	for (uint32_t i = 0; i < 4; i++)
		BUILD_ROW(builder, TABLE_METHOD_POINTER, 4 - i);
	for (uint32_t i = 0; i < 3; i++)
		BUILD_ROW(builder, TABLE_PROPERTY_POINTER, 3 - i);
	CHECK_OK(open_built(builder, &arena, &metadata));
	REQUIRE(metadata_type_def(metadata, SHOP_GATEWAY, &type));
	CHECK_NUMBER(type.field_count, 3);
	CHECK_NUMBER(metadata_field_row(metadata, type.first_field), 6);
	CHECK_NUMBER(metadata_field_row(metadata, type.first_field + 2), 7);
	CHECK_NUMBER(metadata_field_row(metadata, 8), 0);
	memset(builder->finished.bytes + builder->rows_offset + 10 + 4 * 6 + SHOP_TYPES * 14, 99,
	       2);
	CHECK_NUMBER(metadata_field_row(metadata, 1), 0); /* points at no row */
	CHECK_NUMBER(metadata_method_row(metadata, type.first_method), 4);
	CHECK_NUMBER(metadata_field_owner(metadata, 7), SHOP_GATEWAY);
	CHECK_NUMBER(metadata_field_owner(metadata, 5), SHOP_ENTRY);
	CHECK_NUMBER(metadata_method_owner(metadata, 1), SHOP_GATEWAY);
	REQUIRE(metadata_property(metadata, SHOP_GATEWAY, 0, &name, &getter));
	CHECK_TEXT(name, "Entries");
	REQUIRE(metadata_property_getter(metadata, SHOP_GATEWAY, "Count", &getter));
	CHECK_NUMBER(getter, SHOP_METHOD_COUNT);
}

TEST(edited_metadata_is_not_taken_for_sorted)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	build_shop(builder);
	builder->uncompressed = true;
	BUILD_ROW(builder, TABLE_EDIT_LOG, token_make(TABLE_TYPE_DEF, 2), 0);
	/* Appended by an edit: a class nested in Mode, whose row comes after one with a higher key.
	 */
	BUILD_ROW(builder, TABLE_NESTED_CLASS, SHOP_MODE, SHOP_GATEWAY);
	builder->tables[TABLE_TYPE_DEF].rows[SHOP_MODE - 1][0] = 0x102;
	CHECK_OK(open_built(builder, &arena, &metadata));
	REQUIRE(metadata_type_def(metadata, SHOP_MODE, &type));
	CHECK_NUMBER(type.enclosing, SHOP_GATEWAY);
}

TEST(minimal_delta_has_wide_indexes)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	builder->heap_sizes = 7;
	builder->minimal_delta = builder->uncompressed = true;
	build_shop(builder);
	CHECK_OK(open_built(builder, &arena, &metadata));
	check_shop(metadata, &arena);
}

/* Tables of portable PDBs come last, and move nothing. */
TEST(tables_beyond_ours_are_skipped)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	build_shop(builder);
	BUILD_ROW(builder, 0x30, 0, 0, 0, 0);
	CHECK_OK(open_built(builder, &arena, &metadata));
	check_shop(metadata, &arena);
}

/* II.24.2.6: an index is wide from 2^16 rows on, a coded one from 2^(16 - bits of its tag) on. */
static void check_width(unsigned table, uint32_t rows, uint32_t expected_extends)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	uint32_t name = build_string(builder, "Last");
	for (uint32_t i = 0; i < rows; i++)
		BUILD_ROW(builder, table, 0, table == TABLE_TYPE_REF || i + 1 == rows ? name : 0,
			  0);
	BUILD_ROW(builder, TABLE_TYPE_DEF, 1, name, 0, expected_extends,
		  table == TABLE_FIELD ? rows : 1, 1);
	CHECK_OK(open_built(builder, &arena, &metadata));
	REQUIRE(metadata_type_def(metadata, 1, &type));
	CHECK_TEXT(type.name, "Last");
	CHECK_NUMBER(type.extends, expected_extends);
	CHECK_NUMBER(type.field_count, table == TABLE_FIELD ? 1 : 0);
	if (table == TABLE_FIELD)
		CHECK_NUMBER(type.first_field, rows);
}

TEST(index_widths)
{
	check_width(TABLE_TYPE_REF, 0x3fff, token_make(TABLE_TYPE_REF, 0x3fff));
	check_width(TABLE_TYPE_REF, 0x4000, token_make(TABLE_TYPE_REF, 0x4000));
	check_width(TABLE_FIELD, 0xffff, 0);
	check_width(TABLE_FIELD, 0x10000, 0);
}

/* A list's positions count the rows of the pointer table, when it has more. */
TEST(index_widths_by_the_pointer_table)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	uint32_t name = build_string(builder, "Last");
	builder->uncompressed = true;
	BUILD_ROW(builder, TABLE_FIELD, 0, name, 0);
	for (uint32_t i = 0; i < 0x10000; i++)
		BUILD_ROW(builder, TABLE_FIELD_POINTER, 1);
	BUILD_ROW(builder, TABLE_TYPE_DEF, 1, name, 0, 0, 0x10000, 1);
	CHECK_OK(open_built(builder, &arena, &metadata));
	REQUIRE(metadata_type_def(metadata, 1, &type));
	CHECK_NUMBER(type.first_field, 0x10000);
	CHECK_NUMBER(metadata_field_row(metadata, type.first_field), 1);
}

/* Damage. */

static void check_damage(struct metadata_builder *builder, size_t offset, uint64_t number,
			 unsigned width, enum error_code code, const char *text)
{
	ARENA(arena);
	struct metadata *metadata = NULL;
	size_t size = 0;
	metadata_builder_finish(builder, &size);
	memcpy(builder->finished.bytes + offset, &number, width);
	CHECK_FAILS(metadata_open_bytes(builder->finished.bytes, size, &arena, &metadata), code,
		    text);
}

TEST(what_is_no_metadata_is_refused)
{
	BUILDER(builder);
	size_t size = 0;
	build_shop(builder);
	metadata_builder_finish(builder, &size);
	size_t tables = builder->tables_offset;
	check_damage(builder, 0, 0x424a5343, 4, ERROR_BAD_DATA, "BSJB");
	check_damage(builder, 12, 0xffffffff, 4, ERROR_BAD_DATA, "version");
	check_damage(builder, 12, 257, 4, ERROR_BAD_DATA, "version");
	check_damage(builder, 30, 17, 2, ERROR_BAD_DATA, "streams");
	check_damage(builder, 30, 0, 2, ERROR_BAD_DATA, "no stream of tables");
	check_damage(builder, 32, 0xfffffff0, 4, ERROR_BAD_DATA, "no stream of tables");
	check_damage(builder, 36, 20, 4, ERROR_BAD_DATA, "goes beyond its stream");
	check_damage(builder, tables + 24, 0x01000000, 4, ERROR_BAD_DATA, "a token can name");
	check_damage(builder, tables + 24, 0x00ffffff, 4, ERROR_BAD_DATA, "beyond its stream");
}

/* Cut anywhere: an error, or answers that are the right ones or none. */
TEST(truncated_anywhere)
{
	BUILDER(builder);
	size_t size = 0;
	build_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	for (size_t cut = 0; cut < size; cut++) {
		ARENA(arena);
		struct metadata *metadata = NULL;
		struct type_def type;
		uint8_t *part = memcpy(scenery_allocate(cut), bytes, cut);
		struct error *error = metadata_open_bytes(part, cut, &arena, &metadata);
		if (!error && metadata_type_def(metadata, SHOP_GATEWAY, &type)) {
			CHECK_TEXT(type.name, "Gateway`1");
			CHECK_NUMBER(type.field_count, 3);
		}
		error_free(error);
		scenery_free(part);
	}
}

TEST(lists_that_contradict_themselves_are_refused)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	build_shop(builder);
	builder->tables[TABLE_TYPE_DEF].rows[SHOP_GATEWAY - 1][4] = 9; /* beyond the fields */
	CHECK_OK(open_built(builder, &arena, &metadata));
	CHECK(!metadata_type_def(metadata, SHOP_MODE, &type));
	CHECK(!metadata_type_def(metadata, SHOP_GATEWAY, &type));
	CHECK(metadata_type_def(metadata, SHOP_ENTRY, &type));
}

TEST(unknown_tags_and_lost_nesting_are_no_answers)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	build_shop(builder);
	builder->tables[TABLE_NESTED_CLASS].count = 0;
	CHECK_OK(open_built(builder, &arena, &metadata));
	/* NestedPublic, and no row that says in what: better no name than "Entry". */
	CHECK(!metadata_type_def(metadata, SHOP_ENTRY, &type));
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "Mode", 0), SHOP_MODE);
	size_t extends = builder->rows_offset + 10 /* Module */ + 4 * 6 /* TypeRef */ +
			 14 * (SHOP_GATEWAY - 1) + 8;
	builder->finished.bytes[extends] |= 3;
	CHECK(!metadata_type_def(metadata, SHOP_GATEWAY, &type));
	builder->finished.bytes[extends] = 0;
	REQUIRE(metadata_type_def(metadata, SHOP_GATEWAY, &type));
	CHECK_NUMBER(type.extends, 0);
}

TEST(a_string_without_end_is_none)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	char *longest = scenery_allocate(LIMIT_METADATA_STRING_BYTES + 1);
	memset(longest, 'x', LIMIT_METADATA_STRING_BYTES);
	build_shop(builder);
	builder->heap_sizes = 1;
	uint32_t too_long = build_string(builder, longest);
	longest[LIMIT_METADATA_STRING_BYTES - 1] = 0;
	uint32_t fits = build_string(builder, longest);
	uint32_t last = build_string(builder, "abcdefgh");
	build_string(builder, "i");
	scenery_free(longest);
	CHECK_OK(open_built(builder, &arena, &metadata));
	CHECK_TEXT(metadata_string(metadata, too_long), NULL);
	const char *string = metadata_string(metadata, fits);
	REQUIRE(string);
	CHECK_NUMBER(strlen(string), LIMIT_METADATA_STRING_BYTES - 1);
	CHECK_TEXT(metadata_string(metadata, last + 2), "cdefgh");
	memset(builder->finished.bytes + builder->strings_offset + last, 'y',
	       builder->finished.size - builder->strings_offset - last);
	CHECK_TEXT(metadata_string(metadata, last), NULL);
}

TEST(a_guid_beyond_its_heap_is_none)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	uint8_t mvid[16];
	build_shop(builder);
	builder->tables[TABLE_MODULE].rows[0][2] = 2;
	CHECK_OK(open_built(builder, &arena, &metadata));
	CHECK(!metadata_mvid(metadata, mvid));
}

TEST(nested_types_of_one_name)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	uint32_t outer = build_string(builder, "Outer"), entry = build_string(builder, "Entry");
	for (uint32_t i = 0; i < 40; i++)
		BUILD_ROW(builder, TABLE_TYPE_DEF, 1, i ? outer : entry, 0, 0, 1, 1);
	for (uint32_t i = 0; i < 40; i++) {
		BUILD_ROW(builder, TABLE_TYPE_DEF, 2, entry, 0, 0, 1, 1);
		BUILD_ROW(builder, TABLE_NESTED_CLASS, 41 + i, 1 + i);
	}
	CHECK_OK(open_built(builder, &arena, &metadata));
	for (uint32_t i = 0; i < 40; i++)
		CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", 1 + i), 41 + i);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", 0), 1);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", 41), 0);
}

/* Too many for the arena's first chunk: where the index's allocation fails it is done without. */
TEST(finding_a_type_without_memory_for_the_index)
{
	enum { TYPES = 9000 };
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	uint32_t name = build_string(builder, "Type"), last = build_string(builder, "Last");
	for (uint32_t i = 1; i <= TYPES; i++)
		BUILD_ROW(builder, TABLE_TYPE_DEF, 1, i == TYPES ? last : name, 0, 0, 1, 1);
	CHECK_OK(open_built(builder, &arena, &metadata));
	CHECK_NUMBER(metadata_find_type(metadata, "", "Type", 0), 1);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Last", 0), TYPES);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Lost", 0), 0);
}

/* Names made to fall into one slot of the index of types, whose hash this repeats: were it another
 * one this would show less, and still nothing wrong. */
static uint32_t hash_of(const char *name)
{
	uint64_t hash = (0xcbf29ce484222325u ^ '.') * 0x100000001b3u;
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
	return (uint32_t)(hash ^ hash >> 32);
}

TEST(names_that_collide_are_found)
{
	enum { TYPES = 600, SLOTS = 2048 };
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	char name[16];
	for (uint32_t made = 0, i = 0; made < TYPES; i++) {
		snprintf(name, sizeof(name), "T%u", i);
		if ((hash_of(name) & (SLOTS - 1)) > 3)
			continue;
		BUILD_ROW(builder, TABLE_TYPE_DEF, 1, build_string(builder, name), 0, 0, 1, 1);
		made++;
	}
	BUILD_ROW(builder, TABLE_TYPE_DEF, 1, 1, 0, 0, 1, 1); /* the first name again */
	CHECK_OK(open_built(builder, &arena, &metadata));
	for (uint32_t row = 1; row <= TYPES; row += 7) {
		struct type_def type;
		REQUIRE(metadata_type_def(metadata, row, &type));
		CHECK_NUMBER(metadata_find_type(metadata, "", type.name, 0), row);
	}
	CHECK_NUMBER(metadata_find_type(metadata, "", "T", 0), 0);
}

/* In a target. */

enum { PAGE = 4096, AT = 0x7f0000010000 };

/* The shop with so many strings before its own that its heaps take several pages. */
static void build_large_shop(struct metadata_builder *builder)
{
	char filler[64];
	for (unsigned i = 0; i < 600; i++) {
		snprintf(filler, sizeof(filler), "an unused string, number %u", i);
		build_string(builder, filler);
	}
	build_shop(builder);
}

/* Every string is read as it is, or not at all; how many are not. */
static size_t strings_missed(const struct metadata *metadata,
			     const struct metadata_builder *builder)
{
	size_t missed = 0;
	const char *heap = (const char *)builder->strings.bytes;
	for (size_t at = 1; at < builder->strings.size; at += strlen(heap + at) + 1) {
		const char *string = metadata_string(metadata, (uint32_t)at);
		if (string)
			CHECK_TEXT(string, heap + at);
		missed += !string;
	}
	return missed;
}

static void check_in_target(bool lends, size_t split)
{
	ARENA(arena);
	BUILDER(builder);
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(ARCHITECTURE_X64);
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	size_t size = 0;
	build_large_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	fake->lends = lends;
	fake_target_bytes(fake, AT, bytes, split);
	if (split < size)
		fake_target_bytes(fake, AT + split, bytes + split, size - split);
	reader_init(&reader, &fake->base);
	CHECK_OK(metadata_open(&reader, AT, size, &arena, &metadata));
	CHECK_NUMBER(metadata_missing_bytes(metadata), 0);
	CHECK_NUMBER(strings_missed(metadata, builder), 0);
	check_shop(metadata, &arena);
	if (lends && split == size) /* borrowed: nothing but the numbers and the index of types */
		CHECK(arena.total_bytes < sizeof(*metadata) + 1024);
}

static size_t large_size(void)
{
	BUILDER(builder);
	size_t size = 0;
	build_large_shop(builder);
	metadata_builder_finish(builder, &size);
	return size;
}

TEST(borrowed_whole)
{
	check_in_target(true, large_size());
}

TEST(copied_whole)
{
	check_in_target(false, large_size());
}

TEST(lent_in_two_parts_that_adjoin)
{
	check_in_target(true, 5000); /* amid a string: must be copied to stand together */
}

static void put_with_hole(struct fake_target *fake, const uint8_t *bytes, size_t size, size_t hole,
			  size_t hole_end)
{
	fake_target_bytes(fake, AT, bytes, hole);
	if (hole_end < size)
		fake_target_bytes(fake, AT + hole_end, bytes + hole_end, size - hole_end);
}

/* Every page in turn is missing: what is read is right, or is not read. */
static void check_holes(bool lends)
{
	BUILDER(builder);
	size_t size = 0, types_found = 0, types_missed = 0;
	build_large_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	for (size_t hole = PAGE; hole < size; hole += PAGE) {
		ARENA(arena);
		CLEANUP(fake_target_cleanup)
		struct fake_target *fake = fake_target_new(ARCHITECTURE_X64);
		CLEANUP(reader_deinit) struct reader reader;
		struct metadata *metadata = NULL;
		struct type_def type;
		size_t hole_end = hole + PAGE < size ? hole + PAGE : size;
		fake->lends = lends;
		put_with_hole(fake, bytes, size, hole, hole_end);
		reader_init(&reader, &fake->base);
		CHECK_OK(metadata_open(&reader, AT, size, &arena, &metadata));
		CHECK_NUMBER(metadata_missing_bytes(metadata), hole_end - hole);
		bool found = metadata_type_def(metadata, SHOP_GATEWAY, &type);
		if (found)
			CHECK_TEXT(type.name, "Gateway`1");
		size_t missed = strings_missed(metadata, builder);
		CHECK(missed > 5 && missed < 200);
		types_found += found;
		types_missed += !found;
	}
	/* The filler's pages are not needed; the last one holds the shop's own names. */
	CHECK(types_found > 2);
	CHECK_NUMBER(types_missed, 1);
}

TEST(holes_in_a_dump)
{
	check_holes(true);
}

TEST(holes_in_a_live_process)
{
	check_holes(false);
}

TEST(headers_on_a_hole)
{
	ARENA(arena);
	BUILDER(builder);
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(ARCHITECTURE_X64);
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	size_t size = 0;
	build_shop(builder);
	const uint8_t *bytes = metadata_builder_finish(builder, &size);
	fake_target_bytes(fake, AT, bytes, 10);
	fake_target_bytes(fake, AT + 0x100000, bytes, builder->tables_offset + 20);
	fake_target_bytes(fake, AT + 0x200000, bytes, builder->tables_offset + 40);
	fake_target_bytes(fake, AT + 0x300000, bytes, 60);
	reader_init(&reader, &fake->base);
	CHECK_FAILS(metadata_open(&reader, AT - PAGE, size, &arena, &metadata), ERROR_FAULT,
		    "metadata at 0x7f000000f000");
	CHECK_FAILS(metadata_open(&reader, AT, size, &arena, &metadata), ERROR_FAULT, "root");
	CHECK_FAILS(metadata_open(&reader, AT + 0x100000, size, &arena, &metadata), ERROR_FAULT,
		    "header of the metadata's tables");
	CHECK_FAILS(metadata_open(&reader, AT + 0x200000, size, &arena, &metadata), ERROR_FAULT,
		    "row counts");
	CHECK_FAILS(metadata_open(&reader, AT + 0x300000, size, &arena, &metadata), ERROR_FAULT,
		    "stream headers");
	CHECK_FAILS(metadata_open(&reader, UINT64_MAX - 3, size, &arena, &metadata), ERROR_FAULT,
		    "root");
}

/* A size that is only claimed costs neither memory nor time. */
TEST(a_claimed_size_costs_nothing)
{
	ARENA(arena);
	BUILDER(builder);
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(ARCHITECTURE_X64);
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	size_t size = 0;
	build_shop(builder);
	metadata_builder_finish(builder, &size);
	uint32_t claimed = 0x1f000000;
	memcpy(builder->finished.bytes + 48, &claimed, sizeof(claimed)); /* #Strings */
	fake_target_bytes(fake, AT, builder->finished.bytes, size);
	reader_init(&reader, &fake->base);
	CHECK_OK(metadata_open(&reader, AT, UINT64_MAX, &arena, &metadata));
	check_shop(metadata, &arena);
	CHECK(metadata_missing_bytes(metadata) > 0x1e000000);
	CHECK(arena.total_bytes < 64 * 1024);
	CHECK(fake->reads < 10000);
}

static const struct tap_case cases[] = {
	CASE(every_getter),
	CASE(wide_heap_indexes_and_extra_data),
	CASE(unsorted_tables_are_searched_row_by_row),
	CASE(uncompressed_metadata_goes_through_pointer_tables),
	CASE(edited_metadata_is_not_taken_for_sorted),
	CASE(minimal_delta_has_wide_indexes),
	CASE(tables_beyond_ours_are_skipped),
	CASE_ONCE(index_widths),
	CASE_ONCE(index_widths_by_the_pointer_table),
	CASE(what_is_no_metadata_is_refused),
	CASE_ONCE(truncated_anywhere),
	CASE(lists_that_contradict_themselves_are_refused),
	CASE(unknown_tags_and_lost_nesting_are_no_answers),
	CASE(a_string_without_end_is_none),
	CASE(a_guid_beyond_its_heap_is_none),
	CASE(nested_types_of_one_name),
	CASE(finding_a_type_without_memory_for_the_index),
	CASE(names_that_collide_are_found),
	CASE(borrowed_whole),
	CASE(copied_whole),
	CASE(lent_in_two_parts_that_adjoin),
	CASE(holes_in_a_dump),
	CASE(holes_in_a_live_process),
	CASE(headers_on_a_hole),
	CASE(a_claimed_size_costs_nothing),
};
TAP_MAIN(cases)
