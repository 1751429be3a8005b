/* The tree: what is open, and where the next value goes. */
#include "commands/output/output_internal.h"

#include "base/patient_writer.h"

#include <assert.h>

void output_mark_lines(struct output *output)
{
	output->mark_lines = output_has_lines(output);
}

void output_flush_lines(struct output *output)
{
	output->flush_lines = true;
}

void output_for_terminal(struct output *output)
{
	output->for_terminal = true;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	for (size_t i = 0; i < output->note_count; i++)
		free(output->notes[i]);
	text_deinit(&output->pending);
	text_deinit(&output->next);
	output->form->deinit(output);
	free(output);
}

static struct level *top(struct output *output)
{
	return &output->levels[output->depth - 1];
}

void output_set_task(struct output *output, const struct task *task)
{
	output->task = task;
}

struct error *output_finish(struct output *output)
{
	output_flush(output, true);
	if (output->out_of_memory)
		return &error_no_memory;
	if (output->row_too_long)
		return error_new(ERROR_UNSUPPORTED,
				 "a row of the answer is longer than %d MiB, and a row of text is "
				 "held until it is whole: ask for less of it, or for --json",
				 LIMIT_ROW_BYTES >> 20);
	if (output->stream_errno)
		return patient_write_error(output->stream_errno, "cannot write the answer");
	return NULL;
}

void output_document_begin(struct output *output, const char *command_line)
{
	output->levels[0] = (struct level){ .kind = LEVEL_DATA };
	output->depth = 1;
	output->too_deep = 0;
	output->indent = 0;
	output->row_too_long = false;
	text_clear(&output->next);
	output->form->document_begin(output, command_line);
}

static void close_level(struct output *output)
{
	if (output->too_deep) {
		output->too_deep--;
		return;
	}
	assert(output->depth > 1);
	const struct level *level = top(output);
	if (!level->muted)
		output->form->close(output, level);
	output->depth--;
}

/* Says how many notes there were no room for, in the place of the last one. */
static void count_notes_left_out(struct output *output)
{
	if (!output->notes_left_out)
		return;
	free(output->notes[--output->note_count]);
	size_t left_out = output->notes_left_out + 1;
	output->notes_left_out = 0;
	output_note(output, "%zu more remarks were left out", left_out);
}

void output_document_end(struct output *output, const struct output_coverage *coverage,
			 const struct error *error)
{
	output->too_deep = 0;
	while (output->depth > 1)
		close_level(output);
	output->indent = 0;
	count_notes_left_out(output);
	output->form->document_end(output, coverage, error);
	for (size_t i = 0; i < output->note_count; i++)
		free(output->notes[i]);
	output->note_count = 0;
	output_flush(output, true);
}

/* Where the next value goes; rows and records: their next column is used up. */
static struct slot next_slot(struct level *level)
{
	switch (level->kind) {
	case LEVEL_ROW:
	case LEVEL_RECORD:
		assert(level->next_column < level->column_count);
		const struct column *column = &level->columns[level->next_column++];
		return (struct slot){ .column = column, .name = column->key };
	case LEVEL_OBJECT:
	case LEVEL_DATA: {
		struct slot slot = { .name = level->member };
		level->member = NULL;
		return slot;
	}
	case LEVEL_ARRAY:
	case LEVEL_TABLE:
		break;
	}
	return (struct slot){ 0 };
}

static void open_level(struct output *output, struct level level)
{
	struct level *parent = top(output);
	level.place = (struct slot){ .name = level.key };
	bool place = level.kind == LEVEL_OBJECT || level_is_list(&level);
	if (place && !level.key && !output->too_deep)
		level.place = next_slot(parent);
	if (output->too_deep || output->depth == OUTPUT_LEVELS_MAX) {
		if (!output->too_deep++)
			output_note(output, "something is nested too deeply to be shown");
		return;
	}
	output->levels[output->depth++] = level;
	top(output)->muted = parent->muted || !output->form->open(output, top(output));
}

void output_table_begin(struct output *output, const char *key, const struct column *columns,
			size_t count, bool titles)
{
	open_level(output, (struct level){ .kind = LEVEL_TABLE,
					   .key = key,
					   .columns = columns,
					   .column_count = count,
					   .titles = titles });
}

void output_table_titles(struct output *output)
{
	const struct level *table = top(output);
	assert(output->too_deep || table->kind == LEVEL_TABLE);
	if (!output->too_deep && !table->muted && output->form->titles)
		output->form->titles(output, table);
}

void output_row_begin(struct output *output)
{
	struct level *table = top(output);
	assert(output->too_deep || table->kind == LEVEL_TABLE);
	open_level(output, (struct level){ .kind = LEVEL_ROW,
					   .columns = table->columns,
					   .column_count = table->column_count });
}

void output_row_end(struct output *output)
{
	close_level(output);
}

void output_table_end(struct output *output)
{
	close_level(output);
}

void output_record_begin(struct output *output, const char *key, const struct column *columns,
			 size_t count)
{
	open_level(output, (struct level){ .kind = LEVEL_RECORD,
					   .key = key,
					   .columns = columns,
					   .column_count = count });
}

void output_record_end(struct output *output)
{
	close_level(output);
}

void output_array_begin(struct output *output, const char *key)
{
	open_level(output, (struct level){ .kind = LEVEL_ARRAY, .key = key });
}

void output_array_end(struct output *output)
{
	close_level(output);
}

void output_object_begin(struct output *output, const char *key)
{
	open_level(output, (struct level){ .kind = LEVEL_OBJECT, .key = key });
}

void output_member(struct output *output, const char *name)
{
	struct level *level = top(output);
	if (output->too_deep)
		return;
	assert(level->kind == LEVEL_OBJECT || level->kind == LEVEL_DATA);
	level->member = name;
}

void output_object_end(struct output *output)
{
	close_level(output);
}

static void scalar(struct output *output, const struct scalar *scalar)
{
	if (output->too_deep)
		return;
	struct level *level = top(output);
	struct slot slot = next_slot(level);
	if (!level->muted)
		output->form->scalar(output, level, &slot, scalar);
}

void output_address(struct output *output, uint64_t address)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_ADDRESS, .number = address });
}

void output_unsigned(struct output *output, uint64_t number)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_NUMBER, .number = number });
}

void output_signed(struct output *output, int64_t number)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_SIGNED, .number = (uint64_t)number });
}

void output_text(struct output *output, const char *text)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_TEXT, .text = text });
}

void output_textf(struct output *output, const char *format, ...)
{
	char *formatted = NULL;
	va_list arguments;
	va_start(arguments, format);
	if (vasprintf(&formatted, format, arguments) < 0) {
		formatted = NULL;
		output->out_of_memory = true;
	}
	va_end(arguments);
	output_text(output, formatted ? formatted : "");
	free(formatted);
}

void output_bool(struct output *output, bool flag)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_BOOL, .number = flag });
}

void output_null(struct output *output)
{
	output_nothing(output, "null");
}

void output_nothing(struct output *output, const char *shown)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_NULL, .shown = shown });
}

void output_text_as(struct output *output, const char *text, const char *shown)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_TEXT, .text = text, .shown = shown });
}

void output_number_as(struct output *output, int64_t number, const char *shown)
{
	scalar(output, &(struct scalar){
			       .kind = SCALAR_SIGNED, .number = (uint64_t)number, .shown = shown });
}

void output_address_as(struct output *output, uint64_t address, const char *shown)
{
	scalar(output,
	       &(struct scalar){ .kind = SCALAR_ADDRESS, .number = address, .shown = shown });
}

void output_bool_as(struct output *output, bool flag, const char *shown)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_BOOL, .number = flag, .shown = shown });
}

void output_digits(struct output *output, const char *digits, bool quoted)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_DIGITS, .text = digits, .quoted = quoted });
}

void output_words(struct output *output, const char *sentence)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_WORDS, .text = sentence });
}

void output_sentence(struct output *output, const char *sentence)
{
	const struct level *level = top(output);
	if (output->too_deep || level->muted || !output->form->sentence)
		return;
	assert(level->kind == LEVEL_ROW || level->kind == LEVEL_RECORD);
	output->form->sentence(output, level, sentence);
}

void output_text_or(struct output *output, const char *text, const char *nothing)
{
	if (text)
		output_text(output, text);
	else
		output_nothing(output, nothing);
}

void output_text_or_null(struct output *output, const char *text)
{
	output_text_or(output, text, "null");
}

void output_skip(struct output *output)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_SKIP });
}

void output_utf16(struct output *output, const uint16_t *units, size_t count, uint64_t length,
		  bool quoted)
{
	/* A cut does not part a pair of surrogates. */
	if (count && count < length && units[count - 1] >= 0xd800 && units[count - 1] < 0xdc00)
		count--;
	scalar(output, &(struct scalar){ .kind = SCALAR_UTF16,
					 .units = units,
					 .count = count,
					 .length = length,
					 .quoted = quoted });
}

void output_utf16_stream(struct output *output, output_units next, void *context)
{
	scalar(output, &(struct scalar){ .kind = SCALAR_UTF16, .next = next, .context = context });
}

/* The caller's; NULL: no memory, which the output remembers. */
PRINTF_LIKE(2, 0)
static char *formatted(struct output *output, const char *format, va_list arguments)
{
	char *text = NULL;
	if (vasprintf(&text, format, arguments) >= 0)
		return text;
	output->out_of_memory = true;
	return NULL;
}

void output_line(struct output *output, const char *format, ...)
{
	if (!output_has_lines(output))
		return;
	va_list arguments;
	va_start(arguments, format);
	char *line = formatted(output, format, arguments);
	va_end(arguments);
	if (line)
		output->form->line(output, line);
	free(line);
}

void output_note(struct output *output, const char *format, ...)
{
	if (output->note_count == OUTPUT_NOTES_MAX) {
		output->notes_left_out++;
		return;
	}
	va_list arguments;
	va_start(arguments, format);
	char *note = formatted(output, format, arguments);
	va_end(arguments);
	if (note)
		output->notes[output->note_count++] = note;
}

void output_indent(struct output *output, int levels)
{
	output->indent += levels;
}

void output_next(struct output *output, const char *format, ...)
{
	if (!output->for_terminal || !output_has_lines(output))
		return;
	va_list arguments;
	va_start(arguments, format);
	char *command = formatted(output, format, arguments);
	va_end(arguments);
	if (command)
		text_printf(&output->next, "%s%s", output->next.length ? "    " : "-> ", command);
	free(command);
	output->out_of_memory |= text_failed(&output->next);
}
