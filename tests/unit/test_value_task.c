/* Methods whose boxes come from a pool, what goes on after a source of ValueTasks, and where a
 * state machine waits: on classes whose fields are set by hand. Those of the base library and of F#
 * are read in tests/live, from real processes. */
#include "heap/tasks/managed_task.h"
#include "heap/tasks/value_task_source.h"
#include "heap/types/type_system.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

enum { POINTER = 8, STRUCT_PADDING = 16, CORE_BYTES = 24, MACHINE_BYTES = 24 };
/* Offsets in a box: its core, then its machine. */
enum { CALLBACK = 0, STATE = 8, COMPLETED = 16, MACHINE = 24, POINT = 24, BUILDER = 32, INFO = 40 };

struct scene {
	struct fake_types *types;
	uint64_t boolean, core, machine, box_table, box;
	const char *point; /* the name of the machine's number */
	bool has_completed, is_open;
};

static void scene_cleanup(struct scene *scene)
{
	fake_types_cleanup(&scene->types);
}

static uint64_t class_new(struct scene *scene, uint32_t row, uint32_t flags, uint8_t element,
			  uint32_t bytes)
{
	return fake_types_class(scene->types,
				&(struct fake_class){ .module = scene->types->core,
						      .row = row,
						      .parent = scene->types->value_type,
						      .flags = flags,
						      .element_type = element,
						      .base_size = STRUCT_PADDING + bytes,
						      .padding = STRUCT_PADDING });
}

static uint64_t object_new(struct scene *scene, uint64_t table)
{
	uint64_t object = fake_types_allocate(scene->types, 0x40);
	fake_put(scene->types->target, object, table, POINTER);
	return object;
}

static struct scene scene_new(void)
{
	struct scene scene = { .types = fake_types_new(FAKE_LAYOUT_10_0),
			       .point = "<>1__state",
			       .has_completed = true };
	scene.boolean = class_new(&scene, CORE_VOID, METHOD_TABLE_CATEGORY_TRUE_PRIMITIVE,
				  ELEMENT_BOOLEAN, 1);
	scene.core = class_new(&scene, CORE_ENTRY, METHOD_TABLE_GROUP_VALUE_TYPE, ELEMENT_VALUETYPE,
			       CORE_BYTES);
	scene.machine = class_new(&scene, CORE_DAY, METHOD_TABLE_GROUP_VALUE_TYPE,
				  ELEMENT_VALUETYPE, MACHINE_BYTES);
	scene.box_table = fake_types_class(scene.types,
					   &(struct fake_class){ .module = scene.types->core,
								 .row = CORE_DICTIONARY,
								 .parent = scene.types->object });
	scene.box = object_new(&scene, scene.box_table);
	return scene;
}

static void set(struct scene *scene, uint32_t offset, uint64_t number, unsigned width)
{
	fake_put(scene->types->target, scene->box + POINTER + offset, number, width);
	if (scene->is_open)
		reader_forget(&scene->types->heap.reader);
}

static struct error *scene_open(struct scene *scene)
{
	uint64_t object = scene->types->object;
	const struct fake_field core[] = { { "_continuation", CALLBACK, object },
					   { "_continuationState", STATE, object },
					   { "_completed", COMPLETED, scene->boolean } };
	const struct fake_field machine[] = { { scene->point, 0, scene->types->int32 },
					      { "builder", BUILDER - MACHINE, object },
					      { "ResumptionDynamicInfo", INFO - MACHINE, object } };
	const struct fake_field box[] = { { "_valueTaskSource", 0, scene->core },
					  { "StateMachine", MACHINE, scene->machine } };
	TRY(fake_types_open(scene->types));
	scene->is_open = true;
	TRY(fake_types_fields(scene->types, scene->core, core, scene->has_completed ? 3 : 2));
	TRY(fake_types_fields(scene->types, scene->machine, machine, 3));
	return fake_types_fields(scene->types, scene->box_table, box, 2);
}

static struct error *progress(struct scene *scene, enum managed_task_progress *ret)
{
	uint32_t flags;
	return managed_task_progress(&scene->types->heap, scene->box, MANAGED_TASK_POOLED, &flags,
				     ret);
}

TEST(a_box_in_its_pool_is_no_method)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	enum managed_task_progress found;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(progress(&scene, &found));
	CHECK_NUMBER(found, PROGRESS_IN_POOL);
	set(&scene, BUILDER, scene.box, POINTER); /* at await 0, and in use */
	CHECK_OK(progress(&scene, &found));
	CHECK_NUMBER(found, PROGRESS_UNDER_WAY);
	set(&scene, COMPLETED, 1, 1); /* its result was not taken yet */
	CHECK_OK(progress(&scene, &found));
	CHECK_NUMBER(found, PROGRESS_COMPLETED);
}

TEST(a_box_that_ends_in_a_hole_is_unreadable)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	enum { HOLE = 0x7000000 };
	enum managed_task_progress found;
	fake_target_zeros(scene.types->target, HOLE - 0x20, 0x20);
	scene.box = HOLE - 0x20; /* the core is there, the machine is not */
	fake_put(scene.types->target, scene.box, scene.box_table, POINTER);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(progress(&scene, &found));
	CHECK_NUMBER(found, PROGRESS_UNREADABLE);
}

TEST(a_source_leads_to_the_state_of_its_callback)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct value_task_core core;
	uint64_t callback = object_new(&scene, scene.types->object),
		 state = object_new(&scene, scene.types->object);
	struct heap *heap = &scene.types->heap;
	set(&scene, STATE, state, POINTER); /* set first, and called by nothing yet */
	CHECK_OK(scene_open(&scene));
	CHECK_OK(value_task_core_read(heap, scene.box, "_valueTaskSource", &core));
	CHECK(core.is_there && core.is_read && !core.is_completed && !core.continuation);
	set(&scene, CALLBACK, callback, POINTER);
	CHECK_OK(value_task_core_read(heap, scene.box, "_valueTaskSource", &core));
	CHECK_NUMBER(core.continuation, state);
	set(&scene, STATE, 0, POINTER);
	CHECK_OK(value_task_core_read(heap, scene.box, "_valueTaskSource", &core));
	CHECK_NUMBER(core.continuation, callback);
	set(&scene, COMPLETED, 1, 1); /* was called */
	CHECK_OK(value_task_core_read(heap, scene.box, "_valueTaskSource", &core));
	CHECK(core.is_read && core.is_completed && !core.continuation);
	CHECK_OK(value_task_core_read(heap, scene.box, "<>v__promiseOfValueOrEnd", &core));
	CHECK(!core.is_there && !core.is_read);
}

/* .NET 11's: the class of the sentinel is not loaded, so that nothing has completed yet. */
TEST(a_source_without_a_flag_completes_by_its_callback)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct value_task_core core;
	uint64_t callback = object_new(&scene, scene.types->object);
	scene.has_completed = false;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(value_task_core_read(&scene.types->heap, scene.box, "_valueTaskSource", &core));
	CHECK(core.is_read && !core.is_completed && !core.continuation);
	set(&scene, CALLBACK, callback, POINTER);
	CHECK_OK(value_task_core_read(&scene.types->heap, scene.box, "_valueTaskSource", &core));
	CHECK(core.is_read && !core.is_completed && core.continuation == callback);
	struct value sentinel = { .kind = VALUE_REFERENCE, .bits = callback };
	scene.types->heap.source_sentinel = &sentinel;
	CHECK_OK(value_task_core_read(&scene.types->heap, scene.box, "_valueTaskSource", &core));
	CHECK(core.is_read && core.is_completed && !core.continuation);
	sentinel.kind = VALUE_UNREADABLE;
	CHECK_OK(value_task_core_read(&scene.types->heap, scene.box, "_valueTaskSource", &core));
	CHECK(core.is_there && !core.is_read);
}

TEST(a_machine_says_where_it_waits)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct state_machine machine;
	set(&scene, POINT, (uint32_t)-2, 4);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(managed_task_machine(&scene.types->heap, scene.box, &machine));
	CHECK(machine.type && machine.state_read && !machine.has_no_state && !machine.object);
	CHECK_NUMBER((uint32_t)machine.state, (uint32_t)-2);
}

/* F#: from 1 on, 0 before the first; none where the machine is interpreted. */
TEST(a_machine_of_fsharp_says_where_it_waits)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct state_machine machine;
	scene.point = "ResumptionPoint";
	set(&scene, POINT, 2, 4);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(managed_task_machine(&scene.types->heap, scene.box, &machine));
	CHECK(machine.is_fsharp && machine.state_read && machine.state == 1);
	set(&scene, POINT, 0, 4);
	CHECK_OK(managed_task_machine(&scene.types->heap, scene.box, &machine));
	CHECK(machine.state_read && machine.state == -1);
	set(&scene, INFO, object_new(&scene, scene.types->object), POINTER);
	CHECK_OK(managed_task_machine(&scene.types->heap, scene.box, &machine));
	CHECK(!machine.state_read && machine.has_no_state);
}

TEST(a_machine_of_another_make_has_no_number)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct state_machine machine;
	scene.point = "step";
	CHECK_OK(scene_open(&scene));
	CHECK_OK(managed_task_machine(&scene.types->heap, scene.box, &machine));
	CHECK(machine.type && !machine.state_read && machine.has_no_state);
}

/* A machine that is a class is let go of by its box when it is completed. */
TEST(a_machine_that_is_gone_has_no_number)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct state_machine machine;
	CHECK_OK(scene_open(&scene));
	const struct fake_field box[] = { { "_valueTaskSource", 0, scene.core },
					  { "StateMachine", INFO, scene.types->object } };
	CHECK_OK(fake_types_fields(scene.types, scene.box_table, box, 2));
	CHECK_OK(managed_task_machine(&scene.types->heap, scene.box, &machine));
	CHECK(!machine.type && !machine.state_read && machine.has_no_state);
}

static const struct tap_case cases[] = {
	CASE(a_box_in_its_pool_is_no_method),
	CASE(a_box_that_ends_in_a_hole_is_unreadable),
	CASE(a_source_leads_to_the_state_of_its_callback),
	CASE(a_source_without_a_flag_completes_by_its_callback),
	CASE(a_machine_says_where_it_waits),
	CASE(a_machine_of_fsharp_says_where_it_waits),
	CASE(a_machine_of_another_make_has_no_number),
	CASE(a_machine_that_is_gone_has_no_number),
};
TAP_MAIN(cases)
