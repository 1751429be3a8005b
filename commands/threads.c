/* threads, setthread: the target's own threads, and which of them is the current one. */
#include "commands/command.h"

#include "attach/target/registers.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "commands/interpreter/session.h"
#include "commands/shared/thread_cells.h"
#include "heap/heap.h"
#include "inspect/thread_view.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "index", IN_WORDS, CELL_INTEGER, 0 },
	{ "os_id", IN_WORDS, CELL_THREAD_ID, 0 },
	{ "is_current", IN_WORDS, CELL_STAR, 0 },
	{ "name", IN_WORDS, CELL_VALUE, 0 },
	{ NULL, "", CELL_TEXT, 0 },
	{ "signal", NULL, CELL_INTEGER, 0 },
	{ "ip", IN_WORDS, CELL_POINTER, 0 },
	{ "sp", IN_WORDS, CELL_POINTER, 0 },
	{ "fp", IN_WORDS, CELL_POINTER, 0 },
};

struct listing {
	struct command_call *call;
	int current;
	int64_t index;
	struct heap *heap;      /* NULL: no .NET runtime was found */
	struct id_map by_os_id; /* of its threads */
};

/* The next cell, and its line; a register that is not there has an empty one. */
static void print_pointer(struct command_call *call, const struct target_thread *thread,
			  bool is_known, uint64_t value, const char *const sentences[2])
{
	if (is_known) {
		output_address(call->out, value);
		output_sentence(call->out, sentences[0]);
	} else {
		output_skip(call->out);
		output_sentence(call->out, sentences[1]);
		question_missing(&call->question, 0, "the registers of thread %d %s", thread->tid,
				 target_lacks_them(call->question.target));
	}
}

static void print_pointers(struct command_call *call, const struct target_thread *thread)
{
	static const char *const ip[] = { "    IP  0x{ip}", "    IP " };
	static const char *const sp[] = { "    SP  0x{sp}", "    SP " };
	static const char *const fp[] = { "    FP  0x{fp}", "    FP " };
	struct registers registers;
	uint64_t value = 0;
	registers_of_thread(&registers, session_target(call->session), thread);
	bool is_known = registers_pc(&registers, &value);
	print_pointer(call, thread, is_known, value, ip);
	is_known = registers_sp(&registers, &value);
	print_pointer(call, thread, is_known, value, sp);
	is_known = registers_fp(&registers, &value);
	print_pointer(call, thread, is_known, value, fp);
	output_line(call->out, "    TEB 0x%016X", 0); /* Windows has one */
}

/* The name of the managed thread, and the line, which ends with the name. */
static struct error *name_cells(struct listing *listing, const struct target_thread *thread)
{
	CLEANUP(arena_deinit) struct arena row = arena_within(listing->call->question.scratch);
	struct output *out = listing->call->out;
	const struct heap *heap = listing->heap;
	const char *name = NULL;
	uint32_t at;
	if (heap && id_map_find(&listing->by_os_id, (uint64_t)thread->tid, &at)) {
		const struct clr_thread *managed = &heap->threads->threads[at];
		TRY(thread_name_text(&listing->call->question, managed, &row, &name));
		TRY(thread_name_cell(listing->call, managed));
	} else {
		output_null(out);
	}
	output_words(out,
		     name ? "{is_current}{index} {os_id}  {name}" : "{is_current}{index} {os_id}");
	return NULL;
}

static struct error *row_print(const struct target_thread *thread, void *context)
{
	struct listing *listing = context;
	struct command_call *call = listing->call;
	struct output *out = call->out;
	output_row_begin(out);
	output_signed(out, listing->index++);
	output_signed(out, thread->tid);
	output_bool(out, thread->tid == listing->current);
	TRY(name_cells(listing, thread));
	output_signed(out, thread->signal);
	if (arguments_has(call->arguments, "-verbose"))
		print_pointers(call, thread);
	output_row_end(out);
	return NULL;
}

/* The thread that a number means: its place in the list or its OS id. */
struct wanted {
	uint64_t number;
	bool is_id, found;
	int tid;
	uint64_t count;
};

static struct error *wanted_find(const struct target_thread *thread, void *context)
{
	struct wanted *wanted = context;
	if (wanted->number == (wanted->is_id ? (uint64_t)thread->tid : wanted->count)) {
		wanted->tid = thread->tid;
		wanted->found = true;
	}
	wanted->count++;
	return NULL;
}

static struct error *set_thread(struct command_call *call, const char *text)
{
	struct wanted wanted = { .is_id = arguments_has(call->arguments, "-tid") };
	TRY(parse_number(text, &wanted.number));
	TRY(target_visit_threads(session_target(call->session), wanted_find, &wanted));
	const char *lost = session_target(call->session)->facts.notes_lost;
	if (!wanted.found && lost)
		return error_new(ERROR_NOT_FOUND,
				 "there is no thread %" PRIu64
				 " in what there is of the dump, which "
				 "%s; threads lists those that are",
				 wanted.number, lost);
	if (!wanted.found && wanted.is_id)
		return error_new(ERROR_NOT_FOUND,
				 "there is no thread with the OS id %" PRIu64 "; threads lists "
				 "them",
				 wanted.number);
	if (!wanted.found)
		return error_new(ERROR_NOT_FOUND,
				 "there is no thread %" PRIu64 " among the %" PRIu64 " of the "
				 "target (-t: the number is an OS id); threads lists them",
				 wanted.number, wanted.count);
	session_set_current_thread(call->session, wanted.tid);
	return NULL;
}

static struct error *list_threads(struct listing *listing)
{
	struct command_call *call = listing->call;
	TRY(session_current_thread(call->session, &listing->current));
	if (listing->heap)
		TRY(threads_by_os_id(listing->heap, &listing->by_os_id));
	output_table_begin(call->out, "threads", columns, COUNT_OF(columns), false);
	TRY(target_visit_threads(session_target(call->session), row_print, listing));
	output_table_end(call->out);
	question_missing_of_threads(&call->question);
	if (!listing->index)
		output_note(call->out, session_target(call->session)->facts.notes_lost
					       ? "No thread is in what there is of the dump."
					       : "The target has no threads.");
	return NULL;
}

static struct error *threads_run(struct command_call *call)
{
	struct listing listing = { .call = call };
	const char *text = arguments_positional(call->arguments, 0);
	if (!text && arguments_has(call->arguments, "-tid"))
		return error_new(ERROR_USAGE, "-tid wants the thread's OS id behind it");
	if (text)
		return set_thread(call, text);
	listing.heap = question_present(&call->question);
	struct error *error = list_threads(&listing);
	id_map_deinit(&listing.by_os_id);
	return error;
}

static const char *const aliases[] = { "setthread", NULL };
static const char *const tid_aliases[] = { "-t", NULL };
static const char *const verbose_aliases[] = { "-v", NULL };
static const struct option options[] = {
	{ "-tid", NULL, "the number is an OS thread id, not a place in the list", tid_aliases },
	{ "-verbose", NULL, "also instruction, stack and frame pointer of each", verbose_aliases },
	{ 0 },
};
static const char *const positionals[] = { "[INDEX|ID]", NULL };
static const char *const examples[] = { "threads", "threads -v", "setthread 1", NULL };
const struct command command_threads = {
	.name = "threads",
	.aliases = aliases,
	.summary = "list the threads of the target, or make one the current thread",
	.usage = "threads [-v] | threads INDEX | threads -t ID", /* three questions */
	.description =
		"The name at the end is the one that the program gave a managed thread. A star marks the current thread, of which registers and printexception speak. At first it is the one that the dump was taken for (that got a signal), else the first. Numbers are decimal, or hex with 0x. clrthreads lists the managed threads; its DBG is INDEX here.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = threads_run,
};
