/*
 * A small fake runtime into which an input writes: records of 4 bytes, a 24-bit place and a byte,
 * the place counted through all memory of the runtime, again and again. After an input its bytes
 * are taken back, so that a runtime is built once.
 */
#ifndef TESTS_FUZZ_PATCHED_RUNTIME_H
#define TESTS_FUZZ_PATCHED_RUNTIME_H

#include "heap/clr_threads.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"
#include "tests/unit/fake_runtime.h"

enum { RECORD = 4, MAX_INPUT = 64 * 1024 };

/* A byte of the runtime, and what it was before the input. */
struct patched {
	uint8_t *place, before;
};

struct patches {
	struct patched list[MAX_INPUT / RECORD];
	size_t count;
};

static uint8_t *place_of(const struct fake_target *target, uint32_t place)
{
	size_t total = 0;
	for (size_t i = 0; i < target->range_count; i++)
		total += target->ranges[i].size;
	size_t left = place % total, i = 0;
	for (; left >= target->ranges[i].size; i++)
		left -= target->ranges[i].size;
	return target->ranges[i].bytes + left;
}

static void patch_all(const struct fake_target *target, const uint8_t *data, size_t size,
		      struct patches *patches)
{
	patches->count = 0;
	for (size_t i = 0; i + RECORD <= size; i += RECORD) {
		uint8_t *place = place_of(target, data[i] | (uint32_t)data[i + 1] << 8 |
							  (uint32_t)data[i + 2] << 16);
		patches->list[patches->count++] = (struct patched){ place, *place };
		*place = data[i + 3];
	}
}

/* The last first: two records may name one place. */
static void take_back(const struct patches *patches)
{
	for (size_t i = patches->count; i-- > 0;)
		*patches->list[i].place = patches->list[i].before;
}

static struct error *object_visit(struct gc_object *objects, size_t count, void *context)
{
	uint64_t *last = context;
	for (size_t i = 0; i < count; i++) {
		if (objects[i].address < *last || objects[i].size < 24)
			abort(); /* a walk only goes up, and no object is smaller */
		*last = objects[i].address;
	}
	return NULL;
}

/* All objects, by this walker; then the names of all types that were met. */
static void walk(struct walker *walker)
{
	struct heap *heap = walker->heap;
	for (size_t i = 0; i < heap->gc->span_count; i++) {
		uint64_t last = 0;
		error_free(walker_span(walker, &heap->gc->spans[i], NULL, object_visit, &last));
		struct gc_object object;
		error_free(object_read(heap, heap->gc->spans[i].start + 8, &object));
	}
	for (uint32_t i = 0; i < type_count(heap); i++)
		if (!type_name(heap, type_by_index(heap, i), NULL))
			abort();
}

#endif
