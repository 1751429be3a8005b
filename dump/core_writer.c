#include "dump/core_writer.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <elf.h>
#include <errno.h>
#include <unistd.h>

enum {
	BUFFER_BYTES = 1024 * 1024,
	FILE_PAGE = 4096,               /* what is looked at for zeros */
	HOLE_BYTES_MIN = 4 * FILE_PAGE, /* shorter runs of zeros are written */
	NOTE_ALIGNMENT = 4,
	SECTION_OFFSET = sizeof(Elf64_Ehdr), /* section header 0 always has its place */
	TABLE_OFFSET = SECTION_OFFSET + sizeof(Elf64_Shdr),
};

struct range {
	uint64_t start, end;
};

struct writer {
	int fd;
	const struct core_contents *contents;
	const struct task *task;
	struct core_written *written;
	uint8_t *buffer; /* BUFFER_BYTES that stand for the file from buffer_offset on */
	size_t used;
	uint64_t buffer_offset;
	uint64_t total;      /* length of the file without unforeseen holes */
	struct range *holes; /* could not be read; ascending */
	size_t hole_count, hole_capacity;
};

/* Walks the segments, cut at the holes. */
struct piece_walk {
	size_t segment, hole;
	uint64_t at;     /* address: everything below was seen */
	uint64_t offset; /* in the file, of the segment's start */
};

static const struct range *hole_from(const struct writer *writer, struct piece_walk *walk,
				     uint64_t at)
{
	while (walk->hole < writer->hole_count && writer->holes[walk->hole].end <= at)
		walk->hole++;
	return walk->hole < writer->hole_count ? &writer->holes[walk->hole] : NULL;
}

static bool next_piece(const struct writer *writer, struct piece_walk *walk, Elf64_Phdr *ret)
{
	const struct core_contents *contents = writer->contents;
	while (walk->segment < contents->segment_count) {
		const struct core_segment *segment = &contents->segments[walk->segment];
		uint64_t at = walk->at > segment->start ? walk->at : segment->start;
		const struct range *hole = hole_from(writer, walk, at);
		if (at >= segment->end) {
			walk->offset += segment->end - segment->start;
			walk->segment++;
			continue;
		}
		if (hole && hole->start <= at) {
			walk->at = hole->end < segment->end ? hole->end : segment->end;
			continue;
		}
		uint64_t end = hole && hole->start < segment->end ? hole->start : segment->end;
		*ret = (Elf64_Phdr){ .p_type = PT_LOAD,
				     .p_flags = segment->protection,
				     .p_offset = walk->offset + (at - segment->start),
				     .p_vaddr = at,
				     .p_filesz = end - at,
				     .p_memsz = end - at,
				     .p_align = contents->target->page_size };
		walk->at = end;
		return true;
	}
	return false;
}

static uint64_t count_pieces(const struct writer *writer)
{
	struct piece_walk walk = { 0 };
	Elf64_Phdr unused;
	uint64_t count = 0;
	while (next_piece(writer, &walk, &unused))
		count++;
	return count;
}

static struct error *write_error(const struct writer *writer, int os_errno)
{
	return error_os(os_errno, "cannot write the core (%llu of %llu MiB done)",
			(unsigned long long)(writer->buffer_offset >> 20),
			(unsigned long long)(writer->total >> 20));
}

static struct error *write_at(const struct writer *writer, const void *bytes, size_t size,
			      uint64_t offset)
{
	size_t done = 0;
	while (done < size) {
		ssize_t part = pwrite(writer->fd, (const uint8_t *)bytes + done, size - done,
				      (off_t)(offset + done));
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return write_error(writer, part ? errno : ENOSPC);
		done += (size_t)part;
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

/* Writes the buffer but for its longer runs of zeros. */
static struct error *flush(struct writer *writer)
{
	size_t written = 0;
	for (size_t at = 0; at < writer->used;) {
		size_t zeros = run_end(writer, at, false);
		at = run_end(writer, zeros, true);
		if (at - zeros < HOLE_BYTES_MIN && at < writer->used)
			continue;
		if (at - zeros < HOLE_BYTES_MIN)
			zeros = at;
		TRY(write_at(writer, writer->buffer + written, zeros - written,
			     writer->buffer_offset + written));
		writer->written->zero_bytes += at - zeros;
		written = at;
	}
	writer->buffer_offset += writer->used;
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

static uint64_t table_bytes(uint64_t pieces)
{
	return (pieces + 1) * sizeof(Elf64_Phdr);
}

static uint64_t data_offset(const struct core_contents *contents)
{
	uint64_t end = TABLE_OFFSET + table_bytes(contents->segment_count) + contents->notes_size;
	return align_up(end, contents->target->page_size);
}

uint64_t core_file_bytes(const struct core_contents *contents)
{
	uint64_t bytes = data_offset(contents);
	for (size_t i = 0; i < contents->segment_count; i++)
		bytes += contents->segments[i].end - contents->segments[i].start;
	return bytes;
}

static void fill_header(const struct writer *writer, uint64_t table, uint64_t count,
			uint8_t bytes[static TABLE_OFFSET])
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT, ELFOSABI_NONE },
		.e_type = ET_CORE,
		.e_machine = writer->contents->target->architecture == ARCHITECTURE_ARM64
				     ? EM_AARCH64
				     : EM_X86_64,
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
			      .p_offset =
				      TABLE_OFFSET + table_bytes(writer->contents->segment_count),
			      .p_filesz = writer->contents->notes_size,
			      .p_align = NOTE_ALIGNMENT };
	TRY(append(writer, &header, sizeof(header)));
	struct piece_walk walk = { .offset = data_offset(writer->contents) };
	while (next_piece(writer, &walk, &header))
		TRY(append(writer, &header, sizeof(header)));
	return NULL;
}

static struct error *append_head(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	static const uint8_t zeros[FILE_PAGE];
	uint8_t head[TABLE_OFFSET];
	fill_header(writer, TABLE_OFFSET, contents->segment_count + 1, head);
	TRY(append(writer, head, sizeof(head)));
	TRY(append_table(writer));
	TRY(append(writer, contents->notes, contents->notes_size));
	for (uint64_t end = data_offset(contents);;) {
		uint64_t left = end - writer->buffer_offset - writer->used;
		if (!left)
			return NULL;
		TRY(append(writer, zeros, left < sizeof(zeros) ? left : sizeof(zeros)));
	}
}

static struct error *add_hole(struct writer *writer, uint64_t start, uint64_t end)
{
	struct range *last = writer->hole_count ? &writer->holes[writer->hole_count - 1] : NULL;
	if (last && last->end == start) {
		last->end = end;
		return NULL;
	}
	if (writer->hole_count == writer->hole_capacity) {
		size_t capacity = writer->hole_capacity ? writer->hole_capacity * 2 : 64;
		struct range *holes = reallocarray(writer->holes, capacity, sizeof(*holes));
		if (!holes)
			return &error_no_memory;
		writer->holes = holes;
		writer->hole_capacity = capacity;
	}
	writer->holes[writer->hole_count++] = (struct range){ start, end };
	return NULL;
}

/* The file has a hole there, which reads as zeros and takes no space. */
static struct error *skip_zeros(struct writer *writer, uint64_t size)
{
	TRY(flush(writer));
	writer->buffer_offset += size;
	writer->written->zero_bytes += size;
	return NULL;
}

static struct error *append_segment(struct writer *writer, const struct core_segment *segment)
{
	struct target *target = writer->contents->target;
	uint32_t page = target->page_size;
	if (segment->untouched)
		return skip_zeros(writer, segment->end - segment->start);
	for (uint64_t at = segment->start; at < segment->end;) {
		if (writer->used == BUFFER_BYTES)
			TRY(flush(writer));
		size_t size = BUFFER_BYTES - writer->used;
		if (size > segment->end - at)
			size = (size_t)(segment->end - at);
		uint8_t *to = writer->buffer + writer->used;
		size_t done = target_read_some(target, at, to, size);
		if (done < size) { /* keep whole pages; the next one is a hole */
			done -= done % page;
			memset(to + done, 0, page);
			TRY(add_hole(writer, at + done, at + done + page));
			if (!segment->optional)
				writer->written->unreadable_bytes += page;
			done += page;
		}
		writer->used += done;
		at += done;
	}
	return NULL;
}

/* A new table behind everything else, then the header that points to it. */
static struct error *leave_out_holes(struct writer *writer)
{
	static const uint8_t zeros[NOTE_ALIGNMENT * 2];
	uint8_t head[TABLE_OFFSET];
	uint64_t table = writer->buffer_offset + writer->used;
	uint64_t count = count_pieces(writer) + 1;
	fill_header(writer, table, count, head);
	TRY(append_table(writer));
	TRY(append(writer, zeros, sizeof(zeros)));
	TRY(flush(writer));
	return write_at(writer, head, sizeof(head), 0);
}

static struct error *write_all(struct writer *writer)
{
	const struct core_contents *contents = writer->contents;
	TRY(append_head(writer));
	for (size_t i = 0; i < contents->segment_count; i++)
		TRY(append_segment(writer, &contents->segments[i]));
	writer->written->memory_bytes = writer->total - data_offset(contents);
	for (size_t i = 0; i < writer->hole_count; i++)
		writer->written->memory_bytes -= writer->holes[i].end - writer->holes[i].start;
	if (writer->hole_count)
		TRY(leave_out_holes(writer));
	TRY(flush(writer));
	writer->written->file_bytes = writer->buffer_offset;
	if (ftruncate(writer->fd, (off_t)writer->buffer_offset))
		return write_error(writer, errno);
	return NULL;
}

struct error *core_write(int fd, const struct core_contents *contents, const struct task *task,
			 struct core_written *ret)
{
	*ret = (struct core_written){ 0 };
	if (contents->segment_count >= LIMIT_PROGRAM_HEADERS)
		return error_new(ERROR_UNSUPPORTED, "the core would have more than %d segments",
				 LIMIT_PROGRAM_HEADERS);
	struct writer writer = { .fd = fd,
				 .contents = contents,
				 .task = task,
				 .written = ret,
				 .total = core_file_bytes(contents),
				 .buffer = malloc(BUFFER_BYTES) };
	struct error *error = writer.buffer ? write_all(&writer) : &error_no_memory;
	free(writer.buffer);
	free(writer.holes);
	return error;
}
