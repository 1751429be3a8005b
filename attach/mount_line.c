#include "attach/mount_line.h"

#include "base/list.h"

bool mount_line_parse(char *line, struct mount_line *ret)
{
	char *rest = line, *words[64];
	size_t count = 0, dash = 0;
	while (count < COUNT_OF(words) && (words[count] = strsep(&rest, " ")))
		count++;
	for (size_t i = 6; i < count && !dash; i++)
		if (!strcmp(words[i], "-"))
			dash = i;
	if (!dash || dash + 3 >= count)
		return false;
	char *minor = strchr(words[2], ':');
	*ret = (struct mount_line){ .id = strtoull(words[0], NULL, 10),
				    .device_major = (unsigned)strtoul(words[2], NULL, 10),
				    .device_minor =
					    minor ? (unsigned)strtoul(minor + 1, NULL, 10) : 0,
				    .root = words[3],
				    .point = words[4],
				    .file_system = words[dash + 1],
				    .options = words[dash + 3] };
	return true;
}

bool mount_line_is_far(const struct mount_line *mount)
{
	static const char *const local[] = { "overlay",  "aufs", "tmpfs", "btrfs",
					     "bcachefs", "zfs",  "ramfs", "hugetlbfs",
					     "devtmpfs", "proc", "sysfs" };
	for (size_t i = 0; i < COUNT_OF(local); i++)
		if (!strcmp(mount->file_system, local[i]))
			return false;
	return !mount->device_major;
}
