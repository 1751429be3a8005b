/*
 * A single-file app for tests: an ELF program of one writable segment that holds the host's marker,
 * then the bundled files, then the manifest.
 */
#ifndef TESTS_UNIT_BUNDLE_BUILDER_H
#define TESTS_UNIT_BUNDLE_BUILDER_H

#include "base/error.h"

#include <stddef.h>

enum { BUNDLE_FILES = 0x1000, BUNDLE_MAX_BYTES = 0x10000 };

struct bundled_file {
	const char *path; /* shorter than 16384 bytes */
	const uint8_t *bytes;
	size_t size;
	bool compress;
	uint64_t claimed_size; /* in place of size; 0: the truth */
};

struct built_bundle {
	uint8_t *bytes; /* scenery */
	size_t size;
	size_t manifest;   /* offset of the header; its first entry is 12 + 4 + 40 after it */
	size_t offsets[8]; /* of the files */
};

/* At most 8 files. */
void bundle_build(const struct bundled_file *files, size_t count, struct built_bundle *ret);
void bundle_release(struct built_bundle *bundle);

#endif
