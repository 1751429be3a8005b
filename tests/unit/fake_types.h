/*
 * Modules and types of a runtime in a fake target, with metadata and without a GC: the least that
 * heap/types/type.h and clr_module.h need. Laid out by a shipped layout, read as data: no offset is
 * written here. A heap over it is opened with fake_types_open(): contract, modules and types only.
 */
#ifndef TESTS_UNIT_FAKE_TYPES_H
#define TESTS_UNIT_FAKE_TYPES_H

#include "heap/contract/layouts.h"
#include "heap/types/type.h"
#include "tests/unit/fake_target.h"
#include "tests/unit/metadata_builder.h"

/* Shipped layouts of x64. */
enum { FAKE_LAYOUT_8_0, FAKE_LAYOUT_10_0, FAKE_LAYOUT_11_0 };

/* TypeDef rows of the module `core`, an assembly System.Private.CoreLib. */
enum {
	CORE_MODULE_TYPE = 1,
	CORE_OBJECT,
	CORE_VALUE_TYPE,
	CORE_ENUM,
	CORE_STRING,
	CORE_INT32,
	CORE_CANON,
	CORE_DICTIONARY, /* System.Collections.Generic.Dictionary`2 */
	CORE_ENTRY,      /* Dictionary`2+Entry */
	CORE_DAY,        /* enum System.DayOfWeek : int */
	CORE_VOID,
};

/* TypeDef and TypeRef rows of the module `app`, an assembly App. */
enum {
	APP_MODULE_TYPE = 1,
	APP_OUTER,             /* Demo.Outer`1 */
	APP_INNER,             /* Outer`1+Inner`1 */
	APP_ODD,               /* Demo.Odd,[x] */
	APP_GATEWAY,           /* Demo.Gateway */
	APP_CLOSURE,           /* Demo.Closure: generic, but its name does not say so */
	APP_REFERENCE_DAY = 1, /* System.DayOfWeek, of System.Runtime */
	APP_REFERENCE_GONE,    /* Gone.Type, of an assembly that is not loaded */
	APP_REFERENCE_GONE_NESTED,
	APP_REFERENCE_DICTIONARY,
	APP_REFERENCE_ENTRY, /* nested in the one before */
};

struct fake_types {
	struct fake_target *target;
	struct arena arena;
	struct contract *layout; /* field offsets only */
	struct heap heap;
	uint64_t next; /* free memory */
	uint64_t core, app, facade;
	uint64_t object, value_type, enum_type, string, int32, canon, free_type;
	uint64_t continuation; /* the variable of their base's MethodTable, then that of their class
				*/
	char globals[512];
	struct shipped_layout shipped;
};

/* Builds the three modules and CoreLib's simple types; never fails (aborts). */
struct fake_types *fake_types_new(unsigned layout);
void fake_types_cleanup(struct fake_types **types);

/* Opens types->heap as heap_open() would. */
MUST_CHECK struct error *fake_types_open(struct fake_types *types);

uint64_t fake_types_allocate(struct fake_types *types, size_t size);
uint64_t fake_types_field(const struct fake_types *types, uint64_t base, const char *type,
			  const char *field);
bool fake_types_has(const struct fake_types *types, const char *type, const char *field);
void fake_types_set(struct fake_types *types, uint64_t base, const char *type, const char *field,
		    uint64_t number, unsigned width);

/* A Module with Assembly and PEAssembly; metadata NULL: without an image. */
uint64_t fake_types_module(struct fake_types *types, const char *path, const uint8_t *metadata,
			   size_t metadata_size);

/* A MethodTable with a class of its own, entered in its module's TypeDefToMethodTableMap. */
struct fake_class {
	uint64_t module, parent;
	uint32_t row, flags, base_size;
	uint8_t element_type, padding;
};
uint64_t fake_types_class(struct fake_types *types, const struct fake_class *wanted);

/* rank 0: a one-dimensional array. */
uint64_t fake_types_array(struct fake_types *types, uint64_t element, unsigned rank);

/* An instantiation with a class of its own. */
uint64_t fake_types_instance(struct fake_types *types, uint64_t module, uint32_t row,
			     uint32_t flags, const uint64_t *arguments, uint32_t count);

/* A pointer or byref; a function pointer (arguments: return type, then parameters). */
uint64_t fake_types_pointer(struct fake_types *types, enum element_type kind, uint64_t element);
uint64_t fake_types_function(struct fake_types *types, const uint64_t *arguments, uint32_t count);
uint64_t fake_types_variable(struct fake_types *types, uint64_t module, uint32_t row);

/* Sets an entry of a module's lookup map. */
void fake_types_map(struct fake_types *types, uint64_t module, const char *map, uint32_t row,
		    uint64_t handle);

/* The instance fields of a class, by name, offset and type, in place of what metadata says; after
 * fake_types_open(). */
struct fake_field {
	const char *name;
	uint32_t offset;
	uint64_t type;
};
MUST_CHECK struct error *fake_types_fields(struct fake_types *types, uint64_t table,
					   const struct fake_field *wanted, size_t count);

/* Fills a module's AvailableTypeParams. */
void fake_types_available(struct fake_types *types, uint64_t module, const uint64_t *handles,
			  size_t count);

#endif
