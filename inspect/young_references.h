/* Objects of older generations that refer to generation 0 or 1: what a young collection has to look
 * into (src/coreclr/gc/gc.cpp: mark_through_cards_for_segments). */
#ifndef INSPECT_YOUNG_REFERENCES_H
#define INSPECT_YOUNG_REFERENCES_H

#include "base/id_map.h"
#include "heap/gc/gc_heap.h"
#include "heap/gc/object_walk.h"
#include "inspect/question.h"

/* What one object refers to in generations 0 and 1, by generation; an object that is met twice
 * counts twice. */
struct young_reference {
	struct gc_object object;
	enum gc_generation generation; /* of the object */
	uint64_t count[2], size[2];    /* bytes */
};

struct young_references {
	struct young_reference *rows; /* by address */
	size_t count, capacity;
	struct id_map referenced;                   /* young objects, each once */
	uint64_t referenced_count, referenced_size; /* of these; bytes */
};

/* Walks the heap on all threads; what cannot be read is missing from the question's answer. Begins
 * zeroed. ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *young_references_find(const struct question *question,
					       struct young_references *ret);
void young_references_deinit(struct young_references *references);

#endif
