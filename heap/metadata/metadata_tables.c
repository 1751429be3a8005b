#include "heap/metadata/metadata_tables.h"

/* How wide a column is and what it says: a fixed number, an offset into a heap, a row of a table
 * (its number, below 0x40), or a coded index. */
enum column_kind {
	ROW_OF = 0x00, /* | table */
	CODED = 0x40,  /* | enum coded_kind */
	TWO = 0x80,
	FOUR,
	STRING,
	GUID,
	BLOB,
};

/* ECMA-335 II.24.2.6: the tables a coded index chooses from, by tag. */
enum coded_kind {
	TYPE_DEF_OR_REF,
	HAS_CONSTANT,
	HAS_CUSTOM_ATTRIBUTE,
	HAS_FIELD_MARSHAL,
	HAS_DECL_SECURITY,
	MEMBER_REF_PARENT_CODED,
	HAS_SEMANTICS,
	METHOD_DEF_OR_REF,
	MEMBER_FORWARDED,
	IMPLEMENTATION,
	CUSTOM_ATTRIBUTE_TYPE,
	RESOLUTION_SCOPE,
	TYPE_OR_METHOD_DEF,
};

enum { NO_TABLE = 0xff, CODED_TABLES = 22 };

struct coded {
	uint8_t tag_bits, count;
	uint8_t tables[CODED_TABLES];
};

static const struct coded coded_kinds[] = {
	[TYPE_DEF_OR_REF] = { 2, 3, { TABLE_TYPE_DEF, TABLE_TYPE_REF, TABLE_TYPE_SPEC } },
	[HAS_CONSTANT] = { 2, 3, { TABLE_FIELD, TABLE_PARAM, TABLE_PROPERTY } },
	[HAS_CUSTOM_ATTRIBUTE] = { 5, 22, { TABLE_METHOD_DEF,
					    TABLE_FIELD,
					    TABLE_TYPE_REF,
					    TABLE_TYPE_DEF,
					    TABLE_PARAM,
					    TABLE_INTERFACE_IMPL,
					    TABLE_MEMBER_REF,
					    TABLE_MODULE,
					    TABLE_DECL_SECURITY,
					    TABLE_PROPERTY,
					    TABLE_EVENT,
					    TABLE_STAND_ALONE_SIG,
					    TABLE_MODULE_REF,
					    TABLE_TYPE_SPEC,
					    TABLE_ASSEMBLY,
					    TABLE_ASSEMBLY_REF,
					    TABLE_FILE,
					    TABLE_EXPORTED_TYPE,
					    TABLE_MANIFEST_RESOURCE,
					    TABLE_GENERIC_PARAM,
					    TABLE_GENERIC_PARAM_CONSTRAINT,
					    TABLE_METHOD_SPEC } },
	[HAS_FIELD_MARSHAL] = { 1, 2, { TABLE_FIELD, TABLE_PARAM } },
	[HAS_DECL_SECURITY] = { 2, 3, { TABLE_TYPE_DEF, TABLE_METHOD_DEF, TABLE_ASSEMBLY } },
	[MEMBER_REF_PARENT_CODED] = { 3,
				      5,
				      { TABLE_TYPE_DEF, TABLE_TYPE_REF, TABLE_MODULE_REF,
					TABLE_METHOD_DEF, TABLE_TYPE_SPEC } },
	[HAS_SEMANTICS] = { 1, 2, { TABLE_EVENT, TABLE_PROPERTY } },
	[METHOD_DEF_OR_REF] = { 1, 2, { TABLE_METHOD_DEF, TABLE_MEMBER_REF } },
	[MEMBER_FORWARDED] = { 1, 2, { TABLE_FIELD, TABLE_METHOD_DEF } },
	[IMPLEMENTATION] = { 2, 3, { TABLE_FILE, TABLE_ASSEMBLY_REF, TABLE_EXPORTED_TYPE } },
	[CUSTOM_ATTRIBUTE_TYPE] = { 3,
				    5,
				    { NO_TABLE, NO_TABLE, TABLE_METHOD_DEF, TABLE_MEMBER_REF,
				      NO_TABLE } },
	[RESOLUTION_SCOPE] = { 2,
			       4,
			       { TABLE_MODULE, TABLE_MODULE_REF, TABLE_ASSEMBLY_REF,
				 TABLE_TYPE_REF } },
	[TYPE_OR_METHOD_DEF] = { 1, 2, { TABLE_TYPE_DEF, TABLE_METHOD_DEF } },
};

enum { NOT_SORTED = 0xff };

/* ECMA-335 II.22: the columns of every table, and the column by which it is sorted. */
struct table_schema {
	uint8_t sorted_by, columns;
	uint8_t kinds[METADATA_COLUMNS];
};

static const struct table_schema schemas[TABLE_COUNT] = {
	[TABLE_MODULE] = { NOT_SORTED, 5, { TWO, STRING, GUID, GUID, GUID } },
	[TABLE_TYPE_REF] = { NOT_SORTED, 3, { CODED | RESOLUTION_SCOPE, STRING, STRING } },
	[TABLE_TYPE_DEF] = { NOT_SORTED,
			     6,
			     { FOUR, STRING, STRING, CODED | TYPE_DEF_OR_REF, ROW_OF | TABLE_FIELD,
			       ROW_OF | TABLE_METHOD_DEF } },
	[TABLE_FIELD_POINTER] = { NOT_SORTED, 1, { ROW_OF | TABLE_FIELD } },
	[TABLE_FIELD] = { NOT_SORTED, 3, { TWO, STRING, BLOB } },
	[TABLE_METHOD_POINTER] = { NOT_SORTED, 1, { ROW_OF | TABLE_METHOD_DEF } },
	[TABLE_METHOD_DEF] = { NOT_SORTED,
			       6,
			       { FOUR, TWO, TWO, STRING, BLOB, ROW_OF | TABLE_PARAM } },
	[TABLE_PARAM_POINTER] = { NOT_SORTED, 1, { ROW_OF | TABLE_PARAM } },
	[TABLE_PARAM] = { NOT_SORTED, 3, { TWO, TWO, STRING } },
	[TABLE_INTERFACE_IMPL] = { 0, 2, { ROW_OF | TABLE_TYPE_DEF, CODED | TYPE_DEF_OR_REF } },
	[TABLE_MEMBER_REF] = { NOT_SORTED, 3, { CODED | MEMBER_REF_PARENT_CODED, STRING, BLOB } },
	[TABLE_CONSTANT] = { CONSTANT_PARENT, 3, { TWO, CODED | HAS_CONSTANT, BLOB } },
	[TABLE_CUSTOM_ATTRIBUTE] = { ATTRIBUTE_PARENT,
				     3,
				     { CODED | HAS_CUSTOM_ATTRIBUTE, CODED | CUSTOM_ATTRIBUTE_TYPE,
				       BLOB } },
	[TABLE_FIELD_MARSHAL] = { 0, 2, { CODED | HAS_FIELD_MARSHAL, BLOB } },
	[TABLE_DECL_SECURITY] = { 1, 3, { TWO, CODED | HAS_DECL_SECURITY, BLOB } },
	[TABLE_CLASS_LAYOUT] = { 2, 3, { TWO, FOUR, ROW_OF | TABLE_TYPE_DEF } },
	[TABLE_FIELD_LAYOUT] = { 1, 2, { FOUR, ROW_OF | TABLE_FIELD } },
	[TABLE_STAND_ALONE_SIG] = { NOT_SORTED, 1, { BLOB } },
	[TABLE_EVENT_MAP] = { 0, 2, { ROW_OF | TABLE_TYPE_DEF, ROW_OF | TABLE_EVENT } },
	[TABLE_EVENT_POINTER] = { NOT_SORTED, 1, { ROW_OF | TABLE_EVENT } },
	[TABLE_EVENT] = { NOT_SORTED, 3, { TWO, STRING, CODED | TYPE_DEF_OR_REF } },
	[TABLE_PROPERTY_MAP] = { PROPERTY_MAP_PARENT,
				 2,
				 { ROW_OF | TABLE_TYPE_DEF, ROW_OF | TABLE_PROPERTY } },
	[TABLE_PROPERTY_POINTER] = { NOT_SORTED, 1, { ROW_OF | TABLE_PROPERTY } },
	[TABLE_PROPERTY] = { NOT_SORTED, 3, { TWO, STRING, BLOB } },
	[TABLE_METHOD_SEMANTICS] = { SEMANTICS_ASSOCIATION,
				     3,
				     { TWO, ROW_OF | TABLE_METHOD_DEF, CODED | HAS_SEMANTICS } },
	[TABLE_METHOD_IMPL] = { 0,
				3,
				{ ROW_OF | TABLE_TYPE_DEF, CODED | METHOD_DEF_OR_REF,
				  CODED | METHOD_DEF_OR_REF } },
	[TABLE_MODULE_REF] = { NOT_SORTED, 1, { STRING } },
	[TABLE_TYPE_SPEC] = { NOT_SORTED, 1, { BLOB } },
	[TABLE_IMPL_MAP] = { 1,
			     4,
			     { TWO, CODED | MEMBER_FORWARDED, STRING, ROW_OF | TABLE_MODULE_REF } },
	[TABLE_FIELD_RVA] = { FIELD_RVA_FIELD, 2, { FOUR, ROW_OF | TABLE_FIELD } },
	[TABLE_EDIT_LOG] = { NOT_SORTED, 2, { FOUR, FOUR } },
	[TABLE_EDIT_MAP] = { NOT_SORTED, 1, { FOUR } },
	[TABLE_ASSEMBLY] = { NOT_SORTED,
			     9,
			     { FOUR, TWO, TWO, TWO, TWO, FOUR, BLOB, STRING, STRING } },
	[TABLE_ASSEMBLY_PROCESSOR] = { NOT_SORTED, 1, { FOUR } },
	[TABLE_ASSEMBLY_OS] = { NOT_SORTED, 3, { FOUR, FOUR, FOUR } },
	[TABLE_ASSEMBLY_REF] = { NOT_SORTED,
				 9,
				 { TWO, TWO, TWO, TWO, FOUR, BLOB, STRING, STRING, BLOB } },
	[TABLE_ASSEMBLY_REF_PROCESSOR] = { NOT_SORTED, 2, { FOUR, ROW_OF | TABLE_ASSEMBLY_REF } },
	[TABLE_ASSEMBLY_REF_OS] = { NOT_SORTED,
				    4,
				    { FOUR, FOUR, FOUR, ROW_OF | TABLE_ASSEMBLY_REF } },
	[TABLE_FILE] = { NOT_SORTED, 3, { FOUR, STRING, BLOB } },
	[TABLE_EXPORTED_TYPE] = { NOT_SORTED,
				  5,
				  { FOUR, FOUR, STRING, STRING, CODED | IMPLEMENTATION } },
	[TABLE_MANIFEST_RESOURCE] = { NOT_SORTED,
				      4,
				      { FOUR, FOUR, STRING, CODED | IMPLEMENTATION } },
	[TABLE_NESTED_CLASS] = { NESTED_CLASS_NESTED,
				 2,
				 { ROW_OF | TABLE_TYPE_DEF, ROW_OF | TABLE_TYPE_DEF } },
	[TABLE_GENERIC_PARAM] = { GENERIC_PARAM_OWNER,
				  4,
				  { TWO, TWO, CODED | TYPE_OR_METHOD_DEF, STRING } },
	[TABLE_METHOD_SPEC] = { NOT_SORTED, 2, { CODED | METHOD_DEF_OR_REF, BLOB } },
	[TABLE_GENERIC_PARAM_CONSTRAINT] = { 0,
					     2,
					     { ROW_OF | TABLE_GENERIC_PARAM,
					       CODED | TYPE_DEF_OR_REF } },
};

/* II.24.2.6: the header of #~, and the bits of its HeapSizes. EXTRA_DATA: four bytes more after the
 * row counts (dotnet/runtime src/coreclr/inc/metamodel.h: CMiniMdSchemaBase). */
enum {
	HEADER_HEAP_SIZES = 6,
	HEADER_VALID = 8,
	HEADER_SORTED = 16,
	HEADER_BYTES = 24,
	HEAP_SIZES_STRINGS = 0x01,
	HEAP_SIZES_GUIDS = 0x02,
	HEAP_SIZES_BLOBS = 0x04,
	HEAP_SIZES_EXTRA_DATA = 0x40,
	ROWS_MAX = 0xffffff, /* a token has 24 bits for the row */
};

/* The table by which a list's positions are looked up; 0: there is none. */
static unsigned pointer_table(unsigned table)
{
	switch (table) {
	case TABLE_FIELD:
		return TABLE_FIELD_POINTER;
	case TABLE_METHOD_DEF:
		return TABLE_METHOD_POINTER;
	case TABLE_PARAM:
		return TABLE_PARAM_POINTER;
	case TABLE_EVENT:
		return TABLE_EVENT_POINTER;
	case TABLE_PROPERTY:
		return TABLE_PROPERTY_POINTER;
	default:
		return 0;
	}
}

static uint32_t rows_of(const struct metadata *metadata, unsigned table)
{
	return table < TABLE_COUNT ? metadata->tables[table].rows : 0;
}

/* Rows that an index into `table` must be able to name: a list may go through the pointer table. */
static uint32_t rows_named(const struct metadata *metadata, unsigned table)
{
	uint32_t rows = rows_of(metadata, table);
	unsigned pointers = pointer_table(table);
	uint32_t pointed = pointers ? rows_of(metadata, pointers) : 0;
	return pointed > rows ? pointed : rows;
}

static uint8_t column_width(const struct metadata *metadata, uint8_t kind, uint8_t heap_sizes)
{
	switch (kind) {
	case TWO:
		return 2;
	case FOUR:
		return 4;
	case STRING:
		return heap_sizes & HEAP_SIZES_STRINGS ? 4 : 2;
	case GUID:
		return heap_sizes & HEAP_SIZES_GUIDS ? 4 : 2;
	case BLOB:
		return heap_sizes & HEAP_SIZES_BLOBS ? 4 : 2;
	}
	if (metadata->minimal_delta)
		return 4;
	if (!(kind & CODED))
		return rows_named(metadata, kind) > UINT16_MAX ? 4 : 2;
	const struct coded *coded = &coded_kinds[kind & ~CODED];
	uint32_t most = 0;
	for (unsigned i = 0; i < coded->count; i++)
		if (rows_of(metadata, coded->tables[i]) > most)
			most = rows_of(metadata, coded->tables[i]);
	return most > (uint32_t)UINT16_MAX >> coded->tag_bits ? 4 : 2;
}

static void place_columns(struct metadata *metadata, unsigned table, uint8_t heap_sizes)
{
	const struct table_schema *schema = &schemas[table];
	struct metadata_table_place *place = &metadata->tables[table];
	unsigned offset = 0;
	for (unsigned i = 0; i < schema->columns; i++) {
		place->offsets[i] = (uint8_t)offset;
		place->widths[i] = column_width(metadata, schema->kinds[i], heap_sizes);
		offset += place->widths[i];
	}
	place->row_size = (uint16_t)offset;
}

/* The row counts of the tables of `valid`, in order. Tables beyond ours (those of portable PDBs)
 * come last: their rows take no place before ours. */
static struct error *read_row_counts(struct metadata *metadata, uint64_t valid, uint32_t *offset)
{
	for (unsigned table = 0; table < METADATA_TABLE_BITS; table++) {
		if (!(valid >> table & 1))
			continue;
		const uint8_t *bytes = metadata_bytes(metadata, *offset, sizeof(uint32_t));
		if (!bytes)
			return error_new(ERROR_FAULT,
					 "cannot read the row counts of the metadata's tables");
		*offset += sizeof(uint32_t);
		uint32_t rows = load_u32(bytes);
		if (rows > ROWS_MAX)
			return error_new(ERROR_BAD_DATA,
					 "the metadata's table %#x claims %u rows, more than a "
					 "token can name",
					 table, rows);
		if (table < TABLE_COUNT)
			metadata->tables[table].rows = rows;
	}
	return NULL;
}

struct error *metadata_place_tables(struct metadata *metadata)
{
	struct metadata_stream stream = metadata->tables_stream;
	const uint8_t *header = metadata_bytes(metadata, stream.start, HEADER_BYTES);
	if (!header)
		return error_new(ERROR_FAULT, "cannot read the header of the metadata's tables");
	uint8_t heap_sizes = header[HEADER_HEAP_SIZES];
	uint32_t offset = stream.start + HEADER_BYTES;
	metadata->sorted = load_u64(header + HEADER_SORTED);
	TRY(read_row_counts(metadata, load_u64(header + HEADER_VALID), &offset));
	/* An edited module's rows are appended out of order. */
	if (metadata->uncompressed && metadata->tables[TABLE_EDIT_LOG].rows)
		metadata->sorted = 0;
	if (heap_sizes & HEAP_SIZES_EXTRA_DATA)
		offset += sizeof(uint32_t);
	uint64_t start = offset;
	for (unsigned table = 0; table < TABLE_COUNT; table++) {
		struct metadata_table_place *place = &metadata->tables[table];
		place_columns(metadata, table, heap_sizes);
		place->start = (uint32_t)start;
		start += (uint64_t)place->rows * place->row_size;
		if (start > (uint64_t)stream.start + stream.size)
			return error_new(ERROR_BAD_DATA,
					 "the metadata's table %#x of %u rows goes beyond its "
					 "stream of %u bytes",
					 table, place->rows, stream.size);
	}
	return NULL;
}

uint32_t metadata_rows(const struct metadata *metadata, enum metadata_table table)
{
	return rows_of(metadata, table);
}

bool metadata_raw(const struct metadata *metadata, unsigned table, uint32_t row, unsigned column,
		  uint32_t *ret)
{
	const struct metadata_table_place *place = &metadata->tables[table];
	if (!row || row > place->rows)
		return false;
	uint32_t offset = place->start + (row - 1) * place->row_size + place->offsets[column];
	const uint8_t *bytes = metadata_bytes(metadata, offset, place->widths[column]);
	if (!bytes)
		return false;
	*ret = (uint32_t)load_unsigned(bytes, place->widths[column]);
	return true;
}

bool metadata_cell(const struct metadata *metadata, unsigned table, uint32_t row, unsigned column,
		   uint32_t *ret)
{
	uint32_t raw = 0;
	if (!metadata_raw(metadata, table, row, column, &raw))
		return false;
	uint8_t kind = schemas[table].kinds[column];
	*ret = raw;
	if ((kind & TWO) || !(kind & CODED))
		return true;
	const struct coded *coded = &coded_kinds[kind & ~CODED];
	uint32_t tag = raw & ((1u << coded->tag_bits) - 1), to = raw >> coded->tag_bits;
	if (!to) {
		*ret = 0;
		return true;
	}
	if (tag >= coded->count || coded->tables[tag] == NO_TABLE || to > ROWS_MAX)
		return false;
	*ret = (uint32_t)coded->tables[tag] << 24 | to;
	return true;
}

bool metadata_cell_string(const struct metadata *metadata, unsigned table, uint32_t row,
			  unsigned column, const char **ret)
{
	uint32_t offset = 0;
	if (!metadata_raw(metadata, table, row, column, &offset))
		return false;
	const char *string = metadata_string(metadata, offset);
	if (!string)
		return false;
	*ret = string;
	return true;
}

bool metadata_cell_blob(const struct metadata *metadata, unsigned table, uint32_t row,
			unsigned column, const uint8_t **ret, uint32_t *ret_size)
{
	uint32_t offset = 0;
	return metadata_raw(metadata, table, row, column, &offset) &&
	       metadata_blob(metadata, offset, ret, ret_size);
}

bool metadata_encode(unsigned table, unsigned column, uint32_t token, uint32_t *ret)
{
	const struct coded *coded = &coded_kinds[schemas[table].kinds[column] & ~CODED];
	for (uint32_t tag = 0; tag < coded->count; tag++) {
		if (coded->tables[tag] == token_table(token)) {
			*ret = token_row(token) << coded->tag_bits | tag;
			return true;
		}
	}
	return false;
}

/* The lowest row whose cell is not below `wanted`; false: a row on the way cannot be read. */
static bool lower_bound(const struct metadata *metadata, unsigned table, unsigned column,
			uint32_t wanted, uint32_t *ret)
{
	uint32_t low = 1, high = rows_of(metadata, table) + 1;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2, raw = 0;
		if (!metadata_raw(metadata, table, middle, column, &raw))
			return false;
		if (raw < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return true;
}

uint32_t metadata_next_match(const struct metadata *metadata, unsigned table, unsigned column,
			     uint32_t wanted, uint32_t after)
{
	enum { ROWS_BETWEEN_CHECKS = 16 * 1024 };
	bool sorted = metadata->sorted >> table & 1 && schemas[table].sorted_by == column;
	uint32_t rows = rows_of(metadata, table), row = after + 1, raw = 0;
	if (sorted && after)
		rows = row < rows ? row : rows;
	if (sorted && !after && lower_bound(metadata, table, column, wanted, &row))
		rows = row < rows ? row : rows;
	for (; row <= rows; row++) {
		if (row % ROWS_BETWEEN_CHECKS == 0 && metadata_stopped(metadata))
			return 0;
		if (metadata_raw(metadata, table, row, column, &raw) && raw == wanted)
			return row;
	}
	return 0;
}

bool metadata_list(const struct metadata *metadata, unsigned table, uint32_t row, unsigned column,
		   unsigned listed_table, uint32_t *ret_first, uint32_t *ret_count)
{
	unsigned pointers = pointer_table(listed_table);
	uint32_t listed = rows_of(metadata, pointers && rows_of(metadata, pointers) ? pointers
										    : listed_table);
	uint32_t first = 0, end = listed + 1;
	if (!metadata_raw(metadata, table, row, column, &first))
		return false;
	if (row < rows_of(metadata, table) && !metadata_raw(metadata, table, row + 1, column, &end))
		return false;
	if (!first || first > listed) { /* compilers write either for an empty list at the end */
		*ret_first = *ret_count = 0;
		return first <= listed + 1;
	}
	if (end > listed + 1 || (end && end < first))
		return false;
	*ret_count = end ? end - first : 0;
	*ret_first = *ret_count ? first : 0;
	return true;
}

uint32_t metadata_list_row(const struct metadata *metadata, unsigned listed_table,
			   uint32_t position)
{
	unsigned pointers = pointer_table(listed_table);
	uint32_t row = position;
	if (pointers && rows_of(metadata, pointers) &&
	    !metadata_raw(metadata, pointers, position, POINTER_ROW, &row))
		return 0;
	return row <= rows_of(metadata, listed_table) ? row : 0;
}

uint32_t metadata_list_position(const struct metadata *metadata, unsigned listed_table,
				uint32_t row)
{
	unsigned pointers = pointer_table(listed_table);
	if (!row || row > rows_of(metadata, listed_table))
		return 0;
	if (!pointers || !rows_of(metadata, pointers))
		return row;
	return metadata_next_match(metadata, pointers, POINTER_ROW, row, 0);
}
