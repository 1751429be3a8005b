/*
 * Precodes: the small pieces of code that replace a method in slots and delegates until it has code
 * of its own, and after that where calls go through one place (dotnet/runtime
 * docs/design/datacontracts/PrecodeStubs.md; src/coreclr/vm/precode.h). Both kinds load their
 * MethodDesc from data beside them into the same register: the instruction says where that is
 * (stub_data of attach/target/architecture.h), so no layout is needed.
 */
#ifndef HEAP_CODE_PRECODE_H
#define HEAP_CODE_PRECODE_H

#include "heap/heap.h"

/* The MethodDesc of the precode that begins there; *ret 0: no precode, or one of another purpose
 * (what it loads is then no MethodDesc). */
MUST_CHECK struct error *precode_method(struct heap *heap, uint64_t entry, uint64_t *ret);

#endif
