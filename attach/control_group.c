#include "attach/control_group.h"

#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <unistd.h>

enum { FOLDER_BYTES = 2 * LIMIT_PATH_BYTES };

/* A group's folder: where its hierarchy is mounted, and the way from there. */
struct group {
	const struct control_hierarchy *hierarchy;
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

struct mount_line {
	const char *root, *point, *file_system, *options; /* each ends with a NUL */
};

/* "36 35 98:0 /root /point rw,noatime master:1 - cgroup2 cgroup rw,memory" (proc(5)). */
static bool parse_mount(char *line, struct mount_line *ret)
{
	char *rest = line, *words[64];
	size_t count = 0, dash = 0;
	while (count < sizeof(words) / sizeof(words[0]) && (words[count] = strsep(&rest, " ")))
		count++;
	for (size_t i = 6; i < count && !dash; i++)
		if (!strcmp(words[i], "-"))
			dash = i;
	if (!dash || dash + 3 >= count)
		return false;
	*ret = (struct mount_line){ .root = words[3],
				    .point = words[4],
				    .file_system = words[dash + 1],
				    .options = words[dash + 3] };
	return true;
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

/* Both files are relative to our own cgroup namespace, whosever they are: a neighbour's path and
 * the root of its mount begin alike ("/../NAME"). Our own mounts need no way through /proc. */
static bool find_group(int viewer, const char *path, size_t length, struct group *group)
{
	CLEANUP(text_deinit) struct text mounts = { 0 };
	char root[32] = "";
	if (viewer != (int)getpid())
		snprintf(root, sizeof(root), "/proc/%d/root", viewer);
	if (proc_file_read(&mounts, LIMIT_PROC_FILE_BYTES, "/proc/%d/mountinfo", viewer) ||
	    !mounts.length)
		return false;
	char *rest = mounts.bytes, *line;
	while ((line = strsep(&rest, "\n"))) {
		struct mount_line mount;
		if (!parse_mount(line, &mount) || !below_mount(&mount, path, length, group))
			continue;
		int size = snprintf(group->mount, sizeof(group->mount), "%s%s", root, mount.point);
		if (size > 0 && (size_t)size < sizeof(group->mount))
			return true;
	}
	return false;
}

static void name_folder(const struct group *group, char ret[static FOLDER_BYTES])
{
	snprintf(ret, FOLDER_BYTES, "%s%.*s", group->mount, (int)group->way_length, group->way);
}

/* From the group up to the mount. False: the group cannot be seen. */
static bool visit_upwards(struct group *group, control_group_visitor visit, void *context)
{
	char folder[FOLDER_BYTES];
	name_folder(group, folder);
	if (access(folder, R_OK | X_OK))
		return false;
	while (visit(folder, context) && group->way_length) {
		while (group->way_length && group->way[group->way_length - 1] != '/')
			group->way_length--;
		while (group->way_length && group->way[group->way_length - 1] == '/')
			group->way_length--;
		name_folder(group, folder);
	}
	return true;
}

enum control_group_answer control_group_visit(int pid, const struct control_hierarchy *hierarchy,
					      control_group_visitor visit, void *context)
{
	CLEANUP(text_deinit) struct text groups = { 0 };
	struct group group = { .hierarchy = hierarchy };
	const int viewers[] = { (int)getpid(), pid };
	size_t length;
	if (proc_file_read(&groups, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", pid))
		return CONTROL_GROUP_HIDDEN;
	const char *path = find_path(&groups, hierarchy->controller, &length);
	if (!path)
		return CONTROL_GROUP_NONE;
	for (size_t viewer = 0; viewer < sizeof(viewers) / sizeof(viewers[0]); viewer++)
		if (find_group(viewers[viewer], path, length, &group) &&
		    visit_upwards(&group, visit, context))
			return CONTROL_GROUP_SEEN;
	return CONTROL_GROUP_HIDDEN;
}
