#include "dump/core/core_headers.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <gelf.h>
#include <libelf.h>

static void elf_cleanup(Elf **elf)
{
	elf_end(*elf);
}

Elf64_Phdr core_header_at(const struct core_headers *headers, uint64_t i)
{
	Elf64_Phdr header;
	memcpy(&header, headers->head + headers->offset + i * sizeof(header), sizeof(header));
	return header;
}

/*
 * A core with PN_XNUM keeps the real count in its section header 0, which the kernel writes after
 * everything else: a truncated core has lost it. The table then ends where the first segment's
 * bytes begin, for the kernel writes the headers, the notes and the memory in this order.
 */
static uint64_t count_by_first_segment(const struct core_headers *headers, size_t size)
{
	uint64_t offset = headers->offset;
	uint64_t room = (size - offset) / sizeof(Elf64_Phdr), first = size;
	if (room > LIMIT_PROGRAM_HEADERS)
		room = LIMIT_PROGRAM_HEADERS;
	uint64_t i = 0;
	for (; i < room && offset + (i + 1) * sizeof(Elf64_Phdr) <= first; i++) {
		Elf64_Phdr header = core_header_at(headers, i);
		if (header.p_filesz && header.p_offset >= offset && header.p_offset < first)
			first = header.p_offset;
	}
	return i;
}

/* libelf knows PN_XNUM; it refuses a file whose section header table is beyond the end. 0 then. */
static uint64_t count_by_libelf(const uint8_t *head, size_t size)
{
	elf_version(EV_CURRENT);
	CLEANUP(elf_cleanup)
	Elf *elf = elf_memory((char *)head, size);
	size_t count = 0;
	if (!elf || elf_getphdrnum(elf, &count))
		return 0;
	/* Without a section header 0 libelf answers the marker itself. */
	return count == PN_XNUM ? 0 : count;
}

struct error *core_headers_find(const uint8_t *head, size_t size, struct core_headers *ret)
{
	Elf64_Ehdr header;
	memcpy(&header, head, sizeof(header));
	*ret = (struct core_headers){ .head = head,
				      .offset = header.e_phoff,
				      .count = header.e_phnum };
	if (header.e_phentsize != sizeof(Elf64_Phdr) || !header.e_phnum ||
	    header.e_phoff < sizeof(header))
		return error_new(ERROR_BAD_DATA, "the core's ELF header names no program headers");
	if (!range_within(header.e_phoff, sizeof(Elf64_Phdr), size))
		return error_new(ERROR_BAD_DATA,
				 "the core ends at %zu bytes, before its program headers", size);
	if (header.e_phnum == PN_XNUM) {
		ret->count = count_by_libelf(head, size);
		if (!ret->count)
			ret->count = count_by_first_segment(ret, size);
	}
	if (ret->count > LIMIT_PROGRAM_HEADERS)
		return error_new(ERROR_BAD_DATA, "the core claims %llu program headers",
				 (unsigned long long)ret->count);
	uint64_t room = (size - ret->offset) / sizeof(Elf64_Phdr);
	if (ret->count > room) {
		ret->missing_bytes = (ret->count - room) * sizeof(Elf64_Phdr);
		ret->count = room;
	}
	return NULL;
}
