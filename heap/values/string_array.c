#include "heap/types/field_layout.h"
#include "heap/values/value.h"

static struct error *object_must_be(struct heap *heap, uint64_t object, enum type_kind kind,
				    const char *what, const struct type **ret)
{
	uint64_t method_table;
	if (!heap_object_method_table(heap, object, &method_table))
		return error_fault(object, "cannot read the object at %#llx",
				   (unsigned long long)object);
	TRY(type_at(heap, method_table, ret));
	if ((*ret)->kind == kind)
		return NULL;
	return error_new(ERROR_BAD_DATA, "the object at %#llx is %s and not %s",
			 (unsigned long long)object, type_name(heap, *ret, NULL), what);
}

/* As many units as can be read, when not all can be: a string may end beyond a hole. */
static size_t copy_units(struct reader *reader, uint64_t address, uint16_t *units, size_t count)
{
	enum { STEP = 2048 };
	size_t done = 0;
	if (reader_copy(reader, address, units, count * sizeof(*units)))
		return count;
	while (done < count) {
		size_t step = count - done < STEP ? count - done : STEP;
		uint64_t place = address + done * sizeof(*units);
		while (step && !reader_copy(reader, place, units + done, step * sizeof(*units)))
			step /= 2;
		if (!step)
			break;
		done += step;
	}
	return done;
}

struct error *string_place(struct heap *heap, uint64_t object, uint64_t *ret_address,
			   uint64_t *ret_length)
{
	const struct field_layout *layout;
	const struct type *type;
	TRY(field_layout_get(heap, &layout));
	TRY(object_must_be(heap, object, TYPE_STRING, "a string", &type));
	TRY(read_field(&heap->reader, object, layout->object.string_length, "a string",
		       ret_length));
	if (*ret_length > LIMIT_STRING_UNITS)
		return error_new(ERROR_BAD_DATA, "the string at %#llx has an impossible length",
				 (unsigned long long)object);
	*ret_address = object + layout->object.string_units.offset;
	return NULL;
}

struct error *string_read(struct heap *heap, uint64_t object, size_t limit, struct arena *arena,
			  const uint16_t **ret, size_t *ret_count, uint64_t *ret_length)
{
	uint64_t address, length;
	TRY(string_place(heap, object, &address, &length));
	size_t wanted = length < limit ? (size_t)length : limit;
	uint16_t *units = arena_allocate_array(arena, wanted + 1, sizeof(*units));
	if (!units)
		return &error_no_memory;
	*ret_count = copy_units(&heap->reader, address, units, wanted);
	if (wanted && !*ret_count)
		return error_fault(address, "cannot read the characters of the string at %#llx",
				   (unsigned long long)object);
	*ret = units;
	*ret_length = length;
	return NULL;
}

struct error *string_borrow(struct heap *heap, struct reader *reader, uint64_t object,
			    uint32_t limit, const uint8_t **ret, uint32_t *ret_count,
			    uint32_t *ret_length)
{
	const struct field_layout *layout;
	*ret = NULL;
	TRY(field_layout_get(heap, &layout));
	if (!reader_u32(reader, object + layout->object.string_length.offset, ret_length))
		return NULL;
	*ret_count = *ret_length < limit ? *ret_length : limit;
	*ret = reader_borrow(reader, object + layout->object.string_units.offset,
			     *ret_count * sizeof(uint16_t));
	return NULL;
}

/* Bounds of a multi-dimensional array are between count and elements: u32 lengths, then i32 lower
 * bounds (src/coreclr/vm/object.h: ArrayBase). */
static struct error *bounds_read(struct heap *heap, uint64_t object, struct array_shape *shape)
{
	uint64_t lengths = shape->data - 2 * (uint64_t)shape->rank * sizeof(uint32_t);
	uint64_t product = 1;
	for (unsigned i = 0; i < shape->rank; i++) {
		uint64_t lower, length;
		TRY(reader_unsigned(&heap->reader, lengths + i * sizeof(uint32_t), 4,
				    "an array's lengths", &length));
		TRY(reader_unsigned(&heap->reader, lengths + (shape->rank + i) * sizeof(uint32_t),
				    4, "an array's lower bounds", &lower));
		shape->lengths[i] = (uint32_t)length;
		shape->lower_bounds[i] = (int32_t)(uint32_t)lower;
		if (__builtin_mul_overflow(product, length, &product))
			product = UINT64_MAX;
	}
	if (product == shape->count)
		return NULL;
	return error_new(ERROR_BAD_DATA, "the lengths of the array at %#llx contradict its count",
			 (unsigned long long)object);
}

static struct error *shape_check(uint64_t object, const struct array_shape *shape)
{
	uint64_t bytes, end;
	if (!shape->rank || shape->rank > LIMIT_ARRAY_RANK)
		return error_new(ERROR_BAD_DATA, "the array at %#llx has an impossible rank",
				 (unsigned long long)object);
	if (__builtin_mul_overflow(shape->count, shape->element_size, &bytes) ||
	    __builtin_add_overflow(shape->data, bytes, &end))
		return error_new(ERROR_BAD_DATA, "the array at %#llx has an impossible length",
				 (unsigned long long)object);
	return NULL;
}

struct error *array_read(struct heap *heap, uint64_t object, struct array_shape *ret)
{
	const struct type *type;
	const struct field_layout *layout;
	uint64_t number;
	*ret = (struct array_shape){ 0 };
	TRY(object_must_be(heap, object, TYPE_ARRAY, "an array", &type));
	TRY(field_layout_get(heap, &layout));
	TRY(read_field(&heap->reader, object, layout->object.array_count, "an array", &number));
	if (type->base_size < layout->object.header)
		return error_new(ERROR_BAD_DATA, "the array type %s has an impossible size",
				 type_name(heap, type, NULL));
	ret->type = type;
	ret->element = type->element;
	ret->count = number;
	ret->rank = type->rank ? type->rank : 1;
	ret->element_size = type->component_size;
	ret->data = object + type->base_size - layout->object.header;
	TRY(shape_check(object, ret));
	if (!type->is_single_dimension)
		return bounds_read(heap, object, ret);
	ret->lengths[0] = (uint32_t)number;
	return NULL;
}

struct error *array_element(struct heap *heap, const struct array_shape *shape, uint64_t index,
			    struct value *ret)
{
	uint64_t address = shape->data + index * shape->element_size;
	if (index >= shape->count)
		return error_new(ERROR_NOT_FOUND, "the array has %llu elements, index %llu is none",
				 (unsigned long long)shape->count, (unsigned long long)index);
	if (shape->element)
		return value_read(heap, shape->element, address, ret);
	*ret = (struct value){ .kind = VALUE_UNREADABLE, .address = address };
	return NULL;
}

/* The attribute of C# 12's inline arrays; fixed buffers are nested structs that the compiler names
 * <Name>e__FixedBuffer. */
static bool is_inline_array(struct heap *heap, const struct type *type)
{
	struct metadata *metadata;
	struct type_def definition;
	if (!type->module)
		return false;
	struct error *error = clr_module_metadata(heap, type->module, &metadata);
	if (error) {
		error_free(error);
		return false;
	}
	if (metadata_has_attribute(metadata, type->token, "InlineArrayAttribute"))
		return true;
	return metadata_type_def(metadata, token_row(type->token), &definition) &&
	       strstr(definition.name, ">e__FixedBuffer");
}

struct error *inline_array_read(struct heap *heap, const struct value *value,
				struct array_shape *ret, bool *ret_is)
{
	const struct type_field *fields;
	const struct type *element;
	size_t count;
	*ret_is = false;
	*ret = (struct array_shape){ .type = value->type, .rank = 1, .data = value->address };
	if (value->kind != VALUE_STRUCT || !value->type || value->type->kind != TYPE_STRUCT)
		return NULL;
	TRY(type_own_fields(heap, value->type, &fields, &count));
	if (!count || fields[0].is_static || fields[0].offset != 0 ||
	    (count > 1 && !fields[1].is_static) || !is_inline_array(heap, value->type))
		return NULL;
	TRY(field_type(heap, &fields[0], &element));
	if (!element->value_size || value->type->value_size < element->value_size)
		return NULL;
	ret->element = element;
	ret->element_size = element->value_size;
	ret->count = value->type->value_size / element->value_size;
	ret->lengths[0] = (uint32_t)ret->count;
	*ret_is = true;
	return NULL;
}
