/*
 * Which memory of a live process goes into its core, as segments. Mapped files whole (symbols,
 * descriptor, metadata), very large ones by their resident pages; anonymous memory by the pages
 * that were touched, the others as zeros that take no space; shared memory by the pages that its
 * file has (reading others would bring them into being, at the process's expense); devices and
 * [vvar] not at all.
 */
#ifndef DUMP_COLLECT_CORE_LAYOUT_H
#define DUMP_COLLECT_CORE_LAYOUT_H

#include "attach/frozen_pages.h"
#include "dump/collect/core_writer.h"

struct core_layout {
	struct core_segment *segments; /* ascending */
	size_t count, capacity;
	uint64_t bytes;           /* of the segments that have to be read */
	uint64_t untouched_bytes; /* mapped, accessible, never touched: zeros, holes in the file */
	uint64_t too_long_bytes;  /* never touched, and in runs that are left out: missing */
	uint64_t left_out_bytes;  /* of large files, devices, memory that a snapshot lost */
	uint64_t unknown_bytes;   /* of shared memory with a file that cannot be asked which of its
				     pages exist: left out, and perhaps missing */
	struct core_hole *lost; /* mappings that have unknown or lost memory, and runs of untouched
				   memory that are too long; ascending */
	size_t lost_count, lost_capacity;
};

/* Free with core_layout_deinit(), failed or not. Without a readable page map all that is readable
 * counts as touched. Of a snapshot `pid` is its copy, and `frozen` says what of the copy does not
 * count; else NULL. */
MUST_CHECK struct error *core_layout_build(int pid, const struct process_maps *maps,
					   const struct frozen_pages *frozen,
					   struct core_layout *ret);
void core_layout_deinit(struct core_layout *layout);

#endif
