#include "dump/collect/core_sink_zstd.h"

#include "base/list.h"
#include "base/thread.h"
#include "dump/core/zstd_frames.h"

#include <zstd.h>

enum {
	SLOTS = 4,
	WORKERS = 2,
	PROMPT_LEVEL = 9, /* up to here a frame takes less than 0.1 s */
	STEP_BYTES = 64 * 1024,
};

enum slot_state { SLOT_FREE, SLOT_FULL, SLOT_BUSY, SLOT_PACKED };

/* A frame on its way: filled by write(), packed by a worker, handed on in its order. */
struct slot {
	uint8_t *content; /* ZSTD_FRAME_BYTES */
	uint8_t *packed;  /* room for the worst case */
	size_t content_size;
	size_t packed_size; /* or an error of zstd */
	enum slot_state state;
};

struct worker {
	struct zstd_sink *sink;
	ZSTD_CCtx *context;
	pthread_t thread;
};

struct zstd_sink {
	struct core_sink base;
	struct core_sink *under;
	const struct task *task;
	int level;
	struct zstd_table_entry *table; /* of the frames handed on */
	size_t table_count, table_capacity;
	struct worker workers[WORKERS];
	size_t worker_count;  /* that run; 0: no thread can be had, and write() packs */
	pthread_mutex_t lock; /* of all below but the buffers of a busy slot */
	pthread_cond_t work, done;
	struct slot slots[SLOTS];
	size_t filling, oldest; /* numbers of frames; their slots are these modulo SLOTS */
	bool ending;
};

static struct zstd_sink *zstd_of(struct core_sink *sink)
{
	return (struct zstd_sink *)sink;
}

static struct slot *slot_of(struct zstd_sink *sink, size_t frame)
{
	return &sink->slots[frame % SLOTS];
}

static bool set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
	return !ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value));
}

static size_t pack_whole(struct slot *slot, ZSTD_CCtx *context)
{
	return ZSTD_compress2(context, slot->packed, ZSTD_compressBound(ZSTD_FRAME_BYTES),
			      slot->content, slot->content_size);
}

/* False: given up, as we were told to stop. */
static bool pack_in_steps(const struct zstd_sink *sink, struct slot *slot, ZSTD_CCtx *context)
{
	ZSTD_outBuffer packed = { slot->packed, ZSTD_compressBound(ZSTD_FRAME_BYTES), 0 };
	ZSTD_inBuffer content = { slot->content, 0, 0 };
	size_t left = ZSTD_CCtx_setPledgedSrcSize(context, slot->content_size);
	while (!ZSTD_isError(left) && content.pos < slot->content_size) {
		if (task_signal(sink->task))
			return false;
		size_t rest = slot->content_size - content.size;
		content.size += rest < STEP_BYTES ? rest : STEP_BYTES;
		left = ZSTD_compressStream2(context, &packed, &content,
					    content.size < slot->content_size ? ZSTD_e_continue
									      : ZSTD_e_end);
	}
	slot->packed_size = left ? left : packed.pos; /* an error; or bytes that had no room */
	return true;
}

/* A frame that takes a second is no reason to end a second later: what is under way then is packed
 * quickly. */
static void pack(const struct zstd_sink *sink, struct slot *slot, ZSTD_CCtx *context)
{
	if (sink->level > PROMPT_LEVEL) {
		if (pack_in_steps(sink, slot, context))
			return;
		ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
		set(context, ZSTD_c_compressionLevel, ZSTD_LEVEL_LEAST);
	}
	slot->packed_size = pack_whole(slot, context);
}

static struct slot *next_full(struct zstd_sink *sink)
{
	for (size_t frame = sink->oldest; frame < sink->filling; frame++)
		if (slot_of(sink, frame)->state == SLOT_FULL)
			return slot_of(sink, frame);
	return NULL;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct zstd_sink *sink = worker->sink;
	pthread_mutex_lock(&sink->lock);
	while (!sink->ending) {
		struct slot *slot = next_full(sink);
		if (!slot) {
			pthread_cond_wait(&sink->work, &sink->lock);
			continue;
		}
		slot->state = SLOT_BUSY;
		pthread_mutex_unlock(&sink->lock);
		pack(sink, slot, worker->context);
		pthread_mutex_lock(&sink->lock);
		slot->state = SLOT_PACKED;
		pthread_cond_signal(&sink->done);
	}
	pthread_mutex_unlock(&sink->lock);
	return NULL;
}

static void start_workers(struct zstd_sink *sink)
{
	while (sink->worker_count < WORKERS &&
	       !thread_start(&sink->workers[sink->worker_count].thread, work,
			     &sink->workers[sink->worker_count]))
		sink->worker_count++;
}

static struct error *add_entry(struct zstd_sink *sink, const struct slot *slot)
{
	TRY(LIST_GROW(sink->table, sink->table_count, sink->table_capacity));
	sink->table[sink->table_count++] =
		(struct zstd_table_entry){ .packed_size = (uint32_t)slot->packed_size,
					   .content_size = (uint32_t)slot->content_size };
	return NULL;
}

static bool is_packed(struct zstd_sink *sink, bool wait)
{
	pthread_mutex_lock(&sink->lock);
	struct slot *slot = slot_of(sink, sink->oldest);
	while (wait && slot->state != SLOT_PACKED)
		pthread_cond_wait(&sink->done, &sink->lock);
	bool packed = slot->state == SLOT_PACKED;
	pthread_mutex_unlock(&sink->lock);
	return packed;
}

/* Hands on what is packed, in its order; waits until no more than `left` frames are under way. */
static struct error *hand_on(struct zstd_sink *sink, size_t left)
{
	while (sink->oldest < sink->filling &&
	       is_packed(sink, sink->filling - sink->oldest > left)) {
		struct slot *slot = slot_of(sink, sink->oldest);
		if (ZSTD_isError(slot->packed_size))
			return error_new(ERROR_NO_MEMORY, "cannot pack the core: %s",
					 ZSTD_getErrorName(slot->packed_size));
		TRY(add_entry(sink, slot));
		TRY(sink->under->ops->write(sink->under, slot->packed, slot->packed_size));
		pthread_mutex_lock(&sink->lock);
		slot->state = SLOT_FREE;
		slot->content_size = 0;
		sink->oldest++;
		pthread_mutex_unlock(&sink->lock);
	}
	return NULL;
}

static struct error *close_frame(struct zstd_sink *sink)
{
	struct slot *slot = slot_of(sink, sink->filling);
	if (!slot->content_size)
		return NULL;
	if (!sink->worker_count)
		pack(sink, slot, sink->workers[0].context);
	pthread_mutex_lock(&sink->lock);
	slot->state = sink->worker_count ? SLOT_FULL : SLOT_PACKED;
	sink->filling++;
	pthread_cond_signal(&sink->work);
	pthread_mutex_unlock(&sink->lock);
	return hand_on(sink, SLOTS - 1); /* the next slot is free then */
}

/* `bytes` NULL: zeros. */
static struct error *append(struct zstd_sink *sink, const uint8_t *bytes, uint64_t size)
{
	while (size) {
		struct slot *slot = slot_of(sink, sink->filling);
		size_t part = ZSTD_FRAME_BYTES - slot->content_size;
		if (part > size)
			part = (size_t)size;
		if (bytes)
			memcpy(slot->content + slot->content_size, bytes, part);
		else
			memset(slot->content + slot->content_size, 0, part);
		slot->content_size += part;
		bytes += bytes ? part : 0;
		size -= part;
		if (slot->content_size == ZSTD_FRAME_BYTES)
			TRY(close_frame(sink));
	}
	return NULL;
}

static struct error *zstd_write(struct core_sink *sink, const void *bytes, size_t size)
{
	return append(zstd_of(sink), bytes, size);
}

static struct error *zstd_zeros(struct core_sink *sink, uint64_t size)
{
	return append(zstd_of(sink), NULL, size);
}

static struct error *zstd_flush(struct core_sink *sink)
{
	TRY(close_frame(zstd_of(sink)));
	return hand_on(zstd_of(sink), 0);
}

static struct error *zstd_finish(struct core_sink *sink, uint64_t *ret_bytes)
{
	struct zstd_sink *zstd = zstd_of(sink);
	struct core_sink *under = zstd->under;
	uint8_t header[ZSTD_TABLE_HEADER_BYTES], footer[ZSTD_TABLE_FOOTER_BYTES];
	TRY(zstd_flush(sink));
	zstd_table_header(zstd->table_count, header);
	zstd_table_footer(zstd->table_count, footer);
	TRY(under->ops->write(under, header, sizeof(header)));
	TRY(under->ops->write(under, zstd->table, zstd->table_count * sizeof(*zstd->table)));
	TRY(under->ops->write(under, footer, sizeof(footer)));
	return under->ops->finish(under, ret_bytes);
}

static void zstd_free(struct core_sink *sink)
{
	struct zstd_sink *zstd = zstd_of(sink);
	pthread_mutex_lock(&zstd->lock);
	zstd->ending = true;
	pthread_cond_broadcast(&zstd->work);
	pthread_mutex_unlock(&zstd->lock);
	for (size_t i = 0; i < zstd->worker_count; i++)
		pthread_join(zstd->workers[i].thread, NULL);
	for (size_t i = 0; i < WORKERS; i++)
		ZSTD_freeCCtx(zstd->workers[i].context);
	for (size_t i = 0; i < SLOTS; i++) {
		free(zstd->slots[i].content);
		free(zstd->slots[i].packed);
	}
	core_sink_free(zstd->under);
	free(zstd->table);
	free(zstd);
}

static const struct core_sink_ops zstd_ops = {
	.write = zstd_write,
	.zeros = zstd_zeros,
	.flush = zstd_flush,
	.finish = zstd_finish,
	.free = zstd_free,
};

/* zstd allocates when it packs first: now, before a process is stopped for it. */
static bool fill_contexts(struct zstd_sink *sink)
{
	struct slot *slot = &sink->slots[0];
	memset(slot->content, 0, ZSTD_FRAME_BYTES);
	slot->content_size = ZSTD_FRAME_BYTES;
	for (size_t i = 0; i < WORKERS; i++) {
		pack(sink, slot, sink->workers[i].context);
		if (ZSTD_isError(slot->packed_size))
			return false;
	}
	slot->content_size = 0;
	return true;
}

static bool allocate(struct zstd_sink *sink)
{
	for (size_t i = 0; i < WORKERS; i++) {
		ZSTD_CCtx *context = ZSTD_createCCtx();
		sink->workers[i].sink = sink;
		sink->workers[i].context = context;
		if (!context || !set(context, ZSTD_c_compressionLevel, sink->level) ||
		    !set(context, ZSTD_c_checksumFlag, 1))
			return false;
	}
	for (size_t i = 0; i < SLOTS; i++) {
		sink->slots[i].content = malloc(ZSTD_FRAME_BYTES);
		sink->slots[i].packed = malloc(ZSTD_compressBound(ZSTD_FRAME_BYTES));
		if (!sink->slots[i].content || !sink->slots[i].packed)
			return false;
	}
	return fill_contexts(sink);
}

struct error *core_sink_zstd_new(struct core_sink *under, int level, const struct task *task,
				 struct core_sink **ret)
{
	struct zstd_sink *sink = calloc(1, sizeof(*sink));
	if (!sink) {
		core_sink_free(under);
		return &error_no_memory;
	}
	sink->base.ops = &zstd_ops;
	sink->under = under;
	sink->level = level;
	sink->task = task;
	pthread_mutex_init(&sink->lock, NULL);
	pthread_cond_init(&sink->work, NULL);
	pthread_cond_init(&sink->done, NULL);
	if (!allocate(sink)) {
		zstd_free(&sink->base);
		return &error_no_memory;
	}
	start_workers(sink);
	*ret = &sink->base;
	return NULL;
}
