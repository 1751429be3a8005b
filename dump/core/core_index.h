/*
 * What an ELF core says of itself, read once at open: where each address is in the file, the
 * threads, the file mappings, the auxiliary vector. Everything points into the core's bytes, which
 * must outlive the index. A truncated core is indexed as far as it goes; what is beyond its end is
 * counted in facts.missing_bytes.
 */
#ifndef DUMP_CORE_CORE_INDEX_H
#define DUMP_CORE_CORE_INDEX_H

#include "attach/target/target.h"
#include "dump/core/core_mark.h"
#include "dump/core/core_trailer.h"
#include "dump/core/region_list.h"

/* Addresses whose bytes are in the file. The table is ascending and free of overlaps. */
struct core_range {
	uint64_t start, end;
	uint64_t file_offset;
	uint64_t run_end; /* up to here addresses and file offsets go on together, over later ranges
			   */
	unsigned protection;
};

/* The core's bytes. Of one that is packed only these parts are in memory; of others, both are all
 * of it. */
struct core_parts {
	const uint8_t *head; /* from the first byte on: ELF header, program headers, notes */
	size_t head_size;
	const uint8_t
		*tail; /* the last bytes: a trailer (dump/core/core_trailer.h) if it has one */
	size_t tail_size;
	uint64_t size; /* of the whole core */
};

struct core_index {
	struct core_parts parts;
	const struct architecture *architecture;
	uint32_t page_size;
	int pid; /* of NT_PRPSINFO; 0: unknown */
	struct core_range *ranges;
	size_t range_count;
	struct target_thread *threads;
	size_t thread_count;
	struct mapping *mappings; /* ascending */
	size_t mapping_count;
	const uint8_t *auxv;
	size_t auxv_size; /* bytes */
	struct target_facts facts;
	struct region_list cut; /* of segments, what the file ends before */
	struct region_list
		lost; /* what the process had, and whoever wrote the core could not read */
	bool marked;  /* a core of ours: pages that could not be read begin with the mark … */
	struct core_mark mark;
	bool has_trailer; /* … but for those that this has named */
};

/* The head begins as file_kind_of() == FILE_KIND_CORE asks. ERROR_BAD_DATA when no memory of the
 * process can be found in it. On failure nothing is left to free. */
MUST_CHECK struct error *core_index_read(const struct core_parts *parts, struct core_index *ret);
void core_index_deinit(struct core_index *index);

/* Holes that were not known when the index was read: ascending. */
MUST_CHECK struct error *core_index_leave_out(struct core_index *index,
					      const struct core_hole *holes, size_t count);

/* What of them is lost, in any order. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *core_index_name_lost(struct core_index *index,
					      const struct core_hole *lost, size_t count);

/* The range that holds address; NULL: a hole. */
const struct core_range *core_index_find(const struct core_index *index, uint64_t address);

/* Did the file end before this address of a segment? */
bool core_index_is_cut(const struct core_index *index, uint64_t address);

/* Does the core say that it should have what is at this address? Asked of a hole. */
bool core_index_is_lost(const struct core_index *index, uint64_t address);

#endif
