/*
 * Where the .NET runtime's tables may be: ELF's part of the search. heap/contract decides which
 * candidate is real. In order: exported symbols in the target's own memory; the same after the
 * module's file was laid under it; else the module's writable memory, to be scanned.
 */
#ifndef DUMP_IMAGES_RUNTIME_FIND_H
#define DUMP_IMAGES_RUNTIME_FIND_H

#include "base/task.h"
#include "dump/images/module_files.h"

struct runtime_location {
	struct elf_module module; /* libcoreclr.so, or the main program of a single-file app */
	/* DotNetRuntimeContractDescriptor; 0: not found by symbol. Its bytes may be absent all the
	 * same: createdump's heap dumps hold the symbol tables' pages, by luck, and not the
	 * descriptor. */
	uint64_t descriptor;
	uint64_t dac_table;   /* g_dacTable; 0: not found by symbol */
	const char *found_by; /* "symbols", "file" (where the file had to help), "scan" */
};

/*
 * Candidates in the order to try: modules named libcoreclr.so first, then any module that exports
 * the symbols, then the main program (for a scan). An array in `arena`. ERROR_UNSUPPORTED when
 * nothing looks like a .NET runtime; the message names what was found instead (NativeAOT: a module
 * that exports DotNetRuntimeDebugHeader and no g_dacTable; .NET Core before 5: libcoreclr without
 * g_dacTable or descriptor whose file says so; none). ERROR_CANCELLED by the task, which may be
 * NULL.
 */
MUST_CHECK struct error *runtime_find(struct target *target, struct module_files *files,
				      const struct module_list *list, struct arena *arena,
				      const struct task *task, struct runtime_location **ret,
				      size_t *ret_count);

#endif
