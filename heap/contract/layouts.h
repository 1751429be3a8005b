/*
 * The layouts that clrpod ships: for each runtime major and architecture what the runtime's own
 * libcoreclr.so carries (NAME.descriptor.json and, since .NET 11, NAME.gc.descriptor.json,
 * extracted by tools/extract-descriptor.py; .NET 8 has none), and over it what that leaves out
 * (NAME.json: the DAC table's indices, the GC, the loader). Both are data in the descriptor's form.
 * data/README.md says what the additional keys mean.
 */
#ifndef HEAP_CONTRACT_LAYOUTS_H
#define HEAP_CONTRACT_LAYOUTS_H

#include <stddef.h>

struct layout_text {
	const char *bytes; /* JSON; not NUL-terminated */
	size_t size;
};

struct shipped_layout {
	struct layout_text additions;
	struct layout_text descriptor, gc_descriptor; /* { NULL, 0 } where there is none */
};

size_t shipped_layout_count(void);
struct shipped_layout shipped_layout_at(size_t index);

/* Constants that the documents of the contracts give beside the descriptor: { CONTRACT: { VERSION:
 * a descriptor } }. */
struct layout_text shipped_constants(void);

#endif
