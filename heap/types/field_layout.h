/*
 * Where the runtime keeps what fields, statics, strings and arrays are read from: bound once a
 * heap, on first use. For the files of this folder.
 */
#ifndef HEAP_TYPES_FIELD_LAYOUT_H
#define HEAP_TYPES_FIELD_LAYOUT_H

#include "heap/heap.h"

/* One of two forms: counts of their own (9.0 on), or an array of u32 after the class's fixed part,
 * packed to bits when a flag says so (8.0: src/coreclr/vm/class.h EEClassFieldId,
 * packedfields.inl). */
struct class_layout {
	struct field field_desc_list;
	struct field instance_count, static_count;
	struct field fixed_size, fields_are_packed, optional_fields;
};

struct field_desc_layout {
	struct field method_table, flags1, flags2;
	uint32_t size; /* bytes of a FieldDesc */
};

/* Statics before the class's MethodTableAuxiliaryData (9.0 on:
 * docs/design/datacontracts/RuntimeTypeSystem.md). */
struct auxiliary_statics_layout {
	struct field auxiliary_data, flags2;
	struct field gc_statics, non_gc_statics;
	struct field gc_tls_index, non_gc_tls_index;
	uint32_t statics_size, thread_statics_size; /* bytes they are before the auxiliary data */
};

/* docs/design/datacontracts/Thread.md: GetThreadLocalStaticBase. */
struct thread_data_layout {
	struct field data; /* in Thread */
	struct field count, collectible_count, array, collectible_array, in_flight;
	struct field in_flight_next, in_flight_index, in_flight_data;
	uint64_t reserved; /* indices that have no place in the array */
};

/* Statics in a module's DomainLocalModule and ThreadLocalModules (8.0:
 * src/coreclr/vm/appdomain.hpp, threadstatics.h, methodtable.h as of release/8.0). */
struct module_statics_layout {
	struct field flags, flags2, virtual_count, module;          /* in MethodTable */
	struct field domain_module, module_index, loader_allocator; /* in Module */
	struct field allocator_object;                              /* in LoaderAllocator */
	struct field thread_modules, thread_module_count;           /* in Thread */
	struct field dynamic_id;                                    /* in EEClassOptionalFields */
	struct field generics_id;                                   /* in GenericsStaticsInfo */
	struct field entry, entry_flags;                            /* in DynamicClassInfo */
	struct field entry_gc, entry_blob, collectible_gc, collectible_non_gc;
	uint32_t entry_size, method_table_size, array_header;
	uint64_t fixed_slots, virtuals_per_chunk;
};

/* A DomainLocalModule or a ThreadLocalModule: the same parts. */
struct local_module_layout {
	struct field table, count, gc_statics, blob;
};

enum statics_form { STATICS_AUXILIARY, STATICS_MODULE, STATICS_UNKNOWN };

/* docs/design/datacontracts/Object.md: String, Array. */
struct object_layout {
	struct field string_length, string_units, array_count;
	uint64_t header; /* bytes before an object that MethodTable.BaseSize counts */
};

struct field_layout {
	struct object_layout object;
	struct class_layout class;
	struct field_desc_layout desc;
	enum statics_form form;
	struct auxiliary_statics_layout auxiliary;
	struct thread_data_layout thread_data;
	struct module_statics_layout module;
	struct local_module_layout domain_module, thread_module;
	uint64_t pointer_mask; /* & with a statics pointer takes the not-initialised bit away */
	uint64_t array_data_offset; /* bytes, of an object array's elements */
};

/* ERROR_UNSUPPORTED naming the field when the contract lacks one that every form needs. */
MUST_CHECK struct error *field_layout_get(struct heap *heap, const struct field_layout **ret);

#endif
