/*
 * A file that appears whole or not at all: written as PATH.partial, mode 0600, synchronised,
 * renamed to PATH. Whatever fails before, PATH.partial is removed.
 */
#ifndef DUMP_COLLECT_OUTPUT_FILE_H
#define DUMP_COLLECT_OUTPUT_FILE_H

#include "base/error.h"

enum {
	OUTPUT_KEEP_FREE_PERCENT = 15, /* of the file system: below 10 % a node evicts pods */
	OUTPUT_PACKED_DIVISOR = 2,     /* packed, a dump is assumed to be half as long: a fifth to
					  a fifteenth is usual, encrypted data are not packed */
};

struct output_file;
struct stat;

/* Has the file still this name in the folder (openat(2)), itself and not by a link? What was put in
 * its place is not ours to rename or remove. */
bool file_has_name(const struct stat *file, int folder, const char *name);

/* May PATH be written? ERROR_USAGE: it exists and !force, it is no regular file, its name is too
 * long. Nothing is created. */
MUST_CHECK struct error *output_file_check(const char *path, bool force);

/* Creates PATH.partial, never following a link. The folder stays open, and is gone by from then on,
 * whatever becomes of the path. With `force` an old one is removed first. While it
 * is open, a write above RLIMIT_FSIZE answers EFBIG instead of killing us (SIGXFSZ is blocked in
 * this thread). */
MUST_CHECK struct error *output_file_create(const char *path, bool force, struct output_file **ret);

int output_file_fd(const struct output_file *file); /* borrowed */

/* What a core is by choice: the ways out of too little room name what is left to choose. */
struct output_choice {
	bool packed;
	const char *smaller; /* "--type Heap or Mini"; NULL: nothing leaves more out */
};

/* ERROR_OS with the figures and the ways out when a core of `bytes`, packed or not, would leave
 * less than 15 % of the file system free, exceed our RLIMIT_FSIZE, or, on a tmpfs, the memory limit
 * of our control group. */
MUST_CHECK struct error *output_file_check_space(const struct output_file *file, uint64_t bytes,
						 const struct output_choice *choice);

/* The same of `more` bytes after those that are written: now, whatever was expected. */
MUST_CHECK struct error *output_file_check_room(const struct output_file *file, uint64_t more,
						const struct output_choice *choice);

/* fsync and rename, and fsync of the folder. *ret_disk_bytes: what it takes on disk. When it cannot
 * be renamed (ERROR_USAGE: PATH has come into being meanwhile; ERROR_OS) PATH.partial stays, whole,
 * and the error says so. */
MUST_CHECK struct error *output_file_finish(struct output_file *file, uint64_t *ret_disk_bytes);

/* It ended early: fsync, and PATH.partial stays as it is. *ret_path: its name, the file's own. */
MUST_CHECK struct error *output_file_keep(struct output_file *file, const char **ret_path,
					  uint64_t *ret_disk_bytes);

/* Removes PATH.partial unless it was finished or kept. NULL is allowed. */
void output_file_free(struct output_file *file);

#endif
