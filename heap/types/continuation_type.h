/*
 * The types of .NET 11's runtime-async continuations: made at run time, one for each layout of what
 * an async method keeps across an await. Metadata knows only their base,
 * System.Runtime.CompilerServices.Continuation; the runtime makes their names of the layout.
 */
#ifndef HEAP_TYPES_CONTINUATION_TYPE_H
#define HEAP_TYPES_CONTINUATION_TYPE_H

#include "base/text.h"
#include "heap/types/type.h"

/* "Continuation_64_0_2_24_4": the bytes after the base's fields, then the offset among them and the
 * number of each run of references (src/coreclr/vm/asynccontinuations.h:
 * AsyncContinuationsManager::PrintContinuationName). *ret_known false: the layout cannot be read.
 */
MUST_CHECK struct error *continuation_name(struct heap *heap, const struct type *type,
					   struct text *text, bool *ret_known);

#endif
