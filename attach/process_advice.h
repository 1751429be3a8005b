/*
 * What would let us look into a process, in words to paste: the lines of a pod's spec, a command of
 * kubectl, podman or sudo, whichever fits where the process lives. Part of attach/process_access.
 */
#ifndef ATTACH_PROCESS_ADVICE_H
#define ATTACH_PROCESS_ADVICE_H

#include "base/text.h"

/* What would help; each that is true is named. */
struct process_wants {
	int pid;
	bool owner; /* the ids below */
	unsigned long long uid, gid;
	bool capability; /* SYS_PTRACE */
	bool scope;      /* Yama's ptrace_scope at 0 */
	bool inside;     /* to run in its own user namespace */
};

/* Appends ": …", or nothing when nothing helps. */
void process_advise(const struct process_wants *wants, struct text *ret);

#endif
