#include "attach/process_file.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

/* Where there is no openat2 (before Linux 5.6, old seccomp profiles): absolute links lead astray.
 */
static int open_plainly(int pid, const char *path, int flags)
{
	char full[64 + LIMIT_PATH_BYTES];
	int length = snprintf(full, sizeof(full), "/proc/%d/root%s", pid, path);
	if (length < 0 || (size_t)length >= sizeof(full)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(full, flags);
}

int process_file_open(int pid, const char *path, int flags)
{
	char root[64];
	flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	CLEANUP(fd_cleanup) int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	struct open_how how = { .flags = (unsigned)flags,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_plainly(pid, path, flags);
	return (int)fd;
}
