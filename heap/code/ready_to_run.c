#include "heap/code/ready_to_run.h"

#include "base/limits.h"
#include "base/list.h"
#include "heap/metadata/pe_image.h"
#include "heap/types/clr_module.h"

struct image_layout {
	struct field info;                                             /* Module */
	struct field composite, functions, function_count, cold_count; /* ReadyToRunInfo */
	struct field thunks, methods;
	struct field begin;                     /* RuntimeFunction */
	struct field buckets;                   /* HashMap */
	struct field section_rva, section_size; /* ImageDataDirectory */
	uint32_t function_bytes;
	uint64_t slots, value_mask;
};

#define SLOT(name) offsetof(struct image_layout, name)
static const struct field_binding bindings[] = {
	{ "Module", "ReadyToRunInfo", SLOT(info), true, 8 },
	{ "ReadyToRunInfo", "CompositeInfo", SLOT(composite), true, 8 },
	{ "ReadyToRunInfo", "RuntimeFunctions", SLOT(functions), true, 8 },
	{ "ReadyToRunInfo", "NumRuntimeFunctions", SLOT(function_count), true, 4 },
	{ "ReadyToRunInfo", "NumHotColdMap", SLOT(cold_count), true, 4 },
	{ "ReadyToRunInfo", "DelayLoadMethodCallThunks", SLOT(thunks), true, 8 },
	{ "ReadyToRunInfo", "EntryPointToMethodDescMap", SLOT(methods), true, 8 },
	{ "RuntimeFunction", "BeginAddress", SLOT(begin), true, 4 },
	{ "HashMap", "Buckets", SLOT(buckets), true, 8 },
	{ "ImageDataDirectory", "VirtualAddress", SLOT(section_rva), true, 4 },
	{ "ImageDataDirectory", "Size", SLOT(section_size), true, 4 },
};

static struct error *layout_bind(struct heap *heap, struct image_layout *ret)
{
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), ret));
	TRY(contract_require_global(heap->contract, "HashMapSlotsPerBucket", &ret->slots));
	TRY(contract_require_global(heap->contract, "HashMapValueMask", &ret->value_mask));
	if (contract_type_size(heap->contract, "RuntimeFunction", &ret->function_bytes) &&
	    ret->function_bytes && ret->slots && ret->slots <= LIMIT_HASH_SLOTS)
		return NULL;
	return error_new(ERROR_UNSUPPORTED, "this runtime's images have an unknown form");
}

enum {
	KEY_DELETED = 1, /* hash.h: this and 0 are no keys */
	KEY_SHIFT = 2,   /* HashMap::HashFunction */
	KEY_SECOND_SHIFT = 5,
};

/* One bucket: its keys, then its values, whose top bit in the first says that the search goes on
 * elsewhere. */
static struct error *bucket_find(struct heap *heap, const struct image_layout *layout,
				 uint64_t bucket, uint64_t key, uint64_t *ret, bool *ret_goes_on)
{
	static const char what[] = "the table of methods that were compiled ahead of time";
	uint64_t found, value;
	TRY(reader_pointer(&heap->reader, bucket + layout->slots * sizeof(uint64_t), what, &value));
	*ret_goes_on = (value & ~layout->value_mask) != 0;
	for (uint64_t i = 0; i < layout->slots; i++) {
		TRY(reader_pointer(&heap->reader, bucket + i * sizeof(uint64_t), what, &found));
		if (found != key)
			continue;
		TRY(reader_pointer(&heap->reader, bucket + (layout->slots + i) * sizeof(uint64_t),
				   what, &value));
		/* PtrHashMap keeps an address by half, so that it leaves the top bit free. */
		*ret = (value & layout->value_mask) << 1;
		return NULL;
	}
	return NULL;
}

static struct error *hash_find(struct heap *heap, const struct image_layout *layout, uint64_t map,
			       uint64_t key, uint64_t *ret)
{
	static const char what[] = "the table of methods that were compiled ahead of time";
	uint64_t buckets, count;
	bool goes_on = true;
	uint64_t bucket_bytes = layout->slots * 2 * sizeof(uint64_t);
	*ret = 0;
	TRY(read_field(&heap->reader, map, layout->buckets, what, &buckets));
	if (!buckets || key <= KEY_DELETED)
		return NULL;
	TRY(reader_unsigned(&heap->reader, buckets, sizeof(uint32_t), what, &count));
	if (count < 2 || count > LIMIT_HASH_BUCKETS)
		return error_new(ERROR_BAD_DATA, "%s at %#llx is damaged", what,
				 (unsigned long long)buckets);
	uint32_t seed = (uint32_t)(key >> KEY_SHIFT);
	uint32_t step = (uint32_t)(1 + ((uint32_t)(key >> KEY_SECOND_SHIFT) + 1) % (count - 1));
	for (uint64_t i = 0; i < count && goes_on && !*ret; i++, seed += step) {
		TRY(task_check(heap->task, what));
		TRY(bucket_find(heap, layout, buckets + (1 + seed % count) * bucket_bytes, key, ret,
				&goes_on));
	}
	return NULL;
}

/* A module that is a part of a composite image shares its tables. */
static struct error *info_find(struct heap *heap, const struct image_layout *layout,
			       uint64_t module, uint64_t *ret)
{
	static const char what[] = "a module's code";
	uint64_t info;
	TRY(read_field(&heap->reader, module, layout->info, what, &info));
	*ret = 0;
	return info ? read_field(&heap->reader, info, layout->composite, what, ret) : NULL;
}

struct error *ready_to_run_method(struct heap *heap, uint64_t module, uint64_t entry, uint64_t *ret)
{
	struct image_layout layout;
	uint64_t info;
	*ret = 0;
	TRY(layout_bind(heap, &layout));
	TRY(info_find(heap, &layout, module, &info));
	return info ? hash_find(heap, &layout, info + layout.methods.offset, entry, ret) : NULL;
}

struct functions {
	uint64_t table, count;
	uint32_t bytes, begin_offset;
};

static struct error *function_begin(struct heap *heap, const struct functions *functions,
				    uint64_t index, uint64_t *ret)
{
	return reader_unsigned(&heap->reader,
			       functions->table + index * functions->bytes +
				       functions->begin_offset,
			       sizeof(uint32_t), "an image's table of functions", ret);
}

/* The last function that begins at or before the RVA; UINT64_MAX: none. */
static struct error *function_find(struct heap *heap, const struct functions *functions,
				   uint64_t rva, uint64_t *ret)
{
	uint64_t low = 0, high = functions->count, begin;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		TRY(function_begin(heap, functions, middle, &begin));
		if (begin <= rva)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low - 1;
	return NULL;
}

/* A method's catch and finally blocks follow it as functions of their own: the nearest one before
 * that is a method's is the answer. */
static struct error *method_before(struct heap *heap, const struct image_layout *layout,
				   const struct functions *functions, uint64_t info, uint64_t base,
				   uint64_t index, struct code_place *ret)
{
	uint64_t begin;
	for (unsigned i = 0; i < LIMIT_FUNCLETS && index != UINT64_MAX; i++, index--) {
		TRY(function_begin(heap, functions, index, &begin));
		TRY(hash_find(heap, layout, info + layout->methods.offset, base + begin,
			      &ret->method));
		if (ret->method) {
			ret->start = base + begin;
			return NULL;
		}
	}
	ret->unknown = "the runtime has not prepared the method that is there";
	return NULL;
}

/* The same table in the file as it is: the loaded image has it in a section that may be written to,
 * of which the pages that a dump lacks cannot be taken from the file. Nothing changes it, and where
 * the runtime has mapped the file as well it is there. */
static bool table_in_file(struct heap *heap, const struct clr_module *module, uint64_t base,
			  struct functions *functions)
{
	struct pe_image image;
	uint64_t rva = functions->table - base;
	if (!module->flat_base || rva > UINT32_MAX)
		return false;
	struct error *error =
		pe_image_open(&heap->reader, module->flat_base, module->flat_size, false, &image);
	error_free(error);
	return !error && functions->count <= LIMIT_IMAGE_FUNCTIONS &&
	       pe_image_address_of_rva(&image, (uint32_t)rva,
				       (uint32_t)(functions->count * functions->bytes),
				       &functions->table);
}

/* Is the RVA among the image's own stubs? They call what is bound late. */
static struct error *is_thunk(struct heap *heap, const struct image_layout *layout, uint64_t info,
			      uint64_t rva, bool *ret)
{
	static const char what[] = "an image's stubs";
	uint64_t section, begin, size;
	*ret = false;
	TRY(read_field(&heap->reader, info, layout->thunks, what, &section));
	if (!section)
		return NULL;
	TRY(read_field(&heap->reader, section, layout->section_rva, what, &begin));
	TRY(read_field(&heap->reader, section, layout->section_size, what, &size));
	*ret = rva >= begin && rva - begin < size;
	return NULL;
}

static struct error *find(struct heap *heap, const struct image_layout *layout, uint64_t info,
			  const struct clr_module *file, uint64_t base, uint64_t ip,
			  struct code_place *ret)
{
	static const char what[] = "a module's code";
	struct functions functions = { .bytes = layout->function_bytes,
				       .begin_offset = layout->begin.offset };
	uint64_t index, cold;
	bool thunk;
	TRY(read_field(&heap->reader, info, layout->functions, what, &functions.table));
	TRY(read_field(&heap->reader, info, layout->function_count, what, &functions.count));
	TRY(read_field(&heap->reader, info, layout->cold_count, what, &cold));
	TRY(is_thunk(heap, layout, info, ip - base, &thunk));
	if (thunk) {
		ret->kind = CODE_STUB;
		return NULL;
	}
	if (cold) {
		ret->unknown = "the image keeps parts of its methods elsewhere";
		return NULL;
	}
	if (file && !table_in_file(heap, file, base, &functions))
		return error_fault(functions.table, "cannot read %s", what);
	TRY(function_find(heap, &functions, ip - base, &index));
	return method_before(heap, layout, &functions, info, base, index, ret);
}

struct error *ready_to_run_find(struct heap *heap, uint64_t module, uint64_t base, uint64_t ip,
				struct arena *arena, struct code_place *ret)
{
	struct image_layout layout;
	struct clr_module *clr_module;
	struct metadata *metadata;
	uint64_t info;
	bool admitted = false;
	const char *reason = "";
	TRY(layout_bind(heap, &layout));
	TRY(info_find(heap, &layout, module, &info));
	if (!info)
		return error_new(ERROR_BAD_DATA, "the code of the module at %#llx is damaged",
				 (unsigned long long)module);
	struct error *error = find(heap, &layout, info, NULL, base, ip, ret);
	if (!error_take(&error, ERROR_FAULT))
		return error;
	TRY(clr_module_at(heap, module, &clr_module));
	/* Its metadata proves which module's file it is. */
	TRY(clr_module_metadata_or_none(heap, clr_module, &metadata));
	TRY(clr_module_admit_file(heap, clr_module, &admitted, &reason));
	if (admitted)
		error = find(heap, &layout, info, NULL, base, ip, ret);
	if (admitted && error_take(&error, ERROR_FAULT))
		error = find(heap, &layout, info, clr_module, base, ip, ret);
	if (admitted && !error_take(&error, ERROR_FAULT))
		return error;
	const char *path = clr_module->path;
	ret->unknown = arena_printf(arena,
				    "the table of functions of %s %s%s%s; "
				    "--sysroot DIR may have it",
				    *path ? path_file_name(path) : "its image",
				    target_lacks_it(heap->target), *reason ? ": " : "", reason);
	return ret->unknown ? NULL : &error_no_memory;
}
