/*
 * What a file is, by its first bytes: so that "cannot open" can say what was given instead of a
 * core, and packed dumps are unpacked whatever their name.
 */
#ifndef DUMP_IMAGES_FILE_KIND_H
#define DUMP_IMAGES_FILE_KIND_H

#include "base/error.h"

#include <stddef.h>

enum {
	FILE_KIND_HEAD_BYTES = 512, /* what is looked at; fewer when the file is shorter */
};

enum file_kind {
	FILE_KIND_CORE,  /* a 64-bit little-endian ELF core of x64 or arm64 */
	FILE_KIND_ZSTD,  /* RFC 8878 3.1.1: a frame, or a skippable frame */
	FILE_KIND_GZIP,  /* RFC 1952 2.3.1 */
	FILE_KIND_OTHER, /* *ret_what says what */
};

/* *ret_what: for FILE_KIND_OTHER what the file is and what to do about it, as the end of a
 * sentence: "is a Windows minidump; ...". */
enum file_kind file_kind_of(const uint8_t *head, size_t size, const char **ret_what);

#endif
