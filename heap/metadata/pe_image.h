/*
 * A managed PE image in the target's memory (PE/COFF; ECMA-335 II.25): where its metadata, method
 * bodies and field data are. Two layouts: flat, the file's bytes as they are, in which an RVA goes
 * through the section headers; and mapped (loaded), in which it is an offset from the base. The
 * image is a value of numbers without memory of its own; it keeps no reader, so any thread may use
 * it with its own.
 */
#ifndef HEAP_METADATA_PE_IMAGE_H
#define HEAP_METADATA_PE_IMAGE_H

#include "attach/target/reader.h"
#include "base/limits.h"

struct pe_section { /* II.25.3 */
	uint32_t rva;
	uint32_t file_offset, file_size;
};

struct pe_image {
	uint64_t base, size_bytes; /* size_bytes: of this layout */
	bool mapped;
	uint32_t size_of_image; /* II.25.2.3.2; bytes */
	uint32_t headers_size;  /* bytes from the base that are the same in both layouts */
	uint32_t metadata_rva, metadata_size;
	uint32_t section_count;
	struct pe_section sections[LIMIT_PE_SECTIONS];
};

/*
 * The image at `base`; size_bytes 0: unknown (then the headers' own SizeOfImage, or for a flat
 * image the end of the last section, bounds it). ERROR_FAULT when a header cannot be read (heap
 * dumps lack PE pages at times), ERROR_BAD_DATA when it is no PE file, ERROR_UNSUPPORTED when it is
 * one without a CLI header: native code.
 */
MUST_CHECK struct error *pe_image_open(struct reader *reader, uint64_t base, uint64_t size_bytes,
				       bool mapped, struct pe_image *ret);

/* The address of `size` bytes at an RVA; false: not all of them are in the image (in a flat one:
 * in one section's file bytes). Whether the target holds them is another matter. */
bool pe_image_address_of_rva(const struct pe_image *image, uint32_t rva, uint32_t size,
			     uint64_t *ret);

/* The metadata's root (for metadata_open()); false: its RVA is outside the image. Its MVID is
 * metadata_mvid()'s. */
bool pe_image_metadata(const struct pe_image *image, uint64_t *ret_address, uint32_t *ret_size);

struct method_body { /* II.25.4 */
	uint64_t il_address;
	uint32_t il_size; /* bytes, at most LIMIT_IL_BYTES */
};

/* The body that the RVA of a MethodDef row points at. ERROR_NOT_FOUND for RVA 0 (abstract, native,
 * runtime-made), ERROR_FAULT when its header cannot be read, ERROR_BAD_DATA when it is none. */
MUST_CHECK struct error *pe_image_method_body(const struct pe_image *image, struct reader *reader,
					      uint32_t rva, struct method_body *ret);

#endif
