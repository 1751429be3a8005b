#include "tests/unit/pe_builder.h"

static void put16(uint8_t *at, uint16_t number)
{
	memcpy(at, &number, sizeof(number));
}

static void put32(uint8_t *at, uint32_t number)
{
	memcpy(at, &number, sizeof(number));
}

static void section(uint8_t *at, uint32_t rva, uint32_t size, uint32_t offset, uint32_t flags)
{
	put32(at + 8, size);
	put32(at + 12, rva);
	put32(at + 16, size);
	put32(at + 20, offset);
	put32(at + 36, flags);
}

void pe_build(uint8_t *pe, uint32_t timestamp, uint8_t mvid)
{
	memset(pe, 0, PE_BYTES);
	memcpy(pe, "MZ", 2);
	put32(pe + 0x3c, PE_HEADERS);
	memcpy(pe + PE_HEADERS, "PE\0\0", 4);
	uint8_t *coff = pe + PE_HEADERS + 4, *optional = coff + 20;
	put16(coff + 2, 3);
	put32(coff + 4, timestamp);
	put16(coff + 16, 240);
	put16(optional, 0x20b);
	put32(optional + 56, 0xa000);
	put32(optional + 108, 16);
	put32(optional + 112 + 5 * 8, 0x8000);
	put32(optional + 112 + 5 * 8 + 4, 24);
	put32(optional + 112 + 14 * 8, PE_CLI);
	put32(optional + 112 + 14 * 8 + 4, 72);
	section(optional + 240, PE_TEXT_RVA, 0x2000, PE_TEXT, 0x60000020);
	section(optional + 280, 0x6000, 0x200, PE_DATA, 0xc0000040);
	section(optional + 320, 0x8000, 0x200, PE_RELOC, 0x42000040);
	uint8_t *cli = pe + PE_TEXT, *metadata = pe + PE_TEXT + 0x100;
	put32(cli, 72);
	put32(cli + 8, PE_METADATA);
	put32(cli + 12, 0x100);
	memcpy(metadata, "BSJB", 4);
	put32(metadata + 12, 8); /* of the version string */
	put16(metadata + 16 + 8 + 2, 2);
	uint8_t *stream = metadata + 28;
	put32(stream, 0x50);
	put32(stream + 4, 0x40);
	memcpy(stream + 8, "#~\0\0", 4);
	put32(stream + 12, 0xa0);
	put32(stream + 16, 16);
	memcpy(stream + 20, "#GUID\0\0\0", 8);
	metadata[0x50 + 8] = 3;         /* Module and TypeRef tables */
	put32(metadata + 0x50 + 24, 1); /* one Module row */
	put32(metadata + 0x50 + 28, PE_TYPE_REFS);
	put16(metadata + 0x50 + 32 + 2 + 2, 1); /* Mvid: the first GUID */
	memset(metadata + 0xa0, mvid, 16);
	memset(pe + 0x1000, 'm', 0x400);  /* untouched by loading */
	memset(pe + 0x1400, 'r', 0x1000); /* its page is relocated */
	memset(pe + PE_DATA, 'w', 0x200);
	put32(pe + PE_RELOC, PE_RELOCATED);
	put32(pe + PE_RELOC + 4, 12);
	put16(pe + PE_RELOC + 8, 0xa010); /* IMAGE_REL_BASED_DIR64 at +0x10 */
	put32(pe + PE_RELOC + 12, 0x2000);
	put32(pe + PE_RELOC + 16, 12); /* padding entries only: no change */
}
