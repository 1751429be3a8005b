/*
 * The inside of heap/metadata/metadata.h, shared by its .c files alone: where the bytes are, where
 * each table and column is (ECMA-335 II.22, II.24.2.6), and loads of single cells.
 */
#ifndef HEAP_METADATA_METADATA_TABLES_H
#define HEAP_METADATA_METADATA_TABLES_H

#include "heap/metadata/metadata.h"

/* Tables that only this reader needs: the indirections of uncompressed metadata (#-), which
 * ECMA-335 leaves out (dotnet/runtime src/coreclr/inc/metamodelpub.h), and the rest of II.22. */
enum {
	TABLE_FIELD_POINTER = 0x03,
	TABLE_METHOD_POINTER = 0x05,
	TABLE_PARAM_POINTER = 0x07,
	TABLE_FIELD_MARSHAL = 0x0d,
	TABLE_DECL_SECURITY = 0x0e,
	TABLE_EVENT_MAP = 0x12,
	TABLE_EVENT_POINTER = 0x13,
	TABLE_EVENT = 0x14,
	TABLE_PROPERTY_POINTER = 0x16,
	TABLE_METHOD_IMPL = 0x19,
	TABLE_IMPL_MAP = 0x1c,
	TABLE_EDIT_LOG = 0x1e,
	TABLE_EDIT_MAP = 0x1f,
	TABLE_ASSEMBLY_PROCESSOR = 0x21,
	TABLE_ASSEMBLY_OS = 0x22,
	TABLE_ASSEMBLY_REF_PROCESSOR = 0x24,
	TABLE_ASSEMBLY_REF_OS = 0x25,
	TABLE_MANIFEST_RESOURCE = 0x28,
	TABLE_GENERIC_PARAM_CONSTRAINT = 0x2c,
	METADATA_TABLE_BITS = 64, /* of the Valid and Sorted masks, II.24.2.6 */
	METADATA_COLUMNS = 9,     /* of the widest tables, Assembly and AssemblyRef */
};

/* Columns by their place in the row, II.22's order; those that are read. */
enum metadata_column {
	MODULE_MVID = 2,
	TYPE_REF_SCOPE = 0,
	TYPE_REF_NAME = 1,
	TYPE_REF_NAMESPACE = 2,
	TYPE_DEF_FLAGS = 0,
	TYPE_DEF_NAME = 1,
	TYPE_DEF_NAMESPACE = 2,
	TYPE_DEF_EXTENDS = 3,
	TYPE_DEF_FIELDS = 4,
	TYPE_DEF_METHODS = 5,
	POINTER_ROW = 0,
	FIELD_FLAGS = 0,
	FIELD_NAME = 1,
	FIELD_SIGNATURE = 2,
	METHOD_RVA = 0,
	METHOD_FLAGS = 2,
	METHOD_NAME = 3,
	METHOD_SIGNATURE = 4,
	MEMBER_REF_PARENT = 0,
	MEMBER_REF_NAME = 1,
	MEMBER_REF_SIGNATURE = 2,
	CONSTANT_TYPE = 0,
	CONSTANT_PARENT = 1,
	CONSTANT_VALUE = 2,
	ATTRIBUTE_PARENT = 0,
	ATTRIBUTE_CONSTRUCTOR = 1,
	ATTRIBUTE_VALUE = 2,
	PROPERTY_MAP_PARENT = 0,
	PROPERTY_MAP_PROPERTIES = 1,
	PROPERTY_NAME = 1,
	SEMANTICS_FLAGS = 0,
	SEMANTICS_METHOD = 1,
	SEMANTICS_ASSOCIATION = 2,
	FIELD_RVA_RVA = 0,
	FIELD_RVA_FIELD = 1,
	ASSEMBLY_VERSION = 1, /* four columns */
	ASSEMBLY_NAME = 7,
	ASSEMBLY_CULTURE = 8,
	ASSEMBLY_REF_VERSION = 0, /* four columns */
	ASSEMBLY_REF_NAME = 6,
	ASSEMBLY_REF_CULTURE = 7,
	EXPORTED_TYPE_FLAGS = 0,
	EXPORTED_TYPE_TYPE_DEF = 1,
	EXPORTED_TYPE_NAME = 2,
	EXPORTED_TYPE_NAMESPACE = 3,
	EXPORTED_TYPE_IMPLEMENTATION = 4,
	NESTED_CLASS_NESTED = 0,
	NESTED_CLASS_ENCLOSING = 1,
	GENERIC_PARAM_OWNER = 2,
	GENERIC_PARAM_NAME = 3,
	METHOD_SPEC_METHOD = 0,
};

/* II.23.1.15: visibilities from NESTED_PUBLIC on are those of nested types. */
enum { TYPE_VISIBILITY_MASK = 0x7, TYPE_NESTED_PUBLIC = 0x2 };

/* Bytes of the metadata that are there: offsets [start, end), contiguous in our memory. Holes lie
 * between pieces; whole metadata is one piece. */
struct metadata_piece {
	uint32_t start, end;
	const uint8_t *bytes;
};

struct metadata_stream {
	uint32_t start, size; /* offset from the root; size 0: absent */
};

struct metadata_table_place {
	uint32_t start, rows; /* offset from the root of row 1 */
	uint16_t row_size;    /* bytes */
	uint8_t offsets[METADATA_COLUMNS], widths[METADATA_COLUMNS];
};

/* The index of types by name: built by the first metadata_find_type(). */
struct metadata_type_index {
	uint32_t *rows;      /* open addressing; 0: free. NULL: not allocated yet */
	uint32_t *enclosing; /* by TypeDef row; 0: not nested */
	uint32_t mask;       /* slots - 1 */
	bool whole;          /* every type is in it: a search that is stopped leaves a part */
	bool unusable;       /* out of memory, or the names collide too often: search linearly */
};

struct metadata {
	const struct metadata_piece *pieces;
	size_t piece_count;
	uint64_t missing_bytes;
	struct target *target; /* that it was read from, at `address`, `end` bytes; NULL: a file */
	uint64_t address;
	uint32_t end;
	struct metadata_stream tables_stream, strings, blobs, guids, user_strings;
	bool uncompressed;  /* #- */
	bool minimal_delta; /* #JTD: every index is 4 bytes */
	uint64_t sorted;    /* one bit a table: II.24.2.6 Sorted, where it can be trusted */
	struct metadata_table_place tables[TABLE_COUNT];
	struct arena *arena;
	const struct task *task;
	struct metadata_piece whole; /* what `pieces` points at where there is one */
	struct metadata_type_index types;
};

/* The bytes from `offset` on that are contiguous (at least 1), or NULL: a hole or past the end. */
const uint8_t *metadata_bytes_at(const struct metadata *metadata, uint32_t offset,
				 uint32_t *ret_available);

/* What was asked for is in a hole: the target notes what it lacks (target.h). */
void metadata_note_lack(const struct metadata *metadata, uint32_t offset);

/* The task is to end: a search goes no further. */
bool metadata_stopped(const struct metadata *metadata);

/* Exactly `size` bytes, or NULL. */
static inline const uint8_t *metadata_bytes(const struct metadata *metadata, uint32_t offset,
					    uint32_t size)
{
	uint32_t available = 0;
	const uint8_t *bytes = metadata_bytes_at(metadata, offset, &available);
	if (bytes && size > available)
		metadata_note_lack(metadata, offset + available);
	return bytes && size <= available ? bytes : NULL;
}

/* Reads the table header (II.24.2.6) of metadata->tables_stream and places the tables. */
MUST_CHECK struct error *metadata_place_tables(struct metadata *metadata);

/* A cell as it is in the file: a number, a heap offset, a row, or a coded index. */
bool metadata_raw(const struct metadata *metadata, unsigned table, uint32_t row, unsigned column,
		  uint32_t *ret);

/* The same, with a coded index decoded to a token (0: null); false also for a tag that means no
 * table. */
bool metadata_cell(const struct metadata *metadata, unsigned table, uint32_t row, unsigned column,
		   uint32_t *ret);

/* Cells that are names and blobs. */
bool metadata_cell_string(const struct metadata *metadata, unsigned table, uint32_t row,
			  unsigned column, const char **ret);
bool metadata_cell_blob(const struct metadata *metadata, unsigned table, uint32_t row,
			unsigned column, const uint8_t **ret, uint32_t *ret_size);

/* What a token is in a coded index column; false: such a column cannot hold it. */
bool metadata_encode(unsigned table, unsigned column, uint32_t token, uint32_t *ret);

/* The first row after `after` (0: of all) whose raw cell is `wanted`, 0: none. Binary search where
 * the table is sorted by that column (II.22, "sorted"), else row by row, as long as the task goes
 * on. */
uint32_t metadata_next_match(const struct metadata *metadata, unsigned table, unsigned column,
			     uint32_t wanted, uint32_t after);

/* The TypeDef row that a TypeDef row is nested in (II.22.32), 0: none; false: not readable. */
bool metadata_enclosing(const struct metadata *metadata, uint32_t row, uint32_t *ret);

/* The list of rows that starts in a cell and ends where the next row's begins (II.22.37 FieldList
 * …); first 0, count 0: empty. Positions, to be taken through metadata_list_row(). */
bool metadata_list(const struct metadata *metadata, unsigned table, uint32_t row, unsigned column,
		   unsigned listed_table, uint32_t *ret_first, uint32_t *ret_count);

/* Position in a list -> row: through the pointer table where there is one. 0: none. */
uint32_t metadata_list_row(const struct metadata *metadata, unsigned listed_table,
			   uint32_t position);
/* The way back. 0: none. */
uint32_t metadata_list_position(const struct metadata *metadata, unsigned listed_table,
				uint32_t row);

#endif
