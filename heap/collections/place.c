#include "heap/collections/internal.h"

struct place place_of_value(struct heap *heap, const struct value *value)
{
	struct place place = { .heap = heap, .type = value->type };
	if (value->kind == VALUE_REFERENCE)
		place.base = object_fields(value->bits);
	else if (value->kind == VALUE_STRUCT)
		place.base = value->address;
	if (!place.type)
		place.base = 0;
	return place;
}

static struct error *no_such_field(const struct place *place, const char *name)
{
	return error_new(ERROR_BAD_DATA, "%s has no field %s",
			 type_name(place->heap, place->type, NULL), name);
}

struct error *place_field(const struct place *place, const char *name,
			  const struct type_field **ret)
{
	TRY(field_by_name(place->heap, place->type, name, false, ret));
	return *ret ? NULL : no_such_field(place, name);
}

struct error *place_has(const struct place *place, const char *name, bool *ret)
{
	const struct type_field *field;
	TRY(field_by_name(place->heap, place->type, name, false, &field));
	*ret = field != NULL;
	return NULL;
}

struct error *place_check(const struct place *place, const char *name, const struct value *value)
{
	struct error *error = value_check(place->heap, value);
	return error ? error_context(error, "%s of the %s at %#llx", name,
				     type_name(place->heap, place->type, NULL),
				     (unsigned long long)place->base)
		     : NULL;
}

struct error *place_value(const struct place *place, const char *name, struct value *ret)
{
	const struct type_field *field;
	TRY(place_field(place, name, &field));
	TRY(value_of_field(place->heap, field, place->base, ret));
	return place_check(place, name, ret);
}

struct error *place_integer(const struct place *place, const char *name, int64_t *ret)
{
	struct value value;
	TRY(place_value(place, name, &value));
	if (value.kind != VALUE_SIGNED && value.kind != VALUE_UNSIGNED)
		return error_new(ERROR_BAD_DATA, "%s of %s is no integer", name,
				 type_name(place->heap, place->type, NULL));
	*ret = (int64_t)value.bits;
	return NULL;
}

struct error *place_count(const struct place *place, const char *name, uint64_t *ret)
{
	int64_t number = 0;
	TRY(place_integer(place, name, &number));
	if (number < 0)
		return error_new(ERROR_BAD_DATA, "%s of the %s at %#llx is %lld", name,
				 type_name(place->heap, place->type, NULL),
				 (unsigned long long)place->base, (long long)number);
	*ret = (uint64_t)number;
	return NULL;
}

struct error *place_inner(const struct place *place, const char *name, struct place *ret)
{
	struct value value;
	TRY(place_value(place, name, &value));
	*ret = place_of_value(place->heap, &value);
	return NULL;
}

struct error *place_array(const struct place *place, const char *name, struct array_shape *ret)
{
	struct value value;
	TRY(place_value(place, name, &value));
	*ret = (struct array_shape){ 0 };
	if (value.kind == VALUE_NULL)
		return NULL;
	if (value.kind != VALUE_REFERENCE || !value.type || value.type->kind != TYPE_ARRAY)
		return error_new(ERROR_BAD_DATA, "%s of %s is no array", name,
				 type_name(place->heap, place->type, NULL));
	return array_read(place->heap, value.bits, ret);
}

struct error *place_has_array(const struct place *place, const char *name, bool *ret)
{
	const struct type_field *field;
	const struct type *type;
	*ret = false;
	TRY(field_by_name(place->heap, place->type, name, false, &field));
	if (!field)
		return NULL;
	TRY(field_type(place->heap, field, &type));
	*ret = type->kind == TYPE_ARRAY;
	return NULL;
}

static struct error *node_fields_of(struct node_fields *nodes, const struct place *node)
{
	if (nodes->type == node->type)
		return NULL;
	for (size_t i = 0; i < NODE_FIELDS; i++) {
		nodes->fields[i] = NULL;
		if (nodes->names[i])
			TRY(field_by_name(node->heap, node->type, nodes->names[i], false,
					  &nodes->fields[i]));
	}
	nodes->type = node->type;
	return NULL;
}

struct error *node_value(struct node_fields *nodes, const struct place *node, size_t field,
			 struct value *ret)
{
	TRY(node_fields_of(nodes, node));
	if (!nodes->fields[field])
		return no_such_field(node, nodes->names[field]);
	return value_of_field(node->heap, nodes->fields[field], node->base, ret);
}

struct error *node_link(struct node_fields *nodes, const struct place *node, size_t field,
			struct place *ret)
{
	struct value value;
	TRY(node_value(nodes, node, field, &value));
	TRY(place_check(node, nodes->names[field], &value));
	*ret = place_of_value(node->heap, &value);
	return NULL;
}

struct error *chain_guard_step(struct chain_guard *guard, uint64_t node)
{
	if (chain_guard_pass(guard, node))
		return NULL;
	return error_new(ERROR_BAD_DATA, "a chain of nodes comes back to %#llx",
			 (unsigned long long)node);
}

struct error *collection_field_type(struct heap *heap, const struct type *type, const char *name,
				    const struct type **ret)
{
	const struct type_field *field;
	*ret = NULL;
	if (!type)
		return NULL;
	TRY(field_by_name(heap, type, name, false, &field));
	return field ? field_type(heap, field, ret) : NULL;
}

struct error *pair_split(struct heap *heap, const struct value *pair, struct item *ret)
{
	struct place place = place_of_value(heap, pair);
	if (!place.base)
		return error_fault(pair->address, "cannot read a pair of key and value");
	const struct type_field *key, *value;
	TRY(place_field(&place, "key", &key));
	TRY(place_field(&place, "value", &value));
	TRY(value_of_field(heap, key, place.base, &ret->key));
	return value_of_field(heap, value, place.base, &ret->value);
}

struct error *pair_types(struct collection *collection, const struct type *pair, bool *ret_is)
{
	*ret_is = pair &&
		  type_is(collection->heap, pair, "System.Collections.Generic.KeyValuePair`2");
	if (!*ret_is)
		return NULL;
	TRY(collection_field_type(collection->heap, pair, "key", &collection->key_type));
	return collection_field_type(collection->heap, pair, "value", &collection->value_type);
}

struct error *value_unbox(struct heap *heap, struct value *value)
{
	if (value->kind != VALUE_REFERENCE || !value->type)
		return NULL;
	switch (value->type->kind) {
	case TYPE_STRUCT:
	case TYPE_PRIMITIVE:
	case TYPE_ENUM: {
		const struct type *declared = value->declared;
		TRY(value_of_object(heap, value->bits, value));
		value->declared = declared;
		return NULL;
	}
	default:
		return NULL;
	}
}
