/*
 * A method as dumpmd, ip2md and dumpil show it: read once, printed as text in SOS's form and as
 * JSON.
 */
#ifndef COMMANDS_SHARED_METHOD_VIEW_H
#define COMMANDS_SHARED_METHOD_VIEW_H

#include "commands/command.h"
#include "heap/code/method_code.h"

struct method_view {
	struct method method;
	const char *name; /* NULL: unknown */
	uint64_t il;      /* of its body in the image, header included; 0: none, or unknown */
	struct code_version *versions; /* NULL: unknown */
	size_t version_count;
	uint64_t code; /* in use now; 0: none */
};

/* In the call's scratch arena. ERROR_BAD_DATA and ERROR_FAULT when no method is there; what else of
 * it is not in the dump is counted with question_missing(). */
MUST_CHECK struct error *method_view_read(struct command_call *call, uint64_t address,
					  struct method_view *ret);

/* The whole answer of dumpmd; `ip` not 0: ip2md's, with a line before it. */
void method_view_print(struct command_call *call, const struct method_view *view, uint64_t ip);

/* The method's name; NULL and counted: it cannot be read. Fails only of what error_is_fatal(). */
MUST_CHECK struct error *method_name_or_missing(struct command_call *call, uint64_t address,
						const char **ret);

#endif
