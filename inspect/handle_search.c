#include "inspect/handle_search.h"

#include "base/list.h"

#include <inttypes.h>

enum { CHUNK_BYTES = 1024 * 1024, PAGE_BYTES = 4096, WORD = sizeof(uint64_t) };

void handle_search_deinit(struct handle_search *search)
{
	id_map_deinit(&search->by_address);
	free(search->uses);
	free(search->buffer);
}

static struct error *note_handle(const struct gc_handle *handle, void *context)
{
	struct handle_search *search = context;
	uint32_t index;
	if (!handle_kind_is_strong(handle->kind) ||
	    id_map_find(&search->by_address, handle->address, &index))
		return NULL;
	TRY(LIST_GROW(search->uses, search->count, search->capacity));
	TRY(id_map_put(&search->by_address, handle->address, (uint32_t)search->count));
	search->uses[search->count++] = (struct handle_use){ .handle = *handle };
	if (handle->address < search->lowest)
		search->lowest = handle->address;
	if (handle->address > search->highest)
		search->highest = handle->address;
	return NULL;
}

static struct error *words_look_through(struct handle_search *search, uint64_t start, size_t size)
{
	for (size_t i = 0; i + WORD <= size; i += WORD) {
		/* The runtime tags handles in their low bit (GCHandle: pinned ones). */
		uint64_t word = load_u64(search->buffer + i) & ~(uint64_t)1;
		uint32_t index;
		if (word < search->lowest || word > search->highest ||
		    !id_map_find(&search->by_address, word, &index) || search->uses[index].found_at)
			continue;
		search->uses[index].found_at = start + i;
		search->found++;
		TRY(search->visit(&search->uses[index], search->context));
	}
	return NULL;
}

struct error *handle_search_collect(struct handle_search *search)
{
	const struct question *question = search->question;
	uint64_t lost = 0;
	search->lowest = UINT64_MAX;
	TRY(gc_handles_visit(question->heap, question->task, note_handle, search, &lost));
	if (lost)
		question_missing(question, 0,
				 "%" PRIu64
				 " parts of the handle tables could not be read: handles "
				 "are missing",
				 lost);
	return NULL;
}

static struct error *region_measure(const struct region *region, void *context)
{
	struct handle_search *search = context;
	search->total += region->end - region->start;
	return NULL;
}

/* What the target says that it has and then has not is passed over page by page. */
static struct error *region_search(const struct region *region, void *context)
{
	static const char what[] = "searching memory";
	struct handle_search *search = context;
	const struct question *question = search->question;
	for (uint64_t at = region->start; at < region->end && search->found < search->count;) {
		TRY(task_check(question->task, what));
		task_progress(question->task, what, search->done, search->total);
		uint64_t left = region->end - at;
		size_t wanted = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
		size_t size = target_read_some(question->heap->target, at, search->buffer, wanted);
		if (!size) {
			size = wanted < PAGE_BYTES ? wanted : PAGE_BYTES;
			question_missing(question, size,
					 "memory that was to be searched is not there");
		} else {
			TRY(words_look_through(search, at, size));
		}
		/* Words stay whole: what is left of one belongs to the hole after it. */
		size_t step = size < wanted && size >= WORD ? size - size % WORD : size;
		at += step;
		search->done += step;
	}
	return NULL;
}

struct error *handle_search_memory(struct handle_search *search, handle_use_visitor visit,
				   void *context)
{
	struct target *target = search->question->heap->target;
	search->visit = visit;
	search->context = context;
	search->buffer = malloc(CHUNK_BYTES);
	if (!search->buffer)
		return &error_no_memory;
	TRY(target_visit_regions(target, region_measure, search));
	return target_visit_regions(target, region_search, search);
}
