#include "commands/shared/object_argument.h"

#include "inspect/path/resolve.h"

struct error *object_argument(struct command_call *call, const char *what, uint64_t *ret_address)
{
	const char *text = arguments_positional(call->arguments, 0);
	if (text && strpbrk(text, ".["))
		return get_object(&call->question, text, ret_address);
	return arguments_positional_address(call->arguments, 0, what, ret_address);
}
