/*
 * A packed dump, read without unpacking it all: the frames that are asked for are unpacked, and the
 * last few are kept. Only for files whose frames can be read alone (dump/core/zstd_frames.h). Safe
 * to use from several threads.
 */
#ifndef DUMP_CORE_ZSTD_CACHE_H
#define DUMP_CORE_ZSTD_CACHE_H

#include "base/task.h"

#include <stddef.h>

struct zstd_cache;

/* Maps the file; `fd` may be closed afterwards, `path` is for messages. *ret NULL: its frames
 * cannot be read alone. ERROR_OS, ERROR_NO_MEMORY, ERROR_CANCELLED. */
MUST_CHECK struct error *zstd_cache_open(const char *path, int fd, const struct task *task,
					 struct zstd_cache **ret);
void zstd_cache_free(struct zstd_cache *cache); /* NULL is allowed */

/* Was it the latter at the last read? */
bool zstd_cache_gave_up(const struct zstd_cache *cache);

uint64_t zstd_cache_size(const struct zstd_cache *cache); /* bytes of content, unpacked */

/* Does the file's own table name other frames than it has? A part may be there twice, or not at
 * all, and what comes after it is elsewhere then. */
bool zstd_cache_contradicted(const struct zstd_cache *cache);

/* Bytes copied; fewer than size: the end, a frame that is damaged, or the opener was told to stop
 * some time ago and has not looked. */
size_t zstd_cache_read(struct zstd_cache *cache, uint64_t offset, void *buffer, size_t size);

#endif
