/* dumpil: the IL of a method. */
#include "commands/command.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "heap/metadata/il_listing.h"
#include "inspect/il_body.h"

#include <inttypes.h>

static void append_string(const struct il_body *body, uint32_t token, struct text *text)
{
	const uint8_t *bytes;
	uint32_t units;
	enum { TOKEN_OFFSET = 0xffffff };
	if (!body->context.metadata ||
	    !metadata_user_string(body->context.metadata, token & TOKEN_OFFSET, &bytes, &units)) {
		text_printf(text, "<unknown token %08x>", token);
		return;
	}
	text_append(text, "\"");
	for (uint32_t i = 0; i < units && i < LIMIT_SHOWN_STRING_UNITS; i++) {
		unsigned unit = load_u16(bytes + 2 * (size_t)i);
		if (unit == '"' || unit == '\\')
			text_printf(text, "\\%c", (char)unit);
		else if (unit >= ' ' && unit <= '~')
			text_append_char(text, (char)unit);
		else
			text_printf(text, "\\u%04x", unit);
	}
	text_append(text, "\"");
}

static void append_real(const struct il_instruction *instruction, struct text *text)
{
	double number;
	if (instruction->operand_size == sizeof(float)) {
		float narrow;
		uint32_t bits = (uint32_t)instruction->bits;
		memcpy(&narrow, &bits, sizeof(narrow));
		text_printf(text, "%.9g", (double)narrow);
		return;
	}
	memcpy(&number, &instruction->bits, sizeof(number));
	text_printf(text, "%.17g", number);
}

static void append_targets(const struct il_instruction *instruction, struct text *text)
{
	text_append(text, "(");
	for (uint32_t i = 0; i < instruction->bits; i++)
		text_printf(text, "%sIL_%04x", i ? ", " : "", il_switch_target(instruction, i));
	text_append(text, ")");
}

static struct error *append_operand(struct command_call *call, const struct il_body *body,
				    const struct il_instruction *instruction, struct text *text)
{
	switch (instruction->operand) {
	case IL_OPERAND_NONE:
		break;
	case IL_OPERAND_TOKEN:
		return il_token_append(&call->question, &body->context, (uint32_t)instruction->bits,
				       text);
	case IL_OPERAND_SIGNATURE:
		text_printf(text, "<signature %08x>", (uint32_t)instruction->bits);
		break;
	case IL_OPERAND_STRING:
		append_string(body, (uint32_t)instruction->bits, text);
		break;
	case IL_OPERAND_INTEGER:
		text_printf(text, "%" PRId64, (int64_t)instruction->bits);
		break;
	case IL_OPERAND_REAL:
		append_real(instruction, text);
		break;
	case IL_OPERAND_BRANCH:
		text_printf(text, "IL_%04x", (uint32_t)instruction->bits);
		break;
	case IL_OPERAND_SWITCH:
		append_targets(instruction, text);
		break;
	case IL_OPERAND_VARIABLE:
		text_printf(text, "VAR OR ARG %u", (uint32_t)instruction->bits);
		break;
	}
	return NULL;
}

static const struct column columns[] = {
	{ "offset", IN_WORDS, CELL_INTEGER, 0 },
	{ "instruction", IN_WORDS, CELL_TEXT, 0 },
	{ "operand", IN_WORDS, CELL_TEXT, 0 },
	{ NULL, "", CELL_TEXT, 0 },
};

enum { OFFSET_BYTES = 16 };

static struct error *print_instruction(struct command_call *call, const struct il_body *body,
				       const struct il_instruction *instruction)
{
	CLEANUP(text_deinit) struct text operand = { 0 };
	TRY(append_operand(call, body, instruction, &operand));
	if (text_failed(&operand))
		return &error_no_memory;
	char offset[OFFSET_BYTES];
	snprintf(offset, sizeof(offset), "%04" PRIx32, instruction->offset);
	output_row_begin(call->out);
	output_number_as(call->out, instruction->offset, offset);
	output_text(call->out, instruction->name);
	output_text_or(call->out, operand.length ? text_string(&operand) : NULL, "");
	output_words(call->out, "IL_{offset}: {instruction} {operand}");
	output_row_end(call->out);
	return NULL;
}

static struct error *print_listing(struct command_call *call, const struct il_body *body)
{
	size_t position = 0;
	struct il_instruction instruction;
	while (il_listing_next(body->il, body->size, &position, &instruction)) {
		TRY(task_check(call->question.task, "listing IL"));
		TRY(print_instruction(call, body, &instruction));
	}
	if (position < body->size)
		return error_new(ERROR_BAD_DATA, "there is no IL instruction at IL_%04zx",
				 position);
	return NULL;
}

static struct error *dumpil_run(struct command_call *call)
{
	static const struct column head[] = { { "il_addr", "ilAddr = ", CELL_POINTER, 0 } };
	uint64_t address = call->subject.address;
	struct il_body body = { 0 };
	bool is_il = arguments_has(call->arguments, "-i");
	TRY(is_il ? il_body_at(&call->question, address, &body)
		  : il_body_of_method(&call->question, address, &body));
	output_record_begin(call->out, NULL, head, COUNT_OF(head));
	output_address(call->out, body.address);
	output_record_end(call->out);
	output_table_begin(call->out, "instructions", columns, COUNT_OF(columns), false);
	struct error *error = print_listing(call, &body);
	output_table_end(call->out);
	return error;
}

static const struct option options[] = {
	{ "-i", NULL,
	  "the address is of IL (dumpmd shows it), not of a MethodDesc: tokens stay without names",
	  NULL },
	{ 0 },
};
static const char *const examples[] = { "dumpil 7f74b6123f38", NULL };
const struct command command_dumpil = {
	.name = "dumpil",
	.summary = "show the IL of a method",
	.usage = "dumpil MD | -i IL", /* one or the other */
	.description =
		"IL stands in the module's image: where a dump lacks it, --sysroot DIR must have the file. That of a DynamicMethod is not shown.",
	.options = options,
	.subject = { .kind = SUBJECT_ADDRESS,
		     .what = "a MethodDesc, or IL with -i,",
		     .word = "MD|IL" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpil_run,
};
