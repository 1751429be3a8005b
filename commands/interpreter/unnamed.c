#include "commands/interpreter/unnamed.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "commands/interpreter/session.h"
#include "heap/heap.h"
#include "inspect/unnamed_modules.h"

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
	const char *program = contract_single_file(call->question.present->contract);
	const char *sysroot = module_files_sysroot(call->question.present->files);
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

static void append_names(struct text *text, const struct unnamed_modules *unnamed)
{
	for (size_t i = 0; i < unnamed->files && i < UNNAMED_MODULES_NAMED; i++)
		text_printf(text, "%s%s", i ? ", " : "", path_file_name(unnamed->first[i]->path));
	if (unnamed->files > UNNAMED_MODULES_NAMED)
		text_printf(text, " and %zu more", unnamed->files - UNNAMED_MODULES_NAMED);
}

static const char *modules_word(size_t count)
{
	return count == 1 ? "module" : "modules";
}

static void explain_files(struct command_call *call, const struct unnamed_modules *unnamed)
{
	CLEANUP(text_deinit) struct text names = { 0 }, advice = { 0 };
	append_names(&names, unnamed);
	advise(&advice, call);
	question_missing(&call->question, 0, "the %s lacks the metadata of %zu %s (%s): %s",
			 target_noun(call->question.target), unnamed->files,
			 modules_word(unnamed->files), text_string(&names), text_string(&advice));
	if (unnamed->refusals == 1)
		question_missing(&call->question, 0, "not taken: %s", unnamed->first_refused);
	else if (unnamed->refusals)
		question_missing(&call->question, 0,
				 "not taken: %s; likewise the files of %zu more %s",
				 unnamed->first_refused, unnamed->refusals - 1,
				 modules_word(unnamed->refusals - 1));
}

void unnamed_explain(struct command_call *call)
{
	struct unnamed_modules unnamed;
	if (!unnamed_modules_find(&call->question, &unnamed))
		return;
	if (unnamed.files)
		explain_files(call, &unnamed);
	if (unnamed.in_memory)
		question_missing(&call->question, 0,
				 "the %s lacks the metadata of %zu %s that the program made or "
				 "loaded from memory: no file has it",
				 target_noun(call->question.target), unnamed.in_memory,
				 modules_word(unnamed.in_memory));
	if (!unnamed.files && !unnamed.in_memory)
		question_missing(&call->question, 0,
				 "the names or parents of some types could not be read");
}
