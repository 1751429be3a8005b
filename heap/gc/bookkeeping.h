/*
 * The GC's own memory beside the heap: card tables, brick tables, mark bits. They are in one range
 * (regions) or in one a time the heap grew (segments), each after a card_table_info, which leads to
 * the one before (dotnet/runtime src/coreclr/gc/gcpriv.h: dac_card_table_info; debug/daccess/
 * daccess.cpp: GetGCBookkeepingMemoryRegions).
 */
#ifndef HEAP_GC_BOOKKEEPING_H
#define HEAP_GC_BOOKKEEPING_H

#include "heap/heap.h"

/* The reserved ranges, in arena. ERROR_UNSUPPORTED when the layouts lack them; a chain that cannot
 * be followed ends, and *ret_cut is true. */
MUST_CHECK struct error *gc_bookkeeping(struct heap *heap, struct arena *arena, struct region **ret,
					size_t *ret_count, bool *ret_cut);

#endif
