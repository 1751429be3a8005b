/*
 * A core in a file without a name, for tests of what writes cores and reads them again.
 */
#ifndef TESTS_UNIT_CORE_FILE_H
#define TESTS_UNIT_CORE_FILE_H

#include "attach/target/target.h"
#include "dump/collect/core_writer.h"

/* An empty file, the caller's to close; never fails (aborts). */
int core_file_new(void);

/* The core in the file, opened as a target. */
MUST_CHECK struct error *core_file_open(int fd, struct target **ret);
void core_file_close(struct target **target); /* for CLEANUP() */

/* `size` bytes from `start` on, readable and writable. */
struct core_segment core_file_segment(uint64_t start, uint64_t size);

#endif
