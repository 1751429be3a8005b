/*
 * What a stopped thread's core notes are made of: its register sets, the signal, its times. A part
 * of attach/thread_stop; which sets there are the row of this machine's architecture says
 * (attach/target/architecture.h).
 */
#ifndef ATTACH_THREAD_REGISTERS_H
#define ATTACH_THREAD_REGISTERS_H

#include "attach/thread_stop.h"
#include "base/arena.h"

#include <sys/user.h>

/* Where register sets are kept: memory that is there (touched) before anything is stopped, since
 * thousands of page faults would keep a process with thousands of threads stopped for longer. The
 * kernel writes each set into the same buffer first: where a virtual machine has page tables of its
 * own for the kernel, memory that we have touched is not yet there for it (measured: 13.0 us a
 * thread became 5). */
struct register_memory {
	struct arena *arena; /* has the bytes */
	uint8_t *buffer;     /* for the kernel; of one set */
	uint8_t *bytes;      /* what is left of the last piece */
	size_t left;
};

/* Gets memory for the sets of `threads` threads; more is got when it is needed. ERROR_NO_MEMORY. */
MUST_CHECK struct error *register_memory_reserve(struct register_memory *memory, size_t threads);

/* Fills *thread (whose tid is set); the bytes live in memory->arena. *ret_gone: the thread is no
 * more (no error). ERROR_UNSUPPORTED: registers of another architecture's size. */
MUST_CHECK struct error *thread_registers_take(struct register_memory *memory,
					       struct stopped_thread *thread, bool *ret_gone);

/* The general ones of what was taken. false: the thread was asleep, and has none. */
bool thread_general_registers(const struct stopped_thread *thread, struct user_regs_struct *ret);

/* The thread pointer (of x64 fs_base, of arm64 tpidr_el0): glibc and musl keep a thread's own
 * record at the upper end of its stack (nptl/allocatestack.c, pthread_create.c). 0: not known. */
uint64_t thread_pointer(const struct stopped_thread *thread);

/* The part that needs no ptrace: signals and times; of a thread that is gone: nothing.
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *thread_details_take(int pid, struct stopped_thread *thread);

#endif
