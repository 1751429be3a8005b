/*
 * Is an object whole? Its place, its MethodTable, its size, and where its references lead: what the
 * GC takes for granted. The kinds and their names are ClrMD's (ObjectCorruptionKind), which SOS's
 * verifyheap and verifyobj print.
 */
#ifndef HEAP_GC_OBJECT_VERIFY_H
#define HEAP_GC_OBJECT_VERIFY_H

#include "heap/gc/object_marks.h"
#include "heap/gc/references.h"

enum corruption_kind {
	CORRUPTION_NOT_ON_HEAP,
	CORRUPTION_NOT_ALIGNED,
	CORRUPTION_TOO_LARGE,
	CORRUPTION_METHOD_TABLE,
	CORRUPTION_REFERENCE_NOT_ALIGNED,
	CORRUPTION_REFERENCE,
	CORRUPTION_FREE_REFERENCE,
	CORRUPTION_UNREADABLE,
	CORRUPTION_UNREADABLE_DESCRIPTION,
};

struct corruption {
	enum corruption_kind kind;
	uint64_t object;
	uint32_t offset; /* bytes in the object, of a reference; else 0 */
	uint64_t value;  /* what is there: a reference, a MethodTable, a size */
};

/* Answers error_stop or what is fatal (error_is_fatal): damage would be taken for the object's. */
typedef struct error *(*corruption_visitor)(const struct corruption *corruption, void *context);

/* Remembers between objects where references led: one for a whole walk, on one thread. */
struct object_verifier {
	struct heap *heap;
	struct walker referred;            /* reads what references lead to, and knows its types */
	struct reference_plans references; /* reads the objects themselves */
	const struct gc_segment *last;     /* that a reference led to; NULL: none */
	const struct object_marks *marks;  /* what needs no look; set by the owner, or NULL */
	corruption_visitor visit;
	void *context;
	uint64_t unreadable_references; /* to where the target lacks the heap's memory: no damage */
};

/* ERROR_NO_MEMORY only. */
MUST_CHECK struct error *object_verifier_init(struct object_verifier *verifier, struct heap *heap,
					      const struct task *task, corruption_visitor visit,
					      void *context);
void object_verifier_deinit(struct object_verifier *verifier);

/* An object of a walk. What is wrong goes to the visitor; its errors, error_stop among them (the
 * object is a piece of the caller's walk), ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *object_verify(struct object_verifier *verifier,
				       const struct gc_object *object);

/* Whatever is at an address. Errors as object_verify(). */
MUST_CHECK struct error *address_verify(struct object_verifier *verifier, uint64_t address);

/* Is it only that memory cannot be read? Then nothing is known to be damaged. */
bool corruption_is_unreadable(enum corruption_kind kind);

/* "InvalidObjectReference" … */
const char *corruption_name(enum corruption_kind kind);

#endif
