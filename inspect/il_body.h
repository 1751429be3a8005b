/* The IL of a method, found in its module's image or file, or at an address: dumpil. */
#ifndef INSPECT_IL_BODY_H
#define INSPECT_IL_BODY_H

#include "inspect/il_names.h"

struct il_body {
	struct il_context context; /* zeroed: the IL was found by its address, and names nothing */
	uint64_t address;          /* of the body, header included */
	const uint8_t *il;         /* a copy, in scratch */
	uint32_t size;             /* bytes */
};

/* Of a MethodDesc. ERROR_BAD_DATA or ERROR_FAULT when none is there; ERROR_UNSUPPORTED of a method
 * that was made at run time, ERROR_NOT_FOUND of one without a body, ERROR_FAULT when neither image
 * nor file has it. */
MUST_CHECK struct error *il_body_of_method(const struct question *question, uint64_t address,
					   struct il_body *ret);

/* At an address: its header says how long it is. */
MUST_CHECK struct error *il_body_at(const struct question *question, uint64_t address,
				    struct il_body *ret);

#endif
