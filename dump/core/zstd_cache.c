#include "dump/core/zstd_cache.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "dump/core/zstd_frames.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zstd.h>

enum { CACHE_BYTES = 16 * 1024 * 1024, SLOTS_LEAST = 2, SLOTS_MOST = 8 };

struct slot {
	const struct zstd_frame *frame; /* NULL: none */
	uint8_t *content;
	uint64_t used; /* when last */
};

struct zstd_cache {
	const uint8_t *bytes; /* the file */
	size_t size;
	struct zstd_frames frames;
	pthread_mutex_t lock; /* of all below */
	ZSTD_DCtx *context;
	struct slot slots[SLOTS_MOST];
	size_t slot_count;
	uint64_t clock;
	struct task task;    /* of its opener */
	uint64_t stopped_ms; /* since when it is to stop; 0: it is not */
	bool gave_up;
};

static bool allocate(struct zstd_cache *cache)
{
	size_t count = CACHE_BYTES / cache->frames.largest;
	cache->slot_count = count < SLOTS_LEAST  ? SLOTS_LEAST
			    : count > SLOTS_MOST ? SLOTS_MOST
						 : count;
	for (size_t i = 0; i < cache->slot_count; i++) {
		cache->slots[i].content = malloc(cache->frames.largest);
		if (!cache->slots[i].content)
			return false;
	}
	cache->context = ZSTD_createDCtx();
	return cache->context != NULL;
}

struct error *zstd_cache_open(const char *path, int fd, const struct task *task,
			      struct zstd_cache **ret)
{
	struct stat status;
	*ret = NULL;
	if (fstat(fd, &status))
		return error_os(errno, "cannot look at %s", path);
	struct zstd_cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return &error_no_memory;
	pthread_mutex_init(&cache->lock, NULL);
	cache->task = task ? *task : (struct task){ 0 };
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		free(cache);
		return error_os(errno, "cannot map %s", path);
	}
	cache->bytes = bytes;
	cache->size = (size_t)status.st_size;
	struct error *error = zstd_frames_read(cache->bytes, cache->size, task, &cache->frames);
	if (!error && cache->frames.count && !allocate(cache))
		error = &error_no_memory;
	if (error || !cache->frames.count)
		zstd_cache_free(cache);
	else
		*ret = cache;
	return error;
}

void zstd_cache_free(struct zstd_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->slot_count; i++)
		free(cache->slots[i].content);
	ZSTD_freeDCtx(cache->context);
	zstd_frames_deinit(&cache->frames);
	munmap((void *)cache->bytes, cache->size);
	free(cache);
}

uint64_t zstd_cache_size(const struct zstd_cache *cache)
{
	return cache->frames.size;
}

bool zstd_cache_contradicted(const struct zstd_cache *cache)
{
	return cache->frames.contradicted;
}

/* Unpacking takes milliseconds, and a caller that reads here and there may do so thousands of times
 * before it looks at the task. */
static bool is_out_of_patience(struct zstd_cache *cache)
{
	enum { PATIENCE_MS = 120 };
	if (!task_signal(&cache->task)) {
		cache->stopped_ms = 0;
		return false;
	}
	if (!cache->stopped_ms)
		cache->stopped_ms = clock_ms();
	cache->gave_up = clock_ms() - cache->stopped_ms > PATIENCE_MS;
	return cache->gave_up;
}

static bool unpack(struct zstd_cache *cache, const struct zstd_frame *frame, struct slot *slot)
{
	slot->frame = NULL;
	if (frame->packed_size > cache->size - frame->packed_offset)
		return false;
	size_t size = ZSTD_decompressDCtx(cache->context, slot->content, cache->frames.largest,
					  cache->bytes + frame->packed_offset, frame->packed_size);
	if (size != frame->size) /* an error of zstd is larger than any size */
		return false;
	slot->frame = frame;
	return true;
}

/* The frame's content: kept, or in place of what was not used for longest. NULL: damaged. */
static const uint8_t *content_of(struct zstd_cache *cache, const struct zstd_frame *frame)
{
	struct slot *oldest = &cache->slots[0];
	for (size_t i = 0; i < cache->slot_count; i++) {
		struct slot *slot = &cache->slots[i];
		if (slot->frame == frame) {
			slot->used = ++cache->clock;
			return slot->content;
		}
		if (slot->used < oldest->used)
			oldest = slot;
	}
	if (is_out_of_patience(cache))
		return NULL;
	oldest->used = ++cache->clock;
	return unpack(cache, frame, oldest) ? oldest->content : NULL;
}

bool zstd_cache_gave_up(const struct zstd_cache *cache)
{
	return cache->gave_up;
}

size_t zstd_cache_read(struct zstd_cache *cache, uint64_t offset, void *buffer, size_t size)
{
	size_t done = 0;
	pthread_mutex_lock(&cache->lock);
	cache->gave_up = false;
	while (done < size) {
		const struct zstd_frame *frame = zstd_frames_find(&cache->frames, offset + done);
		const uint8_t *content = frame ? content_of(cache, frame) : NULL;
		if (!content)
			break;
		size_t skip = (size_t)(offset + done - frame->offset);
		size_t part = frame->size - skip < size - done ? frame->size - skip : size - done;
		memcpy((uint8_t *)buffer + done, content + skip, part);
		done += part;
	}
	pthread_mutex_unlock(&cache->lock);
	return done;
}
