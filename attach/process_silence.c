#include "attach/process_silence.h"

#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_maps.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/limits.h"
#include "base/list.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char *process_silence_reason(enum process_silence silence)
{
	if (silence == PROCESS_SILENT_MEMORY)
		return "a thread of it holds its address space and waits, as for a disk or a "
		       "network file system that does not answer: mend that first, nothing of "
		       "its memory can be read before";
	return "its program, its runtime or its folder for temporary files lies on a file system "
	       "that does not answer: mend that first";
}

/* --- file systems that were silent */

/* Devices of network file systems (major number 0) on which a silent process has files mapped:
 * other processes that have files there are not looked at. A child that waits there may not even be
 * killed. */
struct far_devices {
	uint32_t minors[16];
	size_t count;
};

static bool is_far(const struct far_devices *far, const struct process_map *map)
{
	for (size_t i = 0; i < far->count && !map->device_major; i++)
		if (far->minors[i] == map->device_minor)
			return map->kind == PROCESS_MAP_FILE;
	return false;
}

static bool any_is_far(const struct far_devices *far, const struct process_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		if (is_far(far, &maps->maps[i]))
			return true;
	return false;
}

static bool has_far_files(const struct far_devices *far, int pid)
{
	struct arena arena;
	struct process_maps maps = { 0 };
	arena_init(&arena);
	error_free(process_maps_read(pid, &arena, &maps));
	bool found = any_is_far(far, &maps);
	arena_deinit(&arena);
	return found;
}

/* Those of `mounts`, a mountinfo, that one of the mappings is on. */
static void add_mapped(struct text *mounts, const struct process_maps *maps,
		       struct far_devices *far)
{
	for (char *rest = mounts->bytes, *line; (line = strsep(&rest, "\n"));) {
		struct mount_line mount;
		if (far->count == COUNT_OF(far->minors))
			return;
		/* What all of its container lies on (fuse-overlayfs, virtiofs) is not what is
		 * silent. */
		if (!mount_line_parse(line, &mount) || !mount_line_is_far(&mount) ||
		    !strcmp(mount.point, "/"))
			continue;
		const struct far_devices one = { .minors = { mount.device_minor }, .count = 1 };
		if (any_is_far(&one, maps))
			far->minors[far->count++] = mount.device_minor;
	}
}

/* Of a process of which the files are silent, not the memory. */
static void add_far_devices(int pid, struct far_devices *far)
{
	CLEANUP(text_deinit) struct text mounts = { 0 };
	struct arena arena;
	struct process_maps maps = { 0 };
	int id = process_memory_id(pid);
	arena_init(&arena);
	error_free(process_maps_read(id, &arena, &maps));
	if (!proc_file_read(&mounts, LIMIT_MAPS_BYTES, "/proc/%d/mountinfo", id) &&
	    !text_failed(&mounts))
		add_mapped(&mounts, &maps, far);
	arena_deinit(&arena);
}

/* --- the child */

/* The child, which does all of it with one process after the other, and says on a pipe when it is
 * through with a step: PROCESS_SILENT_MEMORY, then PROCESS_SILENT_FILES. */
struct looker {
	pid_t pid;
	int answers;
};

enum { ANSWER_DONE, ANSWER_FAR }; /* a step is done; not done, as it would be on a silent disk */

struct looking {
	const int *pids;
	size_t count;
	void (*look)(int pid);
	struct far_devices far;
};

static size_t steps(const struct looking *looking)
{
	return looking->look ? 2 : 1;
}

static void read_all(int pid, const char *name)
{
	static char bytes[64 * 1024];
	char path[64];
	size_t left = LIMIT_MAPS_BYTES;
	ssize_t length;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	CLEANUP(fd_cleanup) int fd = proc_open(path, O_RDONLY);
	while (fd >= 0 && (length = read(fd, bytes, sizeof(bytes))) > 0 && (size_t)length <= left)
		left -= (size_t)length;
}

static void answer(int answers, char what)
{
	if (write(answers, &what, 1) != 1)
		_exit(1);
}

/* A read of the arguments takes the lock of the whole; a read of the mappings that of each
 * (fs/proc/base.c: get_mm_cmdline; fs/proc/task_mmu.c: m_start). */
static _Noreturn void look_at_each(const struct looking *looking, pid_t program, int answers)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != program)
		_exit(1);
	descriptors_close_others(answers, answers);
	for (size_t i = 0; i < looking->count; i++) {
		int id = process_memory_id(looking->pids[i]);
		read_all(id, "cmdline");
		read_all(id, "maps");
		answer(answers, ANSWER_DONE);
		if (!looking->look)
			continue;
		bool far = looking->far.count && has_far_files(&looking->far, id);
		if (!far)
			looking->look(looking->pids[i]);
		answer(answers, far ? ANSWER_FAR : ANSWER_DONE);
	}
	_exit(0);
}

static bool begin(const struct looking *looking, struct looker *ret)
{
	int ends[2];
	pid_t program = getpid();
	if (pipe2(ends, O_CLOEXEC))
		return false;
	ret->pid = fork();
	if (!ret->pid)
		look_at_each(looking, program, ends[1]);
	close(ends[1]);
	ret->answers = ends[0];
	if (ret->pid > 0)
		return true;
	close(ends[0]);
	return false;
}

/* Where the kernel has no ear for SIGKILL either (before Linux 5.3) it is left to itself. */
static void end(struct looker *looker)
{
	enum { PAUSE_US = 1000, LOOKS = 100 };
	close(looker->answers);
	kill(looker->pid, SIGKILL);
	for (int i = 0; i < LOOKS && !waitpid(looker->pid, NULL, WNOHANG); i++)
		clock_sleep_us(PAUSE_US);
}

/* Is the child in the same sleep all the while? One that has no processor just now (a container's
 * share is used up) does not sleep; one that a slow disk answers wakes each time. */
static bool sleeps_on(const struct looker *looker, uint64_t *sleeps)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t before = *sleeps;
	size_t length;
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", (int)looker->pid) ||
	    !proc_number(&status, "voluntary_ctxt_switches", 10, sleeps))
		return false;
	const char *state = proc_field(&status, "State", &length);
	return state && (*state == 'S' || *state == 'D') && *sleeps == before;
}

/* *ret: so many more steps are answered; 0: none, and it has slept for `ms`; -1: the child has
 * ended. */
static struct error *listen_for(const struct looker *looker, uint64_t ms, const struct task *task,
				char *answers, size_t size, ssize_t *ret)
{
	enum { SLICE_MS = 50 };
	struct pollfd wait = { .fd = looker->answers, .events = POLLIN };
	uint64_t sleeps = 0;
	*ret = 0;
	for (uint64_t slept_from = clock_ms(); clock_ms() - slept_from < ms;) {
		TRY(task_check(task, "looking at the processes"));
		if (poll(&wait, 1, SLICE_MS) > 0) {
			ssize_t length = read(looker->answers, answers, size);
			*ret = length > 0 ? length : -1;
			return NULL;
		}
		if (!sleeps_on(looker, &sleeps))
			slept_from = clock_ms();
	}
	return NULL;
}

/* Until all is done; *ret_done: so many steps are, *ret_silent: the next one holds it up. */
static struct error *follow(const struct looker *looker, const struct looking *looking, uint64_t ms,
			    const struct task *task, enum process_silence *ret, size_t *ret_done,
			    bool *ret_silent)
{
	char answers[256];
	ssize_t answered;
	size_t each = steps(looking);
	*ret_silent = false;
	for (*ret_done = 0; *ret_done < looking->count * each; *ret_done += (size_t)answered) {
		TRY(listen_for(looker, ms, task, answers, sizeof(answers), &answered));
		*ret_silent = !answered;
		if (answered <= 0)
			break;
		for (size_t i = 0; i < (size_t)answered; i++)
			if (answers[i] == ANSWER_FAR)
				ret[(*ret_done + i) / each] = PROCESS_SILENT_FILES;
	}
	return NULL;
}

struct error *process_silence_find(const int *pids, size_t count, void (*look)(int pid),
				   const struct task *task, enum process_silence *ret)
{
	enum { AGAIN = 5 };
	uint64_t ms = count == 1 ? LIMIT_SILENCE_OF_ONE_MS : LIMIT_SILENCE_MS;
	struct looking looking = { .pids = pids, .count = count, .look = look };
	memset(ret, 0, count * sizeof(*ret));
	while (looking.count) {
		struct looker looker;
		size_t done;
		bool silent;
		if (!begin(&looking, &looker))
			return NULL;
		struct error *error = follow(&looker, &looking, ms, task, ret, &done, &silent);
		end(&looker);
		TRY(error);
		size_t next = done / steps(&looking);
		if (next == looking.count)
			return NULL;
		if (silent) {
			bool files = done % steps(&looking);
			ret[next] = files ? PROCESS_SILENT_FILES : PROCESS_SILENT_MEMORY;
			if (files)
				add_far_devices(looking.pids[next], &looking.far);
			ms = LIMIT_SILENCE_MS / AGAIN;
		}
		looking.pids += next + 1;
		looking.count -= next + 1;
		ret += next + 1;
	}
	return NULL;
}

struct error *process_silence_check(int pid, const struct task *task)
{
	enum process_silence silence;
	TRY(process_silence_find(&pid, 1, NULL, task, &silence));
	return silence ? error_new(ERROR_OS, "cannot read the memory of process %d: %s", pid,
				   process_silence_reason(silence))
		       : NULL;
}
