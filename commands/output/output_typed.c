#include "commands/output/output_internal.h"

void output_reference_as(struct output *output, uint64_t address, const char *type,
			 const char *shown)
{
	if (output_has_lines(output)) {
		output_text(output, shown);
		return;
	}
	output_object_begin(output, NULL);
	output_member(output, "address");
	output_address(output, address);
	output_member(output, "type");
	output_text(output, type);
	output_object_end(output);
}

void output_reference(struct output *output, uint64_t address, const char *type)
{
	struct text shown = { 0 };
	if (output_has_lines(output)) {
		output_append_hex(&shown, address, 12);
		text_append_char(&shown, ' ');
		text_append(&shown, type);
		output->out_of_memory |= text_failed(&shown);
	}
	output_reference_as(output, address, type, text_string(&shown));
	text_deinit(&shown);
}

void output_enum(struct output *output, const char *type, const char *name, const char *number,
		 bool is_wide)
{
	if (output_has_lines(output)) {
		output_text(output, name ? name : number);
		return;
	}
	output_object_begin(output, NULL);
	output_member(output, "type");
	output_text(output, type);
	output_member(output, "name");
	output_text_or_null(output, name);
	output_member(output, "value");
	output_digits(output, number, is_wide);
	output_object_end(output);
}

void output_struct_begin(struct output *output, const char *type)
{
	output_object_begin(output, NULL);
	if (output_has_lines(output))
		return;
	output_member(output, "type");
	output_text(output, type);
	output_member(output, "fields");
	output_object_begin(output, NULL);
}

void output_struct_end(struct output *output)
{
	output_object_end(output);
	if (!output_has_lines(output))
		output_object_end(output);
}

void output_line_total(struct output *output, const char *before, uint64_t count,
		       const char *between, uint64_t size, const char *after)
{
	struct text line = { 0 };
	text_append(&line, before);
	output_append_decimal(&line, count, true);
	if (between) {
		text_append(&line, between);
		output_append_decimal(&line, size, true);
	}
	text_append(&line, after);
	output->out_of_memory |= text_failed(&line);
	output_line(output, "%s", text_string(&line));
	text_deinit(&line);
}
