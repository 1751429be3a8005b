/*
 * A sink that packs what it is given and hands it on to another: zstd frames of 2 MiB that can be
 * read alone (dump/core/zstd_frames.h), packed by two threads where threads can be had. What
 * reached the other sink is valid wherever it is cut; finish() appends the table of frames.
 *
 * It takes about 20 MiB of memory at the default level.
 */
#ifndef DUMP_COLLECT_CORE_SINK_ZSTD_H
#define DUMP_COLLECT_CORE_SINK_ZSTD_H

#include "dump/collect/core_sink.h"

enum { ZSTD_LEVEL_DEFAULT = 1, ZSTD_LEVEL_LEAST = 1, ZSTD_LEVEL_MOST = 19 };

/* `under` becomes the sink's own, failed or not. Once the task, which may be NULL, is told to stop,
 * what is still to be packed is packed at the least level. */
MUST_CHECK struct error *core_sink_zstd_new(struct core_sink *under, int level,
					    const struct task *task, struct core_sink **ret);

#endif
