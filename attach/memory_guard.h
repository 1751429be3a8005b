/*
 * How much memory a process's control groups, and this machine, still have for it: a copy-on-write
 * snapshot grows by what the process writes, at the expense of the process's own limit, and with
 * memory.oom.group=1 (Kubernetes) running out of it kills the process too. So room is asked for
 * before a snapshot, and again every few milliseconds while there is one: the files stay open.
 *
 * The groups are those of attach/control_group.h: cgroup v2 (memory.max) and v1
 * (memory.limit_in_bytes; cgroup-v1/memory.rst). Cached file pages count as room: the kernel takes
 * them back before it kills (Documentation/admin-guide/cgroup-v2.rst, "memory.stat").
 */
#ifndef ATTACH_MEMORY_GUARD_H
#define ATTACH_MEMORY_GUARD_H

#include "base/error.h"

struct memory_guard;

struct memory_room {
	uint64_t limit_bytes, used_bytes; /* of the level with the least room to spare */
	uint64_t room_bytes;              /* until the limit */
	bool has_cached;                  /* room_bytes has the pages that can be taken back, too */
	uint64_t floor_bytes;             /* below, a snapshot must go */
	unsigned level;                   /* its number, among those of its guard */
	bool is_machine;                  /* the level is this machine, no control group */
	bool kills_group;                 /* out of memory there kills every process of the group */
};

/* Also of a process whose first thread has ended. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *memory_guard_open(int pid, struct memory_guard **ret);
void memory_guard_close(struct memory_guard *guard); /* NULL is allowed */

/* Can the limits be seen? False: the process is in a control group that is not mounted where we
 * can read it, so it may have limits that we do not know of. */
bool memory_guard_sees(const struct memory_guard *guard);

/* Once, and of control groups alone: false: none has a limit, or it cannot be read. */
bool memory_limit_read(int pid, struct memory_room *ret);

/* Looks that follow each other: zeroed before the first. */
struct memory_pace {
	struct memory_room room; /* at the last look */
	struct memory_room from; /* what the next rate is taken from */
	uint64_t from_ns;        /* when that was, CLOCK_MONOTONIC */
	uint64_t ahead_bytes;    /* what 40 ms take at the last rate */
};

/* One look more. True: the room is below its floor, or 40 ms more at the rate at which it falls
 * would lead there (on a busy machine the look waits for a processor, too). A rate is of 3 ms at
 * least (the kernel counts memory by pieces), and of two looks that can be compared: at one level,
 * with one limit, both with what can be taken back or both without. After others the rate before
 * stays. A second look at the same time only says whether its room is too little. */
bool memory_pace_step(struct memory_pace *pace, const struct memory_room *room, uint64_t now_ns);

/* Looks now, and takes the step. Pages of files that can be taken back are no reason to answer
 * true: they are asked for first. */
bool memory_guard_runs_short(const struct memory_guard *guard, struct memory_pace *pace);

/* How many bytes must be left there, at least, for a snapshot to begin: it would be dropped at once
 * otherwise. */
uint64_t memory_guard_kept_bytes(const struct memory_room *room);

/* As of now. Of a process without limits: the machine's room. `exact`: room_bytes has the pages of
 * files that can be taken back; else it has a group's only below two floors (has_cached), as the
 * kernel works them out when it is asked. */
void memory_guard_room(const struct memory_guard *guard, bool exact, struct memory_room *ret);

/* Of a room: what may be taken of it, so that its floor is left, or half of it where that is less
 * than two floors. */
uint64_t memory_room_spare_bytes(const struct memory_room *room);

/* The least of what may be taken now, of all groups and of the machine; memory.high is a limit
 * here, too, above which the kernel slows down allocations (cgroup-v2.rst). *ret_machine: it is the
 * machine that has so little. Without any figure more than any machine has. */
uint64_t memory_guard_spare_bytes(const struct memory_guard *guard, bool *ret_machine);

#endif
