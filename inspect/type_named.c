#include "inspect/type_named.h"

#include "base/number_text.h"
#include "inspect/path/resolve.h"

#include <inttypes.h>

enum { CANDIDATES_NAMED = 10 };

static struct error *ambiguous(const struct question *question, const char *text,
			       const struct type **matches, size_t count)
{
	const char *list = "";
	for (size_t i = 0; i < count && i < CANDIDATES_NAMED; i++) {
		list = arena_printf(question->scratch, "%s%s%012" PRIx64 " %s", list, i ? ", " : "",
				    matches[i]->handle,
				    type_name(question->heap, matches[i], NULL));
		if (!list)
			return &error_no_memory;
	}
	return error_new(ERROR_NOT_FOUND,
			 "%zu loaded types are called %s: give the whole name of one, or its "
			 "MethodTable: %s%s",
			 count, text, list, count > CANDIDATES_NAMED ? ", …" : "");
}

struct error *type_named(const struct question *question, const char *text, const struct type **ret)
{
	uint64_t handle;
	const struct type **matches;
	size_t count, unloaded;
	struct error *error = parse_address(text, &handle);
	if (!error)
		return type_at(question->heap, handle, ret);
	error_free(error);
	TRY(type_find(question->heap, text, question->scratch, &matches, &count, &unloaded));
	if (count == 1) {
		*ret = matches[0];
		return NULL;
	}
	if (count)
		return ambiguous(question, text, matches, count);
	if (unloaded)
		return error_new(ERROR_NOT_FOUND,
				 "%s is defined in the program, but this process has not loaded it",
				 text);
	return get_no_such_type(question, text);
}
