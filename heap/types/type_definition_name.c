/*
 * The name of a type's definition, as metadata has it: namespace, enclosing classes, name. Of a
 * type that has no metadata, what else tells it.
 */
#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/types/continuation_type.h"
#include "heap/types/type_system.h"

/* src/coreclr/vm/typestring.cpp: IsTypeNameReservedChar */
static void append_escaped(struct text *text, const char *name)
{
	for (; *name; name++) {
		if (strchr(",[]&*+\\", *name))
			text_append_char(text, '\\');
		text_append_char(text, *name);
	}
}

static void append_name(struct text *text, const char *name, bool escaped)
{
	if (escaped)
		append_escaped(text, name);
	else
		text_append(text, name);
}

bool type_definition_name(struct metadata *metadata, uint32_t row, bool escaped, struct text *text)
{
	uint32_t rows[LIMIT_NESTING];
	size_t depth = 0;
	struct type_def definition;
	for (uint32_t next = row; next; next = definition.enclosing) {
		if (depth == LIMIT_NESTING || !metadata_type_def(metadata, next, &definition))
			return false;
		rows[depth++] = next;
	}
	for (size_t i = depth; i-- > 0;) {
		if (!metadata_type_def(metadata, rows[i], &definition))
			return false;
		if (i + 1 < depth)
			text_append_char(text, '+');
		if (*definition.name_space) {
			append_name(text, definition.name_space, escaped);
			text_append_char(text, '.');
		}
		append_name(text, definition.name, escaped);
	}
	return depth > 0 && text->length <= LIMIT_METADATA_STRING_BYTES;
}

/*
 * A MethodTable's own word on its row is not enough for a name: a flipped bit there would give
 * another class's. The module's map must lead back to it, and the definition of an instantiation
 * must take as many arguments. (A hole in the dump where the map is proves nothing.)
 */
static bool definition_agrees(struct heap *heap, const struct type *type,
			      const struct metadata *metadata)
{
	if (!type->handle || type->kind == TYPE_VARIABLE)
		return true;
	if (type->is_generic)
		return metadata_generic_parameter_count(metadata, type->token) ==
		       type->argument_count;
	uint64_t mapped = type_map_find(heap, type->module, heap->types->layout.type_def_map,
					token_row(type->token));
	return !mapped || mapped == type->handle;
}

/* The classes that the runtime itself points to (src/coreclr/vm/vars.hpp: g_pStringClass and its
 * like): their names are known where CoreLib's metadata is not. NULL: none of them. */
static const char *name_by_global(struct heap *heap, const struct type *type)
{
	static const struct {
		const char *global, *name;
	} classes[] = {
		{ "StringMethodTable", "System.String" },
		{ "ObjectMethodTable", "System.Object" },
		{ "ExceptionMethodTable", "System.Exception" },
		{ "RuntimeTypeMethodTable", "System.RuntimeType" },
	};
	uint64_t variable, handle;
	for (size_t i = 0; i < COUNT_OF(classes) && type->handle; i++)
		if (contract_global(heap->contract, classes[i].global, &variable) &&
		    reader_u64(&heap->reader, variable, &handle) && handle == type->handle)
			return classes[i].name;
	return NULL;
}

/* The class that a module's DynamicMethods and their like belong to has no row in the metadata, no
 * parent and, since no object can be of it, less than an object's size (src/coreclr/vm/
 * dynamicmethod.cpp: DynamicMethodTable::MakeMethodTable; methodtable.cpp:
 * CreateMinimalMethodTable; typestring.cpp: TypeString::AppendTypeDef names a nil token so). */
static bool is_dynamic_class(const struct type *type)
{
	enum { HEADER_AND_METHOD_TABLE = 16 };
	return type->kind == TYPE_CLASS && type->handle && type->module && !type->token &&
	       !type->parent_handle && !type->is_generic &&
	       type->base_size == HEADER_AND_METHOD_TABLE;
}

struct error *type_append_definition(struct heap *heap, const struct type *type, bool escaped,
				     struct text *text, bool *ret_known)
{
	struct metadata *metadata;
	if (type->is_continuation)
		return continuation_name(heap, type, text, ret_known);
	if (is_dynamic_class(type)) {
		text_append(text, "(dynamicClass)");
		*ret_known = true;
		return NULL;
	}
	/* An instantiation whose assembly is not loaded has its definition's name from the
	 * reference. */
	if (!type->module && type_record_of(type)->metadata_name) {
		text_append(text, type_record_of(type)->metadata_name);
		*ret_known = true;
		return NULL;
	}
	TRY(clr_module_metadata_or_none(heap, type->module, &metadata));
	*ret_known = metadata && token_table(type->token) == TABLE_TYPE_DEF &&
		     definition_agrees(heap, type, metadata) &&
		     type_definition_name(metadata, token_row(type->token), escaped, text);
	const char *name = metadata ? NULL : name_by_global(heap, type);
	if (name) {
		text_append(text, name);
		*ret_known = true;
	}
	return NULL;
}

struct error *type_metadata_name_prepare(struct heap *heap, const struct type *type)
{
	struct type_record *record = type_record_of(type);
	if (record->metadata_name_tried)
		return NULL;
	CLEANUP(text_deinit) struct text text = { 0 };
	bool known;
	TRY(type_append_definition(heap, type, false, &text, &known));
	if (!known) /* nor is it, where the search for it was stopped */
		TRY(task_check(heap->task, "naming a type"));
	if (text_failed(&text))
		return &error_no_memory;
	const char *name =
		known ? arena_copy_text(&heap->arena, text_string(&text), text.length) : NULL;
	if (known && !name)
		return &error_no_memory;
	record->metadata_name = name;
	record->metadata_name_tried = true;
	return NULL;
}

const char *type_metadata_name(struct heap *heap, const struct type *type)
{
	error_free(type_metadata_name_prepare(heap, type));
	return type_record_of(type)->metadata_name;
}
