/*
 * A packed dump, unpacked where it can be mapped: into a file without a name in the given
 * directory, in /tmp, in /var/tmp or beside the dump, the first that has room for it; else into
 * memory (memfd_create), when at most half of what is free there would be used; else refused, with
 * the figures. The space comes back when the descriptor and its mappings are gone, however we end.
 *
 * How much it needs is known before (zstd: the frames' content sizes, or their number of blocks;
 * gzip: the size in the trailer, modulo 4 GiB) and reported through task_note(). Runs of zeros
 * become holes of the file. An archive that is cut short or damaged is unpacked as far as it goes,
 * with a note: the core in it is then a truncated one. In a damaged one (a checksum is wrong) any
 * byte may be another than was packed.
 */
#ifndef DUMP_CORE_UNPACK_H
#define DUMP_CORE_UNPACK_H

#include "base/task.h"

/* `fd` is the packed file, `path` its name for messages and for its directory; temporary_directory
 * and task may be NULL. *ret is the caller's to close. *ret_damaged: bytes of it may be wrong.
 * ERROR_OS (no room, or writing failed: with the figures), ERROR_BAD_DATA (nothing could be
 * unpacked), ERROR_CANCELLED. */
MUST_CHECK struct error *unpack_zstd(const char *path, int fd, const char *temporary_directory,
				     const struct task *task, int *ret, bool *ret_damaged);
MUST_CHECK struct error *unpack_gzip(const char *path, int fd, const char *temporary_directory,
				     const struct task *task, int *ret, bool *ret_damaged);

#endif
