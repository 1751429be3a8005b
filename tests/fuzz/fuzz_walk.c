/*
 * The object walk and what it stands on (contract by scan, threads, segments, MethodTables, names)
 * over a small fake runtime into which the input writes: records of 4 bytes, a 24-bit place and a
 * byte, the place counted through all memory of the runtime.
 */
#include "heap/clr_threads.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"
#include "tests/unit/fake_runtime.h"

enum { RECORD = 4, MAX_INPUT = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool visit(const struct gc_object *objects, size_t count, void *context)
{
	uint64_t *last = context;
	for (size_t i = 0; i < count; i++) {
		if (objects[i].address < *last || objects[i].size < 24)
			abort(); /* a walk only goes up, and no object is smaller */
		*last = objects[i].address;
	}
	return true;
}

static void patch(struct fake_target *target, uint32_t place, uint8_t byte)
{
	for (size_t i = 0; i < target->range_count; i++) {
		if (place < target->ranges[i].size) {
			target->ranges[i].bytes[place] = byte;
			return;
		}
		place -= (uint32_t)target->ranges[i].size;
	}
}

static void walk(struct heap *heap)
{
	struct reader reader;
	struct walk_damage damage = { 0 };
	reader_init(&reader, heap->target);
	for (size_t i = 0; i < heap->gc->span_count; i++) {
		uint64_t last = 0;
		error_free(span_walk(heap, &reader, &heap->gc->spans[i], NULL, visit, &last,
				     &damage, NULL));
		struct gc_object object;
		error_free(object_read(heap, heap->gc->spans[i].start + 8, &object));
	}
	reader_deinit(&reader);
	for (uint32_t i = 0; i < type_count(heap); i++)
		if (!type_name(heap, type_by_index(heap, i), NULL))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > MAX_INPUT)
		return 0;
	struct fake_runtime *runtime = fake_runtime_new();
	struct heap *heap;
	for (size_t i = 0; i + RECORD <= size; i += RECORD)
		patch(runtime->target,
		      data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16,
		      data[i + 3]);
	struct error *error = fake_runtime_open(runtime, &heap);
	if (!error) {
		walk(heap);
		heap_close(heap);
	}
	error_free(error);
	fake_runtime_cleanup(&runtime);
	return 0;
}
