#include "commands/thread_index.h"

#include "base/id_map.h"
#include "heap/clr_threads.h"
#include "heap/heap.h"

struct numbering {
	struct id_map indexes; /* thread id -> position among the target's threads */
	uint32_t next;
};

static struct error *note(const struct target_thread *thread, void *context)
{
	struct numbering *numbering = context;
	uint32_t index = numbering->next++;
	return thread->tid > 0 ? id_map_put(&numbering->indexes, (uint64_t)thread->tid, index)
			       : NULL;
}

struct error *thread_indexes(struct command_call *call, int64_t **ret)
{
	const struct clr_threads *threads = call->heap->threads;
	struct numbering numbering = { 0 };
	int64_t *indexes = arena_allocate_array(call->scratch, threads->count, sizeof(*indexes));
	if (!indexes)
		return &error_no_memory;
	call_missing_of_threads(call);
	struct error *error = target_visit_threads(call->heap->target, note, &numbering);
	for (size_t i = 0; !error && i < threads->count; i++) {
		uint32_t index;
		indexes[i] = id_map_find(&numbering.indexes, threads->threads[i].os_id, &index)
				     ? (int64_t)index
				     : -1;
	}
	id_map_deinit(&numbering.indexes);
	*ret = indexes;
	return error;
}
