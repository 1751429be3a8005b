/*
 * How a runtime is found and what is then made of it: tables, descriptors and layouts over a
 * patched runtime, with the walk of the heap that was opened so. An input of whole records goes to
 * a runtime that is found by scan, with the shipped layouts; one with bytes to spare to a runtime
 * that describes itself.
 */
#include "tests/fuzz/patched_runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fake_runtime *runtimes[2]; /* by scan, by its own description */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct patches patches;
	struct walker walker;
	struct heap *heap;
	if (size > MAX_INPUT)
		return 0;
	if (!runtimes[0]) {
		runtimes[0] = fake_runtime_new();
		runtimes[1] = fake_runtime_described(NULL, NULL);
	}
	struct fake_runtime *runtime = runtimes[size % RECORD != 0];
	patch_all(runtime->target, data, size, &patches);
	struct error *error = fake_runtime_open(runtime, &heap);
	if (!error) {
		if (walker_init(&walker, heap))
			abort();
		walk(&walker);
		walker_deinit(&walker);
		heap_close(heap);
	}
	error_free(error);
	take_back(&patches);
	return 0;
}
