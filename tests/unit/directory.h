/*
 * A directory of files for a test, removed at the end of its scope: DIRECTORY(name).
 */
#ifndef TESTS_UNIT_DIRECTORY_H
#define TESTS_UNIT_DIRECTORY_H

#include "base/cleanup.h"

struct directory {
	char path[64];
};

void directory_make(struct directory *directory);
void directory_remove(struct directory *directory);

/* Writes DIRECTORY/name, making the folders in between. */
void directory_write(const struct directory *directory, const char *name, const void *bytes,
		     size_t size);

#define DIRECTORY(name)                                                                            \
	CLEANUP(directory_remove) struct directory name;                                           \
	directory_make(&name)

#endif
