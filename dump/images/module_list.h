/*
 * The ELF modules of a target: the main program and shared objects, found from the file mappings
 * (NT_FILE, /proc/PID/maps) and, where a core has none (qemu-user writes such), from AT_PHDR ->
 * DT_DEBUG -> link_map. A module's range comes from its own program headers, so that it includes
 * .bss (which lies beyond its last file mapping and holds the runtime's tables).
 */
#ifndef DUMP_IMAGES_MODULE_LIST_H
#define DUMP_IMAGES_MODULE_LIST_H

#include "attach/target/target.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"
#include "dump/images/elf_image.h"

struct elf_module {
	const char *path;   /* as the target saw it */
	uint64_t base, end; /* of the image in memory: first PT_LOAD .. max(p_vaddr + p_memsz) */
	uint64_t bias;      /* address - p_vaddr */
	uint64_t dynamic;   /* address of PT_DYNAMIC; 0: none */
	uint64_t relro, relro_end; /* PT_GNU_RELRO; both 0: none */
	uint8_t build_id[LIMIT_BUILD_ID_BYTES];
	size_t build_id_size; /* bytes; 0: none found in the target */
};

struct module_list {
	struct elf_module *modules; /* ascending by base */
	size_t count;
};

/* Everything in *ret lives in `arena`. A module whose headers cannot be read is left out. */
MUST_CHECK struct error *module_list_read(struct target *target, struct arena *arena,
					  struct module_list *ret);

/*
 * The module the process was started as: the one that holds AT_ENTRY or AT_PHDR (without an
 * auxiliary vector: the lowest that is no library by its name). NULL: it is not among them.
 */
const struct elf_module *module_list_main(struct target *target, const struct module_list *list);

/* Is it what the kernel calls memory that no file backs: shared anonymous memory, a memfd
 * (mm/shmem.c: shmem_zero_setup; mm/memfd.c)? */
bool path_is_memory(const char *path);

/* Is it a library by its file's name: libc.so, libc.so.6, also when the kernel says " (deleted)"
 * after it (fs/d_path.c)? ld.so.cache is none. */
bool path_is_library(const char *path);

/* An exported symbol of a module, by DT_GNU_HASH in the target's memory; d_ptr values may or may
 * not be relocated (musl leaves offsets, glibc makes addresses). false: no such symbol, or its
 * tables are not in the target. *ret is its address in the target. */
bool elf_module_symbol(struct target *target, const struct elf_module *module, const char *name,
		       uint64_t *ret);

/* The same, distinguishing "not exported" from "the target lacks the tables". */
enum elf_symbol_answer elf_module_find_symbol(struct target *target,
					      const struct elf_module *module, const char *name,
					      struct elf_symbol *ret);

#endif
