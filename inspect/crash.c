#include "inspect/crash.h"

#include "inspect/thread_view.h"

#include <signal.h>

static struct error *find_stopped(const struct target_thread *thread, void *context)
{
	struct crash *crash = context;
	if (!crash->signal && thread->signal && thread->signal != SIGSTOP &&
	    thread->signal != SIGTRAP)
		*crash = (struct crash){ .tid = thread->tid, .signal = thread->signal };
	return NULL;
}

struct error *crash_find(const struct question *question, struct crash *ret)
{
	struct heap *heap = question->heap;
	*ret = (struct crash){ 0 };
	TRY(target_visit_threads(heap->target, find_stopped, ret));
	if (!ret->signal && heap->target->facts.notes_lost)
		return error_new(ERROR_NOT_FOUND,
				 "no thread that was stopped by a signal is in what there is of "
				 "the dump: it %s",
				 heap->target->facts.notes_lost);
	if (!ret->signal)
		return error_new(ERROR_NOT_FOUND, "there is no crash to tell of: no thread was "
						  "stopped by a signal");
	question_missing_of_threads(question);
	const struct clr_thread *thread = thread_with_os_id(heap, (uint64_t)ret->tid);
	struct error *error = thread ? exception_of_thread(heap, thread, &ret->thrown) : NULL;
	if (error_take_damage(&error))
		question_missing(question, 0, "the exception of the thread that crashed %s",
				 target_lacks_it(question->target));
	TRY(error);
	error = ret->thrown ? exception_read(heap, ret->thrown, &ret->exception) : NULL;
	if (error) {
		ret->message.state = VIEW_STRING_UNREADABLE;
		return error;
	}
	return view_string_read(question, ret->exception.message, &ret->message);
}
