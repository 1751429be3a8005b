/*
 * What of a process goes into a core of which type, and in what order: by facts of ELF, PE and the
 * kernel's maps alone.
 *
 *	Full	everything that core_layout found
 *	Heap	without native code and read-only data of libraries but the runtime's, without code
 *		that is in managed files
 *	Mini	of that, without the large areas, the GC's heap among them, without pages that were
 *		never touched, and of managed files the headers alone; and what the caller wants
 *		besides
 *
 * Order (enum core_priority): first the runtime's module, with its symbols and variables; then its
 * data (all private memory but the large areas, of which the GC's is one), headers, metadata; then
 * stacks, the large areas, the rest.
 */
#ifndef DUMP_COLLECT_CORE_CONTENTS_H
#define DUMP_COLLECT_CORE_CONTENTS_H

#include "dump/collect/core_layout.h"

struct region;

enum core_type { CORE_TYPE_FULL, CORE_TYPE_HEAP, CORE_TYPE_MINI };

/* Cuts the segments of the layout, gives them priorities and leaves out what the type leaves out,
 * counted in layout->left_out_bytes. `target`: the memory that the layout is of, with its threads;
 * what of it cannot be read is taken for no module. `more`, ascending whole pages: what of the
 * layout is not to be left out whatever the type. ERROR_NO_MEMORY. */
MUST_CHECK struct error *core_contents_select(struct core_layout *layout, struct target *target,
					      const struct process_maps *maps, enum core_type type,
					      const struct region *more, size_t more_count);

#endif
