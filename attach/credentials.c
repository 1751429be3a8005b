#include "attach/credentials.h"

#include "attach/proc_file.h"
#include "base/limits.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

_Static_assert(CAPABILITY_SYS_PTRACE == CAP_SYS_PTRACE && CAPABILITY_SETUID == CAP_SETUID &&
		       CAPABILITY_SETGID == CAP_SETGID &&
		       CAPABILITY_DAC_OVERRIDE == CAP_DAC_OVERRIDE &&
		       CAPABILITY_DAC_READ_SEARCH == CAP_DAC_READ_SEARCH,
	       "linux/capability.h");

typedef struct __user_cap_data_struct capability_sets[_LINUX_CAPABILITY_U32S_3];

static bool get_sets(capability_sets ret)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	return !syscall(SYS_capget, &header, ret);
}

static bool set_sets(capability_sets sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	return !syscall(SYS_capset, &header, sets);
}

struct error *credentials_begin(void)
{
	capability_sets sets;
	if (!getauxval(AT_SECURE))
		return NULL;
	if (getuid() != geteuid() || getgid() != getegid())
		return error_new(
			ERROR_UNSUPPORTED,
			"clrpod's file is set-user-id or set-group-id, which would let "
			"whoever starts it write files as uid %u gid %u: chmod ug-s it, and "
			"setcap cap_sys_ptrace,cap_dac_override=p",
			geteuid(), getegid());
	/* A security module, too, can ask for AT_SECURE, where a container is entered. */
	if (!getuid() || !get_sets(sets))
		return NULL;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = 0;
	return set_sets(sets) ? NULL : error_os(errno, "cannot drop clrpod's file capabilities");
}

bool credentials_permitted(int capability)
{
	capability_sets sets;
	return get_sets(sets) && sets[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability);
}

static bool raise_one(capability_sets sets, int capability)
{
	struct __user_cap_data_struct *set = &sets[CAP_TO_INDEX(capability)];
	if (!(set->permitted & CAP_TO_MASK(capability)))
		return false;
	set->effective |= CAP_TO_MASK(capability);
	return true;
}

struct raised credentials_raise(enum credentials_use use)
{
	capability_sets sets;
	struct raised before = { 0 };
	if (!get_sets(sets))
		return before;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		before.effective[i] = sets[i].effective;
	if (!raise_one(sets, CAP_SYS_PTRACE))
		return before;
	if (use == CREDENTIALS_OPEN && !raise_one(sets, CAP_DAC_READ_SEARCH))
		raise_one(sets, CAP_DAC_OVERRIDE);
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		before.changed |= sets[i].effective != before.effective[i];
	/* Refused: the call that wanted it says so. */
	before.changed = before.changed && set_sets(sets);
	return before;
}

void credentials_lower(const struct raised *before)
{
	capability_sets sets;
	int error_number = errno;
	if (!before->changed)
		return;
	bool known = get_sets(sets);
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = before->effective[i];
	/* Both calls have worked when it was raised, and giving up is never refused (capset(2)).
	 */
	(void)(known && set_sets(sets));
	errno = error_number;
}

/* Leaving the effective user id 0 clears what is in effect, not what is permitted. Root's own: the
 * kernel compares a process's capabilities with those that are in effect of ours
 * (security/commoncap.c: cap_ptrace_access_check). */
static void raise_permitted(void)
{
	capability_sets sets;
	if (!get_sets(sets))
		return;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = sets[i].permitted;
	(void)set_sets(sets); /* refused: the attempt that wanted it says so */
}

static int read_owner(int pid, struct credentials *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t uid, gid;
	size_t length;
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid) ||
	    !proc_number(&status, "Uid", 10, &uid) || !proc_number(&status, "Gid", 10, &gid))
		return ESRCH;
	ret->uid = (uid_t)uid;
	ret->gid = (gid_t)gid;
	ret->group_count = 0;
	const char *at = proc_field(&status, "Groups", &length), *end = at ? at + length : at;
	while (at < end && ret->group_count < CREDENTIALS_GROUPS_MAX) {
		char *next;
		unsigned long group = strtoul(at, &next, 10);
		if (next == at || next > end)
			break;
		ret->groups[ret->group_count++] = (gid_t)group;
		at = next;
	}
	return 0;
}

int credentials_return(const struct credentials *before)
{
	uid_t any_user = (uid_t)-1;
	if (setresuid(any_user, before->uid, any_user) ||
	    setresgid(before->gid, before->gid, before->gid) ||
	    setgroups((size_t)before->group_count, before->groups) ||
	    setresuid(before->uid, before->uid, before->uid))
		return errno;
	return 0;
}

int credentials_become_owner(int pid, struct credentials *ret_before)
{
	struct credentials owner;
	int failed = read_owner(pid, &owner);
	if (failed)
		return failed;
	ret_before->uid = geteuid();
	ret_before->gid = getegid();
	ret_before->group_count = getgroups(CREDENTIALS_GROUPS_MAX, ret_before->groups);
	if (ret_before->group_count < 0)
		return E2BIG;
	if (setgroups((size_t)owner.group_count, owner.groups) ||
	    setresgid(owner.gid, owner.gid, ret_before->gid) ||
	    setresuid(owner.uid, owner.uid, ret_before->uid)) {
		failed = errno;
		int worse = credentials_return(ret_before);
		return worse ? worse : failed;
	}
	raise_permitted();
	return 0;
}

struct as_ourselves credentials_as_ourselves(void)
{
	struct as_ourselves before = { 0 };
	uid_t real_uid, saved_uid;
	gid_t real_gid, saved_gid;
	if (getresuid(&real_uid, &before.uid, &saved_uid) ||
	    getresgid(&real_gid, &before.gid, &saved_gid) ||
	    (saved_uid == before.uid && saved_gid == before.gid))
		return before;
	/* The ids we came with: never refused. */
	before.changed = !setresuid((uid_t)-1, saved_uid, (uid_t)-1) &&
			 !setresgid((gid_t)-1, saved_gid, (gid_t)-1);
	return before;
}

void credentials_resume(const struct as_ourselves *before)
{
	if (!before->changed)
		return;
	if (setresgid((gid_t)-1, before->gid, (gid_t)-1) ||
	    setresuid((uid_t)-1, before->uid, (uid_t)-1))
		return; /* we stay ourselves */
	raise_permitted();
}
