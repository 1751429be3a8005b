#include "heap/types/field.h"

#include "base/list.h"
#include "heap/types/field_layout.h"

/*
 * FieldDesc, src/coreclr/vm/field.h, as docs/design/datacontracts/RuntimeTypeSystem.md gives its
 * bits (FieldDescFlags1, FieldDescFlags2). The bit after IS_RVA and three of protection are not
 * needed here.
 */
enum {
	DESC_ROW = 0xffffff, /* of the Field table: flags1 */
	DESC_IS_STATIC = 1 << 24,
	DESC_IS_THREAD_STATIC = 1 << 25,
	DESC_IS_RVA = 1 << 26,
	DESC_OFFSET = 0x7ffffff, /* flags2 */
	DESC_TYPE_SHIFT = 27,
};

/* Array index in the u32s after a class's fixed part (8.0: class.h EEClassFieldId), and how they
 * are packed: each is a 5-bit length less one, then that many bits (packedfields.inl). */
enum {
	COUNT_INSTANCE_FIELDS = 0,
	COUNT_METHODS = 1,
	COUNT_STATIC_FIELDS = 2,
	COUNTS_PACKED_BYTES = 11 * 4,
	PACKED_LENGTH_BITS = 5,
};

static uint32_t bits_at(const uint8_t *bytes, unsigned position, unsigned count)
{
	uint32_t number = 0;
	for (unsigned i = 0; i < count; i++, position++)
		number |= (uint32_t)(bytes[position / 8] >> position % 8 & 1) << i;
	return number;
}

static bool packed_count(const uint8_t *bytes, unsigned index, uint32_t *ret)
{
	unsigned position = 0, length = 0;
	for (unsigned i = 0; i <= index; i++) {
		position += length;
		if (position + PACKED_LENGTH_BITS > COUNTS_PACKED_BYTES * 8)
			return false;
		length = bits_at(bytes, position, PACKED_LENGTH_BITS) + 1;
		position += PACKED_LENGTH_BITS;
	}
	if (position + length > COUNTS_PACKED_BYTES * 8)
		return false;
	*ret = bits_at(bytes, position, length);
	return true;
}

static struct error *indexed_count(struct heap *heap, uint64_t ee_class, unsigned index,
				   uint32_t *ret)
{
	const struct field_layout *layout;
	uint64_t size, packed = 0, number;
	TRY(field_layout_get(heap, &layout));
	TRY(read_field(&heap->reader, ee_class, layout->class.fixed_size, "EEClass", &size));
	if (layout->class.fields_are_packed.present)
		TRY(read_field(&heap->reader, ee_class, layout->class.fields_are_packed, "EEClass",
			       &packed));
	if (!packed) {
		TRY(reader_unsigned(&heap->reader, ee_class + size + 4 * (uint64_t)index, 4,
				    "a class's counts", &number));
		*ret = (uint32_t)number;
		return NULL;
	}
	/* Packed counts may end before the last byte asked for: what is absent is zeros. */
	uint8_t bytes[COUNTS_PACKED_BYTES] = { 0 };
	for (unsigned i = 0; i < sizeof(bytes); i++) {
		const uint8_t *byte = reader_borrow(&heap->reader, ee_class + size + i, 1);
		if (!byte)
			break;
		bytes[i] = *byte;
	}
	if (!packed_count(bytes, index, ret))
		return error_new(ERROR_BAD_DATA,
				 "the packed counts of the class at %#llx are wrong",
				 (unsigned long long)ee_class);
	return NULL;
}

struct error *class_counted_methods(struct heap *heap, uint64_t ee_class, uint32_t *ret)
{
	const struct field_layout *layout;
	TRY(field_layout_get(heap, &layout));
	if (layout->class.instance_count.present)
		return error_new(ERROR_UNSUPPORTED, "this runtime counts methods elsewhere");
	return indexed_count(heap, ee_class, COUNT_METHODS, ret);
}

static struct error *class_counts(struct heap *heap, uint64_t ee_class, uint32_t *ret_instance,
				  uint32_t *ret_static)
{
	const struct field_layout *layout;
	uint64_t number;
	TRY(field_layout_get(heap, &layout));
	if (!layout->class.instance_count.present) {
		TRY(indexed_count(heap, ee_class, COUNT_INSTANCE_FIELDS, ret_instance));
		return indexed_count(heap, ee_class, COUNT_STATIC_FIELDS, ret_static);
	}
	TRY(read_field(&heap->reader, ee_class, layout->class.instance_count, "EEClass", &number));
	*ret_instance = (uint32_t)number;
	TRY(read_field(&heap->reader, ee_class, layout->class.static_count, "EEClass", &number));
	*ret_static = (uint32_t)number;
	return NULL;
}

/* How many FieldDescs the class has: its own instance fields (the runtime counts the parents' too),
 * then its statics, thread statics among them. */
static struct error *own_count(struct heap *heap, const struct type *type, uint32_t *ret)
{
	uint32_t instance, statics, parent_instance = 0, ignored;
	const struct type *parent;
	*ret = 0;
	if (type->is_continuation) /* the fields of its base; what is after them has no names */
		return NULL;
	TRY(class_counts(heap, type->ee_class, &instance, &statics));
	TRY(type_parent(heap, type, &parent));
	if (parent && parent->ee_class)
		TRY(class_counts(heap, parent->ee_class, &parent_instance, &ignored));
	if (parent_instance > instance || instance - parent_instance > LIMIT_FIELDS ||
	    statics > LIMIT_FIELDS)
		return error_new(ERROR_BAD_DATA,
				 "the field counts of %s contradict its parent's or exceed %d",
				 type_name(heap, type, NULL), LIMIT_FIELDS);
	*ret = instance - parent_instance + statics;
	return NULL;
}

static struct error *field_fill(struct heap *heap, const struct type *type,
				const struct field_layout *layout, const uint8_t *bytes,
				struct type_field *field)
{
	uint64_t owner = load_unsigned(bytes + layout->desc.method_table.offset,
				       layout->desc.method_table.width);
	uint32_t flags1 = load_u32(bytes + layout->desc.flags1.offset);
	uint32_t flags2 = load_u32(bytes + layout->desc.flags2.offset);
	if (owner != type->canonical)
		return error_new(ERROR_BAD_DATA, "a field of %s belongs to another class (%#llx)",
				 type_name(heap, type, NULL), (unsigned long long)owner);
	field->token = token_make(TABLE_FIELD, flags1 & DESC_ROW);
	field->is_static = flags1 & DESC_IS_STATIC;
	field->is_thread_static = flags1 & DESC_IS_THREAD_STATIC;
	field->is_rva = flags1 & DESC_IS_RVA;
	field->offset = flags2 & DESC_OFFSET;
	field->element_type = (uint8_t)(flags2 >> DESC_TYPE_SHIFT);
	field->declaring = type;
	return NULL;
}

static struct error *field_name(struct heap *heap, struct metadata *metadata,
				struct type_field *field)
{
	struct member member;
	if (metadata && metadata_field(metadata, token_row(field->token), &member)) {
		field->name = member.name;
		field->attributes = member.flags;
	}
	if (!field->name)
		field->name = arena_printf(&heap->arena, "<field %08x>", field->token);
	return field->name ? NULL : &error_no_memory;
}

static struct error *fields_read(struct heap *heap, const struct type *type,
				 struct type_field *fields, uint32_t count)
{
	const struct field_layout *layout;
	struct metadata *metadata;
	uint64_t list;
	TRY(field_layout_get(heap, &layout));
	TRY(clr_module_metadata_or_none(heap, type->module, &metadata));
	TRY(read_field(&heap->reader, type->ee_class, layout->class.field_desc_list, "EEClass",
		       &list));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = list + (uint64_t)i * layout->desc.size;
		const uint8_t *bytes = reader_borrow(&heap->reader, address, layout->desc.size);
		if (!bytes)
			return error_fault(address, "cannot read a field of %s at %#llx",
					   type_name(heap, type, NULL),
					   (unsigned long long)address);
		TRY(field_fill(heap, type, layout, bytes, &fields[i]));
		TRY(field_name(heap, metadata, &fields[i]));
	}
	return NULL;
}

struct error *type_own_fields(struct heap *heap, const struct type *type,
			      const struct type_field **ret, size_t *ret_count)
{
	if (!type->fields_ready) {
		struct type *filled = (struct type *)type;
		struct type_field *fields = NULL;
		uint32_t count = 0;
		if (type->ee_class && type->kind != TYPE_ARRAY && type->kind != TYPE_FREE)
			TRY(own_count(heap, type, &count));
		if (count) {
			fields = arena_allocate_array(&heap->arena, count, sizeof(*fields));
			if (!fields)
				return &error_no_memory;
			TRY(fields_read(heap, type, fields, count));
		}
		filled->fields = fields;
		filled->field_count = count;
		filled->fields_ready = true;
	}
	*ret = type->fields;
	*ret_count = type->field_count;
	return NULL;
}

/* The type and its parents, itself first. */
struct lineage {
	const struct type *types[1 + LIMIT_PARENT_CHAIN];
	size_t count;
};

static struct error *lineage_read(struct heap *heap, const struct type *type,
				  struct lineage *lineage)
{
	while (type) {
		if (lineage->count == 1 + LIMIT_PARENT_CHAIN)
			return error_new(ERROR_BAD_DATA, "%s has more than %d parents",
					 type_name(heap, lineage->types[0], NULL),
					 LIMIT_PARENT_CHAIN);
		lineage->types[lineage->count++] = type;
		TRY(type_parent(heap, type, &type));
	}
	return NULL;
}

struct field_list {
	const struct type_field **fields;
	size_t count, capacity;
};

static struct error *list_append(struct heap *heap, struct field_list *list,
				 const struct type *type, bool statics)
{
	const struct type_field *fields;
	size_t count;
	TRY(type_own_fields(heap, type, &fields, &count));
	for (size_t i = 0; i < count && list->count < list->capacity; i++)
		if (fields[i].is_static == statics)
			list->fields[list->count++] = &fields[i];
	return NULL;
}

static struct error *lineage_capacity(struct heap *heap, const struct lineage *lineage, size_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < lineage->count; i++) {
		const struct type_field *fields;
		size_t count;
		TRY(type_own_fields(heap, lineage->types[i], &fields, &count));
		*ret += count;
	}
	return NULL;
}

static struct error *all_fields(struct heap *heap, const struct lineage *lineage, bool statics,
				struct arena *scratch, struct field_list *list)
{
	TRY(lineage_capacity(heap, lineage, &list->capacity));
	if (!list->capacity)
		return NULL;
	list->fields = arena_allocate_array(scratch, list->capacity, sizeof(*list->fields));
	if (!list->fields)
		return &error_no_memory;
	for (size_t i = lineage->count; i-- > 0;)
		TRY(list_append(heap, list, lineage->types[i], false));
	for (size_t i = lineage->count; statics && i-- > 0;)
		TRY(list_append(heap, list, lineage->types[i], true));
	return NULL;
}

struct error *type_all_fields(struct heap *heap, const struct type *type, bool statics,
			      struct arena *scratch, const struct type_field ***ret,
			      size_t *ret_count)
{
	struct lineage lineage = { .count = 0 };
	struct field_list list = { 0 };
	TRY(lineage_read(heap, type, &lineage));
	TRY(all_fields(heap, &lineage, statics, scratch, &list));
	*ret = list.fields;
	*ret_count = list.count;
	return NULL;
}

static struct error *type_from_signature(struct heap *heap, const struct type_field *field,
					 const struct type **ret)
{
	struct metadata *metadata;
	struct member member;
	struct signature signature;
	struct clr_module *module = field->declaring->module;
	if (!module)
		return error_new(ERROR_NOT_FOUND, "the module of %s is not known",
				 type_name(heap, field->declaring, NULL));
	TRY(clr_module_metadata(heap, module, &metadata));
	if (!metadata_field(metadata, token_row(field->token), &member))
		return error_new(ERROR_BAD_DATA, "the signature of field %s of %s cannot be read",
				 field->name, type_name(heap, field->declaring, NULL));
	TRY(signature_of_field(member.signature, member.signature_size, &heap->arena, &signature));
	return type_of_signature(heap, &signature, 0, module, field->declaring, ret);
}

struct error *field_type(struct heap *heap, const struct type_field *field, const struct type **ret)
{
	if (!field->type) {
		const struct type *type;
		TRY(type_from_signature(heap, field, &type));
		((struct type_field *)field)->type = type;
	}
	*ret = field->type;
	return NULL;
}

/* Is `name` PREFIX + property + SUFFIX, as compilers name backing fields? */
static bool is_backing(const char *name, const char *property, const char *suffix)
{
	size_t length = strlen(property);
	return name[0] == '<' && strncmp(name + 1, property, length) == 0 &&
	       strcmp(name + 1 + length, suffix) == 0;
}

/* C# names the field of an auto-property <Name>k__BackingField, of an anonymous type's property
 * <Name>i__Field, of a captured primary constructor parameter <name>P. */
static const char *const backing_suffixes[] = { ">k__BackingField", ">i__Field", ">P" };

const char *field_shown_name(const struct type_field *field, char *to, size_t size)
{
	const char *end = strchr(field->name, '>');
	size_t length = end ? (size_t)(end - field->name) : 0; /* with the '<' */
	if (field->name[0] != '<' || length < 2 || length > size)
		return field->name;
	for (size_t i = 0; i < COUNT_OF(backing_suffixes); i++) {
		if (strcmp(end, backing_suffixes[i]) != 0)
			continue;
		memcpy(to, field->name + 1, length - 1);
		to[length - 1] = '\0';
		return to;
	}
	return field->name;
}

static const struct type_field *own_by_name(const struct type_field *fields, size_t count,
					    const char *name, bool statics)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].is_static == statics && strcmp(fields[i].name, name) == 0)
			return &fields[i];
	for (size_t k = 0; k < COUNT_OF(backing_suffixes); k++)
		for (size_t i = 0; i < count; i++)
			if (fields[i].is_static == statics &&
			    is_backing(fields[i].name, name, backing_suffixes[k]))
				return &fields[i];
	return NULL;
}

struct error *field_by_name(struct heap *heap, const struct type *type, const char *name,
			    bool statics, const struct type_field **ret)
{
	*ret = NULL;
	while (type) {
		const struct type_field *fields;
		size_t count;
		TRY(type_own_fields(heap, type, &fields, &count));
		*ret = own_by_name(fields, count, name, statics);
		if (*ret)
			return NULL;
		TRY(type_parent(heap, type, &type));
	}
	return NULL;
}
