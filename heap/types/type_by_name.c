/* Loaded types by name. */
#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/types/type_system.h"

/* The part of a name that a TypeDef row has too: "Entry" of
 * "System.Collections.Generic.Dictionary<System.String, System.Int32>+Entry[]". */
struct simple_name {
	const char *start;
	size_t length;
	bool is_constructed; /* an array, pointer or byref of it */
};

/* A component may begin with angle brackets of its own ("<>c", "<Main>d__1"); later ones hold
 * generic arguments. */
static struct simple_name simple_name_of(const char *name)
{
	struct simple_name simple = { name, 0, false };
	unsigned depth = 0;
	bool ended = false;
	for (const char *at = name; *at; at++) {
		bool own = at == simple.start || depth > 0;
		if (*at == '<') {
			ended = ended || !own;
			depth++;
		} else if (*at == '>' && depth) {
			depth--;
		} else if (depth) {
			/* inside */
		} else if (*at == '[' || *at == '*' || *at == '&') {
			simple.is_constructed = true;
			ended = true;
		} else if (*at == '`') {
			ended = true;
		} else if ((*at == '.' || *at == '+') && !simple.is_constructed) {
			simple.start = at + 1;
			ended = false;
		}
		if (!ended)
			simple.length = (size_t)(at + 1 - simple.start);
	}
	return simple;
}

/* A name without its generic arguments: "System.Collections.Generic.List[]". Brackets that begin a
 * component belong to the name. */
static void append_bare(const char *name, struct text *text)
{
	unsigned arguments = 0, own = 0;
	char before = '.';
	for (; *name; before = *name++) {
		if (*name == '<' && !arguments && (own || before == '.' || before == '+'))
			own++;
		else if (*name == '<')
			arguments++;
		if (!arguments)
			text_append_char(text, *name);
		if (*name == '>' && arguments)
			arguments--;
		else if (*name == '>' && own)
			own--;
	}
}

/* "System.Collections.Generic.Dictionary`2+Entry" without the `2. */
static void append_without_arity(const char *name, struct text *text)
{
	for (; *name; name++) {
		if (*name == '`')
			while (name[1] >= '0' && name[1] <= '9')
				name++;
		else
			text_append_char(text, *name);
	}
}

/* Does `name` end in `wanted`, right after a dot or a plus outside of all brackets? */
static bool ends_with(const char *name, const char *wanted)
{
	unsigned depth = 0;
	for (; *name; name++) {
		if (*name == '<' || *name == '[')
			depth++;
		else if ((*name == '>' || *name == ']') && depth)
			depth--;
		else if (!depth && (*name == '.' || *name == '+') && strcmp(name + 1, wanted) == 0)
			return true;
	}
	return false;
}

enum match { MATCH_NONE, MATCH_LOOSE, MATCH_PART, MATCH_FULL };

/* C# 13 specification, 8.3.5: the keywords of the simple types. */
static const char *const keywords[][2] = {
	{ "bool", "System.Boolean" },    { "byte", "System.Byte" },
	{ "sbyte", "System.SByte" },     { "char", "System.Char" },
	{ "decimal", "System.Decimal" }, { "double", "System.Double" },
	{ "float", "System.Single" },    { "int", "System.Int32" },
	{ "uint", "System.UInt32" },     { "nint", "System.IntPtr" },
	{ "nuint", "System.UIntPtr" },   { "long", "System.Int64" },
	{ "ulong", "System.UInt64" },    { "short", "System.Int16" },
	{ "ushort", "System.UInt16" },   { "object", "System.Object" },
	{ "string", "System.String" },
};

struct word {
	const char *start;
	size_t length;
};

/* An identifier with its dots and pluses, or one other character. */
static struct word take_word(const char **at)
{
	static const char marks[] = "<>,[]*& ";
	*at += strspn(*at, " ");
	struct word word = { *at, strcspn(*at, marks) };
	word.length += !word.length && **at;
	*at += word.length;
	return word;
}

static bool is_separator(char character)
{
	return character == '.' || character == '+';
}

static bool same_ends(struct word name, struct word wanted)
{
	const char *end = name.start + name.length - wanted.length;
	if (wanted.length > name.length)
		return false;
	for (size_t i = 0; i < wanted.length; i++)
		if (end[i] != wanted.start[i] &&
		    !(is_separator(end[i]) && is_separator(wanted.start[i])))
			return false;
	return wanted.length == name.length || is_separator(end[-1]) || is_separator(*end);
}

static bool same_word(struct word name, struct word wanted)
{
	if (same_ends(name, wanted))
		return true;
	for (size_t i = 0; i < COUNT_OF(keywords); i++)
		if (strlen(keywords[i][0]) == wanted.length &&
		    !strncmp(keywords[i][0], wanted.start, wanted.length))
			return strlen(keywords[i][1]) == name.length &&
			       !strncmp(keywords[i][1], name.start, name.length);
	return false;
}

/* As C# lets one write it: G<int>.Inner<Policy> for Demo.G<System.Int32>+Inner<Demo.Policy>. */
static bool matches_loosely(const char *name, const char *wanted)
{
	if (!strchr(wanted, '<'))
		return false;
	for (;;) {
		struct word left = take_word(&name), right = take_word(&wanted);
		if (!left.length || !right.length)
			return left.length == right.length;
		if (!same_word(left, right))
			return false;
	}
}

static enum match match_text(const char *name, const char *wanted)
{
	if (strcmp(name, wanted) == 0)
		return MATCH_FULL;
	return ends_with(name, wanted) ? MATCH_PART : MATCH_NONE;
}

static enum match better(enum match first, enum match second)
{
	return first > second ? first : second;
}

struct search {
	struct heap *heap;
	const char *name;
	struct simple_name simple;
	struct arena *scratch;
	const struct type **found;
	size_t count, capacity, unloaded;
	enum match best;
	struct text text;
};

/* By any spelling; without arguments a name means all instantiations, but not those that no object
 * has: the shared code's own (List<System.__Canon>) and open ones (List<TSource>). */
static struct error *match_type(struct search *search, const struct type *type, enum match *ret)
{
	TRY(type_name_prepare(search->heap, type));
	*ret = MATCH_NONE;
	if (!type_record_of(type)->name_known)
		return NULL;
	enum match match = match_text(type->name, search->name);
	if (strcmp(type->sos_name, search->name) == 0)
		match = MATCH_FULL;
	if (match == MATCH_NONE && matches_loosely(type->name, search->name))
		match = MATCH_LOOSE;
	bool nobodys = type->is_shared || type->is_open;
	if (match == MATCH_FULL || !nobodys)
		*ret = match;
	if (match == MATCH_FULL || nobodys)
		return NULL;
	text_clear(&search->text);
	append_bare(type->name, &search->text);
	if (text_failed(&search->text))
		return &error_no_memory;
	*ret = better(match, match_text(text_string(&search->text), search->name));
	if (type->kind == TYPE_ARRAY)
		return NULL;
	TRY(type_metadata_name_prepare(search->heap, type));
	const char *name = type_metadata_name(search->heap, type);
	if (name)
		*ret = better(*ret, match_text(name, search->name));
	return NULL;
}

/* Only the best kind of match is kept: a full name is not joined by other types' ends. */
static struct error *found_add(struct search *search, const struct type *type, enum match match)
{
	if (match == MATCH_NONE || match < search->best)
		return NULL;
	if (match > search->best)
		search->count = 0;
	search->best = match;
	for (size_t i = 0; i < search->count; i++)
		if (search->found[i] == type)
			return NULL;
	TRY(LIST_GROW_IN(search->scratch, search->found, search->count, search->capacity));
	search->found[search->count++] = type;
	return NULL;
}

static struct error *handle_check(struct search *search, uint64_t handle)
{
	const struct type *type;
	struct error *error = type_at(search->heap, handle, &type);
	if (error_take_damage(&error))
		return NULL;
	TRY(error);
	enum match match;
	TRY(match_type(search, type, &match));
	return found_add(search, type, match);
}

static struct error *match_definition(struct search *search, struct metadata *metadata,
				      uint32_t row, enum match *ret)
{
	CLEANUP(text_deinit) struct text name = { 0 };
	CLEANUP(text_deinit) struct text wanted = { 0 };
	*ret = MATCH_NONE;
	if (!type_definition_name(metadata, row, false, &name))
		return text_failed(&name) ? &error_no_memory : NULL;
	text_clear(&search->text);
	append_without_arity(text_string(&name), &search->text);
	append_bare(search->name, &wanted);
	if (text_failed(&name) || text_failed(&search->text) || text_failed(&wanted))
		return &error_no_memory;
	*ret = better(match_text(text_string(&name), search->name),
		      match_text(text_string(&search->text), text_string(&wanted)));
	return NULL;
}

/* All that is loaded of one definition: the class itself, or its instantiations. */
static struct error *definition_check(struct search *search, struct clr_module *module,
				      struct metadata *metadata, uint32_t row)
{
	struct type_system *types = search->heap->types;
	uint64_t handle = type_map_find(search->heap, module, types->layout.type_def_map, row);
	size_t loaded = 0;
	enum match match;
	TRY(match_definition(search, metadata, row, &match));
	if (match == MATCH_NONE)
		return NULL;
	if (metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, row))) {
		for (size_t i = 0; i < types->instance_count; i++) {
			const struct type_instance *instance = &types->instances[i];
			if (instance->definition != module->address || instance->row != row)
				continue;
			loaded++;
			TRY(handle_check(search, instance->handle));
		}
	} else if (handle) {
		loaded++;
		TRY(handle_check(search, handle));
	}
	search->unloaded += loaded == 0;
	return NULL;
}

static bool simple_matches(const struct search *search, const char *name)
{
	size_t length = search->simple.length;
	return strncmp(name, search->simple.start, length) == 0 &&
	       (name[length] == '\0' || name[length] == '`');
}

static struct error *module_search(struct search *search, struct clr_module *module)
{
	struct metadata *metadata;
	TRY(clr_module_metadata_or_none(search->heap, module, &metadata));
	if (!metadata)
		return NULL;
	uint32_t rows = metadata_rows(metadata, TABLE_TYPE_DEF);
	for (uint32_t row = 1; row <= rows; row++) {
		TRY(task_check(search->heap->task, "looking for a type"));
		const char *name = metadata_type_def_name(metadata, row);
		if (name && simple_matches(search, name))
			TRY(definition_check(search, module, metadata, row));
	}
	return NULL;
}

/* Arrays and pointers have no definition: all of them are looked at. */
static struct error *constructed_search(struct search *search)
{
	struct type_system *types = search->heap->types;
	for (size_t i = 0; i < types->instance_count; i++)
		if (!types->instances[i].definition)
			TRY(handle_check(search, types->instances[i].handle));
	return NULL;
}

static struct error *search_all(struct search *search)
{
	struct clr_modules *modules = search->heap->modules;
	TRY(type_instances_update(search->heap));
	if (search->simple.is_constructed)
		return constructed_search(search);
	for (size_t i = 0; i < modules->count; i++)
		TRY(module_search(search, modules->modules[i]));
	return NULL;
}

struct error *type_find(struct heap *heap, const char *name, struct arena *scratch,
			const struct type ***ret, size_t *ret_count, size_t *ret_unloaded)
{
	struct search search = {
		.heap = heap, .name = name, .simple = simple_name_of(name), .scratch = scratch
	};
	struct error *error = search.simple.length ? search_all(&search) : NULL;
	text_deinit(&search.text);
	*ret = search.found;
	*ret_count = search.count;
	*ret_unloaded = search.unloaded;
	return error;
}

/* *ret 0: CoreLib's metadata has no such definition. */
static struct error *core_row_find(struct search *search, struct metadata *metadata, uint32_t *ret)
{
	uint32_t rows = metadata_rows(metadata, TABLE_TYPE_DEF);
	*ret = 0;
	for (uint32_t row = 1; row <= rows && !*ret; row++) {
		TRY(task_check(search->heap->task, "looking for a class"));
		const char *name = metadata_type_def_name(metadata, row);
		enum match match = MATCH_NONE;
		if (name && simple_matches(search, name))
			TRY(match_definition(search, metadata, row, &match));
		if (match == MATCH_FULL)
			*ret = row;
	}
	return NULL;
}

/* An entry of the map that is 0 and one that cannot be read are told apart by what the reads lack.
 */
static struct error *core_class_at(struct heap *heap, uint32_t row, const struct type **ret,
				   enum class_state *ret_state)
{
	uint64_t before = target_take_lacks(heap->target);
	uint64_t handle = type_map_find(heap, heap->modules->core_library,
					heap->types->layout.type_def_map, row);
	uint64_t lacks = target_take_lacks(heap->target);
	target_note_lack(heap->target, before);
	target_note_lack(heap->target, lacks);
	*ret_state = lacks ? CLASS_UNREADABLE : CLASS_NOT_LOADED;
	if (!handle)
		return NULL;
	struct error *error = type_at(heap, handle, ret);
	*ret_state = error ? CLASS_UNREADABLE : CLASS_LOADED;
	if (error)
		*ret = NULL;
	error_take_damage(&error);
	return error;
}

struct error *core_class_find(struct heap *heap, const char *name, const struct type **ret,
			      enum class_state *ret_state)
{
	struct search search = { .heap = heap, .name = name, .simple = simple_name_of(name) };
	struct metadata *metadata;
	uint32_t row;
	*ret = NULL;
	*ret_state = CLASS_UNNAMED;
	TRY(clr_module_metadata_or_none(heap, heap->modules->core_library, &metadata));
	if (!metadata)
		return NULL;
	struct error *error = core_row_find(&search, metadata, &row);
	text_deinit(&search.text);
	TRY(error);
	if (row)
		return core_class_at(heap, row, ret, ret_state);
	*ret_state = metadata_missing_bytes(metadata) ? CLASS_UNNAMED : CLASS_UNDEFINED;
	return NULL;
}

struct visit {
	struct heap *heap;
	type_visitor visit;
	void *context;
};

static struct error *visit_handle(struct visit *visit, uint64_t handle)
{
	const struct type *type;
	TRY(task_check(visit->heap->task, "looking at the types"));
	struct error *error = handle ? type_at(visit->heap, handle, &type) : NULL;
	if (!handle || error_take_damage(&error))
		return NULL;
	TRY(error);
	TRY(type_name_prepare(visit->heap, type));
	return visit->visit(type, visit->context);
}

static struct error *visit_module(struct visit *visit, struct clr_module *module)
{
	struct type_system *types = visit->heap->types;
	struct metadata *metadata;
	TRY(clr_module_metadata_or_none(visit->heap, module, &metadata));
	uint32_t rows = metadata ? metadata_rows(metadata, TABLE_TYPE_DEF) : 0;
	for (uint32_t row = 1; row <= rows; row++) {
		TRY(task_check(visit->heap->task, "looking at the types"));
		if (metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, row)))
			continue;
		TRY(visit_handle(visit, type_map_find(visit->heap, module,
						      types->layout.type_def_map, row)));
	}
	return NULL;
}

static struct error *visit_all(struct visit *visit)
{
	struct heap *heap = visit->heap;
	for (size_t i = 0; i < heap->modules->count; i++)
		TRY(visit_module(visit, heap->modules->modules[i]));
	for (size_t i = 0; i < heap->types->instance_count; i++)
		if (heap->types->instances[i].definition)
			TRY(visit_handle(visit, heap->types->instances[i].handle));
	return NULL;
}

struct error *type_visit_loaded(struct heap *heap, type_visitor visitor, void *context)
{
	struct visit visit = { .heap = heap, .visit = visitor, .context = context };
	TRY(type_instances_update(heap));
	struct error *error = visit_all(&visit);
	error_take_stop(&error);
	return error;
}
