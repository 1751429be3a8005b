/* The GC handles of a process with their objects, counted by kind and by the objects' type. */
#ifndef INSPECT_HANDLE_LIST_H
#define INSPECT_HANDLE_LIST_H

#include "heap/gc/handles.h"
#include "inspect/heap_statistics.h"

/* object NULL: it cannot be read. Both are there during the call. */
typedef struct error *(*handle_list_visitor)(const struct gc_handle *handle,
					     const struct gc_object *object, void *context);

struct handle_list {
	const struct question *question; /* borrowed */
	enum handle_kind wanted;         /* HANDLE_KIND_COUNT: all */
	uint64_t of_kind[HANDLE_KIND_COUNT], total, unreadable;
	struct heap_statistics statistics; /* of the objects that can be read */
	/* Of the visit. */
	handle_list_visitor visit;
	void *context;
};

/* Begins with question and wanted; the rest zeroed. visit NULL: only counts. What cannot be read is
 * counted with question_missing(). */
MUST_CHECK struct error *handle_list_visit(struct handle_list *list, handle_list_visitor visit,
					   void *context);
void handle_list_deinit(struct handle_list *list);

/* The types of the objects as SOS lists them: the largest last, of equals the one with the lower
 * MethodTable last. statistics.met of them, in the question's scratch arena. */
struct handle_type {
	const struct type_statistic *statistic;
	const struct type *type;
};
MUST_CHECK struct error *handle_list_types(const struct handle_list *list, struct handle_type **ret,
					   size_t *ret_count);

#endif
