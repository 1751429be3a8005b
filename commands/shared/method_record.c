#include "commands/shared/method_record.h"

#include "base/list.h"
#include "heap/types/type.h"

/* ip2md's first lines; dumpmd has the second alone, in JSON. */
static const struct column ip_columns[] = {
	{ "ip", NULL, CELL_ADDRESS, 0 },
	{ "method_desc", "MethodDesc:   ", CELL_ADDRESS_WIDE, 0 },
};
static const struct column address_columns[] = { { "method_desc", NULL, CELL_ADDRESS, 0 } };

static const struct column columns[] = {
	{ "method", "Method Name:          ", CELL_TEXT, 0 },
	{ "class", "Class:                ", CELL_ADDRESS_WIDE, 0 },
	{ "mt", "MethodTable:          ", CELL_ADDRESS_WIDE, 0 },
	{ "token", "mdToken:              ", CELL_TOKEN_POINTER, 0 },
	{ "module", "Module:               ", CELL_ADDRESS_WIDE, 0 },
	{ "is_jitted", "IsJitted:             ", CELL_VALUE, 0 },
	{ "current_code_addr", "Current CodeAddr:     ", CELL_ADDRESS_WIDE, 0 },
	{ "il_addr", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "versions", "", CELL_VALUE, 0 },
};

static const struct column version_columns[] = {
	{ "code_addr", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "native_code_version", IN_WORDS, CELL_POINTER, 0 },
	{ "tier", IN_WORDS, CELL_TEXT, 0 },
	{ "jit", NULL, CELL_TEXT, 0 },
	{ "is_active", NULL, CELL_VALUE, 0 },
};

static void address_print(struct output *out, const struct method *method, uint64_t ip)
{
	if (ip) {
		output_record_begin(out, NULL, ip_columns, COUNT_OF(ip_columns));
		output_address(out, ip);
	} else {
		output_record_begin(out, NULL, address_columns, COUNT_OF(address_columns));
	}
	output_address(out, method->address);
	output_record_end(out);
}

static void code_cells(struct command_call *call, const struct method_view *view)
{
	struct output *out = call->out;
	if (view->versions) {
		output_bool_as(out, view->code != 0, view->code ? "yes" : "no");
		/* As SOS has it: all ones where there is none. */
		output_address_as(out, view->code, view->code ? NULL : "ffffffffffffffff");
		return;
	}
	char missing[32];
	snprintf(missing, sizeof(missing), "<not in the %s>", target_noun(call->question.target));
	output_nothing(out, missing);
	output_skip(out);
}

/* The first version of the IL is the only one that is shown: ReJIT makes others. */
static void versions_head(struct command_call *call, const struct method_view *view)
{
	struct output *out = call->out;
	output_line(out, "Version History:");
	if (view->versions)
		output_sentence(out, "  ILCodeVersion:      0000000000000000\n"
				     "  ReJIT ID:           0\n"
				     "  IL Addr:            {il_addr}");
	else
		output_line(out, "  <not in the %s>", target_noun(call->question.target));
}

static void version_rows(struct output *out, const struct method_view *view)
{
	output_table_begin(out, NULL, version_columns, COUNT_OF(version_columns), false);
	for (size_t i = view->version_count; i-- > 0;) {
		const struct code_version *version = &view->versions[i];
		output_row_begin(out);
		output_address(out, version->code);
		output_address(out, version->node);
		output_text_or(out, version->tier, "not tiered");
		output_text(out, method_state_name(version->state));
		output_bool(out, version->is_active);
		output_sentence(out, "     CodeAddr:           {code_addr}  ({tier})\n"
				     "     NativeCodeVersion:  {native_code_version}");
		output_row_end(out);
	}
	output_table_end(out);
}

void method_record_print(struct command_call *call, const struct method_view *view, uint64_t ip)
{
	struct output *out = call->out;
	const struct method *method = &view->method;
	const struct type *owner = method->owner;
	address_print(out, method, ip);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text_or(out, view->name, "UNKNOWN");
	output_address(out, type_shown_class(call->question.heap, owner));
	output_address(out, owner->handle);
	output_unsigned(out, method->token ? method->token : token_make(TABLE_METHOD_DEF, 0));
	output_address(out, owner->module ? owner->module->address : 0);
	code_cells(call, view);
	output_address(out, view->il);
	versions_head(call, view);
	version_rows(out, view);
	output_record_end(out);
}
