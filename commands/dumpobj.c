/* dumpobj: one object and its fields. */
#include "commands/command.h"

#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/field_table.h"
#include "commands/shared/object_expand.h"
#include "commands/shared/object_header.h"
#include "commands/shared/object_references.h"
#include "heap/clr_threads.h"

static void print_free(struct command_call *call, const struct object_view *view)
{
	static const struct column columns[] = {
		{ "address", NULL, CELL_ADDRESS_WIDE, 0 },
		{ "type", NULL, CELL_TEXT, 0 },
		{ "mt", NULL, CELL_ADDRESS_WIDE, 0 },
		{ "size", "Size:        ", CELL_BYTES_SOS, 0 },
	};
	output_line(call->out, "Free Object");
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_address(call->out, view->object.address);
	output_text(call->out, "Free");
	output_address(call->out, view->object.method_table);
	output_unsigned(call->out, view->object.size);
	output_record_end(call->out);
}

/* SOS's last line, when the object's header says that a thread holds its monitor. */
static struct error *print_thin_lock(struct command_call *call, uint64_t address)
{
	static const struct column columns[] = {
		{ "managed_id", IN_WORDS, CELL_HEX, 0 },
		{ "thread", IN_WORDS, CELL_POINTER, 0 },
		{ "recursion", IN_WORDS, CELL_HEX, 0 },
	};
	struct thin_lock lock;
	bool is_held;
	TRY(object_thin_lock(&call->question, address, &lock, &is_held));
	if (!is_held)
		return NULL;
	output_record_begin(call->out, "thin_lock", columns, COUNT_OF(columns));
	output_unsigned(call->out, lock.thread_id);
	output_address(call->out, lock.thread ? lock.thread->address : 0);
	output_unsigned(call->out, lock.recursion);
	output_sentence(call->out, "ThinLock owner {managed_id} ({thread}), Recursive {recursion}");
	output_record_end(call->out);
	return NULL;
}

static struct error *dumpobj_run(struct command_call *call)
{
	uint64_t address = call->subject.address, levels = 0;
	struct object_view view;
	TRY(arguments_number(call->arguments, "-expand", &levels));
	if (levels > LIMIT_EXPAND_DEPTH)
		return error_new(ERROR_USAGE, "-expand takes at most %d levels",
				 LIMIT_EXPAND_DEPTH);
	TRY(object_view_read(&call->question, address, &view));
	if (view.object.is_free) {
		print_free(call, &view);
		return NULL;
	}
	TRY(object_header_print(call, &view, false));
	if (!arguments_has(call->arguments, "-nofields")) {
		struct field_table table = { .type = view.type,
					     .base = object_fields(address),
					     .is_object = true };
		TRY(field_table_print(call, &table));
	}
	TRY(print_thin_lock(call, address));
	if (arguments_has(call->arguments, "-refs"))
		TRY(object_references_print(call, &view));
	if (levels)
		return object_expand_print(call, address, levels);
	return NULL;
}

static const char *const aliases[] = { "do", NULL };
static const struct option options[] = {
	{ "-expand", "LEVELS", "also show the objects it leads to, LEVELS deep", NULL },
	{ "-nofields", NULL, "only the header", NULL },
	{ "-refs", NULL, "also the references inside it, as the GC follows them", NULL },
	{ 0 },
};
static const char *const examples[] = { "do 7f68dd012fd8", "dumpobj -expand 2 7f68dd012fd8", NULL };
const struct command command_dumpobj = {
	.name = "dumpobj",
	.aliases = aliases,
	.summary = "show an object: its type, size and fields, statics included",
	.description =
		"The Value column is SOS's: a reference or a struct shows an address, to be followed with dumpobj or, with the MT of the same row, dumpvc. Statics follow the instance fields; thread statics have a table of their own with a row for each thread that has a value.",
	.options = options,
	.subject = { .kind = SUBJECT_OBJECT },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpobj_run,
};
