#include "base/list.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

enum { GENERIC = 0x10, SHARED = 0x20, OPEN = 0x20000010 };

struct scene {
	struct fake_types *types;
	uint64_t gateway, string_int, int_string, shared, open, entry, entries, vector;
};

static void build(struct scene *scene)
{
	struct fake_types *types = scene->types;
	uint64_t core = types->core, string = types->string, int32 = types->int32;
	uint64_t variable = fake_types_variable(types, core, 1);
	scene->gateway = fake_types_class(
		types, &(struct fake_class){ .module = types->app, .row = APP_GATEWAY });
	scene->string_int = fake_types_instance(types, core, CORE_DICTIONARY, GENERIC,
						(const uint64_t[]){ string, int32 }, 2);
	scene->int_string = fake_types_instance(types, core, CORE_DICTIONARY, GENERIC,
						(const uint64_t[]){ int32, string }, 2);
	scene->shared = fake_types_instance(types, core, CORE_DICTIONARY, SHARED,
					    (const uint64_t[]){ types->canon, int32 }, 2);
	scene->open = fake_types_instance(types, core, CORE_DICTIONARY, OPEN,
					  (const uint64_t[]){ variable, int32 }, 2);
	scene->entry = fake_types_instance(types, core, CORE_ENTRY, GENERIC,
					   (const uint64_t[]){ string, int32 }, 2);
	scene->entries = fake_types_array(types, scene->entry, 0);
	scene->vector = fake_types_array(types, int32, 0);
	const uint64_t all[] = { scene->string_int, scene->int_string, scene->shared, scene->open,
				 scene->entry,      scene->entries,    scene->vector };
	fake_types_available(types, core, all, COUNT_OF(all));
}

static void arena_cleanup(struct arena *arena)
{
	arena_deinit(arena);
}

/* The names that must be found, in any order: up to two handles; and how many are not loaded. */
static void check_find(struct scene *scene, const char *name, uint64_t first, uint64_t second,
		       size_t unloaded)
{
	CLEANUP(arena_cleanup) struct arena scratch;
	const struct type **found;
	size_t count, not_loaded, expected = (first != 0) + (second != 0);
	arena_init(&scratch);
	CHECK_OK(type_find(&scene->types->heap, name, &scratch, &found, &count, &not_loaded));
	for (size_t i = 0; i < count; i++)
		CHECK_OK(type_name_prepare(&scene->types->heap, found[i]));
	CHECK_NUMBER(count, expected);
	CHECK_NUMBER(not_loaded, unloaded);
	for (size_t i = 0; i < count; i++)
		CHECK(found[i]->handle == first || found[i]->handle == second);
}

static struct error *name_all(struct scene *scene)
{
	const uint64_t handles[] = { scene->string_int, scene->int_string, scene->shared,
				     scene->open,       scene->entry,      scene->entries,
				     scene->vector,     scene->gateway };
	for (size_t i = 0; i < COUNT_OF(handles); i++) {
		const struct type *type;
		TRY(type_at(&scene->types->heap, handles[i], &type));
		TRY(type_name_prepare(&scene->types->heap, type));
		if (type->kind != TYPE_ARRAY && !type_metadata_name(&scene->types->heap, type))
			return &error_no_memory;
	}
	return NULL;
}

TEST(by_full_and_by_partial_name)
{
	CLEANUP(fake_types_cleanup)
	struct fake_types *types = fake_types_new(FAKE_LAYOUT_10_0);
	struct scene scene = { .types = types };
	build(&scene);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(name_all(&scene));
	check_find(&scene, "Demo.Gateway", scene.gateway, 0, 0);
	check_find(&scene, "Gateway", scene.gateway, 0, 0);
	check_find(&scene, "ateway", 0, 0, 0);
	check_find(&scene, "gateway", 0, 0, 0);
	check_find(&scene, "System.String", types->string, 0, 0);
	check_find(&scene, "DayOfWeek", 0, 0, 1);
	check_find(&scene, "", 0, 0, 0);
}

TEST(generic_names)
{
	CLEANUP(fake_types_cleanup)
	struct fake_types *types = fake_types_new(FAKE_LAYOUT_10_0);
	struct scene scene = { .types = types };
	build(&scene);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(name_all(&scene));
	const char *full = "System.Collections.Generic.Dictionary<System.String, System.Int32>";
	check_find(&scene, full, scene.string_int, 0, 0);
	check_find(&scene, full + strlen("System.Collections.Generic."), scene.string_int, 0, 0);
	check_find(&scene, "Dictionary", scene.string_int, scene.int_string, 0);
	check_find(&scene, "System.Collections.Generic.Dictionary`2", scene.string_int,
		   scene.int_string, 0);
	check_find(&scene, "Dictionary<System.__Canon, System.Int32>", 0, 0, 0);
	check_find(&scene, "System.Collections.Generic.Dictionary<System.__Canon, System.Int32>",
		   scene.shared, 0, 0);
	check_find(&scene, "Dictionary+Entry", scene.entry, 0, 0);
	check_find(&scene, "Entry", scene.entry, 0, 0);
	check_find(&scene, "Outer", 0, 0, 1);
	check_find(&scene, "Demo.Outer+Inner", 0, 0, 1);
}

TEST(names_as_csharp_spells_them)
{
	CLEANUP(fake_types_cleanup)
	struct fake_types *types = fake_types_new(FAKE_LAYOUT_10_0);
	struct scene scene = { .types = types };
	build(&scene);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(name_all(&scene));
	check_find(&scene, "Dictionary<string, int>", scene.string_int, 0, 0);
	check_find(&scene, "Generic.Dictionary<string,Int32>", scene.string_int, 0, 0);
	check_find(&scene, "Dictionary<int, System.String>", scene.int_string, 0, 0);
	check_find(&scene, "Dictionary<string, int>+Entry", scene.entry, 0, 0);
	check_find(&scene, "Dictionary<string, int>+Entry[]", scene.entries, 0, 0);
	check_find(&scene, "Dictionary<string, long>", 0, 0, 0);
	check_find(&scene, "Dictionary<tring, int>", 0, 0, 0);
	check_find(&scene, "Dictionary<string>", 0, 0, 0);
	check_find(&scene, "Dictionary<string, int", 0, 0, 0);
}

TEST(arrays_by_name)
{
	CLEANUP(fake_types_cleanup)
	struct fake_types *types = fake_types_new(FAKE_LAYOUT_10_0);
	struct scene scene = { .types = types };
	build(&scene);
	CHECK_OK(fake_types_open(types));
	CHECK_OK(name_all(&scene));
	check_find(&scene, "System.Int32[]", scene.vector, 0, 0);
	check_find(&scene, "Int32[]", scene.vector, 0, 0);
	check_find(&scene, "Dictionary+Entry[]", scene.entries, 0, 0);
	check_find(&scene, "System.Int32[,]", 0, 0, 0);
}

static void check_state(struct fake_types *types, const char *name, enum class_state expected)
{
	const struct type *type;
	enum class_state state;
	CHECK_OK(core_class_find(&types->heap, name, &type, &state));
	CHECK(!type == (state != CLASS_LOADED));
	CHECK_NUMBER(state, expected);
}

/* What is loaded and cannot be read is never "not loaded". */
TEST(a_class_that_cannot_be_read_is_not_one_that_is_not_loaded)
{
	CLEANUP(fake_types_cleanup)
	struct fake_types *types = fake_types_new(FAKE_LAYOUT_10_0);
	CHECK_OK(fake_types_open(types));
	check_state(types, "System.DayOfWeek", CLASS_NOT_LOADED);
	check_state(types, "System.String", CLASS_LOADED);
	check_state(types, "String", CLASS_UNDEFINED);
	check_state(types, "Demo.Gateway", CLASS_UNDEFINED);
	fake_types_map(types, types->core, "TypeDefToMethodTableMap", CORE_DAY, 0x7777777000);
	check_state(types, "System.DayOfWeek", CLASS_UNREADABLE);
}

static const struct tap_case cases[] = {
	CASE(by_full_and_by_partial_name),
	CASE(generic_names),
	CASE(names_as_csharp_spells_them),
	CASE(arrays_by_name),
	CASE(a_class_that_cannot_be_read_is_not_one_that_is_not_loaded),
};
TAP_MAIN(cases)
