/*
 * Locals that give themselves back at the end of their scope: the third of the three lifetimes
 * (session arena, scratch arena, locals). Use: `CLEANUP(file_cleanup) FILE *file = NULL;`.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include "base/error.h"

#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))
#define MAYBE_UNUSED __attribute__((unused)) /* a local that is there for its end alone */

static inline void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_cleanup(void *pointer)
{
	free(*(void **)pointer);
}

static inline void error_cleanup(struct error **error)
{
	error_free(*error);
}

#endif
