/*
 * What the process was started with for its GC: variables of its environment (DOTNET_GC…) and
 * properties of its runtimeconfig.json (System.GC.…), as they were written. Which of two wins, and
 * what an absent one defaults to, is the runtime's (src/coreclr/gc/gcconfig.h); what the GC has
 * made of them is in struct gc_heap.
 *
 * The environment is where the kernel put it: its strings end where the name of the program that
 * was run begins (fs/exec.c: copy_strings, bprm->exec; AT_EXECFN). What the process changed
 * afterwards is not in it. Properties are in System.AppContext.s_dataStore.
 */
#ifndef INSPECT_GC_SETTINGS_H
#define INSPECT_GC_SETTINGS_H

#include "inspect/question.h"

#include <stddef.h>

enum { GC_SETTINGS_MAX = 64 };

struct gc_setting {
	const char *name, *value; /* a long value is cut */
	bool is_variable;         /* of the environment; else of runtimeconfig.json */
};

struct gc_settings {
	struct gc_setting settings[GC_SETTINGS_MAX];
	size_t count;
	uint64_t dropped; /* for which there was no room */
};

/* In the question's scratch arena. What cannot be read is counted with question_missing().
 * ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *gc_settings_read(const struct question *question, struct gc_settings *ret);

#endif
