/* The root of a get path: an object by its address, or a static of a type by its name. */
#include "inspect/path/steps.h"

#include "base/cleanup.h"
#include "heap/gc/object_walk.h"
#include "inspect/near_names.h"

enum { CANDIDATES_NAMED = 10, NEAR_EDITS = 2 };

static struct error *root_object(struct get *get)
{
	struct gc_object object;
	TRY(object_read(get->heap, get->path.address, &object));
	if (object.is_free)
		return error_new(ERROR_NOT_FOUND, "%012llx is free space, no object",
				 (unsigned long long)get->path.address);
	return value_of_object(get->heap, get->path.address, &get->value);
}

/* The names at the path's beginning. */
static size_t leading_names(const struct path *path)
{
	size_t count = 0;
	while (count < path->step_count && path->steps[count].name)
		count++;
	return count;
}

/* The first `count` names as a type's, the last `nested` of them after a '+'. */
static const char *type_text(struct get *get, size_t count, size_t nested)
{
	const char *text = get->path.steps[0].name;
	for (size_t i = 1; text && i < count; i++)
		text = arena_printf(get->question->scratch, "%s%s%s", text,
				    i + nested >= count ? "+" : ".", get->path.steps[i].name);
	return text;
}

/* What the prefixes tried so far have come to. */
struct search {
	const struct type *type; /* the one whose member was found */
	struct member_found member;
	size_t names; /* of the path, that are the type's; the member's is the next one */
	const struct type *nearest; /* a type that was found but has no such member */
	size_t nearest_names;
	const char *unloaded; /* a type that the program defines and has not loaded */
};

/* The definition itself, List<T>, and code shared by all List<reference> have no statics. */
static bool may_have_statics(struct heap *heap, const struct type *type)
{
	for (uint32_t i = 0; i < type->argument_count; i++) {
		const struct type *argument;
		struct error *error = type_at(heap, type->arguments[i], &argument);
		bool is_variable = error || argument->kind == TYPE_VARIABLE;
		error_free(error);
		if (is_variable)
			return false;
	}
	return !type->is_shared;
}

/* Types of one name, as of an assembly loaded twice: only their MethodTables distinguish them. */
static struct error *ambiguous_twins(struct get *get, const char *name, const struct type **types,
				     size_t count)
{
	CLEANUP(text_deinit) struct text list = { 0 };
	const char *behind = get->path.text + strlen(name);
	for (size_t i = 0; i < count && i < CANDIDATES_NAMED; i++)
		text_printf(&list, "%s%012llx", i ? ", " : "",
			    (unsigned long long)types[i]->handle);
	if (text_failed(&list))
		return &error_no_memory;
	return error_new(ERROR_USAGE,
			 "%s may be %zu types of the same name, loaded more than once: name one by "
			 "its MethodTable, which are %s%s: get %012llx%s",
			 name, count, text_string(&list), count > CANDIDATES_NAMED ? ", …" : "",
			 (unsigned long long)types[0]->handle, *behind == '.' ? behind : ".…");
}

static struct error *ambiguous(struct get *get, const char *name, const struct type **types,
			       size_t count)
{
	CLEANUP(text_deinit) struct text list = { 0 };
	bool twins = false;
	for (size_t i = 0; i < count && i < CANDIDATES_NAMED; i++) {
		text_printf(&list, "%s%s", i ? ", " : "", type_name(get->heap, types[i], NULL));
		const char *assembly =
			types[i]->module ? clr_module_assembly_name(get->heap, types[i]->module)
					 : NULL;
		if (assembly)
			text_printf(&list, " (%s)", assembly);
		twins |= i && !strcmp(type_name(get->heap, types[i], NULL),
				      type_name(get->heap, types[0], NULL));
	}
	if (twins)
		return ambiguous_twins(get, name, types, count);
	if (text_failed(&list))
		return &error_no_memory;
	return error_new(ERROR_USAGE, "%s may be %zu types: name one in full: %s%s", name, count,
			 text_string(&list), count > CANDIDATES_NAMED ? ", …" : "");
}

/* A type of these names that has the next name as a static. */
static struct error *try_names(struct get *get, size_t count, size_t nested, struct search *search)
{
	const char *name = type_text(get, count, nested), *member = get->path.steps[count].name;
	const struct type **types;
	size_t found, unloaded, kept = 0;
	if (!name)
		return &error_no_memory;
	TRY(type_find(get->heap, name, get->question->scratch, &types, &found, &unloaded));
	if (unloaded && !found && !search->unloaded)
		search->unloaded = name;
	for (size_t i = 0; i < found; i++) {
		struct member_found here;
		if (!may_have_statics(get->heap, types[i]))
			continue;
		if (!search->nearest) {
			search->nearest = types[i];
			search->nearest_names = count;
		}
		TRY(member_find(get->heap, types[i], member, true, &here));
		if (here.kind == MEMBER_NONE)
			continue;
		types[kept++] = types[i];
		search->type = types[i];
		search->member = here;
		search->names = count;
	}
	if (kept > 1)
		return ambiguous(get, name, types, kept);
	return NULL;
}

static struct error *search_statics(struct get *get, size_t names, struct search *search)
{
	for (size_t nested = 0; nested < names && !search->type; nested++)
		for (size_t count = names - 1; count > nested && !search->type; count--)
			TRY(try_names(get, count, nested, search));
	return NULL;
}

/* The least edits between a type's name and one of the path's that may be a type. Names of other
 * lengths are not copied: a module can claim that each of its types has one of 64 KiB. */
static struct error *least_edits(const struct get *get, size_t names, const char *plain,
				 size_t length, unsigned *ret)
{
	CLEANUP(text_deinit) struct text its = { 0 };
	CLEANUP(text_deinit) struct text wanted = { 0 };
	*ret = NEAR_EDITS + 1;
	for (size_t i = 0; i + 1 < names || i == 0; i++) {
		const char *name = get->path.steps[i].name;
		size_t other = strcspn(name, "<");
		if (length > other + NEAR_EDITS || other > length + NEAR_EDITS)
			continue;
		text_clear(&its);
		text_clear(&wanted);
		text_append_bytes(&its, plain, length);
		text_append_bytes(&wanted, name, other);
		if (text_failed(&its) || text_failed(&wanted))
			return &error_no_memory;
		unsigned edits = near_names_edits(text_string(&wanted), text_string(&its));
		*ret = edits < *ret && edits < length / 2 ? edits : *ret;
	}
	return NULL;
}

static struct error *offer_near_types(struct get *get, struct clr_module *module, size_t names,
				      struct near_names *near, size_t *unreadable)
{
	CLEANUP(text_deinit) struct text full = { 0 };
	struct metadata *metadata;
	struct error *error = clr_module_metadata(get->heap, module, &metadata);
	if (error_is_fatal(error))
		return error;
	if (error && !module->is_dynamic)
		++*unreadable;
	bool is_read = !error;
	error_free(error);
	for (uint32_t row = 1; is_read && row <= metadata_rows(metadata, TABLE_TYPE_DEF); row++) {
		struct type_def definition;
		TRY(task_check(get->question->task, "looking for near types"));
		const char *plain = metadata_type_def_name(metadata, row);
		size_t length = plain ? strcspn(plain, "`") : 0;
		unsigned edits;
		if (!plain || plain[0] == '<')
			continue;
		TRY(least_edits(get, names, plain, length, &edits));
		if (edits > NEAR_EDITS || !metadata_type_def(metadata, row, &definition))
			continue;
		text_clear(&full);
		text_printf(&full, "%s%s%.*s", definition.name_space,
			    *definition.name_space ? "." : "", (int)length, plain);
		if (text_failed(&full))
			return &error_no_memory;
		TRY(near_names_offer(near, text_string(&full)));
	}
	return NULL;
}

static struct error *no_such_type(struct get *get, size_t names, bool is_static)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(get->question->scratch);
	CLEANUP(text_deinit) struct text text = { 0 };
	const char *name = type_text(get, names > 1 ? names - 1 : 1, 0);
	struct near_names near = { .limit = NEAR_NAMES_MAX, .arena = &arena, .wanted = name };
	size_t unreadable = 0;
	if (!name)
		return &error_no_memory;
	for (size_t i = 0; i < get->heap->modules->count; i++)
		TRY(offer_near_types(get, get->heap->modules->modules[i], names, &near,
				     &unreadable));
	text_printf(&text, "there is no type %s%s in this process", name,
		    is_static && names > 2 ? " (or the first of its names)" : "");
	if (unreadable)
		text_printf(&text,
			    ", as far as one can tell: of %zu of its %zu modules the names are "
			    "not in the %s (%s)",
			    unreadable, get->heap->modules->count,
			    target_noun(get->question->target),
			    module_files_sysroot(get->heap->files)
				    ? "nor are their files below --sysroot"
				    : "--sysroot DIR with their files gives them");
	if (near.count)
		text_append(&text, "; near to it are ");
	near_names_list(&near, "", &text);
	if (text_failed(&text))
		return &error_no_memory;
	return error_new(ERROR_NOT_FOUND, "%s", text_string(&text));
}

static struct error *no_such_static(struct get *get, const struct search *search)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	const char *member = get->path.steps[search->nearest_names].name;
	const char *type = type_name(get->heap, search->nearest, NULL);
	struct member_found instance;
	TRY(member_find(get->heap, search->nearest, member, false, &instance));
	if (instance.kind != MEMBER_NONE)
		return error_new(ERROR_NOT_FOUND,
				 "%s of %s belongs to each instance: dumpheap -type %s -exact "
				 "lists them, then get ADDRESS.%s",
				 member, type, type, member);
	text_printf(&text, "%s has no static member %s:", type, member);
	TRY(member_list(get->heap, search->nearest, member, true, FIELDS_AND_PROPERTIES, &text));
	if (text_failed(&text))
		return &error_no_memory;
	return error_new(ERROR_NOT_FOUND, "%s", text_string(&text));
}

/* A name alone: if it is a type, what there is to ask it for. */
static struct error *only_a_type(struct get *get, size_t names)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	const struct type **types;
	size_t found, unloaded;
	const char *name = type_text(get, names, 0);
	if (!name)
		return &error_no_memory;
	TRY(type_find(get->heap, name, get->question->scratch, &types, &found, &unloaded));
	if (!found)
		return no_such_type(get, names, true);
	text_printf(&text, "%s is a type: name one of its static members;",
		    type_name(get->heap, types[0], NULL));
	TRY(member_list(get->heap, types[0], "", true, FIELDS_AND_PROPERTIES, &text));
	if (text_failed(&text))
		return &error_no_memory;
	return error_new(ERROR_USAGE, "%s", text_string(&text));
}

static struct error *fail(struct get *get, const struct search *search, size_t names)
{
	if (names > 1 && names == get->path.step_count) {
		const struct type **types;
		size_t found, unloaded;
		TRY(type_find(get->heap, type_text(get, names, 0), get->question->scratch, &types,
			      &found, &unloaded));
		if (found)
			return only_a_type(get, names);
	}
	if (search->nearest)
		return no_such_static(get, search);
	if (search->unloaded)
		return error_new(ERROR_NOT_FOUND,
				 "%s is defined in the program, but this process has not loaded "
				 "it: it has no statics yet",
				 search->unloaded);
	return no_such_type(get, names, true);
}

static struct error *read_static(struct get *get, const struct search *search)
{
	const char *name = get->path.steps[search->names].name;
	get->value.type = search->type;
	get->steps_done = search->names;
	switch (search->member.kind) {
	case MEMBER_FIELD:
		get->steps_done++;
		return get_static_field(get, search->member.field, get_so_far(get));
	case MEMBER_CONSTANT:
		get->steps_done++;
		return get_constant(get, search->member.type, search->member.row);
	default:
		TRY(get_getter(get, &search->member, name, true));
		get->steps_done++;
		return NULL;
	}
}

/* An object, or a static of the type whose MethodTable it is. */
static struct error *root_address(struct get *get)
{
	struct search search = { 0 };
	struct target *target = get->heap->target;
	uint64_t lacks = target->lacks;
	struct error *error = root_object(get);
	if (!error || error_is_fatal(error) || !get->path.step_count || !get->path.steps[0].name)
		return error;
	struct error *no_type = type_at(get->heap, get->path.address, &search.type);
	if (error_is_fatal(no_type)) {
		error_free(error);
		return no_type;
	}
	if (no_type) {
		error_free(no_type);
		return error;
	}
	error_free(error);
	target->lacks = lacks; /* no object was asked for */
	search.nearest = search.type;
	TRY(member_find(get->heap, search.type, get->path.steps[0].name, true, &search.member));
	return search.member.kind == MEMBER_NONE ? no_such_static(get, &search)
						 : read_static(get, &search);
}

struct error *get_no_such_type(const struct question *question, const char *name)
{
	struct get get = { .question = question, .heap = question->heap };
	TRY(path_parse(name, question->scratch, &get.path));
	size_t names = leading_names(&get.path);
	if (!names)
		return error_new(ERROR_NOT_FOUND, "there is no type %s in this process", name);
	return no_such_type(&get, names + 1, false);
}

struct error *get_root(struct get *get)
{
	struct search search = { 0 };
	if (get->path.has_address)
		return root_address(get);
	size_t names = leading_names(&get->path);
	if (names < 2)
		return only_a_type(get, names);
	TRY(search_statics(get, names, &search));
	return search.type ? read_static(get, &search) : fail(get, &search, names);
}
