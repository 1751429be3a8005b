/*
 * Types: one `struct type` for each type handle met (a MethodTable, or a TypeDesc for pointers,
 * byrefs, function pointers and type variables), interned: the same handle gives the same pointer,
 * which lives in the heap's arena. Its index in the type index (u32, from 0 upwards, append-only)
 * is what statistics, graphs and JSON use. Types that a signature names but that are not loaded in
 * the process have no handle: they carry a name only.
 *
 * type_at(), type_by_index(), type_count(), type_name() and its like, type_walk_entry_of() and
 * type_walk_find() may be called from any thread: what they make lazily they make under the heap's
 * lock (heap_lock). All others are for a thread that holds that lock, or is alone.
 *
 * Facts: docs/design/datacontracts/RuntimeTypeSystem.md, src/coreclr/vm/methodtable.h, class.h,
 * typedesc.h, typehash.cpp (AvailableTypeParams); names as typestring.cpp builds them.
 */
#ifndef HEAP_TYPES_TYPE_H
#define HEAP_TYPES_TYPE_H

#include "heap/heap.h"
#include "heap/metadata/signature.h"
#include "heap/types/clr_module.h"
#include "heap/types/type_index.h"

enum type_kind {
	TYPE_CLASS,
	TYPE_INTERFACE,
	TYPE_STRUCT, /* a value type that is none of the next two */
	TYPE_PRIMITIVE,
	TYPE_ENUM,
	TYPE_STRING,
	TYPE_ARRAY,
	TYPE_POINTER,
	TYPE_BYREF,
	TYPE_FUNCTION_POINTER,
	TYPE_VARIABLE, /* T of a generic definition */
	TYPE_FREE,     /* free space of the GC heap */
};

enum { TYPE_HANDLE_TYPE_DESC = 2 }; /* bit 1 of a handle: src/coreclr/vm/typehandle.h */

struct type_field;

struct type {
	uint64_t handle; /* 0: named by a signature only, not loaded */
	uint32_t index;  /* in the type index; UINT32_MAX without a handle */
	enum type_kind kind;
	uint8_t element_type; /* enum element_type as a field of this type has it: enums their
				 primitive, structs VALUETYPE, references CLASS … */
	bool is_generic;      /* has generic arguments */
	bool is_shared;       /* one of them is System.__Canon */
	bool contains_pointers;
	bool is_single_dimension; /* an SZARRAY; false for md arrays, also those of rank 1 */
	uint8_t rank;             /* arrays */
	uint32_t base_size;       /* bytes, of an object, with header */
	uint32_t component_size;  /* bytes; 0: not variable-sized */
	uint32_t value_size;      /* bytes of a value of this type in a field: 8 for references */
	uint32_t token;      /* TypeDef token (variables: GenericParam); 0: arrays, pointers … */
	uint32_t attributes; /* TypeAttributes (ECMA-335 II.23.1.15) */
	struct clr_module *module; /* of the definition (arrays: of the element); NULL: unknown */
	uint64_t canonical;        /* MethodTable that has this EEClass; == handle when canonical */
	uint64_t ee_class;
	uint64_t parent_handle;     /* 0: none */
	const struct type *element; /* arrays, pointers, byrefs; may be NULL when unreadable */
	/* Generic arguments; of function pointers the return type, then the parameters. Handles, 0
	 * for those that are not loaded: ask type_argument(). */
	const uint64_t *arguments;
	uint32_t argument_count;
	uint8_t convention;         /* function pointers: ECMA-335 II.23.2.3 */
	bool is_nullable;           /* System.Nullable<T> of some T */
	bool is_continuation;       /* a continuation of .NET 11's runtime-async, of one layout */
	bool is_open;               /* made of type variables somewhere: no object has it */
	bool is_generic_definition; /* List<T> itself: its arguments are TYPE_VARIABLEs */
	/* Filled on first use by the functions below. */
	const char *name, *sos_name;
	const struct type_field *fields;
	size_t field_count;
	bool fields_ready;
};

MUST_CHECK struct error *type_system_open(struct heap *heap, struct type_system **ret);
void type_system_close(struct type_system *types); /* what is not in the arena */

/* The type of a handle. ERROR_BAD_DATA when it does not look like a type (its EEClass does not lead
 * back to it), ERROR_FAULT when it cannot be read. Both name the handle. */
MUST_CHECK struct error *type_at(struct heap *heap, uint64_t handle, const struct type **ret);

/* The type with this index: one that type_at() or a walk has met. */
const struct type *type_by_index(struct heap *heap, uint32_t index);
uint32_t type_count(const struct heap *heap);

/* As dumpheap and ClrMD spell it: System.Collections.Generic.Dictionary<System.String,
 * System.Int32>+Entry[]. Never NULL and never a guess: "<unknown type MT=7f…>" when metadata cannot
 * be read (*ret_known, if not NULL, is then false). "Free" for free space. */
const char *type_name(struct heap *heap, const struct type *type, bool *ret_known);

/* Makes both spellings now, so that the calls above and below cannot run out of memory (they answer
 * "<unknown type>" then, and try again when asked again). ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *type_name_prepare(struct heap *heap, const struct type *type);

/* As dumpobj spells it: System.Collections.Generic.Dictionary`2[[System.String,
 * System.Private.CoreLib],…]. */
const char *type_sos_name(struct heap *heap, const struct type *type);

/* *ret NULL: none. ERROR_BAD_DATA when it has more than LIMIT_PARENT_CHAIN, a circle among them: a
 * caller that asks level by level comes to an end. */
MUST_CHECK struct error *type_parent(struct heap *heap, const struct type *type,
				     const struct type **ret);

/* A generic argument, or a function pointer's return type (0) or parameter. Never NULL on success.
 */
MUST_CHECK struct error *type_argument(struct heap *heap, const struct type *type, uint32_t index,
				       const struct type **ret);

/* A primitive, string, object … by its element type (ECMA-335 II.23.1.16), as CoreLib defines it.
 * ERROR_NOT_FOUND when CoreLib's metadata cannot be read. */
MUST_CHECK struct error *type_of_element(struct heap *heap, enum element_type element,
					 const struct type **ret);

/* The type of a TypeDef or TypeRef token of a module; one that is not loaded has handle 0. */
MUST_CHECK struct error *type_of_token(struct heap *heap, struct clr_module *module, uint32_t token,
				       const struct type **ret);

/* A field's type: what `signature->nodes[node]` means inside `context` (whose generic arguments VAR
 * takes). When it is not loaded, *ret has handle 0 and a name; where only the canonical form of an
 * instantiation is loaded (List<__Canon>), canonical, ee_class and the sizes are that form's. */
MUST_CHECK struct error *type_of_signature(struct heap *heap, const struct signature *signature,
					   uint32_t node, struct clr_module *module,
					   const struct type *context, const struct type **ret);

/* The loaded types among a module's own TypeDefs, or among those that its TypeRefs name, by row. A
 * visitor's error ends the visit; ERROR_FAULT when the map cannot be read to its end. */
typedef struct error *(*token_visitor)(uint32_t row, uint64_t handle, void *context);
MUST_CHECK struct error *type_definitions_visit(struct heap *heap, const struct clr_module *module,
						token_visitor visit, void *context);
MUST_CHECK struct error *type_references_visit(struct heap *heap, const struct clr_module *module,
					       token_visitor visit, void *context);

/* Loaded types by name, as type_name() spells it, or by the simple or partly qualified name
 * ("Gateway", "Payments.Gateway", "Outer+Inner", "List<System.Int32>"): looked for over the
 * TypeDefs of all modules, exact full names first. The matches go to *ret (in scratch). Types whose
 * class is defined but not loaded are counted in *ret_unloaded. */
MUST_CHECK struct error *type_find(struct heap *heap, const char *name, struct arena *scratch,
				   const struct type ***ret, size_t *ret_count,
				   size_t *ret_unloaded);

/* What is known of a class. */
enum class_state {
	CLASS_UNNAMED,    /* nothing: the metadata that would name it cannot be read */
	CLASS_UNDEFINED,  /* there is none of that name */
	CLASS_NOT_LOADED, /* nothing has used it yet */
	CLASS_UNREADABLE, /* it is there, or may be, and cannot be read */
	CLASS_LOADED,
};

/* CoreLib's own class of that full name, which is not generic. *ret is NULL but for CLASS_LOADED.
 * ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *core_class_find(struct heap *heap, const char *name,
					 const struct type **ret, enum class_state *ret_state);

/* Every loaded class and instantiation whose definition is in a module's metadata, so no arrays, in
 * the order of the modules. What cannot be read is passed over. The visitor's errors,
 * ERROR_NO_MEMORY and ERROR_CANCELLED only. */
typedef struct error *(*type_visitor)(const struct type *type, void *context);
MUST_CHECK struct error *type_visit_loaded(struct heap *heap, type_visitor visit, void *context);

/* System.String's MethodTable, as the runtime has it in a variable. */
MUST_CHECK struct error *type_string_table(struct heap *heap, uint64_t *ret);

/* What SOS calls a type's class: since .NET 9 the canonical MethodTable, before that the EEClass.
 */
uint64_t type_shown_class(const struct heap *heap, const struct type *type);

/* The path of the file that a type is defined in; "": none is known. */
static inline const char *type_file(const struct type *type)
{
	return type->module && type->module->path ? type->module->path : "";
}

bool type_is_reference(const struct type *type); /* a value of it in a field is an object address */
/* Does the type or one of its parents have this full metadata name (without generic arguments,
 * e.g. "System.Collections.Generic.Dictionary`2")? */
bool type_is(struct heap *heap, const struct type *type, const char *metadata_name);
/* Namespace.Name`n (nested: Outer+Inner) of the definition; NULL: unreadable. */
const char *type_metadata_name(struct heap *heap, const struct type *type);

/* Of a type index that a walk has met. */
const struct type_walk_entry *type_walk_entry_of(const struct heap *heap, uint32_t index);

/* The entry of a MethodTable, adding it when it is new (then `reader` is used). *ret NULL: not a
 * MethodTable; asking again is cheap. The entry stays where it is while the heap is open. Fatal
 * errors (error_is_fatal) only. */
MUST_CHECK struct error *type_walk_find(struct heap *heap, struct reader *reader,
					uint64_t method_table, const struct type_walk_entry **ret);

/* Of what type_walk_find() has just refused: did it lead to memory that cannot be read? Then it may
 * be a MethodTable. */
bool type_walk_unreadable(struct heap *heap, uint64_t method_table);

#endif
