#include "heap/locks/sync_blocks.h"

#include "base/list.h"
#include "heap/clr_threads.h"
#include "heap/locks/managed_locks.h"
#include "heap/values/value.h"

enum { FREE_ENTRY = 1, POINTER = sizeof(uint64_t) }; /* syncblk.cpp: the low bit of m_Object */

#define SLOT(name) offsetof(struct sync_layout, name)
static const struct field_binding thin_bindings[] = {
	{ "ObjectHeader", "SyncBlockValue", SLOT(header), true, 4 },
};
static const struct field_binding bindings[] = {
	{ "SyncTableEntry", "SyncBlock", SLOT(table_block), true, 8 },
	{ "SyncTableEntry", "Object", SLOT(table_object), true, 8 },
	{ "SyncBlockCache", "FreeSyncTableIndex", SLOT(free_index), true, 4 },
	{ "SyncBlockCache", "SyncTableSize", SLOT(table_size), false, 4 },
	{ "SyncBlockCache", "CleanupBlockList", SLOT(cleanup), true, 8 },
	{ "SyncBlock", "InteropInfo", SLOT(interop), true, 8 },
	{ "SyncBlock", "LinkNext", SLOT(link), true, 8 },
	/* Until .NET 10 the monitor is in the block, since 11 the block refers to it. */
	{ "SyncBlock", "Monitor", SLOT(monitor), false, 0 },
	{ "SyncBlock", "Lock", SLOT(lock), false, 8 },
	{ "SyncBlock", "ThinLock", SLOT(thin_lock), false, 4 },
	{ "AwareLock", "LockState", SLOT(state), false, 4 },
	{ "AwareLock", "RecursionLevel", SLOT(recursion), false, 4 },
	{ "AwareLock", "HoldingThread", SLOT(thread), false, 8 },
	{ "AwareLock", "HoldingThreadId", SLOT(thread_id), false, 4 },
	{ "WaitEventLink", "WaitSyncBlock", SLOT(wait_block), false, 8 },
	{ "WaitEventLink", "Thread", SLOT(wait_thread), false, 8 },
	{ "WaitEventLink", "LinkSyncBlock", SLOT(wait_link), false, 8 },
};

struct error *thin_locks_open(struct heap *heap, struct sync_blocks *ret)
{
	const struct contract *contract = heap->contract;
	*ret = (struct sync_blocks){ .heap = heap };
	struct sync_layout *layout = &ret->layout;
	TRY(contract_bind(contract, thin_bindings, COUNT_OF(thin_bindings), layout));
	TRY(contract_require_size(contract, "ObjectHeader", &layout->header_size));
	TRY(contract_require_global(contract, "SyncBlockMaskLockThreadId", &layout->thread_mask));
	TRY(contract_require_global(contract, "SyncBlockMaskLockRecursionLevel",
				    &layout->recursion_mask));
	TRY(contract_require_global(contract, "SyncBlockRecursionLevelShift",
				    &layout->recursion_shift));
	return contract_require_global(contract, "SyncBlockIsHashOrSyncBlockIndex",
				       &layout->not_thin);
}

struct error *sync_blocks_open(struct heap *heap, struct sync_blocks *ret)
{
	static const char what[] = "the cache of sync blocks";
	const struct contract *contract = heap->contract;
	uint64_t variable, index, size;
	TRY(thin_locks_open(heap, ret));
	struct sync_layout *layout = &ret->layout;
	TRY(contract_bind(contract, bindings, COUNT_OF(bindings), layout));
	TRY(contract_require_size(contract, "SyncTableEntry", &layout->entry_size));
	if (!(layout->monitor.present && layout->state.present && layout->recursion.present &&
	      (layout->thread.present || layout->thread_id.present)) &&
	    !(layout->lock.present && layout->thin_lock.present))
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks the monitor of a sync block");
	TRY(contract_require_global(contract, "SyncTableEntries", &variable));
	TRY(reader_pointer(&heap->reader, variable, "the pointer to the table of sync blocks",
			   &ret->entries));
	TRY(contract_require_global(contract, "SyncBlockCache", &variable));
	TRY(reader_pointer(&heap->reader, variable, "the pointer to the cache of sync blocks",
			   &ret->cache));
	TRY(read_field(&heap->reader, ret->cache, layout->free_index, what, &index));
	if (layout->table_size.present) {
		TRY(read_field(&heap->reader, ret->cache, layout->table_size, what, &size));
		if (!index || index > size)
			return error_new(ERROR_BAD_DATA,
					 "the table of sync blocks has %llu entries in use, and "
					 "room for %llu",
					 (unsigned long long)index, (unsigned long long)size);
	}
	if (index > LIMIT_SYNC_BLOCKS)
		return error_new(ERROR_BAD_DATA, "the table of sync blocks has %llu entries",
				 (unsigned long long)index);
	ret->count = index ? (uint32_t)index - 1 : 0; /* entry 0 is unused */
	return NULL;
}

static const struct clr_thread *thread_by_id(const struct heap *heap, uint64_t managed_id)
{
	for (size_t i = 0; managed_id && i < heap->threads->count; i++)
		if (heap->threads->threads[i].managed_id == managed_id)
			return &heap->threads->threads[i];
	return NULL;
}

static const struct clr_thread *thread_at(const struct heap *heap, uint64_t address)
{
	for (size_t i = 0; i < heap->threads->count; i++)
		if (heap->threads->threads[i].address == address)
			return &heap->threads->threads[i];
	return NULL;
}

/* The monitor in the block itself. */
static struct error *monitor_read(const struct sync_blocks *blocks, struct sync_block *block)
{
	static const char what[] = "a sync block";
	const struct sync_layout *layout = &blocks->layout;
	struct reader *reader = &blocks->heap->reader;
	uint64_t monitor = block->address + layout->monitor.offset, state, recursion;
	bool by_id = layout->thread_id.present;
	TRY(read_field(reader, monitor, layout->state, what, &state));
	block->is_held = lock_state_is_held((uint32_t)state);
	block->waiters = monitor_state_waiters((uint32_t)state);
	if (!block->is_held)
		return NULL;
	TRY(read_field(reader, monitor, layout->recursion, what, &recursion));
	TRY(read_field(reader, monitor, by_id ? layout->thread_id : layout->thread, what,
		       &block->owner_id));
	block->recursion = (uint32_t)recursion;
	block->owner = by_id ? thread_by_id(blocks->heap, block->owner_id)
			     : thread_at(blocks->heap, block->owner_id);
	return NULL;
}

static struct error *lock_field(const struct sync_blocks *blocks, uint64_t lock, const char *name,
				uint64_t *ret)
{
	struct value value;
	TRY(value_field_of_object(blocks->heap, lock, name, &value));
	if (value.kind != VALUE_SIGNED && value.kind != VALUE_UNSIGNED)
		return error_fault(lock, "cannot read %s of the lock at %#llx", name,
				   (unsigned long long)lock);
	*ret = value.bits;
	return NULL;
}

/* The System.Threading.Lock of the block, or the thin lock that moved from the object's header. */
static struct error *lock_read(const struct sync_blocks *blocks, struct sync_block *block)
{
	static const char what[] = "a sync block";
	const struct sync_layout *layout = &blocks->layout;
	struct reader *reader = &blocks->heap->reader;
	uint64_t handle, state, recursion = 0;
	TRY(read_field(reader, block->address, layout->lock, what, &handle));
	if (handle)
		TRY(reader_pointer(reader, handle, "the handle of a monitor's lock", &block->lock));
	if (block->lock) {
		TRY(lock_field(blocks, block->lock, "_state", &state));
		block->is_held = lock_state_is_held((uint32_t)state);
		block->waiters = lock_state_waiters((uint32_t)state);
		if (!block->is_held)
			return NULL;
		TRY(lock_field(blocks, block->lock, "_owningThreadId", &block->owner_id));
		TRY(lock_field(blocks, block->lock, "_recursionCount", &recursion));
		block->owner_id = (uint32_t)block->owner_id;
	} else {
		TRY(read_field(reader, block->address, layout->thin_lock, what, &state));
		block->owner_id = state & layout->thread_mask;
		block->is_held = block->owner_id != 0;
		recursion = (state & layout->recursion_mask) >> layout->recursion_shift;
	}
	if (block->is_held)
		block->recursion = (uint32_t)recursion + 1;
	block->owner = thread_by_id(blocks->heap, block->owner_id);
	return NULL;
}

struct error *sync_block_read(const struct sync_blocks *blocks, uint32_t index,
			      struct sync_block *ret)
{
	const struct sync_layout *layout = &blocks->layout;
	struct reader *reader = &blocks->heap->reader;
	uint64_t entry = blocks->entries + (uint64_t)index * layout->entry_size, interop;
	*ret = (struct sync_block){ .index = index };
	TRY(read_field(reader, entry, layout->table_object, "the table of sync blocks",
		       &ret->object));
	if (ret->object & FREE_ENTRY) {
		*ret = (struct sync_block){ .index = index, .is_free = true };
		return NULL;
	}
	TRY(read_field(reader, entry, layout->table_block, "the table of sync blocks",
		       &ret->address));
	if (!ret->address)
		return NULL;
	TRY(read_field(reader, ret->address, layout->interop, "a sync block", &interop));
	ret->has_interop = interop != 0;
	return layout->monitor.present ? monitor_read(blocks, ret) : lock_read(blocks, ret);
}

/* Since .NET 11 a monitor's Lock leads to a Condition with a chain of those that wait. */
static bool condition_waiting(struct heap *heap, uint64_t lock, uint32_t *ret_count)
{
	struct value condition, first;
	*ret_count = 0;
	if (!lock)
		return true;
	struct error *error =
		value_field_of_object(heap, lock, "_waitEventOrCondition", &condition);
	if (!error && condition.kind == VALUE_NULL)
		return true;
	bool known = !error && condition.kind == VALUE_REFERENCE && condition.type;
	if (known && !type_is(heap, condition.type, "System.Threading.Condition"))
		return true; /* only an event: Monitor.Wait was never called */
	if (known)
		error = value_field_of_object(heap, condition.bits, "_waitersHead", &first);
	if (error || !known) {
		error_free(error);
		return false;
	}
	return first.kind == VALUE_NULL ||
	       (first.kind == VALUE_REFERENCE &&
		managed_chain_count(heap, first.bits, "next", ret_count));
}

void sync_block_waiting(const struct sync_blocks *blocks, const struct sync_block *block,
			const struct clr_thread **threads, size_t room, uint32_t *ret_count,
			bool *ret_known)
{
	const struct sync_layout *layout = &blocks->layout;
	struct reader *reader = &blocks->heap->reader;
	uint64_t link, waited, thread;
	*ret_count = 0;
	*ret_known = false;
	if (layout->lock.present) {
		*ret_known = condition_waiting(blocks->heap, block->lock, ret_count);
		for (size_t i = 0; i < room && i < *ret_count; i++)
			threads[i] = NULL;
		return;
	}
	if (!layout->wait_link.present || !layout->wait_block.present ||
	    !layout->wait_thread.present || !block->address)
		return;
	if (!reader_u64(reader, block->address + layout->link.offset, &link))
		return;
	for (uint32_t count = 0; link; count++) {
		uint64_t wait = link - layout->wait_link.offset;
		/* The low bit says that the thread has been pulsed (synch.h). */
		if (count == LIMIT_THREADS ||
		    !reader_u64(reader, wait + layout->wait_block.offset, &waited) ||
		    (waited & ~(uint64_t)1) != block->address ||
		    !reader_u64(reader, wait + layout->wait_thread.offset, &thread) ||
		    !reader_u64(reader, link, &link))
			return;
		if (count < room)
			threads[count] = thread_at(blocks->heap, thread);
		*ret_count = count + 1;
	}
	*ret_known = true;
}

struct error *sync_blocks_cleanup(const struct sync_blocks *blocks, struct arena *arena,
				  uint64_t **ret, size_t *ret_count)
{
	const struct sync_layout *layout = &blocks->layout;
	struct reader *reader = &blocks->heap->reader;
	uint64_t first, link;
	size_t count = 0;
	TRY(read_field(reader, blocks->cache, layout->cleanup, "the cache of sync blocks", &first));
	/* Twice: to count them, then to note them. A list longer than the table is a cycle. */
	for (link = first; link; count++) {
		if (count > blocks->count)
			return error_new(ERROR_BAD_DATA,
					 "the list of sync blocks to be cleaned up does not end");
		TRY(task_check(blocks->heap->task, "reading the sync blocks to be cleaned up"));
		TRY(reader_pointer(reader, link, "a sync block to be cleaned up", &link));
	}
	*ret = arena_allocate_array(arena, count, sizeof(**ret));
	if (!*ret)
		return &error_no_memory;
	*ret_count = count;
	link = first;
	for (size_t i = 0; i < count; i++) {
		TRY(task_check(blocks->heap->task, "reading the sync blocks to be cleaned up"));
		(*ret)[i] = link - layout->link.offset;
		TRY(reader_pointer(reader, link, "a sync block to be cleaned up", &link));
	}
	return NULL;
}

bool thin_lock_read(const struct sync_blocks *blocks, struct reader *reader, uint64_t object,
		    struct thin_lock *ret)
{
	const struct sync_layout *layout = &blocks->layout;
	uint32_t header;
	if (!reader_u32(reader, object - layout->header_size + layout->header.offset, &header) ||
	    header & layout->not_thin || !(header & layout->thread_mask))
		return false;
	ret->thread_id = (uint32_t)(header & layout->thread_mask);
	ret->recursion = (uint32_t)((header & layout->recursion_mask) >> layout->recursion_shift);
	ret->thread = thread_by_id(blocks->heap, ret->thread_id);
	return true;
}
