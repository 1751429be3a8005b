#include "dump/collect/core_contents.h"

#include "attach/target/registers.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "dump/images/module_list.h"
#include "dump/images/pe_file.h"

#include <elf.h>

enum {
	HEAD_BYTES = 4096,              /* of a module: its headers, program headers, build-id */
	LARGE_BYTES = 64 * 1024 * 1024, /* of adjacent private memory: the GC's, or the program's */
	RED_ZONE_BYTES = 128,           /* System V ABI, x64: used below the stack pointer */
	CLI_METADATA = 8,               /* ECMA-335 II.25.3.3: RVA and size of the metadata */
	METADATA_HEAD_BYTES = 4096,
};

enum file_kind { FILE_DATA, FILE_LIBRARY, FILE_RUNTIME, FILE_MANAGED };

struct part {
	uint64_t start, end;
};

/* The file whose mappings are being passed. */
struct module {
	const char *path;
	enum file_kind kind;
	bool flat;             /* a managed file, mapped as it is on disk */
	struct part metadata;  /* its section, or the whole file */
	struct part cli, root; /* managed: the CLI header, the beginning of the metadata */
};

struct stacks {
	uint64_t *pointers; /* ascending */
	size_t count, capacity;
	const struct target *target;
};

struct selection {
	struct core_layout *from;
	struct core_layout to;
	struct target *target;
	const struct process_maps *maps;
	enum core_type type;
	struct stacks stacks;
	uint64_t entry; /* of the main program; 0: unknown */
	struct module module;
	uint64_t runtime_end; /* of the runtime's mapping met last: its .bss goes on there */
	const struct region *more;
	size_t more_count, more_at; /* those before more_at are done */
	uint64_t large_end;         /* up to here private memory belongs to a large area */
};

static struct error *put(struct selection *selection, const struct core_segment *segment,
			 uint64_t start, uint64_t end, unsigned priority)
{
	struct core_layout *to = &selection->to;
	if (start < segment->start)
		start = segment->start;
	if (end > segment->end)
		end = segment->end;
	if (start >= end)
		return NULL;
	TRY(LIST_GROW(to->segments, to->count, to->capacity));
	struct core_segment *last = &to->segments[to->count];
	*last = *segment;
	last->start = start;
	last->end = end;
	last->priority = priority;
	to->count++;
	if (segment->untouched)
		to->untouched_bytes += end - start;
	else
		to->bytes += end - start;
	return NULL;
}

static bool reads(const struct selection *selection, uint64_t address, void *buffer, size_t size)
{
	return target_read_some(selection->target, address, buffer, size) == size;
}

static struct part page_part(uint64_t start, uint64_t size, uint32_t page)
{
	return (struct part){ start & ~(uint64_t)(page - 1), align_up(start + size, page) };
}

/* Where the metadata of a managed file is in memory. */
static void find_metadata(const struct selection *selection, const struct process_map *map,
			  struct module *module)
{
	uint8_t head[HEAD_BYTES], cli[CLI_METADATA + 2 * sizeof(uint32_t)];
	struct pe_file image;
	uint32_t page = selection->target->page_size;
	uint64_t header_at = 0, metadata_at = 0;
	if (!reads(selection, map->start, head, sizeof(head)) ||
	    !pe_file_read(head, sizeof(head), &image) || !image.cli_header)
		return;
	module->flat = map->end - map->start >= image.file_size;
	if (!module->flat)
		header_at = image.cli_header;
	else if (!pe_file_offset(&image, image.cli_header, sizeof(cli), &header_at))
		return;
	if (!reads(selection, map->start + header_at, cli, sizeof(cli)))
		return;
	uint32_t rva = load_u32(cli + CLI_METADATA);
	if (!module->flat)
		metadata_at = rva;
	else if (!pe_file_offset(&image, rva, 1, &metadata_at))
		return;
	module->kind = FILE_MANAGED;
	module->cli = page_part(map->start + header_at, sizeof(cli), page);
	module->root = page_part(map->start + metadata_at, METADATA_HEAD_BYTES, page);
	module->metadata = (struct part){ map->start, map->end };
	for (size_t i = 0; !module->flat && i < image.section_count; i++) {
		const struct pe_file_section *section = &image.sections[i];
		if (rva - section->virtual_address < section->file_size)
			module->metadata = page_part(map->start + section->virtual_address,
						     section->file_size, page);
	}
}

static bool is_runtime(const struct selection *selection, const struct process_map *map)
{
	const char *name = path_file_name(map->path);
	if (!strcmp(name, "libcoreclr.so") || !strcmp(name, "libclrgc.so") ||
	    !strcmp(name, "libclrgcexp.so"))
		return true;
	for (size_t i = 0; i < selection->maps->count; i++) {
		const struct process_map *other = &selection->maps->maps[i];
		if (other->start <= selection->entry && selection->entry < other->end)
			return !strcmp(other->path, map->path);
	}
	return false;
}

static void enter_module(struct selection *selection, const struct process_map *map)
{
	struct module *module = &selection->module;
	uint8_t magic[SELFMAG];
	if (module->path && !strcmp(module->path, map->path) && map->file_offset)
		return;
	*module = (struct module){ .path = map->path, .kind = FILE_DATA };
	if (map->file_offset || !reads(selection, map->start, magic, sizeof(magic)))
		return;
	if (!memcmp(magic, ELFMAG, SELFMAG))
		module->kind = is_runtime(selection, map) ? FILE_RUNTIME : FILE_LIBRARY;
	else if (!memcmp(magic, "MZ", 2))
		find_metadata(selection, map, module);
}

/* [start, end) of the segment is wanted in every type, what is around it in Full only. */
static struct error *put_around(struct selection *selection, const struct core_segment *segment,
				uint64_t start, uint64_t end)
{
	bool full = selection->type == CORE_TYPE_FULL;
	if (full)
		TRY(put(selection, segment, 0, start, CORE_REST));
	TRY(put(selection, segment, start, end, CORE_FIRST));
	return full ? put(selection, segment, end > start ? end : start, UINT64_MAX, CORE_REST)
		    : NULL;
}

/* Three parts, ascending or not, of a segment: Mini's share of a managed file. */
static struct error *put_heads(struct selection *selection, const struct core_segment *segment,
			       struct part head)
{
	struct part parts[] = { head, selection->module.cli, selection->module.root };
	uint64_t done = segment->start;
	for (size_t round = 0; round < COUNT_OF(parts); round++) {
		const struct part *next = NULL;
		for (size_t i = 0; i < COUNT_OF(parts); i++)
			if (parts[i].end > done && (!next || parts[i].start < next->start))
				next = &parts[i];
		if (!next || next->start >= segment->end)
			break;
		uint64_t start = next->start > done ? next->start : done;
		TRY(put(selection, segment, start, next->end, CORE_FIRST));
		done = next->end;
	}
	return NULL;
}

static struct error *put_file(struct selection *selection, const struct process_map *map,
			      const struct core_segment *segment)
{
	const struct module *module = &selection->module;
	bool data = map->protection & PF_W && !map->shared;
	struct part head = { map->start, map->file_offset ? map->start : map->start + HEAD_BYTES };
	head.end = align_up(head.end, selection->target->page_size);
	switch (module->kind) {
	case FILE_MANAGED:
		if (selection->type == CORE_TYPE_MINI)
			return put_heads(selection, segment, head);
		if (data)
			break;
		if (head.end > head.start && head.end <= segment->end &&
		    module->metadata.start > head.start) {
			TRY(put(selection, segment, head.start, head.end, CORE_FIRST));
			struct core_segment rest = *segment;
			rest.start = head.end;
			return put_around(selection, &rest, module->metadata.start,
					  module->metadata.end);
		}
		return put_around(selection, segment, module->metadata.start, module->metadata.end);
	case FILE_RUNTIME:
		if (map->protection & PF_X)
			return put_around(selection, segment, segment->end, segment->end);
		selection->runtime_end = map->end;
		return put(selection, segment, 0, UINT64_MAX, CORE_RUNTIME);
	case FILE_LIBRARY:
		if (!data)
			return put_around(selection, segment, head.start, head.end);
		break;
	case FILE_DATA:
		return put_around(selection, segment, segment->end, segment->end);
	}
	return put(selection, segment, 0, UINT64_MAX, CORE_FIRST);
}

/* The lowest stack pointer in the mapping; 0: it is no thread's stack. */
static uint64_t stack_pointer(const struct selection *selection, const struct process_map *map)
{
	const struct stacks *stacks = &selection->stacks;
	for (size_t i = 0; i < stacks->count; i++)
		if (stacks->pointers[i] >= map->start && stacks->pointers[i] < map->end)
			return stacks->pointers[i];
	return 0;
}

/* Does the mapping belong to a large area of adjacent private memory? */
static bool is_large(struct selection *selection, size_t at)
{
	const struct process_map *maps = selection->maps->maps;
	if (maps[at].start < selection->large_end)
		return true;
	size_t end = at + 1;
	while (end < selection->maps->count && maps[end].start == maps[end - 1].end &&
	       maps[end].kind == PROCESS_MAP_ANONYMOUS && !maps[end].path[0])
		end++;
	if (maps[end - 1].end - maps[at].start < LARGE_BYTES)
		return false;
	selection->large_end = maps[end - 1].end;
	return true;
}

static struct error *put_private(struct selection *selection, size_t at,
				 const struct core_segment *segment)
{
	const struct process_map *map = &selection->maps->maps[at];
	uint64_t stack = stack_pointer(selection, map);
	bool mini = selection->type == CORE_TYPE_MINI;
	/* Zeros, which objects may reach into. They all share one block of the file: too much for
	 * Mini, which has the few objects that the caller wants. */
	if (segment->untouched && mini)
		return NULL;
	if (stack && mini) {
		struct part used =
			page_part(stack - RED_ZONE_BYTES, 0, selection->target->page_size);
		return put(selection, segment, used.start, UINT64_MAX, CORE_STACKS);
	}
	if (stack || !strcmp(map->path, "[stack]"))
		return put(selection, segment, 0, UINT64_MAX, CORE_STACKS);
	if (map->start == selection->runtime_end)
		return put(selection, segment, 0, UINT64_MAX, CORE_RUNTIME);
	if (!is_large(selection, at))
		return put(selection, segment, 0, UINT64_MAX, CORE_FIRST);
	return mini ? NULL : put(selection, segment, 0, UINT64_MAX, CORE_HEAP);
}

static struct error *add_stack(const struct target_thread *thread, void *context)
{
	struct stacks *stacks = context;
	struct registers registers;
	uint64_t pointer;
	registers_of_thread(&registers, stacks->target, thread);
	if (!registers_sp(&registers, &pointer))
		return NULL;
	TRY(LIST_GROW(stacks->pointers, stacks->count, stacks->capacity));
	stacks->pointers[stacks->count++] = pointer;
	return NULL;
}

static int compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

static struct error *read_stacks(struct selection *selection)
{
	struct stacks *stacks = &selection->stacks;
	stacks->target = selection->target;
	TRY(target_visit_threads(selection->target, add_stack, stacks));
	if (stacks->count)
		qsort(stacks->pointers, stacks->count, sizeof(*stacks->pointers), compare_numbers);
	return NULL;
}

static struct error *select_all(struct selection *selection)
{
	const struct core_layout *from = selection->from;
	size_t segment = 0;
	TRY(read_stacks(selection));
	for (size_t i = 0; i < selection->maps->count; i++) {
		const struct process_map *map = &selection->maps->maps[i];
		if (map->kind == PROCESS_MAP_FILE)
			enter_module(selection, map);
		for (; segment < from->count && from->segments[segment].start < map->end;
		     segment++) {
			const struct core_segment *next = &from->segments[segment];
			if (map->kind == PROCESS_MAP_FILE)
				TRY(put_file(selection, map, next));
			else
				TRY(put_private(selection, i, next));
		}
	}
	return NULL;
}

/* What was left out of [start, end) of a segment and is wanted all the same. */
static struct error *put_wanted(struct selection *selection, const struct core_segment *segment,
				uint64_t start, uint64_t end)
{
	while (selection->more_at < selection->more_count &&
	       selection->more[selection->more_at].end <= start)
		selection->more_at++;
	for (size_t i = selection->more_at;
	     i < selection->more_count && selection->more[i].start < end; i++) {
		const struct region *more = &selection->more[i];
		TRY(put(selection, segment, more->start > start ? more->start : start,
			more->end < end ? more->end : end, CORE_STACKS));
	}
	return NULL;
}

/* Puts the wanted memory between what was chosen; both are ascending. */
static struct error *add_more(struct selection *selection)
{
	struct core_layout chosen = selection->to;
	struct error *error = NULL;
	size_t next = 0;
	if (!selection->more_count)
		return NULL;
	selection->to = (struct core_layout){ 0 };
	for (size_t i = 0; !error && i < selection->from->count; i++) {
		const struct core_segment *segment = &selection->from->segments[i];
		uint64_t at = segment->start;
		for (; !error && next < chosen.count && chosen.segments[next].start < segment->end;
		     next++) {
			const struct core_segment *part = &chosen.segments[next];
			error = put_wanted(selection, segment, at, part->start);
			if (!error)
				error = put(selection, part, 0, UINT64_MAX, part->priority);
			at = part->end;
		}
		if (!error)
			error = put_wanted(selection, segment, at, segment->end);
	}
	free(chosen.segments);
	return error;
}

struct error *core_contents_select(struct core_layout *layout, struct target *target,
				   const struct process_maps *maps, enum core_type type,
				   const struct region *more, size_t more_count)
{
	struct selection selection = { .from = layout,
				       .target = target,
				       .maps = maps,
				       .type = type,
				       .more = more,
				       .more_count = more_count };
	if (!target_auxv(target, AT_ENTRY, &selection.entry))
		selection.entry = 0;
	struct error *error = select_all(&selection);
	if (!error)
		error = add_more(&selection);
	free(selection.stacks.pointers);
	if (error) {
		free(selection.to.segments);
		return error;
	}
	layout->left_out_bytes += layout->bytes - selection.to.bytes;
	if (type != CORE_TYPE_FULL)
		layout->untouched_bytes = selection.to.untouched_bytes;
	if (type == CORE_TYPE_MINI)
		layout->unknown_bytes = layout->too_long_bytes = layout->lost_count = 0;
	layout->bytes = selection.to.bytes;
	free(layout->segments);
	layout->segments = selection.to.segments;
	layout->count = selection.to.count;
	layout->capacity = selection.to.capacity;
	return NULL;
}
