/*
 * Our own user and group ids and our SYS_PTRACE: taken on and given back. The kernel's rule for
 * looking into a process asks for the real ids (ptrace) and the file system ids (/proc/PID/mem):
 * both become the owner's, the saved ones stay ours, and so does what root is permitted. The saved
 * ids are all the state there is (credentials(7), capabilities(7)).
 *
 * While we are the owner, files of our own (the dump that is written) are opened, renamed and
 * removed as ourselves:
 *
 *	CLEANUP(credentials_resume) struct as_ourselves before = credentials_as_ourselves();
 *
 * Ids are those of the whole process, capabilities those of the calling thread.
 */
#ifndef ATTACH_CREDENTIALS_H
#define ATTACH_CREDENTIALS_H

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

bool credentials_effective(int capability);

/*
 * Raises what is permitted and not in effect of SYS_PTRACE and, to open files of /proc that are
 * their owner's alone (mem, auxv, pagemap), DAC_READ_SEARCH or else DAC_OVERRIDE: what a file
 * capability "cap_sys_ptrace,cap_dac_override=p" gives to whoever starts us.
 */
void credentials_raise(void);

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
