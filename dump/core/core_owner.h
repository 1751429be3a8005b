/*
 * Which process a core is of, by its notes, read with pread(2) alone: the file may still change.
 */
#ifndef DUMP_CORE_CORE_OWNER_H
#define DUMP_CORE_CORE_OWNER_H

#include "base/error.h"

/* The process of a 64-bit ELF core: pr_pid of the first NT_PRPSINFO (linux/elfcore.h: struct
 * elf_prpsinfo), as the process's own PID namespace has it. 0: no core, or none that says so.
 * ERROR_OS when the file cannot be read, ERROR_NO_MEMORY. The descriptor's position stays. */
MUST_CHECK struct error *core_owner_read(int fd, int *ret_pid);

#endif
