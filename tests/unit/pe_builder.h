/*
 * A small managed PE file, for tests of file identity: headers, a .text section with CLI header and
 * metadata (#~ with a Module row, #GUID), a writable section, base relocations for one page.
 */
#ifndef TESTS_UNIT_PE_BUILDER_H
#define TESTS_UNIT_PE_BUILDER_H

#include "base/error.h"

enum {
	PE_HEADERS = 0x80,
	PE_TEXT = 0x400, /* file offset; RVA 0x2000 */
	PE_TEXT_RVA = 0x2000,
	PE_CLI = 0x2000,      /* RVA */
	PE_METADATA = 0x2100, /* RVA */
	PE_DATA = 0x2400,     /* file offset; RVA 0x6000, writable */
	PE_RELOC = 0x2600,    /* file offset; RVA 0x8000 */
	PE_BYTES = 0x2800,
	PE_TYPE_REFS = 5,      /* rows */
	PE_RELOCATED = 0x3000, /* RVA of the page that loading changes: file offset 0x1400 */
};

/* Fills PE_BYTES bytes; each byte of the MVID is `mvid`. SizeOfImage is 0xa000. */
void pe_build(uint8_t *pe, uint32_t timestamp, uint8_t mvid);

#endif
