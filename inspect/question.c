#include "inspect/question.h"

#include "attach/target/target.h"
#include "base/limits.h"
#include "heap/gc/heap_walk.h"

#include <inttypes.h>

/* In place of a reason that had no room. */
static char memory_ran_out[] = "memory ran out";

void coverage_deinit(struct coverage *coverage)
{
	for (size_t i = 0; i < coverage->reason_count; i++)
		if (coverage->reasons[i] != memory_ran_out)
			free(coverage->reasons[i]);
	id_map_deinit(&coverage->others);
	*coverage = (struct coverage){ 0 };
}

void remarks_deinit(struct remarks *remarks)
{
	for (size_t i = 0; i < remarks->count; i++)
		free(remarks->texts[i]);
	*remarks = (struct remarks){ 0 };
}

/* NULL: memory ran out. */
PRINTF_LIKE(1, 0)
static char *text_of(const char *format, va_list arguments)
{
	char *text = NULL;
	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

void coverage_end(struct coverage *coverage)
{
	char *reason = memory_ran_out;
	size_t count = coverage->others.count;
	if ((!count && !coverage->others_lost) || coverage->reason_count > COVERAGE_REASONS_MAX)
		return;
	if (asprintf(&reason, coverage->others_lost ? "and more than %zu more" : "and %zu more",
		     count) < 0)
		reason = memory_ran_out;
	coverage->reasons[coverage->reason_count++] = reason;
}

void remarks_end(struct remarks *remarks)
{
	char *text;
	if (!remarks->others || remarks->count > REMARKS_MAX)
		return;
	if (asprintf(&text, "and %zu more", remarks->others) >= 0)
		remarks->texts[remarks->count++] = text;
}

/* Of a text: FNV-1a (Fowler, Noll, Vo), never 0. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash ? hash : 1;
}

/* Counts a reason that has no room. One that memory runs out for is counted with another. */
static void count_other(struct coverage *coverage, uint64_t hash)
{
	struct error *error = NULL;
	bool room = coverage->others.count < LIMIT_REASONS;
	if (room)
		error = id_map_put(&coverage->others, hash, 0);
	coverage->others_lost |= !room || error;
	error_free(error);
}

static bool knows(const struct coverage *coverage, const char *reason)
{
	for (size_t i = 0; i < coverage->reason_count; i++)
		if (!strcmp(coverage->reasons[i], reason))
			return true;
	return false;
}

void question_missing(const struct question *question, uint64_t bytes, const char *format, ...)
{
	struct coverage *coverage = question->coverage;
	coverage->incomplete = true;
	if (__builtin_add_overflow(coverage->unreadable_bytes, bytes, &coverage->unreadable_bytes))
		coverage->unreadable_bytes = UINT64_MAX;
	va_list arguments;
	va_start(arguments, format);
	char *reason = text_of(format, arguments);
	va_end(arguments);
	if (!reason)
		reason = memory_ran_out;
	bool known = knows(coverage, reason), room = coverage->reason_count < COVERAGE_REASONS_MAX;
	if (!known && room) {
		coverage->reasons[coverage->reason_count++] = reason;
		return;
	}
	if (reason == memory_ran_out) { /* one of the others, or none */
		coverage->others_lost |= !known;
		return;
	}
	if (!known)
		count_other(coverage, hash_of(reason));
	free(reason);
}

void question_missing_all(const struct question *question, const struct coverage *from)
{
	for (size_t i = 0; i < from->reason_count; i++)
		question_missing(question, i ? 0 : from->unreadable_bytes, "%s", from->reasons[i]);
	for (size_t i = 0; i < from->others.capacity; i++)
		if (from->others.slots[i].key)
			count_other(question->coverage, from->others.slots[i].key);
	question->coverage->others_lost |= from->others_lost;
}

bool question_is_whole(const struct question *question)
{
	const struct target *target = question->target;
	const struct heap *heap = question->heap;
	bool opened = question->opened_without || (heap && question->opened_lacks);
	bool holes = question->met_before || opened || (target && (target->met || target->lacks));
	return !question->coverage->incomplete && !holes && (!heap || !heap->met_unnamed);
}

void question_remark(const struct question *question, const char *format, ...)
{
	struct remarks *remarks = question->remarks;
	remarks->others += remarks->count == REMARKS_MAX;
	if (remarks->count == REMARKS_MAX)
		return;
	va_list arguments;
	va_start(arguments, format);
	char *text = text_of(format, arguments);
	va_end(arguments);
	if (text)
		remarks->texts[remarks->count++] = text;
	else
		question_missing(question, 0, "%s", memory_ran_out);
}

struct heap *question_present(const struct question *question)
{
	if (question->target)
		target_note_lack(question->target, question->opened_lacks);
	return question->present;
}

struct heap *question_heap(const struct question *question)
{
	if (question->present && !question->target->met)
		question->target->met = question->met_before;
	return question_present(question);
}

void question_check_false(const struct question *question)
{
	question->coverage->check_false = true;
}

void question_missing_of_damage(const struct question *question)
{
	if (question->target && question->target->facts.damage)
		question_missing(question, 0, "%s", question->target->facts.damage);
}

void question_missing_of_holes(const struct question *question)
{
	const struct target *target = question->target;
	if (!target)
		return;
	const char *met = target->met;
	if (!met)
		met = question->opened_without;
	if (!met && question->coverage->check_false && target->facts.missing_bytes)
		met = "the dump is cut short";
	if (target->facts.damage) /* which has been said */
		question->coverage->check_false = false;
	if (!met)
		return;
	question_missing(question, 0, "%s", met);
	question->coverage->check_false = false;
}

void question_missing_of_lacks(const struct question *question)
{
	const struct target *target = question->target;
	if (!target)
		return;
	uint64_t opened_lacks = question->heap ? question->opened_lacks : 0;
	uint64_t lacks = target->lacks ? target->lacks : opened_lacks;
	if (!lacks)
		return;
	if (!question->coverage->incomplete)
		question_missing(question, 0, "memory that was asked for %s: nothing at %#" PRIx64,
				 target_lacks_it(target), lacks);
	question->coverage->check_false = false;
}

unsigned question_threads(const struct question *question)
{
	if (question->threads > HEAP_WALK_THREADS_MAX)
		return HEAP_WALK_THREADS_MAX;
	return question->threads ? question->threads : 1;
}

uint64_t question_thread_bytes(const struct question *question)
{
	enum { WORTH_BYTES = 8 * 1024 * 1024 }; /* walked in 2 ms; a thread costs some 0.1 */
	return question->threads_asked ? 0 : WORTH_BYTES;
}

void question_missing_of_runtime(const struct question *question)
{
	if (question->opened_without && !question->present)
		question_missing(question, 0, "the runtime was not found: %s",
				 question->opened_without);
}

void question_missing_of_cut(const struct question *question)
{
	const struct target *target = question->target;
	if (target->facts.missing_bytes)
		question_missing(question, target->facts.missing_bytes, "the dump is cut short");
	if (target->facts.notes_lost)
		question_missing(question, 0, "the dump %s", target->facts.notes_lost);
	question_missing_of_runtime(question);
}

void question_missing_of_threads(const struct question *question)
{
	if (question->target->facts.notes_lost)
		question_missing(question, 0, "the dump %s: threads may be missing",
				 question->target->facts.notes_lost);
}

void question_missing_of_gc(const struct question *question)
{
	const struct gc_heap *gc = question->heap->gc;
	if (gc->structures_invalid)
		question_missing(
			question, 0,
			"a garbage collection was under way: objects may be missing, and dead "
			"ones be counted");
	if (gc->lost_segments)
		question_missing(question, 0,
				 "%" PRIu64 " lists of heap segments ended in unreadable memory",
				 gc->lost_segments);
}
