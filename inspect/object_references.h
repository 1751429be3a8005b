/* The references inside an object, as the GC follows them: dumpobjgcrefs and dumpobj -refs. */
#ifndef INSPECT_OBJECT_REFERENCES_H
#define INSPECT_OBJECT_REFERENCES_H

#include "inspect/object_view.h"

struct object_reference {
	uint32_t offset;   /* bytes, from the object's first field */
	uint64_t target;   /* the object that is referred to */
	const char *field; /* "_entry.Value", in scratch; "": an array's element */
	const char *type;  /* of the target; NULL: it cannot be read, which was counted */
};

typedef struct error *(*object_reference_visitor)(const struct object_reference *reference,
						  void *context);

/* Visits the references of an array as they are met: an array may have 10^8 of them. The visitor's
 * errors but error_stop, which ends the visit well. What cannot be read is counted with
 * question_missing(). */
MUST_CHECK struct error *array_references_visit(const struct question *question,
						const struct object_view *view,
						object_reference_visitor visit, void *context);

struct object_references {
	struct object_reference *items; /* malloc'd */
	size_t count, capacity;
};
void object_references_deinit(struct object_references *references);

/* All references of an object that is no array, with the fields that hold them. ERROR_BAD_DATA when
 * there are more than LIMIT_KEPT_REFERENCES. In any case the list is to be given back. */
MUST_CHECK struct error *object_references_read(const struct question *question,
						const struct object_view *view,
						struct object_references *ret);

#endif
