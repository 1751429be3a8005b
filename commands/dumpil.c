/* dumpil: the IL of a method. */
#include "commands/command.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "heap/code/method_code.h"
#include "heap/metadata/il_listing.h"
#include "heap/metadata/pe_image.h"
#include "inspect/il_names.h"

#include <inttypes.h>

struct listing {
	struct il_context context;
	uint64_t address; /* of the body, header included */
	const uint8_t *il;
	uint32_t size;
};

static struct error *image_body(struct heap *heap, uint64_t base, uint64_t size, bool mapped,
				uint32_t rva, struct method_body *ret, uint64_t *ret_address)
{
	struct pe_image image;
	if (!base)
		return error_fault(0, "there is no image");
	TRY(pe_image_open(&heap->reader, base, size, mapped, &image));
	if (!pe_image_address_of_rva(&image, rva, 1, ret_address))
		return error_fault(base, "the image ends before the body");
	return pe_image_method_body(&image, &heap->reader, rva, ret);
}

/* Copies the IL; *ret false: not all of it can be read. */
static struct error *il_copy(struct command_call *call, const struct method_body *body,
			     struct listing *listing, bool *ret)
{
	uint8_t *il = arena_allocate(call->question.scratch, (size_t)body->il_size + 1);
	if (!il)
		return &error_no_memory;
	listing->il = il;
	listing->size = body->il_size;
	*ret = reader_copy(&call->question.heap->reader, body->il_address, il, body->il_size);
	return NULL;
}

/* From the image as it is loaded, else from the file's mapping. */
static struct error *il_try(struct command_call *call, uint32_t rva, struct listing *listing,
			    bool *ret)
{
	const struct clr_module *module = listing->context.module;
	struct method_body body;
	*ret = false;
	for (int flat = 0; flat < 2 && !*ret; flat++) {
		struct error *error =
			flat ? image_body(call->question.heap, module->flat_base, module->flat_size,
					  false, rva, &body, &listing->address)
			     : image_body(call->question.heap, module->image_base,
					  module->image_size, module->image_mapped, rva, &body,
					  &listing->address);
		if (!error)
			error = il_copy(call, &body, listing, ret);
		if (!error_take(&error, ERROR_FAULT))
			TRY(error);
	}
	return NULL;
}

static struct error *il_of_method(struct command_call *call, uint64_t address,
				  struct listing *listing)
{
	struct method method;
	struct member member;
	bool found, admitted = false;
	const char *reason = "";
	struct error *error = method_at(call->question.heap, address, &method);
	if (error)
		return error_context(error, "%#" PRIx64 " is not a MethodDesc", address);
	struct clr_module *module = method.owner->module;
	if (method.kind == METHOD_DYNAMIC || !method.token || !module)
		return error_new(ERROR_UNSUPPORTED,
				 "the method at %#" PRIx64 " was made at run time: its IL is not "
				 "in an image",
				 address);
	listing->context = (struct il_context){ .module = module, .owner = method.owner };
	TRY(clr_module_metadata(call->question.heap, module, &listing->context.metadata));
	if (!metadata_method(listing->context.metadata, token_row(method.token), &member))
		return error_new(ERROR_BAD_DATA, "the metadata lacks the method %08x",
				 method.token);
	if (!member.rva)
		return error_new(ERROR_NOT_FOUND, "the method at %#" PRIx64 " has no IL body",
				 address);
	TRY(il_try(call, member.rva, listing, &found));
	if (!found)
		TRY(clr_module_admit_file(call->question.heap, module, &admitted, &reason));
	if (admitted)
		TRY(il_try(call, member.rva, listing, &found));
	if (found)
		return NULL;
	return error_new(ERROR_FAULT,
			 "the IL of the method at %#" PRIx64 " %s%s%s; "
			 "--sysroot DIR may have it",
			 address, target_lacks_it(call->question.target), *reason ? ": " : "",
			 reason);
}

/* IL at an address: its header says how long it is. */
static struct error *il_at(struct command_call *call, uint64_t address, struct listing *listing)
{
	/* As if an image began just before it, so that the body's RVA is 1: 0 means that a method
	 * has none. */
	const struct pe_image image = { .base = address - 1,
					.size_bytes = LIMIT_IL_BYTES,
					.mapped = true };
	struct method_body body;
	bool found;
	TRY(pe_image_method_body(&image, &call->question.heap->reader, 1, &body));
	TRY(il_copy(call, &body, listing, &found));
	listing->address = address;
	return found ? NULL : error_fault(address, "cannot read the IL at %#" PRIx64, address);
}

static void append_string(const struct listing *listing, uint32_t token, struct text *text)
{
	const uint8_t *bytes;
	uint32_t units;
	enum { TOKEN_OFFSET = 0xffffff };
	if (!listing->context.metadata ||
	    !metadata_user_string(listing->context.metadata, token & TOKEN_OFFSET, &bytes,
				  &units)) {
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

static struct error *append_operand(struct command_call *call, const struct listing *listing,
				    const struct il_instruction *instruction, struct text *text)
{
	switch (instruction->operand) {
	case IL_OPERAND_NONE:
		break;
	case IL_OPERAND_TOKEN:
		return il_token_append(&call->question, &listing->context,
				       (uint32_t)instruction->bits, text);
	case IL_OPERAND_SIGNATURE:
		text_printf(text, "<signature %08x>", (uint32_t)instruction->bits);
		break;
	case IL_OPERAND_STRING:
		append_string(listing, (uint32_t)instruction->bits, text);
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
	{ "offset", NULL, CELL_INTEGER, 0 },
	{ "instruction", NULL, CELL_TEXT, 0 },
	{ "operand", NULL, CELL_VALUE, 0 },
	{ NULL, "", CELL_TEXT, 0 },
};

static struct error *print_instruction(struct command_call *call, const struct listing *listing,
				       const struct il_instruction *instruction)
{
	CLEANUP(text_deinit) struct text operand = { 0 };
	TRY(append_operand(call, listing, instruction, &operand));
	if (text_failed(&operand))
		return &error_no_memory;
	const char *shown = operand.length ? text_string(&operand) : NULL;
	output_row_begin(call->out);
	output_unsigned(call->out, instruction->offset);
	output_text(call->out, instruction->name);
	output_text_or_null(call->out, shown);
	output_textf(call->out, "IL_%04x: %s %s", instruction->offset, instruction->name,
		     shown ? shown : "");
	output_row_end(call->out);
	return NULL;
}

static struct error *print_listing(struct command_call *call, const struct listing *listing)
{
	size_t position = 0;
	struct il_instruction instruction;
	while (il_listing_next(listing->il, listing->size, &position, &instruction)) {
		TRY(task_check(call->question.task, "listing IL"));
		TRY(print_instruction(call, listing, &instruction));
	}
	if (position < listing->size)
		return error_new(ERROR_BAD_DATA, "there is no IL instruction at IL_%04zx",
				 position);
	return NULL;
}

static struct error *dumpil_run(struct command_call *call)
{
	static const struct column head[] = { { "il_addr", "ilAddr = ", CELL_POINTER, 0 } };
	uint64_t address = call->subject.address;
	struct listing listing = { 0 };
	bool is_il = arguments_has(call->arguments, "-i");
	TRY(is_il ? il_at(call, address, &listing) : il_of_method(call, address, &listing));
	output_record_begin(call->out, NULL, head, COUNT_OF(head));
	output_address(call->out, listing.address);
	output_record_end(call->out);
	output_table_begin(call->out, "instructions", columns, COUNT_OF(columns), false);
	struct error *error = print_listing(call, &listing);
	output_table_end(call->out);
	return error;
}

static const struct option options[] = {
	{ "-i", NULL,
	  "the address is of IL (dumpmd shows it), not of a MethodDesc: tokens stay "
	  "without names",
	  NULL },
	{ 0 },
};
static const char *const examples[] = { "dumpil 7f74b6123f38", NULL };
const struct command command_dumpil = {
	.name = "dumpil",
	.summary = "show the IL of a method",
	.usage = "dumpil MD | -i IL",
	.description = "IL stands in the module's image: where a dump lacks it, --sysroot DIR must "
		       "have the file. That of a DynamicMethod is not shown.",
	.options = options,
	.subject = { .kind = SUBJECT_ADDRESS,
		     .what = "a MethodDesc, or IL with -i,",
		     .word = "MD|IL" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpil_run,
};
