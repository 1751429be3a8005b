#include "inspect/native_modules.h"

#include "base/bytes.h"
#include "base/list.h"
#include "dump/images/pe_file.h"
#include "heap/clr_threads.h"

const char *const runtime_symbol_names[RUNTIME_SYMBOLS] = {
	"DotNetRuntimeInfo",
	"g_dacTable",
	"DotNetRuntimeDebugHeader",
	"DotNetRuntimeContractDescriptor",
};

enum { HEADER_BYTES = 4096, PE_SECTION_ALIGNMENT = 64 * 1024 };

struct gathering {
	const struct question *question;
	struct target *target;
	struct native_modules *modules;
	size_t capacity;
	size_t known, cursor; /* modules that were there before the mappings were visited */
	size_t last;          /* the PE file whose mappings are being passed, when has_last */
	bool has_last;
};

static struct error *add(struct gathering *gathering, struct native_module module)
{
	struct native_modules *modules = gathering->modules;
	TRY(LIST_GROW_IN(gathering->question->scratch, modules->modules, modules->count,
			 gathering->capacity));
	modules->modules[modules->count++] = module;
	return NULL;
}

static struct error *elf_modules_add(struct gathering *gathering, const struct module_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct elf_module *elf = &list->modules[i];
		char hex[2 * LIMIT_BUILD_ID_BYTES + 1];
		struct native_module module = {
			.base = elf->base,
			.size = elf->end - elf->base,
			.path = elf->path ? elf->path : "",
			.elf = elf,
		};
		for (size_t b = 0; b < elf->build_id_size; b++)
			snprintf(hex + 2 * b, sizeof(hex) - 2 * b, "%02x", elf->build_id[b]);
		if (elf->build_id_size) {
			module.build_id = arena_printf(gathering->question->scratch, "%s", hex);
			if (!module.build_id)
				return &error_no_memory;
		}
		TRY(add(gathering, module));
	}
	return NULL;
}

/* Those that the runtime has copied into memory of its own are in no mapping of a file. */
static struct error *managed_modules_add(struct gathering *gathering, struct heap *heap)
{
	for (size_t i = 0; heap && i < heap->modules->count; i++) {
		struct clr_module *managed = heap->modules->modules[i];
		struct native_module module = { .base = managed->image_base,
						.size = managed->image_size,
						.path = managed->path,
						.managed = managed };
		if (managed->image_base)
			TRY(add(gathering, module));
	}
	return NULL;
}

static int by_base(const void *left, const void *right)
{
	const struct native_module *a = left, *b = right;
	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	return (a->managed != NULL) - (b->managed != NULL);
}

/* By address; an image that two modules are made of is listed once. */
static void sort(struct native_modules *modules)
{
	size_t kept = 0;
	if (modules->count)
		qsort(modules->modules, modules->count, sizeof(*modules->modules), by_base);
	for (size_t i = 0; i < modules->count; i++) {
		struct native_module *module = &modules->modules[i];
		if (kept && modules->modules[kept - 1].base == module->base) {
			if (!modules->modules[kept - 1].managed)
				modules->modules[kept - 1].managed = module->managed;
		} else {
			modules->modules[kept++] = *module;
		}
	}
	modules->count = kept;
}

/* The known module that begins nearest before the address; mappings come in ascending order. */
static struct native_module *known_before(struct gathering *gathering, uint64_t address)
{
	struct native_module *known = gathering->modules->modules;
	while (gathering->cursor < gathering->known && known[gathering->cursor].base <= address)
		gathering->cursor++;
	return gathering->cursor ? &known[gathering->cursor - 1] : NULL;
}

enum file_start { STARTS_OTHERWISE, STARTS_WITH_MZ, START_MISSING };

static enum file_start file_start(struct target *target, uint64_t address)
{
	uint8_t magic[2];
	if (target_read_some(target, address, magic, sizeof(magic)) != sizeof(magic))
		return START_MISSING;
	return magic[0] == 'M' && magic[1] == 'Z' ? STARTS_WITH_MZ : STARTS_OTHERWISE;
}

/* libc.so.6, System.Runtime.dll, also when the kernel says " (deleted)" after it. */
static bool has_modules_name(const char *path)
{
	static const char *const managed[] = { ".dll", ".exe" };
	for (size_t i = 0; i < COUNT_OF(managed); i++) {
		const char *end = strcasestr(path_file_name(path), managed[i]);
		if (end && (!end[4] || end[4] == ' '))
			return true;
	}
	return path_is_library(path);
}

static void grow(struct native_module *module, uint64_t end)
{
	if (!module->elf && end - module->base > module->size)
		module->size = end - module->base;
}

/* Of known modules it shows how far they reach; a file that is mapped from its start, and begins
 * with MZ, is one more. */
static struct error *mapping_visited(const struct mapping *mapping, void *context)
{
	struct gathering *gathering = context;
	struct native_modules *modules = gathering->modules;
	if (!mapping->path || path_is_memory(mapping->path))
		return NULL;
	struct native_module *last =
		gathering->has_last ? &modules->modules[gathering->last] : NULL;
	/* Parts of a PE file are apart by their alignment in memory. */
	uint64_t gap = last ? mapping->start - (last->base + last->size) : 0;
	bool follows = last && (last->headers_missing ? gap < PE_SECTION_ALIGNMENT
						      : mapping->file_offset && !gap);
	if (follows && !strcmp(last->path, mapping->path)) {
		grow(last, mapping->end);
		return NULL;
	}
	struct native_module *known = known_before(gathering, mapping->start);
	gathering->has_last = false;
	if (known && mapping->start - known->base < known->size) {
		if (known->base != mapping->start || mapping->file_offset)
			return NULL;
		grow(known, mapping->end);
		gathering->last = (size_t)(known - modules->modules);
	} else {
		enum file_start start = mapping->file_offset
						? STARTS_OTHERWISE
						: file_start(gathering->target, mapping->start);
		if (start == STARTS_OTHERWISE)
			return NULL;
		struct native_module module = {
			.headers_missing = start == START_MISSING,
			.base = mapping->start,
			.size = mapping->end - mapping->start,
			.path = arena_printf(gathering->question->scratch, "%s", mapping->path),
		};
		if (!module.path)
			return &error_no_memory;
		gathering->last = modules->count;
		TRY(add(gathering, module));
	}
	gathering->has_last = true;
	return NULL;
}

static bool is_program(struct target *target, const struct native_module *module)
{
	uint64_t entry;
	return target_auxv(target, AT_ENTRY, &entry) && entry - module->base < module->size;
}

/* Of the files without headers those stay that are modules by their names. */
static void drop_data_files(const struct gathering *gathering)
{
	struct native_modules *modules = gathering->modules;
	size_t kept = 0;
	for (size_t i = 0; i < modules->count; i++) {
		const struct native_module *module = &modules->modules[i];
		if (!module->headers_missing || has_modules_name(module->path) ||
		    is_program(gathering->target, module))
			modules->modules[kept++] = *module;
	}
	modules->count = kept;
}

static void tell_missing(const struct gathering *gathering)
{
	const struct question *question = gathering->question;
	const struct native_modules *modules = gathering->modules;
	size_t unknown = 0;
	for (size_t i = 0; i < modules->count; i++)
		unknown += modules->modules[i].headers_missing;
	if (unknown)
		question_missing(question, 0,
				 "the headers of %zu of the modules %s: of these it is "
				 "known where their files are mapped",
				 unknown, target_lacks_them(question->target));
	question_missing_of_runtime(question);
	if (gathering->target->facts.notes_lost)
		question_missing(question, 0, "the dump %s: mapped files may be missing",
				 gathering->target->facts.notes_lost);
}

struct error *native_modules_read(const struct question *question, struct native_modules *ret)
{
	struct module_list list;
	struct gathering gathering = { .question = question,
				       .target = question->target,
				       .modules = ret };
	*ret = (struct native_modules){ 0 };
	TRY(module_list_read(gathering.target, question->scratch, &list));
	TRY(elf_modules_add(&gathering, &list));
	TRY(managed_modules_add(&gathering, question_present(question)));
	sort(ret);
	gathering.known = ret->count;
	TRY(target_visit_mappings(gathering.target, mapping_visited, &gathering));
	drop_data_files(&gathering);
	sort(ret);
	tell_missing(&gathering);
	return NULL;
}

static struct error *managed_version(const struct question *question, struct native_module *module)
{
	struct metadata *metadata;
	TRY(clr_module_metadata_or_none(question_heap(question), module->managed, &metadata));
	if (metadata)
		module->version = metadata_assembly_attribute(
			metadata, "AssemblyFileVersionAttribute", question->scratch);
	return NULL;
}

struct error *native_module_describe(const struct question *question, struct native_module *module)
{
	struct target *target = question->target;
	uint8_t header[HEADER_BYTES];
	struct pe_file file;
	if (module->elf) {
		for (size_t i = 0; i < RUNTIME_SYMBOLS; i++)
			if (!elf_module_symbol(target, module->elf, runtime_symbol_names[i],
					       &module->symbols[i]))
				module->symbols[i] = 0;
		return NULL;
	}
	size_t size = target_read_some(target, module->base, header, sizeof(header));
	module->has_headers = pe_file_read(header, size, &file);
	if (module->has_headers) {
		module->header_image_size = file.image_size;
		module->header_timestamp = file.timestamp;
	}
	return module->managed ? managed_version(question, module) : NULL;
}

bool native_module_headers(const struct question *question, const struct native_module *module,
			   struct elf_image *ret)
{
	if (!module->elf)
		return false;
	if (elf_image_read(question->target, module->base, ret))
		return true;
	question_missing(question, 0, "the program headers of %s %s", module->path,
			 target_lacks_them(question->target));
	return false;
}

struct native_module *native_modules_runtime(const struct question *question,
					     const struct native_modules *modules)
{
	struct heap *heap = question->present;
	if (!heap)
		return NULL;
	uint64_t variable = heap->threads->store_variable;
	for (size_t i = 0; i < modules->count; i++) {
		struct native_module *module = &modules->modules[i];
		if (module->elf && variable - module->base < module->size)
			return module;
	}
	return NULL;
}
