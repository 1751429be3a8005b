/*
 * A target that hands everything to another one and records which pages were read: so that a small
 * core can hold what the answers to some questions need, by asking them.
 */
#ifndef ATTACH_TARGET_RECORDING_TARGET_H
#define ATTACH_TARGET_RECORDING_TARGET_H

#include "attach/target/target.h"

/* `lower` is borrowed: closing the recorder leaves it open. Beyond `limit_bytes` of pages nothing
 * more is recorded. What a record needs is allocated here, 24 bytes for each page up to the limit:
 * no read can fail to be recorded. Threads that read it at once share it first (target_share),
 * though the lower target may not need that. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *recording_target_new(struct target *lower, uint64_t limit_bytes,
					      struct target **ret);

/* What of [start, end) was read so far does not count. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *recording_target_forget(struct target *target, uint64_t start,
						 uint64_t end);

/* Was a page read that is not recorded, as there were more than the limit? */
bool recording_target_is_full(const struct target *target);

/* The pages that were read, ascending, never adjacent; the recorder's own, until the next read. */
const struct region *recording_target_pages(const struct target *target, size_t *ret_count);

#endif
