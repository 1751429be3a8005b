#include "inspect/thread_index.h"

#include "heap/clr_threads.h"
#include "heap/heap.h"

#include <stdlib.h>

struct numbered {
	uint64_t os_id;
	int64_t index; /* of the target's thread with this id; -1: none */
};

struct numbering {
	struct numbered *threads; /* the runtime's, by os_id: an id is always found at one place */
	size_t count;
	int64_t next;
};

static int compare_ids(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;
	return a->os_id < b->os_id ? -1 : a->os_id > b->os_id;
}

static struct numbered *find(const struct numbering *numbering, uint64_t os_id)
{
	const struct numbered wanted = { .os_id = os_id };
	return numbering->count ? bsearch(&wanted, numbering->threads, numbering->count,
					  sizeof(wanted), compare_ids)
				: NULL;
}

static struct error *note(const struct target_thread *thread, void *context)
{
	struct numbering *numbering = context;
	struct numbered *found = find(numbering, (uint64_t)thread->tid);
	if (found)
		found->index = numbering->next;
	numbering->next++;
	return NULL;
}

struct error *thread_indexes(const struct question *question, int64_t **ret)
{
	const struct clr_threads *threads = question->heap->threads;
	struct numbering numbering = { .count = threads->count };
	int64_t *indexes =
		arena_allocate_array(question->scratch, threads->count, sizeof(*indexes));
	numbering.threads =
		arena_allocate_array(question->scratch, threads->count, sizeof(*numbering.threads));
	if (!indexes || !numbering.threads)
		return &error_no_memory;
	for (size_t i = 0; i < threads->count; i++)
		numbering.threads[i] = (struct numbered){ threads->threads[i].os_id, -1 };
	if (threads->count)
		qsort(numbering.threads, threads->count, sizeof(*numbering.threads), compare_ids);
	question_missing_of_threads(question);
	TRY(target_visit_threads(question->heap->target, note, &numbering));
	for (size_t i = 0; i < threads->count; i++)
		indexes[i] = find(&numbering, threads->threads[i].os_id)->index;
	*ret = indexes;
	return NULL;
}
