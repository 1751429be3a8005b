/*
 * Methods: the runtime's MethodDescs (dotnet/runtime docs/design/datacontracts/
 * RuntimeTypeSystem.md, "MethodDesc"; src/coreclr/vm/method.hpp). A MethodDesc is in a chunk, whose
 * MethodTable owns it; chunk and MethodDesc together hold the token of its definition.
 */
#ifndef HEAP_TYPES_METHOD_H
#define HEAP_TYPES_METHOD_H

#include "heap/types/type.h"

/* MethodDesc.Flags, the lowest three bits: RuntimeTypeSystem.md, MethodClassification. */
enum method_kind {
	METHOD_IL,
	METHOD_FCALL,
	METHOD_PINVOKE,
	METHOD_EE_IMPLEMENTED, /* a delegate's Invoke and its like */
	METHOD_ARRAY,          /* Get, Set, Address, .ctor of arrays: made by the runtime */
	METHOD_INSTANTIATED,   /* a generic method with its arguments, or the definition of one */
	METHOD_COM,
	METHOD_DYNAMIC, /* System.Reflection.Emit.DynamicMethod, and stubs */
};

struct method {
	uint64_t address; /* of the MethodDesc */
	enum method_kind kind;
	const struct type *owner; /* canonical, where code is shared: List<__Canon> */
	uint32_t token;           /* MethodDef token in owner->module; 0: made by the runtime */
};

/* ERROR_BAD_DATA when no MethodDesc is there (its chunk leads to no type, or its definition belongs
 * to another one), ERROR_FAULT when that cannot be read. Both name the address. */
MUST_CHECK struct error *method_at(struct heap *heap, uint64_t address, struct method *ret);

/* As SOS and ClrMD spell it: Demo.Box`1[[System.__Canon,
 * System.Private.CoreLib]].Get[[System.Int32, System.Private.CoreLib]](System.__Canon, Int32
 * ByRef). In arena. *ret NULL: its metadata, or a name in it, cannot be read. */
MUST_CHECK struct error *method_name(struct heap *heap, const struct method *method,
				     struct arena *arena, const char **ret);

#endif
