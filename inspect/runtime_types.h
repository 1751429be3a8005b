/* The System.RuntimeType objects of the heap, and the types they are for: dumpruntimetypes. */
#ifndef INSPECT_RUNTIME_TYPES_H
#define INSPECT_RUNTIME_TYPES_H

#include "heap/types/type.h"
#include "inspect/question.h"

struct runtime_type {
	uint64_t object;
	uint64_t handle;         /* the type's: a MethodTable, or a TypeDesc with bit 1 set */
	const struct type *type; /* NULL: it cannot be read, which is counted as missing */
};

typedef struct error *(*runtime_type_visitor)(const struct runtime_type *type, void *context);

/* In the order of the heap. One whose handle cannot be read is counted, and not visited. The
 * visitor's errors but error_stop, which ends the visit well; those of heap_filter_walk(). */
MUST_CHECK struct error *runtime_types_visit(const struct question *question,
					     runtime_type_visitor visit, void *context);

#endif
