/*
 * The modules of a process as modules and runtimes show them: ELF files, and PE files that are
 * mapped as files or that the runtime has loaded. A file whose headers the target does not have is
 * a module by its name, or when the program's entry point lies in it.
 */
#ifndef INSPECT_NATIVE_MODULES_H
#define INSPECT_NATIVE_MODULES_H

#include "dump/images/module_list.h"
#include "heap/types/clr_module.h"
#include "inspect/question.h"

/* What a libcoreclr.so, or a single-file program, exports. */
enum { RUNTIME_SYMBOLS = 4 };
extern const char *const runtime_symbol_names[RUNTIME_SYMBOLS];

struct native_module {
	uint64_t base, size; /* bytes */
	const char *path;
	const struct elf_module *elf; /* NULL: a PE file, or one without headers in the target */
	bool headers_missing;         /* of what the target has; it is a module by its name */
	struct clr_module *managed;   /* NULL: none that the runtime has loaded from here */
	const char *build_id;         /* hex; NULL: none, or not in the target */
	/* By native_module_describe(). */
	const char *version; /* NULL: unknown */
	bool has_headers;    /* of a PE file: the two below */
	uint32_t header_image_size, header_timestamp;
	uint64_t symbols[RUNTIME_SYMBOLS]; /* addresses; 0: not exported, or tables not there */
};

struct native_modules {
	struct native_module *modules; /* by address; in scratch */
	size_t count;
};

/* What is missing is reported by question_missing(). */
MUST_CHECK struct error *native_modules_read(const struct question *question,
					     struct native_modules *ret);
MUST_CHECK struct error *native_module_describe(const struct question *question,
						struct native_module *module);

/* The program headers of an ELF module; false: it is none, or they cannot be read, which is
 * counted.
 */
bool native_module_headers(const struct question *question, const struct native_module *module,
			   struct elf_image *ret);

/* The module that holds the runtime's tables; NULL: none. */
struct native_module *native_modules_runtime(const struct question *question,
					     const struct native_modules *modules);

#endif
