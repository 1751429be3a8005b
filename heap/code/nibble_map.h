/*
 * Jitted code by address: each heap of code has a map with a nibble for every 32 bytes, which says
 * where in them a method's code begins (ExecutionManager.md, "NibbleMap"; src/coreclr/vm/
 * codeman.h, nibblemapmacros.h). Since .NET 10 a unit of the map that lies wholly inside a method
 * holds the distance to its beginning instead.
 */
#ifndef HEAP_CODE_NIBBLE_MAP_H
#define HEAP_CODE_NIBBLE_MAP_H

#include "heap/code/code_map.h"

/* `node`: the CodeHeapListNode of the address's range. Fills method and start, or makes it
 * CODE_STUB or CODE_NONE. */
MUST_CHECK struct error *jitted_code_find(struct heap *heap, uint64_t node, uint64_t ip,
					  struct code_place *ret);

/* For tests: the start of the code at an offset of a heap, as a map of units (in our memory) says;
 * UINT64_MAX: none. `pointers`: units may hold distances. */
uint64_t nibble_map_find(const uint32_t *units, uint64_t count, uint64_t offset, bool pointers);

#endif
