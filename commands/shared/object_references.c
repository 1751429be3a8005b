#include "commands/shared/object_references.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/object_references.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ NULL, "", CELL_TEXT, 0 },          { "field", NULL, CELL_TEXT, 0 },
	{ "offset", NULL, CELL_INTEGER, 0 }, { "object", NULL, CELL_ADDRESS, 0 },
	{ "type", NULL, CELL_VALUE, 0 },
};
enum { FIELD_WIDTH = sizeof("Field") - 1, OFFSET_WIDTH = sizeof("Offset") - 1 };

static void row_print(struct output *out, const struct object_reference *reference, int width)
{
	char offset[16];
	snprintf(offset, sizeof(offset), "0x%02" PRIx32, reference->offset);
	output_row_begin(out);
	output_textf(out, "%-*s %*s %16.12" PRIx64 " %s", width, reference->field, OFFSET_WIDTH,
		     offset, reference->target, reference->type ? reference->type : "<unreadable>");
	output_text(out, reference->field);
	output_unsigned(out, reference->offset);
	output_address(out, reference->target);
	output_text_or_null(out, reference->type);
	output_row_end(out);
}

/* Before the first row, or without one. */
static void head_print(struct output *out, bool any, int width)
{
	output_line(out, any ? "GC Refs:" : "GC Refs: none");
	if (any)
		output_line(out, "%-*s %*s %16s Type", width, "Field", OFFSET_WIDTH, "Offset",
			    "Object");
	output_table_begin(out, "references", columns, COUNT_OF(columns), false);
}

/* The rows of an array are shown as they are met. */
struct array_rows {
	struct output *out;
	bool any;
};

static struct error *array_row(const struct object_reference *reference, void *context)
{
	struct array_rows *rows = context;
	if (!rows->any)
		head_print(rows->out, true, FIELD_WIDTH);
	rows->any = true;
	row_print(rows->out, reference, FIELD_WIDTH);
	return output_broken(rows->out) ? &error_stop : NULL;
}

static struct error *array_print(struct command_call *call, const struct object_view *view)
{
	struct array_rows rows = { .out = call->out };
	TRY(array_references_visit(&call->question, view, array_row, &rows));
	if (!rows.any)
		head_print(call->out, false, FIELD_WIDTH);
	return NULL;
}

/* The column is as wide as the widest name. */
static struct error *object_print(struct command_call *call, const struct object_view *view)
{
	CLEANUP(object_references_deinit) struct object_references references = { 0 };
	int width = FIELD_WIDTH;
	TRY(object_references_read(&call->question, view, &references));
	for (size_t i = 0; i < references.count; i++)
		if ((int)strlen(references.items[i].field) > width)
			width = (int)strlen(references.items[i].field);
	head_print(call->out, references.count, width);
	for (size_t i = 0; i < references.count && !output_broken(call->out); i++)
		row_print(call->out, &references.items[i], width);
	return NULL;
}

struct error *object_references_print(struct command_call *call, const struct object_view *view)
{
	TRY(view->is_array ? array_print(call, view) : object_print(call, view));
	output_table_end(call->out);
	return NULL;
}
