/*
 * Metadata and PE images made in code, for tests: rows as numbers, heaps as text and bytes. The
 * columns' kinds are stated here once more, apart from heap/metadata/metadata_tables.c, so that a
 * wrong one there shows. Memory never fails (scenery_allocate()).
 *
 *	CLEANUP(metadata_builder_cleanup) struct metadata_builder *builder =
 *		metadata_builder_new();
 *	BUILD_ROW(builder, TABLE_TYPE_REF, token_make(TABLE_ASSEMBLY_REF, 1),
 *		  build_string(builder, "Object"), build_string(builder, "System"));
 *	const uint8_t *bytes = metadata_builder_finish(builder, &size);
 */
#ifndef TESTS_UNIT_METADATA_BUILDER_H
#define TESTS_UNIT_METADATA_BUILDER_H

#include "heap/metadata/metadata.h"

struct built_heap {
	uint8_t *bytes;
	size_t size, capacity;
};

enum { BUILT_CELLS = 9, BUILT_TABLES = 0x40 };

struct built_table {
	uint32_t (*rows)[BUILT_CELLS];
	uint32_t count;
};

struct metadata_builder {
	struct built_heap strings, blobs, guids, user_strings, finished;
	struct built_table tables[BUILT_TABLES];
	uint8_t heap_sizes;   /* II.24.2.6 HeapSizes: 7 makes all heap indexes wide */
	uint64_t sorted;      /* II.24.2.6 Sorted; preset to what compilers write */
	bool uncompressed;    /* #- instead of #~ */
	bool minimal_delta;   /* adds #JTD */
	size_t tables_offset; /* set by finish(): where #~ is */
	size_t rows_offset;   /* and the first row of the first table */
	size_t strings_offset;
};

struct metadata_builder *metadata_builder_new(void);
void metadata_builder_cleanup(struct metadata_builder **builder);

/* Offsets (build_guid: a number from 1) to be put into rows. */
uint32_t build_string(struct metadata_builder *builder, const char *text);
uint32_t build_blob(struct metadata_builder *builder, const void *bytes, size_t size);
uint32_t build_guid(struct metadata_builder *builder, const uint8_t guid[16]);
uint32_t build_user_string(struct metadata_builder *builder, const char *ascii);

/* Cells in II.22's order; a coded index is given as a token. The row's number. */
uint32_t build_row(struct metadata_builder *builder, unsigned table, const uint32_t *cells,
		   size_t count);
#define BUILD_ROW(builder, table, ...)                                                             \
	build_row((builder), (table), (const uint32_t[]){ __VA_ARGS__ },                           \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* The whole metadata; lives until the next finish() or the builder's end. */
const uint8_t *metadata_builder_finish(struct metadata_builder *builder, size_t *ret_size);

/* A PE image around metadata: one section ".text", at RVA 0x2000 and file offset 0x200, that holds
 * the CLI header, then `data` (method bodies, field data) at RVA BUILT_DATA_RVA, then the metadata.
 */
enum { BUILT_DATA_RVA = 0x2048, BUILT_TEXT_RVA = 0x2000, BUILT_TEXT_OFFSET = 0x200 };
struct built_image {
	uint8_t *bytes;
	size_t size;
	uint32_t metadata_rva, metadata_size;
};
struct built_image build_pe_flat(const uint8_t *metadata, size_t metadata_size, const void *data,
				 size_t data_size, bool is_64);
struct built_image build_pe_mapped(const struct built_image *flat);
void built_image_cleanup(struct built_image *image);

/*
 * A small module that has some of everything, for several tests (and the fuzzer's corpus):
 *
 *	namespace Shop { enum Mode : byte { Off, On = 7 }  [Flags]
 *	  class Gateway<TKey> { class Entry { int key; }  static string name; int count; byte[]
 *data; int Count { get; }  static string Name { get; }  Entry[] Entries { get; set; } } }
 */
enum {
	SHOP_MODULE_TYPE = 1, /* <Module> */
	SHOP_MODE,
	SHOP_GATEWAY,
	SHOP_ENTRY,
	SHOP_TYPES = SHOP_ENTRY,
	SHOP_FIELD_VALUE = 1, /* Mode.value__ */
	SHOP_FIELD_OFF,
	SHOP_FIELD_ON,
	SHOP_FIELD_NAME, /* Gateway's */
	SHOP_FIELD_COUNT,
	SHOP_FIELD_DATA,
	SHOP_FIELD_KEY, /* Entry's */
	SHOP_METHOD_COUNT = 1,
	SHOP_METHOD_NAME,
	SHOP_METHOD_ENTRIES,
	SHOP_METHOD_SET_ENTRIES,
};
void build_shop(struct metadata_builder *builder);

#endif
