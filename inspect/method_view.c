#include "inspect/method_view.h"

#include "heap/types/type.h"

#include <inttypes.h>

static void count_nameless(const struct question *question)
{
	question_missing(question, 0, "the names of methods %s; --sysroot DIR may have them",
			 target_lacks_them(question->target));
}

/* What cannot be read, or is not known of this runtime, is counted. */
static struct error *leave_out(const struct question *question, struct error *error)
{
	if (!error || error_is_fatal(error))
		return error;
	question_missing(question, 0, "%s", error->message);
	error_free(error);
	return NULL;
}

static struct error *il_find(const struct question *question, struct method_view *view)
{
	struct metadata *metadata;
	struct member member;
	struct clr_module *module = view->method.owner->module;
	TRY(clr_module_metadata_or_none(question->heap, module, &metadata));
	if (!metadata || token_table(view->method.token) != TABLE_METHOD_DEF ||
	    !metadata_method(metadata, token_row(view->method.token), &member) || !member.rva)
		return NULL;
	if (!clr_module_rva(question->heap, module, member.rva, &view->il))
		view->il = 0;
	return NULL;
}

struct error *method_view_read(const struct question *question, uint64_t address,
			       struct method_view *ret)
{
	struct heap *heap = question->heap;
	*ret = (struct method_view){ 0 };
	struct error *error = method_at(heap, address, &ret->method);
	if (error)
		return error_context(error, "%#" PRIx64 " is not a MethodDesc", address);
	TRY(method_name(heap, &ret->method, question->scratch, &ret->name));
	if (!ret->name)
		count_nameless(question);
	TRY(il_find(question, ret));
	TRY(leave_out(question, method_code_versions(heap, &ret->method, question->scratch,
						     &ret->versions, &ret->version_count)));
	for (size_t i = 0; i < ret->version_count; i++)
		if (ret->versions[i].is_active)
			ret->code = ret->versions[i].code;
	return NULL;
}

/* What is there in place of a method's code. */
static struct error *refuse_code(struct heap *heap, uint64_t ip, const struct code_place *place)
{
	uint64_t method;
	if (place->unknown)
		return error_fault(
			ip, "%#" PRIx64 " is in code that was compiled ahead of time, but %s", ip,
			place->unknown);
	TRY(method_of_entry(heap, ip, &method));
	if (method)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64 " is a stub that stands in for the method at %#" PRIx64
				 " (dumpmd), not its code",
				 ip, method);
	if (place->kind == CODE_STUB)
		return error_new(ERROR_NOT_FOUND,
				 "%#" PRIx64 " is in a stub of the runtime, not in a method's code",
				 ip);
	return error_new(
		ERROR_NOT_FOUND,
		"%#" PRIx64 " is not in code that the runtime knows: it is native, or none", ip);
}

struct error *method_view_of_code(const struct question *question, uint64_t ip,
				  struct method_view *ret)
{
	struct code_place place;
	TRY(code_at(question->heap, ip, question->scratch, &place));
	return place.method ? method_view_read(question, place.method, ret)
			    : refuse_code(question->heap, ip, &place);
}

struct error *method_name_or_missing(const struct question *question, uint64_t address,
				     const char **ret)
{
	struct method method;
	*ret = NULL;
	struct error *error = method_at(question->heap, address, &method);
	if (!error)
		error = method_name(question->heap, &method, question->scratch, ret);
	TRY(leave_out(question, error));
	if (!*ret)
		count_nameless(question);
	return NULL;
}
