#include "dump/core/core_index.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/search.h"
#include "dump/core/core_headers.h"
#include "dump/images/elf_note.h"

#include <elf.h>

/*
 * struct elf_prstatus and elf_prpsinfo of linux/elfcore.h: the same on each 64-bit architecture up
 * to the registers, whose number differs.
 */
enum {
	PRSTATUS_SIGNAL = 12, /* short pr_cursig */
	PRSTATUS_TID = 32,    /* int pr_pid */
	PRSTATUS_REGISTERS = 112,
	PRPSINFO_PID = 24, /* int pr_pid */
};

/* NT_FILE (linux fs/binfmt_elf.c: fill_files_note): count, page size, then per mapping three words,
 * then the names, each with its NUL. */
enum { FILE_NOTE_HEADER = 16, FILE_NOTE_ENTRY = 24 };

enum { DEFAULT_PAGE_SIZE = 4096, LARGEST_PAGE_SIZE = 1024 * 1024 };

static void add_missing(struct core_index *index, uint64_t bytes)
{
	if (__builtin_add_overflow(index->facts.missing_bytes, bytes, &index->facts.missing_bytes))
		index->facts.missing_bytes = UINT64_MAX;
}

/* Can what ends here, above 0, be memory of the process? Reads of a target whose processor ignores
 * a part of an address leave that out (attach/target/target.h), and no mapping is beyond it: what a
 * damaged core claims there could never be read. */
static bool is_memory(const struct core_index *index, uint64_t end)
{
	return end - 1 <= index->architecture->address_mask;
}

/* The part of a PT_LOAD that is in the file; false: none is. */
static bool range_of(struct core_index *index, const Elf64_Phdr *header, struct core_range *ret)
{
	/* p_memsz beyond p_filesz was left out of the dump, whatever it held: a hole. */
	uint64_t size = header->p_filesz, end;
	if (header->p_memsz && size > header->p_memsz)
		size = header->p_memsz;
	if (!size || __builtin_add_overflow(header->p_vaddr, size, &end) || !is_memory(index, end))
		return false;
	uint64_t core_size = index->parts.size;
	uint64_t room = header->p_offset < core_size ? core_size - header->p_offset : 0;
	if (size > room) {
		add_missing(index, size - room);
		index->cut.regions[index->cut.count++] =
			(struct region){ .start = header->p_vaddr + room, .end = end };
		size = room;
	}
	*ret = (struct core_range){ .start = header->p_vaddr,
				    .end = header->p_vaddr + size,
				    .file_offset = header->p_offset,
				    .protection = header->p_flags & (PF_R | PF_W | PF_X) };
	return size > 0;
}

/* By start; of two that start together the longer one first, so that it wins whole. */
static int compare_ranges(const void *left, const void *right)
{
	const struct core_range *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return a->file_offset < b->file_offset ? -1 : a->file_offset > b->file_offset;
}

/* Where ranges overlap the one that starts lower wins: no honest core has such. */
static void cut_overlaps(struct core_index *index)
{
	size_t kept = 0;
	uint64_t covered = 0;
	for (size_t i = 0; i < index->range_count; i++) {
		struct core_range range = index->ranges[i];
		if (range.end <= covered)
			continue;
		if (range.start < covered) {
			range.file_offset += covered - range.start;
			range.start = covered;
		}
		covered = range.end;
		index->ranges[kept++] = range;
	}
	index->range_count = kept;
}

/* What is left of `range` below the hole goes into *before, what is above it stays in `range`. */
static void cut_hole(const struct core_hole *hole, struct core_range *range,
		     struct core_range *before)
{
	*before = *range;
	if (before->end > hole->start)
		before->end = hole->start;
	if (hole->end > range->start) {
		range->file_offset += hole->end - range->start;
		range->start = hole->end;
	}
}

/* Both lists are ascending: of a damaged one that is not, some are passed over. */
static struct error *cut_holes(struct core_index *index, const struct core_hole *holes,
			       size_t count)
{
	size_t kept = 0, at = 0;
	struct core_range *ranges = calloc(index->range_count + count, sizeof(*ranges));
	if (!ranges)
		return &error_no_memory;
	for (size_t i = 0; i < index->range_count; i++) {
		struct core_range rest = index->ranges[i];
		while (at < count && rest.start < rest.end) {
			const struct core_hole *hole = &holes[at];
			bool empty = hole->start >= hole->end;
			if (!empty && hole->start >= rest.end)
				break;
			if (!empty)
				cut_hole(hole, &rest, &ranges[kept]);
			kept += !empty && ranges[kept].start < ranges[kept].end;
			at += empty || hole->end <= index->ranges[i].end;
		}
		if (rest.start < rest.end)
			ranges[kept++] = rest;
	}
	free(index->ranges);
	index->ranges = ranges;
	index->range_count = kept;
	return NULL;
}

static void join_runs(struct core_index *index)
{
	for (size_t i = index->range_count; i-- > 0;) {
		struct core_range *range = &index->ranges[i];
		const struct core_range *next = range + 1;
		bool goes_on =
			i + 1 < index->range_count && next->start == range->end &&
			next->file_offset == range->file_offset + (range->end - range->start);
		range->run_end = goes_on ? next->run_end : range->end;
	}
}

struct error *core_index_leave_out(struct core_index *index, const struct core_hole *holes,
				   size_t count)
{
	if (count)
		TRY(cut_holes(index, holes, count));
	join_runs(index);
	return NULL;
}

struct error *core_index_name_lost(struct core_index *index, const struct core_hole *lost,
				   size_t count)
{
	struct region_list *list = &index->lost;
	free(list->regions);
	*list = (struct region_list){ .regions = calloc(count ? count : 1, sizeof(struct region)) };
	if (!list->regions)
		return &error_no_memory;
	for (size_t i = 0; i < count; i++)
		if (lost[i].start < lost[i].end)
			list->regions[list->count++] =
				(struct region){ .start = lost[i].start, .end = lost[i].end };
	region_list_join(list);
	return NULL;
}

/* *ret: of one list of the trailer, the caller's to free. */
static struct error *read_list(const struct core_index *index, enum core_trailer_list list,
			       struct core_hole **ret, size_t *ret_count)
{
	const uint8_t *tail = index->parts.tail;
	size_t size = index->parts.tail_size, count = core_trailer_count(list, tail, size);
	struct core_hole *holes = calloc(count ? count : 1, sizeof(*holes));
	if (!holes)
		return &error_no_memory;
	for (size_t i = 0; i < count; i++)
		holes[i] = core_trailer_hole(list, tail, size, i);
	*ret = holes;
	*ret_count = count;
	return NULL;
}

static struct error *name_lost(struct core_index *index)
{
	CLEANUP(free_cleanup) struct core_hole *lost = NULL;
	size_t count;
	TRY(read_list(index, CORE_TRAILER_LOST, &lost, &count));
	return core_index_name_lost(index, lost, count);
}

/* Pages that a trailer names are in the file and are holes all the same. */
static struct error *leave_out_named(struct core_index *index)
{
	CLEANUP(free_cleanup) struct core_hole *holes = NULL;
	size_t count;
	uint64_t before = 0;
	index->has_trailer = core_trailer_is(index->parts.tail, index->parts.tail_size);
	TRY(name_lost(index));
	TRY(read_list(index, CORE_TRAILER_HOLES, &holes, &count));
	for (size_t i = 0; i < count; i++) {
		if (holes[i].start >= holes[i].end || holes[i].start < before)
			index->facts.damage =
				"the dump has a damaged list of pages that could not be "
				"read: some of them may be shown as memory";
		before = holes[i].end;
	}
	return core_index_leave_out(index, holes, count);
}

static struct error *read_ranges(struct core_index *index, const struct core_headers *headers)
{
	size_t loads = 0;
	for (uint64_t i = 0; i < headers->count; i++) {
		uint32_t type = core_header_at(headers, i).p_type;
		loads += type == PT_LOAD;
		if (type == PT_NULL) /* no writer of cores leaves one: a download with a hole */
			index->facts.damage =
				"the dump has damaged program headers: memory and threads "
				"may be missing";
	}
	index->ranges = calloc(loads ? loads : 1, sizeof(*index->ranges));
	index->cut.regions = calloc(loads ? loads : 1, sizeof(*index->cut.regions));
	if (!index->ranges || !index->cut.regions)
		return &error_no_memory;
	bool sorted = true;
	for (uint64_t i = 0; i < headers->count; i++) {
		Elf64_Phdr header = core_header_at(headers, i);
		struct core_range *range = &index->ranges[index->range_count];
		if (header.p_type != PT_LOAD || !range_of(index, &header, range))
			continue;
		sorted = sorted && (!index->range_count || range[-1].end <= range->start);
		index->range_count++;
	}
	if (!sorted) {
		qsort(index->ranges, index->range_count, sizeof(*index->ranges), compare_ranges);
		cut_overlaps(index);
	}
	region_list_join(&index->cut);
	return leave_out_named(index);
}

static void note_damage(struct core_index *index)
{
	if (!index->facts.notes_lost)
		index->facts.notes_lost = "has damaged notes";
}

static struct error *add_thread(struct core_index *index, size_t *capacity,
				const struct elf_note *note)
{
	size_t registers_size = architecture_registers_bytes(index->architecture);
	bool is_whole = note->description_size >= PRSTATUS_REGISTERS + registers_size;
	if (!is_whole || !load_u32(note->description + PRSTATUS_TID))
		note_damage(index);
	if (!is_whole || index->thread_count >= LIMIT_THREADS)
		return NULL;
	TRY(LIST_GROW(index->threads, index->thread_count, *capacity));
	index->threads[index->thread_count++] = (struct target_thread){
		.tid = (int)load_u32(note->description + PRSTATUS_TID),
		.signal = (int16_t)load_u16(note->description + PRSTATUS_SIGNAL),
		.note_bytes = note->description + PRSTATUS_REGISTERS,
		.note_size = registers_size,
	};
	return NULL;
}

static int compare_mappings(const void *left, const void *right)
{
	const struct mapping *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

static bool good_page_size(uint64_t size)
{
	return size >= DEFAULT_PAGE_SIZE && size <= LARGEST_PAGE_SIZE && !(size & (size - 1));
}

static struct error *read_mappings(struct core_index *index, const struct elf_note *note)
{
	if (index->mappings || note->description_size < FILE_NOTE_HEADER)
		return NULL;
	uint64_t count = load_u64(note->description);
	uint64_t unit = load_u64(note->description + sizeof(uint64_t));
	uint64_t room = (note->description_size - FILE_NOTE_HEADER) / FILE_NOTE_ENTRY;
	if (count > room || (!count && room))
		note_damage(index);
	if (count > room)
		count = room;
	if (count > LIMIT_MAPPINGS)
		count = LIMIT_MAPPINGS;
	index->mappings = calloc(count ? count : 1, sizeof(*index->mappings));
	if (!index->mappings)
		return &error_no_memory;
	if (good_page_size(unit))
		index->page_size = (uint32_t)unit;
	const char *name =
		(const char *)note->description + FILE_NOTE_HEADER + count * FILE_NOTE_ENTRY;
	const char *end = (const char *)note->description + note->description_size;
	bool sorted = true;
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *entry = note->description + FILE_NOTE_HEADER + i * FILE_NOTE_ENTRY;
		const char *name_end = name < end ? memchr(name, '\0', (size_t)(end - name)) : NULL;
		if (!name_end || name_end == name || load_u64(entry) >= load_u64(entry + 8))
			note_damage(index);
		if (!name_end)
			break; /* what has no name is of no use */
		struct mapping *mapping = &index->mappings[index->mapping_count];
		*mapping = (struct mapping){ .start = load_u64(entry),
					     .end = load_u64(entry + 8),
					     .path = name };
		name = name_end + 1;
		if (mapping->start >= mapping->end || !is_memory(index, mapping->end) ||
		    name_end - mapping->path > LIMIT_PATH_BYTES ||
		    __builtin_mul_overflow(load_u64(entry + 16), unit, &mapping->file_offset))
			continue;
		sorted = sorted && (!index->mapping_count || mapping[-1].start <= mapping->start);
		index->mapping_count++;
	}
	if (!sorted)
		qsort(index->mappings, index->mapping_count, sizeof(*index->mappings),
		      compare_mappings);
	return NULL;
}

static void read_auxv(struct core_index *index, const struct elf_note *note)
{
	if (index->auxv)
		return;
	index->auxv = note->description;
	index->auxv_size = note->description_size;
}

static void read_mark(struct core_index *index, const struct elf_note *note)
{
	if (note->description_size < sizeof(index->mark))
		return;
	memcpy(&index->mark, note->description, sizeof(index->mark));
	index->marked = true;
}

static void read_usage(struct core_index *index, const struct elf_note *note)
{
	if (note->description_size >= sizeof(index->facts.usage))
		memcpy(&index->facts.usage, note->description, sizeof(index->facts.usage));
}

/* After the last note there is nothing, or what fills the last eight bytes. */
static bool is_padding(const uint8_t *bytes, size_t size)
{
	size_t zeros = 0;
	while (zeros < size && !bytes[zeros])
		zeros++;
	return zeros == size && size < sizeof(uint64_t);
}

/* *left: bytes of notes that may still be looked at. The segments of a forged table share their
 * bytes, and are 65535 times what the file holds. */
static struct error *read_notes(struct core_index *index, const Elf64_Phdr *segment,
				size_t *thread_capacity, uint64_t *left)
{
	uint64_t room = segment->p_offset < index->parts.head_size
				? index->parts.head_size - segment->p_offset
				: 0;
	uint64_t size = segment->p_filesz;
	if (size > room) {
		uint64_t missing = size - room;
		index->facts.notes_lost = "is cut short";
		add_missing(index, missing > LIMIT_NOTE_BYTES ? LIMIT_NOTE_BYTES : missing);
		size = room;
	}
	if (size > *left) {
		index->facts.notes_lost = "has more notes than are read";
		size = *left;
	}
	*left -= size;
	if (!size)
		return NULL;
	const uint8_t *notes = index->parts.head + segment->p_offset;
	struct elf_note note;
	size_t offset = 0, end = 0;
	while (elf_note_next(notes, size, segment->p_align, &offset, &note) &&
	       (note.type || note.name_size)) {
		end = offset;
		if (note.type == CORE_MARK_NOTE && elf_note_is_of(&note, CORE_MARK_OWNER))
			read_mark(index, &note);
		if (note.type == CORE_USAGE_NOTE && elf_note_is_of(&note, CORE_MARK_OWNER))
			read_usage(index, &note);
		if (!elf_note_is_of(&note, "CORE"))
			continue;
		if (note.type == NT_PRSTATUS)
			TRY(add_thread(index, thread_capacity, &note));
		else if (note.type == NT_FILE)
			TRY(read_mappings(index, &note));
		else if (note.type == NT_AUXV)
			read_auxv(index, &note);
		else if (note.type == NT_PRPSINFO &&
			 note.description_size >= PRPSINFO_PID + sizeof(uint32_t) && !index->pid)
			index->pid = (int)load_u32(note.description + PRPSINFO_PID);
	}
	if (!is_padding(notes + end, size - end))
		note_damage(index);
	return NULL;
}

/* AT_PAGESZ is the process's own word; the unit of NT_FILE is 4096 in some writers whatever it is.
 */
static void read_page_size(struct core_index *index)
{
	if (!index->page_size)
		index->page_size = DEFAULT_PAGE_SIZE;
	for (size_t i = 0; i + sizeof(Elf64_auxv_t) <= index->auxv_size;
	     i += sizeof(Elf64_auxv_t)) {
		uint64_t value = load_u64(index->auxv + i + sizeof(uint64_t));
		if (load_u64(index->auxv + i) == AT_PAGESZ && good_page_size(value))
			index->page_size = (uint32_t)value;
	}
}

static struct error *read_all(struct core_index *index)
{
	struct core_headers headers;
	TRY(core_headers_find(index->parts.head, index->parts.head_size, &headers));
	add_missing(index, headers.missing_bytes);
	TRY(read_ranges(index, &headers));
	size_t thread_capacity = 0;
	uint64_t left = LIMIT_NOTE_BYTES;
	for (uint64_t i = 0; i < headers.count; i++) {
		Elf64_Phdr header = core_header_at(&headers, i);
		if (header.p_type == PT_NOTE)
			TRY(read_notes(index, &header, &thread_capacity, &left));
	}
	read_page_size(index);
	/* Cut in its trailer: all memory is there, but not what is to be known of it. */
	if (index->marked && !index->has_trailer && !index->facts.missing_bytes)
		index->facts.missing_bytes = CORE_TRAILER_FOOTER_BYTES;
	index->facts.whole_bytes = index->parts.size + index->facts.missing_bytes;
	index->facts.without_heap = index->mark.without_heap != 0;
	index->facts.with_heap = index->marked && !index->facts.without_heap;
	if (!index->range_count)
		return error_new(ERROR_BAD_DATA,
				 "the core holds no memory of the process: at least %llu of its "
				 "%llu bytes are missing from its end",
				 (unsigned long long)index->facts.missing_bytes,
				 (unsigned long long)index->facts.whole_bytes);
	return NULL;
}

struct error *core_index_read(const struct core_parts *parts, struct core_index *ret)
{
	*ret = (struct core_index){ .parts = *parts };
	if (parts->head_size < sizeof(Elf64_Ehdr))
		return error_new(ERROR_BAD_DATA, "the core ends within its ELF header");
	ret->architecture = architecture_of_elf_machine(
		load_u16(parts->head + offsetof(Elf64_Ehdr, e_machine)));
	if (!ret->architecture)
		return error_new(ERROR_UNSUPPORTED, "the core is of a machine that is not known");
	struct error *error = read_all(ret);
	if (error)
		core_index_deinit(ret);
	return error;
}

void core_index_deinit(struct core_index *index)
{
	free(index->ranges);
	free(index->cut.regions);
	free(index->lost.regions);
	free(index->threads);
	free(index->mappings);
	*index = (struct core_index){ 0 };
}

bool core_index_is_cut(const struct core_index *index, uint64_t address)
{
	return region_list_holds(&index->cut, address);
}

bool core_index_is_lost(const struct core_index *index, uint64_t address)
{
	return region_list_holds(&index->lost, address);
}

const struct core_range *core_index_find(const struct core_index *index, uint64_t address)
{
	size_t at = SEARCH_FIRST(index->range_count, i, index->ranges[i].end > address);
	bool found = at < index->range_count && index->ranges[at].start <= address;
	return found ? &index->ranges[at] : NULL;
}
