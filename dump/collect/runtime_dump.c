#include "dump/collect/runtime_dump.h"

#include "attach/pod_room.h"
#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dump/core/core_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>

static unsigned long long mebibytes(uint64_t bytes)
{
	return (unsigned long long)(bytes >> 20);
}

/* The runtime's dump counts in the pod while it is there. */
static struct error *check_pod(const struct process_info *process, int folder)
{
	struct pod_room room = { .path = "what the runtime would write",
				 .pid = process->pid,
				 .instead = "give clrpod the right to read the process" };
	pod_storage_of(folder, process->pid, &room.storage);
	return pod_room_check(&room, process->resident_bytes);
}

/* A full dump has about the bytes that are resident; smaller ones have fewer. */
static struct error *check_room(const struct process_info *process, int folder)
{
	struct statfs system;
	uint64_t needed = process->resident_bytes;
	const char *where = process->socket.folder;
	if (fstatfs(folder, &system))
		return NULL;
	uint64_t room = process->memory.room_bytes;
	if (system.f_type == TMPFS_MAGIC && process->limited && room < needed)
		return error_new(
			ERROR_OS,
			"the runtime of process %d would need up to %llu MiB in its %s, "
			"which is memory, and its limit leaves %llu MiB: the process would "
			"be killed; give clrpod the right to read it, or --force",
			process->pid, mebibytes(needed), where, mebibytes(room));
	room = (uint64_t)system.f_bavail * (uint64_t)system.f_bsize;
	if (system.f_blocks && room < needed)
		return error_new(ERROR_OS,
				 "the runtime of process %d would need up to %llu MiB in its %s, "
				 "where %llu MiB are free: give clrpod the right to read it, or "
				 "--force",
				 process->pid, mebibytes(needed), where, mebibytes(room));
	return NULL;
}

static struct error *refuse_dump(const struct process_info *process, const char *name,
				 const char *what)
{
	return error_new(ERROR_BAD_DATA,
			 "%s/%s, where the runtime of process %d was to write its dump, %s: it is "
			 "not taken",
			 process->socket.folder, name, process->pid, what);
}

/* The file that an O_PATH descriptor is of. */
static struct error *check_dump(const struct process_info *process, const char *name, int place,
				uint64_t *ret_bytes)
{
	struct stat file;
	if (fstat(place, &file))
		return error_os(errno, "cannot look at %s/%s", process->socket.folder, name);
	if (!S_ISREG(file.st_mode))
		return refuse_dump(process, name, "is no regular file");
	if (file.st_uid != process->uid)
		return refuse_dump(process, name, "belongs to another user than the process");
	if (file.st_nlink > 1) /* none: its name is gone, which is as well */
		return refuse_dump(process, name, "has another name besides (a hard link)");
	*ret_bytes = (uint64_t)file.st_size;
	return NULL;
}

/* Whatever has this name was put there by a user that may write there, and can be another thing the
 * next moment: so it is looked at before it is opened, through the same descriptor, and no link is
 * followed. */
static struct error *open_dump(const struct process_info *process, int folder, const char *name,
			       struct runtime_dump *ret)
{
	int pid;
	CLEANUP(fd_cleanup) int place = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place >= 0)
		TRY(check_dump(process, name, place, &ret->bytes));
	ret->fd = place < 0 ? -1 : proc_reopen(place, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (ret->fd < 0)
		return error_os(
			errno,
			"the runtime of process %d says that it wrote %s/%s, which cannot be "
			"read",
			process->pid, process->socket.folder, name);
	TRY(core_owner_read(ret->fd, &pid));
	if (!pid)
		return refuse_dump(process, name, "is no core of a process");
	if (pid != process->namespace_pid)
		return refuse_dump(process, name, "is a core of another process");
	return NULL;
}

/* A runtime that is slow, not one that is silent. */
static uint64_t longest_wait_ms(const struct process_info *process)
{
	return LIMIT_DUMP_WAIT_MS + process->resident_bytes / LIMIT_DUMP_BYTES_EACH_MS;
}

static struct error *ask(const struct process_info *process, enum diagnostics_dump_type type,
			 const char *name, const struct task *task, struct runtime_dump *ret)
{
	char path[LIMIT_PATH_BYTES];
	const char *folder = process->socket.folder;
	int length = snprintf(path, sizeof(path), "%s/%s", strcmp(folder, "/") ? folder : "", name);
	if (length < 0 || (size_t)length >= sizeof(path))
		return error_os(ENAMETOOLONG, "cannot ask for a dump in %.60s…", folder);
	uint64_t start_ns = clock_ns();
	struct diagnostics_request request = { .path = path,
					       .type = type,
					       .wait_ms = longest_wait_ms(process) };
	struct error *error = diagnostics_dump(&process->socket, &request, task);
	ret->wait_ms = (double)(clock_ns() - start_ns) / 1e6;
	return error;
}

struct error *runtime_dump_take(const struct process_info *process, enum diagnostics_dump_type type,
				bool force, const struct task *task, struct runtime_dump *ret)
{
	char name[64];
	*ret = (struct runtime_dump){ .fd = -1 };
	CLEANUP(fd_cleanup) int folder = diagnostics_open_folder(&process->socket);
	if (folder < 0)
		return error_os(errno, "cannot open %s of process %d", process->socket.folder,
				process->pid);
	if (!force) {
		TRY(check_room(process, folder));
		TRY(check_pod(process, folder));
	}
	snprintf(name, sizeof(name), "clrpod-%d-%llx.core", process->namespace_pid,
		 (unsigned long long)clock_ns_of(CLOCK_REALTIME));
	struct error *error = ask(process, type, name, task, ret);
	bool answered = !error;
	if (answered)
		error = open_dump(process, folder, name, ret);
	/* After a failure too: nothing of ours stays there. */
	if (unlinkat(folder, name, 0) && answered && !error)
		error = error_os(errno,
				 "cannot remove %s/%s, which the runtime of process %d wrote",
				 process->socket.folder, name, process->pid);
	if (error)
		runtime_dump_release(ret);
	if (error && (error->code == ERROR_CANCELLED || error->os_errno == ETIMEDOUT))
		error = error_context(error,
				      "the runtime may still write %s/%s (to be removed then)",
				      process->socket.folder, name);
	return error;
}

void runtime_dump_release(struct runtime_dump *dump)
{
	if (dump->fd >= 0)
		close(dump->fd);
	dump->fd = -1;
}

static struct error *copy_data(const struct runtime_dump *dump, off_t start, off_t end,
			       void *buffer, size_t size, struct core_sink *sink,
			       const struct task *task)
{
	for (off_t at = start; at < end;) {
		size_t wanted = (uint64_t)(end - at) < size ? (size_t)(end - at) : size;
		TRY(task_check(task, "copying the dump that the runtime wrote"));
		task_progress(task, "copying the dump", (uint64_t)at, dump->bytes);
		ssize_t part = pread(dump->fd, buffer, wanted, at);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return error_os(errno, "cannot read the dump that the runtime wrote");
		if (!part)
			return error_new(ERROR_BAD_DATA,
					 "the dump that the runtime wrote has become shorter "
					 "while it was copied");
		TRY(sink->ops->write(sink, buffer, (size_t)part));
		at += part;
	}
	return NULL;
}

struct error *runtime_dump_copy(const struct runtime_dump *dump, struct core_sink *sink,
				const struct task *task)
{
	enum { COPY_BYTES = 1024 * 1024 };
	CLEANUP(free_cleanup) void *buffer = malloc(COPY_BYTES);
	if (!buffer)
		return &error_no_memory;
	off_t all = (off_t)dump->bytes;
	for (off_t at = 0; at < all;) {
		off_t data = lseek(dump->fd, at, SEEK_DATA);
		if (data < 0 || data > all) /* none after */
			data = all;
		if (data > at)
			TRY(sink->ops->zeros(sink, (uint64_t)(data - at)));
		off_t end = data < all ? lseek(dump->fd, data, SEEK_HOLE) : all;
		if (end < data || end > all)
			end = all;
		TRY(copy_data(dump, data, end, buffer, COPY_BYTES, sink, task));
		at = end;
	}
	return NULL;
}
