/*
 * Writes an ELF core of any target: header, program headers (ascending by address), notes, then the
 * segments by priority, read in pieces of 1 MiB. Runs of zeros are left to the sink, which may have
 * holes; they are in the core all the same. Memory that was never touched costs nothing anywhere:
 * its program headers share one block of zeros. More than 65534 program headers are counted in
 * section header 0 (gABI: PN_XNUM).
 *
 * Pages that cannot be read are not in the core: where the sink can go back, a second table of
 * program headers leaves them out, and a trailer after everything names them
 * (dump/core/core_trailer.h). In their place are marks (dump/core/core_mark.h), by which they are
 * known when the core has ended before that; without `mark`, zeros.
 *
 * What was written is valid at every moment: when writing ends early it is a core whose later
 * segments lie beyond the end of the file, and those are the less important ones.
 */
#ifndef DUMP_COLLECT_CORE_WRITER_H
#define DUMP_COLLECT_CORE_WRITER_H

#include "attach/target/target.h"
#include "base/task.h"
#include "dump/collect/core_sink.h"
#include "dump/core/core_mark.h"
#include "dump/core/core_trailer.h"

/* In which order segments are in the file: what the others cannot be read without first. */
enum core_priority {
	CORE_RUNTIME, /* the runtime's module with its .bss: without it nothing can be found */
	CORE_FIRST,   /* its other data, headers of modules, metadata, symbols */
	CORE_STACKS,  /* of threads */
	CORE_HEAP,    /* the GC's heap and other private writable memory */
	CORE_REST,
	CORE_PRIORITIES
};

struct core_segment {
	uint64_t start, end; /* whole pages */
	unsigned protection; /* PF_R, PF_W, PF_X */
	bool optional;       /* pages that cannot be read are no loss when they may hold nothing */
	bool untouched;      /* zeros by definition: not read, not written */
	unsigned priority;   /* enum core_priority */
};

struct core_contents {
	struct target *target;               /* memory, architecture, page size */
	const struct core_segment *segments; /* ascending */
	size_t segment_count;
	const struct core_hole
		*lost; /* what the core should have besides, ascending; it may reach
			  over segments: named in the trailer where there is `mark` */
	size_t lost_count;
	const void *notes;
	size_t notes_size;            /* bytes */
	const struct core_mark *mark; /* NULL: none; else the notes have it */
};

struct core_written {
	uint64_t file_bytes;       /* length of the core, before any packing */
	unsigned priorities;       /* written whole: all segments of CORE_RUNTIME, CORE_FIRST … */
	uint64_t memory_bytes;     /* that are in the core */
	uint64_t zero_bytes;       /* of them not written, as zeros */
	uint64_t unreadable_bytes; /* of what is no optional loss */
	uint64_t withheld_bytes;   /* besides them, that were not asked for: HOLE_WITHHELD */
};

/* Exactly how long the core will be when everything can be read. */
uint64_t core_file_bytes(const struct core_contents *contents);

/* Neither finishes the sink nor frees it. *ret is right on failure too, as far as it got. ERROR_OS
 * (no space, file too large, the pipe has no reader …), ERROR_NO_MEMORY, ERROR_CANCELLED,
 * ERROR_NOT_FOUND when the target has gone meanwhile. */
MUST_CHECK struct error *core_write(struct core_sink *sink, const struct core_contents *contents,
				    const struct task *task, struct core_written *ret);

#endif
