/* d, da, db, dc, dd, dp, dq, du, dw: memory as numbers and as text. */
#include "commands/command.h"

#include "attach/target/reader.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/interpreter/session.h"

#include <inttypes.h>

enum { DEFAULT_COUNT = 32, DEFAULT_UNIT = 4, ROW_BYTES = 32 };

static const struct column head_columns[] = {
	{ "address", NULL, CELL_ADDRESS, 0 },
	{ "unit_size", NULL, CELL_INTEGER, 0 },
	{ "count", NULL, CELL_INTEGER, 0 },
};
static const struct column columns[] = {
	{ NULL, "", CELL_TEXT, 0 },
	{ "address", NULL, CELL_ADDRESS, 0 },
	{ "values", NULL, CELL_VALUE, 0 },
	{ "text", NULL, CELL_VALUE, 0 },
};
static const struct column text_columns[] = {
	{ "address", NULL, CELL_ADDRESS, 0 },
	{ "text", NULL, CELL_VALUE, 0 },
};

struct dump {
	struct command_call *call;
	struct reader reader;
	uint64_t unreadable, first_unreadable; /* bytes, address */
	/* The row at hand. */
	uint64_t units[LIMIT_MEMORY_ROW_UNITS];
	bool is_there[LIMIT_MEMORY_ROW_UNITS];
};

static void dump_cleanup(struct dump *dump)
{
	reader_deinit(&dump->reader);
}

static bool unit_read(struct dump *dump, uint64_t address, unsigned size, uint64_t *ret)
{
	const uint8_t *bytes = reader_borrow(&dump->reader, address, size);
	*ret = 0;
	for (unsigned i = size; bytes && i--;)
		*ret = *ret << 8 | bytes[i];
	if (bytes)
		return true;
	if (!dump->unreadable)
		dump->first_unreadable = address;
	dump->unreadable += size;
	return false;
}

/* As SOS shows a character. */
static char shown(uint64_t unit)
{
	return unit < 0x20 || unit > 0x7e ? '.' : (char)unit;
}

/* The row's numbers and characters, as SOS writes them; a short one is filled up to its characters.
 */
static void row_write(struct dump *dump, const struct memory_view *view, uint32_t count,
		      struct text *line, struct text *text)
{
	int digits = (int)view->length * 2;
	bool prefix = arguments_has(dump->call->arguments, "-hex-prefix");
	for (uint32_t i = 0; i < count; i++) {
		uint64_t unit = dump->units[i];
		text_append_char(text, !dump->is_there[i] ? '?'
							  : shown(view->unicode ? unit & 0xffff
										: unit & 0xff));
		if (dump->is_there[i])
			text_printf(line, " %s%0*" PRIx64, prefix ? "0x" : "", digits, unit);
		else
			text_printf(line, " %s%.*s", prefix ? "  " : "", digits,
				    "????????????????");
	}
	if (view->ascii || view->unicode)
		text_printf(line, "%*s%s",
			    (int)(view->width - count) * (digits + (prefix ? 3 : 1)) + 2, "",
			    text_string(text));
}

static struct error *row_print(struct dump *dump, const struct memory_view *view, uint64_t address,
			       uint32_t count)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	CLEANUP(text_deinit) struct text text = { 0 };
	struct output *out = dump->call->out;
	for (uint32_t i = 0; i < count; i++)
		dump->is_there[i] = unit_read(dump, address + (uint64_t)i * view->length,
					      view->length, &dump->units[i]);
	text_printf(&line, "%016" PRIx64 ":", address);
	row_write(dump, view, count, &line, &text);
	if (text_failed(&line) || text_failed(&text))
		return &error_no_memory;
	output_row_begin(out);
	output_text(out, text_string(&line));
	output_address(out, address);
	output_array_begin(out, NULL);
	for (uint32_t i = 0; i < count; i++) {
		if (dump->is_there[i])
			output_address(out, dump->units[i]);
		else
			output_null(out);
	}
	output_array_end(out);
	if (view->ascii || view->unicode)
		output_text(out, text_string(&text));
	else
		output_skip(out);
	output_row_end(out);
	return NULL;
}

static struct error *table_print(struct dump *dump, struct memory_view *view)
{
	struct output *out = dump->call->out;
	output_record_begin(out, NULL, head_columns, COUNT_OF(head_columns));
	output_address(out, view->next);
	output_unsigned(out, view->length);
	output_unsigned(out, view->count);
	output_record_end(out);
	output_table_begin(out, "rows", columns, COUNT_OF(columns), false);
	for (uint64_t left = view->count; left && !output_broken(out);) {
		uint32_t count = left < view->width ? (uint32_t)left : view->width;
		TRY(task_check(dump->call->question.task, "memory"));
		TRY(row_print(dump, view, view->next, count));
		view->next += (uint64_t)view->length * view->width;
		left -= count;
	}
	output_table_end(out);
	return NULL;
}

/* A text up to its zero; the next one begins after that. */
static struct error *text_print(struct dump *dump, struct memory_view *view)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	CLEANUP(free_cleanup) uint16_t *units = NULL;
	struct output *out = dump->call->out;
	unsigned size = view->unicode_string ? 2 : 1;
	uint64_t start = view->next, unit;
	size_t count = 0;
	bool ended = false;
	units = malloc(LIMIT_MEMORY_TEXT_UNITS * sizeof(*units));
	if (!units)
		return &error_no_memory;
	while (!ended && count < LIMIT_MEMORY_TEXT_UNITS &&
	       unit_read(dump, view->next, size, &unit)) {
		view->next += size;
		ended = unit == 0;
		if (ended)
			break;
		units[count++] = (uint16_t)unit;
		text_append_char(&line, shown(unit));
	}
	if (text_failed(&line))
		return &error_no_memory;
	output_line(out, "Text: '%s'", text_string(&line));
	output_record_begin(out, NULL, text_columns, COUNT_OF(text_columns));
	output_address(out, start);
	output_utf16(out, units, count, count, false);
	output_record_end(out);
	if (count == LIMIT_MEMORY_TEXT_UNITS)
		output_note(out, "No zero in %d characters: the text goes on at %#" PRIx64 ".",
			    LIMIT_MEMORY_TEXT_UNITS, view->next);
	return NULL;
}

static struct error *number_option(struct command_call *call, const char *name, uint64_t limit,
				   uint32_t *ret)
{
	uint64_t number = *ret;
	TRY(arguments_number(call->arguments, name, &number));
	if (number > limit)
		return error_new(ERROR_USAGE, "%s %" PRIu64 " is more than %" PRIu64, name, number,
				 limit);
	*ret = (uint32_t)number;
	return NULL;
}

/* Where to begin: the argument, else where the last command stopped. */
static struct error *start_find(struct command_call *call, struct memory_view *view)
{
	if (call->subject.given)
		view->next = call->subject.address;
	else if (!view->started)
		return error_new(ERROR_USAGE, "%s: an address is missing", call->command->name);
	view->started = true;
	return NULL;
}

static struct error *options_read(struct command_call *call, struct memory_view *view)
{
	uint64_t end = 0;
	TRY(number_option(call, "-count", LIMIT_MEMORY_UNITS, &view->count));
	TRY(number_option(call, "-length", 8, &view->length));
	TRY(number_option(call, "-width", LIMIT_MEMORY_ROW_UNITS, &view->width));
	TRY(arguments_address(call->arguments, "-end", &end));
	view->ascii |= arguments_has(call->arguments, "-ascii");
	view->unicode |= arguments_has(call->arguments, "-unicode");
	view->ascii_string |= arguments_has(call->arguments, "-ascii-string");
	view->unicode_string |= arguments_has(call->arguments, "-unicode-string");
	if (view->length != 1 && view->length != 2 && view->length != 4 && view->length != 8)
		view->length = DEFAULT_UNIT;
	view->width = view->width ? view->width : ROW_BYTES / view->length;
	view->count = view->count ? view->count : DEFAULT_COUNT;
	if (!arguments_has(call->arguments, "-end"))
		return NULL;
	if (end <= view->next)
		return error_new(ERROR_USAGE, "-end %#" PRIx64 " is not behind %#" PRIx64, end,
				 view->next);
	uint64_t count = (end - view->next) / view->length;
	if (count > LIMIT_MEMORY_UNITS)
		return error_new(ERROR_USAGE,
				 "from %#" PRIx64 " to %#" PRIx64 " there are more than %d units",
				 view->next, end, LIMIT_MEMORY_UNITS);
	view->count = (uint32_t)count;
	return NULL;
}

/* `preset`: NULL: as the command before. */
static struct error *show(struct command_call *call, const struct memory_view *preset)
{
	struct memory_view *kept = session_memory_view(call->session), view = *kept;
	if (preset) {
		view = *preset;
		view.next = kept->next;
		view.started = kept->started;
	}
	CLEANUP(dump_cleanup) struct dump dump = { .call = call };
	TRY(reader_init(&dump.reader, session_target(call->session)));
	TRY(start_find(call, &view));
	TRY(options_read(call, &view));
	struct error *error = view.ascii_string || view.unicode_string ? text_print(&dump, &view)
								       : table_print(&dump, &view);
	*kept = view;
	if (error)
		return error;

	if (dump.unreadable)
		question_missing(&call->question, dump.unreadable,
				 "the memory at %#" PRIx64 " cannot be read",
				 dump.first_unreadable);
	return NULL;
}

static const char *const end_aliases[] = { "-e", NULL };
static const char *const count_aliases[] = { "-c", NULL };
static const char *const length_aliases[] = { "-l", NULL };
static const char *const width_aliases[] = { "-w", NULL };
static const char *const ascii_aliases[] = { "-a", NULL };
static const char *const unicode_aliases[] = { "-u", NULL };
static const char *const prefix_aliases[] = { "-h", NULL };
static const struct option options[] = {
	{ "-end", "ADDRESS", "up to this address, in place of -count", end_aliases },
	{ "-count", "N", "units to show", count_aliases },
	{ "-length", "1|2|4|8", "bytes of a unit", length_aliases },
	{ "-width", "N", "units a line", width_aliases },
	{ "-ascii", NULL, "also as characters of a byte", ascii_aliases },
	{ "-unicode", NULL, "also as UTF-16 characters", unicode_aliases },
	{ "-ascii-string", NULL, "as a text of bytes that ends with zero", NULL },
	{ "-unicode-string", NULL, "as a UTF-16 text that ends with zero", NULL },
	{ "-hex-prefix", NULL, "0x before each number", prefix_aliases },
	{ "-show-address", NULL, "accepted; the address is always shown", NULL },
	{ 0 },
};

#define MEMORY_DESCRIPTION                                                                         \
	"Without an address it goes on where the last of these commands stopped; so does an empty line at the prompt. A ? stands for what cannot be read."

/* A command: its name, other names, summary, example; and what it begins with. */
#define COMMAND(NAME, ALIASES, SUMMARY, EXAMPLE, PRESET)                                           \
	static struct error *NAME##_run(struct command_call *call)                                 \
	{                                                                                          \
		return show(call, PRESET);                                                         \
	}                                                                                          \
	static const char *const NAME##_examples[] = { EXAMPLE, NULL };                            \
	const struct command command_##NAME = {                                                    \
		.name = #NAME,                                                                     \
		.aliases = ALIASES,                                                                \
		.summary = SUMMARY,                                                                \
		.description = MEMORY_DESCRIPTION,                                                 \
		.options = options,                                                                \
		.subject = { .kind = SUBJECT_OBJECT, .what = "an address", .optional = true },     \
		.examples = NAME##_examples,                                                       \
		.needs = NEEDS_TARGET,                                                             \
		.repeats = true,                                                                   \
		.run = NAME##_run,                                                                 \
	}

static const struct memory_view bytes = { .count = 128, .length = 1, .width = 16, .ascii = true };
static const struct memory_view characters = {
	.count = 64, .length = 2, .width = 8, .unicode = true
};
static const struct memory_view byte_text = { .count = 128, .length = 1, .ascii_string = true };
static const struct memory_view text = { .count = 128, .length = 2, .unicode_string = true };
static const struct memory_view words = { .count = 128, .length = 2 };
static const struct memory_view double_words = { .count = 64, .length = 4 };
static const struct memory_view quad_words = { .count = 32, .length = 8 };
static const char *const d_aliases[] = { "readmemory", NULL };

COMMAND(d, d_aliases, "show memory, in the form of the last such command", "d 7f68dd012fd8 -c 8",
	NULL);
COMMAND(da, NULL, "show memory as a text of bytes", "da 7f68dd012fd8", &byte_text);
COMMAND(db, NULL, "show memory as bytes and characters", "db 7f68dd012fd8", &bytes);
COMMAND(dc, NULL, "show memory as UTF-16 characters", "dc 7f68dd012fd8", &characters);
COMMAND(dd, NULL, "show memory as 32-bit numbers", "dd 7f68dd012fd8", &double_words);
COMMAND(dp, NULL, "show memory as pointers", "dp 7f68dd012fd8 -h", &quad_words);
COMMAND(dq, NULL, "show memory as 64-bit numbers", "dq Demo.Running.Faults.Held -c 8", &quad_words);
COMMAND(du, NULL, "show memory as a UTF-16 text", "du 7f68dd012fe4", &text);
COMMAND(dw, NULL, "show memory as 16-bit numbers", "dw 7f68dd012fd8", &words);
