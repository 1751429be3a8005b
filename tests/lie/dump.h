/*
 * A shipped dump under test: its core, below it a target that hides, and one that records what is
 * read. Nothing is lent, so that each read is recorded, and reads are the same in each variant.
 */
#ifndef TESTS_LIE_DUMP_H
#define TESTS_LIE_DUMP_H

#include "attach/target/hiding_target.h"
#include "commands/interpreter/session.h"

enum { PAGE = 4096 };

struct ranges {
	struct hidden_range *items; /* ascending */
	size_t count, capacity;
};

struct dump {
	const char *path, *name;
	struct target *core;
	struct ranges regions; /* of the core: a PT_LOAD's bytes each */
};

/* What was opened of a dump. */
struct opened {
	struct target *hiding, *recording;
	struct session *session;
	struct target_ops ops; /* the session's target's, but for region visits, which count */
};

/* Packed dumps are unpacked in memory. The dump lasts as long as the process. */
MUST_CHECK struct error *dump_open(const char *path, struct dump *ret);

/* Opens the dump without `hidden`. A session that has no runtime is none that failed. */
MUST_CHECK struct error *opened_open(const struct dump *dump, const struct ranges *hidden,
				     struct opened *ret);
void opened_close(struct opened *opened);

/* How often regions were visited so far, by anything that was opened. */
unsigned long region_visits(void);

/* The pages that were read so far, into *ret, whose items are the caller's to free; what was read
 * before is forgotten. */
MUST_CHECK struct error *opened_take_pages(struct opened *opened, struct ranges *ret);

MUST_CHECK struct error *ranges_add(struct ranges *ranges, uint64_t start, uint64_t end);
bool ranges_meet(const struct ranges *ranges, uint64_t start, uint64_t end);

#endif
