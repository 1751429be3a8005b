/*
 * JSON: one document a command, streamed; as lines: a line a row of the document's tables and an
 * element of its arrays, {"table": KEY, …}, then the document without them as the last line.
 * (RFC 8259; docs/DESIGN.md's section on JSON.)
 */
#include "commands/output/output_internal.h"

struct json_level {
	bool braces;   /* has its own brackets */
	bool nonempty; /* something was written in it */
	bool lines;    /* what it holds goes out a line each */
};

struct json_output {
	struct output shared;
	struct json_level levels[OUTPUT_LEVELS_MAX];
	/* JSON lines: all of the document but its rows, until its end. */
	struct text summary;
	bool to_summary;
};

static bool is_in_lines(const struct json_output *out)
{
	return out->shared.form == &output_json_lines_form;
}

/* Rows go to the stream at once; in lines, the rest of the document waits in the summary. */
static struct text *sink(struct json_output *out)
{
	return out->to_summary ? &out->summary : &out->shared.pending;
}

static void put(struct json_output *out, const char *text)
{
	text_append(sink(out), text);
}

static void put_string(struct json_output *out, const char *string)
{
	text_append_char(sink(out), '"');
	escape_append(sink(out), string, strlen(string), ESCAPE_JSON);
	text_append_char(sink(out), '"');
}

static struct json_level *state_of(struct json_output *out, const struct level *level)
{
	return &out->levels[level - out->shared.levels];
}

/* The level whose brackets the members of `level` are in: a record without brackets lends those
 * around it. */
static const struct level *brackets(struct json_output *out, const struct level *level)
{
	while (!state_of(out, level)->braces)
		level--;
	return level;
}

static void put_line_start(struct json_output *out, const char *table)
{
	out->to_summary = false;
	put(out, "{\"table\":");
	put_string(out, table ? table : "");
}

static void put_line_end(struct json_output *out)
{
	put(out, "}\n");
	output_flush(&out->shared, false);
	out->to_summary = true;
}

/* What goes before a value: a comma, its name. */
static void before_value(struct json_output *out, const struct level *level, const char *name)
{
	if (state_of(out, level)->lines) {
		put_line_start(out, level->key);
		put(out, ",\"value\":");
		return;
	}
	const struct level *owner = brackets(out, level);
	if (state_of(out, owner)->nonempty)
		put(out, ",");
	state_of(out, owner)->nonempty = true;
	if (level_is_list(owner))
		return;
	put_string(out, name ? name : "");
	put(out, ":");
}

static void after_value(struct json_output *out, const struct level *level)
{
	if (state_of(out, level)->lines)
		put_line_end(out);
	else
		output_flush(&out->shared, false);
}

static bool json_open(struct output *output, const struct level *level)
{
	struct json_output *out = (struct json_output *)output;
	const struct level *parent = level - 1;
	struct json_level *state = state_of(out, level);
	const char *name = level->place.name;
	*state = (struct json_level){ 0 };
	if (level_is_flat(level, parent))
		return true;
	/* No name where one is needed: a column for text only. */
	if (!level_is_list(parent) && !name)
		return false;
	state->braces = true;
	state->lines = level_is_list(level) && parent->kind == LEVEL_DATA && is_in_lines(out);
	if (state->lines)
		return true;
	if (level->kind == LEVEL_ROW && state_of(out, parent)->lines) {
		put_line_start(out, parent->key);
		state->nonempty = true;
		return true;
	}
	before_value(out, parent, name);
	put(out, level_is_list(level) ? "[" : "{");
	return true;
}

static void json_close(struct output *output, const struct level *level)
{
	struct json_output *out = (struct json_output *)output;
	const struct level *parent = level - 1;
	const struct json_level *state = state_of(out, level);
	if (!state->braces || state->lines)
		return;
	if (level->kind == LEVEL_ROW && state_of(out, parent)->lines) {
		put_line_end(out);
		return;
	}
	put(out, level_is_list(level) ? "]" : "}");
	after_value(out, parent);
}

static void put_address(struct json_output *out, uint64_t address, unsigned digits)
{
	put(out, "\"0x");
	output_append_hex(sink(out), address, digits);
	put(out, "\"");
}

static void put_number(struct json_output *out, const struct column *column, uint64_t number)
{
	enum cell_kind kind = column ? column->kind : CELL_VALUE;
	if (kind == CELL_ADDRESS || kind == CELL_ADDRESS_WIDE || kind == CELL_POINTER)
		put_address(out, number, 1);
	else if (kind == CELL_TOKEN || kind == CELL_TOKEN_WIDE || kind == CELL_TOKEN_POINTER)
		put_address(out, number, 8);
	else
		output_append_decimal(sink(out), number, false);
}

static void put_signed(struct json_output *out, uint64_t bits)
{
	bool negative = (int64_t)bits < 0;
	if (negative)
		put(out, "-");
	output_append_decimal(sink(out), negative ? -bits : bits, false);
}

static void put_digits(struct json_output *out, const struct scalar *scalar)
{
	if (scalar->quoted)
		put_string(out, scalar->text);
	else
		put(out, scalar->text);
}

static void put_utf16(struct json_output *out, const struct scalar *scalar)
{
	bool cut = scalar->count < scalar->length;
	if (cut)
		put(out, "{\"value\":");
	put(out, "\"");
	output_escape_units(&out->shared, sink(out), scalar, ESCAPE_JSON);
	put(out, "\"");
	if (!cut)
		return;
	put(out, ",\"length\":");
	output_append_decimal(sink(out), scalar->length, false);
	put(out, ",\"truncated\":true}");
}

static void json_scalar(struct output *output, const struct level *level, const struct slot *slot,
			const struct scalar *scalar)
{
	struct json_output *out = (struct json_output *)output;
	if (scalar->kind == SCALAR_SKIP || scalar->kind == SCALAR_WORDS ||
	    (!level_is_list(level) && !slot->name))
		return;
	before_value(out, level, slot->name);
	switch (scalar->kind) {
	case SCALAR_NUMBER:
		put_number(out, slot->column, scalar->number);
		break;
	case SCALAR_SIGNED:
		put_signed(out, scalar->number);
		break;
	case SCALAR_ADDRESS:
		put_address(out, scalar->number, 1);
		break;
	case SCALAR_TEXT:
		put_string(out, scalar->text);
		break;
	case SCALAR_BOOL:
		put(out, scalar->number ? "true" : "false");
		break;
	case SCALAR_NULL:
		put(out, "null");
		break;
	case SCALAR_DIGITS:
		put_digits(out, scalar);
		break;
	case SCALAR_UTF16:
		put_utf16(out, scalar);
		break;
	case SCALAR_SKIP:
	case SCALAR_WORDS:
		break;
	}
	after_value(out, level);
}

static void json_document_begin(struct output *output, const char *command_line)
{
	struct json_output *out = (struct json_output *)output;
	text_clear(&out->summary);
	out->levels[0] = (struct json_level){ .braces = true };
	out->to_summary = is_in_lines(out);
	put(out, "{\"schema\":1,\"command\":");
	put_string(out, command_line);
	put(out, ",\"data\":{");
}

static void put_strings(struct json_output *out, const char *const *strings, size_t count)
{
	put(out, "[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			put(out, ",");
		put_string(out, strings[i]);
	}
	put(out, "]");
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

static void put_coverage(struct json_output *out, const struct output_coverage *coverage)
{
	put(out, coverage->complete ? "{\"complete\":true" : "{\"complete\":false");
	put(out, ",\"unreadable_bytes\":");
	output_append_decimal(sink(out), coverage->unreadable_bytes, false);
	put(out, ",\"reasons\":");
	put_strings(out, coverage->reasons, coverage->reason_count);
	put(out, "}");
}

static void json_document_end(struct output *output, const struct output_coverage *coverage,
			      const struct error *error)
{
	struct json_output *out = (struct json_output *)output;
	struct output_coverage counted = { .complete = true };
	if (coverage)
		counted = *coverage;
	counted.complete &= !error;
	put(out, "},\"notes\":");
	put_strings(out, (const char *const *)out->shared.notes, out->shared.note_count);
	put(out, ",\"coverage\":");
	put_coverage(out, &counted);
	put(out, ",\"status\":");
	put_string(out, error ? "error" : counted.complete ? "ok" : "incomplete");
	if (error) {
		put(out, ",\"error\":{\"code\":");
		put_string(out, code_name(error->code));
		put(out, ",\"message\":");
		put_string(out, error->message);
		if (error->code == ERROR_FAULT) {
			put(out, ",\"address\":");
			put_address(out, error->address, 1);
		}
		put(out, "}");
	}
	put(out, "}\n");
	if (!is_in_lines(out))
		return;
	out->shared.out_of_memory |= text_failed(&out->summary);
	text_append_bytes(&out->shared.pending, text_string(&out->summary), out->summary.length);
	text_clear(&out->summary);
}

static void json_deinit(struct output *output)
{
	text_deinit(&((struct json_output *)output)->summary);
}

static size_t json_held_bytes(const struct output *output)
{
	const struct text *summary = &((const struct json_output *)output)->summary;
	return text_failed(summary) ? SIZE_MAX : summary->length;
}

const struct output_form output_json_form = {
	.size = sizeof(struct json_output),
	.deinit = json_deinit,
	.held_bytes = json_held_bytes,
	.document_begin = json_document_begin,
	.document_end = json_document_end,
	.open = json_open,
	.close = json_close,
	.scalar = json_scalar,
};

const struct output_form output_json_lines_form = {
	.size = sizeof(struct json_output),
	.deinit = json_deinit,
	.held_bytes = json_held_bytes,
	.document_begin = json_document_begin,
	.document_end = json_document_end,
	.open = json_open,
	.close = json_close,
	.scalar = json_scalar,
};
