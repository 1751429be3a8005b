/*
 * The bundle after the host of a single-file app: a manifest of files, each stored as it is or
 * compressed (dotnet/runtime src/native/corehost/bundle/: header.h, file_entry.h, reader.cpp;
 * bundle_marker.cpp in apphost/: where the host's own data says where the manifest is). The form is
 * version 6, .NET 6's and later. A file is hostile input: nothing is believed beyond its end, and
 * nothing is unpacked to more than it announces.
 */
#ifndef DUMP_IMAGES_BUNDLE_FILE_H
#define DUMP_IMAGES_BUNDLE_FILE_H

#include "base/task.h"

#include <stddef.h>

struct bundle_file {
	const uint8_t *bytes; /* the executable, whole; not owned */
	size_t size;
	const char *id; /* a hash of the content, not terminated; a folder of that name holds what
			   the host extracts (extractor.cpp: extraction_dir) */
	size_t id_length;
	uint64_t entries; /* offset of the first manifest entry */
	uint32_t count;
};

struct bundle_entry {
	uint64_t offset; /* in the executable */
	uint64_t size;   /* bytes of the file itself */
	uint64_t stored; /* bytes in the executable: fewer than size, or as many */
	bool is_compressed;
};

/* false: not an ELF program with such a bundle. */
bool bundle_file_read(const uint8_t *bytes, size_t size, struct bundle_file *ret);

/* The entry of a path ("Program.dll", "de/Program.resources.dll"). false: none, or the manifest is
 * damaged before it, or what it says lies outside of the file. */
bool bundle_file_find(const struct bundle_file *bundle, const char *path, struct bundle_entry *ret);

/* A compressed entry's `size` bytes, to be freed. ERROR_BAD_DATA when it holds fewer or more of
 * them, or is damaged. The task may be NULL. */
MUST_CHECK struct error *bundle_file_unpack(const struct bundle_file *bundle,
					    const struct bundle_entry *entry,
					    const struct task *task, uint8_t **ret);

#endif
