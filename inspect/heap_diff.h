/*
 * Two heaps by type: what a type takes in each. Types are joined by name and module (the simple
 * name of its assembly), never by address: the heaps may be of different processes, machines and
 * runtimes. Types of one name and module count together (one loaded twice); those without a name
 * that can be read are one a module, "<unknown type>".
 */
#ifndef INSPECT_HEAP_DIFF_H
#define INSPECT_HEAP_DIFF_H

#include "inspect/heap_statistics.h"

enum { HEAP_A, HEAP_B, HEAP_SIDES };

struct type_usage {
	uint64_t count, size_bytes;
};

struct heap_diff_row {
	const char *type, *module; /* module "": unknown */
	struct type_usage side[HEAP_SIDES];
};

struct heap_diff {
	struct heap_diff_row *rows; /* after heap_diff_join(): a row a type, in their order */
	size_t count, capacity;
	struct type_usage free[HEAP_SIDES], objects[HEAP_SIDES]; /* objects: without Free */
};

void heap_diff_deinit(struct heap_diff *diff);

/* Adds what a walk of question->heap found. Names are copied into the scratch arena: the heap
 * may be closed then. `type`: only types whose name contains this; NULL: all. ERROR_NO_MEMORY only.
 */
MUST_CHECK struct error *heap_diff_add(struct heap_diff *diff, const struct question *question,
				       int side, const struct heap_statistics *statistics,
				       const char *type);

/* Joins the rows of both sides and sorts them: the largest change of size first, in either
 * direction; then by change of count, name and module. */
void heap_diff_join(struct heap_diff *diff);

/* B - A. */
static inline int64_t heap_diff_count(const struct type_usage *side)
{
	return (int64_t)(side[HEAP_B].count - side[HEAP_A].count);
}
static inline int64_t heap_diff_size(const struct type_usage *side)
{
	return (int64_t)(side[HEAP_B].size_bytes - side[HEAP_A].size_bytes);
}
static inline bool heap_diff_changed(const struct type_usage *side)
{
	return heap_diff_count(side) || heap_diff_size(side);
}

#endif
