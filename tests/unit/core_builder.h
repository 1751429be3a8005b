/*
 * Builds an ELF core in memory, for tests: no blob, every byte's reason is in the test.
 *
 *	struct core_builder core;
 *	core_builder_init(&core, EM_X86_64);
 *	core_builder_load(&core, 0x10000, bytes, size, memory_size);
 *	core_builder_thread(&core, 100, SIGSEGV, 0x11);
 *	const uint8_t *image = core_builder_finish(&core, &image_size);
 *	...
 *	core_builder_deinit(&core);
 *
 * Layout of the result, as the kernel writes it: ELF header, program headers, notes, then from the
 *next page on the segments' bytes in the order they were added, each on a page of its own.
 */
#ifndef TESTS_UNIT_CORE_BUILDER_H
#define TESTS_UNIT_CORE_BUILDER_H

#include "base/error.h"
#include "tests/unit/fake_target.h"

#include <elf.h>
#include <stddef.h>

struct core_builder_load {
	uint64_t address, memory_size;
	uint8_t *bytes;
	size_t size;
	unsigned flags;
	uint64_t file_offset; /* set by finish(); tests may read it */
};

struct core_builder_mapping {
	uint64_t start, end, file_offset; /* file_offset in bytes */
	char *path;
};

struct core_builder {
	uint16_t machine;
	uint64_t page_size;  /* the unit of NT_FILE; 4096 */
	bool extended_count; /* PN_XNUM: the count is in section header 0, at the end */
	uint64_t note_align; /* p_align of PT_NOTE; 4 */
	struct core_builder_load *loads;
	size_t load_count;
	struct core_builder_mapping *mappings;
	size_t mapping_count;
	uint8_t *notes; /* whole notes, in the order they were added */
	size_t notes_size;
	uint64_t auxv[64];
	size_t auxv_count; /* of numbers */
	uint8_t *image;
	size_t image_size;
};

void core_builder_init(struct core_builder *builder, uint16_t machine);
void core_builder_deinit(struct core_builder *builder);

/* A PT_LOAD. bytes may be NULL (zeros); memory_size >= size: what is beyond is not in the file. */
void core_builder_load(struct core_builder *builder, uint64_t address, const void *bytes,
		       size_t size, uint64_t memory_size);

/* The same, of zeros that begin with a text. */
void core_builder_text(struct core_builder *builder, uint64_t address, const char *text,
		       size_t size, uint64_t memory_size);

/* NT_PRSTATUS, with every byte of the registers `fill`. */
void core_builder_thread(struct core_builder *builder, int tid, int signal, uint8_t fill);

/* NT_PRPSINFO */
void core_builder_process(struct core_builder *builder, int pid);

/* An entry of NT_FILE (written by finish()). */
void core_builder_mapping(struct core_builder *builder, uint64_t start, uint64_t end,
			  uint64_t file_offset, const char *path);

/* An entry of NT_AUXV (written by finish(), with AT_NULL after it). */
void core_builder_auxv(struct core_builder *builder, uint64_t type, uint64_t value);

/* Any note. */
void core_builder_note(struct core_builder *builder, const char *name, uint32_t type,
		       const void *description, size_t size);

/* The core; the builder's memory. May be changed by the test. */
uint8_t *core_builder_finish(struct core_builder *builder, size_t *ret_size);

/* Program header i of a finished core: 0 is PT_NOTE, 1 the first PT_LOAD. */
Elf64_Phdr *core_builder_header(struct core_builder *builder, size_t i);

/*
 * An ELF module as it is in memory, at most a page: an ELF header, PT_LOAD (rx), PT_LOAD (rw, with
 * .bss up to bss_end), PT_DYNAMIC, PT_NOTE with a build-id, and a .gnu.hash table with these
 * symbols. The layout is fixed:
 */
enum {
	MODULE_DATA = 0x1000,    /* p_vaddr and file offset of the writable segment */
	MODULE_BSS_END = 0x5000, /* its end in memory */
	MODULE_BYTES = 0x2000,   /* of the image, which is also the file */
	MODULE_DYNAMIC = 0x1000, /* p_vaddr of PT_DYNAMIC */
	MODULE_RELRO_END = 0x1400,
	MODULE_POINTER = 0x1200,  /* a word with R_*_RELATIVE to MODULE_CONSTANT */
	MODULE_IMPORT = 0x1208,   /* a word with a relocation against another module */
	MODULE_CONSTANT = 0x800,  /* "constant" is there */
	MODULE_VARIABLE = 0x1800, /* in .data: "variable" in the file */
};
struct module_symbol {
	const char *name;
	uint64_t vaddr, size;
	bool undefined;
};

struct module_shape {
	uint16_t machine;
	uint64_t bias;       /* for the d_ptr values, when they are relocated */
	bool relocated;      /* as glibc leaves them; false: as musl does, and the file has them */
	uint64_t link_vaddr; /* p_vaddr of file offset 0 */
	uint64_t data_shift; /* p_vaddr - p_offset of the writable segment (arm64: 64 KiB) */
	uint8_t build_id;    /* each byte of its 20; 0: no note */
	uint64_t debug;      /* DT_DEBUG; 0: none */
	bool writable;       /* false: no second PT_LOAD */
	const struct module_symbol *symbols; /* NULL-named end */
};

/* Fills MODULE_BYTES bytes. */
void module_build(const struct module_shape *shape, uint8_t *image);

/* Puts the module into a target at its bias, as the dynamic linker would: text, data and .bss, and
 * the file mappings of the first two. Later changes: fake_put(). */
void module_place(struct fake_target *fake, const struct module_shape *shape, const char *path);

#endif
