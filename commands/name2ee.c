/* name2ee: types, methods and fields by name. */
#include "commands/command.h"

#include "commands/shared/ee_blocks.h"
#include "heap/metadata/metadata.h"

#include <inttypes.h>
#include <strings.h>

struct search {
	struct ee_blocks blocks;
	struct clr_module *module;
	struct metadata *metadata;
	const char *name;           /* with '+' before nested types */
	const char *owner, *member; /* Type.Member taken apart; NULL: no member */
	bool exact, found;
};

/* The last dot parts a member from its type; before ".ctor" and explicit interface methods' names
 * there are two. */
static struct error *name_split(struct search *search, const char *name)
{
	struct arena *scratch = search->blocks.call->question.scratch;
	char *copy = arena_copy_text(scratch, name, strlen(name));
	char *owner = arena_copy_text(scratch, name, strlen(name));
	if (!copy || !owner)
		return &error_no_memory;
	for (char *at = copy; *at; at++)
		if (*at == '/')
			*at = '+';
	memcpy(owner, copy, strlen(copy));
	search->name = copy;
	char *dot = strrchr(owner, '.');
	if (!dot || dot == owner)
		return NULL;
	if (dot[-1] == '.')
		dot--;
	if (dot == owner || !dot[1])
		return NULL;
	*dot = '\0';
	search->owner = owner;
	search->member = dot + 1;
	return NULL;
}

static bool type_matches(const struct search *search, const char *type, const char *wanted)
{
	return search->exact ? !strcmp(type, wanted) : strcasestr(type, wanted) != NULL;
}

/* Methods and fields that the type itself defines. */
static struct error *members_search(struct search *search, uint32_t row, uint64_t handle)
{
	struct type_def definition;
	struct member member;
	uint32_t owner = token_make(TABLE_TYPE_DEF, row);
	const struct task *task = search->blocks.call->question.task;
	if (!metadata_type_def(search->metadata, row, &definition))
		return NULL;
	for (uint32_t i = 0; i < definition.method_count; i++) {
		TRY(task_check(task, "searching the members of a type"));
		uint32_t method =
			metadata_method_row(search->metadata, definition.first_method + i);
		if (!metadata_method(search->metadata, method, &member) ||
		    strcmp(member.name, search->member))
			continue;
		search->found = true;
		TRY(ee_block_method(&search->blocks, search->module,
				    token_make(TABLE_METHOD_DEF, method)));
	}
	for (uint32_t i = 0; i < definition.field_count && i < LIMIT_FIELDS; i++) {
		TRY(task_check(task, "searching the members of a type"));
		uint32_t field = metadata_field_row(search->metadata, definition.first_field + i);
		if (!metadata_field(search->metadata, field, &member) ||
		    strcmp(member.name, search->member))
			continue;
		search->found = true;
		TRY(ee_block_field(&search->blocks, search->module, token_make(TABLE_FIELD, field),
				   member.name, owner, handle));
	}
	return NULL;
}

static struct error *type_visited(uint32_t row, uint64_t handle, void *context)
{
	struct search *search = context;
	struct command_call *call = search->blocks.call;
	const struct type *type;
	bool known;
	TRY(task_check(call->question.task, "searching the types of a module"));
	struct error *error = type_at(call->question.heap, handle, &type);
	if (error_take_damage(&error)) {
		question_missing(&call->question, 0, "the type %#" PRIx64 " could not be read",
				 handle);
		return NULL;
	}
	TRY(error);
	TRY(type_name_prepare(call->question.heap, type));
	const char *name = type_name(call->question.heap, type, &known);
	if (!known)
		return NULL;
	if (type_matches(search, name, search->name) ||
	    type_matches(search, type_sos_name(call->question.heap, type), search->name)) {
		search->found = true;
		return ee_block_type(&search->blocks, search->module,
				     token_make(TABLE_TYPE_DEF, row), handle);
	}
	if (!search->member ||
	    (!type_matches(search, name, search->owner) &&
	     !type_matches(search, type_sos_name(call->question.heap, type), search->owner)))
		return NULL;
	return members_search(search, row, handle);
}

static struct error *module_search(struct search *search, struct clr_module *module, bool all)
{
	struct command_call *call = search->blocks.call;
	search->module = module;
	search->found = false;
	TRY(clr_module_metadata_or_none(call->question.heap, module, &search->metadata));
	struct error *error = NULL;
	if (search->metadata)
		error = type_definitions_visit(call->question.heap, module, type_visited, search);
	else
		question_missing(&call->question, 0, "the metadata of %s could not be read",
				 clr_module_title(module));
	if (error && error->code == ERROR_FAULT) {
		question_missing(&call->question, 0, "%s", error->message);
		error_free(error);
		error = NULL;
	}
	if (!error && !search->found) {
		if (all)
			search->blocks.missed++;
		else
			ee_block_none(&search->blocks, module, NULL);
	}
	return error;
}

/* MODULE!NAME in one word, or MODULE NAME in two. */
static struct error *words_read(struct command_call *call, const char **ret_module,
				const char **ret_name)
{
	const char *first = arguments_positional(call->arguments, 0);
	const char *bang = first ? strchr(first, '!') : NULL;
	*ret_module = first;
	*ret_name = arguments_positional(call->arguments, 1);
	if (!*ret_name && bang && bang != first) {
		*ret_module =
			arena_copy_text(call->question.scratch, first, (size_t)(bang - first));
		if (!*ret_module)
			return &error_no_memory;
		*ret_name = bang + 1;
	}
	if (!*ret_name || !**ret_name)
		return error_new(ERROR_USAGE, "name2ee needs a module and a name: MODULE NAME, "
					      "MODULE!NAME or *!NAME");
	return NULL;
}

static struct error *name2ee_run(struct command_call *call)
{
	struct clr_modules *modules = call->question.heap->modules;
	struct search search = { .blocks = { .call = call },
				 .exact = arguments_has(call->arguments, "-exact") };
	const char *module, *name;
	struct error *error = NULL;
	bool any = false;
	TRY(words_read(call, &module, &name));
	TRY(name_split(&search, name));
	ee_blocks_begin(&search.blocks);
	for (size_t i = 0; i < modules->count && !error; i++) {
		if (!ee_module_named(call->question.heap, modules->modules[i], module))
			continue;
		any = true;
		error = module_search(&search, modules->modules[i], !strcmp(module, "*"));
	}
	ee_blocks_end(&search.blocks);
	if (!error && !any)
		error = error_new(ERROR_NOT_FOUND,
				  "Failed to find module matching '%s'; "
				  "clrmodules lists them",
				  module);
	return error;
}

static const struct option options[] = {
	{ "-exact", NULL, "only types whose whole name is NAME, letter by letter", NULL },
	{ 0 },
};
static const char *const positionals[] = { "MODULE|*", "NAME", NULL };
static const char *const examples[] = { "name2ee System.Private.CoreLib.dll System.String.Concat",
					"name2ee -exact *!System.String", NULL };
const struct command command_name2ee = {
	.name = "name2ee",
	.summary = "find types, methods (Type.Method) and fields (Type.Field) by name",
	.usage = "name2ee [-exact] MODULE NAME | MODULE!NAME | *!NAME",
	.description =
		"Looks through the types that the process has loaded. Types match whose name "
		"contains NAME in any case, as SOS has it; members by their whole name. Nested "
		"types are written Outer+Inner. Every overload of a method is listed.",
	.options = options,
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = name2ee_run,
};
