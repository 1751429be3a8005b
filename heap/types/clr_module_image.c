/* The image of a managed module in the target, and the metadata in it. */
#include "base/list.h"
#include "heap/metadata/pe_image.h"
#include "heap/types/clr_module.h"

#include <strings.h>

struct image {
	uint64_t base, size;
	bool mapped;
};

bool clr_module_rva(struct heap *heap, struct clr_module *module, uint32_t rva, uint64_t *ret)
{
	struct pe_image image;
	if (!module->image_base)
		return false;
	if (module->image_mapped) {
		*ret = module->image_base + rva;
		return !module->image_size || rva < module->image_size;
	}
	struct error *error =
		pe_image_open(&heap->reader, module->image_base, module->image_size, false, &image);
	error_free(error);
	return !error && pe_image_address_of_rva(&image, rva, 1, ret);
}

bool clr_module_metadata_place(struct heap *heap, const struct clr_module *module, uint64_t *ret,
			       uint32_t *ret_size)
{
	struct pe_image image;
	if (!module->image_base)
		return false;
	struct error *error = pe_image_open(&heap->reader, module->image_base, module->image_size,
					    module->image_mapped, &image);
	error_free(error);
	return !error && pe_image_metadata(&image, ret, ret_size);
}

static struct error *metadata_of_image(struct heap *heap, const struct image *place,
				       struct metadata **ret)
{
	struct pe_image image;
	uint64_t address;
	uint32_t size;
	TRY(pe_image_open(&heap->reader, place->base, place->size, place->mapped, &image));
	if (!pe_image_metadata(&image, &address, &size))
		return error_new(ERROR_BAD_DATA,
				 "the metadata of the image at %#llx is outside of it",
				 (unsigned long long)place->base);
	return metadata_open(&heap->reader, address, size, &heap->arena, ret);
}

/* The better of the loaded image's metadata and the flat one's: the one with fewer holes. */
static struct error *metadata_of_images(struct heap *heap, struct clr_module *module,
					struct metadata **ret)
{
	struct image loaded = { module->image_base, module->image_size, module->image_mapped };
	struct image flat = { module->flat_base, module->flat_size, false };
	struct metadata *other;
	*ret = NULL;
	if (!loaded.base)
		return error_new(ERROR_NOT_FOUND, "the runtime has no image of it");
	struct error *error = metadata_of_image(heap, &loaded, ret);
	if (!flat.base || (!error && !metadata_missing_bytes(*ret)))
		return error;
	struct error *flat_error = metadata_of_image(heap, &flat, &other);
	if (flat_error) {
		error_free(flat_error);
		return error;
	}
	if (error || metadata_missing_bytes(other) < metadata_missing_bytes(*ret))
		*ret = other;
	error_free(error);
	return NULL;
}

struct dynamic_layout {
	struct field metadata, size, data;
	struct field buffer, buffer_size, buffer_bytes;
};

#define SLOT(name) offsetof(struct dynamic_layout, name)
static const struct field_binding dynamic_bindings[] = {
	/* EcmaMetadata.md: a snapshot that the runtime keeps for debuggers. */
	{ "Module", "DynamicMetadata", SLOT(metadata), false, 8 },
	{ "DynamicMetadata", "Size", SLOT(size), false, 4 },
	{ "DynamicMetadata", "Data", SLOT(data), false, 0 },
	/* Before .NET 9 the same snapshot is an SBuffer (src/coreclr/inc/sbuffer.h). */
	{ "Module", "DynamicMetadataBuffer", SLOT(buffer), false, 8 },
	{ "SBuffer", "Size", SLOT(buffer_size), false, 4 },
	{ "SBuffer", "Buffer", SLOT(buffer_bytes), false, 8 },
};

static struct error *metadata_of_dynamic(struct heap *heap, struct clr_module *module,
					 struct metadata **ret)
{
	struct dynamic_layout layout;
	struct reader *reader = &heap->reader;
	uint64_t snapshot, size, data;
	TRY(contract_bind(heap->contract, dynamic_bindings, COUNT_OF(dynamic_bindings), &layout));
	bool is_buffer = !layout.metadata.present;
	TRY(read_field(reader, module->address, is_buffer ? layout.buffer : layout.metadata,
		       "a dynamic module's metadata", &snapshot));
	if (!snapshot)
		return error_new(ERROR_NOT_FOUND, "the runtime holds no snapshot of its metadata");
	TRY(read_field(reader, snapshot, is_buffer ? layout.buffer_size : layout.size,
		       "the size of a dynamic module's metadata", &size));
	if (is_buffer)
		TRY(read_field(reader, snapshot, layout.buffer_bytes,
			       "the address of a dynamic module's metadata", &data));
	else
		data = snapshot + layout.data.offset;
	return metadata_open(reader, data, size, &heap->arena, ret);
}

/* The runtime's maps from tokens to its structures, made for as many rows as a table has
 * (src/coreclr/vm/ceeload.cpp: Module::AllocateMaps). In pe_counted_table's order. */
struct map_layout {
	struct field maps[PE_COUNTED_TABLES], count;
};

#define MAP_SLOT(table) offsetof(struct map_layout, maps[table])
static const struct field_binding map_bindings[] = {
	{ "Module", "TypeRefToMethodTableMap", MAP_SLOT(PE_ROWS_TYPE_REF), false, 0 },
	{ "Module", "TypeDefToMethodTableMap", MAP_SLOT(PE_ROWS_TYPE_DEF), false, 0 },
	{ "Module", "FieldDefToDescMap", MAP_SLOT(PE_ROWS_FIELD), false, 0 },
	{ "Module", "MethodDefToDescMap", MAP_SLOT(PE_ROWS_METHOD), false, 0 },
	{ "Module", "MemberRefToDescMap", MAP_SLOT(PE_ROWS_MEMBER_REF), false, 0 },
	{ "ModuleLookupMap", "Count", offsetof(struct map_layout, count), false, 4 },
};

static struct error *rows_read(struct heap *heap, const struct clr_module *module, uint32_t *ret)
{
	struct map_layout layout;
	TRY(contract_bind(heap->contract, map_bindings, COUNT_OF(map_bindings), &layout));
	for (size_t i = 0; i < PE_COUNTED_TABLES; i++) {
		uint32_t count;
		uint64_t at = module->address + layout.maps[i].offset + layout.count.offset;
		if (layout.maps[i].present && layout.count.present &&
		    reader_u32(&heap->reader, at, &count) && count > 1)
			ret[i] = count - 1; /* the first entry is RID 0's */
	}
	return NULL;
}

/* Verifies a file, which any answer can do without: what it cannot be compared with is no lack. */
static bool mvid_try(struct heap *heap, struct metadata *partial, uint8_t *ret)
{
	uint64_t lacks = target_take_lacks(heap->target);
	bool found = partial && metadata_mvid(partial, ret);
	target_take_lacks(heap->target);
	target_note_lack(heap->target, lacks);
	return found;
}

/* What the target lacks may be in the module's file. */
static struct error *file_admit(struct heap *heap, struct clr_module *module,
				struct metadata *partial, const char **ret_reason, bool *ret)
{
	uint8_t mvid[PE_FILE_MVID_BYTES];
	bool has_mvid = mvid_try(heap, partial, mvid);
	struct managed_file file = {
		.loaded = { module->image_base, module->image_size, module->image_mapped },
		.flat = { module->flat_base, module->flat_size, false },
		.path = module->path,
		.mvid = has_mvid ? mvid : NULL,
	};
	*ret = false;
	*ret_reason = "";
	if (!heap->files || !module->image_base)
		return NULL;
	TRY(rows_read(heap, module, file.rows));
	TRY(module_files_admit_pe(heap->files, &file, ret, &module->metadata_unverified));
	if (!*ret)
		*ret_reason = module_files_reason(heap->files);
	module->file_refused = !*ret && module_files_refused(heap->files) ? *ret_reason : "";
	return NULL;
}

struct error *clr_module_admit_file(struct heap *heap, struct clr_module *module, bool *ret,
				    const char **ret_reason)
{
	struct metadata *metadata = module->metadata_tried ? module->metadata : NULL;
	return file_admit(heap, module, metadata, ret_reason, ret);
}

static struct error *metadata_find(struct heap *heap, struct clr_module *module,
				   struct metadata **ret)
{
	bool admitted;
	const char *reason;
	*ret = NULL;
	if (module->is_dynamic && !module->image_base)
		return metadata_of_dynamic(heap, module, ret);
	struct error *error = metadata_of_images(heap, module, ret);
	if (error_is_fatal(error) || (!error && !metadata_missing_bytes(*ret)))
		return error;
	struct error *file_error = file_admit(heap, module, *ret, &reason, &admitted);
	if (file_error) {
		error_free(error);
		return file_error;
	}
	if (admitted) {
		error_free(error);
		return metadata_of_images(heap, module, ret);
	}
	return error && *reason ? error_context(error, "%s", reason) : error;
}

/* A caller owns what it is given: the error that is kept is copied. */
static struct error *error_copy(const struct error *error)
{
	struct error *copy = error_new(error->code, "%s", error->message);
	if (copy->code == ERROR_FAULT)
		copy->address = error->address;
	return copy;
}

struct error *clr_module_metadata(struct heap *heap, struct clr_module *module,
				  struct metadata **ret)
{
	if (!module->metadata_tried) {
		struct assembly_name name;
		bool tried = heap->reader.tries;
		heap->reader.tries = true; /* what is in none of its places is noted below */
		struct error *error = metadata_find(heap, module, &module->metadata);
		heap->reader.tries = tried;
		if (error_is_fatal(error))
			return error;
		if (error)
			error = error_context(
				error, "cannot read the metadata of %s (%s)",
				*module->path ? module->path : "a dynamic module",
				module_files_sysroot(heap->files)
					? "its file is not below --sysroot"
					: "--sysroot DIR names a directory that holds "
					  "its file");
		module->metadata_tried = true;
		module->metadata_error = error;
		if (error)
			module->metadata = NULL;
		else if (metadata_assembly(module->metadata, &name) && name.name)
			module->assembly_name = name.name;
		if (module->metadata)
			metadata_set_task(module->metadata, heap->task);
	} else if (module->metadata && !*module->assembly_name) {
		struct assembly_name name; /* a hole is noted again */
		(void)metadata_assembly(module->metadata, &name);
	}
	if (!module->metadata && module->metadata_error->code == ERROR_FAULT)
		target_note_lack(heap->target, module->metadata_error->address);
	if (!module->metadata)
		return error_copy(module->metadata_error);
	*ret = module->metadata;
	return NULL;
}

struct error *clr_module_metadata_or_none(struct heap *heap, struct clr_module *module,
					  struct metadata **ret)
{
	*ret = NULL;
	if (!module)
		return NULL;
	struct error *error = clr_module_metadata(heap, module, ret);
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

const char *clr_module_assembly_name(struct heap *heap, struct clr_module *module)
{
	struct metadata *metadata;
	if (!module->metadata || !*module->assembly_name)
		error_free(clr_module_metadata(heap, module, &metadata));
	heap->met_unnamed |= !*module->assembly_name;
	return *module->assembly_name ? module->assembly_name : NULL;
}

/* Most assemblies are in the file of their name: looked for there first, so that asking for one
 * does not open all. */
static bool file_named(const struct clr_module *module, const char *assembly_name)
{
	static const char extension[] = ".dll";
	const char *file = path_file_name(module->path);
	size_t length = strlen(assembly_name);
	return strncasecmp(file, assembly_name, length) == 0 &&
	       strcasecmp(file + length, extension) == 0;
}

struct error *clr_module_find(struct heap *heap, const char *assembly_name, struct clr_module **ret)
{
	struct clr_modules *modules = heap->modules;
	struct metadata *metadata;
	*ret = NULL;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < modules->count; i++) {
			struct clr_module *module = modules->modules[i];
			if (file_named(module, assembly_name) != (pass == 0))
				continue;
			TRY(clr_module_metadata_or_none(heap, module, &metadata));
			if (strcasecmp(module->assembly_name, assembly_name) == 0) {
				*ret = module;
				return NULL;
			}
		}
	}
	return NULL;
}
