/* dumpmd: a MethodDesc. */
#include "commands/command.h"

#include "commands/shared/method_view.h"

static struct error *dumpmd_run(struct command_call *call)
{
	uint64_t address;
	struct method_view view;
	TRY(arguments_positional_address(call->arguments, 0, "a MethodDesc", &address));
	TRY(method_view_read(call, address, &view));
	method_view_print(call, &view, 0);
	return NULL;
}

static const char *const positionals[] = { "MD", NULL };
static const char *const examples[] = { "dumpmd 7f74b62fc028", NULL };
const struct command command_dumpmd = {
	.name = "dumpmd",
	.summary = "show a MethodDesc: name, class, token, native code and its versions",
	.usage = "dumpmd MD",
	.description =
		"IsJitted: whether the method has native code, be it made by the JIT or ahead of "
		"time (ReadyToRun). Version History lists every compiled form, the first one last, "
		"as SOS does; Current CodeAddr is the one in use.",
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpmd_run,
};
