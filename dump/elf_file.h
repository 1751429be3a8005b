/*
 * A module's ELF file on this machine, as a source of the bytes that a dump lacks: its read-only
 * segments as they stand in the file, and its RELRO range as the dynamic linker left it.
 */
#ifndef DUMP_ELF_FILE_H
#define DUMP_ELF_FILE_H

#include "base/limits.h"
#include "base/error.h"

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
 * A copy of the RELRO range's bytes in the file, with the relocations applied that need no other module
 * (R_*_RELATIVE and DT_RELR, for a load at `bias`). *ret_known has one byte a word of 8: 0 where the word
 * depends on other modules, so that its value is not known. *ret_size 0: no RELRO range. The caller
 * frees both.
 */
MUST_CHECK struct error *elf_file_relro(const struct elf_file *file, uint64_t bias,
					uint64_t *ret_vaddr, uint8_t **ret_bytes,
					uint8_t **ret_known, size_t *ret_size);

#endif
