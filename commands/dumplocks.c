/* dumplocks: who holds which lock, and who waits for it. Not one of SOS's. */
#include "commands/command.h"

#include "base/id_map.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/clr_threads.h"
#include "heap/locks/managed_locks.h"
#include "heap/locks/sync_blocks.h"
#include "inspect/heap_filter.h"
#include "inspect/type_bytes.h"

#include <inttypes.h>

enum { THREADS_SHOWN = 64 }; /* of one lock; the count says how many there are */

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "kind", "Kind", CELL_TEXT, -20 },
	/* A cell in text, with what has ended too, where JSON has a table of the threads there are.
	 */
	{ NULL, "Held by", CELL_TEXT, -20 },
	{ "held_by", NULL, CELL_VALUE, 0 },
	{ "recursion", "Recursion", CELL_INTEGER, 9 },
	{ "waiters", "Waiters", CELL_INTEGER, 7 },
	{ "waiting", NULL, CELL_VALUE, 0 },
	{ "type", "Type", CELL_TEXT, -36 },
	{ "detail", "Detail", CELL_TEXT, 0 },
};
static const struct column thread_columns[] = {
	{ "managed_id", NULL, CELL_INTEGER, 0 },
	{ "os_id", NULL, CELL_INTEGER, 0 },
	{ "address", NULL, CELL_ADDRESS, 0 },
};
static const struct column total_columns[] = {
	{ "held", IN_WORDS, CELL_INTEGER, 0 },
	{ "waited_for", IN_WORDS, CELL_INTEGER, 0 },
};

/* What one row says. */
struct lock_row {
	uint64_t address;
	const char *kind;
	const struct clr_thread *const *holders;
	size_t holder_count;
	uint64_t gone; /* the id of a holder that is no thread any more; 0: none */
	bool is_held;
	uint32_t recursion; /* how often the holder has entered; 0: not said */
	uint64_t waiters;
	const struct clr_thread *const *waiting; /* as far as they are known */
	size_t waiting_count;
	char detail[160];
};

struct listing {
	struct command_call *call;
	bool all;
	struct sync_blocks blocks;
	bool has_thin_locks;
	struct arena holders;    /* of one lock */
	struct reader headers;   /* of objects: the walk's reader stands elsewhere */
	struct id_map inner;     /* Locks that only do a monitor's work */
	struct type_bytes kinds; /* enum managed_lock_kind + 1; 0: not yet asked */
	uint64_t held, waited_for, unreadable;
};

static void append_thread(struct text *to, const struct clr_thread *thread)
{
	text_printf(to, "%s%" PRIu32 " (0x%" PRIx64 ")", to->length ? ", " : "", thread->managed_id,
		    thread->os_id);
}

static struct error *holders_cell(struct output *out, const struct lock_row *row)
{
	struct text text = { 0 };
	for (size_t i = 0; i < row->holder_count; i++)
		append_thread(&text, row->holders[i]);
	if (row->gone)
		text_printf(&text, "%s0x%" PRIx64 " (ended)", text.length ? ", " : "", row->gone);
	bool failed = text_failed(&text);
	if (!failed)
		output_text(out, text.length ? text_string(&text) : "-");
	text_deinit(&text);
	return failed ? &error_no_memory : NULL;
}

static void threads_cell(struct output *out, const struct clr_thread *const *threads, size_t count)
{
	output_table_begin(out, NULL, thread_columns, COUNT_OF(thread_columns), false);
	for (size_t i = 0; i < count; i++) {
		if (!threads[i])
			continue;
		output_row_begin(out);
		output_unsigned(out, threads[i]->managed_id);
		output_unsigned(out, threads[i]->os_id);
		output_address(out, threads[i]->address);
		output_row_end(out);
	}
	output_table_end(out);
}

static struct error *row_print(struct listing *listing, const struct lock_row *row)
{
	struct heap *heap = listing->call->question.heap;
	struct output *out = listing->call->out;
	struct gc_object object;
	listing->held += row->is_held;
	listing->waited_for += row->waiters > 0;
	struct error *error = object_read(heap, row->address, &object);
	bool is_read = !error;
	if (!is_read && !error_take_damage(&error))
		return error;
	listing->unreadable += !is_read;
	output_row_begin(out);
	output_address(out, row->address);
	output_text(out, row->kind);
	TRY(holders_cell(out, row));
	threads_cell(out, row->holders, row->holder_count);
	output_unsigned(out, row->recursion);
	output_unsigned(out, row->waiters);
	threads_cell(out, row->waiting, row->waiting_count);
	output_text(out, is_read ? type_name(heap, type_by_index(heap, object.type), NULL)
				 : "<unreadable object>");
	output_text(out, row->detail);
	output_row_end(out);
	return NULL;
}

/* "sync block 3", and who is in Monitor.Wait. */
static void block_detail(char *to, size_t size, const struct sync_block *block,
			 const struct clr_thread *const *waiting, uint32_t count, bool known)
{
	int length = snprintf(to, size, "sync block %" PRIu32, block->index);
	if (count)
		length += snprintf(to + length, size - (size_t)length,
				   ", %" PRIu32 " in Monitor.Wait%s", count, waiting[0] ? ":" : "");
	for (uint32_t i = 0; i < count && i < THREADS_SHOWN && waiting[i]; i++) {
		if ((size_t)length + sizeof(" 4294967295 …") > size)
			break;
		length += snprintf(to + length, size - (size_t)length, " %" PRIu32,
				   waiting[i]->managed_id);
	}
	if (!known && (size_t)length < size)
		snprintf(to + length, size - (size_t)length, ", Monitor.Wait unreadable");
}

static struct error *block_print(struct listing *listing, const struct sync_block *block)
{
	const struct clr_thread *waiting[THREADS_SHOWN];
	uint32_t count;
	bool known;
	if (block->lock)
		TRY(id_map_put(&listing->inner, block->lock, 0));
	if (block->is_free || !block->object)
		return NULL;
	sync_block_waiting(&listing->blocks, block, waiting, THREADS_SHOWN, &count, &known);
	if (!known)
		question_missing(&listing->call->question, 0,
				 "the threads in Monitor.Wait on %#" PRIx64
				 " could not be followed",
				 block->object);
	if (!listing->all && !block->is_held && !block->waiters && !count && known)
		return NULL;
	struct lock_row row = { .address = block->object,
				.kind = "Monitor",
				.holders = &block->owner,
				.holder_count = block->owner != NULL,
				.gone = block->is_held && !block->owner ? block->owner_id : 0,
				.is_held = block->is_held,
				.recursion = block->recursion,
				.waiters = block->waiters,
				.waiting = waiting,
				.waiting_count = count < THREADS_SHOWN ? count : THREADS_SHOWN };
	block_detail(row.detail, sizeof(row.detail), block, waiting, count, known);
	return row_print(listing, &row);
}

static struct error *blocks_print(struct listing *listing)
{
	struct sync_block block;
	for (uint32_t i = 1; i <= listing->blocks.count; i++) {
		TRY(task_check(listing->call->question.task, "reading the sync blocks"));
		struct error *error = sync_block_read(&listing->blocks, i, &block);
		if (!error)
			error = block_print(listing, &block);
		if (error_take(&error, ERROR_FAULT))
			listing->unreadable++;
		TRY(error);
	}
	return NULL;
}

static struct error *thin_lock_print(struct listing *listing, uint64_t address)
{
	struct thin_lock lock;
	if (!thin_lock_read(&listing->blocks, &listing->headers, address, &lock))
		return NULL;
	TRY(task_check(listing->call->question.task, "reading the locks"));
	struct lock_row row = { .address = address,
				.kind = "Monitor",
				.holders = &lock.thread,
				.holder_count = lock.thread != NULL,
				.gone = lock.thread ? 0 : lock.thread_id,
				.is_held = true,
				.recursion = lock.recursion + 1,
				.detail = "thin lock" };
	return row_print(listing, &row);
}

/* "; waiting: 2 to read, 1 to write". */
static void waiting_detail(char *to, size_t size, const struct managed_lock *lock)
{
	const struct {
		uint32_t count;
		const char *purpose;
	} parts[] = {
		{ lock->waiting_readers, "to read" },
		{ lock->waiting_writers, "to write" },
		{ lock->waiting_upgraders, "to read upgradeably" },
	};
	const char *before = "; waiting: ";
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		size_t length = strlen(to);
		if (!parts[i].count)
			continue;
		snprintf(to + length, size - length, "%s%" PRIu32 " %s", before, parts[i].count,
			 parts[i].purpose);
		before = ", ";
	}
}

static void managed_detail(char *to, size_t size, const struct managed_lock *lock)
{
	switch (lock->kind) {
	case MANAGED_LOCK_SEMAPHORE:
		if (lock->maximum == INT32_MAX)
			snprintf(to, size, "%" PRId32 " left", lock->count);
		else
			snprintf(to, size, "%" PRId32 " of %" PRId32 " left", lock->count,
				 lock->maximum);
		if (lock->async_waiters)
			snprintf(to + strlen(to), size - strlen(to), ", %" PRIu32 " in WaitAsync",
				 lock->async_waiters);
		break;
	case MANAGED_LOCK_READER_WRITER:
		snprintf(to, size, "%s%s",
			 lock->is_written ? "written"
			 : lock->readers  ? "read"
					  : "free",
			 lock->upgrader_id ? ", upgradeable" : "");
		waiting_detail(to, size, lock);
		break;
	case MANAGED_LOCK_EVENT:
		snprintf(to, size, "%s", lock->is_set ? "set" : "not set");
		break;
	case MANAGED_LOCK_LOCK:
	case MANAGED_LOCK_NONE:
		break;
	}
}

/* Who holds it: of readers and writers the writer, the one in upgradeable mode and all readers. */
static struct error *holders_find(struct listing *listing, uint64_t address,
				  const struct managed_lock *lock, struct lock_row *row)
{
	const struct clr_thread **holders = NULL;
	size_t count = 0;
	if (lock->kind == MANAGED_LOCK_READER_WRITER && lock->is_held) {
		TRY(reader_writer_readers(listing->call->question.heap, address, lock,
					  &listing->holders, &holders, &count));
	}
	const struct clr_thread **all =
		arena_allocate_array(&listing->holders, count + 2, sizeof(*all));
	if (!all)
		return &error_no_memory;
	if (lock->owner)
		all[row->holder_count++] = lock->owner;
	if (lock->upgrader && lock->upgrader != lock->owner)
		all[row->holder_count++] = lock->upgrader;
	for (size_t i = 0; i < count; i++)
		if (holders[i] != lock->owner && holders[i] != lock->upgrader)
			all[row->holder_count++] = holders[i];
	row->holders = all;
	if (lock->owner_id && !lock->owner)
		row->gone = lock->owner_id;
	return NULL;
}

static struct error *managed_lock_print(struct listing *listing, uint64_t address,
					enum managed_lock_kind kind)
{
	struct managed_lock lock;
	uint32_t ignored;
	if (id_map_find(&listing->inner, address, &ignored))
		return NULL;
	TRY(task_check(listing->call->question.task, "reading the locks"));
	TRY(managed_lock_read(listing->call->question.heap, address, kind, &lock));
	struct lock_row row = { .address = address,
				.kind = managed_lock_kind_name(kind),
				.is_held = lock.is_held,
				.recursion = lock.recursion,
				.waiters = (uint64_t)lock.waiters + lock.async_waiters };
	if (!listing->all && !row.is_held && !row.waiters)
		return NULL;
	managed_detail(row.detail, sizeof(row.detail), &lock);
	TRY(holders_find(listing, address, &lock, &row));
	return row_print(listing, &row);
}

/* The kind of a type, remembered. */
static struct error *kind_of(struct listing *listing, uint32_t index, enum managed_lock_kind *ret)
{
	struct heap *heap = listing->call->question.heap;
	uint8_t *known;
	TRY(type_byte(&listing->kinds, index, &known));
	if (!*known)
		*known = (uint8_t)(managed_lock_kind_of(heap, type_by_index(heap, index)) + 1);
	*ret = (enum managed_lock_kind)(*known - 1);
	return NULL;
}

static struct error *object_print(struct listing *listing, const struct gc_object *object)
{
	enum managed_lock_kind kind;
	if (listing->has_thin_locks)
		TRY(thin_lock_print(listing, object->address));
	TRY(kind_of(listing, object->type, &kind));
	return kind == MANAGED_LOCK_NONE ? NULL
					 : managed_lock_print(listing, object->address, kind);
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	if (object->is_free)
		return NULL;
	struct error *error = object_print(listing, object);
	arena_reset(&listing->holders);
	if (error_take(&error, ERROR_FAULT))
		listing->unreadable++;
	TRY(error);
	return output_broken(listing->call->out) ? &error_stop : NULL;
}

static struct error *heap_print(struct listing *listing)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, &listing->call->question);
	struct error *error = heap_filter_walk(&filter, visit, listing);
	heap_filter_deinit(&filter);
	return error;
}

/* What the runtime's own tables lack is said; the heap's locks are listed all the same. */
static struct error *tables_open(struct listing *listing)
{
	struct error *error = sync_blocks_open(listing->call->question.heap, &listing->blocks);
	if (error && !error_is_fatal(error)) {
		question_missing(&listing->call->question, 0, "monitors: %s", error->message);
		error_free(error);
		listing->blocks.count = 0;
		error = thin_locks_open(listing->call->question.heap, &listing->blocks);
	}
	listing->has_thin_locks = !error;
	if (error_take(&error, ERROR_UNSUPPORTED))
		return NULL;
	return error;
}

static struct error *print(struct listing *listing)
{
	struct output *out = listing->call->out;
	TRY(tables_open(listing));
	output_table_begin(out, "locks", columns, COUNT_OF(columns), true);
	struct error *error = blocks_print(listing);
	if (!error)
		error = heap_print(listing);
	output_table_end(out);
	TRY(error);
	output_record_begin(out, "total", total_columns, COUNT_OF(total_columns));
	output_unsigned(out, listing->held);
	output_unsigned(out, listing->waited_for);
	output_sentence(out, "\n{held} held, {waited_for} waited for");
	output_record_end(out);
	if (listing->unreadable)
		question_missing(&listing->call->question, 0, "%" PRIu64 " locks could not be read",
				 listing->unreadable);
	return NULL;
}

static struct error *dumplocks_run(struct command_call *call)
{
	struct listing listing = { .call = call, .all = arguments_has(call->arguments, "-all") };
	TRY(reader_init(&listing.headers, call->question.heap->target));
	struct error *error = print(&listing);

	reader_deinit(&listing.headers);
	id_map_deinit(&listing.inner);
	arena_deinit(&listing.holders);
	type_bytes_deinit(&listing.kinds);
	return error;
}

static const struct option options[] = {
	{ "-all", NULL, "also those that nobody holds or waits for", NULL },
	{ 0 },
};
static const char *const examples[] = { "dumplocks", "dumplocks -all", NULL };
const struct command command_dumplocks = {
	.name = "dumplocks",
	.summary = "list the locks that are held or waited for, and by whom",
	.usage = "dumplocks [-all]",
	.description =
		"Monitors (by sync block and thin lock), System.Threading.Lock, SemaphoreSlim, "
		"ReaderWriterLockSlim and ManualResetEventSlim. Held by names threads: managed id, "
		"then the operating system's. Waiters are threads that wait to enter, and tasks of "
		"WaitAsync; who they are a lock does not note, except for Monitor.Wait before .NET "
		"11. A SemaphoreSlim counts as held when nothing is left of it; by whom it does "
		"not know. Locks in garbage that no collection has met are listed too.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumplocks_run,
};
