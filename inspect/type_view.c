#include "inspect/type_view.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "heap/code/method_code.h"
#include "heap/values/value.h"

struct error *type_load_context(const struct question *question, const struct type *type,
				struct load_context *ret)
{
	*ret = (struct load_context){ 0 };
	if (!type->module)
		return NULL;
	struct error *error = clr_module_load_context(question->heap, type->module, &ret->object);
	if (error_is_fatal(error))
		return error;
	ret->is_known = !error;
	error_free(error);
	return NULL;
}

struct error *load_context_name(const struct question *question, uint64_t context, const char **ret)
{
	struct value name;
	const uint16_t *units;
	size_t count;
	uint64_t length;
	CLEANUP(text_deinit) struct text text = { 0 };
	*ret = NULL;
	TRY(value_field_of_object(question->heap, context, "_name", &name));
	if (name.kind != VALUE_REFERENCE)
		return NULL;
	TRY(string_read(question->heap, name.bits, LIMIT_SHOWN_STRING_UNITS, question->scratch,
			&units, &count, &length));
	text_append_utf16(&text, units, count);
	if (text_failed(&text))
		return &error_no_memory;
	*ret = arena_copy_text(question->scratch, text_string(&text), text.length);
	return *ret ? NULL : &error_no_memory;
}

struct error *type_counts_read(const struct question *question, const struct type *type,
			       struct type_counts *ret)
{
	struct method_slots slots;
	*ret = (struct type_counts){ 0 };
	if (type->handle & TYPE_HANDLE_TYPE_DESC)
		return NULL;
	struct error *error = method_slots_read(question->heap, type, &slots);
	if (error_is_fatal(error))
		return error;
	if (error) {
		error_free(error);
		question_missing(question, 0, "the counts of the type's methods %s",
				 target_lacks_them(question->target));
		return NULL;
	}
	ret->has_methods = method_count_of_class(question->heap, type, &ret->methods);
	ret->has_interfaces = true;
	ret->interfaces = slots.interface_count;
	return NULL;
}
