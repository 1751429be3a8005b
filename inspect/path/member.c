/* Members of a get path: fields, properties, and what has no field but is known: lengths, a
 * Nullable's two, a tuple's eighth. */
#include "inspect/path/steps.h"

#include "base/cleanup.h"
#include "base/number_text.h"
#include "base/text.h"
#include "heap/collections/collection.h"

enum { TUPLE_FIELDS_OWN = 8 /* the first in Rest */ };

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

/* C#'s eighth and later elements of a tuple are in Rest, as its Item1 and so on. */
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
