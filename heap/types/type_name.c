/*
 * Names in the two spellings. Each is put together from the names of the parts, which are made
 * first (an explicit stack, no recursion) and kept: List<Entry[]> costs its own characters only. A
 * name that is too long is cut, and ends in the handle, so that no two are the same; what is made
 * of such a type has the cut name in its own.
 */
#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/types/type_system.h"

static const char unknown_without_memory[] = "<unknown type>";

/* T, as the definition names it. */
static struct error *append_variable(struct heap *heap, const struct type *type, struct text *text,
				     bool *ret_known)
{
	struct metadata *metadata;
	const char *name = NULL;
	TRY(clr_module_metadata_or_none(heap, type->module, &metadata));
	if (metadata && token_table(type->token) == TABLE_GENERIC_PARAM)
		name = metadata_generic_parameter_row_name(metadata, token_row(type->token));
	if (name)
		text_append(text, name);
	*ret_known = name != NULL;
	return NULL;
}

/* It is cut anyway: more of it need not be put together. */
static bool is_full(const struct text *text)
{
	return text->length > LIMIT_TYPE_NAME_BYTES;
}

/*
 * ClrMD's spelling of an instantiation, from the escaped definition name: each part's `n becomes as
 * many of the arguments in angle brackets, the outer parts' first. Where the arities do not add up
 * (F# makes such classes) nothing is appended and the answer is false: ClrMD then keeps the
 * runtime's spelling.
 */
static bool append_angles(const char *definition, const char *const *arguments, uint32_t count,
			  struct text *text)
{
	uint32_t used = 0;
	for (const char *at = definition; *at;) {
		if (at[0] != '`' || at[1] < '0' || at[1] > '9') {
			text_append_char(text, *at++);
			continue;
		}
		char *end;
		unsigned long arity = strtoul(at + 1, &end, 10);
		if (!arity || arity > count - used || (*end && *end != '+'))
			return false;
		for (unsigned long i = 0; i < arity; i++) {
			text_append(text, i ? ", " : "<");
			text_append(text, arguments[used++]);
		}
		text_append_char(text, '>');
		at = end;
	}
	return used == count;
}

struct error *type_append_brackets(struct heap *heap, const struct type *const *arguments,
				   uint32_t count, struct text *text)
{
	struct metadata *metadata;
	for (uint32_t i = 0; i < count && !is_full(text); i++) {
		bool variable = arguments[i]->kind == TYPE_VARIABLE;
		text_append(text, i ? "," : "[");
		if (!variable)
			text_append_char(text, '[');
		text_append(text, type_sos_name(heap, arguments[i]));
		if (variable)
			continue;
		TRY(clr_module_metadata_or_none(heap, arguments[i]->module, &metadata));
		const char *assembly = metadata ? arguments[i]->module->assembly_name : "";
		if (*assembly)
			text_append(text, ", ");
		text_append(text, assembly);
		text_append_char(text, ']');
	}
	text_append_char(text, ']');
	return NULL;
}

/* typestring.cpp: AppendParamTypeQualifier; TypeNameBuilder::AddArray. */
static void append_suffix(const struct type *type, struct text *text)
{
	switch (type->kind) {
	case TYPE_POINTER:
		text_append_char(text, '*');
		break;
	case TYPE_BYREF:
		text_append_char(text, '&');
		break;
	default:
		text_append_char(text, '[');
		if (!type->is_single_dimension && type->rank == 1)
			text_append_char(text, '*');
		for (unsigned i = 1; i < type->rank; i++)
			text_append_char(text, ',');
		text_append_char(text, ']');
		break;
	}
}

/* Both spellings of one type whose parts have theirs. */
struct naming {
	struct text name, sos_name;
	bool known;
};

static void name_constructed(const struct type *type, struct naming *naming)
{
	const struct type *element = type->element;
	text_append(&naming->name, element->name);
	append_suffix(type, &naming->name);
	text_append(&naming->sos_name, element->sos_name);
	append_suffix(type, &naming->sos_name);
	naming->known = type->kind != TYPE_ARRAY || type->rank;
}

enum { CONVENTION_MASK = 0x0f, CONVENTION_VARARG = 5 }; /* ECMA-335 II.23.2.1 */

/* typestring.cpp: AppendType, "or function pointer": System.Void(System.Int32). */
static void name_function(const struct type *type, const struct type *const *parts,
			  struct naming *naming)
{
	bool variable = (type->convention & CONVENTION_MASK) == CONVENTION_VARARG;
	for (uint32_t i = 0; i < type->argument_count; i++) {
		const char *before = i == 0 ? "" : i == 1 ? "(" : ", ";
		text_append(&naming->name, before);
		text_append(&naming->name, parts[i]->name);
		text_append(&naming->sos_name, before);
		text_append(&naming->sos_name, parts[i]->sos_name);
	}
	const char *after = type->argument_count > 1 ? (variable ? ", ...)" : ")")
						     : (variable ? "(...)" : "()");
	text_append(&naming->name, after);
	text_append(&naming->sos_name, after);
	naming->known = type->argument_count > 0;
}

static struct error *name_instance(struct heap *heap, const struct type *type,
				   const struct type *const *parts, struct naming *naming)
{
	uint32_t count = type->argument_count;
	const char **names = arena_allocate_array(&heap->arena, count, sizeof(*names));
	if (!names)
		return &error_no_memory;
	for (uint32_t i = 0; i < count; i++)
		names[i] = parts[i]->name;
	TRY(type_append_definition(heap, type, true, &naming->sos_name, &naming->known));
	bool fits = naming->known &&
		    append_angles(text_string(&naming->sos_name), names, count, &naming->name);
	/* The definition itself has no arguments in its name (IsGenericTypeDefinition). */
	if (naming->known && !type->is_generic_definition)
		TRY(type_append_brackets(heap, parts, count, &naming->sos_name));
	if (!fits) {
		text_clear(&naming->name);
		text_append(&naming->name, text_string(&naming->sos_name));
	}
	return NULL;
}

static struct error *name_make(struct heap *heap, const struct type *type,
			       const struct type *const *parts, struct naming *naming)
{
	switch (type->kind) {
	case TYPE_FREE:
		text_append(&naming->name, "Free");
		naming->known = true;
		break;
	case TYPE_ARRAY:
	case TYPE_POINTER:
	case TYPE_BYREF:
		name_constructed(type, naming);
		return NULL;
	case TYPE_FUNCTION_POINTER:
		name_function(type, parts, naming);
		return NULL;
	case TYPE_VARIABLE:
		TRY(append_variable(heap, type, &naming->name, &naming->known));
		break;
	default:
		if (type->is_generic)
			return type->argument_count ? name_instance(heap, type, parts, naming)
						    : NULL;
		TRY(type_append_definition(heap, type, true, &naming->name, &naming->known));
		break;
	}
	text_append(&naming->sos_name, text_string(&naming->name));
	return NULL;
}

/* Between two characters of UTF-8. */
static size_t cut_length(const struct text *text)
{
	const char *bytes = text_string(text);
	size_t length = text->length;
	if (length <= LIMIT_TYPE_NAME_BYTES)
		return length;
	for (length = LIMIT_TYPE_NAME_BYTES; length && (bytes[length] & 0xc0) == 0x80;)
		length--;
	return length;
}

/* The name to be kept, in the heap's arena. */
static struct error *name_keep(struct heap *heap, const struct type *type, const struct text *text,
			       const char **ret)
{
	const char *name = text_string(text);
	size_t length = cut_length(text);
	if (length == text->length)
		*ret = arena_copy_text(&heap->arena, name, length);
	else if (type->handle)
		*ret = arena_printf(&heap->arena, "%.*s…<name cut MT=%llx>", (int)length, name,
				    (unsigned long long)type->handle);
	else
		*ret = arena_printf(&heap->arena, "%.*s…<name cut>", (int)length, name);
	return *ret ? NULL : &error_no_memory;
}

static void name_unknown(const struct type *type, struct naming *naming)
{
	text_clear(&naming->name);
	text_clear(&naming->sos_name);
	if (type->handle)
		text_printf(&naming->name, "<unknown type MT=%llx>",
			    (unsigned long long)type->handle);
	else
		text_append(&naming->name, "<unknown type>");
	text_append(&naming->sos_name, text_string(&naming->name));
}

static struct error *name_store(struct heap *heap, const struct type *type, struct naming *naming)
{
	struct type_record *record = type_record_of(type);
	const char *name, *sos_name;
	if (text_failed(&naming->name) || text_failed(&naming->sos_name))
		return &error_no_memory;
	if (!naming->known) {
		TRY(task_check(heap->task, "naming a type"));
		name_unknown(type, naming);
		if (text_failed(&naming->name) || text_failed(&naming->sos_name))
			return &error_no_memory;
	}
	TRY(name_keep(heap, type, &naming->name, &name));
	sos_name = name;
	if (strcmp(text_string(&naming->name), text_string(&naming->sos_name)) != 0)
		TRY(name_keep(heap, type, &naming->sos_name, &sos_name));
	record->name_known = naming->known;
	record->public.sos_name = sos_name;
	record->public.name = name;
	return NULL;
}

/* The parts of a type that its name is made of: its element, or its arguments. NULL entry: that
 * part is no type. */
static struct error *parts_find(struct heap *heap, const struct type *type,
				const struct type **element, const struct type *const **ret,
				uint32_t *ret_count)
{
	*ret = element;
	*ret_count = 0;
	if (type->kind == TYPE_ARRAY || type->kind == TYPE_POINTER || type->kind == TYPE_BYREF) {
		*element = type->element;
		*ret_count = 1;
		return NULL;
	}
	for (uint32_t i = 0; i < type->argument_count; i++) {
		const struct type *argument;
		struct error *error = type_argument(heap, type, i, &argument);
		if (error_is_fatal(error))
			return error;
		error_free(error);
	}
	if (type->argument_count) {
		*ret = type_record_of(type)->argument_types;
		*ret_count = type->argument_count;
	}
	return NULL;
}

/* One step: *ret_next is a part that needs its name first; NULL: the type has its name now. A part
 * that waits for this very name, as in damaged memory only, has none. */
static struct error *name_step(struct heap *heap, const struct type *type,
			       const struct type **ret_next)
{
	const struct type *element = NULL, *const * parts;
	uint32_t count;
	bool whole = true;
	struct naming naming = { 0 };
	*ret_next = NULL;
	TRY(parts_find(heap, type, &element, &parts, &count));
	for (uint32_t i = 0; i < count; i++) {
		if (parts[i] && !parts[i]->name && !type_record_of(parts[i])->name_waits) {
			*ret_next = parts[i];
			return NULL;
		}
		whole = whole && parts[i] && parts[i]->name && type_record_of(parts[i])->name_known;
	}
	struct error *error = whole ? name_make(heap, type, parts, &naming) : NULL;
	if (!error)
		error = name_store(heap, type, &naming);
	text_deinit(&naming.name);
	text_deinit(&naming.sos_name);
	return error;
}

/* Types whose names wait for each other's: the last one is next. */
struct waiting {
	const struct type **types;
	size_t count, capacity;
};

static void waiting_deinit(struct waiting *waiting)
{
	while (waiting->count)
		type_record_of(waiting->types[--waiting->count])->name_waits = false;
	free(waiting->types);
}

static struct error *waiting_add(struct waiting *waiting, const struct type *type)
{
	TRY(LIST_GROW(waiting->types, waiting->count, waiting->capacity));
	waiting->types[waiting->count++] = type;
	type_record_of(type)->name_waits = true;
	return NULL;
}

struct error *type_name_prepare(struct heap *heap, const struct type *type)
{
	CLEANUP(waiting_deinit) struct waiting waiting = { 0 };
	const struct type *next = type->name ? NULL : type;
	while (next || waiting.count) {
		TRY(task_check(heap->task, "naming a type"));
		if (next)
			TRY(waiting_add(&waiting, next));
		TRY(name_step(heap, waiting.types[waiting.count - 1], &next));
		if (!next)
			type_record_of(waiting.types[--waiting.count])->name_waits = false;
	}
	return NULL;
}

/* A name that was not found is not looked for again: each answer lacks what the first one did. */
static void note_name_lack(struct heap *heap, struct type_record *record)
{
	if (!record->name_lacks)
		record->name_lacks = __atomic_load_n(&heap->target->lacks, __ATOMIC_RELAXED);
	if (record->name_lacks)
		target_note_lack(heap->target, record->name_lacks);
}

const char *type_name(struct heap *heap, const struct type *type, bool *ret_known)
{
	heap_lock(heap);
	struct error *error = type_name_prepare(heap, type);
	error_free(error);
	bool known = !error && type_record_of(type)->name_known;
	if (!known)
		note_name_lack(heap, type_record_of(type));
	if (ret_known)
		*ret_known = known;
	heap->met_unnamed |= !known;
	const char *name = error ? unknown_without_memory : type->name;
	heap_unlock(heap);
	return name;
}

const char *type_sos_name(struct heap *heap, const struct type *type)
{
	heap_lock(heap);
	type_name(heap, type, NULL);
	const char *name = type->sos_name ? type->sos_name : unknown_without_memory;
	heap_unlock(heap);
	return name;
}
