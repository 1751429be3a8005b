#include "dump/collect/output_file.h"

#include "attach/credentials.h"
#include "attach/memory_guard.h"
#include "attach/process_place.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>

static const char partial_suffix[] = ".partial";

struct output_file {
	char *path, *partial;
	const char *name, *partial_name; /* in the folder, which is kept open: its path may lead
					    through a process that ends meanwhile */
	int folder, fd;
	bool force, finished;
	bool masked; /* SIGXFSZ was not blocked before */
};

struct error *output_file_check(const char *path, bool force)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	struct stat file;
	if (strlen(path) + sizeof(partial_suffix) > LIMIT_PATH_BYTES || !*path)
		return error_new(ERROR_USAGE, "'%.60s' is no name for a file", path);
	if (lstat(path, &file))
		return errno == ENOENT ? NULL : error_os(errno, "cannot write %s", path);
	if (!S_ISREG(file.st_mode))
		return error_new(
			ERROR_USAGE,
			"%s exists and is no regular file: write to a FIFO or a device with "
			"-o - > %s",
			path, path);
	if (!force)
		return error_new(ERROR_USAGE, "%s exists: name another file, or use --force", path);
	return NULL;
}

/* A write above the limit sends SIGXFSZ to the writing thread, which kills by default. */
static void block_file_size_signal(struct output_file *file)
{
	sigset_t signal, before;
	sigemptyset(&signal);
	sigaddset(&signal, SIGXFSZ);
	if (!pthread_sigmask(SIG_BLOCK, &signal, &before))
		file->masked = !sigismember(&before, SIGXFSZ);
}

static void unblock_file_size_signal(struct output_file *file)
{
	sigset_t signal;
	struct timespec now = { 0 };
	if (!file->masked)
		return;
	sigemptyset(&signal);
	sigaddset(&signal, SIGXFSZ);
	while (sigtimedwait(&signal, NULL, &now) > 0)
		; /* take what is pending */
	pthread_sigmask(SIG_UNBLOCK, &signal, NULL);
	file->masked = false;
}

/* Does another collect have it open for writing (the lock that create() takes)? */
static bool is_being_written(const struct output_file *file)
{
	CLEANUP(fd_cleanup)
	int fd = openat(file->folder, file->partial_name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
}

static struct error *partial_is_there(const struct output_file *file)
{
	if (is_being_written(file))
		return error_new(
			ERROR_USAGE,
			"%s is being written by another collect: name another file, or wait",
			file->partial);
	return error_new(
		ERROR_USAGE,
		"%s exists from an earlier collect, which kept a part (rename it: it can be "
		"opened), was killed, or could not rename it: rename or remove it, or let --force "
		"replace it",
		file->partial);
}

/* The part of a path after its folder. */
static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* One that may be written and not read cannot be synchronised (open(2): O_PATH). */
static int open_folder(const char *path)
{
	enum { FLAGS = O_DIRECTORY | O_CLOEXEC };
	size_t length = (size_t)(name_of(path) - path);
	CLEANUP(free_cleanup) char *folder = length ? strndup(path, length) : strdup(".");
	if (!folder)
		return -1;
	int fd = open(folder, O_RDONLY | FLAGS);
	return fd < 0 && errno == EACCES ? open(folder, O_PATH | FLAGS) : fd;
}

static struct error *create(struct output_file *file)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, MODE = 0600 };
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	file->folder = open_folder(file->path);
	if (file->force && is_being_written(file))
		return partial_is_there(file);
	if (file->force && file->folder >= 0 && unlinkat(file->folder, file->partial_name, 0) &&
	    errno != ENOENT)
		return error_os(errno, "cannot replace %s", file->partial);
	if (file->folder >= 0)
		file->fd = openat(file->folder, file->partial_name, FLAGS, MODE);
	/* Gone when we are, however we end; a file system without locks has none. */
	if (file->fd >= 0 && flock(file->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return error_os(errno, "cannot lock %s", file->partial);
	if (file->fd >= 0)
		return NULL;
	if (errno == EEXIST)
		return partial_is_there(file);
	return error_os(
		errno,
		"cannot create %s (name another place with -o, send the dump elsewhere with "
		"-o -, or look without a file: analyze -p PID)",
		file->partial);
}

struct error *output_file_create(const char *path, bool force, struct output_file **ret)
{
	struct output_file *file = calloc(1, sizeof(*file));
	if (!file)
		return &error_no_memory;
	file->fd = file->folder = -1;
	file->force = force;
	file->path = strdup(path);
	if (asprintf(&file->partial, "%s%s", path, partial_suffix) < 0)
		file->partial = NULL;
	file->name = file->path ? name_of(file->path) : NULL;
	file->partial_name = file->partial ? name_of(file->partial) : NULL;
	struct error *error = file->path && file->partial ? create(file) : &error_no_memory;
	if (error) {
		output_file_free(file);
		return error;
	}
	block_file_size_signal(file);
	*ret = file;
	return NULL;
}

int output_file_fd(const struct output_file *file)
{
	return file->fd;
}

static unsigned long long mebibytes(uint64_t bytes)
{
	return (unsigned long long)((bytes + (1 << 20) - 1) >> 20);
}

/* ERROR_OS: what would be the matter, then the ways out. */
PRINTF_LIKE(2, 3)
static struct error *no_room(const struct output_choice *choice, const char *format, ...)
{
	char what[1024];
	const char *smaller = choice->smaller;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return error_new(ERROR_OS,
			 "%s: name another place with -o, %s%s%s%ssend it elsewhere with -o -, "
			 "look without a file (analyze -p PID), or --force",
			 what, choice->packed ? "" : "pack it with --zstd, ",
			 smaller ? "leave more out with " : "", smaller ? smaller : "",
			 smaller ? ", " : "");
}

/* What a file would grow by, in words. */
struct need {
	uint64_t bytes;
	const struct output_choice *choice;
	char text[160]; /* "FILE needs about 12 MiB" without FILE */
};

static struct need need_of_all(uint64_t bytes, const struct output_choice *choice)
{
	struct need need = { .bytes = choice->packed ? bytes / OUTPUT_PACKED_DIVISOR : bytes,
			     .choice = choice };
	if (choice->packed)
		snprintf(need.text, sizeof(need.text),
			 "needs about %llu MiB, if its %llu MiB pack to a half (a fifth is usual)",
			 mebibytes(need.bytes), mebibytes(bytes));
	else
		snprintf(need.text, sizeof(need.text), "needs about %llu MiB",
			 mebibytes(need.bytes));
	return need;
}

/* Written to a tmpfs, a file is memory, charged to our own control group: one that grows above its
 * limit gets us killed, not an error. */
static struct error *check_memory(const struct output_file *file, const struct need *need)
{
	enum { RESERVE_BYTES = 32 * 1024 * 1024 }; /* for ourselves */
	struct statfs system;
	struct memory_room memory;
	if (fstatfs(file->fd, &system) || system.f_type != TMPFS_MAGIC ||
	    !memory_limit_read((int)getpid(), &memory))
		return NULL;
	uint64_t left =
		memory.used_bytes < memory.limit_bytes ? memory.limit_bytes - memory.used_bytes : 0;
	/* For the app too: we may be in its container. */
	uint64_t keep = memory.floor_bytes > RESERVE_BYTES ? memory.floor_bytes : RESERVE_BYTES;
	if (need->bytes <= left && left - need->bytes >= keep)
		return NULL;
	CLEANUP(text_deinit) struct text raise = { 0 };
	struct process_place place;
	process_place_find((int)getpid(), &place);
	if (*place.pod_uid) {
		text_append(&raise, " (raise them while it runs: ");
		process_place_append_resize(&place, memory.limit_bytes + need->bytes + keep - left,
					    &raise);
		text_append(&raise, ")");
	}
	return no_room(need->choice,
		       "%s %s on a tmpfs, which counts as memory, and %llu of the %llu MiB that "
		       "clrpod's container may take are left%s",
		       file->path, need->text, mebibytes(left), mebibytes(memory.limit_bytes),
		       text_string(&raise));
}

static struct error *check_file_size(const struct output_file *file, const struct need *need)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
	    need->bytes <= limit.rlim_cur)
		return NULL;
	return no_room(need->choice, "%s %s and the limit on file sizes (ulimit -f) is %llu MiB",
		       file->path, need->text, mebibytes(limit.rlim_cur));
}

static struct error *check_place(const struct output_file *file, const struct need *need)
{
	struct statvfs system;
	if (fstatvfs(file->fd, &system))
		return error_os(errno, "cannot ask for the free space around %s", file->path);
	uint64_t all = (uint64_t)system.f_blocks * system.f_frsize;
	uint64_t available = (uint64_t)system.f_bavail * system.f_frsize;
	uint64_t keep = all / 100 * OUTPUT_KEEP_FREE_PERCENT;
	/* Some file systems count nothing. */
	if (all && (available < keep || available - keep < need->bytes))
		return no_room(need->choice,
			       "%s %s and %d %% of its file system (%llu MiB) should stay free, of "
			       "which %llu of %llu MiB are",
			       file->path, need->text, OUTPUT_KEEP_FREE_PERCENT, mebibytes(keep),
			       mebibytes(available), mebibytes(all));
	return check_memory(file, need);
}

struct error *output_file_check_space(const struct output_file *file, uint64_t bytes,
				      const struct output_choice *choice)
{
	struct need need = need_of_all(bytes, choice);
	TRY(check_file_size(file, &need));
	return check_place(file, &need);
}

struct error *output_file_check_room(const struct output_file *file, uint64_t more,
				     const struct output_choice *choice)
{
	struct need need = { .bytes = more, .choice = choice };
	struct stat written;
	if (fstat(file->fd, &written))
		return error_os(errno, "cannot look at %s", file->partial);
	snprintf(need.text, sizeof(need.text), "has %llu MiB and is not whole yet%s,",
		 mebibytes((uint64_t)written.st_size),
		 choice->packed ? " (it packs worse than most, or others write there too)" : "");
	return check_place(file, &need);
}

bool file_has_name(const struct stat *file, int folder, const char *name)
{
	struct stat named;
	return !fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) &&
	       named.st_dev == file->st_dev && named.st_ino == file->st_ino;
}

/* Is what has the name still what we wrote? */
static bool is_ours(const struct output_file *file)
{
	struct stat ours;
	return !fstat(file->fd, &ours) && file_has_name(&ours, file->folder, file->partial_name);
}

static int rename_finished(const struct output_file *file)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	const char *from = file->partial_name, *to = file->name;
	int in = file->folder;
	if (!is_ours(file))
		return ESTALE;
	if (file->force)
		return renameat(in, from, in, to) ? errno : 0;
	if (!renameat2(in, from, in, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	/* A file system that cannot: a hard link never replaces either. */
	if (!linkat(in, from, in, to, 0))
		return unlinkat(in, from, 0) ? errno : 0;
	if (errno == EEXIST)
		return EEXIST;
	return renameat(in, from, in, to) ? errno : 0;
}

static struct error *synchronise(const struct output_file *file, uint64_t *ret_disk_bytes)
{
	struct stat written;
	if ((fsync(file->fd) && errno != EINVAL) || fstat(file->fd, &written))
		return error_os(errno, "cannot finish writing %s", file->path);
	*ret_disk_bytes = (uint64_t)written.st_blocks * 512; /* stat(2): units of 512 bytes */
	return NULL;
}

struct error *output_file_finish(struct output_file *file, uint64_t *ret_disk_bytes)
{
	TRY(synchronise(file, ret_disk_bytes));
	int failed = rename_finished(file);
	if (failed == ESTALE)
		return error_new(
			ERROR_OS,
			"%s was removed or replaced while it was written: there is no dump",
			file->partial);
	file->finished = true; /* PATH.partial stays, too, when it cannot be renamed */
	fsync(file->folder);   /* the name, too, is to survive a crash; not every folder can do that
				*/
	if (failed == EEXIST)
		return error_new(
			ERROR_USAGE,
			"%s has come into being meanwhile: the dump is whole, in %s; rename "
			"it",
			file->path, file->partial);
	return failed ? error_os(failed,
				 "the dump is whole, in %s, which cannot be renamed to %s: rename "
				 "it otherwise",
				 file->partial, file->path)
		      : NULL;
}

struct error *output_file_keep(struct output_file *file, const char **ret_path,
			       uint64_t *ret_disk_bytes)
{
	TRY(synchronise(file, ret_disk_bytes));
	fsync(file->folder); /* the name, too, is to survive a crash; not every folder can do that
			      */
	file->finished = true;
	*ret_path = file->partial;
	return NULL;
}

void output_file_free(struct output_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0) {
		CLEANUP(credentials_resume)
		MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
		if (!file->finished && is_ours(file))
			unlinkat(file->folder, file->partial_name, 0);
		close(file->fd);
	}
	if (file->folder >= 0)
		close(file->folder);
	unblock_file_size_signal(file);
	free(file->path);
	free(file->partial);
	free(file);
}
