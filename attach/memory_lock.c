#include "attach/memory_lock.h"

#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char memory_locked_reason[] =
	"a thread of it holds its address space and waits, as for a disk or a network file system "
	"that does not answer: mend that first, nothing of its memory can be read before";

/* The child that looks at one process after the other and says so on a pipe. */
struct looker {
	pid_t pid;
	int answers;
};

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

/* Whoever reads the arguments takes the lock of the whole; who reads the mappings that of each
 * (fs/proc/base.c: get_mm_cmdline; fs/proc/task_mmu.c: m_start). */
static _Noreturn void look_at_each(const int *pids, size_t count, pid_t program, int answers)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != program)
		_exit(1);
	close_range(0, STDERR_FILENO, 0); /* whoever reads those waits for us, not for this one */
	for (size_t i = 0; i < count; i++) {
		int id = process_memory_id(pids[i]);
		read_all(id, "cmdline");
		read_all(id, "maps");
		if (write(answers, "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static bool begin(const int *pids, size_t count, struct looker *ret)
{
	int ends[2];
	pid_t program = getpid();
	if (pipe2(ends, O_CLOEXEC))
		return false;
	ret->pid = fork();
	if (!ret->pid)
		look_at_each(pids, count, program, ends[1]);
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

/* *ret: for so many more processes it has answered; 0 after `ms` without an answer; -1 at its end.
 */
static struct error *listen_for(const struct looker *looker, uint64_t ms, const struct task *task,
				ssize_t *ret)
{
	enum { SLICE_MS = 50 };
	char answers[256];
	struct pollfd wait = { .fd = looker->answers, .events = POLLIN };
	for (uint64_t begin = clock_ms(); clock_ms() - begin < ms;) {
		TRY(task_check(task, "looking at the processes"));
		if (poll(&wait, 1, SLICE_MS) <= 0)
			continue;
		ssize_t length = read(looker->answers, answers, sizeof(answers));
		*ret = length > 0 ? length : -1;
		return NULL;
	}
	*ret = 0;
	return NULL;
}

/* Until each of `count` is looked at; *ret_done: so many are, *ret_silent: the next one holds it
 * up.
 */
static struct error *follow(const struct looker *looker, size_t count, uint64_t ms,
			    const struct task *task, size_t *ret_done, bool *ret_silent)
{
	ssize_t answered;
	for (*ret_done = 0; *ret_done < count; *ret_done += (size_t)answered) {
		TRY(listen_for(looker, ms, task, &answered));
		*ret_silent = !answered;
		if (answered <= 0)
			break;
	}
	return NULL;
}

struct error *memory_locked_find(const int *pids, size_t count, const struct task *task,
				 bool *locked)
{
	enum { AGAIN = 5 };
	uint64_t ms = LIMIT_MEMORY_LOCKED_MS;
	memset(locked, 0, count * sizeof(*locked));
	for (size_t next = 0; next < count; next++) {
		struct looker looker;
		size_t done;
		bool silent = false;
		if (!begin(pids + next, count - next, &looker))
			return NULL;
		struct error *error = follow(&looker, count - next, ms, task, &done, &silent);
		end(&looker);
		TRY(error);
		next += done;
		if (silent) {
			locked[next] = true;
			ms = LIMIT_MEMORY_LOCKED_MS / AGAIN;
		}
	}
	return NULL;
}

struct error *memory_locked_check(int pid, const struct task *task)
{
	bool locked;
	TRY(memory_locked_find(&pid, 1, task, &locked));
	return locked ? error_new(ERROR_OS, "cannot read the memory of process %d: %s", pid,
				  memory_locked_reason)
		      : NULL;
}
