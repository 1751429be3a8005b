/*
 * IL, as far as `get` needs it: which fields a computed getter reads and what it calls, and whether
 * it is nothing but a field. Opcodes and their operands: ECMA-335 III (table of III.1.2.1 and each
 * instruction's own clause). Works on bytes of our own (reader_borrow() of pe_image_method_body());
 * allocates nothing, cannot loop: it goes through the bytes once.
 */
#ifndef HEAP_METADATA_IL_H
#define HEAP_METADATA_IL_H

#include "base/error.h"
#include "base/limits.h"

#include <stddef.h>

enum il_use_kind {
	IL_LOADS_FIELD,          /* ldfld (of instances; of statics too, III.4.10) */
	IL_LOADS_FIELD_ADDRESS,  /* ldflda */
	IL_LOADS_STATIC,         /* ldsfld */
	IL_LOADS_STATIC_ADDRESS, /* ldsflda */
	IL_STORES_FIELD,         /* stfld, stsfld: a getter that caches */
	IL_CALLS,                /* call, callvirt, newobj, jmp */
};

struct il_use {
	enum il_use_kind kind;
	uint32_t token;  /* Field, MethodDef, MemberRef or MethodSpec: metadata_member() */
	uint32_t offset; /* bytes from the start of the IL */
};

typedef struct error *(*il_use_visitor)(const struct il_use *use, void *context);

/* Visits every use in the order of the code (the same token as often as it is there).
 * ERROR_BAD_DATA for an opcode that does not exist or an operand beyond the end: what was visited
 * until then is not to be trusted. A visitor's error ends the visit and is handed on. */
MUST_CHECK struct error *il_visit_uses(const uint8_t *il, size_t size, il_use_visitor visit,
				       void *context);

struct il_getter {
	bool is_static;                       /* begins with ldsfld, else with ldarg.0 (this) */
	uint32_t field_count;                 /* 0 only for `return this` */
	uint32_t fields[LIMIT_GETTER_FIELDS]; /* tokens, from the outside in */
};

/*
 * Is it nothing but `ldarg.0 | ldsfld X`, then any number of ldfld, then ret? Also as unoptimized
 * code has it (nop; ...; stloc.0; br.s to the next instruction; ldloc.0; ret). For a static method
 * ldarg.0 is the first argument: ask only for getters without parameters.
 */
bool il_trivial_getter(const uint8_t *il, size_t size, struct il_getter *ret);

#endif
