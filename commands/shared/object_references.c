#include "commands/shared/object_references.h"

#include "base/cleanup.h"
#include "inspect/object_references.h"

#include <inttypes.h>

enum { FIELD_WIDTH = sizeof("Field") - 1, OFFSET_BYTES = 16, REFERENCE_COLUMNS = 4 };

static void object_references_row(struct output *out, const struct object_reference *reference)
{
	char offset[OFFSET_BYTES];
	snprintf(offset, sizeof(offset), "0x%02" PRIx32, reference->offset);
	output_row_begin(out);
	output_text(out, reference->field);
	output_number_as(out, reference->offset, offset);
	output_address(out, reference->target);
	output_text_or(out, reference->type, "<unreadable>");
	output_row_end(out);
}

/* `width`: of the widest name of a field. The columns live as long as the table is open. */
static void table_begin(struct output *out, struct column columns[REFERENCE_COLUMNS], int width,
			bool any)
{
	columns[0] = (struct column){ "field", "Field", CELL_TEXT, -width };
	columns[1] = (struct column){ "offset", "Offset", CELL_INTEGER, sizeof("Offset") - 1 };
	columns[2] = (struct column){ "object", "Object", CELL_ADDRESS, 16 };
	columns[3] = (struct column){ "type", "Type", CELL_TEXT, 0 };
	output_line(out, any ? "GC Refs:" : "GC Refs: none");
	output_table_begin(out, "references", columns, REFERENCE_COLUMNS, any);
}

/* The rows of an array are shown as they are met. */
struct array_rows {
	struct output *out;
	struct column columns[REFERENCE_COLUMNS];
	bool any;
};

static struct error *array_row(const struct object_reference *reference, void *context)
{
	struct array_rows *rows = context;
	if (!rows->any)
		table_begin(rows->out, rows->columns, FIELD_WIDTH, true);
	rows->any = true;
	object_references_row(rows->out, reference);
	return output_broken(rows->out) ? &error_stop : NULL;
}

static struct error *array_print(struct command_call *call, const struct object_view *view)
{
	struct array_rows rows = { .out = call->out };
	TRY(array_references_visit(&call->question, view, array_row, &rows));
	if (!rows.any)
		table_begin(call->out, rows.columns, FIELD_WIDTH, false);
	output_table_end(call->out);
	return NULL;
}

/* The column is as wide as the widest name. */
static struct error *object_print(struct command_call *call, const struct object_view *view)
{
	CLEANUP(object_references_deinit) struct object_references references = { 0 };
	struct column columns[REFERENCE_COLUMNS];
	int width = FIELD_WIDTH;
	TRY(object_references_read(&call->question, view, &references));
	for (size_t i = 0; i < references.count; i++)
		if ((int)strlen(references.items[i].field) > width)
			width = (int)strlen(references.items[i].field);
	table_begin(call->out, columns, width, references.count);
	for (size_t i = 0; i < references.count && !output_broken(call->out); i++)
		object_references_row(call->out, &references.items[i]);
	output_table_end(call->out);
	return NULL;
}

struct error *object_references_print(struct command_call *call, const struct object_view *view)
{
	return view->is_array ? array_print(call, view) : object_print(call, view);
}
