/*
 * Finding the runtime's tables without symbols: the DAC table (docs/RUNTIME.md, "Finding the
 * runtime", 3): it is in the runtime's .bss, which every dump holds. Its length proves nothing;
 * what does is two entries in succession: one whose variable is g_heap_type (1 workstation, 2
 * server), the next whose variable points at a GcDacVars with a plausible generation size and
 * count. The indices and bounds come from the shipped layout ("scan").
 */
#ifndef HEAP_CONTRACT_TABLE_SCAN_H
#define HEAP_CONTRACT_TABLE_SCAN_H

#include "attach/target/reader.h"
#include "base/task.h"
#include "dump/images/module_list.h"

struct table_pattern {
	uint64_t gc_heap_type, gc_dac_globals;            /* indices in the DAC table */
	uint64_t generation_size_at, generation_count_at; /* byte offsets in GcDacVars */
	uint64_t generation_size_min, generation_size_max, generation_count;
};

/* contract-descriptor.md: the first word of a DotNetRuntimeContractDescriptor. */
extern const char descriptor_magic[8];

/* Does a DAC table that fits the pattern start at `table`? */
bool table_matches(struct reader *reader, const struct table_pattern *pattern, uint64_t table);

/* Where to look, and what may end it. */
struct scan_place {
	struct reader *reader;
	const struct elf_module *module;
	const struct task *task; /* NULL: cannot be stopped */
};

/* The next table at or after *cursor in the module's writable memory; *cursor is then after it.
 * Start with *cursor = 0. *ret_found false: no more. Only memory of the target's regions is looked
 * at, however long the module says it is. ERROR_CANCELLED, or what visiting the regions answers. */
MUST_CHECK struct error *table_scan(const struct scan_place *place,
				    const struct table_pattern *pattern, uint64_t *cursor,
				    bool *ret_found, uint64_t *ret);

/* The same for a DotNetRuntimeContractDescriptor that no symbol leads to: it is in .data. Any of
 * the module's: the GC of .NET 11 has its own. */
MUST_CHECK struct error *descriptor_scan(const struct scan_place *place, uint64_t *cursor,
					 bool *ret_found, uint64_t *ret);

#endif
