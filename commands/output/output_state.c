/* What the tree and its forms share: levels, and the text that waits for the stream. */
#include "commands/output/output_internal.h"

#include <errno.h>

const char output_in_words[] = "in words";

bool output_has_lines(const struct output *output)
{
	return output->form->line != NULL;
}

bool level_is_list(const struct level *level)
{
	return level->kind == LEVEL_ARRAY || level->kind == LEVEL_TABLE;
}

bool level_is_flat(const struct level *level, const struct level *parent)
{
	return level->kind == LEVEL_RECORD && !level->key && parent->kind != LEVEL_ARRAY;
}

/* With marks it goes to a filter of ours, which takes them out and writes by
 * escape_write_lines(). */
static bool write_pending(const struct output *output)
{
	const struct text *pending = &output->pending;
	if (output->mark_lines)
		return fwrite(pending->bytes, 1, pending->length, output->stream) ==
		       pending->length;
	return escape_write_lines(output->stream, pending->bytes, pending->length);
}

static bool is_out_of_memory(struct output *output)
{
	return output->out_of_memory || text_failed(&output->pending) ||
	       output->form->held_bytes(output) == SIZE_MAX;
}

void output_flush(struct output *output, bool now)
{
	struct text *pending = &output->pending;
	if (!now && pending->length < OUTPUT_FLUSH_BYTES && !output->flush_lines)
		return;
	output->out_of_memory |= is_out_of_memory(output);
	if (!output->stream_errno && pending->length) {
		errno = 0;
		if (!write_pending(output) ||
		    ((now || output->flush_lines) && fflush(output->stream)))
			output->stream_errno = errno ? errno : EIO;
	}
	text_clear(pending);
}

bool output_broken(struct output *output)
{
	if (output->stream_errno || is_out_of_memory(output))
		return true;
	output->row_too_long |= output->pending.length > LIMIT_ROW_BYTES ||
				output->form->held_bytes(output) > LIMIT_ROW_BYTES;
	if (output->row_too_long)
		return true;
	struct error *told = task_check(output->task, "writing the answer");
	error_free(told);
	return told != NULL;
}

void output_escape_units(struct output *output, struct text *to, const struct scalar *scalar,
			 enum escape escape)
{
	const uint16_t *units;
	size_t count;
	if (!scalar->next) {
		escape_append_utf16(to, scalar->units, scalar->count, escape);
		return;
	}
	while (!output_broken(output) && (count = scalar->next(scalar->context, &units))) {
		escape_append_utf16(to, units, count, escape);
		if (to == &output->pending)
			output_flush(output, false);
	}
}
