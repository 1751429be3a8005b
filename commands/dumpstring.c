/* dumpstring: the whole of a string, a char[] or a StringBuilder. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/types/type.h"
#include "inspect/string_content.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", NULL, CELL_ADDRESS, 0 }, { "mt", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "type", NULL, CELL_TEXT, 0 },       { "length", NULL, CELL_INTEGER, 0 },
	{ "value", "", CELL_VALUE, 0 },
};

struct showing {
	struct output *out;
	struct string_content *content;
};

static void showing_cleanup(struct showing *showing)
{
	string_content_free(showing->content);
}

static size_t units_next(void *context, const uint16_t **ret)
{
	const struct showing *showing = context;
	return output_broken(showing->out) ? 0 : string_content_next(showing->content, ret);
}

static struct error *dumpstring_run(struct command_call *call)
{
	CLEANUP(showing_cleanup) struct showing showing = { .out = call->out };
	struct output *out = call->out;
	const struct type *type;
	uint64_t object = call->subject.address, method_table;
	if (!heap_object_method_table(call->question.heap, object, &method_table))
		return error_new(ERROR_FAULT, "cannot read the object at %#" PRIx64, object);
	TRY(type_at(call->question.heap, method_table, &type));
	TRY(string_content_new(&call->question, object, type, &showing.content));
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, object);
	output_address(out, method_table);
	output_text(out, type_name(call->question.heap, type, NULL));
	output_unsigned(out, string_content_length(showing.content));
	output_utf16_stream(out, units_next, &showing);
	output_record_end(out);
	return string_content_end(showing.content);
}

static const char *const examples[] = { "dumpstring 7f68dd00d908",
					"dumpstring Demo.Running.Faults.Held._message", NULL };
const struct command command_dumpstring = {
	.name = "dumpstring",
	.summary = "show the whole of a string, a char[] or a StringBuilder",
	.description =
		"However long it is; dumpobj cuts strings. Control characters are shown as in C (\\n"
		", \\u001b). The characters of a char[] are all of it, those behind its text too.",
	.subject = { .kind = SUBJECT_OBJECT, .what = "a string" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpstring_run,
};
