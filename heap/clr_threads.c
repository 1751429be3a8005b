#include "heap/clr_threads.h"

#include "base/chain_guard.h"
#include "base/limits.h"
#include "base/list.h"
#include "heap/contract/contract.h"

struct thread_layout {
	struct field first_link, count, unstarted, background, pending, dead; /* ThreadStore */
	struct field id, os_id, state, next_link, alloc_context, thread_locals;
	struct field locals_alloc_context, gc_alloc_context, pointer, limit;
	struct field cooperative, managed_object, last_thrown, exception_tracker;
};

#define SLOT(name) offsetof(struct thread_layout, name)
static const struct field_binding bindings[] = {
	{ "ThreadStore", "FirstThreadLink", SLOT(first_link), true, 8 },
	{ "ThreadStore", "ThreadCount", SLOT(count), true, 4 },
	{ "ThreadStore", "UnstartedCount", SLOT(unstarted), false, 4 },
	{ "ThreadStore", "BackgroundCount", SLOT(background), false, 4 },
	{ "ThreadStore", "PendingCount", SLOT(pending), false, 4 },
	{ "ThreadStore", "DeadCount", SLOT(dead), false, 4 },
	{ "Thread", "Id", SLOT(id), true, 4 },
	{ "Thread", "OSId", SLOT(os_id), true, 8 },
	{ "Thread", "State", SLOT(state), true, 4 },
	{ "Thread", "LinkNext", SLOT(next_link), true, 8 },
	{ "Thread", "PreemptiveGCDisabled", SLOT(cooperative), false, 4 },
	{ "Thread", "ExposedObject", SLOT(managed_object), false, 8 },
	{ "Thread", "LastThrownObject", SLOT(last_thrown), false, 8 },
	{ "Thread", "ExceptionTracker", SLOT(exception_tracker), false, 8 },
	/* Inline in Thread before .NET 9, in RuntimeThreadLocals since. */
	{ "Thread", "AllocContext", SLOT(alloc_context), false, 0 },
	{ "Thread", "RuntimeThreadLocals", SLOT(thread_locals), false, 8 },
	{ "RuntimeThreadLocals", "AllocContext", SLOT(locals_alloc_context), false, 0 },
	/* .NET 10 wraps the GC's context in its own. */
	{ "EEAllocContext", "GCAllocationContext", SLOT(gc_alloc_context), false, 0 },
	{ "GCAllocContext", "Pointer", SLOT(pointer), true, 8 },
	{ "GCAllocContext", "Limit", SLOT(limit), true, 8 },
};

/* A context that cannot be read is left out: the walk then meets its hole as damage, and says so.
 */
static void alloc_context_read(struct reader *reader, const struct thread_layout *layout,
			       struct clr_thread *thread)
{
	uint64_t context = thread->address + layout->alloc_context.offset;
	if (layout->thread_locals.present) {
		if (!reader_u64(reader, thread->address + layout->thread_locals.offset, &context) ||
		    !context)
			return;
		context += layout->locals_alloc_context.offset;
	} else if (!layout->alloc_context.present) {
		return;
	}
	if (layout->gc_alloc_context.present)
		context += layout->gc_alloc_context.offset;
	uint64_t pointer, limit;
	if (reader_u64(reader, context + layout->pointer.offset, &pointer) &&
	    reader_u64(reader, context + layout->limit.offset, &limit) && pointer <= limit) {
		thread->alloc_pointer = pointer;
		thread->alloc_limit = limit;
	}
}

/* 0 where this runtime lacks the field. */
static struct error *read_optional(struct reader *reader, uint64_t base, struct field field,
				   const char *what, uint64_t *ret)
{
	*ret = 0;
	return field.present ? read_field(reader, base, field, what, ret) : NULL;
}

static struct error *thread_read(struct reader *reader, const struct thread_layout *layout,
				 struct clr_thread *thread)
{
	static const char what[] = "a managed thread";
	uint64_t base = thread->address, id, state, cooperative;
	TRY(read_field(reader, base, layout->id, what, &id));
	TRY(read_field(reader, base, layout->state, what, &state));
	TRY(read_field(reader, base, layout->os_id, what, &thread->os_id));
	TRY(read_optional(reader, base, layout->cooperative, what, &cooperative));
	TRY(read_optional(reader, base, layout->managed_object, what, &thread->managed_object));
	TRY(read_optional(reader, base, layout->last_thrown, what, &thread->last_thrown));
	TRY(read_optional(reader, base, layout->exception_tracker, what,
			  &thread->exception_tracker));
	thread->managed_id = (uint32_t)id;
	thread->state = (uint32_t)state;
	thread->is_cooperative = cooperative & 1;
	alloc_context_read(reader, layout, thread);
	return NULL;
}

/* The counts and special threads, for clrthreads. */
static struct error *store_read(struct reader *reader, const struct contract *contract,
				const struct thread_layout *layout, uint64_t store,
				struct clr_threads *threads)
{
	static const char what[] = "the thread store";
	uint64_t variable;
	TRY(read_field(reader, store, layout->count, what, &threads->expected_count));
	TRY(read_optional(reader, store, layout->unstarted, what, &threads->unstarted));
	TRY(read_optional(reader, store, layout->background, what, &threads->background));
	TRY(read_optional(reader, store, layout->pending, what, &threads->pending));
	TRY(read_optional(reader, store, layout->dead, what, &threads->dead));
	if (contract_global(contract, "FinalizerThread", &variable) &&
	    !reader_u64(reader, variable, &threads->finalizer))
		threads->finalizer = 0;
	if (contract_global(contract, "GCThread", &variable) &&
	    !reader_u64(reader, variable, &threads->suspender))
		threads->suspender = 0;
	return NULL;
}

/* The list leads from link to link inside the threads by version 1 of the contract (and before
 * there was one), by c1 (.NET 11) from thread to thread. */
static uint64_t link_place(const struct contract *contract, const struct thread_layout *layout)
{
	const char *version = contract_version(contract, "Thread");
	return !version || strcmp(version, "1") == 0 ? layout->next_link.offset : 0;
}

/* The list ends in null; one that is longer than the store says is a cycle or not a list, and *link
 * is then the thread that is too many. */
static struct error *list_read(struct reader *reader, const struct thread_layout *layout,
			       struct arena *arena, struct clr_threads *threads, uint64_t *link,
			       uint64_t place)
{
	struct chain_guard guard = { 0 };
	size_t capacity = 0;
	while (*link && threads->count < threads->expected_count &&
	       chain_guard_pass(&guard, *link)) {
		/* What the list has counts, not what the store says. */
		TRY(LIST_GROW_IN(arena, threads->threads, threads->count, capacity));
		struct clr_thread *thread = &threads->threads[threads->count++];
		thread->address = *link - place;
		TRY(thread_read(reader, layout, thread));
		TRY(read_field(reader, thread->address, layout->next_link,
			       "the list of managed threads", link));
	}
	return NULL;
}

struct error *clr_threads_read(struct reader *reader, const struct contract *contract,
			       struct arena *arena, struct clr_threads **ret)
{
	struct thread_layout layout = { 0 };
	TRY(contract_bind(contract, bindings, COUNT_OF(bindings), &layout));
	uint64_t variable, store, link, place = link_place(contract, &layout);
	struct clr_threads *threads = arena_allocate(arena, sizeof(*threads));
	if (!threads)
		return &error_no_memory;
	TRY(contract_require_global(contract, "ThreadStore", &variable));
	threads->store_variable = variable;
	TRY(reader_pointer(reader, variable, "the pointer to the thread store", &store));
	TRY(read_field(reader, store, layout.first_link, "the thread store", &link));
	TRY(store_read(reader, contract, &layout, store, threads));
	if (threads->expected_count > LIMIT_THREADS)
		return error_new(ERROR_BAD_DATA, "the thread store counts %llu threads",
				 (unsigned long long)threads->expected_count);
	TRY(list_read(reader, &layout, arena, threads, &link, place));
	if (link || threads->count != threads->expected_count)
		return error_new(ERROR_BAD_DATA,
				 "the list of managed threads is %s than the %llu that the thread "
				 "store counts",
				 link ? "longer" : "shorter",
				 (unsigned long long)threads->expected_count);
	*ret = threads;
	return NULL;
}
