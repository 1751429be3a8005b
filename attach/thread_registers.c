#include "attach/thread_registers.h"

#include "attach/proc_file.h"
#include "attach/target/architecture.h"
#include "base/bytes.h"
#include "base/limits.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* SVE at 2048 bits takes 17 KiB, AMX 11 KiB; most machines 3 KiB for all sets of a thread. */
enum { SET_BYTES_MAX = 64 * 1024, SETS_BYTES = 4 * 1024, PAGE_BYTES = 4096, ALIGNMENT = 16 };

static uint8_t *touched(struct arena *arena, size_t size)
{
	uint8_t *bytes = arena_allocate(arena, size);
	for (size_t at = 0; bytes && at < size; at += PAGE_BYTES)
		((volatile uint8_t *)bytes)[at] = 0;
	return bytes;
}

struct error *register_memory_reserve(struct register_memory *memory, size_t threads)
{
	size_t size = threads * SETS_BYTES + SET_BYTES_MAX;
	if (!memory->buffer)
		memory->buffer = touched(memory->arena, SET_BYTES_MAX);
	uint8_t *bytes = memory->buffer ? touched(memory->arena, size) : NULL;
	if (!bytes)
		return &error_no_memory;
	memory->bytes = bytes;
	memory->left = size;
	return NULL;
}

/* `bytes` are copied. */
static struct error *add_set(struct register_memory *memory, unsigned type, const uint8_t *bytes,
			     size_t size, struct stopped_thread *thread)
{
	size_t used = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (memory->left < used)
		TRY(register_memory_reserve(memory, 1));
	memcpy(memory->bytes, bytes, size);
	thread->sets[thread->set_count++] =
		(struct register_note){ .note_type = type, .bytes = memory->bytes, .size = size };
	memory->bytes += used;
	memory->left -= used;
	return NULL;
}

static struct error *take_set(struct register_memory *memory, unsigned type,
			      struct stopped_thread *thread, bool *ret_gone)
{
	struct iovec bytes = { .iov_base = memory->buffer, .iov_len = SET_BYTES_MAX };
	if (ptrace(PTRACE_GETREGSET, thread->tid, (void *)(uintptr_t)type, &bytes)) {
		if (type != NT_PRSTATUS)
			return NULL; /* this machine, or kernel, does not have it */
		if (errno != ESRCH)
			return error_os(errno, "cannot read the registers of thread %d",
					thread->tid);
		*ret_gone = true;
		return NULL;
	}
	if (type == NT_PRSTATUS && bytes.iov_len != sizeof(struct user_regs_struct))
		return error_new(ERROR_UNSUPPORTED,
				 "thread %d runs code of another architecture (%zu bytes of "
				 "registers, not %zu): clrpod reads 64-bit processes of its own",
				 thread->tid, bytes.iov_len, sizeof(struct user_regs_struct));
	return add_set(memory, type, memory->buffer, bytes.iov_len, thread);
}

/* Where NT_PRFPREG is a part of another set that was taken, that saves a call a thread while the
 * process is stopped; a processor without that set is asked for NT_PRFPREG. */
static struct error *take_floating_point(struct register_memory *memory,
					 struct stopped_thread *thread, bool *ret_gone)
{
	const struct architecture *host = architecture_host;
	uint8_t bytes[FPREG_BYTES_MAX] = { 0 };
	if (!host->fpreg_note)
		return NULL;
	const struct register_note *whole = thread_register_note(thread, host->fpreg_note);
	if (!whole || whole->size < host->fpreg_bytes)
		return take_set(memory, NT_PRFPREG, thread, ret_gone);
	memcpy(bytes, whole->bytes, host->fpreg_kept);
	return add_set(memory, NT_PRFPREG, bytes, host->fpreg_bytes, thread);
}

struct error *thread_registers_take(struct register_memory *memory, struct stopped_thread *thread,
				    bool *ret_gone)
{
	*ret_gone = false;
	/* The kernel gives their sizes. Those that a machine lacks are left out. */
	for (size_t i = 0; i < architecture_host->register_note_count && !*ret_gone; i++)
		TRY(take_set(memory, architecture_host->register_notes[i], thread, ret_gone));
	if (!*ret_gone)
		TRY(take_floating_point(memory, thread, ret_gone));
	if (*ret_gone)
		return NULL;
	if (thread->signal && ptrace(PTRACE_GETSIGINFO, thread->tid, NULL, &thread->siginfo))
		thread->siginfo = (siginfo_t){ .si_signo = thread->signal };
	/* In a group stop there is no siginfo of the signal, only of the stop. */
	if (thread->siginfo.si_signo != thread->signal)
		thread->siginfo = (siginfo_t){ .si_signo = thread->signal };
	return NULL;
}

bool thread_general_registers(const struct stopped_thread *thread, struct user_regs_struct *ret)
{
	const struct register_note *set = thread_register_note(thread, NT_PRSTATUS);
	if (!set || set->size != sizeof(*ret))
		return false;
	memcpy(ret, set->bytes, sizeof(*ret));
	return true;
}

uint64_t thread_pointer(const struct stopped_thread *thread)
{
	const struct architecture *host = architecture_host;
	bool is_general = host->thread_pointer != REGISTER_NONE;
	const struct register_note *note =
		thread_register_note(thread, is_general ? NT_PRSTATUS : host->thread_pointer_note);
	size_t offset = is_general ? (size_t)host->thread_pointer * REGISTER_BYTES : 0;
	if (!note || !range_within(offset, REGISTER_BYTES, note->size))
		return 0;
	return load_u64(note->bytes + offset);
}

static void take_ticks(const struct text *stat, struct stopped_thread *thread)
{
	enum { STAT_UTIME = 14, STAT_STIME, STAT_CUTIME, STAT_CSTIME }; /* proc(5) */
	bool all = proc_stat_number(stat, STAT_UTIME, &thread->user_ticks) &&
		   proc_stat_number(stat, STAT_STIME, &thread->system_ticks) &&
		   proc_stat_number(stat, STAT_CUTIME, &thread->child_user_ticks) &&
		   proc_stat_number(stat, STAT_CSTIME, &thread->child_system_ticks);
	(void)all; /* what is missing stays 0 */
}

struct error *thread_details_take(int pid, struct stopped_thread *thread)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	int failed = proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/status", pid,
				    thread->tid);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (!failed) {
		if (!proc_number(&file, "SigPnd", 16, &thread->signals_pending))
			thread->signals_pending = 0;
		if (!proc_number(&file, "SigBlk", 16, &thread->signals_blocked))
			thread->signals_blocked = 0;
	}
	failed = proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/stat", pid,
				thread->tid);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (!failed)
		take_ticks(&file, thread);
	return NULL;
}
