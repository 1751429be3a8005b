/*
 * Which objects of the heap are wanted, and the walk over them. Lives on the caller's stack; memory
 * comes from the question's scratch arena.
 */
#ifndef INSPECT_HEAP_FILTER_H
#define INSPECT_HEAP_FILTER_H

#include "heap/gc/object_walk.h"
#include "inspect/question.h"
#include "inspect/type_bytes.h"

struct heap_filter {
	const struct question *question;
	const char *type;
	bool exact;
	uint64_t method_table, min, max, start, end; /* end 0: no range */
	enum gc_generation generation;               /* GENERATION_COUNT: any */
	uint32_t heap;                               /* UINT32_MAX: any */
	const struct gc_segment *segment;            /* NULL: any */
	bool found;                                  /* the walk met an object that passes */
	struct type_bytes verdicts;                  /* of `type`: 0 not yet asked */
};

/* Every object; the caller may set members then. */
void heap_filter_init_all(struct heap_filter *filter, const struct question *question);
void heap_filter_deinit(struct heap_filter *filter);

/* Visits the objects that pass, in ascending order of their segments. What could not be read is
 * counted with question_missing(). The visitor's errors, ERROR_CANCELLED and ERROR_NO_MEMORY. */
typedef struct error *(*filtered_visitor)(const struct gc_object *object, void *context);
MUST_CHECK struct error *heap_filter_walk(struct heap_filter *filter, filtered_visitor visit,
					  void *context);

/* A remark when `type` matched no type at all: how many match ignoring case, and which; and when
 * `method_table` names no MethodTable. */
void heap_filter_note_no_match(struct heap_filter *filter);

#endif
