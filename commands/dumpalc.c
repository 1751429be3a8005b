/* dumpalc: the AssemblyLoadContext that an object's type was loaded by. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/shared/field_table.h"
#include "commands/shared/object_header.h"
#include "heap/types/clr_module.h"
#include "inspect/type_view.h"

#include <inttypes.h>

static const char default_name[] = "System.Runtime.Loader.DefaultAssemblyLoadContext";

static const struct column columns[] = {
	{ "name", NULL, CELL_TEXT, 0 },
	{ "is_default", NULL, CELL_VALUE, 0 },
	{ "load_context", IN_WORDS, CELL_VALUE, 0 },
	{ "object", NULL, CELL_ADDRESS_WIDE, 0 },
};

static void head_print(struct command_call *call, uint64_t object, const struct type *type,
		       uint64_t context, const char *name)
{
	struct output *out = call->out;
	bool is_default =
		!type || !strcmp(type_name(call->question.heap, type, NULL), default_name);
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text_or_null(out, name);
	output_bool(out, is_default);
	if (type)
		output_reference(out, context, type_name(call->question.heap, type, NULL));
	else
		output_nothing(out, default_name);
	output_address(out, object);
	if (!type)
		output_sentence(out, "Name:        {load_context}\n"
				     "The managed instance of this context doesn't exist yet");
	output_record_end(out);
}

static struct error *dumpalc_run(struct command_call *call)
{
	struct object_view view, context_view;
	uint64_t object = call->subject.address, context = 0;
	const char *name;
	TRY(object_view_read(&call->question, object, &view));
	if (!view.type->module)
		return error_new(ERROR_UNSUPPORTED,
				 "the module of %#" PRIx64 "'s type is not known", object);
	TRY(clr_module_load_context(call->question.heap, view.type->module, &context));
	if (!context) {
		head_print(call, object, NULL, 0, NULL);
		return NULL;
	}
	TRY(object_view_read(&call->question, context, &context_view));
	TRY(load_context_name(&call->question, context, &name));
	head_print(call, object, context_view.type, context, name);
	struct field_table table = { .type = context_view.type,
				     .base = object_fields(context),
				     .is_object = true };
	TRY(object_header_print(call, &context_view, false));
	return field_table_print(call, &table);
}

static const char *const examples[] = { "dumpalc 7f68dd015200", NULL };
const struct command command_dumpalc = {
	.name = "dumpalc",
	.summary = "show the AssemblyLoadContext that an object's type was loaded by",
	.description =
		"The context is shown as dumpobj shows it. The default one has an object only once somebody has asked for it.",
	.subject = { .kind = SUBJECT_OBJECT },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpalc_run,
};
