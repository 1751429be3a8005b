#include "commands/command.h"

#include "commands/session.h"
#include "heap/gc/gc_heap.h"

void call_missing(struct command_call *call, uint64_t bytes, const char *format, ...)
{
	struct coverage *coverage = call->coverage;
	coverage->incomplete = true;
	if (__builtin_add_overflow(coverage->unreadable_bytes, bytes, &coverage->unreadable_bytes))
		coverage->unreadable_bytes = UINT64_MAX;
	if (coverage->reason_count == COVERAGE_REASONS_MAX)
		return;
	char *reason = NULL;
	va_list arguments;
	va_start(arguments, format);
	if (vasprintf(&reason, format, arguments) < 0)
		reason = NULL;
	va_end(arguments);
	const char *text = reason ? reason : "memory ran out", *kept = NULL;
	bool known = false;
	for (size_t i = 0; i < coverage->reason_count; i++)
		known |= !strcmp(coverage->reasons[i], text);
	if (!known)
		kept = arena_copy_text(coverage->texts, text, strlen(text));
	if (!known)
		coverage->reasons[coverage->reason_count++] = kept ? kept : "memory ran out";
	free(reason);
}

void call_check_false(struct command_call *call)
{
	call->coverage->check_false = true;
}

void call_missing_of_damage(struct command_call *call)
{
	const struct target *target = session_target(call->session);
	if (target && target->damage)
		call_missing(call, 0, "%s", target->damage);
}

struct heap *call_heap(struct command_call *call)
{
	struct heap *heap = session_heap(call->session);
	struct target *target = session_target(call->session);
	if (heap && !target->met)
		target->met = call->met_before;
	return heap;
}

void call_missing_of_holes(struct command_call *call)
{
	const struct target *target = session_target(call->session);
	if (!target)
		return;
	const char *met = target->met;
	if (!met)
		met = session_opened_without(call->session);
	if (!met && call->coverage->check_false && target->missing_bytes)
		met = "the dump is cut short";
	if (target->damage) /* which has been said */
		call->coverage->check_false = false;
	if (!met)
		return;
	call_missing(call, 0, "%s", met);
	call->coverage->check_false = false;
}

void call_missing_of_runtime(struct command_call *call)
{
	const char *without = session_opened_without(call->session);
	if (without && !session_heap(call->session))
		call_missing(call, 0, "the runtime was not found: %s", without);
}

void call_missing_of_cut(struct command_call *call)
{
	const struct target *target = session_target(call->session);
	if (target->missing_bytes)
		call_missing(call, target->missing_bytes, "the dump is cut short");
	if (target->notes_lost)
		call_missing(call, 0, "the dump %s", target->notes_lost);
	call_missing_of_runtime(call);
}

void call_missing_of_threads(struct command_call *call)
{
	const struct target *target = session_target(call->session);
	if (target->notes_lost)
		call_missing(call, 0, "the dump %s: threads may be missing", target->notes_lost);
}

void call_missing_of_gc(struct command_call *call)
{
	const struct gc_heap *gc = call->heap->gc;
	if (gc->structures_invalid)
		call_missing(call, 0,
			     "a garbage collection was under way: objects may be missing, and dead "
			     "ones be counted");
	if (gc->lost_segments)
		call_missing(call, 0, "%llu lists of heap segments ended in unreadable memory",
			     (unsigned long long)gc->lost_segments);
}
