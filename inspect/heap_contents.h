/* What a walk of the heap finds: objects by type, and fragments. */
#ifndef INSPECT_HEAP_CONTENTS_H
#define INSPECT_HEAP_CONTENTS_H

#include "inspect/fragmentation.h"
#include "inspect/heap_filter.h"
#include "inspect/heap_statistics.h"

struct heap_contents {
	struct heap_statistics statistics;
	struct fragmentation fragmentation;
};

/* Of the objects that pass the filter; `visit`, unless it is NULL, is given each of them in their
 * order, on the caller's thread. Counted is what the walk meets, on all threads: a visitor that has
 * enough before the end needs a filter that says so (may_stop), and counts by itself. Begins
 * zeroed. Errors as of heap_filter_walk(). */
MUST_CHECK struct error *heap_contents_read(struct heap_contents *contents,
					    struct heap_filter *filter, filtered_visitor visit,
					    void *context);
void heap_contents_deinit(struct heap_contents *contents);

#endif
