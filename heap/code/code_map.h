/*
 * Which code is at an address: the runtime's map of code ranges (dotnet/runtime
 * docs/design/datacontracts/ExecutionManager.md; src/coreclr/vm/codeman.cpp: RangeSectionMap,
 * EEJitManager::FindMethodCode, ReadyToRunJitManager::JitCodeToMethodInfo). Jitted code is found by
 * the nibble map of its heap and names its method in the header before it. Code compiled ahead of
 * time (ReadyToRun) is found in the image's table of functions, and its method in a table that the
 * runtime fills as methods are first called.
 */
#ifndef HEAP_CODE_CODE_MAP_H
#define HEAP_CODE_CODE_MAP_H

#include "heap/heap.h"

enum code_kind {
	CODE_NONE,         /* no code that the runtime knows of: native code, or none */
	CODE_JITTED,       /* made by the JIT */
	CODE_READY_TO_RUN, /* compiled ahead of time, in the image of a module */
	CODE_STUB,         /* made by the runtime: a precode, a thunk … */
};

struct code_place {
	enum code_kind kind;
	uint64_t method;     /* a MethodDesc; 0: a stub, or unknown */
	uint64_t start;      /* where the method's code begins, when its method is known */
	const char *unknown; /* why the method is unknown, one clause; NULL: it is known, or none is
				there */
};

/* ERROR_UNSUPPORTED when the layouts lack a field, ERROR_FAULT when the map itself cannot be read.
 * An image whose table of functions is not in the target is read from its file, where that can be
 * found and proven (clr_module_admit_file()). `unknown` is in `arena`. */
MUST_CHECK struct error *code_at(struct heap *heap, uint64_t ip, struct arena *arena,
				 struct code_place *ret);

/* The same for an address at which a method's code begins (an entry point): needs no image, since
 * the runtime's own table answers. A place inside a method is not found so. */
MUST_CHECK struct error *code_starting_at(struct heap *heap, uint64_t entry,
					  struct code_place *ret);

#endif
