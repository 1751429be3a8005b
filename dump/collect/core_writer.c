#include "dump/collect/core_writer.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"

#include <elf.h>

enum {
	BUFFER_BYTES = 1024 * 1024,
	FILE_PAGE = 4096,               /* what is looked at for zeros */
	HOLE_BYTES_MIN = 4 * FILE_PAGE, /* shorter runs of zeros are written */
	ZERO_BLOCK_BYTES = 1024 * 1024, /* what all memory never touched shares, at least … */
	ZERO_HEADERS = 4 * 1024, /* … and so much that it takes about so many headers: ClrMD
				    10.0 refuses a core that has more than 10000 of all */
	NOTE_ALIGNMENT = 4,
	SECTION_OFFSET = sizeof(Elf64_Ehdr), /* section header 0 always has its place */
	TABLE_OFFSET = SECTION_OFFSET + sizeof(Elf64_Shdr),
};

struct hole_list {
	struct core_hole *holes;
	size_t count, capacity;
};

struct writer {
	struct core_sink *sink;
	const struct core_contents *contents;
	const struct task *task;
	struct core_written *written;
	uint8_t *buffer; /* BUFFER_BYTES of the core from buffer_offset on */
	size_t used;
	uint64_t buffer_offset;
	uint64_t table_bytes;   /* of the program headers that all segments need */
	uint64_t zero_bytes;    /* of the block of zeros, which comes first after the notes */
	uint64_t total;         /* length of the core without unforeseen holes */
	uint64_t *offsets;      /* of each segment in the core; untouched ones have none */
	struct hole_list holes; /* could not be read; in the order of the core, in the end
				   ascending */
	struct hole_list lost;  /* of them, what the core should have */
};

/* Walks the segments, cut at the holes and at the end of the block of zeros. */
struct piece_walk {
	size_t segment, hole;
	uint64_t at; /* address: everything below was seen */
};

static const struct core_hole *hole_from(const struct writer *writer, struct piece_walk *walk,
					 uint64_t at)
{
	const struct hole_list *list = &writer->holes;
	while (walk->hole < list->count && list->holes[walk->hole].end <= at)
		walk->hole++;
	return walk->hole < list->count ? &list->holes[walk->hole] : NULL;
}

static uint64_t zeros_offset(const struct writer *writer)
{
	return align_up(TABLE_OFFSET + writer->table_bytes + writer->contents->notes_size,
			writer->contents->target->page_size);
}

static uint64_t piece_offset(const struct writer *writer, size_t i, uint64_t address)
{
	const struct core_segment *segment = &writer->contents->segments[i];
	if (segment->untouched || !writer->offsets)
		return zeros_offset(writer);
	return writer->offsets[i] + (address - segment->start);
}

static bool next_piece(const struct writer *writer, struct piece_walk *walk, Elf64_Phdr *ret)
{
	const struct core_contents *contents = writer->contents;
	while (walk->segment < contents->segment_count) {
		const struct core_segment *segment = &contents->segments[walk->segment];
		uint64_t at = walk->at > segment->start ? walk->at : segment->start;
		const struct core_hole *hole = hole_from(writer, walk, at);
		if (at >= segment->end) {
			walk->segment++;
			continue;
		}
		if (hole && hole->start <= at) {
			walk->at = hole->end < segment->end ? hole->end : segment->end;
			continue;
		}
		uint64_t end = hole && hole->start < segment->end ? hole->start : segment->end;
		if (segment->untouched && end - at > writer->zero_bytes)
			end = at + writer->zero_bytes;
		*ret = (Elf64_Phdr){ .p_type = PT_LOAD,
				     .p_flags = segment->protection,
				     .p_offset = piece_offset(writer, walk->segment, at),
				     .p_vaddr = at,
				     .p_filesz = end - at,
				     .p_memsz = end - at,
				     .p_align = contents->target->page_size };
		walk->at = end;
		return true;
	}
	return false;
}

/* With the one of the notes. */
static uint64_t count_headers(const struct writer *writer)
{
	struct piece_walk walk = { 0 };
	Elf64_Phdr unused;
	uint64_t count = 1;
	while (next_piece(writer, &walk, &unused))
		count++;
	return count;
}

/* When all can be read. */
static uint64_t trailer_bytes(const struct core_contents *contents)
{
	uint64_t lost = contents->lost_count * sizeof(*contents->lost);
	if (!contents->mark)
		return 0;
	return CORE_TRAILER_FOOTER_BYTES + (lost ? lost + CORE_TRAILER_FOOTER_BYTES : 0);
}

static uint64_t zero_block(const struct core_contents *contents, uint64_t untouched,
			   uint64_t longest)
{
	uint64_t block = align_up(untouched / ZERO_HEADERS, contents->target->page_size);
	if (block < ZERO_BLOCK_BYTES)
		block = ZERO_BLOCK_BYTES;
	return longest < block ? longest : block;
}

/* How long everything will be. */
static void measure(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	uint64_t touched = 0, untouched = 0, longest = 0;
	for (size_t i = 0; i < contents->segment_count; i++) {
		const struct core_segment *segment = &contents->segments[i];
		uint64_t size = segment->end - segment->start;
		*(segment->untouched ? &untouched : &touched) += size;
		if (segment->untouched && size > longest)
			longest = size;
	}
	writer->zero_bytes = zero_block(contents, untouched, longest);
	writer->table_bytes = count_headers(writer) * sizeof(Elf64_Phdr);
	writer->total =
		zeros_offset(writer) + writer->zero_bytes + touched + trailer_bytes(contents);
}

/* Where each segment will be. */
static struct error *place(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	size_t count = contents->segment_count;
	uint64_t at = zeros_offset(writer) + writer->zero_bytes;
	writer->offsets = calloc(count ? count : 1, sizeof(*writer->offsets));
	if (!writer->offsets)
		return &error_no_memory;
	for (unsigned priority = 0; priority < CORE_PRIORITIES; priority++) {
		for (size_t i = 0; i < count; i++) {
			const struct core_segment *segment = &contents->segments[i];
			if (segment->untouched || segment->priority != priority)
				continue;
			writer->offsets[i] = at;
			at += segment->end - segment->start;
		}
	}
	return NULL;
}

static bool all_zeros(const uint8_t *bytes, size_t size)
{
	return !size || (!bytes[0] && !memcmp(bytes, bytes + 1, size - 1));
}

static size_t page_at(const struct writer *writer, size_t at)
{
	return writer->used - at < FILE_PAGE ? writer->used - at : FILE_PAGE;
}

/* The end of the run of pages from `at` that are (not) zeros. */
static size_t run_end(const struct writer *writer, size_t at, bool zeros)
{
	while (at < writer->used) {
		size_t size = page_at(writer, at);
		if (all_zeros(writer->buffer + at, size) != zeros)
			break;
		at += size;
	}
	return at;
}

static struct error *sink_bytes(struct writer *writer, size_t start, size_t end)
{
	struct core_sink *sink = writer->sink;
	return end > start ? sink->ops->write(sink, writer->buffer + start, end - start) : NULL;
}

static struct error *sink_zeros(struct writer *writer, uint64_t size)
{
	writer->written->zero_bytes += size;
	return size ? writer->sink->ops->zeros(writer->sink, size) : NULL;
}

static struct error *give_buffer(struct writer *writer)
{
	size_t given = 0;
	for (size_t at = 0; at < writer->used;) {
		size_t zeros = run_end(writer, at, false);
		at = run_end(writer, zeros, true);
		if (at - zeros < HOLE_BYTES_MIN && at < writer->used)
			continue;
		if (at - zeros < HOLE_BYTES_MIN)
			zeros = at;
		TRY(sink_bytes(writer, given, zeros));
		TRY(sink_zeros(writer, at - zeros));
		given = at;
	}
	return NULL;
}

/* Hands the buffer to the sink, its longer runs of zeros as such. */
static struct error *flush(struct writer *writer)
{
	struct error *error = give_buffer(writer);
	if (error)
		return error_context(error, "the core ends after %llu of %llu MiB",
				     (unsigned long long)(writer->buffer_offset >> 20),
				     (unsigned long long)(writer->total >> 20));
	writer->buffer_offset += writer->used;
	writer->written->file_bytes = writer->buffer_offset;
	writer->used = 0;
	task_progress(writer->task, "writing the core", writer->buffer_offset, writer->total);
	return task_check(writer->task, "writing the core");
}

static struct error *append(struct writer *writer, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		if (writer->used == BUFFER_BYTES)
			TRY(flush(writer));
		size_t part = BUFFER_BYTES - writer->used;
		if (part > size - done)
			part = size - done;
		memcpy(writer->buffer + writer->used, (const uint8_t *)bytes + done, part);
		writer->used += part;
		done += part;
	}
	return NULL;
}

static void fill_header(const struct writer *writer, uint64_t table, uint64_t count,
			uint8_t bytes[static TABLE_OFFSET])
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT, ELFOSABI_NONE },
		.e_type = ET_CORE,
		.e_machine = writer->contents->target->architecture->elf_machine,
		.e_version = EV_CURRENT,
		.e_phoff = table,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = count < PN_XNUM ? (Elf64_Half)count : PN_XNUM,
	};
	Elf64_Shdr section = { 0 };
	if (count >= PN_XNUM) {
		header.e_shoff = SECTION_OFFSET;
		header.e_shentsize = sizeof(Elf64_Shdr);
		header.e_shnum = 1;
		section.sh_info = (Elf64_Word)count;
		section.sh_size = header.e_shnum;
	}
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + SECTION_OFFSET, &section, sizeof(section));
}

static struct error *append_table(struct writer *writer)
{
	Elf64_Phdr header = { .p_type = PT_NOTE,
			      .p_flags = PF_R,
			      .p_offset = TABLE_OFFSET + writer->table_bytes,
			      .p_filesz = writer->contents->notes_size,
			      .p_align = NOTE_ALIGNMENT };
	TRY(append(writer, &header, sizeof(header)));
	struct piece_walk walk = { 0 };
	while (next_piece(writer, &walk, &header))
		TRY(append(writer, &header, sizeof(header)));
	return NULL;
}

/* Header, table, notes, block of zeros. */
static struct error *append_head(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	static const uint8_t zeros[FILE_PAGE];
	uint8_t head[TABLE_OFFSET];
	fill_header(writer, TABLE_OFFSET, writer->table_bytes / sizeof(Elf64_Phdr), head);
	TRY(append(writer, head, sizeof(head)));
	TRY(append_table(writer));
	TRY(append(writer, contents->notes, contents->notes_size));
	for (uint64_t end = zeros_offset(writer) + writer->zero_bytes;;) {
		uint64_t left = end - writer->buffer_offset - writer->used;
		if (!left)
			return NULL;
		TRY(append(writer, zeros, left < sizeof(zeros) ? left : sizeof(zeros)));
	}
}

static struct error *add_hole(struct hole_list *list, uint64_t start, uint64_t end)
{
	struct core_hole *last = list->count ? &list->holes[list->count - 1] : NULL;
	if (last && last->end == start) {
		last->end = end;
		return NULL;
	}
	TRY(LIST_GROW(list->holes, list->count, list->capacity));
	list->holes[list->count++] = (struct core_hole){ start, end };
	return NULL;
}

/* With what is known to be missing before anything is read. */
static struct error *begin_lost(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	struct hole_list *list = &writer->lost;
	for (size_t i = 0; i < contents->lost_count; i++) {
		TRY(LIST_GROW(list->holes, list->count, list->capacity));
		list->holes[list->count++] = contents->lost[i];
	}
	return NULL;
}

/* Counts a page that cannot be read. Is it one that the core should have? */
static bool count_hole(struct writer *writer, const struct core_segment *segment, uint64_t address)
{
	struct target *target = writer->contents->target;
	enum target_hole hole = target_explain_hole(target, address);
	bool withheld = hole == HOLE_WITHHELD;
	bool lost = withheld || hole == HOLE_UNREADABLE || !segment->optional;
	if (lost)
		*(withheld ? &writer->written->withheld_bytes
			   : &writer->written->unreadable_bytes) += target->page_size;
	return lost;
}

/* A page that cannot be read, `done` bytes after the end of the buffer: marked, or zeros. */
static struct error *leave_out_page(struct writer *writer, const struct core_segment *segment,
				    uint64_t address, size_t done)
{
	struct target *target = writer->contents->target;
	TRY(target_check(target));
	uint8_t *page = writer->buffer + writer->used + done;
	bool lost = count_hole(writer, segment, address);
	uint64_t end = address + target->page_size;
	if (writer->contents->mark)
		core_mark_page(writer->contents->mark, address, lost, page, target->page_size);
	else
		memset(page, 0, target->page_size);
	if (lost)
		TRY(add_hole(&writer->lost, address, end));
	return add_hole(&writer->holes, address, end);
}

static struct error *append_segment(struct writer *writer, const struct core_segment *segment)
{
	struct target *target = writer->contents->target;
	uint32_t page = target->page_size;
	for (uint64_t at = segment->start; at < segment->end;) {
		if (writer->used == BUFFER_BYTES)
			TRY(flush(writer));
		size_t size = BUFFER_BYTES - writer->used;
		if (size > segment->end - at)
			size = (size_t)(segment->end - at);
		size_t done = target_read_some(target, at, writer->buffer + writer->used, size);
		writer->written->memory_bytes += done;
		if (done < size) { /* keep whole pages; the next one is a hole */
			writer->written->memory_bytes -= done % page;
			done -= done % page;
			TRY(leave_out_page(writer, segment, at + done, done));
			done += page;
		}
		writer->used += done;
		at += done;
	}
	return NULL;
}

/* What was written so far reaches its place. */
static struct error *flush_sink(struct writer *writer)
{
	TRY(flush(writer));
	return writer->sink->ops->flush ? writer->sink->ops->flush(writer->sink) : NULL;
}

static struct error *append_priority(struct writer *writer, unsigned priority)
{
	const struct core_contents *contents = writer->contents;
	for (size_t i = 0; i < contents->segment_count; i++) {
		const struct core_segment *segment = &contents->segments[i];
		if (!segment->untouched && segment->priority == priority)
			TRY(append_segment(writer, segment));
	}
	return flush_sink(writer);
}

/* A new table after everything else, then the header that points to it. */
static struct error *patch_table(struct writer *writer)
{
	static const uint8_t zeros[NOTE_ALIGNMENT * 2];
	uint8_t head[TABLE_OFFSET];
	fill_header(writer, writer->buffer_offset + writer->used, count_headers(writer), head);
	TRY(append_table(writer));
	TRY(append(writer, zeros, sizeof(zeros)));
	TRY(flush(writer));
	return writer->sink->ops->patch(writer->sink, 0, head, sizeof(head));
}

static struct error *append_list(struct writer *writer, enum core_trailer_list name,
				 const struct hole_list *list)
{
	uint8_t footer[CORE_TRAILER_FOOTER_BYTES];
	core_trailer_footer(name, list->count, footer);
	TRY(append(writer, list->holes, list->count * sizeof(*list->holes)));
	return append(writer, footer, sizeof(footer));
}

static struct error *append_trailer(struct writer *writer)
{
	if (writer->lost.count)
		TRY(append_list(writer, CORE_TRAILER_LOST, &writer->lost));
	return append_list(writer, CORE_TRAILER_HOLES, &writer->holes);
}

static int compare_holes(const void *left, const void *right)
{
	const struct core_hole *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort_holes(struct hole_list *list)
{
	if (list->count)
		qsort(list->holes, list->count, sizeof(*list->holes), compare_holes);
}

static struct error *leave_out_holes(struct writer *writer)
{
	bool patches = writer->sink->ops->patch != NULL;
	size_t count = writer->holes.count;
	sort_holes(&writer->holes);
	sort_holes(&writer->lost);
	if (count && patches)
		TRY(patch_table(writer));
	/* Where pages are marked, the trailer says that no reader need look for them. */
	if (writer->contents->mark || (count && !patches))
		return append_trailer(writer);
	return NULL;
}

static struct error *write_all(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	measure(writer);
	if (writer->table_bytes / sizeof(Elf64_Phdr) > LIMIT_PROGRAM_HEADERS)
		return error_new(ERROR_UNSUPPORTED, "the core would have more than %d segments",
				 LIMIT_PROGRAM_HEADERS);
	TRY(place(writer));
	TRY(append_head(writer));
	TRY(begin_lost(writer));
	for (size_t i = 0; i < contents->segment_count; i++)
		if (contents->segments[i].untouched)
			writer->written->memory_bytes +=
				contents->segments[i].end - contents->segments[i].start;
	for (unsigned priority = 0; priority < CORE_PRIORITIES; priority++) {
		TRY(append_priority(writer, priority));
		writer->written->priorities++;
	}
	TRY(leave_out_holes(writer));
	return flush_sink(writer);
}

static void writer_deinit(struct writer *writer)
{
	free(writer->buffer);
	free(writer->offsets);
	free(writer->holes.holes);
	free(writer->lost.holes);
}

struct error *core_write(struct core_sink *sink, const struct core_contents *contents,
			 const struct task *task, struct core_written *ret)
{
	*ret = (struct core_written){ 0 };
	CLEANUP(writer_deinit)
	struct writer writer = { .sink = sink,
				 .contents = contents,
				 .task = task,
				 .written = ret,
				 .buffer = malloc(BUFFER_BYTES) };
	return writer.buffer ? write_all(&writer) : &error_no_memory;
}

uint64_t core_file_bytes(const struct core_contents *contents)
{
	struct writer writer = { .contents = contents };
	measure(&writer);
	return writer.total;
}
