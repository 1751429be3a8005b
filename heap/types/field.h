/*
 * Fields of a class: from the runtime's FieldDesc list (offset, token, static bits:
 * docs/RUNTIME-TABLE.md 1d; docs/design/datacontracts/RuntimeTypeSystem.md, src/coreclr/vm/field.h)
 * and the metadata (name, signature). FieldDesc's own element type is not enough: an enum shows as
 * its primitive, every reference as CLASS; the signature decides.
 */
#ifndef HEAP_TYPES_FIELD_H
#define HEAP_TYPES_FIELD_H

#include "heap/types/type.h"

struct type_field {
	const char *name; /* "<field 0400001a>" when metadata is not there */
	uint32_t token;
	uint32_t offset;      /* bytes: of instance fields from the first byte after the MethodTable
				 pointer (of structs: from the value's first byte); of statics from
				 their base */
	uint8_t element_type; /* FieldDesc's CorElementType */
	bool is_static, is_thread_static, is_rva;
	uint32_t attributes;          /* FieldAttributes, ECMA-335 II.23.1.5 */
	const struct type *declaring; /* has the FieldDesc (the exact instantiation) */
	const struct type *type;      /* resolved on first use: field_type() */
};

/* The first byte of an object's fields: after its MethodTable pointer (src/coreclr/vm/object.h).
 */
static inline uint64_t object_fields(uint64_t object)
{
	return object + sizeof(uint64_t);
}

/* Own instance fields, then own statics, in the FieldDesc list's order; not the parents'. Literals
 * (const) have no FieldDesc. In the heap's arena. */
MUST_CHECK struct error *type_own_fields(struct heap *heap, const struct type *type,
					 const struct type_field **ret, size_t *ret_count);

/* All instance fields, the parents' first (as SOS lists them), then the statics of all of them when
 * `statics`. In scratch. */
MUST_CHECK struct error *type_all_fields(struct heap *heap, const struct type *type, bool statics,
					 struct arena *scratch, const struct type_field ***ret,
					 size_t *ret_count);

/* The field's declared type, from its signature in the context of the declaring type. Never NULL on
 * success; a type that is not loaded has handle 0. */
MUST_CHECK struct error *field_type(struct heap *heap, const struct type_field *field,
				    const struct type **ret);

/* The name a user knows a field by: the property of a backing field, else the field's own; in `to`
 * of `size` bytes when it had to be made (one that does not fit stays as it is). */
enum { FIELD_SHOWN_NAME_BYTES = 128 };
const char *field_shown_name(const struct type_field *field, char *to, size_t size);

/* A field by name, own ones first, then the parents'; NULL: none. `statics`: static ones only, else
 * instance ones only. An auto-property's name finds its backing field (<Name>k__BackingField), so
 * does one of an anonymous type (<Name>i__Field) and a captured constructor parameter (<name>P). */
MUST_CHECK struct error *field_by_name(struct heap *heap, const struct type *type, const char *name,
				       bool statics, const struct type_field **ret);

/* How many methods a class has, inherited virtual ones included, where the runtime packs its counts
 * (before .NET 9); ERROR_UNSUPPORTED elsewhere. */
MUST_CHECK struct error *class_counted_methods(struct heap *heap, uint64_t ee_class, uint32_t *ret);

/* A static's place. */
enum static_state { STATIC_READY, STATIC_NOT_INITIALIZED, STATIC_UNREADABLE };

/* The address of a static's slot (an object reference's slot, a primitive's bytes; a struct's slot
 * holds a boxed object where the runtime boxes it: *ret is then already the struct's first byte).
 * `thread` NULL for ordinary statics, a struct clr_thread for thread statics: ERROR_USAGE for a
 * thread static without a thread and for a field that is not static. ERROR_UNSUPPORTED when the
 * contract does not say where statics are.
 *
 * STATIC_NOT_INITIALIZED: the class initialiser has not run to its end, or the thread has no
 * storage for the field. *ret is then 0, or where the value will be if there is storage already (a
 * class whose initialiser is running). On .NET 9 and later primitives of a thread that never
 * touched them can be STATIC_READY with the value 0: they are in the thread's own structure and
 * nothing marks them. */
struct clr_thread;
MUST_CHECK struct error *field_static_address(struct heap *heap, const struct type_field *field,
					      const struct clr_thread *thread,
					      enum static_state *ret_state, uint64_t *ret);

#endif
