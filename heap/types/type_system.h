/*
 * The inside of heap/types/type.h, shared by type*.c alone: the type index, the layouts, and the
 * raw reading of MethodTables and TypeDescs.
 */
#ifndef HEAP_TYPES_TYPE_SYSTEM_H
#define HEAP_TYPES_TYPE_SYSTEM_H

#include "base/id_map.h"
#include "heap/types/type.h"

/* docs/design/datacontracts/RuntimeTypeSystem.md; the fields of Module and its tables: Loader.md.
 */
struct type_layout {
	struct field flags, base_size, flags_2, type_def_rid, parent, module, class_or_canonical;
	struct field instantiation, multipurpose_flags, virtual_count;
	struct field class_method_table, class_attributes, class_element_type, class_padding;
	struct field array_rank;
	uint64_t array_base_size; /* of an array without bounds; 0: this runtime gives the rank */
	struct field dictionaries, arguments;
	struct field desc_flags, desc_argument, variable_module, variable_token;
	struct field function_arguments, function_convention, function_types;
	struct field type_def_map, type_ref_map, available;
	struct field map_data, map_next, map_count;
	struct field hash_buckets, hash_value, hash_next;
};

/* A struct type with what only this folder's files look at. */
struct type_record {
	struct type public; /* first */
	const char *metadata_name;
	const struct type **argument_types; /* resolved on first use; NULL entries: not yet */
	bool name_known, metadata_name_tried;
	bool name_waits; /* for the names of its parts, while these are made */
	bool parents_known;
	unsigned parents;    /* how many; 0 until it is known */
	uint64_t name_lacks; /* without a name: what the target lacked then; 0: nothing */
};

static inline struct type_record *type_record_of(const struct type *type)
{
	return (struct type_record *)(uintptr_t)type;
}

/* A constructed type that some module's AvailableTypeParams lists. */
struct type_instance {
	uint64_t handle;
	uint64_t definition; /* Module of a generic's TypeDef; 0: arrays, pointers … */
	uint32_t row;        /* that TypeDef */
	uint32_t next;       /* the next one with the same hash; UINT32_MAX: none */
};

struct type_system {
	struct type_layout layout;
	uint32_t method_table_bytes; /* up to the last field that is read */
	uint64_t free_method_table, canon_method_table;
	/* .NET 11's runtime-async: the base of all continuations, and the one class that those made
	 * for a layout share; 0: none. */
	uint64_t continuation_method_table, continuation_class;
	struct type_index index;
	struct id_map by_handle; /* handle -> index */
	struct id_map not_types; /* MethodTables that the walk was refused */
	struct id_map
		unloaded; /* module index + 1 << 32 | TypeDef row -> index in unloaded_types */
	struct type **unloaded_types;
	size_t unloaded_count, unloaded_capacity;
	struct type_instance *instances;
	size_t instance_count, instance_capacity;
	struct id_map instance_hashes; /* hash of a construction -> first instance */
	size_t modules_indexed;
	uint64_t instances_lack; /* what the target lacked of them; 0: nothing */
	const struct type *elements[ELEMENT_OBJECT + 1]; /* by element type */
};

/* MethodTable flags (RuntimeTypeSystem.md, MethodTableFlags_1; src/coreclr/vm/methodtable.h). They
 * are the same in every runtime with version 1 of that contract, and in .NET 8. */
enum {
	METHOD_TABLE_HAS_COMPONENT_SIZE = (int)0x80000000,
	METHOD_TABLE_COMPONENT_SIZE_MASK = 0xffff,
	METHOD_TABLE_CATEGORY_MASK = 0x000f0000,
	METHOD_TABLE_CATEGORY_NULLABLE = 0x00050000,
	METHOD_TABLE_CATEGORY_PRIMITIVE = 0x00060000, /* enums, and few structs of CoreLib */
	METHOD_TABLE_CATEGORY_TRUE_PRIMITIVE = 0x00070000,
	METHOD_TABLE_CATEGORY_ARRAY = 0x00080000,
	METHOD_TABLE_CATEGORY_SZARRAY = 0x000a0000,
	METHOD_TABLE_CATEGORY_INTERFACE = 0x000c0000,
	METHOD_TABLE_GROUP_MASK = 0x000c0000,
	METHOD_TABLE_GROUP_VALUE_TYPE = 0x00040000,
	METHOD_TABLE_GROUP_ARRAY = 0x00080000,
	METHOD_TABLE_CONTAINS_POINTERS = 0x01000000,
	METHOD_TABLE_CONTAINS_VARIABLES = 0x20000000,
	METHOD_TABLE_GENERICS_MASK = 0x30, /* where there is no component size */
	METHOD_TABLE_GENERICS_SHARED = 0x20,
	METHOD_TABLE_GENERICS_TYPICAL = 0x30, /* the definition itself: List<T> */
	METHOD_TABLE_RID_SHIFT = 8,           /* of MTFlags2 */
	MULTIPURPOSE_MODULE_OVERRIDE = 0x10,  /* before .NET 9: see definition_module() */
	MULTIPURPOSE_INTERFACES = 0x02,
	MULTIPURPOSE_LOWER_MASK = 0x0f,
	VIRTUALS_PER_CHUNK = 8,
	CANONICAL_TAG = 1,          /* of EEClassOrCanonMT */
	TYPE_DESC_KIND_MASK = 0xff, /* of TypeDesc.TypeAndFlags */
};

/* A MethodTable as it is in the target, proven: its class leads back to it. */
struct method_table {
	uint32_t flags, base_size, component_size, row;
	uint64_t parent, module, canonical, ee_class, instantiation;
	bool is_free;
	bool is_continuation; /* made by the runtime for a layout of an async method's locals */
};

static inline bool method_table_is_array(const struct method_table *table)
{
	return (table->flags & METHOD_TABLE_GROUP_MASK) == METHOD_TABLE_GROUP_ARRAY;
}

static inline bool method_table_is_generic(const struct method_table *table)
{
	return !(table->flags & (uint32_t)METHOD_TABLE_HAS_COMPONENT_SIZE) &&
	       (table->flags & METHOD_TABLE_GENERICS_MASK);
}

/* A bound field of the structure at `base`; false: absent or unreadable. */
bool type_load(struct reader *reader, uint64_t base, struct field field, uint64_t *ret);

/* 1: read; 0: not a MethodTable; -1: unreadable. */
int method_table_read(const struct type_system *types, struct reader *reader, uint64_t address,
		      struct method_table *ret);

/* Of an array with bounds; 0: unreadable or above LIMIT_ARRAY_RANK. */
uint32_t method_table_rank(const struct type_system *types, struct reader *reader,
			   const struct method_table *table);

/* The element type's handle of an array, pointer or byref; 0: none. */
uint64_t type_element_handle(const struct type_system *types, struct reader *reader,
			     uint64_t handle);

/* Where an instantiation's arguments are, and how many; false: unreadable or above the cap. */
bool method_table_arguments(const struct type_system *types, struct reader *reader,
			    const struct method_table *table, uint64_t *ret, uint32_t *ret_count);

/* A new record for a type without a handle. */
MUST_CHECK struct error *type_new_unloaded(struct heap *heap, const struct type *model,
					   struct type_record **ret);

/* The handle in a module's TypeDefToMethodTableMap or TypeRefToMethodTableMap; 0: none. */
uint64_t type_map_find(struct heap *heap, const struct clr_module *module, struct field map,
		       uint32_t row);

/* The entries of a module's lookup map that are not 0, by row. A visitor's error ends the visit;
 * ERROR_FAULT when the map cannot be read to its end. */
MUST_CHECK struct error *type_map_visit(struct heap *heap, const struct clr_module *module,
					struct field map, token_visitor visit, void *context);

/* Every handle of AvailableTypeParams: the constructed types of a module. */
typedef struct error *(*handle_visitor)(uint64_t handle, void *context);
MUST_CHECK struct error *type_available_visit(struct heap *heap, const struct clr_module *module,
					      handle_visitor visit, void *context);

/* Brings the index of constructed types up to the modules known by now. */
MUST_CHECK struct error *type_instances_update(struct heap *heap);

/* The loaded type constructed so; *ret NULL: none. `kind`: GENERICINST (module, row and arguments),
 * SZARRAY, ARRAY (rank), PTR, BYREF (one argument), FNPTR (convention in rank). */
struct type_construction {
	enum element_type kind;
	const struct clr_module *module;
	uint32_t row, rank, argument_count;
	const uint64_t *arguments;
};
MUST_CHECK struct error *type_instance_find(struct heap *heap,
					    const struct type_construction *construction,
					    const struct type **ret);

/* Makes what type_metadata_name() answers; ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *type_metadata_name_prepare(struct heap *heap, const struct type *type);

/* The arguments of an instantiation as the runtime writes them, [[System.Int32,
 * System.Private.CoreLib],[…]] (typestring.cpp: AppendInst with FormatFullInst); a type variable
 * has no assembly. ERROR_NO_MEMORY and ERROR_CANCELLED only. Appends to text. */
struct text;
MUST_CHECK struct error *type_append_brackets(struct heap *heap,
					      const struct type *const *arguments, uint32_t count,
					      struct text *text);

/* Namespace.Name`n of a TypeDef with its enclosing ones, '+' between; `escaped`: reserved
 * characters after a backslash as reflection writes them. False: unreadable. Appends to text. */
bool type_definition_name(struct metadata *metadata, uint32_t row, bool escaped, struct text *text);

/* The same of a type, without its arguments and suffixes; *ret_known: false where nothing names it,
 * then nothing is appended. ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *type_append_definition(struct heap *heap, const struct type *type,
						bool escaped, struct text *text, bool *ret_known);

#endif
