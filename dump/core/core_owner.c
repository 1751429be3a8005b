#include "dump/core/core_owner.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "dump/images/elf_note.h"

#include <elf.h>
#include <errno.h>

enum { PRPSINFO_PID = 24 /* int pr_pid, on x64 and arm64 */ };

/* *ret: as many of the bytes as there are. */
static struct error *read_at(int fd, uint64_t offset, void *buffer, size_t size, size_t *ret)
{
	for (*ret = 0; *ret < size;) {
		ssize_t part = offset + *ret > INT64_MAX
				       ? 0
				       : pread(fd, (uint8_t *)buffer + *ret, size - *ret,
					       (off_t)(offset + *ret));
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return error_os(errno, "cannot read the notes of the core");
		if (!part)
			return NULL;
		*ret += (size_t)part;
	}
	return NULL;
}

static int pid_in_notes(const uint8_t *notes, size_t size, uint64_t alignment)
{
	struct elf_note note;
	size_t offset = 0;
	while (elf_note_next(notes, size, alignment, &offset, &note))
		if (note.type == NT_PRPSINFO && elf_note_is_of(&note, "CORE") &&
		    note.description_size >= PRPSINFO_PID + sizeof(uint32_t))
			return (int)load_u32(note.description + PRPSINFO_PID);
	return 0;
}

/* *left: bytes of notes that may still be read, of all segments together: a forged table names the
 * same ones again and again. */
static struct error *read_notes(int fd, const Elf64_Phdr *segment, size_t *left, int *ret_pid)
{
	size_t size = segment->p_filesz < *left ? (size_t)segment->p_filesz : *left;
	*left -= size;
	CLEANUP(free_cleanup) uint8_t *notes = malloc(size + 1);
	if (!notes)
		return &error_no_memory;
	TRY(read_at(fd, segment->p_offset, notes, size, &size));
	*ret_pid = pid_in_notes(notes, size, segment->p_align);
	return NULL;
}

struct error *core_owner_read(int fd, int *ret_pid)
{
	Elf64_Ehdr header;
	size_t size, left = LIMIT_CORE_OWNER_BYTES;
	*ret_pid = 0;
	TRY(read_at(fd, 0, &header, sizeof(header), &size));
	if (size != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    header.e_type != ET_CORE)
		return NULL;
	for (unsigned i = 0; i < header.e_phnum && left && !*ret_pid; i++) {
		Elf64_Phdr segment;
		uint64_t at = header.e_phoff + i * sizeof(segment);
		TRY(read_at(fd, at, &segment, sizeof(segment), &size));
		if (size != sizeof(segment))
			return NULL;
		if (segment.p_type == PT_NOTE)
			TRY(read_notes(fd, &segment, &left, ret_pid));
	}
	return NULL;
}
