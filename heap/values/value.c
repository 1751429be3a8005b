#include "heap/values/value.h"

/* An expected failure of reading: the value is then VALUE_UNREADABLE, or its type unknown. */
static bool is_unreadable(struct error **error)
{
	return error_take_damage(error) || error_take(error, ERROR_NOT_FOUND);
}

static bool element_is_signed(uint8_t element_type)
{
	return element_type == ELEMENT_I1 || element_type == ELEMENT_I2 ||
	       element_type == ELEMENT_I4 || element_type == ELEMENT_I8 ||
	       element_type == ELEMENT_I;
}

static enum value_kind primitive_kind(uint8_t element_type)
{
	switch (element_type) {
	case ELEMENT_BOOLEAN:
		return VALUE_BOOLEAN;
	case ELEMENT_CHAR:
		return VALUE_CHAR;
	case ELEMENT_R4:
		return VALUE_SINGLE;
	case ELEMENT_R8:
		return VALUE_DOUBLE;
	case ELEMENT_PTR:
	case ELEMENT_BYREF:
	case ELEMENT_FNPTR:
		return VALUE_POINTER;
	default:
		return element_is_signed(element_type) ? VALUE_SIGNED : VALUE_UNSIGNED;
	}
}

static void read_number(struct heap *heap, uint8_t element_type, enum value_kind kind,
			struct value *value)
{
	uint8_t width = element_width(element_type);
	const uint8_t *bytes = width ? reader_borrow(&heap->reader, value->address, width) : NULL;
	if (!bytes)
		return;
	value->kind = kind;
	value->width = width;
	value->bits = load_unsigned(bytes, width);
	if (element_is_signed(element_type))
		value->bits = (uint64_t)sign_extend(value->bits, width);
}

/* The type of the object at value->bits, NULL where its MethodTable is none. */
static struct error *object_type(struct heap *heap, uint64_t object, const struct type **ret)
{
	uint64_t method_table;
	*ret = NULL;
	if (!heap_object_method_table(heap, object, &method_table))
		return NULL;
	struct error *error = type_at(heap, method_table, ret);
	if (is_unreadable(&error))
		*ret = NULL;
	return error;
}

static struct error *read_reference(struct heap *heap, struct value *value)
{
	if (!reader_u64(&heap->reader, value->address, &value->bits))
		return NULL;
	value->kind = value->bits ? VALUE_REFERENCE : VALUE_NULL;
	value->width = sizeof(uint64_t);
	if (!value->bits)
		return NULL;
	value->type = NULL;
	return object_type(heap, value->bits, &value->type);
}

/* Are a struct's bytes there? The ends of those longer than a window. */
static bool struct_is_readable(struct heap *heap, uint64_t address, uint64_t size)
{
	if (size <= READER_WINDOW_MAX)
		return reader_borrow(&heap->reader, address, size ? size : 1);
	return reader_borrow(&heap->reader, address, 1) &&
	       reader_borrow(&heap->reader, address + size - 1, 1);
}

/* Nullable<T> by its own fields (System.Nullable`1: hasValue, value): *type and value->address
 * become those of what is in it. *type NULL: there is nothing more to read. Unchanged where the
 * fields have no names (no metadata): it is a struct like any other then. */
static struct error *open_nullable(struct heap *heap, const struct type **type, struct value *value)
{
	const struct type_field *has_value, *content;
	TRY(field_by_name(heap, *type, "hasValue", false, &has_value));
	TRY(field_by_name(heap, *type, "value", false, &content));
	if (!has_value || !content)
		return NULL;
	const uint8_t *flag = reader_borrow(&heap->reader, value->address + has_value->offset, 1);
	if (flag && *flag) {
		value->address += content->offset;
		return field_type(heap, content, type);
	}
	if (flag)
		value->kind = VALUE_NULL;
	*type = NULL;
	return NULL;
}

static struct error *read_plain(struct heap *heap, const struct type *type, struct value *value)
{
	switch (type->kind) {
	case TYPE_PRIMITIVE:
		read_number(heap, type->element_type, primitive_kind(type->element_type), value);
		return NULL;
	case TYPE_ENUM:
		read_number(heap, type->element_type, VALUE_ENUM, value);
		return NULL;
	case TYPE_POINTER:
	case TYPE_BYREF:
	case TYPE_FUNCTION_POINTER:
		read_number(heap, ELEMENT_PTR, VALUE_POINTER, value);
		return NULL;
	case TYPE_STRUCT:
		if (struct_is_readable(heap, value->address, type->value_size))
			value->kind = VALUE_STRUCT;
		return NULL;
	case TYPE_CLASS:
	case TYPE_INTERFACE:
	case TYPE_STRING:
	case TYPE_ARRAY:
		return read_reference(heap, value);
	default: /* a type variable, free space: nothing has them */
		return NULL;
	}
}

struct error *value_read(struct heap *heap, const struct type *type, uint64_t address,
			 struct value *ret)
{
	*ret = (struct value){ .type = type, .declared = type, .address = address };
	if (type->is_nullable) {
		struct error *error = open_nullable(heap, &type, ret);
		if (is_unreadable(&error) || error_take(&error, ERROR_UNSUPPORTED))
			type = NULL;
		/* A Nullable in a Nullable does not compile; one in itself is no type. */
		if (error || !type || (type != ret->declared && type->is_nullable))
			return error;
		ret->type = type;
	}
	return read_plain(heap, type, ret);
}

struct error *value_of_object(struct heap *heap, uint64_t object, struct value *ret)
{
	const struct type *type;
	*ret = (struct value){ .kind = VALUE_NULL, .width = sizeof(uint64_t) };
	if (!object)
		return NULL;
	TRY(object_type(heap, object, &type));
	if (type &&
	    (type->kind == TYPE_STRUCT || type->kind == TYPE_PRIMITIVE || type->kind == TYPE_ENUM))
		return value_read(heap, type, object_fields(object), ret);
	*ret = (struct value){
		.kind = VALUE_REFERENCE,
		.width = sizeof(uint64_t),
		.type = type,
		.declared = type,
		.bits = object,
	};
	return NULL;
}

/* Where the field's type is not known (no metadata) FieldDesc's own element type still says what
 * the bytes are: enums show as numbers, structs as a place. */
static struct error *value_by_element(struct heap *heap, const struct type_field *field,
				      uint64_t address, struct value *ret)
{
	*ret = (struct value){ .address = address };
	if (element_width(field->element_type)) {
		read_number(heap, field->element_type, primitive_kind(field->element_type), ret);
		return NULL;
	}
	if (field->element_type != ELEMENT_VALUETYPE)
		return read_reference(heap, ret);
	if (reader_borrow(&heap->reader, address, 1))
		ret->kind = VALUE_STRUCT;
	return NULL;
}

/* Does the type that the signature gives agree with what FieldDesc says the bytes are? A wrong one
 * would show a number as an address. */
static bool type_fits(const struct type *type, const struct type_field *field)
{
	if (field->element_type == ELEMENT_VALUETYPE)
		return type->kind == TYPE_STRUCT || type->kind == TYPE_PRIMITIVE;
	if (element_width(field->element_type))
		return type->kind == TYPE_PRIMITIVE || type->kind == TYPE_ENUM ||
		       type->kind == TYPE_POINTER || type->kind == TYPE_BYREF ||
		       type->kind == TYPE_FUNCTION_POINTER;
	return type_is_reference(type);
}

struct error *value_of_field(struct heap *heap, const struct type_field *field, uint64_t base,
			     struct value *ret)
{
	const struct type *type = NULL;
	uint64_t address = base + (field->is_static ? 0 : field->offset);
	struct error *error = field_type(heap, field, &type);
	if (is_unreadable(&error) || error_take(&error, ERROR_UNSUPPORTED))
		type = NULL;
	if (error)
		return error;
	if (!type || !type_fits(type, field))
		return value_by_element(heap, field, address, ret);
	return value_read(heap, type, address, ret);
}

struct error *value_field_of_struct(struct heap *heap, const struct type *type, uint64_t address,
				    const char *name, struct value *ret)
{
	const struct type_field *field;
	*ret = (struct value){ .kind = VALUE_UNREADABLE };
	TRY(field_by_name(heap, type, name, false, &field));
	return field ? value_of_field(heap, field, address, ret) : NULL;
}

struct error *value_field_of_object(struct heap *heap, uint64_t object, const char *name,
				    struct value *ret)
{
	const struct type *type;
	*ret = (struct value){ .kind = VALUE_UNREADABLE };
	TRY(object_type(heap, object, &type));
	return type ? value_field_of_struct(heap, type, object_fields(object), name, ret) : NULL;
}

struct error *value_check(struct heap *heap, const struct value *value)
{
	if (value->kind == VALUE_UNREADABLE)
		return error_fault(value->address, "cannot read the value at %#llx",
				   (unsigned long long)value->address);
	if (value->kind == VALUE_REFERENCE && !value->type)
		return error_fault(value->bits,
				   "cannot read the object at %#llx: it, or its type, %s",
				   (unsigned long long)value->bits, target_lacks_it(heap->target));
	return NULL;
}
