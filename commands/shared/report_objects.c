/* What report finds in single objects: exceptions by type and message, tasks, locks. */
#include "commands/command.h"

#include "base/list.h"
#include "base/text.h"
#include "commands/shared/report_sections.h"
#include "heap/locks/managed_locks.h"
#include "heap/tasks/managed_task.h"
#include "heap/values/value.h"

#include <inttypes.h>

enum { TRAITS_READ = 1, TRAIT_EXCEPTION = 2, TRAIT_TASK = 4, TRAIT_LOCK = 8 };
enum { MESSAGE_UNITS = 200, EXCEPTIONS_SHOWN = 10, TASKS_SHOWN = 8 };

struct error *report_init(struct report *report)
{
	struct heap *heap = report->call->question.heap;
	arena_init(&report->text);
	report->exceptions.arena = report->tasks.arena = report->call->question.scratch;
	TRY(reader_init(&report->headers, heap->target));
	struct error *error = thin_locks_open(heap, &report->thin_layout);
	if (error)
		report->thin_layout.heap = NULL;
	error_free(error);
	return NULL;
}

void report_deinit(struct report *report)
{
	heap_statistics_deinit(&report->statistics);
	tally_deinit(&report->exceptions);
	tally_deinit(&report->tasks);
	id_map_deinit(&report->inner_locks);
	error_free(report->monitors_error);
	reader_deinit(&report->headers);
	arena_deinit(&report->text);
	type_bytes_deinit(&report->traits);
}

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
	return traits;
}

/* Remembered. */
static struct error *traits_of(struct report *report, uint32_t index, uint8_t *ret)
{
	struct heap *heap = report->call->question.heap;
	uint8_t *traits;
	TRY(type_byte(&report->traits, index, &traits));
	if (!*traits)
		*traits = traits_read(heap, type_by_index(heap, index));
	*ret = *traits;
	return NULL;
}

/* The beginning of its message; *ret NULL: it has none, or it is not in the dump. */
static struct error *message_read(struct report *report, uint64_t string, const char **ret)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	*ret = NULL;
	if (!string)
		return NULL;
	struct error *error = string_read(report->call->question.heap, string, MESSAGE_UNITS,
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

static struct error *exception_meet(struct report *report, uint64_t address)
{
	struct exception exception;
	const char *message;
	struct error *error = exception_read(report->call->question.heap, address, &exception);
	if (error_take_damage(&error)) {
		report->exceptions_unreadable++;
		return NULL;
	}
	TRY(error);
	TRY(message_read(report, exception.message, &message));
	return tally_add(&report->exceptions,
			 type_name(report->call->question.heap, exception.type, NULL), message);
}

static struct error *task_meet(struct report *report, const struct gc_object *object)
{
	struct heap *heap = report->call->question.heap;
	uint32_t flags;
	bool is_read;
	const char *name;
	TRY(managed_task_flags(heap, object->address, &flags, &is_read));
	report->tasks_unreadable += !is_read;
	if (!is_read || managed_task_is_completed(flags))
		return NULL;
	TRY(managed_task_name(heap, object->address, type_by_index(heap, object->type), &name));
	return tally_add(&report->tasks, name, NULL);
}

struct error *report_monitors_read(struct report *report)
{
	struct sync_blocks blocks;
	struct sync_block block;
	TRY(sync_blocks_open(report->call->question.heap, &blocks));
	for (uint32_t i = 1; i <= blocks.count; i++) {
		struct error *error = sync_block_read(&blocks, i, &block);
		if (error_take(&error, ERROR_FAULT)) {
			report->locks_unreadable++;
			continue;
		}
		TRY(error);
		report->monitors.held += block.is_held;
		report->monitors.contended += block.waiters > 0;
		if (block.lock)
			TRY(id_map_put(&report->inner_locks, block.lock, 0));
	}
	return NULL;
}

static struct error *lock_meet(struct report *report, const struct gc_object *object)
{
	uint32_t ignored;
	if (id_map_find(&report->inner_locks, object->address, &ignored))
		return NULL;
	struct heap *heap = report->call->question.heap;
	struct managed_lock lock;
	enum managed_lock_kind kind = managed_lock_kind_of(heap, type_by_index(heap, object->type));
	struct error *error = managed_lock_read(heap, object->address, kind, &lock);
	if (error_take_damage(&error)) {
		report->locks_unreadable++;
		return NULL;
	}
	TRY(error);
	report->other.held += lock.is_held;
	report->other.contended += lock.waiters || lock.async_waiters;
	return NULL;
}

static struct error *traits_meet(struct report *report, const struct gc_object *object,
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

struct error *report_meet(struct report *report, const struct gc_object *object)
{
	uint8_t traits;
	struct thin_lock lock;
	TRY(traits_of(report, object->type, &traits));
	if (report->thin_layout.heap &&
	    thin_lock_read(&report->thin_layout, &report->headers, object->address, &lock))
		report->monitors.held++;
	if (__builtin_expect(traits == TRAITS_READ, 1))
		return NULL;
	struct error *error = traits_meet(report, object, traits);
	arena_reset(&report->text);
	return error;
}

void report_exceptions_print(struct report *report)
{
	static const struct column columns[] = { { "count", "Count", CELL_COUNT, 14 },
						 { "type", IN_WORDS, CELL_TEXT, 0 },
						 { "message", IN_WORDS, CELL_TEXT, 0 },
						 { NULL, "Exceptions", CELL_TEXT, 0 } };
	static const struct column total[] = { { "exception_count", NULL, CELL_INTEGER, 0 } };
	struct output *out = report->call->out;
	struct tally *tally = &report->exceptions;
	tally_sort(tally);
	if (report->exceptions_unreadable)
		question_missing(&report->call->question, 0,
				 "exceptions: %" PRIu64 " or their messages %s",
				 report->exceptions_unreadable,
				 target_lacks_them(report->call->question.target));
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, tally->total);
	output_record_end(out);
	output_line(out, "%s", "");
	output_table_begin(out, "exceptions", columns, COUNT_OF(columns), tally->count > 0);
	uint64_t left = tally->total;
	for (size_t i = 0; i < tally->count && i < EXCEPTIONS_SHOWN; i++) {
		const struct tally_entry *entry = &tally->entries[i];
		left -= entry->count;
		output_row_begin(out);
		output_unsigned(out, entry->count);
		output_text(out, entry->name);
		output_text_or_null(out, entry->detail);
		output_words(out, entry->detail ? "{type}: {message}" : "{type}");
		output_row_end(out);
	}
	output_table_end(out);
	if (!tally->count)
		output_line(out, "Exceptions  none");
	else if (left)
		output_line(out, "%14" PRIu64 " others", left);
}

void report_tasks_print(struct report *report)
{
	static const struct column columns[] = { { "count", "Count", CELL_COUNT, 14 },
						 { "type", "Pending tasks", CELL_TEXT, 0 } };
	static const struct column total[] = { { "pending_task_count", NULL, CELL_INTEGER, 0 } };
	struct output *out = report->call->out;
	struct tally *tally = &report->tasks;
	tally_sort(tally);
	if (report->tasks_unreadable)
		question_missing(&report->call->question, 0,
				 "tasks: the state of %" PRIu64 " cannot be read",
				 report->tasks_unreadable);
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, tally->total);
	output_record_end(out);
	output_line(out, "%s", "");
	output_table_begin(out, "pending_tasks", columns, COUNT_OF(columns), tally->count > 0);
	uint64_t left = tally->total;
	for (size_t i = 0; i < tally->count && i < TASKS_SHOWN; i++) {
		left -= tally->entries[i].count;
		output_row_begin(out);
		output_unsigned(out, tally->entries[i].count);
		output_text(out, tally->entries[i].name);
		output_row_end(out);
	}
	output_table_end(out);
	if (!tally->count)
		output_line(out, "Pending tasks  none");
	else if (left)
		output_line(out, "%14" PRIu64 " others", left);
}
