/*
 * A method and its code: from token to MethodDesc, from there to native code and back (dotnet/
 * runtime docs/design/datacontracts/RuntimeTypeSystem.md, "GetNativeCode", CodeVersions.md,
 * PrecodeStubs.md, Loader.md; src/coreclr/vm/method.cpp, codeversion.h, precode.h).
 */
#ifndef HEAP_CODE_METHOD_CODE_H
#define HEAP_CODE_METHOD_CODE_H

#include "heap/code/code_map.h"
#include "heap/types/method.h"

enum method_state {
	METHOD_NOT_COMPILED, /* or its code is not known to the runtime's map */
	METHOD_JITTED,
	METHOD_PREJITTED, /* ReadyToRun */
};

/* As SOS writes them: NONE, JIT, PreJIT. */
const char *method_state_name(enum method_state state);

/* The MethodDesc of a MethodDef token of a module; *ret 0: its class is not loaded. Of a generic
 * method, or one of a generic class, the definition's. */
MUST_CHECK struct error *method_of_token(struct heap *heap, const struct clr_module *module,
					 uint32_t token, uint64_t *ret);

/* The native code that is in use now; *ret 0: none yet. */
MUST_CHECK struct error *method_native_code(struct heap *heap, const struct method *method,
					    uint64_t *ret, enum method_state *ret_state);

/* Where calls go: the method's slot, which holds a stub or code; *ret 0: none yet.
 * ERROR_UNSUPPORTED where the place of some slots is not known (those that are not virtual, before
 * .NET 9). */
MUST_CHECK struct error *method_entry_point(struct heap *heap, const struct method *method,
					    uint64_t *ret);

/* The MethodDesc that an entry point belongs to: a precode's, or the code's that begins there; *ret
 * 0: neither. */
MUST_CHECK struct error *method_of_entry(struct heap *heap, uint64_t entry, uint64_t *ret);

/* A compiled form of a method. */
struct code_version {
	uint64_t code; /* 0: not made yet */
	uint64_t node; /* NativeCodeVersionNode; 0: the first one, which the MethodDesc itself holds
			*/
	bool is_active;
	enum method_state state;
	const char *tier; /* as SOS writes it: "QuickJitted" …; NULL: the method is not tiered */
};

/* Every version, the first one first, in arena. Those that a profiler's ReJIT made are among them.
 */
MUST_CHECK struct error *method_code_versions(struct heap *heap, const struct method *method,
					      struct arena *arena, struct code_version **ret,
					      size_t *ret_count);

/* How far into the method's code an address in it is: by the map of code, or, where an image's
 * table is not in the target, by where the method's only code in that image begins. false: unknown.
 * ERROR_NO_MEMORY and errors of cancelling only. */
MUST_CHECK struct error *method_offset_of(struct heap *heap, const struct method *method,
					  uint64_t ip, struct arena *arena, uint64_t *ret,
					  bool *ret_known);

/* Methods that a class introduces, in the order of its chunks: MethodDescs in arena. `ee_class` of
 * a type. */
MUST_CHECK struct error *methods_of_class(struct heap *heap, const struct type *type,
					  struct arena *arena, uint64_t **ret, size_t *ret_count);

/* How many methods a class has, inherited virtual ones included, as SOS counts; false: unknown. */
bool method_count_of_class(struct heap *heap, const struct type *type, uint32_t *ret);

/* Slots: the first of them are virtual. */
struct method_slots {
	uint32_t virtual_count;
	uint32_t interface_count;
};
MUST_CHECK struct error *method_slots_read(struct heap *heap, const struct type *type,
					   struct method_slots *ret);
/* The entry point in a virtual slot; 0: none yet. */
MUST_CHECK struct error *virtual_slot_read(struct heap *heap, const struct type *type,
					   uint32_t slot, uint64_t *ret);
MUST_CHECK struct error *method_slot(struct heap *heap, uint64_t method, uint32_t *ret);

#endif
