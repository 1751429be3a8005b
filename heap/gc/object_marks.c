#include "heap/gc/object_marks.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <stdatomic.h>

enum { UNIT = sizeof(uint64_t), BITS = 64, MARKED_BY_WORD = UNIT * BITS };

struct object_marks {
	const struct gc_heap *gc; /* borrowed */
	struct memory_budget *budget;
	uint64_t bytes;           /* of all words */
	_Atomic uint64_t **words; /* of each segment; its neighbours' threads share the outermost */
};

static uint64_t word_count(const struct gc_segment *segment)
{
	return segment->end > segment->start
		       ? (segment->end - segment->start - 1) / MARKED_BY_WORD + 1
		       : 0;
}

void object_marks_free(struct object_marks *marks)
{
	if (!marks)
		return;
	for (size_t i = 0; marks->words && i < marks->gc->segment_count; i++)
		free(marks->words[i]);
	free(marks->words);
	memory_budget_give(marks->budget, marks->bytes);
	free(marks);
}

/* Is one of the first bytes that a walk reads lent? */
static bool lends(const struct heap *heap)
{
	const struct gc_heap *gc = heap->gc;
	size_t size;
	for (size_t i = 0; i < gc->span_count; i++)
		if (gc->spans[i].end > gc->spans[i].start)
			return target_borrow(heap->target, gc->spans[i].start, &size) != NULL;
	return true;
}

/* 0: too large. */
static uint64_t bytes_needed(const struct gc_heap *gc)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < gc->segment_count; i++) {
		bytes += word_count(&gc->segments[i]) * sizeof(uint64_t);
		if (bytes > LIMIT_MARKS_BYTES)
			return 0;
	}
	return bytes;
}

static struct error *marks_new(const struct gc_heap *gc, struct memory_budget *budget,
			       uint64_t bytes, struct object_marks **ret)
{
	struct object_marks *marks = calloc(1, sizeof(*marks));
	*ret = marks;
	if (!marks)
		return &error_no_memory;
	marks->gc = gc;
	marks->budget = budget;
	marks->bytes = bytes;
	marks->words = calloc(gc->segment_count + 1, sizeof(*marks->words));
	for (size_t i = 0; marks->words && i < gc->segment_count; i++) {
		marks->words[i] = calloc(word_count(&gc->segments[i]) + 1, sizeof(**marks->words));
		if (!marks->words[i])
			return &error_no_memory;
	}
	return marks->words ? NULL : &error_no_memory;
}

static void mark(const struct object_marks *marks, const struct gc_segment *segment,
		 uint64_t address)
{
	uint64_t unit = (address - segment->start) / UNIT;
	_Atomic uint64_t *words = marks->words[segment - marks->gc->segments];
	atomic_fetch_or_explicit(&words[unit / BITS], (uint64_t)1 << unit % BITS,
				 memory_order_relaxed);
}

static struct error *objects_mark(struct walk_worker *worker, struct gc_object *objects,
				  size_t count)
{
	const struct object_marks *marks = worker->context;
	const struct gc_segment *segment = &marks->gc->segments[worker->span->segment];
	for (size_t i = 0; i < count; i++)
		if (!objects[i].is_free && objects[i].address >= segment->start &&
		    objects[i].address < segment->end)
			mark(marks, segment, objects[i].address);
	return NULL;
}

static struct error *marks_walk(struct heap *heap, unsigned threads, uint64_t unit_bytes,
				const struct task *task, struct object_marks *marks)
{
	struct walk_damage damage;
	const struct heap_walk_plan plan = { .spans = heap->gc->spans,
					     .span_count = heap->gc->span_count,
					     .threads = threads,
					     .unit_bytes = unit_bytes,
					     .task = task,
					     .what = "finding the objects of the heap",
					     .context = marks,
					     .objects = objects_mark };
	return heap_walk(heap, &plan, &damage);
}

struct error *object_marks_make(struct heap *heap, unsigned threads, uint64_t unit_bytes,
				struct memory_budget *budget, const struct task *task,
				struct object_marks **ret)
{
	uint64_t bytes = lends(heap) ? 0 : bytes_needed(heap->gc);
	*ret = NULL;
	if (!bytes || !memory_budget_try(budget, bytes))
		return NULL;
	struct error *error = marks_new(heap->gc, budget, bytes, ret);
	if (!*ret)
		memory_budget_give(budget, bytes);
	if (error_take(&error, ERROR_NO_MEMORY)) {
		object_marks_free(*ret);
		*ret = NULL;
	}
	return *ret ? marks_walk(heap, threads, unit_bytes, task, *ret) : error;
}

bool object_marks_have(const struct object_marks *marks, const struct gc_segment *segment,
		       uint64_t address)
{
	uint64_t unit = (address - segment->start) / UNIT;
	const _Atomic uint64_t *words = marks->words[segment - marks->gc->segments];
	uint64_t word = atomic_load_explicit(&words[unit / BITS], memory_order_relaxed);
	return word >> unit % BITS & 1;
}
