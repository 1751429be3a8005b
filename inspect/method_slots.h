/* The methods of a class by their slots, as dumpmt -md lists them. */
#ifndef INSPECT_METHOD_SLOTS_H
#define INSPECT_METHOD_SLOTS_H

#include "heap/code/method_code.h"
#include "inspect/question.h"

struct slot_view {
	uint32_t slot;
	uint64_t entry;     /* where calls go; 0: none yet */
	bool entry_unknown; /* which was counted */
	uint64_t method;    /* MethodDesc; 0: unknown, which was counted */
	const char *name;   /* in scratch; NULL: unknown */
	const char *state;  /* as SOS writes it: NONE, JIT, PreJIT, FCALL; "?": unknown */
};

typedef struct error *(*slot_visitor)(const struct slot_view *slot, void *context);

/* Virtual slots first, inherited ones too, then what else the class introduces, by slot. (SOS on
 * .NET 9 and later has the latter, of an instantiation that shares its code, in the order of their
 * MethodDescs.) `slots`: the class's, by method_slots_read(). The visitor's errors; ERROR_FAULT and
 * ERROR_BAD_DATA where a class cannot be read.
 */
MUST_CHECK struct error *method_slots_visit(const struct question *question,
					    const struct type *type,
					    const struct method_slots *slots, slot_visitor visit,
					    void *context);

#endif
