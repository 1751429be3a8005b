/*
 * Writes an ELF core of any target: header, program headers, notes, then the segments one behind
 * the other, read in pieces of 1 MiB. Pages of zeros are not written but left as holes of the file;
 * they stand in the core all the same. Pages that cannot be read do not: their segment is split
 * around them. More than 65534 segments are counted in section header 0 (gABI: PN_XNUM).
 *
 * The file is valid at every moment: what is there when writing ends early is a core whose later
 * segments lie beyond the end of the file.
 */
#ifndef DUMP_CORE_WRITER_H
#define DUMP_CORE_WRITER_H

#include "attach/target.h"
#include "base/task.h"

struct core_segment {
	uint64_t start, end; /* whole pages */
	unsigned protection; /* PF_R, PF_W, PF_X */
	bool optional;       /* pages that cannot be read are no loss: beyond the end of a file */
	bool untouched;      /* zeros by definition: not read, a hole in the file */
};

struct core_contents {
	struct target *target;               /* memory, architecture, page size */
	const struct core_segment *segments; /* ascending */
	size_t segment_count;
	const void *notes;
	size_t notes_size; /* bytes */
};

struct core_written {
	uint64_t file_bytes;       /* length of the file */
	uint64_t memory_bytes;     /* that stand in the core */
	uint64_t zero_bytes;       /* of them not written, as zeros */
	uint64_t unreadable_bytes; /* of segments that are not optional */
};

/* Exactly how long the file will be when everything can be read. */
uint64_t core_file_bytes(const struct core_contents *contents);

/* `fd`: a new file, writable, seekable, empty. Neither synchronised nor closed. ERROR_OS (no space,
 * file too large …), ERROR_NO_MEMORY, ERROR_CANCELLED. */
MUST_CHECK struct error *core_write(int fd, const struct core_contents *contents,
				    const struct task *task, struct core_written *ret);

#endif
