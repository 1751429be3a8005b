/* ip2md: the method whose code is at an address. */
#include "commands/command.h"

#include "commands/shared/method_record.h"

static struct error *ip2md_run(struct command_call *call)
{
	uint64_t ip = call->subject.address;
	struct method_view view;
	TRY(method_view_of_code(&call->question, ip, &view));
	method_record_print(call, &view, ip);
	return NULL;
}

static const char *const examples[] = { "ip2md 7f74b6071f90", NULL };
const struct command command_ip2md = {
	.name = "ip2md",
	.summary = "show the method whose code is at an address",
	.description =
		"Takes any address in a method's code, jitted or compiled ahead of time (ReadyToRun). The tables of the latter stand in the image's file, which a heap dump leaves out: then --sysroot DIR must have it.",
	.subject = { .kind = SUBJECT_ADDRESS, .what = "the address of code", .word = "IP" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = ip2md_run,
};
