/*
 * A module's ELF file on this machine, as a source of the bytes that a dump lacks: its read-only
 * segments as they are in the file, and its RELRO range as the dynamic linker left it.
 */
#ifndef DUMP_IMAGES_ELF_FILE_H
#define DUMP_IMAGES_ELF_FILE_H

#include "base/error.h"
#include "base/limits.h"

#include <elf.h>

struct elf_file {
	const uint8_t *bytes; /* the whole file; not owned */
	size_t size;
	size_t count;
	Elf64_Phdr headers[LIMIT_IMAGE_PROGRAM_HEADERS];
	uint8_t build_id[LIMIT_BUILD_ID_BYTES];
	size_t build_id_size;
};

/* false: not a 64-bit little-endian program or library with program headers. */
bool elf_file_read(const uint8_t *bytes, size_t size, struct elf_file *ret);

/*
 * Bytes of the file as they are in memory once the module is loaded at `bias` and before it writes
 * to them: with the relocations applied that need no other module (R_*_RELATIVE and DT_RELR). Of
 * the dynamic section they are the file's own words, which glibc turns into addresses at start.
 */
struct elf_data {
	uint64_t vaddr; /* a multiple of 8 */
	uint8_t *bytes; /* NULL: there are none */
	size_t size;    /* a multiple of 8 */
	uint8_t *known; /* one a word of 8 bytes; 0: depends on other modules, so it is not known */
};

/* The part of [vaddr, vaddr + size) that is in the file, cut to whole words; it has to be in one
 * segment, otherwise *ret is empty. */
MUST_CHECK struct error *elf_file_data(const struct elf_file *file, uint64_t bias, uint64_t vaddr,
				       uint64_t size, struct elf_data *ret);

/* The same for the RELRO range (PT_GNU_RELRO). */
MUST_CHECK struct error *elf_file_relro(const struct elf_file *file, uint64_t bias,
					struct elf_data *ret);
void elf_data_deinit(struct elf_data *data);

#endif
