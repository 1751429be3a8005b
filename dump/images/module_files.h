/*
 * Files of modules, for pages that a dump lacks. A file is looked for as DIR/path-in-dump and
 * DIR/basename (--sysroot DIR), at the path in the dump itself (a live process's own file of that
 * path), then anywhere below DIR by its basename (dump/images/file_search.h). ELF files are
 * admitted only when their build-id is the dump's. Their read-only segments are mapped, and of
 * their RELRO range a private copy is made with R_*_RELATIVE relocations applied (in the file those
 * words are zeros or link-time values). Managed PE files: see module_files_admit_pe().
 */
#ifndef DUMP_IMAGES_MODULE_FILES_H
#define DUMP_IMAGES_MODULE_FILES_H

#include "base/task.h"
#include "dump/images/module_list.h"
#include "dump/images/pe_file.h"

struct module_files; /* the directories and what was admitted so far */

/* `overlay` is an overlay target, which may be closed before or after the files are freed; sysroot
 * may be NULL. */
MUST_CHECK struct error *module_files_new(struct target *overlay, const char *sysroot,
					  struct module_files **ret);
void module_files_free(struct module_files *files);

/* What may stop the search for files and the unpacking of bundled ones from now on: an admit then
 * answers ERROR_CANCELLED. Borrowed; NULL: nothing may. */
void module_files_set_task(struct module_files *files, const struct task *task);

/* Lay the module's file under the target. *ret_admitted false (no error): no file, or another
 * build-id; module_files_reason() then says which in one clause. Asking twice is cheap. */
MUST_CHECK struct error *module_files_admit_elf(struct module_files *files,
						const struct elf_module *module,
						bool *ret_admitted);

/*
 * Lay `size` bytes at `address` of an admitted module's writable data, as the file and its
 * relocations have them: for constants that are in .data (the runtime's contract descriptor), which
 * the program never writes; of all other data only the dump knows what became of it. *ret_laid
 * false: the module's file was not admitted, or does not hold them.
 */
MUST_CHECK struct error *module_files_lay_data(struct module_files *files,
					       const struct elf_module *module, uint64_t address,
					       uint64_t size, bool *ret_laid);

/* An image of a managed module in the target's memory, as the runtime says. */
struct managed_image {
	uint64_t address; /* 0: the runtime has none */
	uint64_t size;    /* bytes: of the file when it is flat, else SizeOfImage; 0: unknown */
	bool mapped;      /* RVAs are offsets, else it is flat: as it is in the file */
};

/* A managed module, and what the target knows of it that distinguishes its file from another. */
struct managed_file {
	struct managed_image loaded, flat;
	const char *path;    /* as the runtime has it; "" or NULL: unknown */
	const uint8_t *mvid; /* 16 bytes; NULL: not in the target */
	/* Rows of metadata tables, as the runtime's maps were made for them; 0: unknown. */
	uint32_t rows[PE_COUNTED_TABLES];
};

/*
 * Lay a managed module's file under its images. The file is the one that is mapped there (from an
 * offset in it: the executable of a single-file app), or the one that `path` names, or a file of
 * that name in the bundle of a mapped program in the same directory: compressed ones are nowhere
 * mapped. A file is refused when its MVID differs, its size, its number of rows, and, where the
 * target still has pages of the PE headers, TimeDateStamp or SizeOfImage (ECMA-335 II.24.2.2,
 * PE/COFF optional header). Equal MVIDs or equal TimeDateStamps prove it. Without proof only a file
 * from --sysroot is taken: the user vouches for it, and *ret_unverified is true; but not when
 * different files of that name are below it. What a compressed bundle holds is unpacked into
 * memory, and refused when this process has no room for it, or the bundles' files need more than
 * LIMIT_BUNDLED_BYTES together.
 */
MUST_CHECK struct error *module_files_admit_pe(struct module_files *files,
					       const struct managed_file *file, bool *ret_admitted,
					       bool *ret_unverified);

/* The directory that was named to look below; NULL: none, so that naming one may help. `files` may
 * be NULL. */
const char *module_files_sysroot(const struct module_files *files);

/* Why the last admit answered false, e.g. "no file /usr/…/libcoreclr.so here". Never NULL. */
const char *module_files_reason(const struct module_files *files);

/* Was it that a file was found and not taken? */
bool module_files_refused(const struct module_files *files);

#endif
