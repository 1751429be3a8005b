/*
 * What the keeper of a snapshot (attach/snapshot_keeper.h) hands to the process that asked for it:
 * threads, mappings and frozen pages, in a memory file that both have.
 */
#ifndef ATTACH_SNAPSHOT_RECORD_H
#define ATTACH_SNAPSHOT_RECORD_H

#include "attach/frozen_pages.h"
#include "attach/thread_stop.h"

struct snapshot_record {
	int copy_pid; /* the copy, as we see it; a stopped process whose memory is the snapshot */
	double pause_ms; /* from the first interrupt to the last detach */
	const struct stopped_thread *threads;
	size_t thread_count;
	struct process_maps maps; /* of the process itself */
	struct frozen_pages frozen;
};

/* Writes after `*offset`, where it then begins. The frozen runs are in the file already. */
MUST_CHECK struct error *snapshot_record_write(int fd, const struct snapshot_record *record,
					       uint64_t *offset);

/* Reads what was written at `offset`. The bytes are in a mapping of the file, which
 * snapshot_record_unmap() removes; arrays in `arena`. */
MUST_CHECK struct error *snapshot_record_map(int fd, uint64_t offset, struct arena *arena,
					     struct snapshot_record *ret);
void snapshot_record_unmap(struct snapshot_record *record, int fd);

#endif
