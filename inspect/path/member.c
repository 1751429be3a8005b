/* Members of a get path: what a name means in a class, and reading it. */
#include "inspect/path/resolve.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/number_text.h"
#include "heap/clr_threads.h"
#include "heap/collections/collection.h"
#include "inspect/near_names.h"

/* ECMA-335 II.23.1.5 (FieldAttributes), II.23.1.10 (MethodAttributes). */
enum { FIELD_LITERAL = 0x40, METHOD_STATIC = 0x10 };
enum { THREADS_NAMED = 20, TUPLE_FIELDS_OWN = 8 /* the first in Rest */ };

/* "<Name>k__BackingField" is Name's; also of an explicit implementation, "<Namespace.IFace.Name>…".
 */
static bool backs(const char *field, const char *name, bool explicitly)
{
	size_t length = strlen(name);
	const char *end = strchr(field, '>');
	if (field[0] != '<' || !end || (size_t)(end - field - 1) < length)
		return false;
	if (strcmp(end, ">k__BackingField") && strcmp(end, ">i__Field") && strcmp(end, ">P"))
		return false;
	if (strncmp(end - length, name, length))
		return false;
	char before = end[-(ptrdiff_t)length - 1];
	return explicitly ? before == '.' : before == '<';
}

static bool is_explicit_name(const char *property, const char *name)
{
	const char *dot = strrchr(property, '.');
	return dot && !strcmp(dot + 1, name);
}

static struct error *find_own_field(struct heap *heap, const struct type *type, const char *name,
				    bool statics, bool explicitly, struct member_found *ret)
{
	const struct type_field *fields;
	size_t count;
	TRY(type_own_fields(heap, type, &fields, &count));
	for (size_t i = 0; i < count; i++) {
		bool same = !explicitly && !strcmp(fields[i].name, name);
		if (fields[i].is_static != statics ||
		    (!same && !backs(fields[i].name, name, explicitly)))
			continue;
		*ret = (struct member_found){ MEMBER_FIELD, type, &fields[i], 0 };
		if (same)
			return NULL;
	}
	return NULL;
}

static void find_own_constant(const struct metadata *metadata, const struct type *type,
			      const char *name, struct member_found *ret)
{
	struct type_def definition;
	if (!metadata_type_def(metadata, token_row(type->token), &definition))
		return;
	for (uint32_t i = 0; i < definition.field_count && i < LIMIT_FIELDS; i++) {
		struct member field;
		uint32_t row = metadata_field_row(metadata, definition.first_field + i);
		if (!metadata_field(metadata, row, &field) || !(field.flags & FIELD_LITERAL) ||
		    strcmp(field.name, name))
			continue;
		*ret = (struct member_found){ MEMBER_CONSTANT, type, NULL, row };
		return;
	}
}

static struct error *find_own_property(const struct heap *heap, const struct metadata *metadata,
				       const struct type *type, const char *name, bool statics,
				       bool explicitly, struct member_found *ret)
{
	const char *property;
	uint32_t getter;
	for (uint32_t i = 0; i < LIMIT_FIELDS; i++) {
		struct member method;
		TRY(task_check(heap->task, "looking for a property"));
		if (!metadata_property(metadata, token_row(type->token), i, &property, &getter))
			return NULL;
		bool same = explicitly ? is_explicit_name(property, name) : !strcmp(property, name);
		if (!same || !getter || !metadata_method(metadata, getter, &method) ||
		    !!(method.flags & METHOD_STATIC) != statics)
			continue;
		*ret = (struct member_found){ MEMBER_PROPERTY, type, NULL, getter };
		return NULL;
	}
	return NULL;
}

static struct error *find_own(struct heap *heap, const struct type *type, const char *name,
			      bool statics, bool explicitly, struct member_found *ret)
{
	struct metadata *metadata;
	TRY(find_own_field(heap, type, name, statics, explicitly, ret));
	if (ret->kind != MEMBER_NONE)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, type->token ? type->module : NULL, &metadata));
	if (metadata && statics && !explicitly)
		find_own_constant(metadata, type, name, ret);
	if (metadata && ret->kind == MEMBER_NONE)
		TRY(find_own_property(heap, metadata, type, name, statics, explicitly, ret));
	return NULL;
}

struct error *member_find(struct heap *heap, const struct type *type, const char *name,
			  bool statics, struct member_found *ret)
{
	*ret = (struct member_found){ 0 };
	for (int explicitly = 0; explicitly < 2 && ret->kind == MEMBER_NONE; explicitly++) {
		const struct type *level = type;
		while (level) {
			TRY(find_own(heap, level, name, statics, explicitly, ret));
			if (ret->kind != MEMBER_NONE)
				break;
			TRY(type_parent(heap, level, &level));
		}
	}
	return NULL;
}

/* As a user writes it. */
static struct error *offer_field(struct near_names *near, const char *name)
{
	const char *end = strchr(name, '>');
	if (name[0] != '<' || !end || end == name + 1 || strncmp(end, ">k__", 4) != 0)
		return near_names_offer(near, name);
	CLEANUP(text_deinit) struct text property = { 0 };
	text_printf(&property, "%.*s", (int)(end - name - 1), name + 1);
	return text_failed(&property) ? &error_no_memory
				      : near_names_offer(near, text_string(&property));
}

static struct error *offer_own(struct heap *heap, const struct type *type, bool statics,
			       enum member_set set, struct near_names *near)
{
	const struct type_field *fields;
	struct metadata *metadata;
	size_t count;
	TRY(type_own_fields(heap, type, &fields, &count));
	for (size_t i = 0; i < count; i++)
		if (fields[i].is_static == statics)
			TRY(offer_field(near, fields[i].name));
	if (set == FIELDS_ONLY)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, type->token ? type->module : NULL, &metadata));
	for (uint32_t i = 0; metadata && i < LIMIT_FIELDS; i++) {
		const char *property;
		uint32_t getter;
		struct member method;
		TRY(task_check(heap->task, "listing members"));
		if (!metadata_property(metadata, token_row(type->token), i, &property, &getter))
			break;
		if (getter && metadata_method(metadata, getter, &method) &&
		    !!(method.flags & METHOD_STATIC) == statics)
			TRY(near_names_offer(near, property));
	}
	return NULL;
}

struct error *member_list(struct heap *heap, const struct type *type, const char *name,
			  bool statics, enum member_set set, struct text *to)
{
	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	struct near_names near = { .wanted = name, .limit = NEAR_NAMES_MAX, .arena = &arena };
	const struct type *level = type;
	while (level) {
		TRY(offer_own(heap, level, statics, set, &near));
		TRY(type_parent(heap, level, &level));
	}
	if (!near.count)
		text_printf(to, " it has no %s%s", statics ? "static " : "",
			    set == FIELDS_ONLY ? "fields" : "members");
	else
		text_printf(to, " it has %s%s", set == FIELDS_ONLY ? "the fields " : "",
			    near.offered > near.count ? "(among others) " : "");
	near_names_list(&near, "", to);
	return text_failed(to) ? &error_no_memory : NULL;
}

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
		return error_fault(address, "the static %s cannot be read: it is not in the dump",
				   shown);
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

static void set_number(struct get *get, enum value_kind kind, uint64_t bits)
{
	get->units = NULL;
	get->value = (struct value){ .kind = kind,
				     .width = kind == VALUE_BOOLEAN ? 1 : 4,
				     .bits = bits };
}

static bool is_nullable(struct get *get)
{
	const struct type *declared = get->value.declared;
	return declared && !get->units && type_is(get->heap, declared, "System.Nullable`1");
}

/* Nullable's own two; value_read() has taken it apart already. */
static bool get_nullable(struct get *get, const char *name)
{
	if (!is_nullable(get))
		return false;
	if (!strcmp(name, "HasValue")) {
		set_number(get, VALUE_BOOLEAN, get->value.kind != VALUE_NULL);
		return true;
	}
	return !strcmp(name, "Value") && get->value.kind != VALUE_NULL;
}

/* Count and Length of what has one, though code computes them. */
static struct error *get_length(struct get *get, const char *name, bool *ret)
{
	bool is_length = !strcmp(name, "Length"), is_count = !strcmp(name, "Count");
	const struct value *value = &get->value;
	*ret = false;
	if (!is_length && !is_count)
		return NULL;
	uint64_t count = get->unit_count;
	if (!get->units && value->kind == VALUE_REFERENCE && value->type &&
	    value->type->kind == TYPE_STRING) {
		const uint16_t *units;
		size_t got;
		TRY(string_read(get->heap, value->bits, 0, get->question->scratch, &units, &got,
				&count));
	} else if (!get->units) {
		struct collection collection;
		bool is_collection;
		TRY(collection_open(get->heap, value, get->question->scratch, &collection,
				    &is_collection));
		if (!is_collection || collection.foreign)
			return NULL;
		TRY(collection_count(get->heap, value, get->question->task, &count));
	}
	*ret = true;
	set_number(get, VALUE_UNSIGNED, count);
	return NULL;
}

/* Key and Value of a KeyValuePair, whose getters' code may not be in the dump. */
static const char *pair_field(struct get *get, const char *name)
{
	if (!get->value.type ||
	    !type_is(get->heap, get->value.type, "System.Collections.Generic.KeyValuePair`2"))
		return name;
	return !strcmp(name, "Key") ? "key" : !strcmp(name, "Value") ? "value" : name;
}

static struct error *no_such_member(struct get *get, const char *name)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	const struct type *type = get->value.type;
	bool has_fields = !get->units && type &&
			  (get->value.kind == VALUE_REFERENCE || get->value.kind == VALUE_STRUCT);
	text_printf(&text, "%s, which is a %s, has no member %s%s", get_so_far(get),
		    get_type_name(get), name, has_fields ? ":" : "");
	if (has_fields)
		TRY(member_list(get->heap, type, name, false, FIELDS_AND_PROPERTIES, &text));
	if (text_failed(&text))
		return &error_no_memory;
	return error_new(ERROR_NOT_FOUND, "%s", text_string(&text));
}

static struct error *get_found(struct get *get, const struct member_found *member, const char *name,
			       bool statics)
{
	if (member->kind == MEMBER_PROPERTY)
		return get_getter(get, member, name, statics);
	if (member->kind == MEMBER_CONSTANT)
		return get_constant(get, member->type, member->row);
	if (statics)
		return get_static_field(get, member->field, name);
	uint64_t base = get->value.kind == VALUE_REFERENCE ? object_fields(get->value.bits)
							   : get->value.address;
	return value_of_field(get->heap, member->field, base, &get->value);
}

/* C#'s eighth and later elements of a tuple stand in Rest, as its Item1 and so on. */
static struct error *step_into_rest(struct get *get, const char **name)
{
	uint64_t item;
	while (get->value.kind == VALUE_STRUCT && !strncmp(*name, "Item", 4) &&
	       type_is(get->heap, get->value.type, "System.ValueTuple`8")) {
		struct value rest;
		struct error *error = parse_number(*name + 4, &item);
		if (error || item < TUPLE_FIELDS_OWN) {
			error_free(error);
			return NULL;
		}
		TRY(value_field_of_struct(get->heap, get->value.type, get->value.address, "Rest",
					  &rest));
		*name = arena_printf(get->question->scratch, "Item%llu",
				     (unsigned long long)(item - TUPLE_FIELDS_OWN + 1));
		if (!*name)
			return &error_no_memory;
		get->value = rest;
	}
	return NULL;
}

struct error *get_member(struct get *get, const char *name)
{
	struct member_found member = { 0 };
	bool done;
	if (get_nullable(get, name))
		return NULL;
	if (!get->units && get->value.kind == VALUE_NULL)
		return error_new(ERROR_NOT_FOUND, "%s is null: it has no %s", get_so_far(get),
				 name);
	if (!get->units && get->value.type)
		TRY(step_into_rest(get, &name));
	bool has_fields = !get->units && get->value.type &&
			  (get->value.kind == VALUE_REFERENCE || get->value.kind == VALUE_STRUCT);
	if (has_fields)
		TRY(member_find(get->heap, get->value.type, pair_field(get, name), false, &member));
	if (member.kind == MEMBER_FIELD)
		return get_found(get, &member, name, false);
	TRY(get_length(get, name, &done));
	if (done)
		return NULL;
	if (member.kind != MEMBER_NONE)
		return get_found(get, &member, name, false);
	if (has_fields)
		TRY(member_find(get->heap, get->value.type, name, true, &member));
	if (member.kind != MEMBER_NONE)
		return get_found(get, &member, name, true);
	return no_such_member(get, name);
}
