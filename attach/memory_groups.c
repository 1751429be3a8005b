#include "attach/memory_groups.h"

#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <fcntl.h>
#include <unistd.h>

static const struct memory_files versions[] = {
	{ "memory",
	  "cgroup",
	  "memory.limit_in_bytes",
	  "memory.usage_in_bytes",
	  NULL,
	  { "total_inactive_file ", "total_active_file " } },
	{ "",
	  "cgroup2",
	  "memory.max",
	  "memory.current",
	  "memory.oom.group",
	  { "inactive_file ", "active_file " } },
};

/* A group's folder: where its hierarchy is mounted, and the way from there. */
struct group {
	const struct memory_files *files;
	char mount[LIMIT_PATH_BYTES];
	const char *way; /* "" or "/a/b" */
	size_t way_length;
};

/* The path of a line "ID:CONTROLLERS:PATH" of /proc/PID/cgroup, as we see it. */
static const char *find_path(const struct text *groups, const struct memory_files *files,
			     size_t *ret_length)
{
	for (const char *line = text_string(groups); *line;) {
		const char *end = strchrnul(line, '\n');
		const char *names = memchr(line, ':', (size_t)(end - line));
		const char *path = names ? memchr(names + 1, ':', (size_t)(end - names - 1)) : NULL;
		size_t length = strlen(files->controller);
		if (path && (length ? memmem(names + 1, (size_t)(path - names - 1),
					     files->controller, length) != NULL
				    : path == names + 1)) {
			*ret_length = (size_t)(end - path - 1);
			return path + 1;
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}

/* Is the group at or below the mount's root? The way from there. */
static bool below_mount(const struct mount_line *mount, const char *path, size_t length,
			struct group *group)
{
	size_t root = strcmp(mount->root, "/") ? strlen(mount->root) : 0;
	if (strcmp(mount->file_system, group->files->file_system) ||
	    (*group->files->controller && !strstr(mount->options, group->files->controller)) ||
	    length < root || strncmp(path, mount->root, root) ||
	    (length > root && path[root] != '/'))
		return false;
	group->way = path + root;
	group->way_length = length - root;
	if (group->way_length == 1)
		group->way_length = 0; /* "/" */
	return !memmem(group->way, group->way_length, "/..", 3);
}

/* Both files are told to us relative to our own cgroup namespace (cgroup_namespaces(7)), whosever
 * they are: a neighbour's path and the root of its mount begin alike ("/../NAME"). */
static bool find_group(int viewer, const char *path, size_t length, struct group *group)
{
	CLEANUP(text_deinit) struct text mounts = { 0 };
	if (proc_file_read(&mounts, LIMIT_PROC_FILE_BYTES, "/proc/%d/mountinfo", viewer) ||
	    !mounts.length)
		return false;
	char *rest = mounts.bytes, *line;
	while ((line = strsep(&rest, "\n"))) {
		struct mount_line mount;
		if (!mount_line_parse(line, &mount) || !below_mount(&mount, path, length, group))
			continue;
		int size = snprintf(group->mount, sizeof(group->mount), "/proc/%d/root%s", viewer,
				    mount.point);
		if (size > 0 && (size_t)size < sizeof(group->mount))
			return true;
	}
	return false;
}

/* Not access(2): that asks with the real ids, without a file capability of ours. The one place
 * where this file opens what belongs to the process (a folder below /proc/PID/root). */
static bool can_open(const char *folder)
{
	CLEANUP(fd_cleanup) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0;
}

/* From the group up to the mount: each may have a limit. False: the group is not to be seen. */
static bool visit_upwards(struct group *group, memory_group_visitor visit, void *context)
{
	char folder[2 * LIMIT_PATH_BYTES];
	snprintf(folder, sizeof(folder), "%s%.*s", group->mount, (int)group->way_length,
		 group->way);
	if (!can_open(folder))
		return false;
	for (;;) {
		snprintf(folder, sizeof(folder), "%s%.*s", group->mount, (int)group->way_length,
			 group->way);
		visit(group->files, folder, context);
		if (!group->way_length)
			return true;
		while (group->way_length && group->way[group->way_length - 1] != '/')
			group->way_length--;
		while (group->way_length && group->way[group->way_length - 1] == '/')
			group->way_length--;
	}
}

/* v1's controller is in one place: with it there, v2's groups limit nothing. */
bool memory_groups_visit(int pid, memory_group_visitor visit, void *context)
{
	CLEANUP(text_deinit) struct text groups = { 0 };
	const int viewers[] = { (int)getpid(), pid };
	if (proc_file_read(&groups, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", pid))
		return false;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct group group = { .files = &versions[i] };
		size_t length;
		const char *path = find_path(&groups, group.files, &length);
		if (!path)
			continue;
		for (size_t viewer = 0; viewer < 2; viewer++)
			if (find_group(viewers[viewer], path, length, &group) &&
			    visit_upwards(&group, visit, context))
				return true;
		return length <= 1;
	}
	return false;
}
