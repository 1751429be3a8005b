/*
 * Managed modules: the runtime's Module structures, found from the AppDomain's assembly list
 * (docs/design/datacontracts/Loader.md), with their metadata. A module met on the way (a type's
 * loader module that no list names) is added when asked for.
 */
#ifndef HEAP_TYPES_CLR_MODULE_H
#define HEAP_TYPES_CLR_MODULE_H

#include "heap/heap.h"
#include "heap/metadata/metadata.h"

struct clr_module {
	uint32_t index;      /* in clr_modules.modules */
	uint64_t address;    /* of Module */
	uint64_t assembly;   /* of Assembly; 0: unknown */
	uint64_t image_base; /* of the PE image; 0: none (dynamic) */
	uint64_t image_size; /* bytes; 0: unknown */
	bool image_mapped;   /* RVAs are offsets from image_base (loaded layout), else flat */
	bool is_dynamic;     /* Reflection.Emit: no PE image */
	bool is_collectible;
	const char *path;          /* as the runtime has it; "" for dynamic ones */
	const char *assembly_name; /* simple name; ask clr_module_assembly_name() */
	/* The image as it is in the file, where the runtime has both; 0: none or the same. */
	uint64_t flat_base, flat_size;
	/* Loaded on first use by clr_module_metadata(). */
	struct metadata *metadata;
	struct error *metadata_error; /* why there is none; owned by the module set */
	bool metadata_tried;
	const char *file_refused; /* why a file that was found was not taken; "": none was */
	bool metadata_unverified; /* from a file of --sysroot whose identity nothing could prove */
};

struct clr_modules {
	struct clr_module **modules; /* in the runtime's order */
	size_t count;
	struct clr_module *core_library; /* System.Private.CoreLib; NULL until known */
	uint64_t lost;                   /* assemblies on the list that could not be read */
	bool list_cut;                   /* the list itself ended in unreadable or wrong data */
};

/* Reads the list. What cannot be read of it is counted in the result, not an error: modules are
 * then met through their types. ERROR_UNSUPPORTED when the contract lacks a field. */
MUST_CHECK struct error *clr_modules_open(struct heap *heap, struct clr_modules **ret);
void clr_modules_close(struct clr_modules *modules); /* NULL is allowed */

/* The module at the address of a Module, adding it when it is new. ERROR_BAD_DATA when it is none
 * (its Assembly does not lead back to it), ERROR_FAULT when that cannot be read. */
MUST_CHECK struct error *clr_module_at(struct heap *heap, uint64_t address,
				       struct clr_module **ret);

/* Lays the module's own file under its image, for pages that the target lacks and that are not the
 * metadata's (that asks for the file itself): code. *ret false: no such file here, or none whose
 * identity can be proven; *ret_reason says which ("" when there is nothing to say), until the next
 * call. See module_files_admit_pe(). */
MUST_CHECK struct error *clr_module_admit_file(struct heap *heap, struct clr_module *module,
					       bool *ret, const char **ret_reason);

/* Its metadata, opened on first use: from the target, else from its file through the overlay.
 * An error that names the module and the --sysroot that would help; the same error (a copy) every
 * time. */
MUST_CHECK struct error *clr_module_metadata(struct heap *heap, struct clr_module *module,
					     struct metadata **ret);

/* The same for a caller that can do without: *ret NULL when it cannot be read or `module` is NULL.
 * ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *clr_module_metadata_or_none(struct heap *heap, struct clr_module *module,
						     struct metadata **ret);

/* The simple name in its Assembly row (ECMA-335 II.22.2), opening its metadata on first use;
 * NULL when that cannot be read, which the heap then has met (met_unnamed). */
const char *clr_module_assembly_name(struct heap *heap, struct clr_module *module);

/* Its path, or what SOS says of a module without one. */
const char *clr_module_title(const struct clr_module *module);

/* By simple assembly name ("System.Private.CoreLib"); NULL: none. ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *clr_module_find(struct heap *heap, const char *assembly_name,
					 struct clr_module **ret);

/* Where the runtime keeps what it knows of a module's tokens (Loader.md, "lookup maps"): addresses
 * of their first entries; 0: none. */
struct clr_module_parts {
	uint64_t loader_allocator;
	uint64_t type_def_map, type_ref_map, method_def_map, field_def_map, member_ref_map;
	uint64_t references_map; /* of its AssemblyRefs: ManifestModuleReferencesMap */
	bool is_edit_and_continue;
	uint64_t metadata_address; /* in its image; 0: none, or its headers cannot be read */
	uint32_t metadata_size;    /* bytes */
};
MUST_CHECK struct error *clr_module_parts(struct heap *heap, struct clr_module *module,
					  struct clr_module_parts *ret);

/* The System.Runtime.Loader.AssemblyLoadContext object that loaded the module. *ret 0: the default
 * one, which has no object yet. ERROR_FAULT when it cannot be read. */
MUST_CHECK struct error *clr_module_load_context(struct heap *heap, const struct clr_module *module,
						 uint64_t *ret);

/* The manifest module of the Assembly at this address. ERROR_BAD_DATA when none is there. */
MUST_CHECK struct error *clr_module_of_assembly(struct heap *heap, uint64_t assembly,
						struct clr_module **ret);

/* Where its metadata is in its image in the target; false: it has none, or its headers cannot be
 * read. */
bool clr_module_metadata_place(struct heap *heap, const struct clr_module *module, uint64_t *ret,
			       uint32_t *ret_size);

/* The address of an RVA of the module's image in the target; false: no image. */
bool clr_module_rva(struct heap *heap, struct clr_module *module, uint32_t rva, uint64_t *ret);

#endif
