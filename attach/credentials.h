/*
 * Our own user and group ids and our capabilities: taken on and given back. The kernel's rule for
 * looking into a process asks for the real ids (ptrace) and the file system ids (/proc/PID/mem):
 * both become the owner's, the saved ones stay ours, and so does what root is permitted. The saved
 * ids are all the state there is (credentials(7), capabilities(7)).
 *
 * While we are the owner, files of our own (the dump that is written) are opened, renamed and
 * removed as ourselves:
 *
 *	CLEANUP(credentials_resume) struct as_ourselves before = credentials_as_ourselves();
 *
 * What clrpod's file has by a file capability (setcap cap_sys_ptrace,cap_dac_override=p) is given
 * to every user that may execute it, for one thing: to look into a process. So it is never in
 * effect but for single calls on paths that clrpod itself makes (/proc/PID/..., ptrace, see
 * attach/proc_file.h and attach/process_file.h):
 *
 *	CLEANUP(credentials_lower) struct raised before = credentials_raise(CREDENTIALS_LOOK);
 *
 * and never while a path is opened that the user typed, or that a process or a dump names.
 *
 * Ids are those of the whole process, capabilities those of the calling thread: a thread begins
 * with what is in effect where it is made, and a process that is forked likewise. Nothing is
 * handed to another program, as none is executed.
 */
#ifndef ATTACH_CREDENTIALS_H
#define ATTACH_CREDENTIALS_H

#include "base/cleanup.h"
#include "base/error.h"

#include <sys/types.h>

/* Bits of capability sets (linux/capability.h), as CapEff, CapPrm and CapBnd of /proc/PID/status
 * show them. */
enum {
	CAPABILITY_DAC_OVERRIDE = 1,
	CAPABILITY_DAC_READ_SEARCH = 2,
	CAPABILITY_SETGID = 6,
	CAPABILITY_SETUID = 7,
	CAPABILITY_SYS_PTRACE = 19,
};

/*
 * To be called first, once. When the kernel gave us more than the process that started us has
 * (AT_SECURE of getauxval(3): a file capability), what is in effect of it (setcap ...=ep) is
 * dropped, and stays permitted; root keeps its own. ERROR_UNSUPPORTED for a set-user-id or
 * set-group-id file: those rights cannot be kept to single calls.
 */
MUST_CHECK struct error *credentials_begin(void);

/* Is the capability permitted: in effect, or to be raised? */
bool credentials_permitted(int capability);

/* What a call may use. */
enum credentials_use {
	/* SYS_PTRACE: to pass the kernel's rule for looking into a process, ptrace_may_access(). */
	CREDENTIALS_LOOK,
	/* And DAC_READ_SEARCH, or else DAC_OVERRIDE, which alone is in a container's bounding set:
	 * to open files of /proc/PID that are their owner's alone (mem, auxv, environ, pagemap,
	 * fs/proc/base.c: tgid_base_stuff). */
	CREDENTIALS_OPEN,
};

/* What was in effect before: bits 0 to 31 and 32 to 63. */
struct raised {
	bool changed;
	uint32_t effective[2];
};

/* Raises what is permitted of it and not in effect; without SYS_PTRACE nothing. Nests. */
MUST_CHECK struct raised credentials_raise(enum credentials_use use);

/* Puts back what was in effect. Leaves errno alone. */
void credentials_lower(const struct raised *before);

enum { CREDENTIALS_GROUPS_MAX = 1024 };

struct credentials {
	uid_t uid;
	gid_t gid;
	gid_t groups[CREDENTIALS_GROUPS_MAX];
	int group_count;
};

/* Takes on the ids and groups of process `pid`; *ret_before is for credentials_return(). 0, or an
 * errno when we may not (EPERM), it is gone (ESRCH), or we have too many groups (E2BIG); then
 * nothing has changed. */
MUST_CHECK int credentials_become_owner(int pid, struct credentials *ret_before);

/* Gives them back. 0 or an errno. */
MUST_CHECK int credentials_return(const struct credentials *before);

struct as_ourselves {
	bool changed;
	uid_t uid;
	gid_t gid;
};

/* The effective ids become the saved ones again, when they are not anyhow. */
MUST_CHECK struct as_ourselves credentials_as_ourselves(void);
void credentials_resume(const struct as_ourselves *before);

#endif
