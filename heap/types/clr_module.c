#include "heap/types/clr_module.h"

#include "base/id_map.h"
#include "base/list.h"
#include "base/text.h"

/* Names are those of docs/design/datacontracts/Loader.md; where a runtime's descriptor lacks them,
 * heap/contract/data has them under the same names. */
struct module_layout {
	struct field assembly, pe_assembly, path;
	struct field domain_assemblies, assemblies, list_count, list_block, block_next, block_size,
		block_array;
	struct field domain_assembly_assembly;
	struct field assembly_module, is_collectible, is_dynamic;
	struct field pe_image, loaded_layout, flat_layout, image_path;
	struct field layout_base, layout_size, layout_flags;
	struct field string_size, string_buffer;
};

#define SLOT(name) offsetof(struct module_layout, name)
static const struct field_binding bindings[] = {
	{ "Module", "Assembly", SLOT(assembly), true, 8 },
	{ "Module", "PEAssembly", SLOT(pe_assembly), true, 8 },
	{ "Module", "Path", SLOT(path), false, 8 },
	{ "AppDomain", "DomainAssemblyList", SLOT(domain_assemblies), false, 0 },
	{ "AppDomain", "AssemblyList", SLOT(assemblies), false, 0 }, /* since .NET 11 */
	{ "ArrayListBase", "Count", SLOT(list_count), false, 4 },
	{ "ArrayListBase", "FirstBlock", SLOT(list_block), false, 0 },
	{ "ArrayListBlock", "Next", SLOT(block_next), false, 8 },
	{ "ArrayListBlock", "Size", SLOT(block_size), false, 4 },
	{ "ArrayListBlock", "ArrayStart", SLOT(block_array), false, 0 },
	{ "DomainAssembly", "Assembly", SLOT(domain_assembly_assembly), false, 8 },
	{ "Assembly", "Module", SLOT(assembly_module), true, 8 },
	{ "Assembly", "IsCollectible", SLOT(is_collectible), false, 1 },
	{ "Assembly", "IsDynamic", SLOT(is_dynamic), false, 1 },
	{ "PEAssembly", "PEImage", SLOT(pe_image), true, 8 },
	{ "PEImage", "LoadedImageLayout", SLOT(loaded_layout), true, 8 },
	{ "PEImage", "FlatImageLayout", SLOT(flat_layout), false, 8 },
	{ "PEImage", "Path", SLOT(image_path), false, 0 },
	{ "PEImageLayout", "Base", SLOT(layout_base), true, 8 },
	{ "PEImageLayout", "Size", SLOT(layout_size), true, 4 },
	{ "PEImageLayout", "Flags", SLOT(layout_flags), true, 4 },
	{ "SString", "Size", SLOT(string_size), false, 4 },
	{ "SString", "Buffer", SLOT(string_buffer), false, 8 },
};

enum { LAYOUT_FLAG_MAPPED = 1 }; /* Loader.md: PEImageFlags.FLAG_MAPPED */

struct module_set {
	struct clr_modules public;
	struct module_layout layout;
	struct id_map by_address; /* Module -> index in public.modules */
	size_t capacity;
	uint64_t path_bytes; /* as the target holds them; no more than LIMIT_MODULE_PATHS_BYTES */
};

static struct module_set *set_of(const struct heap *heap)
{
	return (struct module_set *)heap->modules;
}

static bool load(struct heap *heap, uint64_t base, struct field field, uint64_t *ret)
{
	const uint8_t *bytes;
	uint64_t address;
	if (!field.present || __builtin_add_overflow(base, field.offset, &address))
		return false;
	bytes = reader_borrow(&heap->reader, address, field.width);
	if (!bytes)
		return false;
	*ret = load_unsigned(bytes, field.width);
	return true;
}

/* A path the target holds as `size` bytes of UTF-16, or of UTF-8 on runtimes that keep it so. */
static struct error *path_copy(struct heap *heap, uint64_t address, uint64_t size, const char **ret)
{
	struct module_set *set = set_of(heap);
	if (size < 2 || size > LIMIT_PATH_BYTES * 2)
		return NULL;
	if (set->path_bytes > LIMIT_MODULE_PATHS_BYTES) {
		set->public.lost++; /* by far more than any process has */
		return NULL;
	}
	set->path_bytes += size;
	uint8_t buffer[LIMIT_PATH_BYTES * 2 + 2] = { 0 };
	uint16_t units[LIMIT_PATH_BYTES];
	if (!reader_copy(&heap->reader, address, buffer, (size_t)size))
		return NULL;
	size_t count = 0;
	if (buffer[0] && buffer[1]) {
		*ret = arena_copy_text(&heap->arena, (const char *)buffer,
				       strnlen((const char *)buffer, (size_t)size));
		return *ret ? NULL : &error_no_memory;
	}
	while (count < size / 2 && load_u16(buffer + 2 * count)) {
		units[count] = load_u16(buffer + 2 * count);
		count++;
	}
	struct text text = { 0 };
	text_append_utf16(&text, units, count);
	*ret = text_failed(&text)
		       ? NULL
		       : arena_copy_text(&heap->arena, text.bytes ? text.bytes : "", text.length);
	text_deinit(&text);
	return *ret ? NULL : &error_no_memory;
}

/* SString: src/coreclr/inc/sstring.h, sbuffer.h: m_size counts bytes with the terminator. */
static struct error *path_of_image(struct heap *heap, uint64_t image, const char **ret)
{
	const struct module_layout *layout = &set_of(heap)->layout;
	uint64_t size, buffer;
	if (!layout->image_path.present)
		return NULL;
	uint64_t string = image + layout->image_path.offset;
	if (!load(heap, string, layout->string_size, &size) ||
	    !load(heap, string, layout->string_buffer, &buffer))
		return NULL;
	return path_copy(heap, buffer, size, ret);
}

/* Module.Path: UTF-16 with a terminator, of unknown length. */
static struct error *path_of_module(struct heap *heap, uint64_t module, const char **ret)
{
	uint64_t text;
	if (!load(heap, module, set_of(heap)->layout.path, &text) || !text)
		return NULL;
	size_t bytes = 0;
	uint8_t unit[2];
	while (bytes < LIMIT_PATH_BYTES * 2 &&
	       reader_copy(&heap->reader, text + bytes, unit, sizeof(unit)) && load_u16(unit))
		bytes += sizeof(unit);
	return path_copy(heap, text, bytes, ret);
}

struct mapping_search {
	struct heap *heap;
	uint64_t address;
	const char *path;
};

static struct error *mapping_visited(const struct mapping *mapping, void *context)
{
	struct mapping_search *search = context;
	if (search->path || search->address < mapping->start || search->address >= mapping->end ||
	    !mapping->path || path_is_memory(mapping->path))
		return NULL;
	search->path = arena_copy_text(&search->heap->arena, mapping->path, strlen(mapping->path));
	return search->path ? NULL : &error_no_memory;
}

static struct error *path_find(struct heap *heap, struct clr_module *module, uint64_t image)
{
	const char *path = NULL;
	TRY(path_of_image(heap, image, &path));
	if (!path || !*path)
		TRY(path_of_module(heap, module->address, &path));
	if ((!path || !*path) && module->image_base) {
		struct mapping_search search = { heap, module->image_base, NULL };
		TRY(target_visit_mappings(heap->target, mapping_visited, &search));
		path = search.path;
	}
	if (path)
		module->path = path;
	return NULL;
}

static bool layout_read(struct heap *heap, uint64_t image, struct field which, uint64_t *ret_base,
			uint64_t *ret_size, bool *ret_mapped)
{
	const struct module_layout *layout = &set_of(heap)->layout;
	uint64_t place, flags;
	if (!load(heap, image, which, &place) || !place ||
	    !load(heap, place, layout->layout_base, ret_base) || !*ret_base ||
	    !load(heap, place, layout->layout_size, ret_size) ||
	    !load(heap, place, layout->layout_flags, &flags))
		return false;
	*ret_mapped = flags & LAYOUT_FLAG_MAPPED;
	return true;
}

static void image_read(struct heap *heap, struct clr_module *module, uint64_t image)
{
	const struct module_layout *layout = &set_of(heap)->layout;
	uint64_t flat_base, flat_size;
	bool flat_mapped;
	bool loaded = layout_read(heap, image, layout->loaded_layout, &module->image_base,
				  &module->image_size, &module->image_mapped);
	if (!layout_read(heap, image, layout->flat_layout, &flat_base, &flat_size, &flat_mapped))
		return;
	if (!loaded) {
		module->image_base = flat_base;
		module->image_size = flat_size;
		module->image_mapped = flat_mapped;
	} else if (flat_base != module->image_base && !flat_mapped) {
		module->flat_base = flat_base;
		module->flat_size = flat_size;
	}
}

/* What proves a Module: its Assembly's manifest module is the Module itself. */
static struct error *module_verify(struct heap *heap, uint64_t address, uint64_t *ret_assembly)
{
	const struct module_layout *layout = &set_of(heap)->layout;
	uint64_t back;
	if (!address || address % sizeof(uint64_t))
		return error_new(ERROR_BAD_DATA, "there is no module at %#llx",
				 (unsigned long long)address);
	TRY(read_field(&heap->reader, address, layout->assembly, "a module's assembly",
		       ret_assembly));
	if (*ret_assembly % sizeof(uint64_t) || !*ret_assembly ||
	    !load(heap, *ret_assembly, layout->assembly_module, &back) || back != address)
		return error_new(
			ERROR_BAD_DATA,
			"there is no module at %#llx: its assembly at %#llx is not its own",
			(unsigned long long)address, (unsigned long long)*ret_assembly);
	return NULL;
}

static struct error *module_read(struct heap *heap, uint64_t address, struct clr_module **ret)
{
	const struct module_layout *layout = &set_of(heap)->layout;
	uint64_t assembly, pe_assembly = 0, image = 0, flag = 0;
	TRY(module_verify(heap, address, &assembly));
	struct clr_module *module = arena_allocate(&heap->arena, sizeof(*module));
	if (!module)
		return &error_no_memory;
	*module = (struct clr_module){ .address = address,
				       .assembly = assembly,
				       .path = "",
				       .assembly_name = "",
				       .file_refused = "" };
	if (load(heap, assembly, layout->is_collectible, &flag))
		module->is_collectible = flag != 0;
	if (load(heap, address, layout->pe_assembly, &pe_assembly) && pe_assembly)
		load(heap, pe_assembly, layout->pe_image, &image);
	if (image)
		image_read(heap, module, image);
	if (layout->is_dynamic.present && load(heap, assembly, layout->is_dynamic, &flag))
		module->is_dynamic = flag != 0;
	else
		module->is_dynamic = !image;
	if (!module->is_dynamic)
		TRY(path_find(heap, module, image));
	*ret = module;
	return NULL;
}

static struct error *module_add(struct module_set *set, struct clr_module *module)
{
	struct clr_modules *modules = &set->public;
	if (modules->count >= LIMIT_ASSEMBLIES)
		return error_new(ERROR_BAD_DATA, "the process has more than %d modules",
				 LIMIT_ASSEMBLIES);
	TRY(LIST_GROW(modules->modules, modules->count, set->capacity));
	TRY(id_map_put(&set->by_address, module->address, (uint32_t)modules->count));
	module->index = (uint32_t)modules->count;
	modules->modules[modules->count++] = module;
	return NULL;
}

struct error *clr_module_at(struct heap *heap, uint64_t address, struct clr_module **ret)
{
	struct module_set *set = set_of(heap);
	uint32_t index;
	if (id_map_find(&set->by_address, address, &index)) {
		*ret = set->public.modules[index];
		return NULL;
	}
	TRY(module_read(heap, address, ret));
	return module_add(set, *ret);
}

/* One element of the AppDomain's list: an Assembly, or a DomainAssembly, which leads to one.
 * Elements of unloaded assemblies are null. */
static struct error *assembly_visit(struct heap *heap, uint64_t element)
{
	struct module_set *set = set_of(heap);
	uint64_t assembly = element, address;
	struct clr_module *module;
	TRY(task_check(heap->task, "reading the list of assemblies"));
	if (!element)
		return NULL;
	if ((!set->layout.assemblies.present &&
	     !load(heap, element, set->layout.domain_assembly_assembly, &assembly)) ||
	    !load(heap, assembly, set->layout.assembly_module, &address)) {
		set->public.lost++;
		return NULL;
	}
	if (!address)
		return NULL; /* still being loaded */
	struct error *error = clr_module_at(heap, address, &module);
	if (error_take_damage(&error))
		set->public.lost++;
	return error;
}

/* ArrayListBase: the first block is inside the list, the others are linked
 * (src/coreclr/inc/arraylist.h). */
static struct error *list_visit(struct heap *heap, uint64_t list)
{
	struct module_set *set = set_of(heap);
	const struct module_layout *layout = &set->layout;
	uint64_t count, size, next, element;
	set->public.list_cut = true;
	if (!layout->block_array.present || !layout->list_block.present ||
	    !load(heap, list, layout->list_count, &count) || count > LIMIT_ASSEMBLIES)
		return NULL;
	uint64_t block = list + layout->list_block.offset;
	for (uint32_t blocks = 0; count && block && blocks < LIMIT_ASSEMBLIES; blocks++) {
		if (!load(heap, block, layout->block_size, &size) ||
		    !load(heap, block, layout->block_next, &next) || size > LIMIT_ASSEMBLIES)
			return NULL;
		uint64_t array = block + layout->block_array.offset;
		for (uint64_t i = 0; i < size && count; i++, count--) {
			if (!reader_u64(&heap->reader, array + i * sizeof(uint64_t), &element))
				return NULL;
			TRY(assembly_visit(heap, element));
		}
		block = next;
	}
	set->public.list_cut = count > 0;
	return NULL;
}

struct error *clr_modules_open(struct heap *heap, struct clr_modules **ret)
{
	struct module_set *set = calloc(1, sizeof(*set));
	if (!set)
		return &error_no_memory;
	*ret = &set->public;
	heap->modules = &set->public;
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &set->layout));
	uint64_t variable, domain;
	set->public.list_cut = true;
	const struct field *assemblies = set->layout.assemblies.present
						 ? &set->layout.assemblies
						 : &set->layout.domain_assemblies;
	if (!assemblies->present || !contract_global(heap->contract, "AppDomain", &variable) ||
	    !reader_u64(&heap->reader, variable, &domain) || !domain)
		return NULL;
	return list_visit(heap, domain + assemblies->offset);
}

void clr_modules_close(struct clr_modules *modules)
{
	if (!modules)
		return;
	struct module_set *set = (struct module_set *)modules;
	for (size_t i = 0; i < modules->count; i++)
		error_free(modules->modules[i]->metadata_error);
	id_map_deinit(&set->by_address);
	free(modules->modules);
	free(set);
}
