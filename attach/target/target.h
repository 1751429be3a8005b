/*
 * A target: anything with addresses. A core file, a process, a snapshot of one; tests have a
 * fake one. Every layer above sees only this. Several threads read one target at once when it is
 * concurrent, or within target_share(). It is closed with target_close(), which frees it.
 *
 * What a target does not have (a page left out of a dump, a guard page) is a hole: reads stop there
 * and say so; nothing is ever filled with zeros.
 */
#ifndef ATTACH_TARGET_TARGET_H
#define ATTACH_TARGET_TARGET_H

#include "attach/target/architecture.h"
#include "base/error.h"

#include <pthread.h>
#include <stddef.h>

/* A range of a file in the target's address space: NT_FILE of a core, /proc/PID/maps. Says where
 * the bytes came from, not that they are readable. */
struct mapping {
	uint64_t start, end, file_offset;
	const char *path; /* as the target saw it; valid during the visit */
};

/* A range that can be read (a PT_LOAD with bytes in the file, a readable line of /proc/PID/maps).
 */
struct region {
	uint64_t start, end;
	unsigned protection; /* PF_R, PF_W, PF_X of elf.h */
};

struct target_thread {
	int tid;
	int signal;                /* that stopped it; 0: none */
	const uint8_t *note_bytes; /* the architecture's user_regs_struct as NT_PRSTATUS holds it,
				      valid during the visit: registers_of_thread() reads it;
				      NULL: none */
	size_t note_size;
};

/* Why a page could not be read. */
enum target_hole {
	HOLE_EMPTY, /* nothing is there, or the target cannot know: a guard page, the file's end */
	HOLE_UNREADABLE, /* what is there cannot be read */
	HOLE_WITHHELD,   /* what may be there was not asked for: the process would have waited */
};

typedef struct error *(*mapping_visitor)(const struct mapping *mapping, void *context);
typedef struct error *(*region_visitor)(const struct region *region, void *context);
typedef struct error *(*thread_visitor)(const struct target_thread *thread, void *context);

struct target;
struct target_ops {
	const char *kind; /* "core", "live", "overlay", "fake" */
	void (*close)(struct target *target);
	/* Bytes copied; fewer than size: a hole follows. */
	size_t (*read_some)(struct target *target, uint64_t address, void *buffer, size_t size);
	/* Optional. Bytes in our own memory that hold [address, address + *ret_size), as many as
	 * are contiguous; NULL: a hole, or this target cannot lend. Valid until the target is
	 * closed. */
	const uint8_t *(*borrow)(struct target *target, uint64_t address, size_t *ret_size);
	/* Optional: [address, address + size) will be read next; bring it near. Never fails. */
	void (*expect)(struct target *target, uint64_t address, size_t size);
	/* Visits go in ascending order of addresses (threads: of the target's own order). A
	 * visitor's error ends the visit and is handed on. */
	struct error *(*visit_mappings)(struct target *target, mapping_visitor visit,
					void *context);
	struct error *(*visit_regions)(struct target *target, region_visitor visit, void *context);
	struct error *(*visit_threads)(struct target *target, thread_visitor visit, void *context);
	/* Optional: the auxiliary vector (NT_AUXV), pairs of u64. Bytes copied. */
	size_t (*auxv)(struct target *target, void *buffer, size_t size);
	/* Optional: ERROR_NOT_FOUND when what it read from is gone (a process that has ended): what
	 * is missing since then says nothing about it. */
	struct error *(*check)(struct target *target);
	/* Optional: opens a regular file for reading, by its path as the target sees it; -1 with
	 * errno. Without it the target has no files of its own: a dump, whose files may be here. */
	int (*open_file)(struct target *target, const char *path);
	/* Optional: lets go of what it holds (a stopped process, a snapshot's memory); check()
	 * reports that from then on. false: a thread sleeps uninterruptibly, and would stay stopped
	 * when it wakes: to be called again every few milliseconds. */
	bool (*release)(struct target *target);
	/* Optional: of a page that could not be read. */
	enum target_hole (*explain_hole)(struct target *target, uint64_t address);
	/* Optional: why the file does not have what it should hold at an address that could not be
	 * read, a constant clause; NULL: nothing should be there. */
	const char *(*explain_missing)(struct target *target, uint64_t address);
};

/* How much memory a process has, or had when its dump was written: of its own, and what its control
 * group allows. resident_bytes 0: not known, and nothing else here is. */
struct target_usage {
	uint64_t resident_bytes, anonymous_bytes, file_bytes, shared_bytes; /* VmRSS, its parts */
	uint64_t limit_bytes, limit_used_bytes; /* of the group with the least room left; limit 0:
						   none has one, or it could not be read */
	int64_t time_s;                         /* when, since 1970 */
};

/* What a file says of the dump that it holds, from its opening on; zeros of a process. */
struct target_facts {
	uint64_t missing_bytes; /* what a truncated file should have held and does not */
	uint64_t whole_bytes;   /* how long the file would be with them; 0: not a file */
	const char *notes_lost; /* why notes (threads, mapped files) may be missing: "is cut
				   short", to be said of the dump; NULL: none are */
	const char *damage; /* why any answer may be wrong: one clause; NULL: nothing is known */
	bool without_heap;  /* its writer left the GC's heap out but for single objects … */
	bool with_heap;     /* … or put all of it in; neither: it does not say */
	struct target_usage usage; /* as its writer noted it */
};

/* First member of each implementation. */
struct target {
	const struct target_ops *ops;
	struct target *lower;                    /* that this one reads from; NULL: none */
	const struct architecture *architecture; /* NULL: unknown */
	uint32_t page_size;                      /* bytes */
	int pid;                                 /* 0: unknown */
	bool is_live;            /* a process: parts of its regions may not be readable */
	bool is_concurrent;      /* may be read by several threads without target_share() */
	pthread_mutex_t *shared; /* recursive; held during each read; NULL: not shared */
	struct target_facts facts;
	/* What reads asked for since this was NULL, and the file should hold and does not: one
	 * clause, for answers. Of several it is the one that a dictionary has last: whichever
	 * thread met which first. */
	const char *met;
	/* The lowest address that a read asked for since this was 0 and did not get, whether or not
	 * anything should be there. */
	uint64_t lacks;
	uint64_t lowest; /* of its regions, where the first begins; 0: not known */
};

void target_close(struct target *target); /* NULL is allowed */

/* From now on one thread at a time reads a target that is not concurrent: the reads wait for each
 * other on `lock`, a recursive mutex that is borrowed until target_unshare() with the same one.
 * Both are called while no other thread reads; but for one that is shared already, which stays so
 * by the lock that it has: nothing is done to it. */
void target_share(struct target *target, pthread_mutex_t *lock);
void target_unshare(struct target *target, const pthread_mutex_t *lock);

/* Words for messages: "dump" or "process"; and of what was asked for and is not there: "is not in
 * the dump", "are not in the dump", of a process "cannot be read". */
const char *target_noun(const struct target *target);
const char *target_lacks_it(const struct target *target);
const char *target_lacks_them(const struct target *target);

/* Reads leave out what the target's processor does not look at of an address (address_mask). */

/* As many bytes as are contiguous: for scans and walks, makes no error object. What is not there is
 * noted (met, lacks): the answer is incomplete. */
size_t target_read_some(struct target *target, uint64_t address, void *buffer, size_t size);

/* The same, for what a whole dump need not have and an answer can do without: `lacks` is not noted.
 */
size_t target_try_some(struct target *target, uint64_t address, void *buffer, size_t size);

/* The same, for more than was asked for: nothing is noted. */
size_t target_read_ahead(struct target *target, uint64_t address, void *buffer, size_t size);

/* All bytes, or ERROR_FAULT with the first address that could not be read. */
MUST_CHECK struct error *target_read(struct target *target, uint64_t address, void *buffer,
				     size_t size);

/* Notes that an answer lacks what should be at the address (0: nothing): of what was tried, when
 * nothing else came in its place, or was found missing before. */
void target_note_lack(struct target *target, uint64_t address);

/* From now on what is asked for far below all regions (1 GiB) is no memory that is lacking: there
 * never was any. Errors are those of the visit. */
MUST_CHECK struct error *target_find_lowest(struct target *target);

/* What is lacking so far, 0: nothing; from here on nothing is. For what is read once and
 * remembered: each answer that goes by that lacks the same. */
uint64_t target_take_lacks(struct target *target);

/* NULL: a hole, or this target cannot lend, or not from there: target_read_some() knows, and notes
 * what is missing. See target_ops.borrow. */
const uint8_t *target_borrow(struct target *target, uint64_t address, size_t *ret_size);

/* A hint before a long walk upwards; free of effect where the target has no use for it. */
void target_expect(struct target *target, uint64_t address, size_t size);

MUST_CHECK struct error *target_visit_mappings(struct target *target, mapping_visitor visit,
					       void *context);
MUST_CHECK struct error *target_visit_regions(struct target *target, region_visitor visit,
					      void *context);
MUST_CHECK struct error *target_visit_threads(struct target *target, thread_visitor visit,
					      void *context);

/* The value of an auxiliary vector entry (AT_PHDR …); false: no vector, or no such entry. */
bool target_auxv(struct target *target, uint64_t type, uint64_t *ret);

/* ERROR_NOT_FOUND when the target has gone since it was opened. See target_ops.check. */
MUST_CHECK struct error *target_check(struct target *target);

/* See target_ops.release; does nothing, and answers true, where nothing is held. */
bool target_release(struct target *target);

/* See target_ops.explain_hole; HOLE_EMPTY where the target cannot know. */
enum target_hole target_explain_hole(struct target *target, uint64_t address);

/* See target_ops.explain_missing; NULL where the target cannot tell. */
const char *target_explain_missing(struct target *target, uint64_t address);

/* The file at `path`, as the target sees it; of a target without files of its own, as this machine
 * does. A path that names a FIFO or a terminal does no harm. The caller closes it; -1 with errno.
 */
int target_open_file(struct target *target, const char *path);

#endif
