/*
 * The bytes of a managed PE file, laid under an overlay wherever the target has the image: under
 * each mapping of the file, or, where the target does not say that it is mapped, at the addresses
 * that the runtime gives. What loading changes (relocated pages, writable sections) is left out.
 */
#ifndef DUMP_IMAGES_PE_LAYER_H
#define DUMP_IMAGES_PE_LAYER_H

#include "base/task.h"
#include "dump/images/module_files.h"

struct pe_source {
	const uint8_t *bytes; /* of the file; the overlay's already */
	size_t size;
	uint64_t offset; /* of the PE image in it */
	uint64_t end;    /* of the PE image in it */
	const struct pe_file *image;
};

/* mapped_path: which mappings are the file's. NULL: `loaded` and `flat` say where it is. *ret_laid
 * false: it is nowhere. The task may be NULL. */
MUST_CHECK struct error *pe_layer_lay(struct target *overlay, const struct pe_source *source,
				      const char *mapped_path, const struct managed_file *file,
				      const struct task *task, bool *ret_laid);

#endif
