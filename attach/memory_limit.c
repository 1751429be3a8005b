#include "attach/memory_limit.h"

#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <unistd.h>

struct hierarchy {
	const char *root, *limit_file, *used_file;
};

static const struct hierarchy version_1 = { "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
					    "memory.usage_in_bytes" };
static const struct hierarchy version_2 = { "/sys/fs/cgroup", "memory.max", "memory.current" };

static bool read_number(const char *folder, const char *path, size_t length, const char *name,
			uint64_t *ret)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	char *end;
	if (length > LIMIT_PATH_BYTES || proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "%s%.*s/%s",
							folder, (int)length, path, name))
		return false;
	*ret = strtoull(text_string(&file), &end, 10);
	return end > text_string(&file); /* "max": none */
}

/* From the group up to the root: each may have a limit. */
static bool tightest(const struct hierarchy *hierarchy, const char *path, size_t length,
		     struct memory_limit *ret)
{
	bool found = false;
	for (;;) {
		struct memory_limit here;
		if (read_number(hierarchy->root, path, length, hierarchy->limit_file,
				&here.limit_bytes) &&
		    read_number(hierarchy->root, path, length, hierarchy->used_file,
				&here.used_bytes) &&
		    here.limit_bytes < INT64_MAX / 2 && /* v1 writes "no limit" as a huge one */
		    (!found || here.limit_bytes < ret->limit_bytes)) {
			*ret = here;
			found = true;
		}
		if (!length)
			return found;
		while (length && path[length - 1] != '/')
			length--;
		while (length && path[length - 1] == '/')
			length--;
	}
}

/* Lines of /proc/PID/cgroup: "ID:CONTROLLERS:PATH"; v2's is "0::PATH". */
bool memory_limit_read(int pid, struct memory_limit *ret)
{
	CLEANUP(text_deinit) struct text groups = { 0 };
	bool found = false;
	if (proc_file_read(&groups, LIMIT_PROC_FILE_BYTES, "/proc/%d/cgroup",
			   pid ? pid : (int)getpid()))
		return false;
	for (const char *line = text_string(&groups); *line && !found;) {
		const char *end = strchrnul(line, '\n');
		const char *first = memchr(line, ':', (size_t)(end - line));
		const char *second =
			first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
		if (second) {
			size_t length = (size_t)(end - second - 1);
			size_t names = (size_t)(second - first - 1);
			if (!names)
				found = tightest(&version_2, second + 1, length, ret);
			else if (memmem(first + 1, names, "memory", 6))
				found = tightest(&version_1, second + 1, length, ret);
		}
		line = *end ? end + 1 : end;
	}
	return found;
}
