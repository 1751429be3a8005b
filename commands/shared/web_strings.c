#include "commands/shared/web_strings.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "heap/values/value.h"

#include <inttypes.h>

static struct error *text_of(struct command_call *call, uint64_t string, const char **ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	const uint16_t *units;
	size_t count;
	uint64_t length;
	TRY(string_read(call->question.heap, string, LIMIT_SHOWN_STRING_UNITS,
			call->question.scratch, &units, &count, &length));
	text_append_utf16(&text, units, count);
	if (length > count)
		text_append(&text, "...");
	const char *bytes = text_string(&text);
	*ret = text_failed(&text) ? NULL
				  : arena_copy_text(call->question.scratch, bytes, strlen(bytes));
	return *ret ? NULL : &error_no_memory;
}

struct error *web_string(struct command_call *call, uint64_t object, const char *const *names,
			 const char **ret)
{
	struct value value = { .kind = VALUE_UNREADABLE };
	*ret = "";
	for (; object && *names && value.kind == VALUE_UNREADABLE; names++)
		TRY(value_field_of_object(call->question.heap, object, *names, &value));
	if (value.kind == VALUE_NULL)
		return NULL;
	struct error *error = NULL;
	if (value.kind == VALUE_REFERENCE)
		error = text_of(call, value.bits, ret);
	if (value.kind == VALUE_REFERENCE && !error)
		return NULL;
	if (error && !error_take_damage(&error))
		return error;
	*ret = NULL;
	question_missing(&call->question, 0, "parts of the request at %#" PRIx64 " cannot be read",
			 object);
	return NULL;
}

void web_string_print(struct output *out, const char *text)
{
	output_text_or(out, text, "<unreadable>");
}
