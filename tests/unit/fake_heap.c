#include "tests/unit/fake_heap.h"

#include "tests/unit/alloc_fail.h"

enum { PAGE = 4096, OBJECT = 24, NO_METHOD_TABLE = 0x123450 };

/* What a span is like. */
enum likeness { LARGE, EMPTY, DAMAGED, WITH_A_HOLE, WHOLE, LONE, UNREADABLE, DAMAGED_AT_ITS_ENDS };
enum { LIKENESSES = 8 };

static uint64_t page_above(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

static void put_readable(struct fake_heap *fake, struct fake_runtime *runtime, uint64_t start,
			 uint64_t end)
{
	fake_target_zeros(runtime->target, start, (size_t)(end - start));
	fake->readable[fake->readable_count++] = (struct region){ .start = start, .end = end };
}

/* An object of this and that type; arrays of a few sizes among them. The address after it. */
static uint64_t put_object(const struct fake_heap *fake, struct fake_runtime *runtime,
			   uint64_t address, unsigned number)
{
	enum { EVERY = 5, FREE_EVERY = 31, COUNTS = 7 };
	unsigned count = number % COUNTS * 4;
	if (number % FREE_EVERY == 1)
		return fake_object(runtime, address, runtime->free_table, 0, OBJECT);
	if (number % EVERY == 2)
		return fake_object(runtime, address, runtime->array_table, count,
				   OBJECT + count * 4);
	return fake_object(runtime, address, fake->types[number * 7 % FAKE_HEAP_TYPES], 0, OBJECT);
}

static uint64_t put_objects(const struct fake_heap *fake, struct fake_runtime *runtime,
			    uint64_t start, unsigned count)
{
	uint64_t at = start;
	for (unsigned i = 0; i < count; i++)
		at = put_object(fake, runtime, at, i);
	return at;
}

static void damage(struct fake_runtime *runtime, uint64_t address)
{
	for (unsigned i = 0; i < 3 * OBJECT; i += sizeof(uint64_t))
		fake_put(runtime->target, address + i, NO_METHOD_TABLE, 8);
}

/* The second half begins after pages that are not there. */
static uint64_t put_with_hole(struct fake_heap *fake, struct fake_runtime *runtime, uint64_t start,
			      unsigned count)
{
	uint64_t hole = page_above((uint64_t)count * OBJECT * 4);
	put_readable(fake, runtime, start, start + hole);
	put_readable(fake, runtime, start + hole + 3 * PAGE, start + 2 * hole + 3 * PAGE);
	put_objects(fake, runtime, start, count);
	return put_objects(fake, runtime, start + hole + 3 * PAGE, count);
}

/* Its end. */
static uint64_t put_span(struct fake_heap *fake, struct fake_runtime *runtime, uint64_t start,
			 enum likeness likeness, unsigned objects)
{
	unsigned count = likeness == LARGE ? objects : likeness == LONE ? 1 : objects / 8;
	if (likeness == EMPTY)
		return start;
	if (likeness == UNREADABLE)
		return start + 5 * PAGE + OBJECT;
	if (likeness == WITH_A_HOLE)
		return put_with_hole(fake, runtime, start, count);
	put_readable(fake, runtime, start, start + page_above((uint64_t)count * OBJECT * 4));
	uint64_t end = put_objects(fake, runtime, start, count);
	if (likeness == DAMAGED)
		damage(runtime, start + (end - start) / 2 / OBJECT * OBJECT);
	if (likeness == DAMAGED_AT_ITS_ENDS) {
		damage(runtime, start);
		damage(runtime, end - 3 * OBJECT);
	}
	return end;
}

void fake_heap_put(struct fake_heap *fake, struct fake_runtime *runtime, unsigned objects)
{
	*fake = (struct fake_heap){ .readable_count = 0 };
	alloc_fail_pause(true);
	for (unsigned i = 0; i < FAKE_HEAP_TYPES; i++)
		fake->types[i] = fake_method_table(runtime, 0, OBJECT);
	for (unsigned i = 0; i < FAKE_HEAP_SPANS; i++) {
		struct gc_span *span = &fake->spans[i];
		*span = (struct gc_span){ .start = FAKE_HEAP_BASE + (uint64_t)i * FAKE_HEAP_APART,
					  .generation = (enum gc_generation)(i % 3) };
		span->end = put_span(fake, runtime, span->start, (enum likeness)(i % LIKENESSES),
				     objects);
	}
	alloc_fail_pause(false);
}

void fake_heap_use(struct fake_heap *fake, struct heap *heap)
{
	heap->gc->spans = fake->spans;
	heap->gc->span_count = FAKE_HEAP_SPANS;
	heap->gc->readable = fake->readable;
	heap->gc->readable_count = fake->readable_count;
}

struct error *fake_heap_ask(struct fake_heap *fake, unsigned objects, unsigned threads,
			    bool is_concurrent, struct fake_question *question)
{
	struct fake_runtime *runtime = fake_runtime_new();
	runtime->target->base.is_concurrent = is_concurrent;
	fake_heap_put(fake, runtime, objects);
	TRY(fake_question_open(question, runtime));
	fake_heap_use(fake, question->heap);
	question->question.threads = threads;
	question->question.threads_asked = true;
	return NULL;
}
