/* What the parts of module_files share: ELF modules (module_files.c), managed ones
 * (managed_files.c). */
#ifndef DUMP_IMAGES_MODULE_FILES_INTERNAL_H
#define DUMP_IMAGES_MODULE_FILES_INTERNAL_H

#include "base/cleanup.h"
#include "dump/images/file_search.h"
#include "dump/images/module_files.h"

/* An answer, kept so that asking twice is cheap. */
struct answer {
	uint64_t address;
	const char *path;
	bool admitted, unverified, refused;
	struct mapped_file file; /* of an admitted ELF module; the overlay's */
	const char *reason;
};

struct module_files {
	struct target *overlay;
	struct file_search *search;
	const struct task *task; /* may be NULL */
	uint64_t unpacked_bytes; /* of bundled files, so far */
	struct arena arena;      /* of the answers */
	struct answer *answers;
	size_t count, capacity;
	const char *reason;
	bool refused;          /* the reason is that a file was not the one */
	const char **programs; /* mapped files that may be bundles; NULL: not looked for yet */
	size_t program_count;
};

/* One clause on why not; of several files the last one's counts. */
void module_files_explain(struct module_files *files, const char *format, ...) PRINTF_LIKE(2, 3);

/* NULL: it was not asked for yet. */
const struct answer *module_files_known(struct module_files *files, uint64_t address,
					const char *path);

/* Copies its path, and the reason as it is now. */
MUST_CHECK struct error *module_files_remember(struct module_files *files, struct answer answer);

/* A file that was opened: given to the overlay (*file is empty then), or unmapped. */
MUST_CHECK struct error *module_files_hand_over(struct module_files *files,
						struct mapped_file *file);
void opened_file_cleanup(struct mapped_file *file);

#endif
