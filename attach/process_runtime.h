/*
 * Is a process .NET, and which? Found by its mappings, its main program's file and its threads'
 * names. Part of attach/process_find.
 */
#ifndef ATTACH_PROCESS_RUNTIME_H
#define ATTACH_PROCESS_RUNTIME_H

#include "attach/process_find.h"
#include "attach/process_maps.h"

/* Fills runtime, runtime_path, version and architecture. maps NULL: not readable. Of a silent one
 * no file is opened. *ret false: not
 * .NET. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *process_runtime_detect(const struct process_maps *maps,
						struct arena *arena, struct process_info *info,
						bool *ret);

/* "10.0.12" of ".../Microsoft.NETCore.App/10.0.12/libcoreclr.so" (dotnet/runtime's layout of a
 * shared framework); NULL: another path. *ret_length of it. */
const char *process_version_in_path(const char *path, size_t *ret_length);

/* The version of a runtime from the line that its build leaves in the file: "@(#)Version
 * 10.0.1226.42308 @Commit: …" (dotnet/runtime eng/native/version: sccsid), whose third number is
 * patch * 100 + year: "10.0.12". False: `line` (a NUL-terminated text after "@(#)Version ") is
 * none. */
bool process_version_in_line(const char *line, char *buffer, size_t size);

#endif
