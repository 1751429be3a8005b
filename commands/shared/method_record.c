#include "commands/shared/method_record.h"

#include "base/list.h"
#include "heap/types/type.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "ip", NULL, CELL_ADDRESS, 0 },
	{ "method_desc", NULL, CELL_ADDRESS, 0 },
	{ NULL, "MethodDesc:   ", CELL_ADDRESS_WIDE, 0 },
	{ "method", NULL, CELL_VALUE, 0 },
	{ NULL, "Method Name:          ", CELL_TEXT, 0 },
	{ "class", "Class:                ", CELL_ADDRESS_WIDE, 0 },
	{ "mt", "MethodTable:          ", CELL_ADDRESS_WIDE, 0 },
	{ "token", NULL, CELL_TOKEN, 0 },
	{ NULL, "mdToken:              ", CELL_POINTER, 0 },
	{ "module", "Module:               ", CELL_ADDRESS_WIDE, 0 },
	{ "is_jitted", NULL, CELL_VALUE, 0 },
	{ NULL, "IsJitted:             ", CELL_TEXT, 0 },
	{ "current_code_addr", NULL, CELL_ADDRESS, 0 },
	{ NULL, "Current CodeAddr:     ", CELL_ADDRESS_WIDE, 0 },
	{ "il_addr", NULL, CELL_ADDRESS, 0 },
	{ "versions", NULL, CELL_VALUE, 0 },
};

static void name_cells(struct output *out, const struct method_view *view)
{
	output_text_or_null(out, view->name);
	output_text(out, view->name ? view->name : "UNKNOWN");
}

static void version_rows(struct output *out, const struct method_view *view)
{
	static const struct column version_columns[] = {
		{ "code_addr", NULL, CELL_ADDRESS, 0 },
		{ "native_code_version", NULL, CELL_ADDRESS, 0 },
		{ "tier", NULL, CELL_VALUE, 0 },
		{ "jit", NULL, CELL_TEXT, 0 },
		{ "is_active", NULL, CELL_VALUE, 0 },
	};
	output_table_begin(out, NULL, version_columns, COUNT_OF(version_columns), false);
	for (size_t i = view->version_count; i-- > 0;) {
		const struct code_version *version = &view->versions[i];
		output_row_begin(out);
		output_address(out, version->code);
		output_address(out, version->node);
		output_text_or_null(out, version->tier);
		output_text(out, method_state_name(version->state));
		output_bool(out, version->is_active);
		output_row_end(out);
	}
	output_table_end(out);
}

static void version_lines(struct output *out, const struct method_view *view)
{
	output_line(out, "Version History:");
	if (!view->versions) {
		output_line(out, "  <not in the dump>");
		return;
	}
	output_line(out, "  ILCodeVersion:      %016" PRIX64, (uint64_t)0);
	output_line(out, "  ReJIT ID:           0");
	output_line(out, "  IL Addr:            %016" PRIx64, view->il);
	for (size_t i = view->version_count; i-- > 0;) {
		const struct code_version *version = &view->versions[i];
		output_line(out, "     CodeAddr:           %016" PRIx64 "  (%s)", version->code,
			    version->tier ? version->tier : "not tiered");
		output_line(out, "     NativeCodeVersion:  %016" PRIX64, version->node);
	}
}

void method_record_print(struct command_call *call, const struct method_view *view, uint64_t ip)
{
	struct output *out = call->out;
	const struct method *method = &view->method;
	const struct type *owner = method->owner;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	if (ip)
		output_address(out, ip);
	else
		output_skip(out);
	output_address(out, method->address);
	if (ip)
		output_address(out, method->address);
	else
		output_skip(out);
	name_cells(out, view);
	output_address(out, type_shown_class(call->question.heap, owner));
	output_address(out, owner->handle);
	uint32_t token = method->token ? method->token : token_make(TABLE_METHOD_DEF, 0);
	output_unsigned(out, token);
	output_address(out, token);
	output_address(out, owner->module ? owner->module->address : 0);
	if (view->versions) {
		output_bool(out, view->code != 0);
		output_text(out, view->code ? "yes" : "no");
		output_address(out, view->code);
		/* As SOS has it: all ones where there is none. */
		output_address(out, view->code ? view->code : UINT64_MAX);
	} else {
		output_null(out);
		output_text(out, "<not in the dump>");
		output_skip(out);
		output_skip(out);
	}
	output_address(out, view->il);
	version_rows(out, view);
	output_record_end(out);
	version_lines(out, view);
}
