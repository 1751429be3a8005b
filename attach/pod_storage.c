#include "attach/pod_storage.h"

#include "attach/credentials.h"
#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_container.h"
#include "base/cleanup.h"
#include "base/limits.h"

static const char volumes[] = "/volumes/kubernetes.io~empty-dir/";

/* The kubelet gives each container these two, from the pod's folder. On the node itself the same
 * folders are mounted elsewhere. */
static bool shows_container(const struct mount_line *mount)
{
	char uid[POD_UID_BYTES];
	if (strcmp(mount->point, "/etc/hosts") && strcmp(mount->point, "/dev/termination-log"))
		return false;
	pod_uid_in(mount->root, uid);
	return *uid != '\0';
}

/* ".../pods/UID/volumes/kubernetes.io~empty-dir/NAME", or below. */
static bool take_empty_dir(const char *root, char ret[VOLUME_NAME_BYTES])
{
	char uid[POD_UID_BYTES];
	const char *name = strstr(root, volumes);
	pod_uid_in(root, uid);
	if (!name || !*uid)
		return false;
	name += sizeof(volumes) - 1;
	snprintf(ret, VOLUME_NAME_BYTES, "%.*s", (int)strcspn(name, "/"), name);
	return true;
}

static bool has_size(const char *options)
{
	return !strncmp(options, "size=", 5) || strstr(options, ",size=");
}

static enum pod_storage_kind kind_of(const struct mount_line *mount, bool in_pod,
				     char ret_volume[VOLUME_NAME_BYTES])
{
	if (!in_pod)
		return POD_STORAGE_OTHER;
	if (!strcmp(mount->file_system, "tmpfs"))
		return has_size(mount->options) ? POD_STORAGE_MEMORY : POD_STORAGE_UNSIZED;
	if (take_empty_dir(mount->root, ret_volume))
		return POD_STORAGE_EMPTY_DIR;
	if (!strcmp(mount->point, "/") || !strcmp(mount->file_system, "overlay"))
		return POD_STORAGE_LAYER;
	return POD_STORAGE_OTHER;
}

bool pod_storage_in(const char *mounts, uint64_t mount_id, struct pod_storage *ret)
{
	CLEANUP(free_cleanup) char *copy = strdup(mounts);
	char *rest = copy, *line;
	struct mount_line found = { 0 };
	bool in_pod = false;
	*ret = (struct pod_storage){ 0 };
	while (copy && (line = strsep(&rest, "\n"))) {
		struct mount_line mount;
		if (!mount_line_parse(line, &mount))
			continue;
		in_pod |= shows_container(&mount);
		if (mount.id == mount_id)
			found = mount;
	}
	if (!found.root)
		return false;
	ret->kind = kind_of(&found, in_pod, ret->volume);
	return true;
}

static bool find_mount_id(int fd, uint64_t *ret)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	return !proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/self/fdinfo/%d", fd) &&
	       proc_number(&file, "mnt_id", 10, ret);
}

static bool is_in_pod(int pid)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	char uid[POD_UID_BYTES] = "";
	if (pid && !proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup", pid))
		pod_uid_in(text_string(&file), uid);
	return *uid != '\0';
}

void pod_storage_of(int fd, int pid, struct pod_storage *ret)
{
	CLEANUP(text_deinit) struct text mounts = { 0 };
	uint64_t id = 0;
	if (pid)
		pid = process_memory_id(pid);
	*ret = (struct pod_storage){ 0 };
	{
		CLEANUP(credentials_resume) /* with other ids than we came with, ours are closed */
		MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
		if (find_mount_id(fd, &id) &&
		    !proc_file_read(&mounts, LIMIT_MAPS_BYTES, "/proc/self/mountinfo") &&
		    pod_storage_in(text_string(&mounts), id, ret))
			return;
	}
	if (id && pid && !proc_file_read(&mounts, LIMIT_MAPS_BYTES, "/proc/%d/mountinfo", pid) &&
	    pod_storage_in(text_string(&mounts), id, ret))
		return;
	ret->kind = is_in_pod(pid) ? POD_STORAGE_UNKNOWN : POD_STORAGE_OTHER;
}

bool pod_storage_hides_limit(const struct pod_storage *storage)
{
	return storage->kind != POD_STORAGE_OTHER && storage->kind != POD_STORAGE_MEMORY;
}
