#include "commands/interpreter/unnamed.h"

#include "base/text.h"
#include "commands/interpreter/session.h"
#include "heap/heap.h"
#include "heap/types/clr_module.h"

enum { NAMES_SHOWN = 3 };

struct missing {
	struct text names, refused;
	size_t files, in_memory, refusals;
};

static void take_module(struct missing *missing, const struct clr_module *module)
{
	if (module->metadata_tried ? module->metadata && !metadata_missing_bytes(module->metadata)
				   : true)
		return;
	if (!*module->path) {
		missing->in_memory++;
		return;
	}
	if (missing->files++ < NAMES_SHOWN)
		text_printf(&missing->names, "%s%s", missing->files > 1 ? ", " : "",
			    path_file_name(module->path));
	if (*module->file_refused && !missing->refusals++)
		text_append(&missing->refused, module->file_refused);
}

/* What opens the same again, with a directory named. */
static void append_command(struct text *text, const struct session *session)
{
	text_append(text, "clrpod analyze ");
	if (session_is_live(session))
		text_printf(text, "-p %d", session_target(session)->pid);
	else
		text_append_shell_word(text, session_name(session));
	text_append(text, " --sysroot DIR");
}

static void advise(struct text *text, struct command_call *call)
{
	const char *program = contract_single_file(call->question.heap->contract);
	const char *sysroot = module_files_sysroot(call->question.heap->files);
	if (sysroot) {
		text_printf(text, "below --sysroot %s is not %s%s", sysroot,
			    program ? "the program they are in, " : "what they were read from",
			    program ? path_file_name(program) : "");
		return;
	}
	append_command(text, call->session);
	text_printf(text, " reads it, when DIR is a directory with %s%s",
		    program ? "the program they are in, " : "their files",
		    program ? path_file_name(program) : "");
}

static void explain_files(struct command_call *call, struct missing *missing)
{
	struct text advice = { 0 };
	advise(&advice, call);
	if (missing->files > NAMES_SHOWN)
		text_printf(&missing->names, " and %zu more", missing->files - NAMES_SHOWN);
	question_missing(&call->question, 0, "the dump lacks the metadata of %zu modules (%s): %s",
			 missing->files, text_string(&missing->names), text_string(&advice));
	text_deinit(&advice);
	if (missing->refusals > 1)
		text_printf(&missing->refused, "; likewise the files of %zu more modules",
			    missing->refusals - 1);
	if (missing->refusals)
		question_missing(&call->question, 0, "not taken: %s",
				 text_string(&missing->refused));
}

void unnamed_explain(struct command_call *call)
{
	struct missing missing = { 0 };
	if (!call->question.heap || !call->question.heap->met_unnamed)
		return;
	call->question.heap->met_unnamed = false;
	for (size_t i = 0; i < call->question.heap->modules->count; i++)
		take_module(&missing, call->question.heap->modules->modules[i]);
	if (missing.files)
		explain_files(call, &missing);
	if (missing.in_memory)
		question_missing(
			&call->question, 0,
			"the dump lacks the metadata of %zu modules that the program made or "
			"loaded from memory: no file has it",
			missing.in_memory);
	if (!missing.files && !missing.in_memory)
		question_missing(&call->question, 0,
				 "the names or parents of some types could not be read");
	text_deinit(&missing.names);
	text_deinit(&missing.refused);
}
