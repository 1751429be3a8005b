/* What report tells of the runtime's tables. */
#include "commands/report_sections.h"

#include "base/text.h"
#include "heap/gc/handles.h"

#include <inttypes.h>

/* The part cannot be read: it says why, and the page is not whole. */
static struct error *part_missing(struct report *report, const char *title, const char *part,
				  struct error *error)
{
	if (error->code == ERROR_NO_MEMORY || error->code == ERROR_CANCELLED)
		return error;
	call_missing(report->call, 0, "%s: %s", part, error->message);
	output_line(report->call->out, "%-11s cannot be read", title);
	error_free(error);
	return NULL;
}

static void handles_list(struct output *out, const struct gc_handle_counts *counts)
{
	static const struct column columns[] = { { "kind", NULL, CELL_TEXT, 0 },
						 { "count", NULL, CELL_INTEGER, 0 } };
	struct text line = { 0 };
	output_table_begin(out, "handles", columns, 2, false);
	for (unsigned i = 0; i < HANDLE_KIND_COUNT; i++) {
		if (!counts->of_kind[i])
			continue;
		const char *name = handle_kind_name((enum handle_kind)i);
		text_printf(&line, "%s %s %" PRIu64, line.length ? "," : ":", name,
			    counts->of_kind[i]);
		output_row_begin(out);
		output_text(out, name);
		output_unsigned(out, counts->of_kind[i]);
		output_row_end(out);
	}
	output_table_end(out);
	output_line(out, "Handles     %" PRIu64 "%s", counts->total, text_string(&line));
	text_deinit(&line);
}

static struct error *handles_print(struct report *report)
{
	struct gc_handle_counts counts;
	struct error *error = gc_handles_count(report->call->heap, report->call->task, &counts);
	if (error)
		return part_missing(report, "Handles", "handles", error);
	if (counts.lost && !counts.total)
		return part_missing(
			report, "Handles", "handles",
			error_new(ERROR_FAULT, "the handle tables are not in the dump"));
	if (counts.lost)
		call_missing(report->call, 0,
			     "handles: %" PRIu64 " parts of the handle tables could not be read",
			     counts.lost);
	handles_list(report->call->out, &counts);
	return NULL;
}

struct error *report_tables_print(struct report *report)
{
	output_line(report->call->out, "%s", "");
	return handles_print(report);
}
