/* Reading what a class has without an instance: its statics and its constants. */
#include "inspect/path/steps.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "heap/clr_threads.h"

enum { THREADS_NAMED = 20 };

/* Which threads have a value, for a thread static without -thread. */
static struct error *wants_thread(struct get *get, const struct type_field *field,
				  const char *shown)
{
	CLEANUP(text_deinit) struct text list = { 0 };
	const struct clr_threads *threads = get->heap->threads;
	size_t named = 0;
	for (size_t i = 0; i < threads->count; i++) {
		enum static_state state;
		uint64_t address;
		TRY(task_check(get->question->task, "looking for a thread's static"));
		TRY(field_static_address(get->heap, field, &threads->threads[i], &state, &address));
		if (state == STATIC_READY && named++ < THREADS_NAMED)
			text_printf(&list, "%s%u", named > 1 ? ", " : "",
				    threads->threads[i].managed_id);
	}
	return error_new(ERROR_USAGE,
			 "%s is thread-static: say whose with -thread MANAGED_ID (%s%s%s)", shown,
			 named ? "set on " : "no thread has set it", text_string(&list),
			 named > THREADS_NAMED ? ", …" : "");
}

struct error *get_static_field(struct get *get, const struct type_field *field, const char *shown)
{
	enum static_state state;
	uint64_t address;
	const struct clr_thread *thread = field->is_thread_static ? get->thread : NULL;
	if (field->is_thread_static && !thread)
		return wants_thread(get, field, shown);
	TRY(field_static_address(get->heap, field, thread, &state, &address));
	if (state == STATIC_UNREADABLE)
		return error_fault(address, "the static %s cannot be read: it is not in the %s",
				   shown, target_noun(get->question->target));
	if (state == STATIC_NOT_INITIALIZED && thread)
		return error_new(ERROR_NOT_FOUND, "%s is unset on thread %u: it never touched it",
				 shown, thread->managed_id);
	if (state == STATIC_NOT_INITIALIZED && !address)
		return error_new(
			ERROR_NOT_FOUND,
			"%s has no value yet: the static constructor of its class has not run",
			shown);
	if (state == STATIC_NOT_INITIALIZED)
		question_remark(get->question,
				"The static constructor of %s has not run to its end: %s is what "
				"stood there until then.",
				type_name(get->heap, field->declaring, NULL), shown);
	get->units = NULL;
	return value_of_field(get->heap, field, address, &get->value);
}

static enum value_kind kind_of_constant(uint8_t element)
{
	switch (element) {
	case ELEMENT_BOOLEAN:
		return VALUE_BOOLEAN;
	case ELEMENT_CHAR:
		return VALUE_CHAR;
	case ELEMENT_I1:
	case ELEMENT_I2:
	case ELEMENT_I4:
	case ELEMENT_I8:
		return VALUE_SIGNED;
	case ELEMENT_U1:
	case ELEMENT_U2:
	case ELEMENT_U4:
	case ELEMENT_U8:
		return VALUE_UNSIGNED;
	case ELEMENT_R4:
		return VALUE_SINGLE;
	case ELEMENT_R8:
		return VALUE_DOUBLE;
	default:
		return VALUE_NULL; /* II.22.9: CLASS with four zero bytes is null */
	}
}

static struct error *constant_text(struct get *get, const uint8_t *bytes, uint32_t size)
{
	uint16_t *units = arena_allocate(get->question->scratch, (size_t)size + 2);
	if (!units)
		return &error_no_memory;
	memcpy(units, bytes, size & ~1u);
	get->units = units;
	get->unit_count = size / 2;
	return NULL;
}

struct error *get_constant(struct get *get, const struct type *type, uint32_t row)
{
	struct metadata *metadata;
	struct member field;
	struct signature signature;
	uint8_t element;
	const uint8_t *bytes;
	uint32_t size;
	TRY(clr_module_metadata(get->heap, type->module, &metadata));
	if (!metadata_field(metadata, row, &field) ||
	    !metadata_constant(metadata, token_make(TABLE_FIELD, row), &element, &bytes, &size))
		return error_new(ERROR_BAD_DATA, "the constant %s has no value in the metadata",
				 get_so_far(get));
	if (element == ELEMENT_STRING)
		return constant_text(get, bytes, size);
	struct value value = { .kind = kind_of_constant(element) };
	TRY(signature_of_field(field.signature, field.signature_size, get->question->scratch,
			       &signature));
	TRY(type_of_signature(get->heap, &signature, 0, type->module, type, &value.type));
	value.declared = value.type;
	if (value.kind != VALUE_NULL) {
		value.width = (uint8_t)(size <= 8 ? size : 0);
		value.bits = load_unsigned(bytes, value.width);
		if (value.kind == VALUE_SIGNED)
			value.bits = (uint64_t)sign_extend(value.bits, value.width);
	}
	if (value.type->kind == TYPE_ENUM && value.kind != VALUE_NULL)
		value.kind = VALUE_ENUM;
	get->units = NULL;
	get->value = value;
	return NULL;
}
