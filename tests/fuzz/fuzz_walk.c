/*
 * The object walk and what it stands on (contract, threads, segments, MethodTables, names) over a
 * small fake runtime into which the input writes: records of 4 bytes, a 24-bit place and a byte,
 * the place counted through all memory of the runtime, again and again. An input of whole records
 * goes to a runtime that is found by scan, with the shipped layouts; one with bytes to spare to a
 * runtime that describes itself. Both are built once: after an input its bytes are taken back.
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

/* A byte of the runtime, and what it was before the input. */
struct patched {
	uint8_t *place, before;
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

static size_t patch_all(const struct fake_target *target, const uint8_t *data, size_t size,
			struct patched *patched)
{
	size_t count = 0;
	for (size_t i = 0; i + RECORD <= size; i += RECORD) {
		uint8_t *place = place_of(target, data[i] | (uint32_t)data[i + 1] << 8 |
							  (uint32_t)data[i + 2] << 16);
		patched[count++] = (struct patched){ place, *place };
		*place = data[i + 3];
	}
	return count;
}

/* The last first: two records may name one place. */
static void take_back(const struct patched *patched, size_t count)
{
	while (count--)
		*patched[count].place = patched[count].before;
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

static struct fake_runtime *runtimes[2]; /* by scan, by its own description */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct patched patched[MAX_INPUT / RECORD];
	struct heap *heap;
	if (size > MAX_INPUT)
		return 0;
	if (!runtimes[0]) {
		runtimes[0] = fake_runtime_new();
		runtimes[1] = fake_runtime_described(NULL, NULL);
	}
	struct fake_runtime *runtime = runtimes[size % RECORD != 0];
	size_t count = patch_all(runtime->target, data, size, patched);
	struct error *error = fake_runtime_open(runtime, &heap);
	if (!error) {
		walk(heap);
		heap_close(heap);
	}
	error_free(error);
	take_back(patched, count);
	return 0;
}
