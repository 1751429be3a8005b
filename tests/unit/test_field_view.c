/* Fields as the table of fields shows them, on the fake runtime (8.0's layouts, no metadata). */
#include "base/list.h"
#include "heap/clr_threads.h"
#include "inspect/field_view.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum {
	FIELDS = FAKE_TYPES + 0xc000, /* FieldDescs, 16 bytes each */
	OBJECT = FAKE_GEN2 + 0x100,
	FIXED_BYTES = 0x38, /* of an EEClass; the counts of fields follow */
	IS_STATIC = 1 << 24,
	IS_THREAD_STATIC = 1 << 25,
	ROW = 5,
	CHECKED_CLASS_INIT = 0x400, /* MethodTable.Flags2: there is an initialiser to wait for */
};

struct scene {
	struct fake_question fake;
	const struct type *type;
	const struct type_field *fields;
	size_t count;
};

static void scene_cleanup(struct scene *scene)
{
	fake_question_cleanup(&scene->fake);
}

/* Of Object, a class without fields, and of one with an Int32, a static and a thread static. */
static void put_class(struct fake_runtime *runtime, uint64_t table, bool has_fields)
{
	static const uint32_t flags[] = { 0, IS_STATIC, IS_STATIC | IS_THREAD_STATIC };
	uint64_t class;
	uint64_t at = fake_field(runtime, table, "MethodTable", "EEClassOrCanonMT");
	memcpy(&class, fake_target_at(runtime->target, at, 8), 8);
	fake_set(runtime, class, "EEClass", "FixedFieldsSize", FIXED_BYTES, 1);
	fake_put(runtime->target, class + FIXED_BYTES, has_fields ? 1 : 0, 4);
	fake_put(runtime->target, class + FIXED_BYTES + 8, has_fields ? 2 : 0, 4);
	if (!has_fields)
		return;
	fake_set(runtime, table, "MethodTable", "ParentMethodTable", runtime->object_table, 8);
	fake_set(runtime, table, "MethodTable", "TypeDefRid", ROW, 2);
	fake_set(runtime, table, "MethodTable", "Flags2", CHECKED_CLASS_INIT, 2);
	fake_set(runtime, class, "EEClass", "FieldDescList", FIELDS, 8);
	for (uint32_t i = 0; i < COUNT_OF(flags); i++) {
		uint64_t desc = FIELDS + 16 * (uint64_t)i;
		fake_set(runtime, desc, "FieldDesc", "MTOfEnclosingClass", table, 8);
		fake_set(runtime, desc, "FieldDesc", "DWord1", flags[i] | (i + 1), 4);
		fake_set(runtime, desc, "FieldDesc", "DWord2", (uint32_t)ELEMENT_I4 << 27, 4);
	}
}

/* The module's statics are where nothing can be read. */
static void put_statics(struct fake_runtime *runtime, uint64_t table)
{
	uint64_t module, at = fake_field(runtime, table, "MethodTable", "Module");
	memcpy(&module, fake_target_at(runtime->target, at, 8), 8);
	fake_set(runtime, module, "Module", "DomainLocalModule", 0x123000, 8);
}

static struct error *scene_open(struct scene *scene)
{
	struct fake_runtime *runtime = fake_runtime_new();
	uint64_t table = fake_method_table(runtime, 0, 0x40);
	put_class(runtime, runtime->object_table, false);
	put_class(runtime, table, true);
	put_statics(runtime, table);
	fake_object(runtime, OBJECT, table, 0, 0x40);
	fake_put(runtime->target, object_fields(OBJECT), 0xfffffffe, 4);
	TRY(fake_question_open(&scene->fake, runtime));
	TRY(type_at(scene->fake.heap, table, &scene->type));
	TRY(type_own_fields(scene->fake.heap, scene->type, &scene->fields, &scene->count));
	return scene->count == 3 ? NULL : error_new(ERROR_BAD_DATA, "%zu fields", scene->count);
}

TEST(an_instance_field_has_the_value_of_its_instance)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	struct field_view view;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(field_view_read(&scene.fake.question, scene.fields, object_fields(OBJECT), &view));
	REQUIRE(view.state == FIELD_HAS_VALUE);
	CHECK_NUMBER(view.value.kind, VALUE_SIGNED);
	CHECK_NUMBER((int64_t)view.value.bits, -2);
	CHECK_OK(field_view_read(&scene.fake.question, scene.fields, 0, &view));
	CHECK_NUMBER(view.state, FIELD_WITHOUT_INSTANCE);
	/* Where an allocation fails "memory ran out" may be among them. */
	for (size_t i = 0; i < scene.fake.coverage.reason_count; i++)
		CHECK(strcmp(scene.fake.coverage.reasons[i],
			     "the field <field 04000001> could not be read"));
	CHECK_OK(field_view_read(&scene.fake.question, scene.fields, 0x123, &view));
	CHECK_NUMBER(view.state, FIELD_UNREADABLE);
	CHECK(fake_question_lacks(&scene.fake, "the field <field 04000001> could not be read"));
}

TEST(a_static_says_why_it_has_no_value)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	struct field_view view;
	CHECK_OK(scene_open(&scene));
	const struct question *question = &scene.fake.question;
	const struct clr_thread *thread = scene.fake.heap->threads->threads;
	CHECK_OK(field_view_read(question, scene.fields + 1, object_fields(OBJECT), &view));
	CHECK_NUMBER(view.state, FIELD_UNREADABLE);
	CHECK(fake_question_lacks(&scene.fake, "the static <field 04000002> could not be read"));
	CHECK_OK(field_view_read(question, scene.fields + 2, object_fields(OBJECT), &view));
	CHECK_NUMBER(view.state, FIELD_PER_THREAD);
	CHECK_OK(field_of_thread_read(question, scene.fields + 2, thread, &view));
	CHECK_NUMBER(view.state, FIELD_UNINITIALIZED);
}

static const struct tap_case cases[] = {
	CASE(an_instance_field_has_the_value_of_its_instance),
	CASE(a_static_says_why_it_has_no_value),
};
TAP_MAIN(cases)
