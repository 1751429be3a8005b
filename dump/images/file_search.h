/*
 * Where the file of a module may be: DIR/path-in-dump and DIR/name, then at the path in the dump
 * itself (of a live process: as the process sees it, never ours of the same path), then every file
 * of that name below the --sysroot directory DIR. DIR is listed once, and only when a file was at
 * none of the first three. Whether a file is the right one is for the caller to prove.
 */
#ifndef DUMP_IMAGES_FILE_SEARCH_H
#define DUMP_IMAGES_FILE_SEARCH_H

#include "attach/target/target.h"
#include "base/arena.h"
#include "base/task.h"

struct file_search; /* a directory, and what is below it once that was listed */

struct file_candidate {
	const char *path;  /* in the query's arena */
	const char *below; /* the end of path that is below DIR; NULL: not from DIR */
	bool by_name_only; /* found below DIR by its name: there may be others */
};

/* One search, from the best candidate to the last. Start it with file_search_start(). */
struct file_query {
	struct file_search *search;
	struct arena *arena;
	const char *path; /* cleaned; NULL: none that may be opened */
	unsigned step;
	size_t next; /* in the listing */
};

/* sysroot may be NULL: then only the paths in the dump are looked at. They are opened by
 * target_open_file() of `target`, borrowed. */
MUST_CHECK struct error *file_search_new(struct target *target, const char *sysroot,
					 struct file_search **ret);
void file_search_free(struct file_search *search);

/* What may stop the listing of DIR from now on; borrowed, NULL: nothing may. */
void file_search_set_task(struct file_search *search, const struct task *task);

/* NULL: none. */
const char *file_search_sysroot(const struct file_search *search);

/* For `path` as the target saw it. */
MUST_CHECK struct error *file_search_start(struct file_search *search, const char *path,
					   struct arena *arena, struct file_query *ret);

/* The next candidate, existing or not; *ret_found false: there is none left. ERROR_CANCELLED by the
 * task, after which the next query lists DIR anew. */
MUST_CHECK struct error *file_search_next(struct file_query *query, struct file_candidate *ret,
					  bool *ret_found);

/* A regular file, mapped read-only. */
struct mapped_file {
	const uint8_t *bytes;
	size_t size;
};

/*
 * Maps a candidate. Below DIR, absolute links are taken as a process whose root is DIR takes them
 * (an unpacked image's), and only when that leads nowhere as this machine does. false: there is no
 * such regular file, it is empty or it cannot be read. The file must not shrink while it is mapped.
 * Released with mapped_file_release(bytes, size).
 */
bool file_search_open(const struct file_search *search, const struct file_candidate *candidate,
		      struct mapped_file *ret);
void mapped_file_release(const uint8_t *bytes, size_t size);

#endif
