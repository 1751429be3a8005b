/*
 * ECMA-335 metadata of one managed module, read out of the target: the root (II.24.2.1, "BSJB"),
 * the streams #~ or #- (edit-and-continue and dynamic modules), #Strings, #Blob, #GUID, and the
 * tables of II.22. Bytes are borrowed from a mapped core when they are contiguous; otherwise copied
 * page by page, and a page that cannot be read makes the rows and strings on it unreadable, not
 * zero.
 *
 * Everything is bounded by the metadata's own size. Getters that answer bool answer false for a row
 * out of range, a heap index out of range, or bytes that are not in the target. Strings and blobs
 * are the metadata's own bytes: they live as long as it does (strings are not checked to be UTF-8).
 *
 * Opening places the tables and reads no row: its cost does not depend on the number of rows where
 * the target lends the bytes. Once open, everything that takes a const struct metadata may be
 * called from several threads at once; metadata_find_type() belongs to the owner of the arena
 * alone.
 */
#ifndef HEAP_METADATA_METADATA_H
#define HEAP_METADATA_METADATA_H

#include "attach/target/reader.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/task.h"

/* ECMA-335 II.22: table numbers; a token is table << 24 | row (rid), rows count from 1. */
enum metadata_table {
	TABLE_MODULE = 0x00,
	TABLE_TYPE_REF = 0x01,
	TABLE_TYPE_DEF = 0x02,
	TABLE_FIELD = 0x04,
	TABLE_METHOD_DEF = 0x06,
	TABLE_PARAM = 0x08,
	TABLE_INTERFACE_IMPL = 0x09,
	TABLE_MEMBER_REF = 0x0a,
	TABLE_CONSTANT = 0x0b,
	TABLE_CUSTOM_ATTRIBUTE = 0x0c,
	TABLE_CLASS_LAYOUT = 0x0f,
	TABLE_FIELD_LAYOUT = 0x10,
	TABLE_STAND_ALONE_SIG = 0x11,
	TABLE_PROPERTY_MAP = 0x15,
	TABLE_PROPERTY = 0x17,
	TABLE_METHOD_SEMANTICS = 0x18,
	TABLE_MODULE_REF = 0x1a,
	TABLE_TYPE_SPEC = 0x1b,
	TABLE_FIELD_RVA = 0x1d,
	TABLE_ASSEMBLY = 0x20,
	TABLE_ASSEMBLY_REF = 0x23,
	TABLE_FILE = 0x26,
	TABLE_EXPORTED_TYPE = 0x27,
	TABLE_NESTED_CLASS = 0x29,
	TABLE_GENERIC_PARAM = 0x2a,
	TABLE_METHOD_SPEC = 0x2b,
	TABLE_COUNT = 0x2d,
};

static inline uint32_t token_table(uint32_t token)
{
	return token >> 24;
}

static inline uint32_t token_row(uint32_t token)
{
	return token & 0xffffff;
}

static inline uint32_t token_make(enum metadata_table table, uint32_t row)
{
	return (uint32_t)table << 24 | row;
}

struct metadata;

/* Metadata whose root is at `address` and is at most `size` bytes long. Lives in `arena`; borrowed
 * bytes live as long as the reader's target. ERROR_FAULT when the root or the table header cannot
 * be read, ERROR_BAD_DATA when it is not metadata. */
MUST_CHECK struct error *metadata_open(struct reader *reader, uint64_t address, uint64_t size,
				       struct arena *arena, struct metadata **ret);

/* The same on bytes in our own memory, which must live as long: for tests. */
MUST_CHECK struct error *metadata_open_bytes(const uint8_t *bytes, size_t size, struct arena *arena,
					     struct metadata **ret);

/* Searches that go row by row look at the task, and find nothing once it is to end: code that keeps
 * that something is not there looks at the task first. Code that only reports it need not: a
 * command that has reported it ends as one that was cancelled (commands/interpreter/run.h). The
 * task must live as long as the metadata. */
void metadata_set_task(struct metadata *metadata, const struct task *task);

/* Bytes of the metadata that could not be read from the target. */
uint64_t metadata_missing_bytes(const struct metadata *metadata);

uint32_t metadata_rows(const struct metadata *metadata, enum metadata_table table);

/* NULL: out of range, not readable, not ended within LIMIT_METADATA_STRING_BYTES. */
const char *metadata_string(const struct metadata *metadata, uint32_t offset);
bool metadata_blob(const struct metadata *metadata, uint32_t offset, const uint8_t **ret,
		   uint32_t *ret_size);

/* A string that IL loads (II.24.2.4): UTF-16 units, little-endian, not aligned. */
bool metadata_user_string(const struct metadata *metadata, uint32_t offset, const uint8_t **ret,
			  uint32_t *ret_units);

bool metadata_mvid(const struct metadata *metadata, uint8_t ret[16]); /* II.22.30 Module */

struct type_def { /* II.22.37; first_field and first_method: see metadata_field_row() */
	uint32_t flags;
	const char *name, *name_space; /* never NULL; "" when empty */
	uint32_t extends;              /* TypeDef, TypeRef or TypeSpec token; 0: none */
	uint32_t first_field, field_count, first_method,
		method_count; /* positions; first 0: none */
	uint32_t enclosing;   /* TypeDef row; 0: not nested (II.22.32) */
};
bool metadata_type_def(const struct metadata *metadata, uint32_t row, struct type_def *ret);
/* Its name alone; NULL: not readable. */
const char *metadata_type_def_name(const struct metadata *metadata, uint32_t row);

/* The row at a position of a type's list of fields, 0: none. Position and row are the same but in
 * uncompressed metadata (#-), whose lists go through the table FieldPtr (dotnet/runtime
 * src/coreclr/inc/metamodelpub.h: FieldPtrRec). */
uint32_t metadata_field_row(const struct metadata *metadata, uint32_t position);
/* The same of its list of methods (MethodPtr). */
uint32_t metadata_method_row(const struct metadata *metadata, uint32_t position);

struct type_ref {       /* II.22.38 */
	uint32_t scope; /* Module, ModuleRef, AssemblyRef or TypeRef token; 0: exported type */
	const char *name, *name_space;
};
bool metadata_type_ref(const struct metadata *metadata, uint32_t row, struct type_ref *ret);

struct exported_type {     /* II.22.14: a type of another module or, with */
	uint32_t flags;    /* 0x00200000, one forwarded to another assembly */
	uint32_t type_def; /* a hint: the token in that module; 0: none */
	const char *name, *name_space;
	uint32_t implementation; /* File, AssemblyRef, or the enclosing ExportedType; a token */
};
bool metadata_exported_type(const struct metadata *metadata, uint32_t row,
			    struct exported_type *ret);

/* The row of an exported type that is not nested; 0: none. Linear. */
uint32_t metadata_find_exported_type(const struct metadata *metadata, const char *name_space,
				     const char *name);

struct member {                 /* Field II.22.15, MethodDef II.22.26, MemberRef II.22.25 */
	uint32_t flags, parent; /* parent: MemberRef only (a token) */
	uint32_t rva;           /* MethodDef only */
	const char *name;
	const uint8_t *signature;
	uint32_t signature_size;
};
bool metadata_field(const struct metadata *metadata, uint32_t row, struct member *ret);
bool metadata_method(const struct metadata *metadata, uint32_t row, struct member *ret);

/* Any token that IL names a member by: Field, MethodDef, MemberRef, MethodSpec. parent is always
 * set: a TypeDef token for the module's own members. */
bool metadata_member(const struct metadata *metadata, uint32_t token, struct member *ret);

/* The signature of a TypeSpec (II.22.39). */
bool metadata_type_spec(const struct metadata *metadata, uint32_t row, const uint8_t **ret,
			uint32_t *ret_size);

/* The TypeDef row that owns a field or a method row: binary search over II.22.37's lists. 0: none.
 */
uint32_t metadata_field_owner(const struct metadata *metadata, uint32_t field_row);
uint32_t metadata_method_owner(const struct metadata *metadata, uint32_t method_row);

/* The constant of a field token (II.22.9): element type (II.23.1.16) and little-endian bytes. */
bool metadata_constant(const struct metadata *metadata, uint32_t parent_token, uint8_t *ret_type,
		       const uint8_t **ret, uint32_t *ret_size);

/* The RVA of a field with initial data (II.22.18); false: none. */
bool metadata_field_rva(const struct metadata *metadata, uint32_t field_row, uint32_t *ret);

/* Visits properties of a TypeDef row in order; index from 0; false past the end, or unreadable.
 * getter 0: none. */
bool metadata_property(const struct metadata *metadata, uint32_t type_row, uint32_t index,
		       const char **ret_name, uint32_t *ret_getter);

/* A TypeDef row by names; enclosing 0 for a type that is not nested; of several the first. 0: none.
 * The first call builds an index of 8 to 20 bytes a type in the arena; without memory for it the
 * rows are searched one by one. */
uint32_t metadata_find_type(struct metadata *metadata, const char *name_space, const char *name,
			    uint32_t enclosing);

struct assembly_name { /* II.22.2, II.22.5 */
	const char *name, *culture;
	uint16_t version[4]; /* major, minor, build, revision */
};
bool metadata_assembly(const struct metadata *metadata, struct assembly_name *ret);
bool metadata_assembly_ref(const struct metadata *metadata, uint32_t row,
			   struct assembly_name *ret);

/* The string argument of a custom attribute on the assembly, by the attribute class's name (e.g.
 * "AssemblyFileVersionAttribute"; II.23.3). Copied into arena; NULL: absent or unreadable. */
const char *metadata_assembly_attribute(const struct metadata *metadata, const char *attribute,
					struct arena *arena);

/* Does the token carry a custom attribute whose class has this simple name (e.g. "FlagsAttribute")?
 */
bool metadata_has_attribute(const struct metadata *metadata, uint32_t parent_token,
			    const char *attribute);

/* Number of generic parameters of a TypeDef or MethodDef token (II.22.20), at most
 * LIMIT_GENERIC_ARGUMENTS. */
uint32_t metadata_generic_parameter_count(const struct metadata *metadata, uint32_t owner_token);
const char *metadata_generic_parameter_row_name(const struct metadata *metadata, uint32_t row);

#endif
