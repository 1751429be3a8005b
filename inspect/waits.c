#include "inspect/waits.h"

#include "base/list.h"
#include "heap/locks/blocking_notes.h"
#include "heap/locks/sync_blocks.h"

#include <inttypes.h>

const char *wait_kind_name(enum wait_kind kind)
{
	static const char *const names[] = {
		[WAIT_MONITOR] = "Monitor",
		[WAIT_LOCK] = "Lock",
		[WAIT_READER_WRITER] = "ReaderWriterLockSlim",
		[WAIT_PULSE] = "Monitor.Wait",
	};
	return names[kind];
}

void waits_deinit(struct waits *waits)
{
	id_map_deinit(&waits->of_object);
	arena_deinit(&waits->arena);
}

static size_t index_of(const struct waits *waits, const struct clr_thread *thread)
{
	return (size_t)(thread - waits->question->heap->threads->threads);
}

static const struct wait *numbered(const struct waits *waits, uint32_t number)
{
	return number ? &waits->waits[number - 1] : NULL;
}

const struct wait *wait_of_thread(const struct waits *waits, const struct clr_thread *thread)
{
	return numbered(waits, waits->of_thread[index_of(waits, thread)]);
}

const struct wait *wait_first_on(const struct waits *waits, uint64_t object)
{
	uint32_t number;
	return id_map_find(&waits->of_object, object, &number) ? numbered(waits, number) : NULL;
}

const struct wait *wait_next_on(const struct waits *waits, const struct wait *wait)
{
	return numbered(waits, wait->next);
}

static size_t threads_on(const struct waits *waits, uint64_t object, bool for_pulse,
			 const struct clr_thread **threads, size_t room)
{
	size_t count = 0;
	const struct wait *wait = wait_first_on(waits, object);
	for (; wait && count < room; wait = wait_next_on(waits, wait))
		if ((wait->kind == WAIT_PULSE) == for_pulse)
			threads[count++] = wait->thread;
	return count;
}

size_t waits_to_enter(const struct waits *waits, uint64_t object, const struct clr_thread **threads,
		      size_t room)
{
	return threads_on(waits, object, false, threads, room);
}

size_t waits_for_pulse(const struct waits *waits, uint64_t object,
		       const struct clr_thread **threads, size_t room)
{
	return threads_on(waits, object, true, threads, room);
}

bool waits_know_all(const struct waits *waits)
{
	return !waits->lack && !waits->threads_unreadable && !waits->unresolved && !waits->unnamed;
}

static struct error *add(struct waits *waits, const struct wait *wait)
{
	TRY(LIST_GROW_IN(&waits->arena, waits->waits, waits->count, waits->capacity));
	waits->waits[waits->count++] = *wait;
	waits->of_thread[index_of(waits, wait->thread)] = (uint32_t)waits->count;
	return NULL;
}

static struct error *owners_set(struct waits *waits, struct wait *wait,
				const struct clr_thread *const *owners, size_t count)
{
	const struct clr_thread **copy = arena_allocate_array(&waits->arena, count, sizeof(*copy));
	if (!copy)
		return &error_no_memory;
	wait->owners = copy;
	for (size_t i = 0; i < count; i++)
		if (owners[i] != wait->thread)
			copy[wait->owner_count++] = owners[i];
		else
			wait->entered = true;
	return NULL;
}

/* One that has ended and is still listed will not leave the lock either. `id`: the owner's; 0:
 * there is none. */
static struct error *owner_set(struct waits *waits, struct wait *wait,
			       const struct clr_thread *owner, uint64_t id)
{
	bool lives = owner && !(owner->state & THREAD_STATE_DEAD);
	wait->gone = lives ? 0 : id;
	return owners_set(waits, wait, &owner, lives);
}

/* The notes: a Lock that does a monitor's work is taken for one when its sync block is met. */
static struct error *note_take(struct waits *waits, const struct clr_thread *thread,
			       const struct blocking_note *note)
{
	static const enum wait_kind kinds[] = {
		[BLOCKING_MONITOR] = WAIT_MONITOR,
		[BLOCKING_WAIT] = WAIT_PULSE,
		[BLOCKING_LOCK] = WAIT_LOCK,
		[BLOCKING_CONDITION] = WAIT_PULSE,
	};
	bool is_object = note->kind == BLOCKING_LOCK || note->kind == BLOCKING_CONDITION;
	const struct wait wait = { .thread = thread,
				   .kind = kinds[note->kind],
				   .object = is_object ? note->lock : 0,
				   .timeout_known = true,
				   .timeout_ms = note->timeout_ms,
				   .key = note->lock };
	return add(waits, &wait);
}

/* *ret: does the thread wait? */
static struct error *note_read(const struct blocking_notes *notes, const struct clr_thread *thread,
			       struct blocking_note *note, bool *ret)
{
	TRY(blocking_note_read(notes, thread, note, ret));
	if (*ret && !note->lock)
		return error_fault(0, "its note names no lock");
	return NULL;
}

static struct error *notes_read(struct waits *waits, const struct blocking_notes *notes)
{
	const struct question *question = waits->question;
	const struct clr_threads *threads = question->heap->threads;
	struct blocking_note note;
	bool is;
	for (size_t i = 0; i < threads->count; i++) {
		TRY(task_check(question->task, "reading what threads wait for"));
		const struct clr_thread *thread = &threads->threads[i];
		if (thread->state & THREAD_STATE_DEAD)
			continue; /* its place for notes may be a new thread's by now */
		struct error *error = note_read(notes, thread, &note, &is);
		if (!error && is)
			error = note_take(waits, thread, &note);
		if (!error)
			continue;
		if (error_is_fatal(error))
			return error;
		waits->threads_unreadable++;
		question_missing(question, 0, "what thread %" PRIu32 " waits for: %s",
				 thread->managed_id, error->message);
		error_free(error);
	}
	return NULL;
}

/* The wait by the lock that its note names, the last such one; `before` leads to the others. */
struct by_key {
	struct id_map last;
	uint32_t *before; /* by wait: the one before with the same key, plus one */
};

static struct error *by_key_init(struct by_key *by_key, struct waits *waits)
{
	by_key->before = arena_allocate_array(&waits->arena, waits->count, sizeof(uint32_t));
	if (!by_key->before)
		return &error_no_memory;
	for (size_t i = 0; i < waits->count; i++) {
		uint32_t last;
		if (!waits->waits[i].key)
			continue;
		if (id_map_find(&by_key->last, waits->waits[i].key, &last))
			by_key->before[i] = last + 1;
		TRY(id_map_put(&by_key->last, waits->waits[i].key, (uint32_t)i));
	}
	return NULL;
}

static struct error *block_give(struct waits *waits, struct wait *wait,
				const struct sync_block *block)
{
	wait->object = block->object;
	if (wait->kind == WAIT_PULSE)
		return NULL;
	wait->kind = WAIT_MONITOR;
	return owner_set(waits, wait, block->owner, block->is_held ? block->owner_id : 0);
}

/* The waits for the block's monitor get its object and its owner. */
static struct error *block_match(struct waits *waits, const struct by_key *by_key,
				 const struct sync_block *block, uint64_t key)
{
	uint32_t at;
	if (!id_map_find(&by_key->last, key, &at))
		return NULL;
	for (uint32_t next = at + 1; next; next = by_key->before[next - 1]) {
		waits->waits[next - 1].key = 0;
		TRY(block_give(waits, &waits->waits[next - 1], block));
	}
	return NULL;
}

static struct error *blocks_match(struct waits *waits, const struct by_key *by_key)
{
	struct sync_blocks blocks;
	struct sync_block block;
	waits->blocks_lost = true;
	TRY(sync_blocks_open(waits->question->heap, &blocks));
	waits->blocks_lost = false;
	for (uint32_t i = 1; i <= blocks.count; i++) {
		TRY(task_check(waits->question->task, "reading the sync blocks"));
		struct error *error = sync_block_read(&blocks, i, &block);
		if (!error && block.address)
			error = block_match(waits, by_key, &block,
					    blocks.layout.monitor.present
						    ? block.address + blocks.layout.monitor.offset
						    : block.lock);
		waits->blocks_lost |= error_take_damage(&error);
		TRY(error);
	}
	return NULL;
}

/* What no sync block has is a Lock of the program's, and a monitor otherwise cannot be read. */
static struct error *lock_resolve(struct waits *waits, struct wait *wait)
{
	struct managed_lock lock;
	if (!wait->object && waits->blocks_lost)
		return error_fault(wait->key,
				   "the sync block of the monitor at %#" PRIx64 " cannot be read",
				   wait->key);
	if (!wait->object)
		return error_fault(wait->key, "the monitor at %#" PRIx64 " is in no sync block",
				   wait->key);
	TRY(managed_lock_read(waits->question->heap, wait->object, MANAGED_LOCK_LOCK, &lock));
	return owner_set(waits, wait, lock.owner, lock.owner_id);
}

static struct error *locks_resolve(struct waits *waits)
{
	for (size_t i = 0; i < waits->count; i++) {
		struct wait *wait = &waits->waits[i];
		if (!wait->key || (wait->kind == WAIT_PULSE && wait->object))
			continue;
		TRY(task_check(waits->question->task, "reading what threads wait for"));
		struct error *error = lock_resolve(waits, wait);
		if (!error)
			continue;
		if (error_is_fatal(error))
			return error;
		waits->unresolved++;
		wait->holder_lost = true;
		question_missing(waits->question, 0, "what thread %" PRIu32 " waits for: %s",
				 wait->thread->managed_id, error->message);
		error_free(error);
	}
	return NULL;
}

static struct error *notes_resolve(struct waits *waits)
{
	struct by_key by_key = { 0 };
	if (!waits->count)
		return NULL;
	struct error *error = by_key_init(&by_key, waits);
	if (!error)
		error = blocks_match(waits, &by_key);
	id_map_deinit(&by_key.last);
	if (error && !error_is_fatal(error)) {
		question_missing(waits->question, 0, "monitors: %s", error->message);
		error_free(error);
		error = NULL;
	}
	return error ? error : locks_resolve(waits);
}

/* From here on the object leads to the wait, after those that came before. */
static struct error *object_note(struct waits *waits, uint32_t number)
{
	struct wait *wait = &waits->waits[number - 1];
	uint32_t first;
	if (!wait->object)
		return NULL;
	if (!id_map_find(&waits->of_object, wait->object, &first)) {
		wait->last = number;
		return id_map_put(&waits->of_object, wait->object, number);
	}
	waits->waits[waits->waits[first - 1].last - 1].next = number;
	waits->waits[first - 1].last = number;
	return NULL;
}

/* A thread that holds the lock by now has stopped waiting for it: its note is on its way out. */
static struct error *entered_forget(struct waits *waits)
{
	size_t kept = 0;
	for (size_t i = 0; i < waits->count; i++) {
		struct wait *wait = &waits->waits[i];
		waits->of_thread[index_of(waits, wait->thread)] = 0;
		if (wait->entered)
			continue;
		waits->waits[kept++] = *wait;
		waits->of_thread[index_of(waits, wait->thread)] = (uint32_t)kept;
		TRY(object_note(waits, (uint32_t)kept));
	}
	waits->count = kept;
	return NULL;
}

/* What no thread's notes can be read without. */
static struct error *notes_lack(struct waits *waits, struct error *error)
{
	const struct question *question = waits->question;
	if (error_is_fatal(error))
		return error;
	if (error->code != ERROR_UNSUPPORTED)
		question_missing(question, 0, "who waits for a lock: %s", error->message);
	waits->lack = arena_copy_text(&waits->arena, error->message, strlen(error->message));
	error_free(error);
	return waits->lack ? NULL : &error_no_memory;
}

struct error *waits_read(struct waits *waits, const struct question *question)
{
	struct blocking_notes notes;
	*waits = (struct waits){ .question = question };
	waits->arena.budget = question->budget;
	waits->of_thread = arena_allocate_array(&waits->arena, question->heap->threads->count,
						sizeof(*waits->of_thread));
	if (!waits->of_thread)
		return &error_no_memory;
	struct error *error = blocking_notes_open(question->heap, &notes);
	if (error)
		return notes_lack(waits, error);
	TRY(notes_read(waits, &notes));
	TRY(notes_resolve(waits));
	return entered_forget(waits);
}

/* The one in upgradeable mode wants to write, and waits for those that read. */
static struct error *upgrade_add(struct waits *waits, uint64_t address,
				 const struct clr_thread *upgrader,
				 const struct clr_thread *const *holders, size_t count)
{
	struct wait wait = {
		.thread = upgrader, .kind = WAIT_READER_WRITER, .object = address, .timeout_ms = -1
	};
	if (wait_of_thread(waits, upgrader))
		return NULL;
	TRY(owners_set(waits, &wait, holders, count));
	TRY(add(waits, &wait));
	return object_note(waits, (uint32_t)waits->count);
}

struct error *waits_add_lock(struct waits *waits, uint64_t address, const struct managed_lock *lock,
			     uint64_t waiters, const struct clr_thread *const *holders,
			     size_t holder_count)
{
	if (lock && lock->kind != MANAGED_LOCK_LOCK && lock->kind != MANAGED_LOCK_READER_WRITER)
		return NULL;
	if (lock && lock->waiting_to_upgrade && lock->upgrader)
		TRY(upgrade_add(waits, address, lock->upgrader, holders, holder_count));
	if (lock && waiters && lock->readers > holder_count)
		waits->unresolved++; /* one of those that read is not known */
	const struct wait *wait = wait_first_on(waits, address);
	for (; wait && waiters; wait = wait_next_on(waits, wait))
		waiters -= wait->kind != WAIT_PULSE;
	if (holder_count)
		waits->unnamed += waiters;
	return NULL;
}
