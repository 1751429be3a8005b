/*
 * The processor that a process's code is for, by the ELF header of its program (System V ABI,
 * chapter 4).
 */
#ifndef ATTACH_PROCESS_ARCHITECTURE_H
#define ATTACH_PROCESS_ARCHITECTURE_H

#include "attach/target/target.h"

/* `id` names its files of /proc (process_memory_id(), or a snapshot's copy), `pid` the process in
 * messages. ERROR_UNSUPPORTED: it is neither x64 nor arm64. ERROR_OS: its program cannot be read.
 */
MUST_CHECK struct error *process_architecture_read(int id, int pid,
						   const struct architecture **ret);

#endif
