/*
 * The object walk and what it uses (modules, threads, segments, MethodTables, names) over a patched
 * runtime whose contract is known: the finding of contracts, which takes some hundred times as long
 * as a walk, is fuzz_contract's. An input of whole records goes to a runtime of .NET 8's layouts,
 * one with bytes to spare to a runtime that describes itself.
 *
 * An input gets a heap of its own. Only the contract and the readers' buffers, 1 MiB each, are kept
 * from one input to the next.
 */
#include "base/thread.h"
#include "heap/self_check.h"
#include "tests/fuzz/patched_runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct known {
	struct fake_runtime *runtime;
	struct contract *contract;
} known[2]; /* by the shipped layouts, by its own description */

static void known_open(struct known *ret, struct fake_runtime *runtime)
{
	struct heap *heap; /* for good: the contract lives in it */
	struct error *error = fake_runtime_open(runtime, &heap);
	if (error)
		abort();
	*ret = (struct known){ runtime, heap->contract };
}

static void reader_begin(struct reader *reader, struct target *target, uint8_t **buffer)
{
	*reader = (struct reader){ .target = target, .buffer = *buffer };
	if (*buffer)
		reader_forget(reader);
	else if (reader_init(reader, target))
		abort();
	*buffer = reader->buffer;
}

static void check_and_walk(struct known *from)
{
	static uint8_t *buffers[2];
	struct heap *heap = calloc(1, sizeof(*heap));
	if (!heap)
		abort();
	heap->target = &from->runtime->target->base;
	heap->contract = from->contract;
	arena_init(&heap->arena);
	mutex_init_recursive(&heap->lock);
	reader_begin(&heap->reader, heap->target, &buffers[0]);
	struct walker walker = { .heap = heap };
	reader_begin(&walker.reader, heap->target, &buffers[1]);
	struct error *error = heap_self_check(heap, NULL);
	if (!error)
		walk(&walker);
	error_free(error);
	heap->reader.buffer = walker.reader.buffer = NULL; /* kept */
	walker_deinit(&walker);
	heap_close(heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct patches patches;
	if (size > MAX_INPUT)
		return 0;
	if (!known[0].runtime) {
		known_open(&known[0], fake_runtime_new());
		known_open(&known[1], fake_runtime_described(NULL, NULL));
	}
	struct known *target = &known[size % RECORD != 0];
	patch_all(target->runtime->target, data, size, &patches);
	check_and_walk(target);
	take_back(&patches);
	return 0;
}
