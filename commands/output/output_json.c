/*
 * JSON: one document a command, streamed; as lines: a line a row of the document's tables and an
 * element of its arrays, {"table": KEY, …}, then the document without them as the last line.
 * (RFC 8259; docs/DESIGN.md's section on JSON.)
 */
#include "commands/output/output_internal.h"

/* Rows go to the stream at once; in lines, the rest of the document waits in the summary. */
static struct text *sink(struct output *output)
{
	return output->to_summary ? &output->summary : &output->pending;
}

static void put(struct output *output, const char *text)
{
	text_append(sink(output), text);
}

static void put_string(struct output *output, const char *string)
{
	text_append_char(sink(output), '"');
	escape_append(sink(output), string, strlen(string), ESCAPE_JSON);
	text_append_char(sink(output), '"');
}

/* The level whose brackets the members of `level` stand in: a record without brackets lends those
 * around it. */
static struct level *brackets(struct level *level)
{
	while (!level->braces)
		level--;
	return level;
}

static void put_line_start(struct output *output, const char *table)
{
	output->to_summary = false;
	put(output, "{\"table\":");
	put_string(output, table ? table : "");
}

static void put_line_end(struct output *output)
{
	put(output, "}\n");
	output_flush(output, false);
	output->to_summary = true;
}

/* What goes before a value: a comma, its name. */
static void before_value(struct output *output, struct level *level, const char *name)
{
	if (level->lines) {
		put_line_start(output, level->key);
		put(output, ",\"value\":");
		return;
	}
	struct level *owner = brackets(level);
	if (owner->nonempty)
		put(output, ",");
	owner->nonempty = true;
	if (owner->kind == LEVEL_ARRAY || owner->kind == LEVEL_TABLE)
		return;
	put_string(output, name ? name : "");
	put(output, ":");
}

static void after_value(struct output *output, struct level *level)
{
	if (level->lines)
		put_line_end(output);
	else
		output_flush(output, false);
}

static void json_open(struct output *output, struct level *parent, struct level *level)
{
	const char *name = level->place.name;
	bool flat = level_is_flat(level, parent);
	/* No name where one is needed: a column for text only. */
	if (!flat && !level_is_list(parent) && !name)
		level->muted = true;
	if (level->muted || flat)
		return;
	level->braces = true;
	if (level_is_list(level) && parent->kind == LEVEL_DATA && output->json_lines) {
		level->lines = true;
		return;
	}
	if (level->kind == LEVEL_ROW && parent->lines) {
		put_line_start(output, parent->key);
		level->nonempty = true;
		return;
	}
	before_value(output, parent, name);
	put(output, level_is_list(level) ? "[" : "{");
}

static void json_close(struct output *output, struct level *level)
{
	struct level *parent = level - 1;
	if (level->muted || !level->braces || level->lines)
		return;
	if (level->kind == LEVEL_ROW && parent->lines) {
		put_line_end(output);
		return;
	}
	put(output, level_is_list(level) ? "]" : "}");
	after_value(output, parent);
}

static void put_address(struct output *output, uint64_t address, unsigned digits)
{
	put(output, "\"0x");
	output_append_hex(sink(output), address, digits);
	put(output, "\"");
}

static void put_number(struct output *output, const struct column *column, uint64_t number)
{
	enum cell_kind kind = column ? column->kind : CELL_VALUE;
	if (kind == CELL_ADDRESS || kind == CELL_ADDRESS_WIDE || kind == CELL_POINTER)
		put_address(output, number, 1);
	else if (kind == CELL_TOKEN)
		put_address(output, number, 8);
	else
		output_append_decimal(sink(output), number, false);
}

static void put_signed(struct output *output, uint64_t bits)
{
	bool negative = (int64_t)bits < 0;
	if (negative)
		put(output, "-");
	output_append_decimal(sink(output), negative ? -bits : bits, false);
}

static void put_utf16(struct output *output, const struct scalar *scalar)
{
	bool cut = scalar->count < scalar->length;
	if (cut)
		put(output, "{\"value\":");
	put(output, "\"");
	output_escape_units(output, sink(output), scalar, ESCAPE_JSON);
	put(output, "\"");
	if (!cut)
		return;
	put(output, ",\"length\":");
	output_append_decimal(sink(output), scalar->length, false);
	put(output, ",\"truncated\":true}");
}

static void json_scalar(struct output *output, struct level *level, const struct slot *slot,
			const struct scalar *scalar)
{
	if (scalar->kind == SCALAR_SKIP || (!level_is_list(level) && !slot->name))
		return;
	before_value(output, level, slot->name);
	switch (scalar->kind) {
	case SCALAR_NUMBER:
		put_number(output, slot->column, scalar->number);
		break;
	case SCALAR_SIGNED:
		put_signed(output, scalar->number);
		break;
	case SCALAR_ADDRESS:
		put_address(output, scalar->number, 1);
		break;
	case SCALAR_TEXT:
		put_string(output, scalar->text);
		break;
	case SCALAR_BOOL:
		put(output, scalar->number ? "true" : "false");
		break;
	case SCALAR_NULL:
		put(output, "null");
		break;
	case SCALAR_LITERAL:
		put(output, scalar->json);
		break;
	case SCALAR_UTF16:
		put_utf16(output, scalar);
		break;
	case SCALAR_SKIP:
		break;
	}
	after_value(output, level);
}

static void json_document_begin(struct output *output, const char *command_line)
{
	text_clear(&output->summary);
	output->to_summary = output->json_lines;
	put(output, "{\"schema\":1,\"command\":");
	put_string(output, command_line);
	put(output, ",\"data\":{");
}

static void put_strings(struct output *output, const char *const *strings, size_t count)
{
	put(output, "[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			put(output, ",");
		put_string(output, strings[i]);
	}
	put(output, "]");
}

/* Part of the interface (scripts test it): never renamed. */
static const char *code_name(enum error_code code)
{
	switch (code) {
	case ERROR_NO_MEMORY:
		return "no_memory";
	case ERROR_USAGE:
		return "usage";
	case ERROR_OS:
		return "os";
	case ERROR_FAULT:
		return "fault";
	case ERROR_BAD_DATA:
		return "bad_data";
	case ERROR_NOT_FOUND:
		return "not_found";
	case ERROR_UNSUPPORTED:
		return "unsupported";
	case ERROR_CANCELLED:
		return "cancelled";
	case ERROR_STOP:
		break;
	}
	return "unknown";
}

static void put_coverage(struct output *output, const struct output_coverage *coverage)
{
	put(output, coverage->complete ? "{\"complete\":true" : "{\"complete\":false");
	put(output, ",\"unreadable_bytes\":");
	output_append_decimal(sink(output), coverage->unreadable_bytes, false);
	put(output, ",\"reasons\":");
	put_strings(output, coverage->reasons, coverage->reason_count);
	put(output, "}");
}

static void json_document_end(struct output *output, const struct output_coverage *coverage,
			      const struct error *error)
{
	struct output_coverage counted = { .complete = true };
	if (coverage)
		counted = *coverage;
	counted.complete &= !error;
	put(output, "},\"notes\":");
	put_strings(output, (const char *const *)output->notes, output->note_count);
	put(output, ",\"coverage\":");
	put_coverage(output, &counted);
	put(output, ",\"status\":");
	put_string(output, error ? "error" : counted.complete ? "ok" : "incomplete");
	if (error) {
		put(output, ",\"error\":{\"code\":");
		put_string(output, code_name(error->code));
		put(output, ",\"message\":");
		put_string(output, error->message);
		if (error->code == ERROR_FAULT) {
			put(output, ",\"address\":");
			put_address(output, error->address, 1);
		}
		put(output, "}");
	}
	put(output, "}\n");
	if (!output->json_lines)
		return;
	output->out_of_memory |= text_failed(&output->summary);
	text_append_bytes(&output->pending, text_string(&output->summary), output->summary.length);
	text_clear(&output->summary);
}

const struct output_form output_json_form = {
	.document_begin = json_document_begin,
	.document_end = json_document_end,
	.open = json_open,
	.close = json_close,
	.scalar = json_scalar,
	.line = NULL,
};
