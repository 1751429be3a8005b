#include "attach/pod_room.h"

#include "attach/process_place.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <sys/stat.h>

/* "in the emptyDir d of a pod, whose sizeLimit". */
static void append_where(const struct pod_room *room, struct text *ret)
{
	switch (room->storage.kind) {
	case POD_STORAGE_EMPTY_DIR:
		text_printf(ret, "in the emptyDir %s of a pod, whose sizeLimit",
			    room->storage.volume);
		return;
	case POD_STORAGE_UNSIZED:
		text_append(ret, "on a tmpfs of a pod that has no size of its own, and an "
				 "emptyDir's sizeLimit");
		return;
	case POD_STORAGE_LAYER:
		text_append(ret,
			    "in the writable layer of a container, whose limits.ephemeral-storage");
		return;
	default:
		text_append(ret, "in a pod, on a mount that is not in /proc/PID/mountinfo, and its "
				 "limit");
	}
}

/* What of the pod's spec has the limit. */
static void append_question(const struct pod_room *room, struct text *ret)
{
	struct process_place place;
	process_place_find(room->pid, &place);
	if (!*place.pod_uid)
		process_place_find((int)getpid(), &place);
	text_printf(ret, "kubectl get pod %s -o jsonpath='", process_place_pod(&place));
	if (room->storage.kind == POD_STORAGE_EMPTY_DIR)
		text_printf(ret, "{.spec.volumes[?(@.name==\"%s\")].emptyDir}",
			    room->storage.volume);
	else if (room->storage.kind == POD_STORAGE_UNSIZED)
		text_append(ret, "{.spec.volumes[*].emptyDir}");
	text_append(ret, "{.spec.containers[*].resources.limits}'");
}

void pod_room_note(const struct pod_room *room, const struct task *task)
{
	struct text text = { 0 };
	if (!pod_storage_hides_limit(&room->storage))
		return;
	text_printf(&text, "%s is ", room->path);
	append_where(room, &text);
	text_append(&text, " cannot be seen from here; a pod above it is evicted");
	if (!text_failed(&text))
		task_note(task, text_string(&text));
	text_deinit(&text);
}

static struct error *refuse(const struct pod_room *room, uint64_t bytes)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	text_printf(&text, "%s takes about %llu MiB ", room->path,
		    (unsigned long long)((bytes + (1 << 20) - 1) >> 20));
	append_where(room, &text);
	text_printf(&text,
		    " cannot be seen from here: above it the kubelet evicts the pod within a "
		    "minute, and the dump is lost; instead: %s, or --force, where there is room "
		    "by: ",
		    room->instead);
	append_question(room, &text);
	if (text_failed(&text))
		return &error_no_memory;
	struct error *error = error_new(ERROR_OS, "%s", text_string(&text));
	if (error != &error_no_memory)
		error->os_errno = EDQUOT;
	return error;
}

uint64_t pod_room_for_text(int fd)
{
	enum { BLOCK_BYTES = 512 }; /* stat(2) */
	struct pod_storage storage;
	struct stat file;
	if (fstat(fd, &file) || !S_ISREG(file.st_mode))
		return UINT64_MAX;
	pod_storage_of(fd, 0, &storage);
	if (!pod_storage_hides_limit(&storage))
		return UINT64_MAX;
	uint64_t taken = (uint64_t)file.st_blocks * BLOCK_BYTES;
	return taken < POD_ROOM_UNSEEN_BYTES ? POD_ROOM_UNSEEN_BYTES - taken : 0;
}

struct error *pod_room_check(const struct pod_room *room, uint64_t bytes)
{
	if (!pod_storage_hides_limit(&room->storage) || bytes <= POD_ROOM_UNSEEN_BYTES)
		return NULL;
	return refuse(room, bytes);
}
