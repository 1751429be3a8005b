#include "attach/proc_file.h"

#include "attach/credentials.h"
#include "base/limits.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

enum { READ_BYTES = 16384, PATH_BYTES = LIMIT_PATH_BYTES + 256 };

int proc_read_all(int fd, struct text *ret, size_t limit)
{
	for (;;) {
		char bytes[READ_BYTES];
		ssize_t size = read(fd, bytes, sizeof(bytes));
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno;
		if (!size)
			return 0;
		if ((size_t)size > limit - ret->length)
			return EFBIG;
		text_append_bytes(ret, bytes, (size_t)size);
		if (text_failed(ret))
			return ENOMEM;
	}
}

static const char *skip_number(const char *at)
{
	const char *end = at + strspn(at, "0123456789");
	return end > at && *end == '/' ? end + 1 : NULL;
}

/* /proc/PID/NAME, /proc/PID/task/TID/NAME: a file of /proc itself, reached through no link. */
static bool is_file_of_process(const char *path)
{
	static const char proc[] = "/proc/", task[] = "task/";
	const char *at = !strncmp(path, proc, sizeof(proc) - 1) ? path + sizeof(proc) - 1 : NULL;
	at = at ? skip_number(at) : NULL;
	if (at && !strncmp(at, task, sizeof(task) - 1))
		at = skip_number(at + sizeof(task) - 1);
	return at && *at && !strchr(at, '/') && *at != '.';
}

/* As path asks; nothing is raised for other files. */
static struct raised raise_for(const char *path)
{
	return is_file_of_process(path) ? credentials_raise(CREDENTIALS_OPEN)
					: (struct raised){ 0 };
}

int proc_open(const char *path, int flags)
{
	CLEANUP(credentials_lower) MAYBE_UNUSED struct raised before = raise_for(path);
	return open(path, flags | O_CLOEXEC | (is_file_of_process(path) ? O_NOFOLLOW : 0));
}

int proc_file_read(struct text *ret, size_t limit, const char *format, ...)
{
	char path[PATH_BYTES];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	text_clear(ret);
	if (length < 0 || (size_t)length >= sizeof(path))
		return ENAMETOOLONG;
	CLEANUP(credentials_lower) MAYBE_UNUSED struct raised before = raise_for(path);
	CLEANUP(fd_cleanup) int fd = proc_open(path, O_RDONLY);
	return fd < 0 ? errno : proc_read_all(fd, ret, limit);
}

int proc_reopen(int path_fd, int flags)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	return open(path, flags | O_CLOEXEC);
}

/* A folder below, as fd, is its owner's alone. */
static enum credentials_use use_of(const char *link)
{
	return strchr(link, '/') ? CREDENTIALS_OPEN : CREDENTIALS_LOOK;
}

static int link_reach(int pid, const char *link)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, link);
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(use_of(link));
	return open(path, O_PATH | O_CLOEXEC);
}

int proc_link_open(int pid, const char *link, int flags)
{
	int reached = link_reach(pid, link);
	if (reached < 0 || flags & O_PATH)
		return reached;
	int fd = proc_reopen(reached, flags), failed = errno;
	close(reached);
	errno = failed;
	return fd;
}

ssize_t proc_link_read(int pid, const char *link, char *buffer, size_t size)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, link);
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(use_of(link));
	return readlink(path, buffer, size);
}

DIR *proc_folder_open(int pid, const char *name)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(CREDENTIALS_OPEN);
	return opendir(path);
}

const char *proc_field(const struct text *file, const char *name, size_t *ret_length)
{
	size_t name_length = strlen(name);
	const char *line = text_string(file), *end = line + file->length;
	while (line < end) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			next = end;
		if ((size_t)(next - line) > name_length && line[name_length] == ':' &&
		    !memcmp(line, name, name_length)) {
			const char *value = line + name_length + 1;
			while (value < next && (*value == ' ' || *value == '\t'))
				value++;
			*ret_length = (size_t)(next - value);
			return value;
		}
		line = next + 1;
	}
	return NULL;
}

bool proc_number(const struct text *file, const char *name, int base, uint64_t *ret)
{
	size_t length;
	const char *value = proc_field(file, name, &length);
	if (!value || !length)
		return false;
	char *end;
	*ret = strtoull(value, &end, base);
	return end > value && end <= value + length;
}

/* After the name, which may hold anything, blanks and parentheses too. */
static const char *stat_fields(const struct text *stat)
{
	const char *parenthesis = strrchr(text_string(stat), ')');
	return parenthesis && parenthesis[1] == ' ' ? parenthesis + 2 : NULL;
}

char proc_stat_state(const struct text *stat)
{
	const char *fields = stat_fields(stat);
	return fields ? *fields : 0;
}

bool proc_stat_number(const struct text *stat, unsigned number, int64_t *ret)
{
	const char *field = stat_fields(stat);
	for (unsigned at = 3; field && at < number; at++) {
		field = strchr(field, ' ');
		if (field)
			field++;
	}
	if (!field)
		return false;
	char *end;
	*ret = strtoll(field, &end, 10);
	return end > field;
}

int proc_parent(const struct text *status)
{
	uint64_t parent;
	return proc_number(status, "PPid", 10, &parent) ? (int)parent : 0;
}

int proc_tracer(const struct text *status)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	uint64_t thread, process;
	if (!proc_number(status, "TracerPid", 10, &thread) || !thread)
		return 0;
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", (int)thread) ||
	    !proc_number(&file, "Tgid", 10, &process))
		process = thread;
	return (int)process;
}

/* Of linux/sched.h: PF_EXITING, PF_FORKNOEXEC. False: they cannot be read. */
static bool read_flags(int pid, int64_t *ret)
{
	enum { STAT_FLAGS = 9 }; /* proc(5) */
	CLEANUP(text_deinit) struct text stat = { 0 };
	return !proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid) &&
	       proc_stat_number(&stat, STAT_FLAGS, ret);
}

uint64_t proc_signals_pending(int pid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t own, shared;
	return !proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid) &&
			       proc_number(&status, "SigPnd", 16, &own) &&
			       proc_number(&status, "ShdPnd", 16, &shared)
		       ? own | shared
		       : 0;
}

/* Its pages may be taken away before it runs again (mm/oom_kill.c: oom_reaper). */
static bool is_being_killed(int pid)
{
	return proc_signals_pending(pid) & UINT64_C(1) << (SIGKILL - 1);
}

bool proc_is_ending(int pid)
{
	enum { EXITING = 0x4 };
	int64_t flags;
	return (read_flags(pid, &flags) && flags & EXITING) || is_being_killed(pid);
}

bool proc_has_executed(int pid)
{
	enum { FORKED_ONLY = 0x40 };
	int64_t flags;
	return read_flags(pid, &flags) && !(flags & FORKED_ONLY);
}

bool proc_has_ended(int pid, int tid)
{
	CLEANUP(text_deinit) struct text stat = { 0 };
	int failed =
		proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/stat", pid, tid);
	char state = failed ? 0 : proc_stat_state(&stat);
	return failed == ENOENT || failed == ESRCH || state == 'Z' || state == 'X';
}

int proc_namespace_id(const struct text *status, int otherwise)
{
	size_t length;
	const char *ids = proc_field(status, "NSpid", &length);
	if (!ids)
		return otherwise;
	const char *last = ids + length;
	while (last > ids && last[-1] >= '0' && last[-1] <= '9')
		last--;
	long id = strtol(last, NULL, 10);
	return id > 0 && id <= INT32_MAX ? (int)id : otherwise;
}

void proc_let_be_killed_first(int pid)
{
	static const char score[] = "1000";
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	CLEANUP(fd_cleanup) int fd = proc_open(path, O_WRONLY);
	if (fd >= 0 && write(fd, score, sizeof(score) - 1) < 0)
		return;
}

bool proc_shows_our_ids(void)
{
	char id[32] = "";
	ssize_t length = readlink("/proc/self", id, sizeof(id) - 1);
	return length > 0 && strtol(id, NULL, 10) == getpid();
}

/* Closes the folder. *ret_errno: of the folder, 0 when it was read as far as it was wanted. */
static struct error *visit_ids(DIR *folder, proc_id_visitor visit, void *context, int *ret_errno)
{
	struct error *error = NULL;
	*ret_errno = 0;
	while (!error) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			*ret_errno = errno;
			break;
		}
		long id = strtol(entry->d_name, NULL, 10);
		if (id > 0 && id <= INT32_MAX)
			error = visit((pid_t)id, context);
	}
	closedir(folder);
	error_take_stop(&error);
	return error;
}

bool proc_shares_namespace(int pid, const char *name)
{
	char link[64], ours[64], theirs[64];
	snprintf(link, sizeof(link), "ns/%s", name);
	ssize_t our_length = proc_link_read(getpid(), link, ours, sizeof(ours));
	ssize_t length = proc_link_read(pid, link, theirs, sizeof(theirs));
	return length > 0 && length == our_length && !memcmp(ours, theirs, (size_t)length);
}

static bool differ(int tid, const char *one, const char *other)
{
	char a[64], b[64];
	ssize_t length = proc_link_read(tid, one, a, sizeof(a));
	ssize_t other_length = proc_link_read(tid, other, b, sizeof(b));
	/* Of a PID namespace that has no process yet there is no link. */
	return length > 0 && other_length != 0 &&
	       (other_length < 0 ? errno == ENOENT && !strcmp(other, "ns/pid_for_children")
				 : length != other_length || memcmp(a, b, (size_t)length) != 0);
}

bool proc_begins_namespace(int tid)
{
	return differ(tid, "ns/pid", "ns/pid_for_children") ||
	       differ(tid, "ns/time", "ns/time_for_children");
}

struct ids {
	pid_t *ids;
	size_t count, capacity;
};

static struct error *add_id(pid_t id, void *context)
{
	struct ids *list = context;
	TRY(LIST_GROW(list->ids, list->count, list->capacity));
	list->ids[list->count++] = id;
	return NULL;
}

static struct error *list_processes(struct ids *ret)
{
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(CREDENTIALS_LOOK);
	int failed = 0;
	DIR *folder = opendir("/proc");
	if (folder)
		TRY(visit_ids(folder, add_id, ret, &failed));
	else
		failed = errno;
	return failed ? error_os(failed, "cannot list the processes in /proc") : NULL;
}

struct error *proc_visit_processes(proc_id_visitor visit, void *context)
{
	struct ids list = { 0 };
	struct error *error = list_processes(&list);
	for (size_t i = 0; i < list.count && !error; i++)
		error = visit(list.ids[i], context);
	free(list.ids);
	error_take_stop(&error);
	return error;
}

struct error *proc_visit_tasks(int pid, proc_id_visitor visit, void *context)
{
	int failed = 0;
	DIR *folder = proc_folder_open(pid, "task");
	if (folder)
		TRY(visit_ids(folder, visit, context, &failed));
	else
		failed = errno;
	if (failed == ENOENT || failed == ESRCH)
		return error_new(ERROR_NOT_FOUND, "process %d has ended", pid);
	return failed ? error_os(failed, "cannot list the threads of process %d", pid) : NULL;
}
