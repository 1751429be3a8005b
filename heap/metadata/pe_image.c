#include "heap/metadata/pe_image.h"

#include "heap/metadata/metadata.h"

/* PE/COFF headers, as far as managed code goes (ECMA-335 II.25.2 and II.25.3.3). Offsets in bytes.
 */
enum {
	DOS_SIGNATURE = 0x5a4d, /* "MZ" */
	DOS_PE_OFFSET = 0x3c,
	DOS_BYTES = 0x40,
	PE_SIGNATURE = 0x00004550, /* "PE\0\0" */
	PE_SIGNATURE_BYTES = 4,
	COFF_SECTION_COUNT = 2,
	COFF_OPTIONAL_SIZE = 16,
	COFF_BYTES = 20,
	OPTIONAL_MAGIC_32 = 0x10b,
	OPTIONAL_MAGIC_64 = 0x20b,
	OPTIONAL_SIZE_OF_IMAGE = 56,
	OPTIONAL_SIZE_OF_HEADERS = 60,
	OPTIONAL_DIRECTORIES_32 = 96, /* the count of directories is before them */
	OPTIONAL_DIRECTORIES_64 = 112,
	DIRECTORY_BYTES = 8,
	DIRECTORY_CLI = 14,
	OPTIONAL_BYTES = OPTIONAL_DIRECTORIES_64 + (DIRECTORY_CLI + 1) * DIRECTORY_BYTES,
	SECTION_BYTES = 40,
	SECTION_RVA = 12,
	SECTION_FILE_SIZE = 16,
	SECTION_FILE_OFFSET = 20,
	CLI_METADATA = 8,
	CLI_BYTES = 72,
};

/* Method headers, II.25.4.2 .. II.25.4.4. */
enum {
	BODY_KIND_MASK = 0x3,
	BODY_TINY = 0x2,
	BODY_FAT = 0x3,
	BODY_FAT_BYTES = 12,
};

static struct error *read_header(struct reader *reader, const struct pe_image *image,
				 uint64_t offset, size_t size, const char *what,
				 const uint8_t **ret)
{
	uint64_t address = image->base + offset;
	if (!range_within(offset, size, image->size_bytes))
		return error_new(ERROR_BAD_DATA,
				 "the %s of the PE image at %#llx lies beyond its %llu bytes", what,
				 (unsigned long long)image->base,
				 (unsigned long long)image->size_bytes);
	*ret = reader_borrow(reader, address, size);
	if (!*ret)
		return error_fault(address, "cannot read the %s of the PE image at %#llx", what,
				   (unsigned long long)image->base);
	return NULL;
}

static struct error *not_pe(const struct pe_image *image, const char *what)
{
	return error_new(ERROR_BAD_DATA, "no PE image at %#llx: %s",
			 (unsigned long long)image->base, what);
}

/* What the headers say on the way to the CLI header. */
struct header_facts {
	uint64_t sections_offset;
	uint32_t cli_rva, cli_size;
};

static struct error *read_optional_header(struct pe_image *image, const uint8_t *optional,
					  size_t size, struct header_facts *facts)
{
	uint16_t magic = size >= 2 ? load_u16(optional) : 0;
	if (magic != OPTIONAL_MAGIC_32 && magic != OPTIONAL_MAGIC_64)
		return not_pe(image, "its optional header has an unknown magic number");
	size_t directories =
		magic == OPTIONAL_MAGIC_32 ? OPTIONAL_DIRECTORIES_32 : OPTIONAL_DIRECTORIES_64;
	size_t cli = directories + DIRECTORY_CLI * DIRECTORY_BYTES;
	if (size < directories)
		return not_pe(image, "its optional header is too short");
	image->size_of_image = load_u32(optional + OPTIONAL_SIZE_OF_IMAGE);
	image->headers_size = load_u32(optional + OPTIONAL_SIZE_OF_HEADERS);
	uint32_t count = load_u32(optional + directories - sizeof(uint32_t));
	if (count > DIRECTORY_CLI && size >= cli + DIRECTORY_BYTES) {
		facts->cli_rva = load_u32(optional + cli);
		facts->cli_size = load_u32(optional + cli + 4);
	}
	return NULL;
}

static struct error *read_sections(struct reader *reader, struct pe_image *image, uint64_t offset)
{
	const uint8_t *headers = NULL;
	TRY(read_header(reader, image, offset, (size_t)image->section_count * SECTION_BYTES,
			"section headers", &headers));
	for (uint32_t i = 0; i < image->section_count; i++) {
		const uint8_t *header = headers + (size_t)i * SECTION_BYTES;
		image->sections[i] = (struct pe_section){
			.rva = load_u32(header + SECTION_RVA),
			.file_offset = load_u32(header + SECTION_FILE_OFFSET),
			.file_size = load_u32(header + SECTION_FILE_SIZE),
		};
	}
	return NULL;
}

static struct error *read_headers(struct reader *reader, struct pe_image *image,
				  struct header_facts *facts)
{
	const uint8_t *bytes = NULL;
	TRY(read_header(reader, image, 0, DOS_BYTES, "MS-DOS header", &bytes));
	if (load_u16(bytes) != DOS_SIGNATURE)
		return not_pe(image, "it does not begin with MZ");
	uint64_t offset = load_u32(bytes + DOS_PE_OFFSET);
	TRY(read_header(reader, image, offset, PE_SIGNATURE_BYTES + COFF_BYTES, "PE header",
			&bytes));
	if (load_u32(bytes) != PE_SIGNATURE)
		return not_pe(image, "the signature PE is not there");
	const uint8_t *coff = bytes + PE_SIGNATURE_BYTES;
	image->section_count = load_u16(coff + COFF_SECTION_COUNT);
	if (image->section_count > LIMIT_PE_SECTIONS)
		return not_pe(image, "it has too many sections");
	size_t optional_size = load_u16(coff + COFF_OPTIONAL_SIZE);
	offset += PE_SIGNATURE_BYTES + COFF_BYTES;
	facts->sections_offset = offset + optional_size;
	if (optional_size > OPTIONAL_BYTES)
		optional_size = OPTIONAL_BYTES;
	TRY(read_header(reader, image, offset, optional_size, "optional header", &bytes));
	return read_optional_header(image, bytes, optional_size, facts);
}

/* A size that the caller does not know: what the headers say. */
static void bound(struct pe_image *image)
{
	uint64_t end = image->headers_size;
	if (image->mapped)
		end = image->size_of_image;
	for (uint32_t i = 0; !image->mapped && i < image->section_count; i++) {
		const struct pe_section *section = &image->sections[i];
		if ((uint64_t)section->file_offset + section->file_size > end)
			end = (uint64_t)section->file_offset + section->file_size;
	}
	image->size_bytes = end;
}

struct error *pe_image_open(struct reader *reader, uint64_t base, uint64_t size_bytes, bool mapped,
			    struct pe_image *ret)
{
	struct header_facts facts = { 0 };
	const uint8_t *cli = NULL;
	uint64_t address = 0;
	*ret = (struct pe_image){ .base = base, .mapped = mapped };
	ret->size_bytes = size_bytes ? size_bytes : UINT32_MAX;
	if (ret->size_bytes > UINT64_MAX - base)
		ret->size_bytes = UINT64_MAX - base;
	TRY(read_headers(reader, ret, &facts));
	TRY(read_sections(reader, ret, facts.sections_offset));
	if (!size_bytes)
		bound(ret);
	if (!facts.cli_rva || facts.cli_size < CLI_BYTES)
		return error_new(ERROR_UNSUPPORTED,
				 "the PE image at %#llx has no CLI header: it is native code",
				 (unsigned long long)base);
	if (!pe_image_address_of_rva(ret, facts.cli_rva, CLI_BYTES, &address))
		return not_pe(ret, "its CLI header lies outside");
	cli = reader_borrow(reader, address, CLI_BYTES);
	if (!cli)
		return error_fault(address, "cannot read the CLI header of the PE image at %#llx",
				   (unsigned long long)base);
	ret->metadata_rva = load_u32(cli + CLI_METADATA);
	ret->metadata_size = load_u32(cli + CLI_METADATA + 4);
	return NULL;
}

static bool file_offset(const struct pe_image *image, uint32_t rva, uint32_t size, uint64_t *ret)
{
	for (uint32_t i = 0; i < image->section_count; i++) {
		const struct pe_section *section = &image->sections[i];
		if (rva >= section->rva &&
		    range_within(rva - section->rva, size, section->file_size)) {
			*ret = (uint64_t)section->file_offset + (rva - section->rva);
			return true;
		}
	}
	*ret = rva;
	return range_within(rva, size, image->headers_size);
}

bool pe_image_address_of_rva(const struct pe_image *image, uint32_t rva, uint32_t size,
			     uint64_t *ret)
{
	uint64_t offset = rva;
	if (!image->mapped && !file_offset(image, rva, size, &offset))
		return false;
	if (!range_within(offset, size, image->size_bytes))
		return false;
	*ret = image->base + offset;
	return true;
}

bool pe_image_metadata(const struct pe_image *image, uint64_t *ret_address, uint32_t *ret_size)
{
	*ret_size = image->metadata_size;
	return image->metadata_rva && image->metadata_size &&
	       pe_image_address_of_rva(image, image->metadata_rva, image->metadata_size,
				       ret_address);
}

static struct error *no_body(const struct pe_image *image, uint32_t rva, const char *what)
{
	return error_new(ERROR_BAD_DATA, "no method body at RVA %#x of the PE image at %#llx: %s",
			 rva, (unsigned long long)image->base, what);
}

struct error *pe_image_method_body(const struct pe_image *image, struct reader *reader,
				   uint32_t rva, struct method_body *ret)
{
	uint64_t address = 0;
	*ret = (struct method_body){ 0 };
	if (!rva)
		return error_new(ERROR_NOT_FOUND, "the method has no IL body");
	if (!pe_image_address_of_rva(image, rva, 1, &address))
		return no_body(image, rva, "it lies outside");
	const uint8_t *header = reader_borrow(reader, address, 1);
	if (!header)
		return error_fault(address, "cannot read the method header at %#llx",
				   (unsigned long long)address);
	uint32_t header_size = 1;
	ret->il_size = header[0] >> 2;
	if ((header[0] & BODY_KIND_MASK) == BODY_FAT) {
		header = reader_borrow(reader, address, BODY_FAT_BYTES);
		if (!header)
			return error_fault(address, "cannot read the method header at %#llx",
					   (unsigned long long)address);
		header_size = (uint32_t)(header[1] >> 4) * 4;
		ret->il_size = load_u32(header + 4);
		if (header_size < BODY_FAT_BYTES)
			return no_body(image, rva, "its header claims an impossible size");
	} else if ((header[0] & BODY_KIND_MASK) != BODY_TINY) {
		return no_body(image, rva, "its header is of no known kind");
	}
	if (ret->il_size > LIMIT_IL_BYTES ||
	    !pe_image_address_of_rva(image, rva, header_size + ret->il_size, &address))
		return no_body(image, rva, "its code does not fit into the image");
	ret->il_address = address + header_size;
	return NULL;
}
