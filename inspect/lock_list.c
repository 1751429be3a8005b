#include "inspect/lock_list.h"

#include "base/cleanup.h"
#include "inspect/heap_filter.h"
#include "inspect/type_bytes.h"

#include <inttypes.h>

void lock_list_deinit(struct lock_list *list)
{
	waits_deinit(&list->waits);
	reader_deinit(&list->headers);
	id_map_deinit(&list->inner);
	arena_deinit(&list->holders);
}

/* What the runtime's own tables lack is said; the heap's locks are listed all the same. */
static struct error *tables_open(struct lock_list *list)
{
	struct error *error = sync_blocks_open(list->question->heap, &list->blocks);
	if (error && !error_is_fatal(error)) {
		question_missing(list->question, 0, "monitors: %s", error->message);
		error_free(error);
		list->blocks.count = 0;
		error = thin_locks_open(list->question->heap, &list->blocks);
	}
	list->has_thin_locks = !error;
	if (error_take(&error, ERROR_UNSUPPORTED))
		return NULL;
	return error;
}

struct error *lock_list_open(struct lock_list *list, const struct question *question, bool all)
{
	*list = (struct lock_list){ .question = question, .all = all };
	TRY(reader_init(&list->headers, question->heap->target));
	TRY(tables_open(list));
	return waits_read(&list->waits, question);
}

/* Counts the row and hands it over, with the type of its object and the threads that wait. */
static struct error *row_give(struct lock_list *list, struct lock_row *row)
{
	struct heap *heap = list->question->heap;
	const struct clr_thread *entering[LOCK_THREADS_MAX];
	struct gc_object object;
	TRY(waits_add_lock(&list->waits, row->address, row->lock, row->waiters, row->holders,
			   row->holder_count));
	row->entering = entering;
	row->entering_count =
		row->lock && row->lock->inner
			? waits_for_pulse(&list->waits, row->lock->inner, entering,
					  LOCK_THREADS_MAX)
			: waits_to_enter(&list->waits, row->address, entering, LOCK_THREADS_MAX);
	list->held += row->is_held;
	list->waited_for += row->waiters > 0;
	struct error *error = object_read(heap, row->address, &object);
	if (!error)
		row->type = type_by_index(heap, object.type);
	else if (!error_take_damage(&error))
		return error;
	list->unreadable += !row->type;
	return list->visit(row, list->context);
}

static struct error *block_give(struct lock_list *list, const struct sync_block *block)
{
	const struct clr_thread *waiting[LOCK_THREADS_MAX];
	uint32_t count;
	bool known;
	if (block->lock)
		TRY(id_map_put(&list->inner, block->lock, 0));
	if (block->is_free || !block->object)
		return NULL;
	sync_block_waiting(&list->blocks, block, waiting, LOCK_THREADS_MAX, &count, &known);
	if (!known)
		question_missing(list->question, 0,
				 "the threads in Monitor.Wait on %#" PRIx64
				 " could not be followed",
				 block->object);
	if (!list->all && !block->is_held && !block->waiters && !count && known)
		return NULL;
	struct lock_row row = { .address = block->object,
				.holders = &block->owner,
				.holder_count = block->owner != NULL,
				.gone = block->is_held && !block->owner ? block->owner_id : 0,
				.is_held = block->is_held,
				.recursion = block->recursion,
				.waiters = block->waiters,
				.block = block,
				.waiting = waiting,
				.waiting_count =
					count < LOCK_THREADS_MAX ? count : LOCK_THREADS_MAX,
				.in_wait = count,
				.in_wait_known = known };
	if (count && !waiting[0]) /* the block does not name them: their own notes do */
		waits_for_pulse(&list->waits, row.address, waiting, row.waiting_count);
	return row_give(list, &row);
}

static struct error *blocks_visit(struct lock_list *list)
{
	struct sync_block block;
	for (uint32_t i = 1; i <= list->blocks.count; i++) {
		TRY(task_check(list->question->task, "reading the sync blocks"));
		struct error *error = sync_block_read(&list->blocks, i, &block);
		if (!error)
			error = block_give(list, &block);
		if (error_take_damage(&error))
			list->unreadable++;
		TRY(error);
	}
	return NULL;
}

static struct error *thin_lock_give(struct lock_list *list, uint64_t address)
{
	struct thin_lock lock;
	if (!thin_lock_read(&list->blocks, &list->headers, address, &lock))
		return NULL;
	TRY(task_check(list->question->task, "reading the locks"));
	struct lock_row row = { .address = address,
				.holders = &lock.thread,
				.holder_count = lock.thread != NULL,
				.gone = lock.thread ? 0 : lock.thread_id,
				.is_held = true,
				.recursion = lock.recursion + 1 };
	return row_give(list, &row);
}

struct error *lock_holders(struct heap *heap, uint64_t address, const struct managed_lock *lock,
			   struct arena *arena, const struct clr_thread *const **ret,
			   size_t *ret_count)
{
	const struct clr_thread **readers = NULL;
	size_t count = 0;
	*ret_count = 0;
	if (lock->kind == MANAGED_LOCK_READER_WRITER && lock->is_held)
		TRY(reader_writer_readers(heap, address, lock, arena, &readers, &count));
	const struct clr_thread **all = arena_allocate_array(arena, count + 2, sizeof(*all));
	if (!all)
		return &error_no_memory;
	if (lock->owner)
		all[(*ret_count)++] = lock->owner;
	if (lock->upgrader && lock->upgrader != lock->owner)
		all[(*ret_count)++] = lock->upgrader;
	for (size_t i = 0; i < count; i++)
		if (readers[i] != lock->owner && readers[i] != lock->upgrader)
			all[(*ret_count)++] = readers[i];
	*ret = all;
	return NULL;
}

static struct error *managed_lock_give(struct lock_list *list, uint64_t address,
				       enum managed_lock_kind kind)
{
	struct managed_lock lock;
	uint32_t ignored;
	if (id_map_find(&list->inner, address, &ignored))
		return NULL;
	TRY(task_check(list->question->task, "reading the locks"));
	TRY(managed_lock_read(list->question->heap, address, kind, &lock));
	struct lock_row row = { .address = address,
				.lock = &lock,
				.is_held = lock.is_held,
				.recursion = lock.recursion,
				.waiters = (uint64_t)lock.waiters + lock.async_waiters };
	if (!list->all && !row.is_held && !row.waiters)
		return NULL;
	TRY(lock_holders(list->question->heap, address, &lock, &list->holders, &row.holders,
			 &row.holder_count));
	row.gone = lock.owner ? 0 : lock.owner_id;
	return row_give(list, &row);
}

/* What a worker has found: a thin lock, a lock of the library, or both in one object. */
struct lock_found {
	uint64_t address;
	bool is_thin;
	uint8_t kind; /* lock_kind_of() */
};

/* One thread's. */
struct part {
	const struct lock_list *list;
	struct reader headers;   /* of objects: the walker's reader is elsewhere */
	struct type_bytes kinds; /* lock_kind_of() */
};

/* enum managed_lock_kind plus one. */
static uint8_t lock_kind_of(struct heap *heap, const struct type *type)
{
	return (uint8_t)(managed_lock_kind_of(heap, type) + 1);
}

static struct error *object_look(struct walk_worker *worker, struct part *part,
				 const struct gc_object *object)
{
	const struct lock_list *list = part->list;
	struct lock_found found = { .address = object->address };
	struct thin_lock lock;
	TRY(type_byte_asked(&part->kinds, list->question->heap, object->type, lock_kind_of,
			    &found.kind));
	found.is_thin = list->has_thin_locks &&
			thin_lock_read(&list->blocks, &part->headers, object->address, &lock);
	return found.is_thin || found.kind - 1 != MANAGED_LOCK_NONE ? walk_put(worker, &found)
								    : NULL;
}

static struct error *objects_look(struct walk_worker *worker, const struct gc_object *objects,
				  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!objects[i].is_free)
			TRY(object_look(worker, worker->part, &objects[i]));
	return NULL;
}

static struct error *found_give(struct lock_list *list, const struct lock_found *found)
{
	enum managed_lock_kind kind = (enum managed_lock_kind)(found->kind - 1);
	if (found->is_thin)
		TRY(thin_lock_give(list, found->address));
	return kind == MANAGED_LOCK_NONE ? NULL : managed_lock_give(list, found->address, kind);
}

static struct error *found_all_give(const void *rows, size_t count, void *context)
{
	struct lock_list *list = context;
	const struct lock_found *found = rows;
	for (size_t i = 0; i < count; i++) {
		struct error *error = found_give(list, &found[i]);
		arena_reset(&list->holders);
		if (error_take_damage(&error))
			list->unreadable++;
		TRY(error);
	}
	return NULL;
}

static struct error *part_init(void *context, void *list, const struct task *task)
{
	struct part *part = context;
	(void)task;
	part->list = list;
	return reader_init(&part->headers, part->list->question->heap->target);
}

static void part_deinit(void *context)
{
	struct part *part = context;
	reader_deinit(&part->headers);
	type_bytes_deinit(&part->kinds);
}

static struct error *objects_visit(struct lock_list *list)
{
	CLEANUP(heap_filter_deinit) struct heap_filter filter;
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_deinit = part_deinit,
					    .objects = objects_look,
					    .row_bytes = sizeof(struct lock_found),
					    .rows = found_all_give,
					    .context = list };
	heap_filter_init_all(&filter, list->question);
	return heap_filter_work(&filter, &work);
}

/* The walk; whether it met a type of .NET's own without a name adds to what the heap met before. */
static struct error *objects_visit_whole(struct lock_list *list)
{
	struct heap *heap = list->question->heap;
	const struct coverage *coverage = list->question->coverage;
	uint64_t unreadable = coverage->unreadable_bytes;
	bool met_before = heap->met_unnamed;
	heap->met_unnamed = false;
	struct error *error = objects_visit(list);
	list->walk_lost = heap->met_unnamed || coverage->unreadable_bytes > unreadable;
	heap->met_unnamed |= met_before;
	return error;
}

struct error *lock_list_visit(struct lock_list *list, lock_visitor visit, void *context)
{
	list->visit = visit;
	list->context = context;
	struct error *error = blocks_visit(list);
	if (error_take_stop(&error))
		return NULL;
	TRY(error);
	TRY(objects_visit_whole(list));
	return waits_conclude(&list->waits);
}
