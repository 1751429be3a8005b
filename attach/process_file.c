#include "attach/process_file.h"

#include "attach/proc_file.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

int process_file_open(int pid, const char *path, int flags)
{
	flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	CLEANUP(fd_cleanup) int root = proc_link_open(pid, "root", O_PATH | O_DIRECTORY);
	if (root < 0)
		return -1;
	struct open_how how = { .flags = (unsigned)flags,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return (int)fd;
	/* Where there is no openat2 (before Linux 5.6, old seccomp profiles): absolute links lead
	 * astray, to files that are open to us anyhow. */
	while (*path == '/')
		path++;
	return openat(root, *path ? path : ".", flags);
}

int process_file_of_map(int pid, const struct process_map *map)
{
	char link[64];
	snprintf(link, sizeof(link), "map_files/%llx-%llx", (unsigned long long)map->start,
		 (unsigned long long)map->end);
	return proc_link_open(pid, link, O_PATH);
}
