#include "inspect/ee_search.h"

#include "base/limits.h"
#include "heap/code/method_code.h"
#include "heap/metadata/metadata.h"

#include <inttypes.h>
#include <strings.h>

struct search {
	const struct question *question;
	const struct ee_name *name;
	struct clr_module *module;
	struct metadata *metadata;
	ee_visitor visit;
	void *context;
	struct error *visitor_error; /* what the visitor answered last; not owned */
	bool found;
};

static struct error *match_visit(struct search *search, const struct ee_match *match)
{
	search->found = true;
	search->visitor_error = search->visit(match, search->context);
	return search->visitor_error;
}

/* The last dot parts a member from its type; before ".ctor" and explicit interface methods' names
 * there are two. */
struct error *ee_name_make(const struct question *question, const char *text, bool exact,
			   struct ee_name *ret)
{
	struct arena *scratch = question->scratch;
	*ret = (struct ee_name){ .exact = exact };
	char *copy = arena_copy_text(scratch, text, strlen(text));
	char *owner = arena_copy_text(scratch, text, strlen(text));
	if (!copy || !owner)
		return &error_no_memory;
	for (char *at = copy; *at; at++)
		if (*at == '/')
			*at = '+';
	memcpy(owner, copy, strlen(copy));
	ret->whole = copy;
	char *dot = strrchr(owner, '.');
	if (!dot || dot == owner)
		return NULL;
	if (dot[-1] == '.')
		dot--;
	if (dot == owner || !dot[1])
		return NULL;
	*dot = '\0';
	ret->owner = owner;
	ret->member = dot + 1;
	return NULL;
}

static bool name_matches(const struct ee_name *name, const char *type, const char *wanted)
{
	return name->exact ? !strcmp(type, wanted) : strcasestr(type, wanted) != NULL;
}

/* Does either spelling of the type match? */
static bool type_matches(const struct search *search, const struct type *type, const char *wanted)
{
	struct heap *heap = search->question->heap;
	return name_matches(search->name, type_name(heap, type, NULL), wanted) ||
	       name_matches(search->name, type_sos_name(heap, type), wanted);
}

static struct error *methods_search(struct search *search, const struct type_def *definition)
{
	struct member member;
	for (uint32_t i = 0; i < definition->method_count; i++) {
		TRY(task_check(search->question->task, "searching the members of a type"));
		uint32_t method =
			metadata_method_row(search->metadata, definition->first_method + i);
		if (!metadata_method(search->metadata, method, &member) ||
		    strcmp(member.name, search->name->member) != 0)
			continue;
		TRY(match_visit(search, &(struct ee_match){
						.kind = EE_METHOD,
						.module = search->module,
						.token = token_make(TABLE_METHOD_DEF, method) }));
	}
	return NULL;
}

static struct error *fields_search(struct search *search, const struct type_def *definition,
				   uint32_t owner, uint64_t handle)
{
	struct member member;
	for (uint32_t i = 0; i < definition->field_count && i < LIMIT_FIELDS; i++) {
		TRY(task_check(search->question->task, "searching the members of a type"));
		uint32_t field = metadata_field_row(search->metadata, definition->first_field + i);
		if (!metadata_field(search->metadata, field, &member) ||
		    strcmp(member.name, search->name->member) != 0)
			continue;
		TRY(match_visit(search, &(struct ee_match){ .kind = EE_FIELD,
							    .module = search->module,
							    .token = token_make(TABLE_FIELD, field),
							    .handle = handle,
							    .name = member.name,
							    .owner_token = owner }));
	}
	if (definition->field_count > LIMIT_FIELDS)
		question_missing(search->question, 0,
				 "of the type %#" PRIx64 " the first %d fields of %" PRIu32
				 " are searched",
				 handle, LIMIT_FIELDS, definition->field_count);
	return NULL;
}

/* Methods and fields that the type itself defines. */
static struct error *members_search(struct search *search, uint32_t row, uint64_t handle)
{
	struct type_def definition;
	if (!metadata_type_def(search->metadata, row, &definition))
		return NULL;
	TRY(methods_search(search, &definition));
	return fields_search(search, &definition, token_make(TABLE_TYPE_DEF, row), handle);
}

static struct error *type_search(uint32_t row, uint64_t handle, void *context)
{
	struct search *search = context;
	const struct question *question = search->question;
	const struct type *type;
	bool known;
	TRY(task_check(question->task, "searching the types of a module"));
	struct error *error = type_at(question->heap, handle, &type);
	if (error_take_damage(&error)) {
		question_missing(question, 0, "the type %#" PRIx64 " could not be read", handle);
		return NULL;
	}
	TRY(error);
	TRY(type_name_prepare(question->heap, type));
	type_name(question->heap, type, &known);
	if (!known)
		return NULL;
	if (type_matches(search, type, search->name->whole))
		return match_visit(search,
				   &(struct ee_match){ .kind = EE_TYPE,
						       .module = search->module,
						       .token = token_make(TABLE_TYPE_DEF, row),
						       .handle = handle });
	if (!search->name->member || !type_matches(search, type, search->name->owner))
		return NULL;
	return members_search(search, row, handle);
}

static void count_without_metadata(const struct question *question, const struct clr_module *module)
{
	question_missing(question, 0, "the metadata of %s could not be read",
			 clr_module_title(module));
}

/* A map of the module's types that cannot be read is missing; the visitor's error is handed on. */
static struct error *search_done(const struct search *search, struct error *error)
{
	if (!error || error == search->visitor_error || error_is_fatal(error))
		return error;
	question_missing(search->question, 0, "%s", error->message);
	error_free(error);
	return NULL;
}

struct error *ee_find_name(const struct question *question, const struct ee_name *name,
			   struct clr_module *module, ee_visitor visit, void *context,
			   bool *ret_found)
{
	struct search search = { .question = question,
				 .name = name,
				 .module = module,
				 .visit = visit,
				 .context = context };
	struct error *error = NULL;
	TRY(clr_module_metadata_or_none(question->heap, module, &search.metadata));
	if (search.metadata)
		error = type_definitions_visit(question->heap, module, type_search, &search);
	else
		count_without_metadata(question, module);
	*ret_found = search.found;
	return search_done(&search, error);
}

/* The handle of a row. */
struct row_search {
	uint32_t row;
	uint64_t handle; /* 0: not loaded */
};

static struct error *row_search_visit(uint32_t row, uint64_t handle, void *context)
{
	struct row_search *search = context;
	if (row == search->row)
		search->handle = handle;
	return NULL;
}

/* What the token names: a MethodDesc, the type itself, or the one that has the field; 0: not
 * loaded. */
static struct error *handle_find(struct heap *heap, uint32_t token, const struct clr_module *module,
				 const struct metadata *metadata, uint64_t *ret)
{
	struct row_search search = { .row = token_row(token) };
	if (token_table(token) == TABLE_METHOD_DEF)
		return method_of_token(heap, module, token, ret);
	if (token_table(token) == TABLE_FIELD)
		search.row = metadata_field_owner(metadata, search.row);
	if (token_table(token) == TABLE_TYPE_REF)
		TRY(type_references_visit(heap, module, row_search_visit, &search));
	else
		TRY(type_definitions_visit(heap, module, row_search_visit, &search));
	*ret = search.handle;
	return NULL;
}

static struct ee_match token_match(uint32_t token, struct clr_module *module,
				   const struct metadata *metadata, uint64_t handle)
{
	struct ee_match match = { .module = module, .token = token, .handle = handle };
	struct member field;
	switch (token_table(token)) {
	case TABLE_METHOD_DEF:
		match.kind = EE_METHOD;
		match.handle = 0;
		break;
	case TABLE_FIELD:
		match.kind = EE_FIELD;
		match.name = metadata_field(metadata, token_row(token), &field) ? field.name
										: "<unknown>";
		break;
	default:
		match.kind = EE_TYPE;
		break;
	}
	return match;
}

struct error *ee_find_token(const struct question *question, uint32_t token, bool only_loaded,
			    struct clr_module *module, ee_visitor visit, void *context,
			    bool *ret_found)
{
	struct metadata *metadata;
	uint64_t handle;
	*ret_found = false;
	TRY(task_check(question->task, "the modules"));
	TRY(clr_module_metadata_or_none(question->heap, module, &metadata));
	if (!metadata) {
		count_without_metadata(question, module);
		return NULL;
	}
	if (!token_row(token) || token_row(token) > metadata_rows(metadata, token_table(token)))
		return NULL;
	TRY(handle_find(question->heap, token, module, metadata, &handle));
	*ret_found = handle || !only_loaded;
	if (!*ret_found)
		return NULL;
	const struct ee_match match = token_match(token, module, metadata, handle);
	return visit(&match, context);
}
