/*
 * The notes of a core: the process, its threads' registers, its files. In the order of the kernel's
 * own cores (fs/binfmt_elf.c: write_note_info), which every reader is tested with: the first
 * thread's NT_PRSTATUS, NT_PRPSINFO, NT_SIGINFO, NT_AUXV, NT_FILE, the first thread's other
 * register sets; then the sets of each other thread, NT_PRSTATUS first. Last our own.
 */
#ifndef DUMP_COLLECT_CORE_NOTES_H
#define DUMP_COLLECT_CORE_NOTES_H

#include "attach/process_maps.h"
#include "attach/target/target.h"
#include "attach/thread_stop.h"
#include "base/text.h"
#include "dump/core/core_mark.h"

/* /proc/PID/stat, status and cmdline of the process, in its own PID namespace where it has one. */
struct core_process {
	int pid, parent_pid, group, session;
	unsigned uid, gid;
	char state; /* as in /proc/PID/stat */
	int nice;
	uint64_t flags;
	const char *name;      /* cut to 15 bytes */
	const char *arguments; /* cut to 79 bytes */

	const struct stopped_thread *threads; /* those without registers are left out */
	size_t thread_count;
	const struct process_map *maps; /* those with a path that begins with '/' */
	size_t map_count;
	const uint8_t *auxv; /* 0 bytes: no note */
	size_t auxv_size;
	uint32_t page_size; /* bytes: the unit of NT_FILE's offsets */
	uint32_t ticks_per_second;
	const struct core_mark *mark;     /* NULL: no note */
	const struct target_usage *usage; /* NULL, or not known: no note */
};

/* Appends the notes' bytes: the contents of PT_NOTE. ERROR_NO_MEMORY, or ERROR_UNSUPPORTED above
 * LIMIT_NOTE_BYTES. */
MUST_CHECK struct error *core_notes_build(const struct core_process *process, struct text *ret);

#endif
