/* get: one value by its path. */
#include "commands/command.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/task.h"
#include "commands/shared/render.h"
#include "inspect/path/resolve.h"

/* A path may hold blanks (Pair<System.Int32, System.String>): its words are put together again. */
static struct error *whole_path(struct command_call *call, const char **ret)
{
	*ret = arguments_positional(call->arguments, 0);
	if (!*ret)
		return error_new(ERROR_USAGE, "a path is missing: get Type.Member, or get ADDRESS");
	for (size_t i = 1; i < arguments_count(call->arguments); i++) {
		*ret = arena_printf(call->question.scratch, "%s %s", *ret,
				    arguments_positional(call->arguments, i));
		if (!*ret)
			return &error_no_memory;
	}
	return NULL;
}

/* A field was read in place of a getter: a reader of stderr learns it, too. */
static struct error *note_via(struct command_call *call, const char *via)
{
	const char *note =
		arena_printf(call->question.scratch, "%s (the getter itself was not run)", via);
	if (!note)
		return &error_no_memory;
	task_note(call->question.task, note);
	return NULL;
}

static struct error *get_show(struct command_call *call, const struct get *get)
{
	static const struct column columns[] = {
		{ "path", NULL, CELL_TEXT, 0 },
		{ "type", NULL, CELL_TEXT, 0 },
		{ "value", "", CELL_VALUE, 0 },
		{ "via", NULL, CELL_TEXT, 0 },
	};
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_text(call->out, get->path.text);
	output_text(call->out, get_type_name(get));
	if (get->units)
		output_utf16(call->out, get->units, get->unit_count, get->unit_count, false);
	else
		TRY(render_value(call, &get->value, LIMIT_SHOWN_STRUCTS));
	if (get->via)
		output_text(call->out, get->via);
	else
		output_skip(call->out);
	output_record_end(call->out);
	if (get->via)
		TRY(note_via(call, get->via));
	return NULL;
}

static struct error *get_run(struct command_call *call)
{
	const struct clr_thread *thread = NULL;
	uint64_t managed_id = 0;
	const char *path;
	struct get get;
	TRY(whole_path(call, &path));
	TRY(arguments_number(call->arguments, "-thread", &managed_id));
	if (arguments_has(call->arguments, "-thread"))
		TRY(get_thread(call->question.heap, managed_id, &thread));
	TRY(get_resolve(&call->question, path, thread, &get));
	return get_show(call, &get);
}

static const struct option options[] = {
	{ "-thread", "MANAGED_ID", "whose value of a [ThreadStatic] (ID of clrthreads)", NULL },
	{ 0 },
};
static const char *const positionals[] = { "PATH", "…", "…", "…", "…", "…", "…", "…", NULL };
static const char *const examples[] = {
	"get Demo.Payments.Gateway.Instance.Policies[\"payments\"].EnableFallback",
	"get Gateway.Instance.Policies.Count",
	"get Gateway.Instance._history[0].Headers[0]",
	"get Demo.Shapes.G<System.Int32>.Items[0]",
	"get Arrays.Matrix[1,2]",
	NULL,
};

const struct command command_get = {
	.name = "get",
	.summary = "show one value by its path",
	.usage = "get [-thread MANAGED_ID] TYPE.STATIC|ADDRESS[.MEMBER|[INDEX]]…", /* words are put
										      together to
										      one path */
	.description =
		"The root is a static of a type (by its name, with as much of its namespace as is needed; nested Outer+Inner, generic List<System.Int32> or List<int>) or the address of an object or, for a static, of a MethodTable. Then fields, private and inherited ones too, and properties: their backing field, or what their getter returns if that is a field.\n"
		"Indexes: [3], [^1] from the end, [1,2] of arrays; [\"key\"], [7], [Mode.Strict], ['x'] or a Guid of dictionaries; a place in lists, sets and queues. Count and Length of collections, arrays and strings.\n"
		"A property that code computes is not guessed: get names the fields it reads. Of a dump without the program's code (a heap dump), a readonly field that holds an object and has the property's type and name is taken for what it returns, and the answer counts as incomplete (status 5).",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = get_run,
};
