/*
 * May a thread of another process make a system call for us, or would a seccomp filter of its own
 * kill it for that? A filter that answers with an error is no danger (container runtimes' default
 * profiles do), but one that kills cannot be seen from outside: the kernel shows only how many
 * there are. So a filtered thread is trusted in two cases: the kernel lets us suspend its filters
 * and read them (PTRACE_O_SUSPEND_SECCOMP and PTRACE_SECCOMP_GET_FILTER, both for CAP_SYS_ADMIN in
 * the first user namespace), and they would do no harm if they came back because we are killed in
 * the middle; or we are in the same container under the same filters (as many, and ours from the
 * container's runtime or from an ancestor of both) and make the same calls on a process of our own
 * without being killed.
 */
#ifndef ATTACH_SYSCALL_FILTER_H
#define ATTACH_SYSCALL_FILTER_H

#include "base/error.h"

#include <sched.h>

/* The copy shares the descriptors, so that its end closes no connection and no lock; not the
 * folder: a process that shares that gets no rights of a set-user-id program (fs/exec.c:
 * check_unsafe_exec), nor into another mount namespace (fs/namespace.c: mntns_install). Its end
 * sends no signal (exit_signal 0). Should it ever run, it ends at once (attach/syscall_code.h),
 * with neither stack nor thread-local memory. */
enum {
	SNAPSHOT_CLONE_FLAGS = CLONE_FILES | CLONE_SETTLS,
	SNAPSHOT_CLONE_STACK = 16, /* aligned as arm64 wants it; nothing is there */
};

/* What ps and pgrep call the copy; without this, by the name of the thread that was borrowed. */
#define SNAPSHOT_COPY_NAME "clrpod-copy"

enum syscall_filter {
	SYSCALL_FILTER_NONE,
	SYSCALL_FILTER_PASSES,  /* the same as ours, which lets a trial pass */
	SYSCALL_FILTER_UNKNOWN, /* may kill the thread that makes the call */
};

/* Of thread `tid` of process `pid`. A trial forks and reaps a process of ours: not to be called
 * while anything is stopped. */
enum syscall_filter syscall_filter_of(int pid, int tid);

/* May this stopped thread of the process make the calls? It has no filter, or as many as ours, when
 * `first`, which syscall_filter_of() answered of the first thread that lives, says that these let
 * them pass.
 */
bool syscall_filter_trusts(enum syscall_filter first, int pid, int tid);

/* The same of one that runs: or can its filters be suspended and read, once it is stopped? */
bool syscall_filter_may_pass(enum syscall_filter first, int pid, int tid);

/* Is there a thread of the process that may make the calls? Asked of one that runs; forks as
 * syscall_filter_of(). */
bool syscall_filter_lets_through(int pid);

/* Would the filters of thread `tid`, which is in a ptrace stop of the calling thread, neither kill
 * it for one of the calls, nor keep it from setting its signal mask on the way home? false, too,
 * when they cannot be read. */
bool syscall_filter_spares(int tid);

#endif
