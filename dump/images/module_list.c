#include "dump/images/module_list.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/search.h"

#include <ctype.h>

/* struct r_debug and link_map of link.h on 64-bit machines: what the dynamic linker keeps for
 * debuggers (System V gABI leaves it to them; glibc elf/link.h, musl include/link.h agree). */
enum {
	R_DEBUG_MAP = 8,
	LINK_MAP_ADDRESS = 0,
	LINK_MAP_NAME = 8,
	LINK_MAP_NEXT = 24,
	LINK_MAP_PREVIOUS = 32,
	LINK_MAP_BYTES = 40,
};

/* A file's range in the target; path only where the file begins there. */
struct span {
	uint64_t start, end, file_offset;
	const char *path;
};

struct builder {
	struct target *target;
	struct arena *arena;
	struct span *spans; /* ascending by start */
	size_t span_count, span_capacity;
	const char *last_path; /* in arena: consecutive mappings mostly share it */
	struct elf_module *modules;
	size_t module_count, module_capacity;
	struct elf_image image; /* of the module being looked at */
};

static void builder_deinit(struct builder *builder)
{
	free(builder->spans);
	free(builder->modules);
}

bool path_is_memory(const char *path)
{
	static const char shared[] = "/dev/zero", memfd[] = "/memfd:";
	return !strncmp(path, shared, sizeof(shared) - 1) ||
	       !strncmp(path, memfd, sizeof(memfd) - 1);
}

static struct error *take_mapping(const struct mapping *mapping, void *context)
{
	struct builder *builder = context;
	if (builder->span_count >= LIMIT_MAPPINGS)
		return NULL;
	TRY(LIST_GROW(builder->spans, builder->span_count, builder->span_capacity));
	struct span *span = &builder->spans[builder->span_count++];
	*span = (struct span){ .start = mapping->start,
			       .end = mapping->end,
			       .file_offset = mapping->file_offset };
	if (mapping->file_offset)
		return NULL;
	if (!builder->last_path || strcmp(builder->last_path, mapping->path))
		builder->last_path = arena_copy_text(builder->arena, mapping->path,
						     strnlen(mapping->path, LIMIT_PATH_BYTES));
	span->path = builder->last_path;
	return span->path ? NULL : &error_no_memory;
}

static const struct span *span_at(const struct builder *builder, uint64_t address)
{
	size_t at = SEARCH_FIRST(builder->span_count, i, builder->spans[i].end > address);
	bool found = at < builder->span_count && builder->spans[at].start <= address;
	return found ? &builder->spans[at] : NULL;
}

/*
 * Is the image laid out there, or is the file merely mapped as data (as symbol readers do)? An
 * image's writable part has been mapped from the file offset that its program header names.
 */
static bool laid_out(const struct builder *builder)
{
	const struct elf_image *image = &builder->image;
	for (size_t i = 0; i < image->count; i++) {
		const Elf64_Phdr *header = &image->headers[i];
		if (header->p_type != PT_LOAD || !(header->p_flags & PF_W) || !header->p_filesz)
			continue;
		uint64_t address = image->bias + header->p_vaddr;
		const struct span *span = span_at(builder, address);
		return span && span->file_offset + (address - span->start) == header->p_offset;
	}
	return true;
}

static struct error *add_module(struct builder *builder, const char *path)
{
	const struct elf_image *image = &builder->image;
	if (builder->module_count >= LIMIT_MODULES)
		return NULL;
	TRY(LIST_GROW(builder->modules, builder->module_count, builder->module_capacity));
	struct elf_module *module = &builder->modules[builder->module_count++];
	*module = (struct elf_module){
		.path = path, .base = image->start, .end = image->end, .bias = image->bias
	};
	const Elf64_Phdr *header = elf_image_header(image, PT_DYNAMIC);
	if (header)
		module->dynamic = image->bias + header->p_vaddr;
	header = elf_image_header(image, PT_GNU_RELRO);
	if (header && header->p_memsz) {
		module->relro = image->bias + header->p_vaddr;
		module->relro_end = module->relro + header->p_memsz;
	}
	module->build_id_size = elf_image_build_id(builder->target, image, module->build_id);
	return NULL;
}

/* A PE file is no ELF module: hundreds of pages that need not be looked at. */
static bool is_managed(const char *path)
{
	static const char extension[] = ".dll";
	size_t length = strlen(path), size = sizeof(extension) - 1;
	return length > size && !strcmp(path + length - size, extension);
}

bool path_is_library(const char *path)
{
	const char *at = path_file_name(path);
	while ((at = strcasestr(at, ".so"))) {
		at += strlen(".so");
		if (!*at || *at == ' ' || (*at == '.' && isdigit((unsigned char)at[1])))
			return true;
	}
	return false;
}

/* A library whose headers are missing is a module that is missing; other files may have none. */
static void note_library(const struct builder *builder, const struct span *span)
{
	uint8_t magic[SELFMAG];
	if (!span->file_offset && path_is_library(span->path))
		(void)target_read_some(builder->target, span->start, magic, sizeof(magic));
}

static struct error *add_from_mappings(struct builder *builder)
{
	for (size_t i = 0; i < builder->span_count; i++) {
		const struct span *span = &builder->spans[i];
		if (!span->path || is_managed(span->path))
			continue;
		if (!elf_image_read(builder->target, span->start, &builder->image))
			note_library(builder, span);
		else if (laid_out(builder))
			TRY(add_module(builder, span->path));
	}
	return NULL;
}

/* A string of the target, cut at LIMIT_PATH_BYTES; "" where it cannot be read. */
static struct error *read_string(struct builder *builder, uint64_t address, const char **ret)
{
	char text[LIMIT_PATH_BYTES];
	struct target *target = builder->target;
	size_t size = address ? target_read_ahead(target, address, text, sizeof(text)) : 0;
	/* What comes after its end was not asked for. */
	if (address && size < sizeof(text) && !memchr(text, 0, size))
		size += target_read_some(target, address + size, text + size, 1);
	*ret = arena_copy_text(builder->arena, text, strnlen(text, size));
	return *ret ? NULL : &error_no_memory;
}

/* The image of the main program: its program headers are right after its ELF header, or at least on
 * the same page. */
static bool read_main_image(struct builder *builder)
{
	uint64_t headers;
	if (!target_auxv(builder->target, AT_PHDR, &headers))
		return false;
	uint64_t page = headers & ~(uint64_t)(builder->target->page_size - 1);
	return elf_image_read(builder->target, headers - sizeof(Elf64_Ehdr), &builder->image) ||
	       elf_image_read(builder->target, page, &builder->image);
}

/* The list is doubly linked: a node whose way back is not the way we came is damage, or a cycle. */
static struct error *add_from_link_map(struct builder *builder, uint64_t debug)
{
	uint64_t address, previous = 0;
	if (target_read_some(builder->target, debug + R_DEBUG_MAP, &address, sizeof(address)) !=
	    sizeof(address))
		return NULL;
	for (size_t i = 0; address && i < LIMIT_MODULES; i++) {
		uint8_t node[LINK_MAP_BYTES];
		if (target_read_some(builder->target, address, node, sizeof(node)) !=
			    sizeof(node) ||
		    load_u64(node + LINK_MAP_PREVIOUS) != previous)
			break;
		/* The first node is the main program, which is there already. */
		if (i && elf_image_read(builder->target, load_u64(node + LINK_MAP_ADDRESS),
					&builder->image)) {
			const char *path;
			TRY(read_string(builder, load_u64(node + LINK_MAP_NAME), &path));
			TRY(add_module(builder, path));
		}
		previous = address;
		address = load_u64(node + LINK_MAP_NEXT);
	}
	return NULL;
}

static struct error *add_from_auxv(struct builder *builder)
{
	if (!read_main_image(builder))
		return NULL;
	uint64_t name = 0;
	const char *path;
	target_auxv(builder->target, AT_EXECFN, &name);
	TRY(read_string(builder, name, &path));
	TRY(add_module(builder, path));
	const struct elf_module *module = &builder->modules[builder->module_count - 1];
	struct elf_dynamic dynamic;
	if (!module->dynamic || !elf_dynamic_read(builder->target, module->dynamic, module->base,
						  module->end, module->bias, &dynamic))
		return NULL;
	return dynamic.debug ? add_from_link_map(builder, dynamic.debug) : NULL;
}

static int compare_modules(const void *left, const void *right)
{
	const struct elf_module *a = left, *b = right;
	return a->base < b->base ? -1 : a->base > b->base;
}

static struct error *finish(struct builder *builder, struct module_list *ret)
{
	size_t kept = 0;
	if (builder->module_count)
		qsort(builder->modules, builder->module_count, sizeof(*builder->modules),
		      compare_modules);
	for (size_t i = 0; i < builder->module_count; i++)
		if (!kept || builder->modules[kept - 1].base != builder->modules[i].base)
			builder->modules[kept++] = builder->modules[i];
	ret->count = kept;
	ret->modules = arena_allocate_array(builder->arena, kept, sizeof(*ret->modules));
	if (!ret->modules)
		return &error_no_memory;
	if (kept)
		memcpy(ret->modules, builder->modules, kept * sizeof(*ret->modules));
	return NULL;
}

struct error *module_list_read(struct target *target, struct arena *arena, struct module_list *ret)
{
	CLEANUP(builder_deinit) struct builder builder = { .target = target, .arena = arena };
	*ret = (struct module_list){ 0 };
	TRY(target_visit_mappings(target, take_mapping, &builder));
	TRY(add_from_mappings(&builder));
	if (!builder.module_count)
		TRY(add_from_auxv(&builder));
	return finish(&builder, ret);
}

const struct elf_module *module_list_main(struct target *target, const struct module_list *list)
{
	static const uint64_t types[] = { AT_ENTRY, AT_PHDR };
	bool known = false;
	for (size_t t = 0; t < COUNT_OF(types); t++) {
		uint64_t address;
		if (!target_auxv(target, types[t], &address))
			continue;
		known = true;
		for (size_t i = 0; i < list->count; i++)
			if (address - list->modules[i].base <
			    list->modules[i].end - list->modules[i].base)
				return &list->modules[i];
	}
	for (size_t i = 0; !known && i < list->count; i++)
		if (!path_is_library(list->modules[i].path))
			return &list->modules[i];
	return NULL;
}

enum elf_symbol_answer elf_module_find_symbol(struct target *target,
					      const struct elf_module *module, const char *name,
					      struct elf_symbol *ret)
{
	struct elf_dynamic dynamic;
	if (!module->dynamic || !elf_dynamic_read(target, module->dynamic, module->base,
						  module->end, module->bias, &dynamic))
		return ELF_SYMBOL_UNREADABLE;
	return elf_dynamic_symbol(target, &dynamic, module->bias, name, ret);
}

bool elf_module_symbol(struct target *target, const struct elf_module *module, const char *name,
		       uint64_t *ret)
{
	struct elf_symbol symbol;
	if (elf_module_find_symbol(target, module, name, &symbol) != ELF_SYMBOL_FOUND)
		return false;
	*ret = symbol.address;
	return true;
}
