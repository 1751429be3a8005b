/*
 * A method as dumpmd, ip2md and dumpil show it: its MethodDesc, its name, its IL, and the compiled
 * forms of it that the runtime knows.
 */
#ifndef INSPECT_METHOD_VIEW_H
#define INSPECT_METHOD_VIEW_H

#include "heap/code/method_code.h"
#include "inspect/question.h"

struct method_view {
	struct method method;
	const char *name; /* NULL: unknown */
	uint64_t il;      /* of its body in the image, header included; 0: none, or unknown */
	struct code_version *versions; /* the first one first; NULL: unknown */
	size_t version_count;
	uint64_t code; /* in use now; 0: none */
};

/* The method of a MethodDesc, in scratch. ERROR_BAD_DATA or ERROR_FAULT when none is there; what
 * else cannot be read, or is not known of this runtime, is counted with question_missing(). */
MUST_CHECK struct error *method_view_read(const struct question *question, uint64_t address,
					  struct method_view *ret);

/* The same of the method whose code is at an address. ERROR_NOT_FOUND says what is there instead.
 */
MUST_CHECK struct error *method_view_of_code(const struct question *question, uint64_t ip,
					     struct method_view *ret);

/* The method's name, in scratch; NULL and counted: it cannot be read. Fails only of what
 * error_is_fatal(). */
MUST_CHECK struct error *method_name_or_missing(const struct question *question, uint64_t address,
						const char **ret);

#endif
