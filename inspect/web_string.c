#include "inspect/web_string.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "heap/values/value.h"

#include <inttypes.h>

static struct error *text_of(const struct question *question, uint64_t string, const char **ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	const uint16_t *units;
	size_t count;
	uint64_t length;
	TRY(string_read(question->heap, string, LIMIT_SHOWN_STRING_UNITS, question->scratch, &units,
			&count, &length));
	text_append_utf16(&text, units, count);
	if (length > count)
		text_append(&text, "...");
	const char *bytes = text_string(&text);
	*ret = text_failed(&text) ? NULL : arena_copy_text(question->scratch, bytes, strlen(bytes));
	return *ret ? NULL : &error_no_memory;
}

struct error *web_string(const struct question *question, uint64_t object, const char *const *names,
			 const char **ret)
{
	struct value value = { .kind = VALUE_UNREADABLE };
	*ret = "";
	for (; object && *names && value.kind == VALUE_UNREADABLE; names++)
		TRY(value_field_of_object(question->heap, object, *names, &value));
	if (value.kind == VALUE_NULL)
		return NULL;
	struct error *error = NULL;
	if (value.kind == VALUE_REFERENCE)
		error = text_of(question, value.bits, ret);
	if (value.kind == VALUE_REFERENCE && !error)
		return NULL;
	if (error && !error_take_damage(&error))
		return error;
	*ret = NULL;
	question_missing(question, 0, "parts of the request at %#" PRIx64 " cannot be read",
			 object);
	return NULL;
}
