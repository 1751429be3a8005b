#include "heap/locks/managed_locks.h"

#include "base/chain_guard.h"
#include "base/list.h"
#include "heap/clr_threads.h"
#include "heap/locks/sync_blocks.h"
#include "heap/values/value.h"

/* ReaderWriterLockSlim.cs: WRITER_HELD and READER_MASK of _owners. */
enum { WRITER_HELD_SHIFT = 31, READER_MASK = 0x0fffffff };
/* ManualResetEventSlim.cs: SignalledState_ShiftCount and NumWaitersState_BitMask. */
enum { EVENT_SET_SHIFT = 31, EVENT_WAITERS_MASK = 0x7ffff };

static const struct {
	const char *type, *name;
} kinds[] = {
	[MANAGED_LOCK_LOCK] = { "System.Threading.Lock", "Lock" },
	[MANAGED_LOCK_SEMAPHORE] = { "System.Threading.SemaphoreSlim", "SemaphoreSlim" },
	[MANAGED_LOCK_READER_WRITER] = { "System.Threading.ReaderWriterLockSlim",
					 "ReaderWriterLockSlim" },
	[MANAGED_LOCK_EVENT] = { "System.Threading.ManualResetEventSlim", "ManualResetEventSlim" },
};

enum managed_lock_kind managed_lock_kind_of(struct heap *heap, const struct type *type)
{
	for (size_t i = 1; i < COUNT_OF(kinds); i++)
		if (type->kind == TYPE_CLASS && type_is(heap, type, kinds[i].type))
			return (enum managed_lock_kind)i;
	return MANAGED_LOCK_NONE;
}

const char *managed_lock_kind_name(enum managed_lock_kind kind)
{
	return kind == MANAGED_LOCK_NONE ? "" : kinds[kind].name;
}

static struct error *number(struct heap *heap, uint64_t object, const char *field, uint64_t *ret)
{
	struct value value;
	*ret = 0;
	TRY(value_field_of_object(heap, object, field, &value));
	if (value.kind != VALUE_SIGNED && value.kind != VALUE_UNSIGNED)
		return error_fault(object, "cannot read %s of the lock at %#llx", field,
				   (unsigned long long)object);
	*ret = value.bits;
	return NULL;
}

static struct error *count(struct heap *heap, uint64_t object, const char *field, uint32_t *ret)
{
	uint64_t value;
	TRY(number(heap, object, field, &value));
	*ret = (uint32_t)value;
	return NULL;
}

/* The object that a field leads to; 0: null. */
static struct error *reference(struct heap *heap, uint64_t object, const char *field, uint64_t *ret)
{
	struct value value;
	*ret = 0;
	TRY(value_field_of_object(heap, object, field, &value));
	if (value.kind != VALUE_NULL && value.kind != VALUE_REFERENCE)
		return error_fault(object, "cannot read %s of the object at %#llx", field,
				   (unsigned long long)object);
	*ret = value.kind == VALUE_NULL ? 0 : value.bits;
	return NULL;
}

bool managed_chain_count(struct heap *heap, uint64_t first, const char *next, uint32_t *ret)
{
	struct chain_guard guard = { 0 };
	uint64_t node = first;
	uint32_t length = 0;
	for (; node; length++) {
		if (!chain_guard_pass(&guard, node) || length == LIMIT_COLLECTION_NODES)
			return false;
		struct error *error = task_check(heap->task, "following a chain of locks");
		if (!error)
			error = reference(heap, node, next, &node);
		if (error) {
			error_free(error);
			return false;
		}
	}
	*ret = length;
	return true;
}

static const struct clr_thread *thread_of(const struct heap *heap, uint64_t id, bool is_os_id)
{
	for (size_t i = 0; id && i < heap->threads->count; i++) {
		const struct clr_thread *thread = &heap->threads->threads[i];
		if (id == (is_os_id ? thread->os_id : thread->managed_id))
			return thread;
	}
	return NULL;
}

/* A Lock keeps its owner by the id that the runtime's own monitors keep theirs by, once they are
 * Locks too; before that, by that of the operating system (Lock.CoreCLR.cs: ThreadId). */
static bool keeps_os_id(const struct heap *heap)
{
	struct field lock;
	return !contract_field(heap->contract, "SyncBlock", "Lock", &lock);
}

static struct error *lock_read(struct heap *heap, uint64_t address, struct managed_lock *ret)
{
	uint32_t state, owner;
	TRY(count(heap, address, "_state", &state));
	TRY(count(heap, address, "_owningThreadId", &owner));
	TRY(count(heap, address, "_recursionCount", &ret->recursion));
	ret->is_held = lock_state_is_held(state);
	ret->waiters = lock_state_waiters(state);
	if (ret->is_held) {
		ret->recursion++;
		ret->owner_id = owner;
		ret->owner = thread_of(heap, owner, keeps_os_id(heap));
	}
	return NULL;
}

static struct error *semaphore_read(struct heap *heap, uint64_t address, struct managed_lock *ret)
{
	uint64_t left, maximum, first;
	TRY(number(heap, address, "m_currentCount", &left));
	TRY(number(heap, address, "m_maxCount", &maximum));
	TRY(count(heap, address, "m_waitCount", &ret->waiters));
	TRY(reference(heap, address, "m_lockObjAndDisposed", &ret->inner));
	TRY(reference(heap, address, "m_asyncHead", &first));
	if (!managed_chain_count(heap, first, "Next", &ret->async_waiters))
		return error_fault(first,
				   "the list of tasks that wait for the SemaphoreSlim at "
				   "%#llx does not end",
				   (unsigned long long)address);
	ret->count = (int32_t)left;
	ret->maximum = (int32_t)maximum;
	ret->is_held = ret->count == 0;
	return NULL;
}

/* No thread is -1 (ReaderWriterLockSlim.cs: InitializeThreadCounts). */
static struct error *owner_read(struct heap *heap, uint64_t address, const char *field,
				uint64_t *ret_id, const struct clr_thread **ret)
{
	uint64_t id;
	TRY(number(heap, address, field, &id));
	*ret_id = (int32_t)id == -1 ? 0 : (uint32_t)id;
	*ret = thread_of(heap, *ret_id, false);
	return NULL;
}

/* A thread's note of how often it has entered a ReaderWriterLockSlim; *ret 0: it has none. */
static struct error *reader_writer_count(struct heap *heap, const struct type_field *notes,
					 const struct clr_thread *thread, uint64_t lock_id,
					 uint64_t *ret)
{
	enum static_state state;
	uint64_t place, note, id;
	*ret = 0;
	TRY(field_static_address(heap, notes, thread, &state, &place));
	if (state != STATIC_READY || !reader_u64(&heap->reader, place, &note))
		return NULL;
	for (unsigned i = 0; note && i < LIMIT_HASH_CHAIN; i++) {
		TRY(task_check(heap->task, "looking for who holds a lock"));
		TRY(number(heap, note, "lockID", &id));
		if (id == lock_id) {
			*ret = note;
			return NULL;
		}
		TRY(reference(heap, note, "next", &note));
	}
	return NULL;
}

static struct error *notes_find(struct heap *heap, uint64_t address, const struct type_field **ret)
{
	uint64_t method_table;
	const struct type *type;
	*ret = NULL;
	if (!heap_object_method_table(heap, address, &method_table))
		return NULL;
	TRY(type_at(heap, method_table, &type));
	return field_by_name(heap, type, "t_rwc", true, ret);
}

/* How often the writer has entered; 0 when its note cannot be read. */
static struct error *writer_recursion(struct heap *heap, uint64_t address,
				      const struct managed_lock *lock, uint32_t *ret)
{
	const struct type_field *notes;
	uint64_t note = 0;
	*ret = 0;
	TRY(notes_find(heap, address, &notes));
	struct error *error =
		notes ? reader_writer_count(heap, notes, lock->owner, lock->lock_id, &note) : NULL;
	if (!error && note)
		error = count(heap, note, "writercount", ret);
	if (error_take(&error, ERROR_FAULT) || error_take(&error, ERROR_UNSUPPORTED))
		return NULL;
	return error;
}

static struct error *reader_writer_read(struct heap *heap, uint64_t address,
					struct managed_lock *ret)
{
	uint32_t owners, waiting_to_upgrade;
	TRY(count(heap, address, "_owners", &owners));
	TRY(number(heap, address, "_lockID", &ret->lock_id));
	TRY(count(heap, address, "_numReadWaiters", &ret->waiting_readers));
	TRY(count(heap, address, "_numWriteWaiters", &ret->waiting_writers));
	TRY(count(heap, address, "_numUpgradeWaiters", &ret->waiting_upgraders));
	TRY(count(heap, address, "_numWriteUpgradeWaiters", &waiting_to_upgrade));
	TRY(owner_read(heap, address, "_writeLockOwnerId", &ret->owner_id, &ret->owner));
	TRY(owner_read(heap, address, "_upgradeLockOwnerId", &ret->upgrader_id, &ret->upgrader));
	ret->waiting_to_upgrade = waiting_to_upgrade > 0;
	ret->waiting_writers += waiting_to_upgrade;
	ret->waiters = ret->waiting_readers + ret->waiting_writers + ret->waiting_upgraders;
	ret->is_written = owners >> WRITER_HELD_SHIFT;
	ret->readers = ret->is_written ? 0 : owners & READER_MASK;
	ret->is_held = ret->is_written || ret->readers || ret->owner_id || ret->upgrader_id;
	return ret->owner ? writer_recursion(heap, address, ret, &ret->recursion) : NULL;
}

static struct error *event_read(struct heap *heap, uint64_t address, struct managed_lock *ret)
{
	uint32_t state;
	TRY(count(heap, address, "m_combinedState", &state));
	TRY(reference(heap, address, "m_lock", &ret->inner));
	ret->waiters = state & EVENT_WAITERS_MASK;
	ret->is_set = state >> EVENT_SET_SHIFT;
	return NULL;
}

struct error *managed_lock_read(struct heap *heap, uint64_t address, enum managed_lock_kind kind,
				struct managed_lock *ret)
{
	*ret = (struct managed_lock){ .kind = kind };
	switch (kind) {
	case MANAGED_LOCK_LOCK:
		return lock_read(heap, address, ret);
	case MANAGED_LOCK_SEMAPHORE:
		return semaphore_read(heap, address, ret);
	case MANAGED_LOCK_READER_WRITER:
		return reader_writer_read(heap, address, ret);
	case MANAGED_LOCK_EVENT:
		return event_read(heap, address, ret);
	case MANAGED_LOCK_NONE:
		break;
	}
	return NULL;
}

struct error *reader_writer_readers(struct heap *heap, uint64_t address,
				    const struct managed_lock *lock, struct arena *arena,
				    const struct clr_thread ***ret, size_t *ret_count)
{
	const struct type_field *notes;
	uint64_t note;
	uint32_t entered = 0;
	size_t capacity = 0;
	*ret = NULL;
	*ret_count = 0;
	TRY(notes_find(heap, address, &notes));
	for (size_t i = 0; notes && i < heap->threads->count; i++) {
		const struct clr_thread *thread = &heap->threads->threads[i];
		TRY(task_check(heap->task, "looking for who holds a lock"));
		if (thread->state & THREAD_STATE_DEAD)
			continue; /* its statics may be a new thread's by now */
		struct error *error =
			reader_writer_count(heap, notes, thread, lock->lock_id, &note);
		if (!error && note)
			error = count(heap, note, "readercount", &entered);
		if (error_take(&error, ERROR_FAULT) || error_take(&error, ERROR_UNSUPPORTED))
			continue;
		TRY(error);
		if (note && entered) {
			TRY(LIST_GROW_IN(arena, *ret, *ret_count, capacity));
			(*ret)[(*ret_count)++] = thread;
		}
	}
	return NULL;
}
