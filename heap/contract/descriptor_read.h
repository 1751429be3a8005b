/*
 * The runtime's own contract descriptors, read from the target (dotnet/runtime
 * docs/design/datacontracts/contract-descriptor.md): the one that the runtime exports, and those
 * that it refers to. `subDescriptors { NAME: [[INDEX], TYPE] }` (.NET 11; datacontracts_design.md,
 * "Sub-descriptor pointers") names a pointer_data entry, the address of a variable that points to
 * another DotNetRuntimeContractDescriptor: the GC's, which may be in libclrgc.so.
 */
#ifndef HEAP_CONTRACT_DESCRIPTOR_READ_H
#define HEAP_CONTRACT_DESCRIPTOR_READ_H

#include "base/limits.h"
#include "heap/contract/descriptor_parse.h"

struct own_descriptor {
	uint64_t address;
	cJSON *json;
	struct pointer_data data;
};

/* In the order found: the runtime's first. count 0: none could be read. */
struct own_descriptors {
	struct own_descriptor list[LIMIT_DESCRIPTORS];
	size_t count;
};

/*
 * The descriptor at `address` and all below it. ERROR_FAULT when bytes are missing, ERROR_BAD_DATA
 * when they are none, ERROR_UNSUPPORTED for one that builds on a baseline: nothing is kept then.
 * One below it that cannot be read is left out, and why goes to *ret_left_out (NULL: all were read;
 * the caller's). A variable that is still null is no descriptor. Pointers live in `arena`.
 */
MUST_CHECK struct error *own_descriptors_read(struct reader *reader, struct arena *arena,
					      uint64_t address, struct own_descriptors *ret,
					      struct error **ret_left_out);
void own_descriptors_deinit(struct own_descriptors *own);

/* The version of a contract as one of them writes it; NULL: none names it. */
const cJSON *own_descriptors_contract(const struct own_descriptors *own, const char *name);

#endif
