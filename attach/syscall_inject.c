#include "attach/syscall_inject.h"

#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

enum {
	SYSCALL_STOP = SIGTRAP | 0x80,    /* with PTRACE_O_TRACESYSGOOD */
	SUSPEND_SECCOMP = 1 << 21,        /* PTRACE_O_SUSPEND_SECCOMP, Linux 4.3 */
	CODE_BYTES_MAX = 4 * 1024 * 1024, /* of a mapping that is searched */
};

static uint64_t bit_of(int signal)
{
	return 1ull << (signal - 1);
}

/* --- where the instruction stands */

static struct error *find_in(struct target *target, const struct process_map *map, uint64_t *ret)
{
	size_t size = map->end - map->start > CODE_BYTES_MAX ? (size_t)CODE_BYTES_MAX
							     : (size_t)(map->end - map->start);
	CLEANUP(free_cleanup) uint8_t *code = malloc(size);
	if (!code)
		return &error_no_memory;
	size = target_read_some(target, map->start, code, size);
	size_t at = syscall_instruction_find(code, size);
	if (at < size)
		*ret = map->start + at;
	return NULL;
}

struct error *syscall_instruction_locate(struct target *target, const struct process_maps *maps,
					 uint64_t *ret)
{
	*ret = 0;
	for (int round = 0; round < 2 && !*ret; round++) {
		for (size_t i = 0; i < maps->count && !*ret; i++) {
			const struct process_map *map = &maps->maps[i];
			bool kernel = !strcmp(map->path, "[vdso]");
			bool library = map->kind == PROCESS_MAP_FILE &&
				       (strstr(map->path, "/libc.") || strstr(map->path, "/ld-"));
			if ((map->protection & PF_X) && (round ? library : kernel))
				TRY(find_in(target, map, ret));
		}
	}
	if (*ret)
		return NULL;
	return error_new(ERROR_NOT_FOUND,
			 "process %d has no system call instruction in its [vdso] or libc",
			 target->pid);
}

/* --- which thread */

enum syscall_fit syscall_injection_fit(const struct stopped_thread *thread)
{
	const struct register_set *set = thread_register_set(thread, NT_PRSTATUS);
	struct user_regs_struct registers;
	if (!set || set->size != sizeof(registers))
		return SYSCALL_FIT_LATER;
	memcpy(&registers, set->bytes, sizeof(registers));
	return syscall_registers_fit(&registers);
}

const struct stopped_thread *syscall_injection_choose(const struct thread_stop *stop)
{
	size_t count;
	const struct stopped_thread *threads = thread_stop_threads(stop, &count), *best = NULL;
	enum syscall_fit best_fit = SYSCALL_FIT_LATER;
	for (size_t i = 0; i < count; i++) {
		if (!thread_register_set(&threads[i], NT_PRSTATUS) || threads[i].delivering)
			continue;
		enum syscall_fit fit = syscall_injection_fit(&threads[i]);
		if (best && fit <= best_fit)
			continue;
		best = &threads[i];
		best_fit = fit;
	}
	return best;
}

/* --- the call */

static struct error *died(const struct syscall_injection *injection)
{
	return error_new(ERROR_NOT_FOUND, "process %d has ended", injection->pid);
}

static struct error *failed(const struct syscall_injection *injection, const char *what)
{
	if (errno == ESRCH)
		return died(injection);
	return error_os(errno, "cannot %s of thread %d of process %d", what, injection->tid,
			injection->pid);
}

static struct error *set_registers(const struct syscall_injection *injection,
				   struct user_regs_struct registers)
{
	struct iovec bytes = { .iov_base = &registers, .iov_len = sizeof(registers) };
	if (ptrace(PTRACE_SETREGSET, injection->tid, NT_PRSTATUS, &bytes))
		return failed(injection, "set the registers");
	errno = syscall_registers_forget_call(injection->tid);
	return errno ? failed(injection, "set the system call") : NULL;
}

static struct error *get_registers(const struct syscall_injection *injection,
				   struct user_regs_struct *ret)
{
	struct iovec bytes = { .iov_base = ret, .iov_len = sizeof(*ret) };
	if (ptrace(PTRACE_GETREGSET, injection->tid, NT_PRSTATUS, &bytes))
		return failed(injection, "read the registers");
	return NULL;
}

static struct error *set_mask(const struct syscall_injection *injection, uint64_t mask)
{
	if (ptrace(PTRACE_SETSIGMASK, injection->tid, sizeof(mask), &mask))
		return failed(injection, "set the signal mask");
	return NULL;
}

struct error *syscall_injection_begin(struct target *target, int tid, uint64_t address,
				      struct syscall_injection *ret)
{
	uint8_t code[SYSCALL_INSTRUCTION_BYTES_MAX];
	/* A fault of a blocked signal would kill the process (kernel/signal.c: force_sig_info). */
	uint64_t faults = bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGILL) | bit_of(SIGFPE) |
			  bit_of(SIGTRAP) | bit_of(SIGSYS);
	intptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
	*ret = (struct syscall_injection){ .pid = target->pid, .tid = tid, .address = address };
	if (target_read_some(target, address, code, sizeof(code)) != sizeof(code) ||
	    syscall_instruction_find(code, sizeof(code)))
		return error_new(ERROR_NOT_FOUND, "process %d runs another program now",
				 target->pid);
	TRY(get_registers(ret, &ret->registers));
	if (ptrace(PTRACE_GETSIGMASK, tid, sizeof(ret->mask), &ret->mask))
		return failed(ret, "read the signal mask");
	ret->suspended = !ptrace(PTRACE_SETOPTIONS, tid, NULL, options | SUSPEND_SECCOMP);
	if (!ret->suspended && ptrace(PTRACE_SETOPTIONS, tid, NULL, options))
		return failed(ret, "follow the system calls");
	return set_mask(ret, ~faults);
}

static bool is_dead(pid_t tid)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	int failed = proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", tid);
	return failed == ENOENT || failed == ESRCH || (!failed && proc_stat_state(&file) == 'Z');
}

/* A process killed meanwhile does not report its first thread before its tracer has asked for each
 * of the others (ptrace(2), BUGS), which happens elsewhere: so it is looked at now and then. */
static pid_t wait_for(pid_t tid, int *ret_status)
{
	enum { TURN_NS = 20 * 1000, TURNS_A_LOOK = 500 };
	for (unsigned turn = 1;; turn++) {
		struct timespec nap = { .tv_nsec = TURN_NS };
		pid_t answer = waitpid(tid, ret_status, __WALL | WNOHANG);
		if (answer > 0 || (answer < 0 && errno != EINTR))
			return answer;
		if (turn % TURNS_A_LOOK == 0 && is_dead(tid))
			return -1;
		nanosleep(&nap, NULL);
	}
}

/* The child stands before its first instruction, and dies with us from here on. */
static struct error *take_child(struct syscall_injection *injection)
{
	unsigned long id;
	int status;
	if (ptrace(PTRACE_GETEVENTMSG, injection->tid, NULL, &id))
		return failed(injection, "learn the child");
	injection->child = (int)id;
	if (wait_for(injection->child, &status) != injection->child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, injection->child, NULL, (intptr_t)PTRACE_O_EXITKILL))
		return error_os(errno, "cannot hold the copy of process %d", injection->pid);
	return NULL;
}

/* A fault is of our making, and drops; what others sent is sent again at the end. */
static struct error *take_signal(struct syscall_injection *injection, int signal)
{
	siginfo_t info;
	if (ptrace(PTRACE_GETSIGINFO, injection->tid, NULL, &info))
		return failed(injection, "learn the signal");
	if (info.si_code > 0)
		return error_new(ERROR_OS,
				 "thread %d of process %d could not make a system call: %s",
				 injection->tid, injection->pid, strsignal(signal));
	injection->resend = signal;
	return NULL;
}

/* On to the next entry into a system call or exit from it. */
static struct error *run_to_syscall_stop(struct syscall_injection *injection)
{
	int deliver = 0;
	for (;;) {
		int status;
		if (ptrace(PTRACE_SYSCALL, injection->tid, NULL, (void *)(intptr_t)deliver))
			return failed(injection, "go on with a system call");
		if (wait_for(injection->tid, &status) != injection->tid || !WIFSTOPPED(status))
			return died(injection);
		int event = status >> 16, signal = WSTOPSIG(status);
		deliver = 0;
		if (signal == SYSCALL_STOP)
			return NULL;
		if (event == PTRACE_EVENT_CLONE)
			TRY(take_child(injection));
		else if (!event && signal == SIGSTOP)
			deliver = signal; /* the process stops when we are gone */
		else if (!event)
			TRY(take_signal(injection, signal));
	}
}

struct error *syscall_injection_call(struct syscall_injection *injection, long number,
				     const uint64_t arguments[static SYSCALL_ARGUMENTS],
				     long *ret_result)
{
	struct user_regs_struct registers = injection->registers;
	syscall_registers_prepare(&registers, injection->address, number, arguments);
	TRY(set_registers(injection, registers));
	TRY(run_to_syscall_stop(injection)); /* the entry */
	TRY(run_to_syscall_stop(injection)); /* the exit */
	TRY(get_registers(injection, &registers));
	*ret_result = syscall_registers_result(&registers);
	return NULL;
}

void syscall_injection_end(struct syscall_injection *injection)
{
	/* Failing, the process is dead. */
	error_free(set_registers(injection, injection->registers));
	error_free(set_mask(injection, injection->mask));
	ptrace(PTRACE_SETOPTIONS, injection->tid, NULL, 0);
	if (injection->resend)
		syscall(SYS_tgkill, injection->pid, injection->tid, injection->resend);
}
