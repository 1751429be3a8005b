/* clrthreads: the runtime's threads, as SOS lists them. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/interpreter/session.h"
#include "commands/shared/thread_cells.h"
#include "heap/clr_threads.h"
#include "heap/types/clr_domain.h"
#include "inspect/thread_index.h"
#include "inspect/thread_view.h"

#include <inttypes.h>

static const struct column count_columns[] = {
	{ "thread_count", "ThreadCount:      ", CELL_INTEGER, 0 },
	{ "unstarted_count", "UnstartedThread:  ", CELL_INTEGER, 0 },
	{ "background_count", "BackgroundThread: ", CELL_INTEGER, 0 },
	{ "pending_count", "PendingThread:    ", CELL_INTEGER, 0 },
	{ "dead_count", "DeadThread:       ", CELL_INTEGER, 0 },
	{ NULL, "Hosted Runtime:   ", CELL_TEXT, 0 },
};
static const struct column columns[] = {
	{ "index", "DBG", CELL_INTEGER, 4 },
	{ "managed_id", "ID", CELL_INTEGER, 4 },
	{ "os_id", "OSID", CELL_HEX, 8 },
	{ "address", "ThreadOBJ", CELL_POINTER, -16 },
	{ "state", "State", CELL_HEX, 8 },
	{ "gc_mode", "GC Mode", CELL_TEXT, -11 },
	{ "alloc_pointer", IN_WORDS, CELL_POINTER, 0 },
	{ "alloc_limit", IN_WORDS, CELL_POINTER, 0 },
	{ NULL, "GC Alloc Context", CELL_TEXT, -33 },
	{ "domain", "Domain", CELL_POINTER, -16 },
	{ "lock_count", "Count", CELL_VALUE, -5 },
	{ NULL, "Apt", CELL_TEXT, -3 },
	/* What SOS says in words: the exception, and what the thread is for. */
	{ NULL, "Exception", CELL_TEXT, 0 },
	{ "exception", NULL, CELL_VALUE, 0 },
	{ "has_nested_exceptions", NULL, CELL_VALUE, 0 },
	{ "name", NULL, CELL_VALUE, 0 },
	{ "is_finalizer", NULL, CELL_VALUE, 0 },
	{ "is_gc", NULL, CELL_VALUE, 0 },
	{ "is_threadpool", NULL, CELL_VALUE, 0 },
};
enum { LOCK_COLUMN = 108 }; /* SOS writes "Lock" over "Count" */

/* SOS's last column, and after what SOS has the thread's name. */
static void remarks(struct output *out, const struct clr_threads *threads,
		    const struct clr_thread *thread, const struct thread_thrown *thrown,
		    const char *type, const char *name)
{
	char exception[64] = "";
	if (thrown->unreadable)
		snprintf(exception, sizeof(exception), "<unreadable exception>");
	else if (thrown->address)
		snprintf(exception, sizeof(exception),
			 thrown->type ? " %016" PRIX64 : "(%016" PRIX64 ")", thrown->address);
	output_textf(out, "%s%s%s%s%s%s%s%s%s%s",
		     thread->address == threads->finalizer ? "(Finalizer) " : "",
		     thread->address == threads->suspender ? "(GC) " : "",
		     thread->state & THREAD_STATE_WORKER ? "(Threadpool Worker) "
		     : thread->state & THREAD_STATE_COMPLETION_PORT
			     ? "(Threadpool Completion Port) "
			     : "",
		     type              ? type
		     : thrown->address ? "<Invalid Object> "
				       : "",
		     exception, thrown->has_nested ? " (nested exceptions)" : "",
		     name && (thrown->address || thrown->unreadable) ? " " : "", name ? "\"" : "",
		     name ? name : "", name ? "\"" : "");
}

static struct error *row_print(struct command_call *call, const struct clr_thread *thread,
			       int64_t index, uint64_t domain)
{
	struct output *out = call->out;
	const struct clr_threads *threads = call->question.heap->threads;
	struct thread_thrown thrown;
	TRY(thread_thrown(&call->question, thread, &thrown));
	const char *type = thrown.type ? type_sos_name(call->question.heap, thrown.type) : NULL;
	CLEANUP(arena_deinit) struct arena row = arena_within(call->question.scratch);
	const char *name;
	TRY(thread_name_text(&call->question, thread, &row, &name));
	output_row_begin(out);
	if (index >= 0)
		output_signed(out, index);
	else
		output_nothing(out, "XXXX");
	output_unsigned(out, thread->managed_id);
	output_unsigned(out, thread->os_id);
	output_address(out, thread->address);
	output_unsigned(out, thread->state);
	output_text(out, thread->is_cooperative ? "Cooperative" : "Preemptive");
	output_address(out, thread->alloc_pointer);
	output_address(out, thread->alloc_limit);
	output_words(out, "{alloc_pointer}:{alloc_limit}");
	output_address(out, domain);
	/* The runtime counts no locks a thread: its DAC, too, says -1 (request.cpp). */
	output_number_as(out, -1, "-00001");
	output_text(out, "Ukn");
	remarks(out, threads, thread, &thrown, type, name);
	if (thrown.address)
		output_reference(out, thrown.address, type ? type : "");
	else
		output_null(out);
	output_bool(out, thrown.has_nested);
	TRY(thread_name_cell(call, thread));
	output_bool(out, thread->address == threads->finalizer);
	output_bool(out, thread->address == threads->suspender);
	output_bool(out, thread->state & (THREAD_STATE_WORKER | THREAD_STATE_COMPLETION_PORT));
	output_row_end(out);
	return NULL;
}

static void counts_print(struct output *out, const struct clr_threads *threads)
{
	output_record_begin(out, NULL, count_columns, COUNT_OF(count_columns));
	output_unsigned(out, threads->expected_count);
	output_unsigned(out, threads->unstarted);
	output_unsigned(out, threads->background);
	output_unsigned(out, threads->pending);
	output_unsigned(out, threads->dead);
	output_text(out, "no");
	output_record_end(out);
}

/* -managedexception: the first thread that has one becomes the current one. */
static struct error *switch_to_exception(struct command_call *call)
{
	static const struct column thread_columns[] = {
		{ "os_id", "Found managed exception on thread ", CELL_HEX, 0 },
		{ "managed_id", NULL, CELL_INTEGER, 0 },
	};
	const struct clr_threads *threads = call->question.heap->threads;
	for (size_t i = 0; i < threads->count; i++) {
		const struct clr_thread *thread = &threads->threads[i];
		struct thread_thrown thrown;
		TRY(thread_thrown(&call->question, thread, &thrown));
		if (!thrown.address)
			continue;
		session_set_current_thread(call->session, (int)thread->os_id);
		output_record_begin(call->out, NULL, thread_columns, COUNT_OF(thread_columns));
		output_unsigned(call->out, thread->os_id);
		output_unsigned(call->out, thread->managed_id);
		output_record_end(call->out);
		return NULL;
	}
	output_note(call->out, "No thread has a managed exception.");
	return NULL;
}

static struct error *clrthreads_run(struct command_call *call)
{
	const struct clr_threads *threads = call->question.heap->threads;
	int64_t *indexes;
	if (arguments_has(call->arguments, "-managedexception"))
		return switch_to_exception(call);
	uint64_t domain = clr_domain_address(call->question.heap);
	TRY(thread_indexes(&call->question, &indexes));
	if (call->question.heap->threads_lack)
		question_missing(&call->question, 0, "%s: allocation contexts are shown as none",
				 call->question.heap->threads_lack);
	counts_print(call->out, threads);
	output_line(call->out, "%*sLock  ", LOCK_COLUMN, "");
	output_table_begin(call->out, "threads", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < threads->count && !output_broken(call->out); i++)
		if (indexes[i] >= 0 || !arguments_has(call->arguments, "-live"))
			TRY(row_print(call, &threads->threads[i], indexes[i], domain));
	output_table_end(call->out);
	if (arguments_has(call->arguments, "-special"))
		output_note(call->out, "-special tells threads of Windows processes only.");
	return NULL;
}

static const struct option options[] = {
	{ "-live", NULL, "only threads that the dump or process has", NULL },
	{ "-managedexception", NULL,
	  "no list: makes the first thread with an exception the current one", NULL },
	{ "-special", NULL, "accepted; such threads are of Windows", NULL },
	{ 0 },
};
static const char *const examples[] = { "clrthreads", "clrthreads -live", NULL };
const struct command command_clrthreads = {
	.name = "clrthreads",
	.summary = "list the managed threads: state, allocation context, last exception",
	.usage = "clrthreads [-live] | clrthreads -managedexception", /* one or the other */
	.description =
		"DBG is the thread's place among those of the dump, XXXX when it has none (ended, or not yet started). Exception names what it is for, and what it threw last or is handling; printexception shows that. The name that the program gave the thread is at the end.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = clrthreads_run,
};
