/* registers: the current thread's general registers. */
#include "commands/command.h"

#include "attach/target/registers.h"
#include "base/list.h"
#include "commands/interpreter/session.h"

#include <inttypes.h>

static const struct column thread_columns[] = { { "os_id", NULL, CELL_INTEGER, 0 } };
static const struct column columns[] = {
	{ "name", IN_WORDS, CELL_TEXT, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },
	{ "value", IN_WORDS, CELL_VALUE, 0 },
	{ NULL, "", CELL_TEXT, 0 },
};

struct request {
	struct command_call *call;
	int tid;
	bool found;
};

static void register_print(struct command_call *call, const struct registers *registers, int tid,
			   size_t index)
{
	struct output *out = call->out;
	unsigned number = registers->architecture->listed[index];
	const struct architecture_register *which = &registers->architecture->registers[number];
	uint64_t value;
	char shown[32];
	bool is_there = registers_get(registers, number, &value);
	if (arguments_has(call->arguments, "-verbose"))
		output_line(out, "%s Index = %zu Offset = %u Size = %u", which->name, index,
			    which->context_offset, which->size);
	output_row_begin(out);
	output_text(out, which->name);
	output_unsigned(out, which->size);
	if (is_there) {
		snprintf(shown, sizeof(shown), "0x%0*" PRIX64, which->size * 2, value);
		output_address_as(out, value, shown);
		output_words(out, "{name} = {value}");
	} else {
		output_null(out);
		output_words(out, "{name} =");
		question_missing(&call->question, 0, "the registers of thread %d %s", tid,
				 target_lacks_them(call->question.target));
	}
	output_row_end(out);
}

static struct error *thread_print(const struct target_thread *thread, void *context)
{
	struct request *request = context;
	struct command_call *call = request->call;
	const struct target *target = session_target(call->session);
	const struct architecture *architecture = target->architecture;
	struct registers registers;
	if (thread->tid != request->tid || request->found)
		return NULL;
	request->found = true;
	if (!architecture)
		return error_new(ERROR_UNSUPPORTED,
				 "the registers of this architecture are not known");
	output_record_begin(call->out, NULL, thread_columns, COUNT_OF(thread_columns));
	output_signed(call->out, thread->tid);
	output_record_end(call->out);
	output_table_begin(call->out, "registers", columns, COUNT_OF(columns), false);
	registers_of_thread(&registers, target, thread);
	for (size_t i = 0; i < architecture->listed_count; i++)
		register_print(call, &registers, thread->tid, i);
	output_table_end(call->out);
	return NULL;
}

static struct error *registers_run(struct command_call *call)
{
	struct request request = { .call = call };
	TRY(session_current_thread(call->session, &request.tid));
	TRY(target_visit_threads(session_target(call->session), thread_print, &request));
	const char *lost = session_target(call->session)->facts.notes_lost;
	if (!request.found && lost)
		return error_new(ERROR_NOT_FOUND,
				 "no thread is in what there is of the dump: it %s", lost);
	if (!request.found)
		return error_new(ERROR_NOT_FOUND, "the target has no threads");
	return NULL;
}

static const char *const aliases[] = { "r", NULL };
static const char *const verbose_aliases[] = { "-v", NULL };
static const struct option options[] = {
	{ "-verbose", NULL, "also each one's place in Windows' CONTEXT, as SOS has it",
	  verbose_aliases },
	{ 0 },
};
static const char *const examples[] = { "registers", "r -v", NULL };
const struct command command_registers = {
	.name = "registers",
	.aliases = aliases,
	.summary = "show the current thread's registers",
	.description = "setthread chooses the thread.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = registers_run,
};
