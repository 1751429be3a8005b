/* sosstatus: what is open, and how it is read. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/interpreter/session.h"
#include "heap/contract/contract.h"
#include "heap/heap.h"
#include "inspect/runtime_version.h"

#include <ctype.h>

static const struct column columns[] = {
	{ "name", IN_WORDS, CELL_TEXT, 0 },
	{ "kind", NULL, CELL_TEXT, 0 },
	{ "architecture", IN_WORDS, CELL_TEXT, 0 },
	{ "process_id", IN_WORDS, CELL_ID, 0 },
	{ "runtime_version", IN_WORDS, CELL_VALUE, 0 },
	{ "layouts", IN_WORDS, CELL_VALUE, 0 },
	{ "found_by", IN_WORDS, CELL_VALUE, 0 },
	{ "runtime_error", IN_WORDS, CELL_VALUE, 0 },
	{ "missing_bytes", NULL, CELL_INTEGER, 0 },
};

#define RUNTIME_LINE                                                                               \
	"    #0 .NET Core runtime {runtime_version}, read with the layouts {layouts}, found by "   \
	"{found_by}"

static struct error *runtime_cells(struct command_call *call, struct heap *heap)
{
	const struct error *reason = session_heap_error(call->session);
	struct output *out = call->out;
	const char *version = NULL;
	const struct contract *contract = heap ? heap->contract : NULL;
	if (heap)
		TRY(runtime_version(&call->question, &version));
	output_text_or(out, version, "of unknown version");
	output_text_or_null(out, heap ? contract_layouts(contract) : NULL);
	output_text_or_null(out, heap ? contract_found_by(contract) : NULL);
	output_text_or_null(out, reason ? reason->message : NULL);
	if (heap)
		output_sentence(out, contract_has_descriptor(contract) ? RUNTIME_LINE
					     ", and its own descriptor"
								       : RUNTIME_LINE);
	if (heap && heap->no_objects)
		output_line(out, "There is no heap to walk: %s.", heap->no_objects);
	else if (reason)
		output_sentence(out, "{runtime_error}");
	return NULL;
}

static struct error *sosstatus_run(struct command_call *call)
{
	const struct target *target = session_target(call->session);
	const char *architecture = architecture_name(target->architecture);
	char shown[32];
	struct output *out = call->out;
	snprintf(shown, sizeof(shown), "%c%s", toupper((unsigned char)architecture[0]),
		 architecture + 1);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text(out, session_name(call->session));
	output_text(out, session_is_live(call->session) ? "live" : "core");
	output_text_as(out, architecture, shown);
	output_signed(out, target->pid);
	output_sentence(out,
			"Target OS: LINUX Architecture: {architecture} ProcessId: {process_id} "
			"{name}");
	TRY(runtime_cells(call, question_heap(&call->question)));
	output_unsigned(out, target->facts.missing_bytes);
	output_record_end(out);
	question_missing_of_cut(&call->question);
	return NULL;
}

static const struct option options[] = {
	{ "-reset", NULL, "accepted: there is nothing to set anew", NULL },
	{ 0 },
};
static const char *const examples[] = { "sosstatus", NULL };
const struct command command_sosstatus = {
	.name = "sosstatus",
	.summary = "tell what is open, and how it is read",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = sosstatus_run,
};
