/*
 * A small .NET runtime in a fake target: a DAC table in "libcoreclr's" memory, three threads, a
 * workstation GC with regions, a handful of MethodTables and objects. It is laid out by the shipped
 * 8.0-x64 layouts, read as data: no offset is written here. CoreLib's metadata is absent, so the
 * self-check sees everything but names.
 *
 * Or, in .NET 11's form, one that has no DAC table and describes itself and its GC.
 */
#ifndef TESTS_UNIT_FAKE_RUNTIME_H
#define TESTS_UNIT_FAKE_RUNTIME_H

#include "dump/images/runtime_find.h"
#include "heap/contract/descriptor_parse.h"
#include "heap/heap.h"
#include "tests/unit/fake_target.h"

enum {
	FAKE_RUNTIME_BASE = 0x100000, /* "libcoreclr" */
	FAKE_RUNTIME_SIZE = 0x10000,
	FAKE_TABLE = FAKE_RUNTIME_BASE + 0x2008, /* g_dacTable, or the descriptor's pointer_data */
	FAKE_DESCRIPTOR = FAKE_RUNTIME_BASE + 0x1048, /* the runtime's, after the GC's */
	FAKE_GC_DESCRIPTOR = FAKE_RUNTIME_BASE + 0x1008,
	FAKE_TYPES = 0x200000, /* MethodTables and classes */
	FAKE_GEN0 = 0x400000,  /* a region a generation */
	FAKE_GEN2 = 0x500000,
	FAKE_LOH = 0x600000,
	FAKE_POH = 0x700000,
	FAKE_REGION_SIZE = 0x4000,
	FAKE_HEAP_STRIDE = 0x1000000, /* from a server heap's regions to the next one's */
};

struct fake_runtime {
	struct fake_target *target; /* taken by fake_runtime_open() */
	struct arena arena;
	struct contract *layout;           /* field offsets only */
	const cJSON *indices, *gc_indices; /* descriptors: which pointer a global is */
	cJSON *json, *gc_json;             /* to be freed */
	struct runtime_location location;
	uint64_t string_table, free_table, object_table, array_table; /* MethodTables */
	uint64_t next_type, next_variable, next_text;
	uint64_t gc_vars;
};

/* Builds everything; never fails (aborts). */
struct fake_runtime *fake_runtime_new(void);
/*
 * One that describes itself by these descriptors (NULL: a whole one, with offsets like no
 * release's, and a workstation GC with regions): at FAKE_DESCRIPTOR, which the location names, and
 * at FAKE_GC_DESCRIPTOR. What the descriptors leave out is left out of the memory. A GC that has
 * NumHeaps gets two heaps.
 */
struct fake_runtime *fake_runtime_described(const char *json, const char *gc_json);
extern const char fake_description[], fake_gc_description[];

/* Puts a contract descriptor: its text elsewhere, its pointer_data at `pointers`. */
void fake_descriptor(struct fake_runtime *runtime, uint64_t address, const char *json,
		     uint64_t pointers, uint32_t pointer_count);

void fake_runtime_cleanup(struct fake_runtime **runtime);

/* The address of Type.field in a structure at base. Aborts when the layouts lack it. */
uint64_t fake_field(const struct fake_runtime *runtime, uint64_t base, const char *type,
		    const char *field);
void fake_set(struct fake_runtime *runtime, uint64_t base, const char *type, const char *field,
	      uint64_t number, unsigned width);

/* The entry of the DAC table, or of the GC's variables, that the layouts' global names. Aborts when
 * they lack it. */
uint64_t fake_table_entry(const struct fake_runtime *runtime, const char *global);
uint64_t fake_gc_entry(const struct fake_runtime *runtime, const char *global);

/* The Thread with this managed id, from 1 on. */
uint64_t fake_runtime_thread(unsigned managed_id);

/* A MethodTable with its class. */
uint64_t fake_method_table(struct fake_runtime *runtime, uint32_t flags, uint32_t base_size);

/* Puts an object; returns the address after it. */
uint64_t fake_object(struct fake_runtime *runtime, uint64_t address, uint64_t method_table,
		     uint32_t count, uint64_t size);

/* An allocated heap over the target, as heap_open() makes it after finding the runtime: contract
 * found by scan, subsystems opened. The caller closes it with heap_close() and then the target. */
MUST_CHECK struct error *fake_runtime_open(struct fake_runtime *runtime, struct heap **ret);

#endif
