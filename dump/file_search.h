/*
 * Where on this machine the file of a module may be: below a --sysroot directory (as
 * DIR/path-in-dump, then DIR/name, then every file of that name below DIR), then at the path in the
 * dump. Whether a file is the right one is for the caller to prove.
 */
#ifndef DUMP_FILE_SEARCH_H
#define DUMP_FILE_SEARCH_H

#include "base/arena.h"

struct file_search; /* a directory, and what is below it, listed at the first need */

struct file_candidate {
	const char *path;
	bool from_sysroot;
	bool by_name_only; /* found below DIR by its name: there may be others */
};

/* sysroot may be NULL: then only the paths in the dump are looked at. */
MUST_CHECK struct error *file_search_new(const char *sysroot, struct file_search **ret);
void file_search_free(struct file_search *search);

/* The candidates for `path` (as the target saw it), best first; existing or not. In `arena`. */
MUST_CHECK struct error *file_search_find(struct file_search *search, const char *path,
					  struct arena *arena, struct file_candidate **ret,
					  size_t *ret_count);

/* A regular file, mapped read-only. */
struct mapped_file {
	const uint8_t *bytes;
	size_t size;
};

/* false: there is no such regular file, it is empty or it cannot be read. The file must not shrink
 * while it is mapped. Released with mapped_file_release(bytes, size). */
bool mapped_file_open(const char *path, struct mapped_file *ret);
void mapped_file_release(const uint8_t *bytes, size_t size);

#endif
