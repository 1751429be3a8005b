#include "heap/metadata/metadata.h"

#include "heap/metadata/metadata_tables.h"
#include "tests/unit/metadata_checks.h"
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

/* The pointer tables: the rows of Field, Method and Property are in another order than the lists
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
	CHECK_NUMBER(metadata_field_owner(metadata, 7), SHOP_GATEWAY);
	CHECK_NUMBER(metadata_field_owner(metadata, 5), SHOP_ENTRY);
	CHECK_NUMBER(metadata_method_owner(metadata, 1), SHOP_GATEWAY);
	REQUIRE(metadata_property(metadata, SHOP_GATEWAY, 0, &name, &getter));
	CHECK_TEXT(name, "Entries");
	REQUIRE(metadata_property(metadata, SHOP_GATEWAY, 2, &name, &getter));
	CHECK_TEXT(name, "Count");
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

/* The index and the rows say the same, also where the module contradicts itself. */
TEST(flags_that_contradict_the_nesting)
{
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	uint32_t lost = build_string(builder, "Lost"), top = build_string(builder, "Top");
	BUILD_ROW(builder, TABLE_TYPE_DEF, 2, lost, 0, 0, 1, 1); /* nested in nothing */
	BUILD_ROW(builder, TABLE_TYPE_DEF, 1, top, 0, 0, 1, 1);  /* not nested, with a row */
	BUILD_ROW(builder, TABLE_TYPE_DEF, 1, lost, 0, 0, 1, 1);
	BUILD_ROW(builder, TABLE_NESTED_CLASS, 2, 3);
	CHECK_OK(open_built(builder, &arena, &metadata));
	CHECK_NUMBER(metadata_find_type(metadata, "", "Lost", 0), 3);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Top", 0), 2);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Top", 3), 0);
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

static const volatile sig_atomic_t stop = SIGINT;
static const struct task stopped = { .stop = &stop };

/* Rows enough for a search to look at its task; the one that is wanted is the last. */
TEST(a_search_ends_with_its_task)
{
	enum { ROWS = 40000 };
	ARENA(arena);
	BUILDER(builder);
	struct metadata *metadata = NULL;
	struct type_def type;
	uint32_t name = build_string(builder, "T"), other = build_string(builder, "Other");
	for (uint32_t row = 1; row < ROWS; row++) {
		BUILD_ROW(builder, TABLE_TYPE_DEF, 1, other, 0, 0, 1, 1);
		BUILD_ROW(builder, TABLE_NESTED_CLASS, row, 1);
		BUILD_ROW(builder, TABLE_GENERIC_PARAM, 0, 0, token_make(TABLE_TYPE_DEF, row),
			  name);
	}
	BUILD_ROW(builder, TABLE_TYPE_DEF, 2, name, 0, 0, 1, 1);
	BUILD_ROW(builder, TABLE_NESTED_CLASS, ROWS, 1);
	BUILD_ROW(builder, TABLE_GENERIC_PARAM, 0, 0, token_make(TABLE_TYPE_DEF, ROWS), name);
	BUILD_ROW(builder, TABLE_CUSTOM_ATTRIBUTE, token_make(TABLE_TYPE_DEF, 1),
		  token_make(TABLE_METHOD_DEF, 1), 0);
	BUILD_ROW(builder, TABLE_METHOD_DEF, 0, 0, 0, other, 0, 1);
	builder->sorted = 0;
	CHECK_OK(open_built(builder, &arena, &metadata));
	metadata_set_task(metadata, &stopped);
	CHECK(!metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, 1), "T"));
	CHECK(!metadata_type_def(metadata, ROWS, &type));
	CHECK_NUMBER(metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, ROWS)),
		     0);
	CHECK_NUMBER(metadata_find_type(metadata, "", "T", 1), 0);
	size_t bytes = arena.total_bytes; /* of the index, too, that is filled when it goes on */
	CHECK_NUMBER(metadata_find_type(metadata, "", "T", 1), 0);
	CHECK_TEXT(metadata_type_def_name(metadata, ROWS), "T");
	metadata_set_task(metadata, NULL); /* what was not found then is found now */
	CHECK(metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, 1), "T"));
	CHECK(metadata_type_def(metadata, ROWS, &type));
	CHECK_NUMBER(metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, ROWS)),
		     1);
	CHECK_NUMBER(metadata_find_type(metadata, "", "T", 1), ROWS);
	CHECK_NUMBER(arena.total_bytes, bytes);
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
	CASE(flags_that_contradict_the_nesting),
	CASE(finding_a_type_without_memory_for_the_index),
	CASE(names_that_collide_are_found),
	CASE_ONCE(a_search_ends_with_its_task),
};
TAP_MAIN(cases)
