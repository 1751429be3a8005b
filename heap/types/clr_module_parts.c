/* What a Module leads to: its lookup maps, its loader allocator, its AssemblyLoadContext. */
#include "base/list.h"
#include "heap/types/clr_module.h"

/* Names are those of docs/design/datacontracts/Loader.md. Until .NET 9 a PEAssembly leads to its
 * binder through the binder's own Assembly (src/coreclr/vm/peassembly.h: m_pHostAssembly,
 * m_pFallbackBinder; src/coreclr/binder/inc/assembly.hpp: m_pBinder). */
struct parts_layout {
	struct field flags, loader_allocator, pe_assembly, assembly_module, map_data;
	struct field type_def, type_ref, method_def, field_def, member_ref, references;
	struct field binder, host_assembly, fallback_binder, host_binder, load_context;
};

#define SLOT(name) offsetof(struct parts_layout, name)
static const struct field_binding bindings[] = {
	{ "Module", "Flags", SLOT(flags), false, 4 },
	{ "Module", "LoaderAllocator", SLOT(loader_allocator), true, 8 },
	{ "Module", "PEAssembly", SLOT(pe_assembly), true, 8 },
	{ "Module", "TypeDefToMethodTableMap", SLOT(type_def), true, 0 },
	{ "Module", "TypeRefToMethodTableMap", SLOT(type_ref), true, 0 },
	{ "Module", "MethodDefToDescMap", SLOT(method_def), false, 0 },
	{ "Module", "FieldDefToDescMap", SLOT(field_def), false, 0 },
	{ "Module", "MemberRefToDescMap", SLOT(member_ref), false, 0 },
	{ "Module", "ManifestModuleReferencesMap", SLOT(references), false, 0 },
	{ "ModuleLookupMap", "TableData", SLOT(map_data), true, 8 },
	{ "Assembly", "Module", SLOT(assembly_module), true, 8 },
	{ "PEAssembly", "AssemblyBinder", SLOT(binder), false, 8 },
	{ "PEAssembly", "HostAssembly", SLOT(host_assembly), false, 8 },
	{ "PEAssembly", "FallbackBinder", SLOT(fallback_binder), false, 8 },
	{ "BinderAssembly", "Binder", SLOT(host_binder), false, 8 },
	{ "AssemblyBinder", "AssemblyLoadContext", SLOT(load_context), true, 8 },
};

/* Loader.md: ModuleFlags.EditAndContinue. */
enum { MODULE_EDIT_AND_CONTINUE = 0x8 };

const char *clr_module_title(const struct clr_module *module)
{
	if (*module->path)
		return module->path;
	return module->is_dynamic ? "Dynamic Module" : "Unknown Module";
}

static struct error *layout_bind(struct heap *heap, struct parts_layout *ret)
{
	return contract_bind(heap->contract, bindings, COUNT_OF(bindings), ret);
}

static struct error *map_read(struct heap *heap, const struct clr_module *module,
			      const struct parts_layout *layout, struct field map, uint64_t *ret)
{
	*ret = 0;
	if (!map.present)
		return NULL;
	return read_field(&heap->reader, module->address + map.offset, layout->map_data,
			  "a module's map of tokens", ret);
}

struct error *clr_module_parts(struct heap *heap, struct clr_module *module,
			       struct clr_module_parts *ret)
{
	struct parts_layout layout;
	uint64_t flags = 0;
	*ret = (struct clr_module_parts){ 0 };
	TRY(layout_bind(heap, &layout));
	const struct {
		struct field map;
		uint64_t *to;
	} maps[] = {
		{ layout.type_def, &ret->type_def_map },
		{ layout.type_ref, &ret->type_ref_map },
		{ layout.method_def, &ret->method_def_map },
		{ layout.field_def, &ret->field_def_map },
		{ layout.member_ref, &ret->member_ref_map },
		{ layout.references, &ret->references_map },
	};
	for (size_t i = 0; i < COUNT_OF(maps); i++)
		TRY(map_read(heap, module, &layout, maps[i].map, maps[i].to));
	TRY(read_field(&heap->reader, module->address, layout.loader_allocator, "a module",
		       &ret->loader_allocator));
	if (layout.flags.present)
		TRY(read_field(&heap->reader, module->address, layout.flags, "a module", &flags));
	ret->is_edit_and_continue = flags & MODULE_EDIT_AND_CONTINUE;
	if (!clr_module_metadata_place(heap, module, &ret->metadata_address, &ret->metadata_size))
		ret->metadata_address = ret->metadata_size = 0;
	return NULL;
}

/* *ret 0: there is none. */
static struct error *binder_find(struct heap *heap, const struct clr_module *module,
				 const struct parts_layout *layout, uint64_t *ret)
{
	static const char what[] = "a module's PEAssembly";
	uint64_t pe_assembly, host;
	*ret = 0;
	TRY(read_field(&heap->reader, module->address, layout->pe_assembly, "a module",
		       &pe_assembly));
	if (!pe_assembly)
		return NULL;
	if (layout->binder.present)
		return read_field(&heap->reader, pe_assembly, layout->binder, what, ret);
	TRY(read_field(&heap->reader, pe_assembly, layout->host_assembly, what, &host));
	if (host)
		return read_field(&heap->reader, host, layout->host_binder, "a bound assembly",
				  ret);
	return read_field(&heap->reader, pe_assembly, layout->fallback_binder, what, ret);
}

struct error *clr_module_load_context(struct heap *heap, const struct clr_module *module,
				      uint64_t *ret)
{
	enum { HANDLE_FLAG = 1 }; /* a GCHandle's low bit is no part of its address */
	struct parts_layout layout;
	uint64_t binder, handle;
	*ret = 0;
	TRY(layout_bind(heap, &layout));
	TRY(binder_find(heap, module, &layout, &binder));
	if (!binder)
		return NULL;
	TRY(read_field(&heap->reader, binder, layout.load_context, "an assembly binder", &handle));
	handle &= ~(uint64_t)HANDLE_FLAG;
	return handle ? reader_pointer(&heap->reader, handle,
				       "the handle of an AssemblyLoadContext", ret)
		      : NULL;
}

struct error *clr_module_of_assembly(struct heap *heap, uint64_t assembly, struct clr_module **ret)
{
	struct parts_layout layout;
	uint64_t address;
	TRY(layout_bind(heap, &layout));
	TRY(read_field(&heap->reader, assembly, layout.assembly_module, "an assembly", &address));
	struct error *error = clr_module_at(heap, address, ret);
	if (error_take_damage(&error) || (!error && (*ret)->assembly != assembly))
		return error_new(ERROR_BAD_DATA,
				 "there is no assembly at %#llx; dumpdomain lists them",
				 (unsigned long long)assembly);
	return error;
}
