/* Where a path has led so far, for messages. */
#include "inspect/path/steps.h"

const char *get_so_far(const struct get *get)
{
	const char *prefix = path_prefix(&get->path, get->steps_done, get->question->scratch);
	return prefix ? prefix : get->path.text;
}

const char *get_type_name(const struct get *get)
{
	const struct type *type = get->value.type ? get->value.type : get->value.declared;
	if (get->units)
		return "System.String";
	if (!type && get->value.kind == VALUE_BOOLEAN) /* made up: HasValue, Count, a character */
		return "System.Boolean";
	if (!type && get->value.kind == VALUE_CHAR)
		return "System.Char";
	if (!type && get->value.kind == VALUE_UNSIGNED)
		return "System.Int32";
	return type ? type_name(get->heap, type, NULL) : "<unknown type>";
}
