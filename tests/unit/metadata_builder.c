#include "tests/unit/metadata_builder.h"

#include "base/list.h"
#include "heap/metadata/metadata_tables.h"
#include "heap/metadata/signature.h"
#include "tests/unit/alloc_fail.h"

/* ECMA-335 II.22 once more, a letter a column: 2 and 4 bytes, String, Guid, Blob; rows of: d
 * TypeDef, f Field, m MethodDef, p Param, e Event, o Property, g GenericParam, r ModuleRef, a
 * AssemblyRef; and the coded indexes listed below. */
static const char *const columns[BUILT_TABLES] = {
	[0x00] = "2SGGG",     [0x01] = "RSS",  [0x02] = "4SSEfm", [0x03] = "f",
	[0x04] = "2SB",       [0x05] = "m",    [0x06] = "422SBp", [0x07] = "p",
	[0x08] = "22S",       [0x09] = "dE",   [0x0a] = "MSB",    [0x0b] = "2KB",
	[0x0c] = "ACB",       [0x0d] = "FB",   [0x0e] = "2DB",    [0x0f] = "24d",
	[0x10] = "4f",        [0x11] = "B",    [0x12] = "de",     [0x13] = "e",
	[0x14] = "2SE",       [0x15] = "do",   [0x16] = "o",      [0x17] = "2SB",
	[0x18] = "2mH",       [0x19] = "dYY",  [0x1a] = "S",      [0x1b] = "B",
	[0x1c] = "2OSr",      [0x1d] = "4f",   [0x1e] = "44",     [0x1f] = "4",
	[0x20] = "422224BSS", [0x21] = "4",    [0x22] = "444",    [0x23] = "22224BSSB",
	[0x24] = "4a",        [0x25] = "444a", [0x26] = "4SB",    [0x27] = "44SSI",
	[0x28] = "44SI",      [0x29] = "dd",   [0x2a] = "22WS",   [0x2b] = "YB",
	[0x2c] = "gE",        [0x30] = "BGBG",
};

/* II.24.2.6 once more: the letter, the bits of the tag, the tables by tag (ff: none). */
static const struct {
	char letter;
	uint8_t bits, count;
	uint8_t tables[22];
} coded_indexes[] = {
	{ 'E', 2, 3, { 0x02, 0x01, 0x1b } },
	{ 'K', 2, 3, { 0x04, 0x08, 0x17 } },
	{ 'A', 5, 22, { 0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14,
			0x11, 0x1a, 0x1b, 0x20, 0x23, 0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2b } },
	{ 'F', 1, 2, { 0x04, 0x08 } },
	{ 'D', 2, 3, { 0x02, 0x06, 0x20 } },
	{ 'M', 3, 5, { 0x02, 0x01, 0x1a, 0x06, 0x1b } },
	{ 'H', 1, 2, { 0x14, 0x17 } },
	{ 'Y', 1, 2, { 0x06, 0x0a } },
	{ 'O', 1, 2, { 0x04, 0x06 } },
	{ 'I', 2, 3, { 0x26, 0x23, 0x27 } },
	{ 'C', 3, 4, { 0xff, 0xff, 0x06, 0x0a } },
	{ 'R', 2, 4, { 0x00, 0x1a, 0x23, 0x01 } },
	{ 'W', 1, 2, { 0x02, 0x06 } },
};

static const char row_letters[] = "dfmpeogra";
static const uint8_t row_tables[] = { 0x02, 0x04, 0x06, 0x08, 0x14, 0x17, 0x2a, 0x1a, 0x23 };
static const uint8_t pointer_tables[] = { 0, 0x03, 0x05, 0x07, 0x13, 0x16, 0, 0, 0 };

static size_t append(struct built_heap *heap, const void *bytes, size_t size)
{
	size_t at = heap->size;
	if (heap->size + size > heap->capacity) {
		heap->capacity = (heap->size + size) * 2;
		heap->bytes = scenery_grow(heap->bytes, heap->size, heap->capacity);
	}
	if (size && bytes)
		memcpy(heap->bytes + at, bytes, size);
	heap->size += size;
	return at;
}

static void append_number(struct built_heap *heap, uint64_t number, unsigned width)
{
	append(heap, &number, width);
}

static void append_padding(struct built_heap *heap)
{
	append(heap, NULL, (4 - heap->size % 4) % 4);
}

struct metadata_builder *metadata_builder_new(void)
{
	struct metadata_builder *builder = scenery_allocate(sizeof(*builder));
	append_number(&builder->strings, 0, 1);
	append_number(&builder->blobs, 0, 1);
	append_number(&builder->user_strings, 0, 1);
	builder->sorted = 0x16003301fa00;
	return builder;
}

void metadata_builder_cleanup(struct metadata_builder **slot)
{
	struct metadata_builder *builder = *slot;
	if (!builder)
		return;
	scenery_free(builder->strings.bytes);
	scenery_free(builder->blobs.bytes);
	scenery_free(builder->guids.bytes);
	scenery_free(builder->user_strings.bytes);
	scenery_free(builder->finished.bytes);
	for (unsigned i = 0; i < BUILT_TABLES; i++)
		scenery_free(builder->tables[i].rows);
	scenery_free(builder);
}

uint32_t build_string(struct metadata_builder *builder, const char *text)
{
	if (!*text)
		return 0;
	return (uint32_t)append(&builder->strings, text, strlen(text) + 1);
}

static void append_length(struct built_heap *heap, size_t size)
{
	if (size < 0x80) {
		append_number(heap, size, 1);
	} else if (size < 0x4000) {
		append_number(heap, 0x80 | size >> 8, 1);
		append_number(heap, size & 0xff, 1);
	} else {
		for (int shift = 24; shift >= 0; shift -= 8)
			append_number(heap, (0xc0000000 | size) >> shift & 0xff, 1);
	}
}

uint32_t build_blob(struct metadata_builder *builder, const void *bytes, size_t size)
{
	uint32_t at = (uint32_t)builder->blobs.size;
	append_length(&builder->blobs, size);
	append(&builder->blobs, bytes, size);
	return at;
}

uint32_t build_guid(struct metadata_builder *builder, const uint8_t guid[16])
{
	return (uint32_t)(append(&builder->guids, guid, 16) / 16) + 1;
}

uint32_t build_user_string(struct metadata_builder *builder, const char *ascii)
{
	uint32_t at = (uint32_t)builder->user_strings.size;
	append_length(&builder->user_strings, strlen(ascii) * 2 + 1);
	for (; *ascii; ascii++)
		append_number(&builder->user_strings, (uint8_t)*ascii, 2);
	append_number(&builder->user_strings, 0, 1);
	return at;
}

uint32_t build_row(struct metadata_builder *builder, unsigned table, const uint32_t *cells,
		   size_t count)
{
	struct built_table *built = &builder->tables[table];
	if (!columns[table] || count != strlen(columns[table]))
		abort();
	/* Grown in powers of two: some tests have 70,000 rows. */
	if (!(built->count & (built->count - 1)))
		built->rows =
			scenery_grow(built->rows, built->count * sizeof(*built->rows),
				     (built->count ? built->count * 2 : 1) * sizeof(*built->rows));
	memcpy(built->rows[built->count++], cells, count * sizeof(*cells));
	return built->count;
}

static int coded_of(char letter)
{
	for (size_t i = 0; i < COUNT_OF(coded_indexes); i++)
		if (coded_indexes[i].letter == letter)
			return (int)i;
	return -1;
}

static uint32_t rows(const struct metadata_builder *builder, unsigned table)
{
	return table < BUILT_TABLES ? builder->tables[table].count : 0;
}

static unsigned width_of(const struct metadata_builder *builder, char letter)
{
	uint32_t most = 0;
	int coded = coded_of(letter);
	switch (letter) {
	case '2':
	case '4':
		return (unsigned)(letter - '0');
	case 'S':
		return builder->heap_sizes & 1 ? 4 : 2;
	case 'G':
		return builder->heap_sizes & 2 ? 4 : 2;
	case 'B':
		return builder->heap_sizes & 4 ? 4 : 2;
	}
	if (builder->minimal_delta)
		return 4;
	if (coded < 0) {
		size_t i = (size_t)(strchr(row_letters, letter) - row_letters);
		most = rows(builder, row_tables[i]);
		if (pointer_tables[i] && rows(builder, pointer_tables[i]) > most)
			most = rows(builder, pointer_tables[i]);
		return most < 0x10000 ? 2 : 4;
	}
	for (unsigned tag = 0; tag < coded_indexes[coded].count; tag++)
		if (rows(builder, coded_indexes[coded].tables[tag]) > most)
			most = rows(builder, coded_indexes[coded].tables[tag]);
	return most < 0x10000u >> coded_indexes[coded].bits ? 2 : 4;
}

static uint32_t encode(char letter, uint32_t cell)
{
	int coded = coded_of(letter);
	if (coded < 0 || !cell)
		return cell;
	for (uint32_t tag = 0; tag < coded_indexes[coded].count; tag++)
		if (coded_indexes[coded].tables[tag] == cell >> 24)
			return (cell & 0xffffff) << coded_indexes[coded].bits | tag;
	abort();
}

static void append_tables(struct metadata_builder *builder, struct built_heap *out)
{
	uint64_t valid = 0;
	for (unsigned table = 0; table < BUILT_TABLES; table++)
		if (rows(builder, table))
			valid |= 1ull << table;
	append_number(out, 0, 4);
	append_number(out, 2, 2); /* version 2.0 */
	append_number(out, builder->heap_sizes, 1);
	append_number(out, 1, 1);
	append_number(out, valid, 8);
	append_number(out, builder->sorted, 8);
	for (unsigned table = 0; table < BUILT_TABLES; table++)
		if (rows(builder, table))
			append_number(out, rows(builder, table), 4);
	if (builder->heap_sizes & 0x40)
		append_number(out, 0xeeeeeeee, 4);
	builder->rows_offset = out->size;
	for (unsigned table = 0; table < BUILT_TABLES; table++) {
		for (uint32_t row = 0; row < rows(builder, table); row++) {
			for (unsigned i = 0; columns[table][i]; i++) {
				char letter = columns[table][i];
				append_number(out,
					      encode(letter, builder->tables[table].rows[row][i]),
					      width_of(builder, letter));
			}
		}
	}
	append_padding(out);
}

/* The bytes of one stream, and its place in the header written before. */
static size_t append_stream(struct built_heap *out, size_t header, const struct built_heap *stream)
{
	uint32_t place[2] = { (uint32_t)out->size, 0 };
	append(out, stream->bytes, stream->size);
	append_padding(out);
	place[1] = (uint32_t)(out->size - place[0]);
	memcpy(out->bytes + header, place, sizeof(place));
	return place[0];
}

static size_t append_header(struct built_heap *out, const char *name)
{
	size_t at = append(out, NULL, 8);
	append(out, name, strlen(name) + 1);
	append_padding(out);
	return at;
}

const uint8_t *metadata_builder_finish(struct metadata_builder *builder, size_t *ret_size)
{
	struct built_heap *out = &builder->finished, tables = { 0 };
	static const char version[12] = "v4.0.30319";
	scenery_free(out->bytes);
	*out = (struct built_heap){ 0 };
	append_tables(builder, &tables);
	append_number(out, 0x424a5342, 4);
	append_number(out, 0x00010001, 4);
	append_number(out, 0, 4);
	append_number(out, sizeof(version), 4);
	append(out, version, sizeof(version));
	append_number(out, 0, 2);
	append_number(out, builder->minimal_delta ? 6 : 5, 2);
	size_t tables_header = append_header(out, builder->uncompressed ? "#-" : "#~");
	size_t strings_header = append_header(out, "#Strings");
	size_t user_strings_header = append_header(out, "#US");
	size_t guids_header = append_header(out, "#GUID");
	size_t blobs_header = append_header(out, "#Blob");
	if (builder->minimal_delta)
		append_header(out, "#JTD");
	builder->tables_offset = append_stream(out, tables_header, &tables);
	builder->rows_offset += builder->tables_offset;
	builder->strings_offset = append_stream(out, strings_header, &builder->strings);
	append_stream(out, user_strings_header, &builder->user_strings);
	append_stream(out, guids_header, &builder->guids);
	append_stream(out, blobs_header, &builder->blobs);
	scenery_free(tables.bytes);
	*ret_size = out->size;
	return out->bytes;
}

/* PE images. */

static void put(uint8_t *to, uint32_t number)
{
	memcpy(to, &number, sizeof(number));
}

enum { PE_AT = 0x80, OPTIONAL_AT = PE_AT + 24, OPTIONAL_SIZE_32 = 224, OPTIONAL_SIZE_64 = 240 };

struct built_image build_pe_flat(const uint8_t *metadata, size_t metadata_size, const void *data,
				 size_t data_size, bool is_64)
{
	size_t before = BUILT_DATA_RVA - BUILT_TEXT_RVA + (data_size + 3) / 4 * 4;
	size_t text_size = (before + metadata_size + 0x1ff) / 0x200 * 0x200;
	struct built_image image = { .size = BUILT_TEXT_OFFSET + text_size };
	uint8_t *bytes = image.bytes = scenery_allocate(image.size);
	uint32_t optional_size = is_64 ? OPTIONAL_SIZE_64 : OPTIONAL_SIZE_32;
	uint8_t *optional = bytes + OPTIONAL_AT, *section = optional + optional_size;
	uint8_t *directories = optional + (is_64 ? 112 : 96), *text = bytes + BUILT_TEXT_OFFSET;
	memcpy(bytes, "MZ", 2);
	put(bytes + 0x3c, PE_AT);
	memcpy(bytes + PE_AT, "PE\0", 4);
	put(bytes + PE_AT + 4, (is_64 ? 0x8664 : 0x014c) | 1 << 16); /* one section */
	put(bytes + PE_AT + 8, 0x5eed1234);                          /* TimeDateStamp */
	put(bytes + PE_AT + 20, optional_size | 0x2022u << 16);
	put(optional, is_64 ? 0x20b : 0x10b);
	put(optional + 56, BUILT_TEXT_RVA + (uint32_t)text_size); /* SizeOfImage */
	put(optional + 60, BUILT_TEXT_OFFSET);                    /* SizeOfHeaders */
	put(directories - 4, 16);
	put(directories + 14 * 8, BUILT_TEXT_RVA);
	put(directories + 14 * 8 + 4, 72);
	memcpy(section, ".text", 5);
	put(section + 8, (uint32_t)(before + metadata_size));
	put(section + 12, BUILT_TEXT_RVA);
	put(section + 16, (uint32_t)text_size);
	put(section + 20, BUILT_TEXT_OFFSET);
	image.metadata_rva = BUILT_TEXT_RVA + (uint32_t)before;
	image.metadata_size = (uint32_t)metadata_size;
	put(text, 72);
	put(text + 8, image.metadata_rva);
	put(text + 12, image.metadata_size);
	put(text + 16, 1); /* ILONLY */
	if (data_size)
		memcpy(text + (BUILT_DATA_RVA - BUILT_TEXT_RVA), data, data_size);
	memcpy(text + before, metadata, metadata_size);
	return image;
}

struct built_image build_pe_mapped(const struct built_image *flat)
{
	struct built_image image = *flat;
	image.size = flat->size - BUILT_TEXT_OFFSET + BUILT_TEXT_RVA;
	image.bytes = scenery_allocate(image.size);
	memcpy(image.bytes, flat->bytes, BUILT_TEXT_OFFSET);
	memcpy(image.bytes + BUILT_TEXT_RVA, flat->bytes + BUILT_TEXT_OFFSET,
	       flat->size - BUILT_TEXT_OFFSET);
	return image;
}

void built_image_cleanup(struct built_image *image)
{
	scenery_free(image->bytes);
}

/* The shop. */

#define BLOB(builder, ...)                                                                         \
	build_blob((builder), (const uint8_t[]){ __VA_ARGS__ },                                    \
		   sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void shop_references(struct metadata_builder *b)
{
	static const char *const names[] = { "Object", "Enum", "FlagsAttribute",
					     "AssemblyFileVersionAttribute" };
	BUILD_ROW(b, TABLE_ASSEMBLY_REF, 10, 0, 0, 0, 0, 0, build_string(b, "System.Runtime"), 0,
		  0);
	BUILD_ROW(b, TABLE_MODULE_REF, build_string(b, "libshop"));
	for (unsigned i = 0; i < 4; i++)
		BUILD_ROW(b, TABLE_TYPE_REF, token_make(TABLE_ASSEMBLY_REF, 1),
			  build_string(b, names[i]), build_string(b, "System"));
	BUILD_ROW(b, TABLE_MEMBER_REF, token_make(TABLE_TYPE_REF, 3), build_string(b, ".ctor"),
		  BLOB(b, 0x20, 0, ELEMENT_VOID));
	BUILD_ROW(b, TABLE_MEMBER_REF, token_make(TABLE_TYPE_REF, 4), build_string(b, ".ctor"),
		  BLOB(b, 0x20, 1, ELEMENT_VOID, ELEMENT_STRING));
	/* Gateway<int>.count, as IL names it from elsewhere */
	BUILD_ROW(b, TABLE_TYPE_SPEC,
		  BLOB(b, ELEMENT_GENERICINST, ELEMENT_CLASS, SHOP_GATEWAY << 2, 1, ELEMENT_I4));
	BUILD_ROW(b, TABLE_MEMBER_REF, token_make(TABLE_TYPE_SPEC, 1), build_string(b, "count"),
		  BLOB(b, 0x06, ELEMENT_I4));
	BUILD_ROW(b, TABLE_EXPORTED_TYPE, 0x00200000, 0, build_string(b, "Broker"),
		  build_string(b, "Shop"), token_make(TABLE_ASSEMBLY_REF, 1));
	BUILD_ROW(b, TABLE_METHOD_SPEC, token_make(TABLE_METHOD_DEF, SHOP_METHOD_ENTRIES),
		  BLOB(b, 0x0a, 1, ELEMENT_I4));
	BUILD_ROW(b, TABLE_STAND_ALONE_SIG, BLOB(b, 0x07, 1, ELEMENT_I4));
}

static void shop_types(struct metadata_builder *b)
{
	uint32_t shop = build_string(b, "Shop");
	BUILD_ROW(b, TABLE_TYPE_DEF, 0, build_string(b, "<Module>"), 0, 0, 1, 1);
	BUILD_ROW(b, TABLE_TYPE_DEF, 0x101, build_string(b, "Mode"), shop,
		  token_make(TABLE_TYPE_REF, 2), 1, 1);
	BUILD_ROW(b, TABLE_TYPE_DEF, 0x001, build_string(b, "Gateway`1"), shop,
		  token_make(TABLE_TYPE_REF, 1), 4, 1);
	BUILD_ROW(b, TABLE_TYPE_DEF, 0x003, build_string(b, "Entry"), 0,
		  token_make(TABLE_TYPE_REF, 1), 7, 5);
	BUILD_ROW(b, TABLE_NESTED_CLASS, SHOP_ENTRY, SHOP_GATEWAY);
	BUILD_ROW(b, TABLE_GENERIC_PARAM, 0, 0, token_make(TABLE_TYPE_DEF, SHOP_GATEWAY),
		  build_string(b, "TKey"));
	BUILD_ROW(b, TABLE_GENERIC_PARAM, 0, 0, token_make(TABLE_TYPE_DEF, SHOP_ENTRY),
		  build_string(b, "TKey"));
	/* [Flags] on Mode; sorted by the coded parent: 2 << 5 | 3, then Assembly's 1 << 5 | 14
	 * would be before it */
	BUILD_ROW(b, TABLE_CUSTOM_ATTRIBUTE, token_make(TABLE_ASSEMBLY, 1),
		  token_make(TABLE_MEMBER_REF, 2),
		  BLOB(b, 1, 0, 8, '1', '0', '.', '0', '.', '1', '4', '2', 0, 0));
	BUILD_ROW(b, TABLE_CUSTOM_ATTRIBUTE, token_make(TABLE_TYPE_DEF, SHOP_MODE),
		  token_make(TABLE_MEMBER_REF, 1), BLOB(b, 1, 0, 0, 0));
}

static void shop_members(struct metadata_builder *b)
{
	uint32_t mode = BLOB(b, 0x06, ELEMENT_VALUETYPE, SHOP_MODE << 2);
	uint32_t integer = BLOB(b, 0x06, ELEMENT_I4), text = BLOB(b, 0x06, ELEMENT_STRING);
	BUILD_ROW(b, TABLE_FIELD, 0x0606, build_string(b, "value__"), BLOB(b, 0x06, ELEMENT_U1));
	BUILD_ROW(b, TABLE_FIELD, 0x8056, build_string(b, "Off"), mode);
	BUILD_ROW(b, TABLE_FIELD, 0x8056, build_string(b, "On"), mode);
	BUILD_ROW(b, TABLE_FIELD, 0x0011, build_string(b, "name"), text);
	BUILD_ROW(b, TABLE_FIELD, 0x0001, build_string(b, "count"), integer);
	BUILD_ROW(b, TABLE_FIELD, 0x0113, build_string(b, "data"),
		  BLOB(b, 0x06, ELEMENT_SZARRAY, ELEMENT_U1));
	BUILD_ROW(b, TABLE_FIELD, 0x0001, build_string(b, "key"), integer);
	BUILD_ROW(b, TABLE_CONSTANT, ELEMENT_U1, token_make(TABLE_FIELD, SHOP_FIELD_OFF),
		  BLOB(b, 0));
	BUILD_ROW(b, TABLE_CONSTANT, ELEMENT_U1, token_make(TABLE_FIELD, SHOP_FIELD_ON),
		  BLOB(b, 7));
	BUILD_ROW(b, TABLE_FIELD_RVA, BUILT_DATA_RVA + 8, SHOP_FIELD_DATA);
	uint32_t entries = BLOB(b, 0x20, 0, ELEMENT_SZARRAY, ELEMENT_CLASS, SHOP_ENTRY << 2);
	BUILD_ROW(b, TABLE_METHOD_DEF, BUILT_DATA_RVA, 0, 0x0886, build_string(b, "get_Count"),
		  BLOB(b, 0x20, 0, ELEMENT_I4), 1);
	BUILD_ROW(b, TABLE_METHOD_DEF, 0, 0, 0x0896, build_string(b, "get_Name"),
		  BLOB(b, 0x00, 0, ELEMENT_STRING), 1);
	BUILD_ROW(b, TABLE_METHOD_DEF, 0, 0, 0x0886, build_string(b, "get_Entries"), entries, 1);
	BUILD_ROW(b, TABLE_METHOD_DEF, 0, 0, 0x0886, build_string(b, "set_Entries"),
		  BLOB(b, 0x20, 1, ELEMENT_VOID, ELEMENT_SZARRAY, ELEMENT_CLASS, SHOP_ENTRY << 2),
		  1);
	BUILD_ROW(b, TABLE_PROPERTY_MAP, SHOP_GATEWAY, 1);
	BUILD_ROW(b, TABLE_PROPERTY, 0, build_string(b, "Count"), BLOB(b, 0x28, 0, ELEMENT_I4));
	BUILD_ROW(b, TABLE_PROPERTY, 0, build_string(b, "Name"), BLOB(b, 0x08, 0, ELEMENT_STRING));
	BUILD_ROW(b, TABLE_PROPERTY, 0, build_string(b, "Entries"),
		  BLOB(b, 0x28, 0, ELEMENT_SZARRAY, ELEMENT_CLASS, SHOP_ENTRY << 2));
	BUILD_ROW(b, TABLE_METHOD_SEMANTICS, 2, SHOP_METHOD_COUNT, token_make(TABLE_PROPERTY, 1));
	BUILD_ROW(b, TABLE_METHOD_SEMANTICS, 2, SHOP_METHOD_NAME, token_make(TABLE_PROPERTY, 2));
	BUILD_ROW(b, TABLE_METHOD_SEMANTICS, 1, SHOP_METHOD_SET_ENTRIES,
		  token_make(TABLE_PROPERTY, 3));
	BUILD_ROW(b, TABLE_METHOD_SEMANTICS, 2, SHOP_METHOD_ENTRIES, token_make(TABLE_PROPERTY, 3));
}

void build_shop(struct metadata_builder *b)
{
	static const uint8_t mvid[16] = {
		0xde, 0xad, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	};
	BUILD_ROW(b, TABLE_MODULE, 0, build_string(b, "Shop.dll"), build_guid(b, mvid), 0, 0);
	BUILD_ROW(b, TABLE_ASSEMBLY, 0x8004, 1, 2, 3, 4, 0, 0, build_string(b, "Shop"), 0);
	build_user_string(b, "");
	build_user_string(b, "payments");
	shop_references(b);
	shop_types(b);
	shop_members(b);
}
