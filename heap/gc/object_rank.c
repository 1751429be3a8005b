#include "heap/gc/object_rank.h"

#include "base/search.h"
#include "heap/gc/heap_walk.h"

enum {
	PAGE = 4096,
	ALIGNMENT = 8,
	WORD_BITS = 64,
	PAGE_WORDS = PAGE / ALIGNMENT / WORD_BITS,
	CHUNK_PAGES = 1024,
};

static const char numbers[] = "the numbers of all objects";

struct chunk {
	uint32_t ranks[CHUNK_PAGES]; /* of the page's first object */
	uint64_t starts[CHUNK_PAGES][PAGE_WORDS];
};

/* The pages of all spans are counted through, each span's own: a span has whole pages, so that two
 * threads never write into one word. */
struct chunk_slot {
	struct chunk *_Atomic chunk; /* NULL: no object starts in it */
	uint32_t first_rank;
};

struct rank_span {
	uint64_t start, end;
	uint64_t first_page;
};

/* Where the span with this index starts. */
struct span_start {
	uint64_t address;
	uint64_t span;
};

struct object_ranks {
	struct memory_budget *budget;
	_Atomic uint64_t bytes;    /* taken of it */
	struct rank_span *spans;   /* as gc_heap's */
	struct span_start *starts; /* by their addresses */
	size_t span_count;
	struct chunk_slot *slots;
	size_t slot_count;
	uint32_t count;
};

static void *take(struct object_ranks *ranks, size_t count, size_t size, struct error **ret)
{
	uint64_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = UINT64_MAX;
	*ret = memory_budget_take(ranks->budget, bytes, numbers);
	if (*ret)
		return NULL;
	void *memory = calloc(count ? count : 1, size);
	if (memory) {
		ranks->bytes += bytes;
		return memory;
	}
	memory_budget_give(ranks->budget, bytes);
	*ret = &error_no_memory;
	return NULL;
}

static uint64_t page_of(uint64_t address)
{
	return address & ~(uint64_t)(PAGE - 1);
}

static int by_address(const void *left, const void *right)
{
	const struct span_start *a = left, *b = right;
	return a->address < b->address ? -1 : a->address > b->address;
}

/* The spans, and a slot for each chunk of their pages. */
static struct error *lay_out(struct object_ranks *ranks, const struct gc_heap *gc)
{
	uint64_t pages = 0;
	for (size_t i = 0; i < gc->span_count; i++) {
		const struct gc_span *span = &gc->spans[i];
		uint64_t end = span->end > span->start ? span->end : span->start;
		ranks->spans[i] = (struct rank_span){ span->start, end, pages };
		ranks->starts[i] = (struct span_start){ span->start, i };
		if (__builtin_add_overflow(pages, (end - page_of(span->start)) / PAGE + 1, &pages))
			pages = UINT64_MAX; /* no memory has slots for so many */
	}
	if (gc->span_count)
		qsort(ranks->starts, gc->span_count, sizeof(*ranks->starts), by_address);
	struct error *error;
	ranks->slot_count = (size_t)(pages / CHUNK_PAGES) + 1;
	ranks->slots = take(ranks, ranks->slot_count, sizeof(*ranks->slots), &error);
	return error;
}

struct error *object_ranks_new(struct heap *heap, struct memory_budget *budget,
			       struct object_ranks **ret)
{
	const struct gc_heap *gc = heap->gc;
	struct object_ranks *ranks = calloc(1, sizeof(*ranks));
	struct error *error = NULL;
	if (!ranks)
		return &error_no_memory;
	ranks->budget = budget;
	ranks->span_count = gc->span_count;
	ranks->spans = take(ranks, gc->span_count, sizeof(*ranks->spans), &error);
	if (!error)
		ranks->starts = take(ranks, gc->span_count, sizeof(*ranks->starts), &error);
	if (!error)
		error = lay_out(ranks, gc);
	if (error)
		object_ranks_free(ranks);
	else
		*ret = ranks;
	return error;
}

void object_ranks_free(struct object_ranks *ranks)
{
	if (!ranks)
		return;
	for (size_t i = 0; ranks->slots && i < ranks->slot_count; i++)
		free(ranks->slots[i].chunk);
	free(ranks->slots);
	free(ranks->starts);
	free(ranks->spans);
	memory_budget_give(ranks->budget, ranks->bytes);
	free(ranks);
}

/* The chunk with this page, made if there is none: by another thread just now, perhaps. */
static struct error *chunk_of(struct object_ranks *ranks, uint64_t page, struct chunk **ret)
{
	struct chunk_slot *slot = &ranks->slots[page / CHUNK_PAGES];
	struct chunk *there = NULL;
	struct error *error;
	*ret = slot->chunk;
	if (*ret)
		return NULL;
	*ret = take(ranks, 1, sizeof(**ret), &error);
	if (error || atomic_compare_exchange_strong(&slot->chunk, &there, *ret))
		return error;
	free(*ret);
	ranks->bytes -= sizeof(**ret);
	memory_budget_give(ranks->budget, sizeof(**ret));
	*ret = there;
	return NULL;
}

/* Where the address's bit is: page, and bit in it. */
static uint64_t place_of(const struct rank_span *span, uint64_t address, unsigned *ret_bit)
{
	uint64_t offset = address - page_of(span->start);
	*ret_bit = (unsigned)(offset % PAGE / ALIGNMENT);
	return span->first_page + offset / PAGE;
}

struct error *object_ranks_note(struct object_ranks *ranks, size_t span,
				const struct gc_object *objects, size_t count)
{
	struct chunk *chunk = NULL;
	uint64_t chunk_number = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		unsigned bit;
		uint64_t page = place_of(&ranks->spans[span], objects[i].address, &bit);
		if (page / CHUNK_PAGES != chunk_number)
			TRY(chunk_of(ranks, page, &chunk));
		chunk_number = page / CHUNK_PAGES;
		chunk->starts[page % CHUNK_PAGES][bit / WORD_BITS] |= (uint64_t)1
								      << bit % WORD_BITS;
	}
	return NULL;
}

static unsigned ones(uint64_t word)
{
	return (unsigned)__builtin_popcountll(word);
}

static uint64_t chunk_number_pages(struct chunk *chunk, uint64_t rank)
{
	for (size_t page = 0; page < CHUNK_PAGES; page++) {
		chunk->ranks[page] = (uint32_t)rank;
		for (size_t word = 0; word < PAGE_WORDS; word++)
			rank += ones(chunk->starts[page][word]);
	}
	return rank;
}

struct error *object_ranks_finish(struct object_ranks *ranks)
{
	uint64_t rank = 0;
	for (size_t i = 0; i < ranks->slot_count; i++) {
		struct chunk_slot *slot = &ranks->slots[i];
		slot->first_rank = (uint32_t)rank;
		if (slot->chunk)
			rank = chunk_number_pages(slot->chunk, rank);
		if (rank > UINT32_MAX)
			return error_new(ERROR_UNSUPPORTED,
					 "the heap has more than 4294967295 objects: they cannot "
					 "be numbered");
	}
	ranks->count = (uint32_t)rank;
	return NULL;
}

static struct error *note_batch(struct walk_worker *worker, struct gc_object *objects, size_t count)
{
	size_t span = (size_t)(worker->span - worker->walker.heap->gc->spans);
	return object_ranks_note(worker->context, span, objects, count);
}

struct error *object_ranks_build(struct heap *heap, unsigned threads, struct memory_budget *budget,
				 const struct task *task, struct walk_damage *ret_damage,
				 struct object_ranks **ret)
{
	struct object_ranks *ranks;
	TRY(object_ranks_new(heap, budget, &ranks));
	const struct heap_walk_plan plan = { .spans = heap->gc->spans,
					     .span_count = heap->gc->span_count,
					     .threads = threads,
					     .task = task,
					     .what = "numbering the objects",
					     .context = ranks,
					     .objects = note_batch };
	struct error *error = heap_walk(heap, &plan, ret_damage);
	if (!error)
		error = object_ranks_finish(ranks);
	if (error)
		object_ranks_free(ranks);
	else
		*ret = ranks;
	return error;
}

uint32_t object_ranks_count(const struct object_ranks *ranks)
{
	return ranks->count;
}

uint64_t object_ranks_bytes(const struct object_ranks *ranks)
{
	return ranks->bytes;
}

/* The last span that starts at or before the address, if it is in that; NULL: in none. */
static const struct rank_span *span_of(const struct object_ranks *ranks, uint64_t address)
{
	size_t after = SEARCH_FIRST(ranks->span_count, i, ranks->starts[i].address > address);
	const struct rank_span *span = after ? &ranks->spans[ranks->starts[after - 1].span] : NULL;
	return span && address < span->end ? span : NULL;
}

bool object_rank_of(const struct object_ranks *ranks, uint64_t address, uint32_t *ret)
{
	const struct rank_span *span = span_of(ranks, address);
	unsigned bit;
	if (!span || address % ALIGNMENT)
		return false;
	uint64_t page = place_of(span, address, &bit);
	const struct chunk *chunk = ranks->slots[page / CHUNK_PAGES].chunk;
	if (!chunk)
		return false;
	const uint64_t *words = chunk->starts[page % CHUNK_PAGES];
	uint64_t word = words[bit / WORD_BITS], mask = (uint64_t)1 << bit % WORD_BITS;
	if (!(word & mask))
		return false;
	uint32_t rank = chunk->ranks[page % CHUNK_PAGES] + ones(word & (mask - 1));
	for (unsigned i = 0; i < bit / WORD_BITS; i++)
		rank += ones(words[i]);
	*ret = rank;
	return true;
}

/* The bit of the nth start in a page that has so many. */
static unsigned nth_start(const uint64_t *words, unsigned n)
{
	unsigned word = 0;
	while (word + 1 < PAGE_WORDS && n >= ones(words[word]))
		n -= ones(words[word++]);
	uint64_t bits = words[word];
	for (; n; n--)
		bits &= bits - 1;
	return word * WORD_BITS + (unsigned)__builtin_ctzll(bits);
}

uint64_t object_address_of(const struct object_ranks *ranks, uint32_t rank)
{
	if (rank >= ranks->count)
		return 0;
	/* The last slot, page and span that begin at or before it: those before have none of it. */
	size_t slot = SEARCH_FIRST(ranks->slot_count, i, ranks->slots[i].first_rank > rank) - 1;
	const struct chunk *chunk = ranks->slots[slot].chunk;
	size_t in_chunk = SEARCH_FIRST(CHUNK_PAGES, i, chunk->ranks[i] > rank) - 1;
	uint64_t page = (uint64_t)slot * CHUNK_PAGES + in_chunk;
	size_t number = SEARCH_FIRST(ranks->span_count, i, ranks->spans[i].first_page > page) - 1;
	const struct rank_span *span = &ranks->spans[number];
	unsigned bit = nth_start(chunk->starts[in_chunk], rank - chunk->ranks[in_chunk]);
	return page_of(span->start) + (page - span->first_page) * PAGE + (uint64_t)bit * ALIGNMENT;
}
