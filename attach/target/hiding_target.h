/*
 * A target that hides stretches of another one: they read as holes, in copies and in loans, as if
 * the other had been written without them. For asking what an answer does without some memory.
 */
#ifndef ATTACH_TARGET_HIDING_TARGET_H
#define ATTACH_TARGET_HIDING_TARGET_H

#include "attach/target/target.h"

/* [start, end) */
struct hidden_range {
	uint64_t start, end;
};

/* `lower` is borrowed: closing this target leaves it open. The ranges are copied; they may be in
 * any order, overlap or be empty. Regions are cut to what is left of them; mappings, threads and
 * files are the lower target's. explain_missing says nothing of what is hidden. It may be read by
 * several threads if the lower target may. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *hiding_target_new(struct target *lower, const struct hidden_range *ranges,
					   size_t count, struct target **ret);

/* Hides more of it, while no other thread reads. What was lent before can still be read, and
 * regions that were visited before were not cut. ERROR_NO_MEMORY only: nothing more is hidden. */
MUST_CHECK struct error *hiding_target_hide(struct target *target,
					    const struct hidden_range *ranges, size_t count);

#endif
