/*
 * Files of modules, for pages that a dump lacks. A file is looked for first under each --sysroot
 * directory (as DIR/path-in-dump, then DIR/basename, then anywhere below DIR by basename), then at
 * the path in the dump itself. ELF files are admitted only when their build-id is the dump's. Their
 * read-only segments are mapped, and of their RELRO range a private copy is made with
 * R_*_RELATIVE relocations applied (in the file those words are zeros or link-time values).
 * Managed PE files: see module_files_admit_pe().
 */
#ifndef DUMP_MODULE_FILES_H
#define DUMP_MODULE_FILES_H

#include "dump/module_list.h"

struct module_files; /* the directories and what was admitted so far */

/* `overlay` is an overlay target, which may be closed before or after the files are freed; sysroot
 * may be NULL. */
MUST_CHECK struct error *module_files_new(struct target *overlay, const char *sysroot,
					  struct module_files **ret);
void module_files_free(struct module_files *files);

/* Lay the module's file under the target. *ret_admitted false (no error): no file, or another
 * build-id; module_files_reason() then says which in one clause. Asking twice is cheap. */
MUST_CHECK struct error *module_files_admit_elf(struct module_files *files,
						const struct elf_module *module,
						bool *ret_admitted);

/*
 * Lay `size` bytes at `address` of an admitted module's writable data, as the file and its
 * relocations have them: for constants that stand in .data (the runtime's contract descriptor),
 * which the program never writes; of all other data only the dump knows what became of it.
 * *ret_laid false: the module's file was not admitted, or does not hold them.
 */
MUST_CHECK struct error *module_files_lay_data(struct module_files *files,
					       const struct elf_module *module, uint64_t address,
					       uint64_t size, bool *ret_laid);

/*
 * Lay a managed module's file (the one the target mapped at `address`, or `path` when the mapping
 * is unknown) under the target's file mappings of that path. `mvid`, 16 bytes, or NULL when the
 * target does not hold it. A file is refused when the MVID in its metadata differs, and, where the
 * target still has pages of the PE headers, when TimeDateStamp or SizeOfImage differ (ECMA-335
 * II.24.2.2, PE/COFF optional header). Without either proof only a file from --sysroot is taken:
 * the user vouches for it, and *ret_unverified is true.
 */
MUST_CHECK struct error *module_files_admit_pe(struct module_files *files, uint64_t address,
					       const char *path, const uint8_t *mvid,
					       bool *ret_admitted, bool *ret_unverified);

/* Why the last admit answered false, e.g. "no file /usr/…/libcoreclr.so here". Never NULL. */
const char *module_files_reason(const struct module_files *files);

#endif
