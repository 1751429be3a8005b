/* The objects of the heap, counted in one walk: types, exceptions, tasks, locks. */
#include "inspect/heap_report.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "heap/locks/managed_locks.h"
#include "heap/tasks/managed_task.h"
#include "heap/values/value.h"
#include "inspect/heap_filter.h"
#include "inspect/lock_list.h"

#include <inttypes.h>

enum { TRAITS_READ = 1, TRAIT_EXCEPTION = 2, TRAIT_TASK = 4, TRAIT_LOCK = 8 };
enum { TRAITS_MASK = 15, WORD_SHIFT = 4 }; /* above the traits: large_word_of() */
enum { MESSAGE_UNITS = 200 };

/* One thread's. */
struct part {
	const struct heap_report *report;
	struct heap_statistics statistics;
	struct reader headers;    /* of objects: the walker's reader is elsewhere */
	struct type_bytes traits; /* of types */
	uint64_t thin_locks;      /* held */
	uint64_t object_bytes[GENERATION_COUNT];
	struct large_part large;
};

/* An object of a type with traits. */
struct trait_object {
	struct gc_object object;
	uint8_t traits;
};

static uint8_t traits_read(struct heap *heap, const struct type *type)
{
	enum managed_lock_kind lock = managed_lock_kind_of(heap, type);
	uint8_t traits = TRAITS_READ;
	if (type_is_exception(heap, type))
		traits |= TRAIT_EXCEPTION;
	if (managed_task_kind(heap, type) != MANAGED_TASK_NONE)
		traits |= TRAIT_TASK;
	if (lock != MANAGED_LOCK_NONE && lock != MANAGED_LOCK_EVENT)
		traits |= TRAIT_LOCK;
	return (uint8_t)(traits | large_word_of(heap, type) << WORD_SHIFT);
}

/* Once a type's objects are of no more interest, its byte says so. */
static struct error *large_object_meet(struct walk_worker *worker, struct part *part,
				       const struct gc_object *object, uint8_t word)
{
	bool is_large = worker->span->generation == GENERATION_LARGE;
	uint8_t *traits;
	if (word == LARGE_IS_ARRAY && !is_large)
		return NULL;
	TRY(large_meet(&part->large, &part->headers, object, word, is_large));
	if (!large_is_done(&part->large, object->type, word))
		return NULL;
	TRY(type_byte(&part->traits, object->type, &traits));
	*traits |= LARGE_WORDS << WORD_SHIFT;
	return NULL;
}

static struct error *object_look(struct walk_worker *worker, struct part *part,
				 const struct gc_object *object)
{
	const struct heap_report *report = part->report;
	struct trait_object row = { .object = *object };
	struct thin_lock lock;
	TRY(type_byte_asked(&part->traits, report->question->heap, object->type, traits_read,
			    &row.traits));
	if (report->thin_layout.heap &&
	    thin_lock_read(&report->thin_layout, &part->headers, object->address, &lock))
		part->thin_locks++;
	uint8_t word = row.traits >> WORD_SHIFT;
	if (word != LARGE_WORDS)
		TRY(large_object_meet(worker, part, object, word));
	row.traits &= TRAITS_MASK;
	return row.traits == TRAITS_READ ? NULL : walk_put(worker, &row);
}

static struct error *objects_look(struct walk_worker *worker, const struct gc_object *objects,
				  size_t count)
{
	struct part *part = worker->part;
	uint64_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		if (objects[i].is_free)
			continue;
		bytes += objects[i].size;
		TRY(object_look(worker, part, &objects[i]));
	}
	if (worker->span->generation < GENERATION_COUNT)
		part->object_bytes[worker->span->generation] += bytes;
	return heap_statistics_add_walked(&part->statistics, objects, count);
}

/* The beginning of its message; *ret NULL: it has none, or it is not in the dump. */
static struct error *message_read(struct heap_report *report, uint64_t string, const char **ret)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	*ret = NULL;
	if (!string)
		return NULL;
	struct error *error = string_read(report->question->heap, string, MESSAGE_UNITS,
					  &report->text, &units, &count, &length);
	if (error_take_damage(&error)) {
		report->exceptions_unreadable++;
		return NULL;
	}
	TRY(error);
	struct text text = { 0 };
	text_append_utf16(&text, units, count);
	if (count < length)
		text_append(&text, "…");
	*ret = text_failed(&text) ? NULL
				  : arena_copy_text(&report->text, text_string(&text), text.length);
	text_deinit(&text);
	return *ret ? NULL : &error_no_memory;
}

static struct error *exception_meet(struct heap_report *report, uint64_t address)
{
	struct exception exception;
	const char *message;
	uint32_t ignored;
	struct error *error = exception_read(report->question->heap, address, &exception);
	if (error_take_damage(&error)) {
		report->exceptions_unreadable++;
		return NULL;
	}
	TRY(error);
	if (exception_is_preallocated(report->question->heap, &exception) &&
	    !id_map_find(&report->thrown, address, &ignored)) {
		report->preallocated_exceptions++;
		return NULL;
	}
	TRY(message_read(report, exception.message, &message));
	return tally_add(&report->exceptions,
			 type_name(report->question->heap, exception.type, NULL), message);
}

static struct error *task_meet(struct heap_report *report, const struct gc_object *object)
{
	struct heap *heap = report->question->heap;
	const struct type *type = type_by_index(heap, object->type);
	enum managed_task_progress progress;
	uint32_t flags;
	const char *name;
	TRY(managed_task_progress(heap, object->address, managed_task_kind(heap, type), &flags,
				  &progress));
	report->tasks_unreadable += progress == PROGRESS_UNREADABLE;
	if (progress != PROGRESS_UNDER_WAY)
		return NULL;
	TRY(managed_task_name(heap, object->address, type, &name));
	return tally_add(&report->tasks, name, NULL);
}

/* The monitors that have a sync block. */
static struct error *monitors_read(struct heap_report *report)
{
	struct sync_blocks blocks;
	struct sync_block block;
	TRY(sync_blocks_open(report->question->heap, &blocks));
	for (uint32_t i = 1; i <= blocks.count; i++) {
		TRY(task_check(report->question->task, "reading the sync blocks"));
		struct error *error = sync_block_read(&blocks, i, &block);
		if (error_take(&error, ERROR_FAULT)) {
			report->locks_unreadable++;
			continue;
		}
		TRY(error);
		report->monitors.held += block.is_held;
		report->monitors.contended += block.waiters > 0;
		if (block.object)
			TRY(waits_add_lock(&report->waits, block.object, NULL, block.waiters,
					   &block.owner, block.owner != NULL));
		if (block.lock)
			TRY(id_map_put(&report->inner_locks, block.lock, 0));
	}
	return NULL;
}

static struct error *lock_waits_add(struct heap_report *report, uint64_t address,
				    const struct managed_lock *lock)
{
	const struct clr_thread *const *holders;
	size_t count;
	TRY(lock_holders(report->question->heap, address, lock, &report->text, &holders, &count));
	return waits_add_lock(&report->waits, address, lock, lock->waiters, holders, count);
}

static struct error *lock_meet(struct heap_report *report, const struct gc_object *object)
{
	uint32_t ignored;
	if (id_map_find(&report->inner_locks, object->address, &ignored))
		return NULL;
	struct heap *heap = report->question->heap;
	struct managed_lock lock;
	enum managed_lock_kind kind = managed_lock_kind_of(heap, type_by_index(heap, object->type));
	struct error *error = managed_lock_read(heap, object->address, kind, &lock);
	if (!error && (lock.is_held || lock.waiters))
		error = lock_waits_add(report, object->address, &lock);
	if (error_take_damage(&error)) {
		report->locks_unreadable++;
		return NULL;
	}
	TRY(error);
	report->other_locks++;
	report->other.held += lock.is_held;
	report->other.contended += lock.waiters || lock.async_waiters;
	return NULL;
}

static struct error *traits_meet(struct heap_report *report, const struct gc_object *object,
				 uint8_t traits)
{
	if (traits & TRAIT_EXCEPTION)
		TRY(exception_meet(report, object->address));
	if (traits & TRAIT_TASK)
		TRY(task_meet(report, object));
	if (traits & TRAIT_LOCK)
		TRY(lock_meet(report, object));
	return NULL;
}

static struct error *objects_meet(const void *rows, size_t count, void *context)
{
	struct heap_report *report = context;
	const struct trait_object *row = rows;
	for (size_t i = 0; i < count; i++) {
		struct error *error = traits_meet(report, &row[i].object, row[i].traits);
		arena_reset(&report->text);
		TRY(error);
	}
	return NULL;
}

static struct error *part_init(void *context, void *report, const struct task *task)
{
	struct part *part = context;
	(void)task;
	part->report = report;
	large_part_init(&part->large, part->report->question->heap);
	return reader_init(&part->headers, part->report->question->heap->target);
}

static struct error *part_sum(void *context, void *to)
{
	const struct part *part = context;
	struct heap_report *report = to;
	report->monitors.held += part->thin_locks;
	TRY(large_merge(&report->large_part, &part->large));
	for (unsigned i = 0; i < GENERATION_COUNT; i++)
		report->object_bytes[i] += part->object_bytes[i];
	return heap_statistics_merge(&report->statistics, &part->statistics);
}

static void part_deinit(void *context)
{
	struct part *part = context;
	heap_statistics_deinit(&part->statistics);
	large_part_deinit(&part->large);
	reader_deinit(&part->headers);
	type_bytes_deinit(&part->traits);
}

static struct error *walk(struct heap_report *report)
{
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_sum = part_sum,
					    .part_deinit = part_deinit,
					    .objects = objects_look,
					    .row_bytes = sizeof(struct trait_object),
					    .rows = objects_meet,
					    .context = report };
	heap_filter_init_all(&filter, report->question);
	return heap_filter_work(&filter, &work);
}

/* Is `one` to come before `other`? By size, then as they were met. */
static bool is_larger(const struct type_statistic *one, const struct type_statistic *other)
{
	if (one->size_bytes != other->size_bytes)
		return one->size_bytes > other->size_bytes;
	return one->order < other->order;
}

/* The largest types, and what is free space. */
static void types_choose(struct heap_report *report)
{
	const struct heap_statistics *statistics = &report->statistics;
	uint32_t *types = report->largest;
	size_t count = 0;
	for (uint32_t i = 0; i < statistics->capacity; i++) {
		const struct type_statistic *statistic = &statistics->types[i];
		if (!statistic->count)
			continue;
		if (type_by_index(report->question->heap, i)->kind == TYPE_FREE) {
			report->free_space.count += statistic->count;
			report->free_space.size_bytes += statistic->size_bytes;
			continue;
		}
		size_t at = count < REPORT_TYPES ? count++ : count;
		for (; at && is_larger(statistic, &statistics->types[types[at - 1]]); at--)
			if (at < REPORT_TYPES)
				types[at] = types[at - 1];
		if (at < REPORT_TYPES)
			types[at] = i;
	}
	report->largest_count = count;
}

/* Spans are what segments have without the allocation contexts (heap/gc/gc_spans.h). */
static void generations_measure(struct heap_report *report)
{
	const struct gc_heap *gc = report->question->heap->gc;
	uint64_t spans = 0, segments = 0;
	for (size_t i = 0; i < gc->span_count; i++) {
		uint64_t bytes = gc->spans[i].end - gc->spans[i].start;
		spans += bytes;
		if (gc->spans[i].generation < GENERATION_COUNT)
			report->generation_bytes[gc->spans[i].generation] += bytes;
	}
	for (size_t i = 0; i < gc->segment_count; i++)
		segments += gc->segments[i].end - gc->segments[i].start;
	report->context_bytes = segments > spans ? segments - spans : 0;
}

/* Tasks and locks are known by the names of their types: where some of .NET's own have none, that
 * none was met does not mean that there is none. */
static void sorts_tell(struct heap_report *report, bool all_named)
{
	if (all_named || report->tasks.total)
		report->parts |= REPORT_TASKS;
	else
		question_missing(report->question, 0, "tasks: they cannot be told by their types");
	if (all_named || report->other_locks)
		report->parts |= REPORT_OTHER_LOCKS;
	else
		question_missing(report->question, 0,
				 "locks: Lock, SemaphoreSlim and "
				 "ReaderWriterLockSlim cannot be told by "
				 "their types");
}

/* The walk; whether it met a type of .NET's own without a name adds to what the heap met before. */
static struct error *walk_and_tell(struct heap_report *report)
{
	struct heap *heap = report->question->heap;
	const struct coverage *coverage = report->question->coverage;
	uint64_t unreadable = coverage->unreadable_bytes;
	bool met_before = heap->met_unnamed;
	heap->met_unnamed = false;
	struct error *error = walk(report);
	bool all_named = !heap->met_unnamed;
	report->locks_lost += !all_named || coverage->unreadable_bytes > unreadable;
	heap->met_unnamed |= met_before;
	if (!error)
		sorts_tell(report, all_named);
	return error;
}

struct error *heap_report_objects(struct heap_report *report)
{
	const struct question *question = report->question;
	const char *lack = question->heap->no_objects;
	if (lack) {
		question_missing(question, 0,
				 "heap, types, exceptions, tasks, locks, timers, thread pool: %s",
				 lack);
		return NULL;
	}
	struct error *error = monitors_read(report);
	if (error_is_fatal(error))
		return error;
	report->monitors_error = error;
	TRY(walk_and_tell(report));
	TRY(waits_conclude(&report->waits));
	report->waits_concluded = true;
	report->locks_lost += report->locks_unreadable + (report->monitors_error != NULL);
	TRY(large_arrays_conclude(question, &report->large_part, &report->large));
	types_choose(report);
	generations_measure(report);
	tally_sort(&report->exceptions);
	tally_sort(&report->tasks);
	if (report->exceptions_unreadable)
		question_missing(question, 0, "exceptions: %" PRIu64 " or their messages %s",
				 report->exceptions_unreadable,
				 target_lacks_them(question->target));
	if (report->tasks_unreadable)
		question_missing(question, 0, "tasks: the state of %" PRIu64 " cannot be read",
				 report->tasks_unreadable);
	return NULL;
}
