#include "heap/metadata/metadata.h"

#include "heap/metadata/metadata_tables.h"

bool metadata_enclosing(const struct metadata *metadata, uint32_t row, uint32_t *ret)
{
	uint32_t flags = 0;
	*ret = 0;
	if (!metadata_raw(metadata, TABLE_TYPE_DEF, row, TYPE_DEF_FLAGS, &flags))
		return false;
	if ((flags & TYPE_VISIBILITY_MASK) < TYPE_NESTED_PUBLIC)
		return true;
	/* A nested type without its row is one whose row cannot be read: not a type of the top. */
	uint32_t nesting =
		metadata_next_match(metadata, TABLE_NESTED_CLASS, NESTED_CLASS_NESTED, row, 0);
	return nesting &&
	       metadata_raw(metadata, TABLE_NESTED_CLASS, nesting, NESTED_CLASS_ENCLOSING, ret) &&
	       *ret && *ret <= metadata_rows(metadata, TABLE_TYPE_DEF);
}

bool metadata_type_def(const struct metadata *metadata, uint32_t row, struct type_def *ret)
{
	const unsigned table = TABLE_TYPE_DEF;
	*ret = (struct type_def){ 0 };
	return metadata_raw(metadata, table, row, TYPE_DEF_FLAGS, &ret->flags) &&
	       metadata_cell_string(metadata, table, row, TYPE_DEF_NAME, &ret->name) &&
	       metadata_cell_string(metadata, table, row, TYPE_DEF_NAMESPACE, &ret->name_space) &&
	       metadata_cell(metadata, table, row, TYPE_DEF_EXTENDS, &ret->extends) &&
	       metadata_list(metadata, table, row, TYPE_DEF_FIELDS, TABLE_FIELD, &ret->first_field,
			     &ret->field_count) &&
	       metadata_list(metadata, table, row, TYPE_DEF_METHODS, TABLE_METHOD_DEF,
			     &ret->first_method, &ret->method_count) &&
	       metadata_enclosing(metadata, row, &ret->enclosing);
}

const char *metadata_type_def_name(const struct metadata *metadata, uint32_t row)
{
	const char *name;
	return metadata_cell_string(metadata, TABLE_TYPE_DEF, row, TYPE_DEF_NAME, &name) ? name
											 : NULL;
}

bool metadata_type_ref(const struct metadata *metadata, uint32_t row, struct type_ref *ret)
{
	const unsigned table = TABLE_TYPE_REF;
	*ret = (struct type_ref){ 0 };
	return metadata_cell(metadata, table, row, TYPE_REF_SCOPE, &ret->scope) &&
	       metadata_cell_string(metadata, table, row, TYPE_REF_NAME, &ret->name) &&
	       metadata_cell_string(metadata, table, row, TYPE_REF_NAMESPACE, &ret->name_space);
}

bool metadata_exported_type(const struct metadata *metadata, uint32_t row,
			    struct exported_type *ret)
{
	const unsigned table = TABLE_EXPORTED_TYPE;
	*ret = (struct exported_type){ 0 };
	return metadata_raw(metadata, table, row, EXPORTED_TYPE_FLAGS, &ret->flags) &&
	       metadata_raw(metadata, table, row, EXPORTED_TYPE_TYPE_DEF, &ret->type_def) &&
	       metadata_cell_string(metadata, table, row, EXPORTED_TYPE_NAME, &ret->name) &&
	       metadata_cell_string(metadata, table, row, EXPORTED_TYPE_NAMESPACE,
				    &ret->name_space) &&
	       metadata_cell(metadata, table, row, EXPORTED_TYPE_IMPLEMENTATION,
			     &ret->implementation);
}

static bool signature_of(const struct metadata *metadata, unsigned table, uint32_t row,
			 unsigned column, struct member *member)
{
	return metadata_cell_blob(metadata, table, row, column, &member->signature,
				  &member->signature_size);
}

bool metadata_field(const struct metadata *metadata, uint32_t row, struct member *ret)
{
	*ret = (struct member){ 0 };
	return metadata_raw(metadata, TABLE_FIELD, row, FIELD_FLAGS, &ret->flags) &&
	       metadata_cell_string(metadata, TABLE_FIELD, row, FIELD_NAME, &ret->name) &&
	       signature_of(metadata, TABLE_FIELD, row, FIELD_SIGNATURE, ret);
}

bool metadata_method(const struct metadata *metadata, uint32_t row, struct member *ret)
{
	const unsigned table = TABLE_METHOD_DEF;
	*ret = (struct member){ 0 };
	return metadata_raw(metadata, table, row, METHOD_RVA, &ret->rva) &&
	       metadata_raw(metadata, table, row, METHOD_FLAGS, &ret->flags) &&
	       metadata_cell_string(metadata, table, row, METHOD_NAME, &ret->name) &&
	       signature_of(metadata, table, row, METHOD_SIGNATURE, ret);
}

static bool member_ref(const struct metadata *metadata, uint32_t row, struct member *ret)
{
	const unsigned table = TABLE_MEMBER_REF;
	*ret = (struct member){ 0 };
	return metadata_cell(metadata, table, row, MEMBER_REF_PARENT, &ret->parent) &&
	       metadata_cell_string(metadata, table, row, MEMBER_REF_NAME, &ret->name) &&
	       signature_of(metadata, table, row, MEMBER_REF_SIGNATURE, ret);
}

bool metadata_member(const struct metadata *metadata, uint32_t token, struct member *ret)
{
	uint32_t owner = 0, row = token_row(token);
	if (token_table(token) == TABLE_METHOD_SPEC) { /* II.22.29: an instantiated method */
		if (!metadata_cell(metadata, TABLE_METHOD_SPEC, row, METHOD_SPEC_METHOD, &token))
			return false;
		row = token_row(token);
	}
	switch (token_table(token)) {
	case TABLE_MEMBER_REF:
		return member_ref(metadata, row, ret);
	case TABLE_FIELD:
		owner = metadata_field_owner(metadata, row);
		if (!owner || !metadata_field(metadata, row, ret))
			return false;
		break;
	case TABLE_METHOD_DEF:
		owner = metadata_method_owner(metadata, row);
		if (!owner || !metadata_method(metadata, row, ret))
			return false;
		break;
	default:
		return false;
	}
	ret->parent = token_make(TABLE_TYPE_DEF, owner);
	return true;
}

bool metadata_type_spec(const struct metadata *metadata, uint32_t row, const uint8_t **ret,
			uint32_t *ret_size)
{
	return metadata_cell_blob(metadata, TABLE_TYPE_SPEC, row, 0, ret, ret_size);
}

uint32_t metadata_field_row(const struct metadata *metadata, uint32_t position)
{
	return metadata_list_row(metadata, TABLE_FIELD, position);
}

uint32_t metadata_method_row(const struct metadata *metadata, uint32_t position)
{
	return metadata_list_row(metadata, TABLE_METHOD_DEF, position);
}

/* The last TypeDef whose list starts at or before the position; the lists are in the order of their
 * types (II.22.37), and an empty list starts where the next one does. */
static uint32_t list_owner(const struct metadata *metadata, unsigned column, unsigned listed_table,
			   uint32_t row)
{
	uint32_t position = metadata_list_position(metadata, listed_table, row);
	uint32_t low = 0, high = metadata_rows(metadata, TABLE_TYPE_DEF);
	if (!position)
		return 0;
	while (low < high) {
		uint32_t middle = high - (high - low) / 2, start = 0;
		if (!metadata_raw(metadata, TABLE_TYPE_DEF, middle, column, &start))
			return 0;
		if (start <= position)
			low = middle;
		else
			high = middle - 1;
	}
	uint32_t first = 0, count = 0;
	bool is_in = low &&
		     metadata_list(metadata, TABLE_TYPE_DEF, low, column, listed_table, &first,
				   &count) &&
		     position >= first && position - first < count;
	return is_in ? low : 0;
}

uint32_t metadata_field_owner(const struct metadata *metadata, uint32_t field_row)
{
	return list_owner(metadata, TYPE_DEF_FIELDS, TABLE_FIELD, field_row);
}

uint32_t metadata_method_owner(const struct metadata *metadata, uint32_t method_row)
{
	return list_owner(metadata, TYPE_DEF_METHODS, TABLE_METHOD_DEF, method_row);
}

static bool read_version(const struct metadata *metadata, unsigned table, uint32_t row,
			 unsigned column, uint16_t ret[4])
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t part = 0;
		if (!metadata_raw(metadata, table, row, column + i, &part))
			return false;
		ret[i] = (uint16_t)part;
	}
	return true;
}

bool metadata_assembly(const struct metadata *metadata, struct assembly_name *ret)
{
	const unsigned table = TABLE_ASSEMBLY;
	return read_version(metadata, table, 1, ASSEMBLY_VERSION, ret->version) &&
	       metadata_cell_string(metadata, table, 1, ASSEMBLY_NAME, &ret->name) &&
	       metadata_cell_string(metadata, table, 1, ASSEMBLY_CULTURE, &ret->culture);
}

bool metadata_assembly_ref(const struct metadata *metadata, uint32_t row, struct assembly_name *ret)
{
	const unsigned table = TABLE_ASSEMBLY_REF;
	return read_version(metadata, table, row, ASSEMBLY_REF_VERSION, ret->version) &&
	       metadata_cell_string(metadata, table, row, ASSEMBLY_REF_NAME, &ret->name) &&
	       metadata_cell_string(metadata, table, row, ASSEMBLY_REF_CULTURE, &ret->culture);
}
