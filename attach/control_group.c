#include "attach/control_group.h"

#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { OURSELVES = 0, FOLDER_BYTES = 2 * LIMIT_PATH_BYTES };

/* A group's folder: where its hierarchy is mounted, and the way from there. */
struct group {
	const struct control_hierarchy *hierarchy;
	int viewer; /* the process that these mounts are of, or OURSELVES */
	char mount[LIMIT_PATH_BYTES];
	const char *way; /* "" or "/a/b" */
	size_t way_length;
};

/* Is it one of the words of a list that commas separate, which ends at `end`? */
static bool list_has(const char *list, const char *end, const char *word)
{
	size_t length = strlen(word);
	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t word_length = (size_t)((comma ? comma : end) - list);
		if (word_length == length && !memcmp(list, word, length))
			return true;
		list += word_length + 1;
	}
	return false;
}

/* The path of a line "ID:CONTROLLERS:PATH" of /proc/PID/cgroup; v2's has no controllers. */
static const char *find_path(const struct text *groups, const char *controller, size_t *ret_length)
{
	for (const char *line = text_string(groups); *line;) {
		const char *end = strchrnul(line, '\n');
		const char *names = memchr(line, ':', (size_t)(end - line));
		const char *path = names ? memchr(names + 1, ':', (size_t)(end - names - 1)) : NULL;
		if (path &&
		    (*controller ? list_has(names + 1, path, controller) : path == names + 1)) {
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
	const struct control_hierarchy *hierarchy = group->hierarchy;
	const char *options = mount->options, *end = options + strlen(options);
	size_t root = strcmp(mount->root, "/") ? strlen(mount->root) : 0;
	if (strcmp(mount->file_system, hierarchy->file_system) ||
	    (*hierarchy->controller && !list_has(options, end, hierarchy->controller)) ||
	    length < root || strncmp(path, mount->root, root) ||
	    (length > root && path[root] != '/'))
		return false;
	group->way = path + root;
	group->way_length = length - root;
	if (group->way_length == 1)
		group->way_length = 0; /* "/" */
	return !memmem(group->way, group->way_length, "/..", 3);
}

static int read_mounts(int viewer, struct text *ret)
{
	if (viewer == OURSELVES)
		return proc_file_read(ret, LIMIT_PROC_FILE_BYTES, "/proc/self/mountinfo");
	return proc_file_read(ret, LIMIT_PROC_FILE_BYTES, "/proc/%d/mountinfo", viewer);
}

/* The kernel shows both files, of any process, relative to our own cgroup namespace
 * (cgroup_namespaces(7)): a neighbour's path and the root of its mount begin alike ("/../NAME"). */
static bool find_group(const char *path, size_t length, struct group *group)
{
	CLEANUP(text_deinit) struct text mounts = { 0 };
	if (read_mounts(group->viewer, &mounts) || !mounts.length)
		return false;
	char *rest = mounts.bytes, *line;
	while ((line = strsep(&rest, "\n"))) {
		struct mount_line mount;
		if (!mount_line_parse(line, &mount) || !below_mount(&mount, path, length, group))
			continue;
		int size = snprintf(group->mount, sizeof(group->mount), "%s", mount.point);
		if (size > 0 && (size_t)size < sizeof(group->mount))
			return true;
	}
	return false;
}

/* A process may have mounted something else in the place of its group. (Another group's files are
 * not distinguished from its own.) Closes what is none: -1 with errno. */
static int checked(int fd)
{
	struct statfs system;
	if (fd < 0 || (!fstatfs(fd, &system) && (system.f_type == CGROUP_SUPER_MAGIC ||
						 system.f_type == CGROUP2_SUPER_MAGIC)))
		return fd;
	close(fd);
	errno = ENOTDIR;
	return -1;
}

/* Our own mounts need no way through /proc. -1 with errno. */
static int open_folder(const struct group *group, char ret_path[static FOLDER_BYTES])
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
	char root[32] = "";
	if (group->viewer != OURSELVES)
		snprintf(root, sizeof(root), "/proc/%d/root", group->viewer);
	int size = snprintf(ret_path, FOLDER_BYTES, "%s%s%.*s", root, group->mount,
			    (int)group->way_length, group->way);
	if (size < 0 || size >= FOLDER_BYTES) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (group->viewer == OURSELVES)
		return open(ret_path, FLAGS);
	return process_file_open(group->viewer, ret_path + strlen(root), FLAGS);
}

static void go_up(struct group *group)
{
	while (group->way_length && group->way[group->way_length - 1] != '/')
		group->way_length--;
	while (group->way_length && group->way[group->way_length - 1] == '/')
		group->way_length--;
}

/* From the group up to the mount. *ret_seen false: the group cannot be seen. */
static struct error *visit_upwards(struct group *group, control_group_visitor visit, void *context,
				   bool *ret_seen)
{
	*ret_seen = false;
	for (;;) {
		char path[FOLDER_BYTES];
		CLEANUP(fd_cleanup) int folder = checked(open_folder(group, path));
		if (folder < 0 && !*ret_seen)
			return NULL;
		*ret_seen = true;
		if (folder >= 0)
			TRY(visit(folder, path, context));
		if (!group->way_length)
			return NULL;
		go_up(group);
	}
}

struct error *control_group_visit(int pid, const struct control_hierarchy *hierarchy,
				  control_group_visitor visit, void *context,
				  enum control_group_answer *ret)
{
	CLEANUP(text_deinit) struct text groups = { 0 };
	struct group group = { .hierarchy = hierarchy };
	const int viewers[] = { OURSELVES, pid };
	size_t length;
	*ret = CONTROL_GROUP_HIDDEN;
	if (proc_file_read(&groups, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", pid))
		return NULL;
	*ret = CONTROL_GROUP_NONE;
	const char *path = find_path(&groups, hierarchy->controller, &length);
	if (!path)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(viewers); i++) {
		bool seen;
		group.viewer = viewers[i];
		if (!find_group(path, length, &group))
			continue;
		struct error *error = visit_upwards(&group, visit, context, &seen);
		*ret = CONTROL_GROUP_SEEN;
		if (error_take_stop(&error) || error || seen)
			return error;
	}
	*ret = length <= 1 ? CONTROL_GROUP_ROOT : CONTROL_GROUP_HIDDEN;
	return NULL;
}

int control_group_open(int folder, const char *name)
{
	return checked(openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

bool control_group_file(int folder, const char *name, struct text *ret)
{
	CLEANUP(fd_cleanup) int fd = control_group_open(folder, name);
	return fd >= 0 && !proc_read_all(fd, ret, LIMIT_PROC_FILE_BYTES);
}

bool control_group_number(int folder, const char *name, uint64_t *ret)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	char *end;
	if (!control_group_file(folder, name, &file))
		return false;
	*ret = strtoull(text_string(&file), &end, 10);
	return end > text_string(&file);
}
