#include "inspect/ee_view.h"

#include "heap/code/method_code.h"

#include <inttypes.h>

/* *ret NULL: not loaded, or not a type that can be read. */
static struct error *type_read(const struct question *question, uint64_t handle,
			       const struct type **ret)
{
	*ret = NULL;
	struct error *error = handle ? type_at(question->heap, handle, ret) : NULL;
	if (error_take_damage(&error)) {
		*ret = NULL;
		question_missing(question, 0, "the type %#" PRIx64 " could not be read", handle);
	}
	return error;
}

/* As SOS names types here: Demo.Shapes.Pair<TFirst, TSecond>. */
static struct error *type_title(const struct question *question, struct clr_module *module,
				uint32_t token, const struct type *type, const char **ret)
{
	if (!type)
		TRY(type_of_token(question->heap, module, token, &type));
	TRY(type_name_prepare(question->heap, type));
	*ret = type_name(question->heap, type, NULL);
	return NULL;
}

/* Code that cannot be read is neither there nor not there: the block has no line about it. */
static struct error *code_find(const struct question *question, const struct method *method,
			       struct ee_view *match)
{
	enum method_state state;
	struct error *error = method_native_code(question->heap, method, &match->code, &state);
	match->code_known = !error;
	if (!error || error_is_fatal(error))
		return error;
	question_missing(question, 0, "the code of the method %#" PRIx64 ": %s", method->address,
			 error->message);
	error_free(error);
	match->code = 0;
	return NULL;
}

/* The method's name with its parameters; without a MethodDesc its name alone. */
static struct error *method_title(const struct question *question, struct clr_module *module,
				  struct ee_view *match)
{
	struct heap *heap = question->heap;
	struct metadata *metadata;
	struct member member;
	struct method method;
	if (match->method_desc) {
		struct error *error = method_at(heap, match->method_desc, &method);
		if (!error && method.token == match->token) {
			TRY(code_find(question, &method, match));
			return method_name(heap, &method, question->scratch, &match->name);
		}
		if (error_is_fatal(error))
			return error;
		error_free(error);
		question_missing(question, 0, "the method %#" PRIx64 " could not be read",
				 match->method_desc);
		match->method_desc = 0;
	}
	TRY(clr_module_metadata(heap, module, &metadata));
	if (metadata_method(metadata, token_row(match->token), &member))
		match->name = member.name;
	return NULL;
}

struct error *ee_view_type(const struct question *question, struct clr_module *module,
			   uint32_t token, uint64_t handle, struct ee_view *ret)
{
	*ret = (struct ee_view){ .kind = "type", .token = token };
	TRY(type_read(question, handle, &ret->type));
	return type_title(question, module, token, ret->type, &ret->name);
}

struct error *ee_view_method(const struct question *question, struct clr_module *module,
			     uint32_t token, struct ee_view *ret)
{
	*ret = (struct ee_view){ .kind = "method", .token = token };
	TRY(method_of_token(question->heap, module, token, &ret->method_desc));
	return method_title(question, module, ret);
}

struct error *ee_view_field(const struct question *question, struct clr_module *module,
			    uint32_t token, const char *name, uint32_t owner_token, uint64_t owner,
			    struct ee_view *ret)
{
	*ret = (struct ee_view){ .kind = "field", .token = token, .name = name };
	TRY(type_read(question, owner, &ret->type));
	if (!owner_token)
		return NULL;
	return type_title(question, module, owner_token, ret->type, &ret->owner_name);
}
