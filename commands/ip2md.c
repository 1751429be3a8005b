/* ip2md: the method whose code is at an address. */
#include "commands/command.h"

#include "commands/shared/method_record.h"

#include <inttypes.h>

static struct error *refuse(struct heap *heap, uint64_t ip, const struct code_place *place)
{
	uint64_t method;
	if (place->unknown)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64 " is in code that was compiled ahead of time, but %s",
				 ip, place->unknown);
	TRY(method_of_entry(heap, ip, &method));
	if (method)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64 " is a stub that stands in for the method at %#" PRIx64
				 " (dumpmd), not its code",
				 ip, method);
	if (place->kind == CODE_STUB)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64 " is in a stub of the runtime, not in a method's code",
				 ip);
	return error_new(
		ERROR_NOT_FOUND,
		"%#" PRIx64 " is not in code that the runtime knows: it is native, or none", ip);
}

static struct error *ip2md_run(struct command_call *call)
{
	uint64_t ip = call->subject.address;
	struct code_place place;
	struct method_view view;
	TRY(code_at(call->question.heap, ip, call->question.scratch, &place));
	if (!place.method)
		return refuse(call->question.heap, ip, &place);
	TRY(method_view_read(&call->question, place.method, &view));
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
