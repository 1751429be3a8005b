#include "attach/syscall_inject.h"

#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_memory.h"
#include "attach/thread_registers.h"
#include "attach/thread_seize.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SYSCALL_STOP = SIGTRAP | 0x80, /* with PTRACE_O_TRACESYSGOOD */
	SUSPEND_SECCOMP = 1 << 21,     /* PTRACE_O_SUSPEND_SECCOMP, Linux 4.3 */
};

static uint64_t bit_of(int signal)
{
	return 1ull << (signal - 1);
}

/* A fault of a blocked signal would kill the process (kernel/signal.c: force_sig_info). */
static uint64_t faults(void)
{
	return bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGILL) | bit_of(SIGFPE) |
	       bit_of(SIGTRAP) | bit_of(SIGSYS);
}

/* --- which thread */

/* Within a restartable sequence (rseq(2)) it must not go elsewhere and come back: the kernel would
 * no longer abort the sequence. linux/ptrace.h: PTRACE_GET_RSEQ_CONFIGURATION, Linux 5.13;
 * linux/rseq.h: struct rseq. */
static bool in_restartable_sequence(struct target *target, int tid)
{
	enum { RSEQ_CS = 8 };
	const enum __ptrace_request get_configuration = 0x420f;
	struct {
		uint64_t address;
		uint32_t size, signature, flags, padding;
	} configuration;
	uint64_t sequence = 0;
	void *size = (void *)sizeof(configuration);
	if (ptrace(get_configuration, tid, size, &configuration) < 0 || !configuration.address)
		return false;
	return target_read_some(target, configuration.address + RSEQ_CS, &sequence,
				sizeof(sequence)) != sizeof(sequence) ||
	       sequence;
}

enum syscall_fit syscall_injection_fit(struct target *target, const struct stopped_thread *thread)
{
	uint8_t code[2 * SYSCALL_INSTRUCTION_BYTES_MAX] = { 0 };
	struct user_regs_struct registers;
	if (thread->delivering || !thread_general_registers(thread, &registers) ||
	    syscall_registers_of_worker(&registers))
		return SYSCALL_FIT_NOT_NOW;
	uint64_t from = syscall_registers_place(&registers) - SYSCALL_INSTRUCTION_BYTES_MAX;
	if (process_memory_read_mapped(target, from, code, sizeof(code)) < sizeof(code))
		memset(code, 0, sizeof(code));
	enum syscall_fit fit = syscall_registers_fit(&registers, code);
	if (fit == SYSCALL_FIT_RUNNING && in_restartable_sequence(target, thread->tid))
		return SYSCALL_FIT_NOT_NOW;
	return fit;
}

/* A free place from which the thread finds home; 0: none. */
static uint64_t place_for(const struct syscall_places *places,
			  const struct user_regs_struct *registers)
{
	uint8_t bytes[SYSCALL_CODE_BYTES];
	for (size_t i = 0; i < places->count; i++) {
		struct syscall_code code = { .home = *registers,
					     .address = places->places[i].address };
		if (!places->places[i].marked && syscall_code_make(&code, bytes))
			return code.address;
	}
	return 0;
}

const struct stopped_thread *syscall_injection_choose(struct target *target,
						      const struct thread_stop *stop,
						      const struct syscall_places *places,
						      enum syscall_filter first)
{
	enum { TRUSTED = SYSCALL_FIT_BLOCKED + 1 };
	size_t count;
	const struct stopped_thread *threads = thread_stop_threads(stop, &count), *best = NULL;
	unsigned best_rank = 0;
	for (size_t i = 0; i < count && best_rank < TRUSTED + SYSCALL_FIT_BLOCKED; i++) {
		struct user_regs_struct registers;
		unsigned rank = syscall_injection_fit(target, &threads[i]);
		if (rank == SYSCALL_FIT_NOT_NOW ||
		    !thread_general_registers(&threads[i], &registers))
			continue;
		if (syscall_filter_trusts(first, target->pid, threads[i].tid))
			rank += TRUSTED;
		if (rank <= best_rank || !place_for(places, &registers) ||
		    proc_begins_namespace(threads[i].tid))
			continue;
		best = &threads[i];
		best_rank = rank;
	}
	return best;
}

/* --- the call */

static struct error *died(const struct syscall_injection *injection)
{
	return error_new(ERROR_NOT_FOUND, "process %d %s", injection->pid,
			 process_has_ended(injection->pid)
				 ? "has ended"
				 : "began another program (execve) just now: try again");
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
	errno = syscall_registers_forget_call(injection->tid);
	if (errno)
		return failed(injection, "set the system call");
	if (ptrace(PTRACE_SETREGSET, injection->tid, NT_PRSTATUS, &bytes))
		return failed(injection, "set the registers");
	return NULL;
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

struct error *syscall_injection_begin(struct target *target, struct thread_stop *stop,
				      const struct stopped_thread *thread,
				      const struct syscall_places *places, const struct task *task,
				      struct syscall_injection *ret)
{
	int tid = thread->tid;
	intptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
	*ret = (struct syscall_injection){
		.pid = target->pid, .tid = tid, .stop = stop, .task = task
	};
	TRY(get_registers(ret, &ret->registers));
	ret->address = place_for(places, &ret->registers);
	if (!ret->address)
		return error_new(ERROR_UNSUPPORTED,
				 "thread %d of process %d has no free place for a system call", tid,
				 target->pid);
	if (ptrace(PTRACE_GETSIGMASK, tid, sizeof(ret->mask), &ret->mask))
		return failed(ret, "read the signal mask");
	ret->suspended = !ptrace(PTRACE_SETOPTIONS, tid, NULL, options | SUSPEND_SECCOMP);
	if (!ret->suspended && ptrace(PTRACE_SETOPTIONS, tid, NULL, options))
		return failed(ret, "follow the system calls");
	ret->spared = ret->suspended && syscall_filter_spares(tid);
	return NULL;
}

static struct error *too_long(const struct syscall_injection *injection)
{
	return error_new(
		ERROR_OS,
		"process %d cannot be copied: a system call of its thread %d has not ended "
		"in time (something makes it wait, as a frozen control group or a "
		"userfaultfd); --freeze reads it without one",
		injection->pid, injection->tid);
}

/* Killed, the thread may wait for the ends of all that we trace: those of the others
 * (thread_stop_take_ends()), and of the copy. After an execve its number is another's. */
static bool take_ends(struct syscall_injection *injection, pid_t tid)
{
	bool over = thread_stop_take_ends(injection->stop);
	if (injection->child && thread_take_end(injection->child))
		injection->child = 0;
	if (injection->dead_child && thread_take_end(injection->dead_child))
		injection->dead_child = 0;
	return (over && injection->away) || proc_has_ended(tid, tid);
}

/* *ret_status: the signal of the stop, with the event above (si_status of waitid(2)). Waits
 * LIMIT_CALL_MS at most, and little longer once we are told to stop: what is cut off here is never
 * tidied up. A process killed meanwhile does not report its first thread before its tracer has
 * taken the ends of all others (ptrace(2), BUGS): they are taken now and then. */
static struct error *wait_for(struct syscall_injection *injection, pid_t tid, int *ret_status)
{
	enum { TURN_US = 20, TURNS_A_LOOK = 500 };
	uint64_t now = clock_ns(), end = now + LIMIT_CALL_MS * 1000000ull;
	struct error *told = NULL;
	for (unsigned turn = 1; now < end; turn++, now = clock_ns()) {
		enum thread_report report = thread_next_report(tid, ret_status);
		bool gone = report == REPORT_END || report == REPORT_NOT_OURS;
		if (report == REPORT_NONE && turn % TURNS_A_LOOK == 0)
			gone = take_ends(injection, tid);
		if (gone && tid == injection->tid)
			injection->away = false; /* no thread is to be brought home */
		if (gone || report == REPORT_STOP) {
			error_free(told);
			return gone ? died(injection) : NULL;
		}
		clock_sleep_us(TURN_US);
		if (!told && (told = task_check(injection->task, "copying the process")) &&
		    end > now + LIMIT_CALL_TOLD_MS * 1000000ull)
			end = now + LIMIT_CALL_TOLD_MS * 1000000ull;
	}
	injection->lost = true;
	return told ? told : too_long(injection);
}

/* The child is stopped before its first instruction. Before it is held it ends by itself when we
 * are killed, with a status that says that it was ours; from then on it is killed with us, and its
 * signal mask says so. When it dies meanwhile there is none (injection->child 0), which is no error
 * here: the call has to come to its exit in any case, as until then its answer goes into the
 * thread's own registers. */
static struct error *take_child(struct syscall_injection *injection)
{
	unsigned long id;
	int status;
	if (ptrace(PTRACE_GETEVENTMSG, injection->tid, NULL, &id))
		return failed(injection, "learn the child");
	injection->child = (int)id;
	struct error *error = wait_for(injection, injection->child, &status);
	if (injection->lost)
		return error;
	uint64_t mask = (uint64_t)SYSCALL_COPY_BLOCKS << SYSCALL_COPY_BLOCKS_SHIFT |
			(UINT32_MAX & ~faults());
	int child = injection->child;
	if (error || ptrace(PTRACE_SETSIGMASK, child, sizeof(mask), &mask) ||
	    ptrace(PTRACE_SETOPTIONS, child, NULL, (intptr_t)PTRACE_O_EXITKILL)) {
		injection->dead_child = thread_is_ours(child) ? child : 0;
		injection->child = 0;
	} else {
		proc_let_be_killed_first(child);
	}
	error_free(error);
	return NULL;
}

/* A fault is of our making, and drops; what others sent is sent again at the end. */
static struct error *take_signal(struct syscall_injection *injection, int signal)
{
	siginfo_t info;
	if (ptrace(PTRACE_GETSIGINFO, injection->tid, NULL, &info))
		return failed(injection, "learn the signal");
	if (info.si_code > 0 && (faults() & bit_of(signal)))
		return error_new(ERROR_OS,
				 "thread %d of process %d could not make a system call: %s",
				 injection->tid, injection->pid, strsignal(signal));
	info.si_signo = signal;
	for (size_t i = 0; i < injection->resend_count; i++)
		if (injection->resend[i].si_signo == signal)
			return NULL; /* a standard signal waits once */
	if (injection->resend_count < SYSCALL_SIGNALS)
		injection->resend[injection->resend_count++] = info;
	return NULL;
}

/* Is it still our thread that is stopped there? One that slept in execve takes the first thread's
 * number when it comes out (fs/exec.c: de_thread), and has a life of its own. */
static struct error *check_place(struct syscall_injection *injection)
{
	struct user_regs_struct registers;
	TRY(get_registers(injection, &registers));
	uint64_t at = syscall_registers_place(&registers);
	if (at >= injection->address && at - injection->address < SYSCALL_CODE_BYTES)
		return NULL;
	injection->away = false;
	return died(injection);
}

/* On to the next entry into a system call or exit from it. */
static struct error *run_to_syscall_stop(struct syscall_injection *injection)
{
	int deliver = 0;
	for (;;) {
		int status;
		if (ptrace(PTRACE_SYSCALL, injection->tid, NULL, (void *)(intptr_t)deliver))
			return failed(injection, "go on with a system call");
		TRY(wait_for(injection, injection->tid, &status));
		TRY(check_place(injection));
		int event = status >> 8, signal = status & 0xff;
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

/* From the call's instruction to its exit; again, where something in between let the kernel restart
 * it. */
static struct error *run_the_call(struct syscall_injection *injection, long *ret_result)
{
	struct user_regs_struct registers;
	do {
		TRY(run_to_syscall_stop(injection)); /* the entry */
		TRY(run_to_syscall_stop(injection)); /* the exit */
		TRY(get_registers(injection, &registers));
		*ret_result = syscall_registers_result(&registers);
	} while (*ret_result <= -RESTART_FIRST && *ret_result >= -RESTART_BLOCK);
	return NULL;
}

/* The mask first: without us the code sets it, not the registers' owner. The place is free then. */
static struct error *go_home(struct syscall_injection *injection)
{
	if (!injection->away)
		return NULL;
	TRY(set_mask(injection, injection->mask));
	TRY(set_registers(injection, injection->registers));
	injection->away = false;
	errno = syscall_place_clear(injection->tid, injection->address);
	return errno ? failed(injection, "clear the code of a system call") : NULL;
}

struct error *syscall_injection_call(struct syscall_injection *injection, long number,
				     const uint64_t arguments[static SYSCALL_ARGUMENTS],
				     long *ret_result)
{
	struct user_regs_struct registers = injection->registers;
	struct syscall_code code = { .home = injection->registers,
				     .mask = injection->mask,
				     .address = injection->address,
				     .forks = number == SYS_clone };
	uint8_t bytes[SYSCALL_CODE_BYTES];
	/* Killed in between, we leave a thread at home and perhaps a mark. */
	TRY(go_home(injection));
	if (!syscall_code_make(&code, bytes))
		return error_new(ERROR_OS, "thread %d of process %d is out of reach",
				 injection->tid, injection->pid);
	errno = syscall_place_write(injection->tid, code.address, bytes);
	if (errno)
		return failed(injection, "write code for a system call");
	uint64_t entry = syscall_code_entry(code.address);
	syscall_registers_prepare(&registers, entry, number, arguments);
	injection->away = true;
	TRY(set_registers(injection, registers));
	/* From here to the end it finds home by itself. */
	TRY(set_mask(injection, ~faults()));
	return run_the_call(injection, ret_result);
}

/* With its value, where it was queued with one; kill(2)'s sender cannot be feigned
 * (kernel/signal.c: do_rt_tgsigqueueinfo). */
static void resend(struct syscall_injection *injection)
{
	for (size_t i = 0; i < injection->resend_count; i++) {
		siginfo_t *info = &injection->resend[i];
		if (syscall(SYS_rt_tgsigqueueinfo, injection->pid, injection->tid, info->si_signo,
			    info))
			syscall(SYS_tgkill, injection->pid, injection->tid, info->si_signo);
	}
}

struct error *syscall_injection_call_child(const struct syscall_injection *injection, long number,
					   const uint64_t arguments[static SYSCALL_ARGUMENTS],
					   long *ret_result)
{
	struct user_regs_struct registers;
	struct syscall_injection child = { .pid = injection->child,
					   .tid = injection->child,
					   .stop = injection->stop,
					   .address = injection->address,
					   .task = injection->task };
	intptr_t options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
			   (injection->suspended ? SUSPEND_SECCOMP : 0);
	if (ptrace(PTRACE_SETOPTIONS, child.tid, NULL, options))
		return failed(&child, "follow the system calls");
	TRY(get_registers(&child, &registers));
	uint64_t entry = syscall_code_entry(injection->address);
	syscall_registers_prepare(&registers, entry, number, arguments);
	TRY(set_registers(&child, registers));
	return run_the_call(&child, ret_result);
}

struct error *syscall_injection_name_child(const struct syscall_injection *injection,
					   const char *name)
{
	enum { NAME_BYTES = 16 }; /* prctl(2): PR_SET_NAME */
	uint64_t address = injection->address + SYSCALL_CODE_BYTES - NAME_BYTES;
	uint64_t words[NAME_BYTES / sizeof(uint64_t)] = { 0 };
	const uint64_t arguments[SYSCALL_ARGUMENTS] = { PR_SET_NAME, address };
	long unused;
	memcpy(words, name, strnlen(name, NAME_BYTES - 1));
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (ptrace(PTRACE_POKEDATA, injection->child,
			   (void *)(uintptr_t)(address + i * sizeof(*words)),
			   (void *)(uintptr_t)words[i]))
			return NULL; /* nothing but the name is missing */
	return syscall_injection_call_child(injection, SYS_prctl, arguments, &unused);
}

void syscall_injection_end(struct syscall_injection *injection)
{
	if (injection->lost)
		return;
	error_free(go_home(injection)); /* failing, the process is dead */
	ptrace(PTRACE_SETOPTIONS, injection->tid, NULL, 0);
	resend(injection);
}
