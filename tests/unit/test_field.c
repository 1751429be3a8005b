/*
 * Fields, statics, values, strings and arrays on the fake runtime (8.0's layouts, no metadata).
 * What needs names and signatures is compared with ClrMD on real dumps by the golden tests.
 */
#include "base/list.h"
#include "heap/clr_threads.h"
#include "heap/values/value.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

/* Free room after the fake runtime's own types. */
enum {
	FIELDS = FAKE_TYPES + 0xc000, /* FieldDescs, 16 bytes each */
	LOCAL_MODULE = FAKE_TYPES + 0xd000,
	CLASS_TABLE = FAKE_TYPES + 0xd800,
	GC_STATICS = FAKE_TYPES + 0xe000,
	THREAD_MODULE = FAKE_TYPES + 0xe800,
	THREAD_TABLE = FAKE_TYPES + 0xec00,
	THREAD_HANDLE = FAKE_TYPES + 0xed00,
	OBJECT =
		FAKE_GEN2 + 0x100, /* inside the region, where the fake puts nothing that matters */
	STRING = FAKE_GEN2 + 0x200,
	ARRAY = FAKE_GEN2 + 0x300,
	CLASS_FIXED_BYTES = 0x38,
};

enum {
	IS_STATIC = 1 << 24,
	IS_THREAD_STATIC = 1 << 25,
	HAS_COMPONENT = (int)0x80000000,
	PRIMITIVE_TYPE = 0x70000,
	MD_ARRAY = 0x80000,
	SZ_ARRAY = 0xa0000,
	DYNAMIC_STATICS = 2,
	ELEMENT_PAD = 0x14, /* of Int32: BaseSizePadding */
};

struct scene {
	struct fake_runtime *runtime;
	struct heap *heap;
	uint64_t table, class; /* of the class under test */
	uint32_t field_count;
	const struct type *type;
};

static void scene_cleanup(struct scene *scene)
{
	heap_close(scene->heap);
	fake_runtime_cleanup(&scene->runtime);
}

static uint64_t class_of(const struct scene *scene, uint64_t table)
{
	uint64_t at = fake_field(scene->runtime, table, "MethodTable", "EEClassOrCanonMT");
	uint64_t class;
	memcpy(&class, fake_target_at(scene->runtime->target, at, 8), 8);
	return class;
}

static void counts(struct scene *scene, uint64_t class, uint32_t instance, uint32_t statics)
{
	fake_set(scene->runtime, class, "EEClass", "FixedFieldsSize", CLASS_FIXED_BYTES, 1);
	fake_put(scene->runtime->target, class + CLASS_FIXED_BYTES, instance, 4);
	fake_put(scene->runtime->target, class + CLASS_FIXED_BYTES + 8, statics, 4);
}

/* A class whose parent is Object, TypeDef row 5. */
static struct scene scene_new(void)
{
	struct scene scene = { .runtime = fake_runtime_new() };
	scene.table = fake_method_table(scene.runtime, 0, 0x40);
	scene.class = class_of(&scene, scene.table);
	fake_set(scene.runtime, scene.table, "MethodTable", "ParentMethodTable",
		 scene.runtime->object_table, 8);
	fake_set(scene.runtime, scene.table, "MethodTable", "TypeDefRid", 5, 2);
	fake_set(scene.runtime, scene.class, "EEClass", "FieldDescList", FIELDS, 8);
	counts(&scene, class_of(&scene, scene.runtime->object_table), 0, 0);
	return scene;
}

static void field(struct scene *scene, uint32_t flags, uint32_t offset, uint32_t element)
{
	uint64_t desc = FIELDS + 16 * (uint64_t)scene->field_count++;
	struct fake_runtime *runtime = scene->runtime;
	fake_set(runtime, desc, "FieldDesc", "MTOfEnclosingClass", scene->table, 8);
	fake_set(runtime, desc, "FieldDesc", "DWord1", flags | scene->field_count, 4);
	fake_set(runtime, desc, "FieldDesc", "DWord2", offset | element << 27, 4);
}

/* The bytes have changed under a reader that may hold a copy of them. */
static void forget(struct scene *scene)
{
	scene->heap->reader.size = 0;
}

static struct error *scene_open(struct scene *scene)
{
	TRY(fake_runtime_open(scene->runtime, &scene->heap));
	return type_at(scene->heap, scene->table, &scene->type);
}

static struct error *scene_field(struct scene *scene, size_t index, const struct type_field **ret)
{
	size_t count;
	TRY(type_own_fields(scene->heap, scene->type, ret, &count));
	if (index >= count)
		return error_new(ERROR_NOT_FOUND, "no field %zu", index);
	*ret += index;
	return NULL;
}

TEST(own_fields_are_the_parents_excepted)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	const struct type_field *fields, **all;
	size_t count;
	CLEANUP(arena_deinit) struct arena arena;
	arena_init(&arena);
	counts(&scene, class_of(&scene, scene.runtime->object_table), 3, 0);
	counts(&scene, scene.class, 5, 1);
	field(&scene, 0, 8, ELEMENT_I4);
	field(&scene, 0, 0, ELEMENT_CLASS);
	field(&scene, IS_STATIC | IS_THREAD_STATIC, 24, ELEMENT_VALUETYPE);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(type_own_fields(scene.heap, scene.type, &fields, &count));
	CHECK_NUMBER(count, 3);
	REQUIRE(count == 3);
	CHECK_TEXT(fields[0].name, "<field 04000001>");
	CHECK_NUMBER(fields[0].offset, 8);
	CHECK_NUMBER(fields[0].element_type, ELEMENT_I4);
	CHECK(!fields[0].is_static && !fields[0].is_rva && fields[0].declaring == scene.type);
	CHECK_NUMBER(fields[1].element_type, ELEMENT_CLASS);
	CHECK(fields[2].is_static && fields[2].is_thread_static);
	CHECK_NUMBER(fields[2].token, 0x04000003);
	/* Object says it has three fields of its own and a list at address 0. */
	CHECK_FAILS(type_all_fields(scene.heap, scene.type, true, &arena, &all, &count),
		    ERROR_FAULT, NULL);
}

/* Each count as its length less one in five bits, then itself: 4, 2, 1 and zeros. */
TEST(packed_counts_are_unpacked)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	const struct type_field *fields;
	size_t count;
	uint64_t bits = 2 | 4 << 5 | 1 << 8 | 2 << 13 | 0 << 15 | 1 << 20;
	counts(&scene, scene.class, 0, 0);
	fake_set(scene.runtime, scene.class, "EEClass", "FieldsArePacked", 1, 1);
	fake_put(scene.runtime->target, scene.class + CLASS_FIXED_BYTES, bits, 8);
	for (unsigned i = 0; i < 5; i++)
		field(&scene, i == 4 ? IS_STATIC : 0, 8 * i, ELEMENT_I8);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(type_own_fields(scene.heap, scene.type, &fields, &count));
	CHECK_NUMBER(count, 5);
}

TEST(contradicting_counts_and_owners_are_refused)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	const struct type_field *fields;
	size_t count;
	counts(&scene, class_of(&scene, scene.runtime->object_table), 2, 0);
	counts(&scene, scene.class, 1, 0);
	CHECK_OK(scene_open(&scene));
	CHECK_FAILS(type_own_fields(scene.heap, scene.type, &fields, &count), ERROR_BAD_DATA,
		    "contradict");
	counts(&scene, scene.class, 0xffffffff, 0xffffffff);
	forget(&scene);
	CHECK_FAILS(type_own_fields(scene.heap, scene.type, &fields, &count), ERROR_BAD_DATA,
		    "exceed");
	counts(&scene, scene.class, 3, 0);
	field(&scene, 0, 0, ELEMENT_I4);
	fake_set(scene.runtime, FIELDS, "FieldDesc", "MTOfEnclosingClass", 0x1234, 8);
	forget(&scene);
	CHECK_FAILS(type_own_fields(scene.heap, scene.type, &fields, &count), ERROR_BAD_DATA,
		    "another class");
}

TEST(without_metadata_the_field_still_says_what_it_is)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct fake_target *target = scene.runtime->target;
	const struct type_field *one;
	struct value value;
	counts(&scene, scene.class, 4, 0);
	field(&scene, 0, 0, ELEMENT_CLASS);
	field(&scene, 0, 8, ELEMENT_CLASS);
	field(&scene, 0, 16, ELEMENT_I2);
	field(&scene, 0, 24, ELEMENT_VALUETYPE);
	fake_object(scene.runtime, OBJECT, scene.table, 0, 0x40);
	fake_put(target, OBJECT + 8, STRING, 8);
	fake_put(target, OBJECT + 16, 0, 8);
	fake_put(target, OBJECT + 24, 0xfffe, 2);
	fake_object(scene.runtime, STRING, scene.runtime->string_table, 0, 24);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(scene_field(&scene, 0, &one));
	CHECK_OK(value_of_field(scene.heap, one, object_fields(OBJECT), &value));
	CHECK_NUMBER(value.kind, VALUE_REFERENCE);
	CHECK_NUMBER(value.bits, STRING);
	CHECK(value.type && value.type->kind == TYPE_STRING);
	CHECK_OK(value_of_field(scene.heap, one + 1, object_fields(OBJECT), &value));
	CHECK_NUMBER(value.kind, VALUE_NULL);
	CHECK_OK(value_of_field(scene.heap, one + 2, object_fields(OBJECT), &value));
	CHECK_NUMBER(value.kind, VALUE_SIGNED);
	CHECK_NUMBER((int64_t)value.bits, -2);
	CHECK_OK(value_of_field(scene.heap, one + 3, object_fields(OBJECT), &value));
	CHECK_NUMBER(value.kind, VALUE_STRUCT);
	CHECK_NUMBER(value.address, OBJECT + 32);
	CHECK_OK(value_of_field(scene.heap, one + 2, 0x123, &value));
	CHECK_NUMBER(value.kind, VALUE_UNREADABLE);
}

static uint64_t int32_table(struct scene *scene)
{
	uint64_t table = fake_method_table(scene->runtime, PRIMITIVE_TYPE, 24);
	uint64_t class = class_of(scene, table);
	fake_set(scene->runtime, class, "EEClass", "InternalCorElementType", ELEMENT_I4, 1);
	fake_set(scene->runtime, class, "EEClass", "BaseSizePadding", ELEMENT_PAD, 1);
	return table;
}

TEST(boxes_are_opened)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct value value;
	fake_object(scene.runtime, OBJECT, int32_table(&scene), 0, 24);
	fake_put(scene.runtime->target, OBJECT + 8, 0xfffffff6, 4);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(value_of_object(scene.heap, OBJECT, &value));
	CHECK_NUMBER(value.kind, VALUE_SIGNED);
	CHECK_NUMBER(value.width, 4);
	CHECK_NUMBER((int64_t)value.bits, -10);
	CHECK_OK(value_of_object(scene.heap, 0, &value));
	CHECK_NUMBER(value.kind, VALUE_NULL);
	/* No object: the reference is shown, its type is not known. */
	CHECK_OK(value_of_object(scene.heap, OBJECT + 8, &value));
	CHECK_NUMBER(value.kind, VALUE_REFERENCE);
	CHECK(!value.type);
}

/* Where the fake's module has its own DomainLocalModule. */
static void put_local_module(struct scene *scene)
{
	struct fake_runtime *runtime = scene->runtime;
	uint64_t at = fake_field(runtime, scene->table, "MethodTable", "Module"), module;
	memcpy(&module, fake_target_at(runtime->target, at, 8), 8);
	fake_set(runtime, module, "Module", "DomainLocalModule", LOCAL_MODULE, 8);
	fake_set(runtime, module, "Module", "ModuleIndex", 1, 4);
	fake_set(runtime, LOCAL_MODULE, "DomainLocalModule", "GCStatics", GC_STATICS, 8);
	fake_set(runtime, LOCAL_MODULE, "DomainLocalModule", "DynamicClassTable", CLASS_TABLE, 8);
	fake_set(runtime, LOCAL_MODULE, "DomainLocalModule", "DynamicClassCount", 2, 8);
}

/* The flags byte of TypeDef row 5 in a module's blob. */
static uint64_t class_flags(const struct scene *scene, uint64_t local, const char *structure)
{
	return fake_field(scene->runtime, local, structure, "DataBlob") + 5 - 1;
}

static void check_static(struct scene *scene, size_t index, const struct clr_thread *thread,
			 enum static_state expected_state, uint64_t expected, int line)
{
	forget(scene);
	const struct type_field *one;
	enum static_state state = STATIC_UNREADABLE;
	uint64_t address = 0;
	if (!tap_succeeds(scene_field(scene, index, &one), __FILE__, line, "field") ||
	    !tap_succeeds(field_static_address(scene->heap, one, thread, &state, &address),
			  __FILE__, line, "address"))
		return;
	tap_number(state, expected_state, __FILE__, line, "state");
	tap_number(address, expected, __FILE__, line, "address");
}

TEST(statics_stand_in_the_module)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct fake_target *target = scene.runtime->target;
	enum static_state state;
	const struct type_field *one;
	uint64_t address;
	counts(&scene, scene.class, 1, 4);
	field(&scene, 0, 0, ELEMENT_I4);
	field(&scene, IS_STATIC, 0x80, ELEMENT_I4);
	field(&scene, IS_STATIC, 0x10, ELEMENT_CLASS);
	field(&scene, IS_STATIC, 0x18, ELEMENT_VALUETYPE);
	field(&scene, IS_STATIC, 0x20, ELEMENT_VALUETYPE);
	put_local_module(&scene);
	fake_put(target, GC_STATICS + 0x18, OBJECT, 8);
	CHECK_OK(scene_open(&scene));
	/* No class constructor to wait for. */
	check_static(&scene, 1, NULL, STATIC_READY, LOCAL_MODULE + 0x80, __LINE__);
	fake_set(scene.runtime, scene.table, "MethodTable", "Flags2", 0x400, 2);
	check_static(&scene, 1, NULL, STATIC_NOT_INITIALIZED, LOCAL_MODULE + 0x80, __LINE__);
	fake_put(target, class_flags(&scene, LOCAL_MODULE, "DomainLocalModule"), 1, 1);
	check_static(&scene, 1, NULL, STATIC_READY, LOCAL_MODULE + 0x80, __LINE__);
	check_static(&scene, 2, NULL, STATIC_READY, GC_STATICS + 0x10, __LINE__);
	check_static(&scene, 3, NULL, STATIC_READY, OBJECT + 8, __LINE__);
	check_static(&scene, 4, NULL, STATIC_NOT_INITIALIZED, 0, __LINE__);
	CHECK_OK(scene_field(&scene, 0, &one));
	CHECK_FAILS(field_static_address(scene.heap, one, NULL, &state, &address), ERROR_USAGE,
		    "no static field");
	/* A pointer into nowhere. */
	fake_set(scene.runtime, LOCAL_MODULE, "DomainLocalModule", "GCStatics", 0x123000, 8);
	check_static(&scene, 3, NULL, STATIC_UNREADABLE, 0, __LINE__);
}

TEST(dynamic_classes_have_statics_of_their_own)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct fake_runtime *runtime = scene.runtime;
	uint64_t entry = CLASS_TABLE + 0x100, optional = CLASS_TABLE + 0x80;
	counts(&scene, scene.class, 0, 2);
	field(&scene, IS_STATIC, 8, ELEMENT_I8);
	field(&scene, IS_STATIC, 16, ELEMENT_CLASS);
	put_local_module(&scene);
	fake_set(runtime, scene.table, "MethodTable", "MTFlags", DYNAMIC_STATICS, 4);
	fake_set(runtime, scene.class, "EEClass", "OptionalFields", optional, 8);
	fake_set(runtime, optional, "EEClassOptionalFields", "ModuleDynamicID", 1, 4);
	fake_set(runtime, entry, "NormalDynamicEntry", "GCStatics", GC_STATICS, 8);
	CHECK_OK(scene_open(&scene));
	check_static(&scene, 0, NULL, STATIC_NOT_INITIALIZED, 0, __LINE__);
	fake_set(runtime, CLASS_TABLE + 16, "DynamicClassInfo", "DynamicEntry", entry, 8);
	check_static(&scene, 0, NULL, STATIC_NOT_INITIALIZED, entry + 8, __LINE__);
	fake_set(runtime, CLASS_TABLE + 16, "DynamicClassInfo", "Flags", 1, 4);
	check_static(&scene, 0, NULL, STATIC_READY, entry + 8, __LINE__);
	check_static(&scene, 1, NULL, STATIC_READY, GC_STATICS + 16, __LINE__);
	fake_set(runtime, optional, "EEClassOptionalFields", "ModuleDynamicID", 2, 4);
	check_static(&scene, 0, NULL, STATIC_NOT_INITIALIZED, 0, __LINE__);
}

TEST(thread_statics_differ_by_thread)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct fake_runtime *runtime = scene.runtime;
	enum static_state state;
	const struct type_field *one;
	uint64_t address;
	counts(&scene, scene.class, 0, 2);
	field(&scene, IS_STATIC | IS_THREAD_STATIC, 0x90, ELEMENT_I4);
	field(&scene, IS_STATIC | IS_THREAD_STATIC, 8, ELEMENT_CLASS);
	put_local_module(&scene);
	CHECK_OK(scene_open(&scene));
	REQUIRE(scene.heap->threads->count == 3);
	const struct clr_thread *threads = scene.heap->threads->threads;
	fake_set(runtime, threads[1].address, "Thread", "ThreadLocalModules", THREAD_TABLE, 8);
	fake_set(runtime, threads[1].address, "Thread", "ThreadLocalModuleCount", 2, 8);
	fake_put(runtime->target, THREAD_TABLE + 8, THREAD_MODULE, 8);
	check_static(&scene, 0, &threads[0], STATIC_NOT_INITIALIZED, 0, __LINE__);
	check_static(&scene, 0, &threads[1], STATIC_NOT_INITIALIZED, THREAD_MODULE + 0x90,
		     __LINE__);
	fake_put(runtime->target, class_flags(&scene, THREAD_MODULE, "ThreadLocalModule"), 1, 1);
	check_static(&scene, 0, &threads[1], STATIC_READY, THREAD_MODULE + 0x90, __LINE__);
	check_static(&scene, 1, &threads[1], STATIC_NOT_INITIALIZED, 0, __LINE__);
	fake_set(runtime, THREAD_MODULE, "ThreadLocalModule", "GCStatics", THREAD_HANDLE, 8);
	fake_put(runtime->target, THREAD_HANDLE, ARRAY, 8);
	check_static(&scene, 1, &threads[1], STATIC_READY, ARRAY + 16 + 8, __LINE__);
	CHECK_OK(scene_field(&scene, 0, &one));
	CHECK_FAILS(field_static_address(scene.heap, one, NULL, &state, &address), ERROR_USAGE,
		    "name a thread");
}

TEST(strings)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	CLEANUP(arena_deinit) struct arena arena;
	const uint16_t *units;
	size_t count;
	uint64_t length;
	arena_init(&arena);
	fake_object(scene.runtime, STRING, scene.runtime->string_table, 3, 28);
	fake_put(scene.runtime->target, STRING + 12, 'a', 2);
	fake_put(scene.runtime->target, STRING + 14, 'b', 2);
	fake_put(scene.runtime->target, STRING + 16, 0xd83d, 2);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(string_read(scene.heap, STRING, 100, &arena, &units, &count, &length));
	CHECK_NUMBER(count, 3);
	CHECK_NUMBER(length, 3);
	CHECK_NUMBER(units[2], 0xd83d);
	CHECK_OK(string_read(scene.heap, STRING, 2, &arena, &units, &count, &length));
	CHECK_NUMBER(count, 2);
	CHECK_NUMBER(length, 3);
	/* Longer than its memory: what is there, and how long it says it is. */
	uint64_t rest = FAKE_GEN2 + FAKE_REGION_SIZE - (STRING + 12);
	fake_put(scene.runtime->target, STRING + 8, 100000, 4);
	forget(&scene);
	CHECK_OK(string_read(scene.heap, STRING, 100000, &arena, &units, &count, &length));
	CHECK_NUMBER(count, rest / 2);
	CHECK_NUMBER(length, 100000);
	fake_put(scene.runtime->target, STRING + 8, 0x7fffffff, 4);
	forget(&scene);
	CHECK_FAILS(string_read(scene.heap, STRING, 10, &arena, &units, &count, &length),
		    ERROR_BAD_DATA, "impossible length");
	CHECK_FAILS(string_read(scene.heap, STRING + 4, 10, &arena, &units, &count, &length),
		    ERROR_FAULT, NULL);
	fake_object(scene.runtime, OBJECT, scene.table, 0, 24);
	forget(&scene);
	CHECK_FAILS(string_read(scene.heap, OBJECT, 10, &arena, &units, &count, &length),
		    ERROR_BAD_DATA, "not a string");
}

static uint64_t array_table(struct scene *scene, uint32_t flags, uint32_t base_size, uint32_t rank)
{
	uint64_t element = int32_table(scene);
	uint64_t table =
		fake_method_table(scene->runtime, (uint32_t)HAS_COMPONENT | flags | 4, base_size);
	fake_set(scene->runtime, table, "MethodTable", "PerInstInfo", element, 8);
	fake_set(scene->runtime, class_of(scene, table), "ArrayClass", "Rank", rank, 1);
	return table;
}

TEST(arrays_of_one_dimension)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct array_shape shape;
	struct value value;
	fake_object(scene.runtime, ARRAY, array_table(&scene, SZ_ARRAY, 24, 1), 3, 40);
	fake_put(scene.runtime->target, ARRAY + 24, 77, 4);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(array_read(scene.heap, ARRAY, &shape));
	CHECK_NUMBER(shape.count, 3);
	CHECK_NUMBER(shape.rank, 1);
	CHECK_NUMBER(shape.data, ARRAY + 16);
	CHECK_NUMBER(shape.element_size, 4);
	CHECK_OK(array_element(scene.heap, &shape, 2, &value));
	CHECK_NUMBER(value.kind, VALUE_SIGNED);
	CHECK_NUMBER(value.bits, 77);
	CHECK_FAILS(array_element(scene.heap, &shape, 3, &value), ERROR_NOT_FOUND, "3 elements");
	fake_object(scene.runtime, OBJECT, scene.table, 0, 24);
	forget(&scene);
	CHECK_FAILS(array_read(scene.heap, OBJECT, &shape), ERROR_BAD_DATA, "not an array");
}

TEST(arrays_of_more_dimensions)
{
	CLEANUP(scene_cleanup) struct scene scene = scene_new();
	struct fake_target *target = scene.runtime->target;
	struct array_shape shape;
	fake_object(scene.runtime, ARRAY, array_table(&scene, MD_ARRAY, 40, 2), 6, 56);
	fake_put(target, ARRAY + 16, 2, 4);
	fake_put(target, ARRAY + 20, 3, 4);
	fake_put(target, ARRAY + 24, 5, 4);
	fake_put(target, ARRAY + 28, (uint32_t)-5, 4);
	CHECK_OK(scene_open(&scene));
	CHECK_OK(array_read(scene.heap, ARRAY, &shape));
	CHECK_NUMBER(shape.rank, 2);
	CHECK_NUMBER(shape.lengths[0], 2);
	CHECK_NUMBER(shape.lengths[1], 3);
	CHECK_NUMBER(shape.lower_bounds[0], 5);
	CHECK_NUMBER((int64_t)shape.lower_bounds[1], -5);
	CHECK_NUMBER(shape.data, ARRAY + 32);
	fake_put(target, ARRAY + 20, 0xffffffff, 4);
	forget(&scene);
	CHECK_FAILS(array_read(scene.heap, ARRAY, &shape), ERROR_BAD_DATA, "contradict");
}

TEST(backing_fields_are_shown_by_their_properties)
{
	static const char *const names[][2] = {
		{ "<Name>k__BackingField", "Name" },
		{ "<Name>i__Field", "Name" },
		{ "<name>P", "name" },
		{ "_name", "_name" },
		{ "<>2__current", "<>2__current" },
		{ "<local>5__2", "<local>5__2" },
		{ "<open", "<open" },
		{ "<12345678>P", "<12345678>P" }, /* does not fit */
		{ "<1234567>P", "1234567" },
	};
	char shown[8];
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct type_field field = { .name = names[i][0] };
		CHECK_TEXT(field_shown_name(&field, shown, sizeof(shown)), names[i][1]);
	}
}

static const struct tap_case cases[] = {
	CASE(backing_fields_are_shown_by_their_properties),
	CASE(own_fields_are_the_parents_excepted),
	CASE(packed_counts_are_unpacked),
	CASE(contradicting_counts_and_owners_are_refused),
	CASE(without_metadata_the_field_still_says_what_it_is),
	CASE(boxes_are_opened),
	CASE(statics_stand_in_the_module),
	CASE(dynamic_classes_have_statics_of_their_own),
	CASE(thread_statics_differ_by_thread),
	CASE(strings),
	CASE(arrays_of_one_dimension),
	CASE(arrays_of_more_dimensions),
};
TAP_MAIN(cases)
