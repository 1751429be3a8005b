#include "heap/metadata/metadata.h"

#include "heap/metadata/compressed_number.h"
#include "heap/metadata/metadata_tables.h"

enum { ROWS_BETWEEN_CHECKS = 128 };

/* Constants and initial data. */

bool metadata_constant(const struct metadata *metadata, uint32_t parent_token, uint8_t *ret_type,
		       const uint8_t **ret, uint32_t *ret_size)
{
	uint32_t parent = 0, type = 0;
	if (!metadata_encode(TABLE_CONSTANT, CONSTANT_PARENT, parent_token, &parent))
		return false;
	uint32_t row = metadata_next_match(metadata, TABLE_CONSTANT, CONSTANT_PARENT, parent, 0);
	if (!row || !metadata_raw(metadata, TABLE_CONSTANT, row, CONSTANT_TYPE, &type) ||
	    !metadata_cell_blob(metadata, TABLE_CONSTANT, row, CONSTANT_VALUE, ret, ret_size))
		return false;
	*ret_type = (uint8_t)type; /* a byte of padding follows it */
	return true;
}

bool metadata_field_rva(const struct metadata *metadata, uint32_t field_row, uint32_t *ret)
{
	uint32_t row =
		metadata_next_match(metadata, TABLE_FIELD_RVA, FIELD_RVA_FIELD, field_row, 0);
	return row && metadata_raw(metadata, TABLE_FIELD_RVA, row, FIELD_RVA_RVA, ret);
}

/* Properties. */

enum { SEMANTICS_GETTER = 0x0002 }; /* II.23.1.12 */

static bool property_list(const struct metadata *metadata, uint32_t type_row, uint32_t *ret_first,
			  uint32_t *ret_count)
{
	uint32_t row =
		metadata_next_match(metadata, TABLE_PROPERTY_MAP, PROPERTY_MAP_PARENT, type_row, 0);
	return row && metadata_list(metadata, TABLE_PROPERTY_MAP, row, PROPERTY_MAP_PROPERTIES,
				    TABLE_PROPERTY, ret_first, ret_count);
}

static uint32_t getter_of(const struct metadata *metadata, uint32_t property_row)
{
	const unsigned table = TABLE_METHOD_SEMANTICS;
	uint32_t association = 0, row = 0;
	if (!metadata_encode(table, SEMANTICS_ASSOCIATION, token_make(TABLE_PROPERTY, property_row),
			     &association))
		return 0;
	while ((row = metadata_next_match(metadata, table, SEMANTICS_ASSOCIATION, association,
					  row))) {
		uint32_t flags = 0, method = 0;
		if (metadata_raw(metadata, table, row, SEMANTICS_FLAGS, &flags) &&
		    flags & SEMANTICS_GETTER &&
		    metadata_raw(metadata, table, row, SEMANTICS_METHOD, &method))
			return method <= metadata_rows(metadata, TABLE_METHOD_DEF) ? method : 0;
	}
	return 0;
}

bool metadata_property(const struct metadata *metadata, uint32_t type_row, uint32_t index,
		       const char **ret_name, uint32_t *ret_getter)
{
	uint32_t first = 0, count = 0;
	if (!property_list(metadata, type_row, &first, &count) || index >= count)
		return false;
	uint32_t row = metadata_list_row(metadata, TABLE_PROPERTY, first + index);
	if (!metadata_cell_string(metadata, TABLE_PROPERTY, row, PROPERTY_NAME, ret_name))
		return false;
	*ret_getter = getter_of(metadata, row);
	return true;
}

/* Custom attributes. */

/* The simple name of the class whose constructor is called; NULL: a generic one, or unreadable. */
static const char *attribute_class(const struct metadata *metadata, uint32_t row)
{
	uint32_t constructor = 0, parent = 0;
	struct type_ref reference;
	if (!metadata_cell(metadata, TABLE_CUSTOM_ATTRIBUTE, row, ATTRIBUTE_CONSTRUCTOR,
			   &constructor))
		return NULL;
	if (token_table(constructor) == TABLE_METHOD_DEF)
		parent = token_make(TABLE_TYPE_DEF,
				    metadata_method_owner(metadata, token_row(constructor)));
	else if (!metadata_cell(metadata, TABLE_MEMBER_REF, token_row(constructor),
				MEMBER_REF_PARENT, &parent))
		return NULL;
	if (token_table(parent) == TABLE_TYPE_DEF)
		return metadata_type_def_name(metadata, token_row(parent));
	if (token_table(parent) == TABLE_TYPE_REF)
		return metadata_type_ref(metadata, token_row(parent), &reference) ? reference.name
										  : NULL;
	return NULL;
}

/* The row of CustomAttribute; 0: none. */
static uint32_t find_attribute(const struct metadata *metadata, uint32_t parent_token,
			       const char *attribute)
{
	const unsigned table = TABLE_CUSTOM_ATTRIBUTE;
	uint32_t parent = 0, row = 0;
	if (!metadata_encode(table, ATTRIBUTE_PARENT, parent_token, &parent))
		return 0;
	while ((row = metadata_next_match(metadata, table, ATTRIBUTE_PARENT, parent, row))) {
		if (metadata_stopped(metadata)) /* a row that matches may have any number */
			return 0;
		const char *name = attribute_class(metadata, row);
		if (name && !strcmp(name, attribute))
			return row;
	}
	return 0;
}

bool metadata_has_attribute(const struct metadata *metadata, uint32_t parent_token,
			    const char *attribute)
{
	return find_attribute(metadata, parent_token, attribute) != 0;
}

const char *metadata_assembly_attribute(const struct metadata *metadata, const char *attribute,
					struct arena *arena)
{
	enum { PROLOG = 0x0001, PROLOG_BYTES = 2 }; /* II.23.3 */
	uint32_t row = find_attribute(metadata, token_make(TABLE_ASSEMBLY, 1), attribute);
	uint32_t size = 0, length = 0;
	const uint8_t *value = NULL;
	if (!row || !metadata_cell_blob(metadata, TABLE_CUSTOM_ATTRIBUTE, row, ATTRIBUTE_VALUE,
					&value, &size))
		return NULL;
	if (size < PROLOG_BYTES || load_u16(value) != PROLOG)
		return NULL;
	size_t position = PROLOG_BYTES;
	if (!compressed_number(value, size, &position, &length) || length > size - position ||
	    length > LIMIT_METADATA_STRING_BYTES)
		return NULL;
	return arena_copy_text(arena, (const char *)value + position, length);
}

/* Generic parameters. */

uint32_t metadata_generic_parameter_count(const struct metadata *metadata, uint32_t owner_token)
{
	uint32_t owner = 0, row = 0, count = 0;
	if (!metadata_encode(TABLE_GENERIC_PARAM, GENERIC_PARAM_OWNER, owner_token, &owner))
		return 0;
	while (count < LIMIT_GENERIC_ARGUMENTS &&
	       (row = metadata_next_match(metadata, TABLE_GENERIC_PARAM, GENERIC_PARAM_OWNER, owner,
					  row)))
		count++;
	return count;
}

const char *metadata_generic_parameter_row_name(const struct metadata *metadata, uint32_t row)
{
	const char *name = NULL;
	return metadata_cell_string(metadata, TABLE_GENERIC_PARAM, row, GENERIC_PARAM_NAME, &name)
		       ? name
		       : NULL;
}

/* Types by name. */

enum { INDEX_PROBES_MAX = 256 };

static uint32_t hash_name(const char *name_space, const char *name, uint32_t enclosing)
{
	uint64_t hash = 0xcbf29ce484222325u ^ enclosing; /* FNV-1a */
	for (const char *at = name_space; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
	hash = (hash ^ '.') * 0x100000001b3u;
	for (const char *at = name; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
	return (uint32_t)(hash ^ hash >> 32);
}

static bool names_of(const struct metadata *metadata, uint32_t row, const char **ret_namespace,
		     const char **ret_name)
{
	return metadata_cell_string(metadata, TABLE_TYPE_DEF, row, TYPE_DEF_NAME, ret_name) &&
	       metadata_cell_string(metadata, TABLE_TYPE_DEF, row, TYPE_DEF_NAMESPACE,
				    ret_namespace);
}

static bool is_named(const struct metadata *metadata, uint32_t row, const char *name_space,
		     const char *name)
{
	const char *its_namespace = NULL, *its_name = NULL;
	return names_of(metadata, row, &its_namespace, &its_name) && !strcmp(its_name, name) &&
	       !strcmp(its_namespace, name_space);
}

/* Where the type is in the index, or the free slot where it would; false: neither within the probes
 * that are allowed (a module made so that its names collide). */
static bool find_slot(const struct metadata *metadata, const char *name_space, const char *name,
		      uint32_t enclosing, uint32_t *ret)
{
	const struct metadata_type_index *index = &metadata->types;
	uint32_t slot = hash_name(name_space, name, enclosing) & index->mask;
	for (unsigned probe = 0; probe < INDEX_PROBES_MAX; probe++) {
		uint32_t row = index->rows[slot];
		if (!row || (index->enclosing[row] == enclosing &&
			     is_named(metadata, row, name_space, name))) {
			*ret = slot;
			return true;
		}
		slot = (slot + 1) & index->mask;
	}
	return false;
}

/* What metadata_enclosing() says of every type, in one pass: a search for each would take long
 * where the nesting rows are not sorted. */
static void note_enclosing(const struct metadata *metadata, uint32_t *enclosing, uint32_t rows)
{
	for (uint32_t i = 1; i <= metadata_rows(metadata, TABLE_NESTED_CLASS); i++) {
		uint32_t nested = 0, outer = 0, flags = 0;
		if (i % ROWS_BETWEEN_CHECKS == 0 && metadata_stopped(metadata))
			return;
		if (metadata_raw(metadata, TABLE_NESTED_CLASS, i, NESTED_CLASS_NESTED, &nested) &&
		    metadata_raw(metadata, TABLE_NESTED_CLASS, i, NESTED_CLASS_ENCLOSING, &outer) &&
		    metadata_raw(metadata, TABLE_TYPE_DEF, nested, TYPE_DEF_FLAGS, &flags) &&
		    (flags & TYPE_VISIBILITY_MASK) >= TYPE_NESTED_PUBLIC && nested <= rows &&
		    !enclosing[nested])
			enclosing[nested] = outer;
	}
}

static bool index_rows(const struct metadata *metadata, struct metadata_type_index *index,
		       uint32_t rows)
{
	for (uint32_t row = 1; row <= rows; row++) {
		const char *name_space = NULL, *name = NULL;
		uint32_t slot = 0;
		if (row % ROWS_BETWEEN_CHECKS == 0 && metadata_stopped(metadata))
			return false;
		if (!names_of(metadata, row, &name_space, &name))
			continue;
		if (!find_slot(metadata, name_space, name, index->enclosing[row], &slot))
			return false;
		if (!index->rows[slot])
			index->rows[slot] = row;
	}
	return true;
}

static bool allocate_index(struct metadata *metadata, uint32_t rows)
{
	struct metadata_type_index *index = &metadata->types;
	uint32_t slots = 16;
	while (slots < rows * 2)
		slots *= 2;
	index->mask = slots - 1;
	if (!index->rows)
		index->rows = arena_allocate_array(metadata->arena, slots, sizeof(*index->rows));
	if (!index->enclosing)
		index->enclosing =
			arena_allocate_array(metadata->arena, rows + 1, sizeof(*index->enclosing));
	return index->rows && index->enclosing;
}

/* What a search that was stopped has left is filled anew. */
static void index_types(struct metadata *metadata)
{
	struct metadata_type_index *index = &metadata->types;
	uint32_t rows = metadata_rows(metadata, TABLE_TYPE_DEF);
	if (index->whole || index->unusable)
		return;
	if (!allocate_index(metadata, rows)) {
		index->unusable = true;
		return;
	}
	memset(index->rows, 0, (index->mask + 1) * sizeof(*index->rows));
	memset(index->enclosing, 0, (rows + 1) * sizeof(*index->enclosing));
	note_enclosing(metadata, index->enclosing, rows);
	bool fits = index_rows(metadata, index, rows), stopped = metadata_stopped(metadata);
	index->whole = fits && !stopped;
	index->unusable = !fits && !stopped;
}

static uint32_t find_type_linearly(const struct metadata *metadata, const char *name_space,
				   const char *name, uint32_t enclosing)
{
	for (uint32_t row = 1; row <= metadata_rows(metadata, TABLE_TYPE_DEF); row++) {
		uint32_t outer = 0;
		if (row % ROWS_BETWEEN_CHECKS == 0 && metadata_stopped(metadata))
			return 0;
		if (is_named(metadata, row, name_space, name) &&
		    metadata_enclosing(metadata, row, &outer) && outer == enclosing)
			return row;
	}
	return 0;
}

uint32_t metadata_find_type(struct metadata *metadata, const char *name_space, const char *name,
			    uint32_t enclosing)
{
	index_types(metadata);
	uint32_t slot = 0, row = 0, outer = 0;
	if (metadata->types.whole && find_slot(metadata, name_space, name, enclosing, &slot)) {
		row = metadata->types.rows[slot];
		/* The flags may contradict the nesting rows, and those not be in the order they
		 * claim. */
		if (!row || (metadata_enclosing(metadata, row, &outer) && outer == enclosing))
			return row;
	}
	return find_type_linearly(metadata, name_space, name, enclosing);
}

uint32_t metadata_find_exported_type(const struct metadata *metadata, const char *name_space,
				     const char *name)
{
	for (uint32_t row = 1; row <= metadata_rows(metadata, TABLE_EXPORTED_TYPE); row++) {
		const char *found = NULL;
		uint32_t implementation = 0;
		if (row % ROWS_BETWEEN_CHECKS == 0 && metadata_stopped(metadata))
			return 0;
		if (metadata_cell_string(metadata, TABLE_EXPORTED_TYPE, row, EXPORTED_TYPE_NAME,
					 &found) &&
		    !strcmp(found, name) &&
		    metadata_cell_string(metadata, TABLE_EXPORTED_TYPE, row,
					 EXPORTED_TYPE_NAMESPACE, &found) &&
		    !strcmp(found, name_space) &&
		    metadata_cell(metadata, TABLE_EXPORTED_TYPE, row, EXPORTED_TYPE_IMPLEMENTATION,
				  &implementation) &&
		    token_table(implementation) != TABLE_EXPORTED_TYPE)
			return row;
	}
	return 0;
}
