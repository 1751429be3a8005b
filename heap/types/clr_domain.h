/*
 * The AppDomain (there is one since .NET Core), the system domain, and the heaps they load types
 * into: docs/design/datacontracts/Loader.md, src/coreclr/vm/appdomain.hpp, loaderallocator.hpp.
 */
#ifndef HEAP_TYPES_CLR_DOMAIN_H
#define HEAP_TYPES_CLR_DOMAIN_H

#include "heap/heap.h"

struct clr_domain {
	uint64_t address;
	uint32_t id;       /* 0: the system domain */
	const char *name;  /* "clrhost"; "" none. In the arena given */
	const char *stage; /* as SOS spells AppDomain's: "OPEN"; a runtime without stages is open */
	/* Of the global loader allocator, which both domains share; 0: this runtime has none such.
	 */
	uint64_t low_frequency_heap, high_frequency_heap, stub_heap;
};

/* The AppDomain's address; 0: it cannot be read. */
uint64_t clr_domain_address(struct heap *heap);

/* The system domain, then the AppDomain. ERROR_UNSUPPORTED when the contract lacks a field,
 * ERROR_FAULT when one of them cannot be read. */
enum { CLR_DOMAINS = 2 };
MUST_CHECK struct error *clr_domains_read(struct heap *heap, struct arena *arena,
					  struct clr_domain ret[CLR_DOMAINS]);

#endif
