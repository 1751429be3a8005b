#include "dump/images/pe_file.h"

#include "base/bytes.h"

/* PE/COFF: offsets in the DOS header, the COFF header (20 bytes), the optional header, a section
 * header. */
enum {
	DOS_PE_OFFSET = 0x3c,
	PE_SIGNATURE = 0x00004550, /* "PE\0\0" */
	COFF_HEADER = 4,           /* after the signature */
	COFF_SECTION_COUNT = 2,
	COFF_TIMESTAMP = 4,
	COFF_OPTIONAL_SIZE = 16,
	COFF_BYTES = 20,
	OPTIONAL_IMAGE_SIZE = 56,
	OPTIONAL_PE32 = 0x10b,
	OPTIONAL_PE32_PLUS = 0x20b,
	PE32_DIRECTORIES = 96, /* the directory count is 4 bytes before */
	PE32_PLUS_DIRECTORIES = 112,
	DIRECTORY_BYTES = 8,
	DIRECTORY_RELOCATIONS = 5,
	DIRECTORY_CLI = 14,
	SECTION_BYTES = 40,
	SECTION_VIRTUAL_ADDRESS = 12,
	SECTION_FILE_SIZE = 16,
	SECTION_FILE_OFFSET = 20,
	SECTION_FLAGS = 36,
	RELOCATION_BLOCK_HEADER = 8,
	RELOCATED_PAGE = 4096,
};
static const uint32_t SECTION_WRITABLE = 0x80000000; /* IMAGE_SCN_MEM_WRITE */

/* ECMA-335 II.25.3.3 (CLI header), II.24.2.1 (metadata root), II.24.2.6 (#~ stream), II.22.30. */
enum {
	CLI_METADATA = 8,
	CLI_LEAST_BYTES = 16,
	METADATA_SIGNATURE = 0x424a5342, /* "BSJB" */
	METADATA_VERSION_SIZE = 12,
	METADATA_VERSION = 16,
	STREAM_NAME = 8,
	STREAM_NAME_MAX = 32,
	STREAMS_MAX = 32,
	TABLES_HEAP_SIZES = 6,
	TABLES_VALID = 8,
	TABLES_ROWS = 24,
	HEAP_STRINGS_WIDE = 1,
	HEAP_GUIDS_WIDE = 2,
};

static void read_directories(struct pe_file *image, const uint8_t *optional, size_t size,
			     size_t directories)
{
	uint32_t count = load_u32(optional + directories - sizeof(uint32_t));
	for (uint32_t i = 0; i < count && i <= DIRECTORY_CLI; i++) {
		size_t at = directories + (size_t)i * DIRECTORY_BYTES;
		if (!range_within(at, DIRECTORY_BYTES, size))
			return;
		uint32_t rva = load_u32(optional + at), length = load_u32(optional + at + 4);
		if (i == DIRECTORY_RELOCATIONS) {
			image->relocations = rva;
			image->relocations_size = length;
		} else if (i == DIRECTORY_CLI) {
			image->cli_header = rva;
		}
	}
}

static void read_sections(struct pe_file *image, const uint8_t *bytes, size_t size, uint64_t at,
			  size_t count)
{
	for (size_t i = 0; i < count && range_within(at, SECTION_BYTES, size); i++) {
		const uint8_t *header = bytes + at;
		struct pe_file_section *section = &image->sections[image->section_count++];
		section->virtual_address = load_u32(header + SECTION_VIRTUAL_ADDRESS);
		section->file_size = load_u32(header + SECTION_FILE_SIZE);
		section->file_offset = load_u32(header + SECTION_FILE_OFFSET);
		section->writable = load_u32(header + SECTION_FLAGS) & SECTION_WRITABLE;
		uint64_t end = (uint64_t)section->file_offset + section->file_size;
		if (end > image->file_size)
			image->file_size = end;
		at += SECTION_BYTES;
	}
}

bool pe_file_read(const uint8_t *bytes, size_t size, struct pe_file *ret)
{
	*ret = (struct pe_file){ 0 };
	if (size < DOS_PE_OFFSET + sizeof(uint32_t) || bytes[0] != 'M' || bytes[1] != 'Z')
		return false;
	uint64_t signature = load_u32(bytes + DOS_PE_OFFSET);
	if (!range_within(signature, COFF_HEADER + COFF_BYTES, size) ||
	    load_u32(bytes + signature) != PE_SIGNATURE)
		return false;
	const uint8_t *coff = bytes + signature + COFF_HEADER;
	size_t section_count = load_u16(coff + COFF_SECTION_COUNT);
	size_t optional_size = load_u16(coff + COFF_OPTIONAL_SIZE);
	uint64_t optional_at = signature + COFF_HEADER + COFF_BYTES;
	if (section_count > LIMIT_PE_SECTIONS || optional_size < PE32_DIRECTORIES ||
	    !range_within(optional_at, optional_size, size))
		return false;
	const uint8_t *optional = bytes + optional_at;
	uint16_t magic = load_u16(optional);
	size_t directories = magic == OPTIONAL_PE32_PLUS ? PE32_PLUS_DIRECTORIES : PE32_DIRECTORIES;
	if ((magic != OPTIONAL_PE32 && magic != OPTIONAL_PE32_PLUS) || optional_size < directories)
		return false;
	ret->timestamp = load_u32(coff + COFF_TIMESTAMP);
	ret->image_size = load_u32(optional + OPTIONAL_IMAGE_SIZE);
	read_directories(ret, optional, optional_size, directories);
	read_sections(ret, bytes, size, optional_at + optional_size, section_count);
	return true;
}

bool pe_file_offset(const struct pe_file *image, uint32_t rva, uint32_t size, uint64_t *ret)
{
	for (size_t i = 0; i < image->section_count; i++) {
		const struct pe_file_section *section = &image->sections[i];
		uint32_t offset = rva - section->virtual_address;
		if (rva < section->virtual_address ||
		    !range_within(offset, size, section->file_size))
			continue;
		*ret = (uint64_t)section->file_offset + offset;
		return true;
	}
	return false;
}

/* A piece of the file by RVA; NULL: not (all) in the file. */
static const uint8_t *bytes_at(const struct pe_file *image, const uint8_t *bytes, size_t size,
			       uint32_t rva, uint32_t length)
{
	uint64_t offset;
	if (!pe_file_offset(image, rva, length, &offset) || !range_within(offset, length, size))
		return NULL;
	return bytes + offset;
}

struct slice {
	const uint8_t *bytes;
	size_t size;
};

/* A stream of the metadata by its name. */
static bool find_stream(struct slice metadata, const char *name, struct slice *ret)
{
	uint64_t at = METADATA_VERSION + (uint64_t)load_u32(metadata.bytes + METADATA_VERSION_SIZE);
	if (!range_within(at, 4, metadata.size))
		return false;
	size_t count = load_u16(metadata.bytes + at + 2);
	at += 4;
	for (size_t i = 0; i < count && i < STREAMS_MAX; i++) {
		if (!range_within(at, STREAM_NAME + 4, metadata.size))
			return false;
		uint32_t offset = load_u32(metadata.bytes + at);
		uint32_t length = load_u32(metadata.bytes + at + 4);
		const char *found = (const char *)metadata.bytes + at + STREAM_NAME;
		size_t room = metadata.size - (size_t)at - STREAM_NAME;
		size_t found_size = strnlen(found, room < STREAM_NAME_MAX ? room : STREAM_NAME_MAX);
		if (found_size == strlen(name) && !memcmp(found, name, found_size) &&
		    range_within(offset, length, metadata.size)) {
			*ret = (struct slice){ metadata.bytes + offset, length };
			return true;
		}
		at += STREAM_NAME + (found_size + 4) / 4 * 4;
	}
	return false;
}

/* One count for each table that is there, by table number. */
static void read_row_counts(struct slice tables, uint64_t valid, uint32_t *ret)
{
	static const uint8_t table_numbers[PE_COUNTED_TABLES] = {
		[PE_ROWS_TYPE_REF] = 0x01, [PE_ROWS_TYPE_DEF] = 0x02,   [PE_ROWS_FIELD] = 0x04,
		[PE_ROWS_METHOD] = 0x06,   [PE_ROWS_MEMBER_REF] = 0x0a,
	};
	for (size_t i = 0; i < PE_COUNTED_TABLES; i++) {
		uint64_t bit = 1ull << table_numbers[i];
		size_t before = (size_t)__builtin_popcountll(valid & (bit - 1));
		ret[i] = 0;
		if (valid & bit)
			ret[i] = load_u32(tables.bytes + TABLES_ROWS + before * sizeof(uint32_t));
	}
}

/* The row counts, and the Mvid column of the Module table's only row, which is the first after
 * them. */
static bool read_tables(struct slice tables, uint32_t *ret_guid, uint32_t *ret_rows)
{
	if (tables.size < TABLES_ROWS)
		return false;
	uint8_t heaps = tables.bytes[TABLES_HEAP_SIZES];
	uint64_t valid = load_u64(tables.bytes + TABLES_VALID);
	size_t string_width = heaps & HEAP_STRINGS_WIDE ? 4 : 2;
	unsigned guid_width = heaps & HEAP_GUIDS_WIDE ? 4 : 2;
	size_t rows = TABLES_ROWS + (size_t)__builtin_popcountll(valid) * sizeof(uint32_t);
	size_t mvid = rows + sizeof(uint16_t) + string_width;
	if (!(valid & 1) || !range_within(mvid, guid_width, tables.size))
		return false;
	*ret_guid = (uint32_t)load_unsigned(tables.bytes + mvid, guid_width);
	read_row_counts(tables, valid, ret_rows);
	return true;
}

bool pe_file_identity(const struct pe_file *image, const uint8_t *bytes, size_t size,
		      struct pe_identity *ret)
{
	const uint8_t *cli = bytes_at(image, bytes, size, image->cli_header, CLI_LEAST_BYTES);
	if (!image->cli_header || !cli)
		return false;
	struct slice metadata = { .size = load_u32(cli + CLI_METADATA + 4) };
	metadata.bytes =
		bytes_at(image, bytes, size, load_u32(cli + CLI_METADATA), (uint32_t)metadata.size);
	struct slice tables, guids;
	uint32_t index;
	if (!metadata.bytes || metadata.size < METADATA_VERSION ||
	    load_u32(metadata.bytes) != METADATA_SIGNATURE ||
	    (!find_stream(metadata, "#~", &tables) && !find_stream(metadata, "#-", &tables)) ||
	    !find_stream(metadata, "#GUID", &guids) || !read_tables(tables, &index, ret->rows) ||
	    !index ||
	    !range_within((uint64_t)(index - 1) * PE_FILE_MVID_BYTES, PE_FILE_MVID_BYTES,
			  guids.size))
		return false;
	memcpy(ret->mvid, guids.bytes + (size_t)(index - 1) * PE_FILE_MVID_BYTES,
	       PE_FILE_MVID_BYTES);
	return true;
}

/* Does a block of base relocations (u16 entries: type in the top 4 bits, 0 is padding) change
 * anything, and does the last change reach into the next page? */
static bool block_changes(const uint8_t *entries, size_t count, bool *ret_next_page)
{
	bool changes = false;
	*ret_next_page = false;
	for (size_t i = 0; i < count; i++) {
		uint16_t entry = load_u16(entries + i * sizeof(uint16_t));
		if (!(entry >> 12))
			continue;
		changes = true;
		if ((entry & 0xfffu) + sizeof(uint64_t) > RELOCATED_PAGE)
			*ret_next_page = true;
	}
	return changes;
}

static struct error *visit_relocated(const struct pe_file *image, const uint8_t *table,
				     struct error *(*visit)(const struct pe_file_part *part,
							    void *context),
				     void *context)
{
	size_t at = 0;
	while (range_within(at, RELOCATION_BLOCK_HEADER, image->relocations_size)) {
		uint32_t page = load_u32(table + at), length = load_u32(table + at + 4);
		bool next_page;
		if (length < RELOCATION_BLOCK_HEADER ||
		    !range_within(at, length, image->relocations_size))
			break;
		bool changes = block_changes(table + at + RELOCATION_BLOCK_HEADER,
					     (length - RELOCATION_BLOCK_HEADER) / sizeof(uint16_t),
					     &next_page);
		struct pe_file_part part = { .rva = page, .size = RELOCATED_PAGE };
		if (next_page)
			part.size += sizeof(uint64_t);
		if (changes && pe_file_offset(image, page, 1, &part.file_offset))
			TRY(visit(&part, context));
		at += length;
	}
	return NULL;
}

struct error *pe_file_visit_changed(const struct pe_file *image, const uint8_t *bytes, size_t size,
				    struct error *(*visit)(const struct pe_file_part *part,
							   void *context),
				    void *context)
{
	const uint8_t *table =
		bytes_at(image, bytes, size, image->relocations, image->relocations_size);
	if (table)
		TRY(visit_relocated(image, table, visit, context));
	for (size_t i = 0; i < image->section_count; i++) {
		const struct pe_file_section *section = &image->sections[i];
		struct pe_file_part part = { .file_offset = section->file_offset,
					     .size = section->file_size,
					     .rva = section->virtual_address };
		if (section->writable && section->file_size)
			TRY(visit(&part, context));
	}
	return NULL;
}
