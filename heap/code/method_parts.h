/*
 * The inside of heap/code/method_code.h: a MethodDesc's optional parts (RuntimeTypeSystem.md,
 * "MethodDesc"; src/coreclr/vm/method.hpp). After the fields of its kind come, each if its flag is
 * set: a slot, a MethodImpl, a place for the address of native code, data of an async method.
 */
#ifndef HEAP_CODE_METHOD_PARTS_H
#define HEAP_CODE_METHOD_PARTS_H

#include "heap/heap.h"

/* MethodDesc.Flags; the same in every runtime from .NET 8 on. */
enum {
	METHOD_KIND_MASK = 0x7,
	METHOD_HAS_SLOT = 0x8,
	METHOD_HAS_IMPLEMENTATION = 0x10,
	METHOD_HAS_CODE_SLOT = 0x20,
	METHOD_HAS_ASYNC_DATA = 0x40,
};

/* MethodDesc.Flags3AndTokenRemainder. */
enum {
	METHOD_STABLE_ENTRY = 0x1000,
	METHOD_HAS_PRECODE = 0x2000,
	METHOD_IS_TIERED = 0x8000,
};

struct method_parts {
	struct field flags, flags_3, slot, code_data;                        /* MethodDesc */
	struct field chunk_table, chunk_next, chunk_count, chunk_size;       /* MethodDescChunk */
	struct field virtual_count, interface_count, auxiliary, non_virtual; /* MethodTable */
	struct field optional_flags, first_optional; /* MethodTable, before .NET 9 */
	struct field chunks, method_count;           /* EEClass */
	uint32_t bytes[METHOD_KIND_MASK + 1];        /* of a MethodDesc by kind; 0: unknown */
	uint32_t chunk_bytes, table_bytes, implementation_bytes, async_bytes;
	uint64_t alignment;
};

struct method_flags {
	uint64_t flags, flags_3, slot;
};

MUST_CHECK struct error *method_parts_bind(struct heap *heap, struct method_parts *ret);
MUST_CHECK struct error *method_state_read(struct heap *heap, const struct method_parts *parts,
					   uint64_t method, struct method_flags *ret);
/* `part`: METHOD_HAS_SLOT, METHOD_HAS_IMPLEMENTATION or METHOD_HAS_CODE_SLOT; *ret 0: it has none.
 */
MUST_CHECK struct error *method_part_address(const struct method_parts *parts, uint64_t method,
					     const struct method_flags *flags, unsigned part,
					     uint64_t *ret);

#endif
