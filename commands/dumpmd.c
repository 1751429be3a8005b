/* dumpmd: a MethodDesc. */
#include "commands/command.h"

#include "commands/shared/method_record.h"

static struct error *dumpmd_run(struct command_call *call)
{
	struct method_view view;
	TRY(method_view_read(&call->question, call->subject.address, &view));
	method_record_print(call, &view, 0);
	return NULL;
}

static const char *const examples[] = { "dumpmd 7f74b62fc028", NULL };
const struct command command_dumpmd = {
	.name = "dumpmd",
	.summary = "show a MethodDesc: name, class, token, native code and its versions",
	.description =
		"IsJitted: whether the method has native code, be it made by the JIT or ahead of time (ReadyToRun). Version History lists every compiled form, the first one last, as SOS does; Current CodeAddr is the one in use.",
	.subject = { .kind = SUBJECT_ADDRESS, .what = "a MethodDesc", .word = "MD" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpmd_run,
};
