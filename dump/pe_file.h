/*
 * The little of a PE file that proves its identity and says which of its bytes change on loading
 * (PE/COFF specification; ECMA-335 II.24 and II.25). The metadata itself is heap/types/' matter.
 */
#ifndef DUMP_PE_FILE_H
#define DUMP_PE_FILE_H

#include "base/error.h"
#include "base/limits.h"

#include <stddef.h>

enum { PE_FILE_MVID_BYTES = 16 };

struct pe_file_section {
	uint32_t virtual_address; /* RVA */
	uint32_t file_offset, file_size;
	bool writable;
};

struct pe_file {
	uint32_t timestamp;  /* COFF header TimeDateStamp; a hash of the content in deterministic
				builds */
	uint32_t image_size; /* optional header SizeOfImage */
	uint32_t relocations, relocations_size; /* base relocation directory, RVA; 0: none */
	uint32_t cli_header;                    /* ECMA-335 II.25.3.3, RVA; 0: not managed */
	size_t section_count;
	struct pe_file_section sections[LIMIT_PE_SECTIONS];
	uint64_t file_size; /* end of the last section in the file */
};

/* From a file, or from the first page of an image in memory: the headers are the same. */
bool pe_file_read(const uint8_t *bytes, size_t size, struct pe_file *ret);

/* The file offset that holds `size` bytes at this RVA; false: none does. */
bool pe_file_offset(const struct pe_file *image, uint32_t rva, uint32_t size, uint64_t *ret);

/* The module version id (ECMA-335 II.22.30) of a managed file: 16 bytes. `bytes` are the file's. */
bool pe_file_mvid(const struct pe_file *image, const uint8_t *bytes, size_t size, uint8_t *ret);

/* A part of the file whose bytes in memory are others once the image is loaded. */
struct pe_file_part {
	uint64_t file_offset;
	uint32_t size; /* bytes */
	uint32_t rva;
};

/* Visits each page that base relocations change when the image is loaded (PE/COFF ".reloc"), then
 * each writable section. A damaged relocation table is visited as far as it goes. */
MUST_CHECK struct error *pe_file_visit_changed(
	const struct pe_file *image, const uint8_t *bytes, size_t size,
	struct error *(*visit)(const struct pe_file_part *part, void *context), void *context);

#endif
