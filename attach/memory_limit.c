#include "attach/memory_limit.h"

#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <unistd.h>

/* The names of one version's files; v2's have no controllers in /proc/PID/cgroup ("0::/path"). */
struct hierarchy {
	const char *controller, *file_system;
	const char *limit_file, *used_file, *cache_field, *group_file;
};

static const struct hierarchy hierarchies[] = {
	{ "", "cgroup2", "memory.max", "memory.current", "inactive_file ", "memory.oom.group" },
	{ "memory", "cgroup", "memory.limit_in_bytes", "memory.usage_in_bytes",
	  "total_inactive_file ", NULL },
};

/* A group's folder: where its hierarchy is mounted, and the way from there. */
struct group {
	const struct hierarchy *hierarchy;
	char mount[LIMIT_PATH_BYTES];
	const char *way; /* "" or "/a/b" */
	size_t way_length;
};

static int read_file(const struct group *group, const char *name, struct text *ret)
{
	return proc_file_read(ret, LIMIT_PROC_FILE_BYTES, "%s%.*s/%s", group->mount,
			      (int)group->way_length, group->way, name);
}

static bool read_number(const struct group *group, const char *name, uint64_t *ret)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	char *end;
	if (!name || read_file(group, name, &file))
		return false;
	*ret = strtoull(text_string(&file), &end, 10);
	return end > text_string(&file); /* "max": none */
}

/* Lines of memory.stat: "name number". */
static uint64_t read_cache(const struct group *group)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	size_t length = strlen(group->hierarchy->cache_field);
	if (read_file(group, "memory.stat", &file))
		return 0;
	for (const char *line = text_string(&file); line && *line;) {
		if (!strncmp(line, group->hierarchy->cache_field, length))
			return strtoull(line + length, NULL, 10);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return 0;
}

static bool read_limit(const struct group *group, struct memory_limit *ret)
{
	*ret = (struct memory_limit){ 0 };
	if (!read_number(group, group->hierarchy->limit_file, &ret->limit_bytes) ||
	    !read_number(group, group->hierarchy->used_file, &ret->used_bytes) ||
	    ret->limit_bytes >= INT64_MAX / 2) /* v1 writes "no limit" as a huge one */
		return false;
	uint64_t cache = read_cache(group);
	ret->cache_bytes = cache < ret->used_bytes ? cache : ret->used_bytes;
	return true;
}

uint64_t memory_limit_room(const struct memory_limit *limit)
{
	uint64_t needed = limit->used_bytes - limit->cache_bytes;
	return needed < limit->limit_bytes ? limit->limit_bytes - needed : 0;
}

/* From the group up to the mount: each may have a limit. An OOM at one kills the topmost group
 * below it, itself included, that has memory.oom.group (mm/memcontrol.c: mem_cgroup_get_oom_group).
 */
static bool tightest(struct group *group, struct memory_limit *ret)
{
	bool found = false, together = false;
	for (;;) {
		struct memory_limit here;
		uint64_t number;
		if (read_number(group, group->hierarchy->group_file, &number) && number)
			together = true;
		if (read_limit(group, &here) &&
		    (!found || memory_limit_room(&here) < memory_limit_room(ret))) {
			*ret = here;
			ret->oom_group = together;
			found = true;
		}
		if (!group->way_length)
			return found;
		while (group->way_length && group->way[group->way_length - 1] != '/')
			group->way_length--;
		while (group->way_length && group->way[group->way_length - 1] == '/')
			group->way_length--;
	}
}

/* The path of a line "ID:CONTROLLERS:PATH" of /proc/PID/cgroup, as we see it. */
static const char *find_path(const struct text *groups, const struct hierarchy *hierarchy,
			     size_t *ret_length)
{
	for (const char *line = text_string(groups); *line;) {
		const char *end = strchrnul(line, '\n');
		const char *names = memchr(line, ':', (size_t)(end - line));
		const char *path = names ? memchr(names + 1, ':', (size_t)(end - names - 1)) : NULL;
		size_t length = strlen(hierarchy->controller);
		if (path && (length ? memmem(names + 1, (size_t)(path - names - 1),
					     hierarchy->controller, length) != NULL
				    : path == names + 1)) {
			*ret_length = (size_t)(end - path - 1);
			return path + 1;
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}

struct mount_line {
	const char *root, *point, *file_system, *options; /* each ends at a blank or at the line */
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
	size_t root = strcmp(mount->root, "/") ? strlen(mount->root) : 0;
	if (strcmp(mount->file_system, group->hierarchy->file_system) ||
	    (*group->hierarchy->controller &&
	     !strstr(mount->options, group->hierarchy->controller)) ||
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
		if (!parse_mount(line, &mount) || !below_mount(&mount, path, length, group))
			continue;
		int size = snprintf(group->mount, sizeof(group->mount), "/proc/%d/root%s", viewer,
				    mount.point);
		if (size > 0 && (size_t)size < sizeof(group->mount))
			return true;
	}
	return false;
}

bool memory_limit_read(int pid, struct memory_limit *ret)
{
	CLEANUP(text_deinit) struct text groups = { 0 };
	int viewers[] = { (int)getpid(), pid };
	if (proc_file_read(&groups, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup",
			   pid ? pid : viewers[0]))
		return false;
	for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
		struct group group = { .hierarchy = &hierarchies[i] };
		size_t length;
		const char *path = find_path(&groups, group.hierarchy, &length);
		for (size_t viewer = 0; path && viewer < (pid ? 2 : 1); viewer++)
			if (find_group(viewers[viewer], path, length, &group) &&
			    tightest(&group, ret))
				return true;
	}
	return false;
}
