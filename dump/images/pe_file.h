/*
 * The little of a PE file that proves its identity and says which of its bytes change on loading
 * (PE/COFF specification; ECMA-335 II.24 and II.25). The metadata itself is heap/types/' matter.
 */
#ifndef DUMP_IMAGES_PE_FILE_H
#define DUMP_IMAGES_PE_FILE_H

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

/* Tables whose row counts the runtime's own structures repeat (its maps from tokens). */
enum pe_counted_table {
	PE_ROWS_TYPE_REF,
	PE_ROWS_TYPE_DEF,
	PE_ROWS_FIELD,
	PE_ROWS_METHOD,
	PE_ROWS_MEMBER_REF,
	PE_COUNTED_TABLES,
};

/* What distinguishes one build of a managed file from another. */
struct pe_identity {
	uint8_t mvid[PE_FILE_MVID_BYTES]; /* module version id, ECMA-335 II.22.30 */
	uint32_t rows[PE_COUNTED_TABLES];
};

/* `bytes` are the file's. false: it is not managed, or its metadata is damaged. */
bool pe_file_identity(const struct pe_file *image, const uint8_t *bytes, size_t size,
		      struct pe_identity *ret);

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
