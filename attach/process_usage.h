/*
 * How much memory a process has: /proc/PID/status (proc(5): VmRSS, RssAnon, RssFile, RssShmem,
 * which the kernel counts roughly since Linux 6.2, by a few pages a processor) and its control
 * groups' limit. Nothing of the process's memory is read, and no lock of it is taken.
 */
#ifndef ATTACH_PROCESS_USAGE_H
#define ATTACH_PROCESS_USAGE_H

#include "attach/target/target.h"

/* *ret zeroed where the kernel does not say. */
void process_usage_read(int pid, struct target_usage *ret);

#endif
