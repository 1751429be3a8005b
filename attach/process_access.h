/*
 * Which process may look into which: the words for a refusal. The kernel's rule is ptrace(2),
 * "Ptrace access mode checking" (kernel/ptrace.c: __ptrace_may_access, security/yama/yama_lsm.c):
 * all three user and group ids equal to ours, or CAP_SYS_PTRACE; then dumpable; then Yama.
 */
#ifndef ATTACH_PROCESS_ACCESS_H
#define ATTACH_PROCESS_ACCESS_H

#include "base/error.h"

#include <stddef.h>

enum { PROCESS_REASON_BYTES = 1024 };

/* Why `pid` may not be read or stopped, as a clause that names what grants it: lines of a pod's
 * spec, a command to paste. os_errno is what the attempt said. Fits PROCESS_REASON_BYTES. */
void process_access_reason(int pid, int os_errno, char *buffer, size_t size);

/* The reason when the tracer is outside of our PID namespace, where it has no id. */
extern const char process_unseen_tracer[];

/* ERROR_OS with that reason and os_errno: the process's memory cannot be read. */
MUST_CHECK struct error *process_access_denied(int pid, int os_errno);

/* The same of stopping it. */
MUST_CHECK struct error *process_stop_denied(int pid, int os_errno);

/* Can memory be read: open /proc/PID/mem and read one mapped byte at `address`. 0 or an errno. */
int process_memory_probe(int pid, uint64_t address);

#endif
