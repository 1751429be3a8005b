/* dumpmodule: a Module, and the types in it. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/type.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "name", "Name: ", CELL_TEXT, 0 },
	{ "attributes", "Attributes:              ", CELL_TEXT, 0 },
	{ "assembly", "Assembly:                ", CELL_ADDRESS_WIDE, 0 },
	{ "base_address", "BaseAddress:             ", CELL_POINTER, 0 },
	{ "loader_heap", "LoaderHeap:              ", CELL_POINTER, 0 },
	{ "type_def_to_method_table_map", "TypeDefToMethodTableMap: ", CELL_POINTER, 0 },
	{ "type_ref_to_method_table_map", "TypeRefToMethodTableMap: ", CELL_POINTER, 0 },
	{ "method_def_to_desc_map", "MethodDefToDescMap:      ", CELL_POINTER, 0 },
	{ "field_def_to_desc_map", "FieldDefToDescMap:       ", CELL_POINTER, 0 },
	{ "member_ref_to_desc_map", "MemberRefToDescMap:      ", CELL_POINTER, 0 },
	{ NULL, "FileReferencesMap:       ", CELL_POINTER, 0 },
	{ "assembly_references_map", "AssemblyReferencesMap:   ", CELL_POINTER, 0 },
	{ "module", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "is_dynamic", NULL, CELL_VALUE, 0 },
	{ "is_collectible", NULL, CELL_VALUE, 0 },
};

static const struct column metadata_columns[] = {
	{ "metadata_address", IN_WORDS, CELL_POINTER, 0 },
	{ "metadata_size", IN_WORDS, CELL_INTEGER, 0 },
};

static const struct column type_columns[] = {
	{ "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "token", IN_WORDS, CELL_TOKEN, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
};

struct types {
	struct command_call *call;
	struct clr_module *module;
	enum metadata_table table;
};

static struct error *attributes_print(struct command_call *call, const struct clr_module *module,
				      const struct clr_module_parts *parts)
{
	bool in_memory = !*module->path;
	const char *text =
		arena_printf(call->question.scratch, "%s%s%s%s%s",
			     module->is_dynamic ? "Reflection " : "PEFile ",
			     parts->is_edit_and_continue ? "EditAndContinue " : "",
			     module->is_dynamic ? "IsDynamic " : "", in_memory ? "IsInMemory " : "",
			     module->image_base && !module->image_mapped ? "IsFileLayout " : "");
	if (!text)
		return &error_no_memory;
	output_text(call->out, text);
	return NULL;
}

static struct error *record_print(struct command_call *call, struct clr_module *module,
				  const struct clr_module_parts *parts)
{
	struct output *out = call->out;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text(out, *module->path ? module->path : "Unknown Module");
	TRY(attributes_print(call, module, parts));
	output_address(out, module->assembly);
	output_address(out, module->image_base);
	output_address(out, parts->loader_allocator);
	output_address(out, parts->type_def_map);
	output_address(out, parts->type_ref_map);
	output_address(out, parts->method_def_map);
	output_address(out, parts->field_def_map);
	output_address(out, parts->member_ref_map);
	output_address(out, 0); /* .NET Core has no modules of several files */
	output_address(out, parts->references_map);
	output_address(out, module->address);
	output_bool(out, module->is_dynamic);
	output_bool(out, module->is_collectible);
	output_record_end(out);
	if (!parts->metadata_address) {
		call->question.heap->met_unnamed |= module->image_base != 0;
		return NULL;
	}
	output_record_begin(out, NULL, metadata_columns, COUNT_OF(metadata_columns));
	output_address(out, parts->metadata_address);
	output_unsigned(out, parts->metadata_size);
	output_sentence(out, "MetaData start address:  {metadata_address} ({metadata_size} bytes)");
	output_record_end(out);
	return NULL;
}

static struct error *type_visited(uint32_t row, uint64_t handle, void *context)
{
	struct types *types = context;
	struct command_call *call = types->call;
	const struct type *type;
	struct error *error = type_at(call->question.heap, handle, &type);
	uint32_t token = token_make(types->table, row);
	if (error_take_damage(&error)) {
		question_missing(&call->question, 0, "the type %#" PRIx64 " could not be read",
				 handle);
		return NULL;
	}
	TRY(error);
	TRY(type_name_prepare(call->question.heap, type));
	output_row_begin(call->out);
	output_address(call->out, handle);
	output_unsigned(call->out, token);
	output_text(call->out, type_sos_name(call->question.heap, type));
	output_sentence(call->out, "{mt} 0x{token} {type}");
	output_row_end(call->out);
	return task_check(call->question.task, "the types of a module");
}

static const char rule[] =
	"------------------------------------------------------------------------------";

static struct error *types_print(struct command_call *call, struct clr_module *module, bool own)
{
	struct output *out = call->out;
	struct types types = { call, module, own ? TABLE_TYPE_DEF : TABLE_TYPE_REF };
	output_line(out, "%s", "");
	output_line(out, "Types %s in this module", own ? "defined" : "referenced");
	output_line(out, "%s", "");
	output_line(out, own ? "%16s %16s %s" : "%16s   %16s %s", "MT", own ? "TypeDef" : "TypeRef",
		    "Name");
	output_line(out, "%s", rule);
	output_table_begin(out, own ? "types_defined" : "types_referenced", type_columns,
			   COUNT_OF(type_columns), false);
	struct error *error =
		own ? type_definitions_visit(call->question.heap, module, type_visited, &types)
		    : type_references_visit(call->question.heap, module, type_visited, &types);
	output_table_end(out);
	if (error && error->code == ERROR_FAULT) {
		question_missing(&call->question, 0, "%s", error->message);
		error_free(error);
		error = NULL;
	}
	return error;
}

static struct error *dumpmodule_run(struct command_call *call)
{
	struct clr_module *module;
	struct clr_module_parts parts;
	TRY(clr_module_at(call->question.heap, call->subject.address, &module));
	TRY(clr_module_parts(call->question.heap, module, &parts));
	TRY(record_print(call, module, &parts));
	if (!arguments_has(call->arguments, "-mt"))
		return NULL;
	TRY(types_print(call, module, true));
	return types_print(call, module, false);
}

static const struct option options[] = {
	{ "-mt", NULL, "the types too that are defined, and referenced, in the module", NULL },
	{ 0 },
};
static const char *const examples[] = { "dumpmodule 7f74b687c010", "dumpmodule -mt 7f74b687c010",
					NULL };
const struct command command_dumpmodule = {
	.name = "dumpmodule",
	.summary = "show a module: its file, maps and metadata; with -mt its types",
	.description = "Of the types those are listed that the process has loaded.",
	.options = options,
	.subject = { .kind = SUBJECT_ADDRESS, .what = "a module", .word = "MODULE" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpmodule_run,
};
