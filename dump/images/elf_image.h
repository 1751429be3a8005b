/*
 * An ELF image in a target's memory, read through its own headers there (gABI chapter 5, "Program
 * Header"): where it lies, and the symbols it exports.
 */
#ifndef DUMP_IMAGES_ELF_IMAGE_H
#define DUMP_IMAGES_ELF_IMAGE_H

#include "attach/target/target.h"
#include "base/limits.h"

#include <elf.h>

struct elf_image {
	uint64_t bias;       /* address - p_vaddr */
	uint64_t start, end; /* first PT_LOAD's page .. max(p_vaddr + p_memsz), so with .bss */
	size_t count;
	Elf64_Phdr headers[LIMIT_IMAGE_PROGRAM_HEADERS];
};

/* The image whose ELF header is at `address`. false: no ELF header of the target's machine there,
 * or its program headers cannot be read or make no sense. */
bool elf_image_read(struct target *target, uint64_t address, struct elf_image *ret);

/* The first program header of this type; NULL: none. */
const Elf64_Phdr *elf_image_header(const struct elf_image *image, uint32_t type);

/* The NT_GNU_BUILD_ID of the image's notes in the target (gABI note segments): bytes copied, at
 * most LIMIT_BUILD_ID_BYTES; 0: none can be read. */
size_t elf_image_build_id(struct target *target, const struct elf_image *image, uint8_t *ret);

/* The build-id among these notes, in the same way. */
size_t elf_notes_build_id(const uint8_t *notes, size_t size, uint64_t alignment, uint8_t *ret);

/* The dynamic section: what DT_* says, as addresses in the target. 0: not there. glibc stores
 * addresses into the entries at start, musl leaves them as they are in the file: both are meant.
 */
struct elf_dynamic {
	uint64_t symbols, strings, string_bytes, gnu_hash;
	uint64_t debug; /* DT_DEBUG: address of struct r_debug */
};

/* false: not one entry can be read. */
bool elf_dynamic_read(struct target *target, uint64_t dynamic, uint64_t base, uint64_t end,
		      uint64_t bias, struct elf_dynamic *ret);

enum elf_symbol_answer {
	ELF_SYMBOL_FOUND,
	ELF_SYMBOL_ABSENT,     /* the tables were read, and do not hold it */
	ELF_SYMBOL_UNREADABLE, /* the target lacks the tables, or they are damaged */
};

struct elf_symbol {
	uint64_t address;
	uint64_t size; /* bytes, as st_size says */
};

/* A defined symbol by DT_GNU_HASH (a table of buckets after a bloom filter; glibc elf/dl-lookup.c:
 * do_lookup_x, binutils bfd/elflink.c). */
enum elf_symbol_answer elf_dynamic_symbol(struct target *target, const struct elf_dynamic *dynamic,
					  uint64_t bias, const char *name, struct elf_symbol *ret);

#endif
