/*
 * Code that was compiled ahead of time: an image's table of functions, sorted by address, and the
 * runtime's table from the place where a method's code begins to the MethodDesc, filled when the
 * method is first called (ExecutionManager.md, "ReadyToRunJitManager"; src/coreclr/vm/
 * readytoruninfo.h, codeman.cpp; the hash: src/coreclr/vm/hash.cpp, HashMap::LookupValue).
 */
#ifndef HEAP_CODE_READY_TO_RUN_H
#define HEAP_CODE_READY_TO_RUN_H

#include "heap/code/code_map.h"

/* The method whose code begins at `entry` in the image of the Module; *ret 0: none, or not called
 * yet. */
MUST_CHECK struct error *ready_to_run_method(struct heap *heap, uint64_t module, uint64_t entry,
					     uint64_t *ret);

/* Fills method and start, or says in ret->unknown why not. `base`: where the image begins. */
MUST_CHECK struct error *ready_to_run_find(struct heap *heap, uint64_t module, uint64_t base,
					   uint64_t ip, struct arena *arena,
					   struct code_place *ret);

#endif
