/* sosstatus: what is open, and how it is read. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/interpreter/session.h"
#include "heap/contract/contract.h"
#include "heap/heap.h"

#include <ctype.h>

static const struct column columns[] = {
	{ NULL, "Target OS: ", CELL_TEXT, 0 },
	{ "name", NULL, CELL_TEXT, 0 },
	{ "kind", NULL, CELL_TEXT, 0 },
	{ "architecture", NULL, CELL_TEXT, 0 },
	{ "process_id", NULL, CELL_INTEGER, 0 },
	{ NULL, "    #0 .NET Core runtime ", CELL_TEXT, 0 },
	{ "runtime_version", NULL, CELL_VALUE, 0 },
	{ "layouts", NULL, CELL_VALUE, 0 },
	{ "found_by", NULL, CELL_VALUE, 0 },
	{ NULL, "", CELL_TEXT, 0 },
	{ "runtime_error", NULL, CELL_VALUE, 0 },
	{ "missing_bytes", NULL, CELL_INTEGER, 0 },
};

static void runtime_cells(struct output *out, struct heap *heap, const struct error *reason)
{
	const struct contract *contract = heap ? heap->contract : NULL;
	const char *version = heap ? heap_runtime_version(heap) : NULL;
	if (heap)
		output_textf(out, "%s, read with the layouts %s, found by %s%s",
			     version ? version : "of unknown version", contract_layouts(contract),
			     contract_found_by(contract),
			     contract_has_descriptor(contract) ? ", and its own descriptor" : "");
	else
		output_skip(out);
	output_text_or_null(out, version);
	output_text_or_null(out, heap ? contract_layouts(contract) : NULL);
	output_text_or_null(out, heap ? contract_found_by(contract) : NULL);
	if (heap && heap->no_objects)
		output_textf(out, "There is no heap to walk: %s.", heap->no_objects);
	else if (reason)
		output_text(out, reason->message);
	else
		output_skip(out);
	output_text_or_null(out, reason ? reason->message : NULL);
}

static struct error *sosstatus_run(struct command_call *call)
{
	const struct target *target = session_target(call->session);
	const char *architecture = architecture_name(target->architecture);
	const char *kind = session_is_live(call->session) ? "live" : "core";
	struct output *out = call->out;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_textf(out, "LINUX Architecture: %c%s ProcessId: %d (0x%x) %s",
		     toupper((unsigned char)architecture[0]), architecture + 1, target->pid,
		     (unsigned)target->pid, session_name(call->session));
	output_text(out, session_name(call->session));
	output_text(out, kind);
	output_text(out, architecture);
	output_signed(out, target->pid);
	runtime_cells(out, question_heap(&call->question), session_heap_error(call->session));
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
	.usage = "sosstatus [-reset]",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = sosstatus_run,
};
