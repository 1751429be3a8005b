#include "commands/thread_index.h"

#include "heap/clr_threads.h"
#include "heap/heap.h"

struct numbering {
	const struct clr_threads *threads;
	int64_t *indexes, next;
};

static struct error *note(const struct target_thread *thread, void *context)
{
	struct numbering *numbering = context;
	for (size_t i = 0; i < numbering->threads->count; i++)
		if (numbering->threads->threads[i].os_id == (uint64_t)thread->tid)
			numbering->indexes[i] = numbering->next;
	numbering->next++;
	return NULL;
}

struct error *thread_indexes(struct command_call *call, int64_t **ret)
{
	struct numbering numbering = { .threads = call->heap->threads };
	size_t count = numbering.threads->count;
	numbering.indexes = arena_allocate_array(call->scratch, count, sizeof(int64_t));
	if (!numbering.indexes)
		return &error_no_memory;
	for (size_t i = 0; i < count; i++)
		numbering.indexes[i] = -1;
	call_missing_of_threads(call);
	*ret = numbering.indexes;
	return target_visit_threads(call->heap->target, note, &numbering);
}
