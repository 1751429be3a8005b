/*
 * What a stopped thread's core notes are made of: its register sets, the signal, its times. A part
 * of attach/thread_stop, apart because it grows with each architecture.
 */
#ifndef ATTACH_THREAD_REGISTERS_H
#define ATTACH_THREAD_REGISTERS_H

#include "attach/thread_stop.h"
#include "base/arena.h"

enum { THREAD_REGISTERS_BYTES = 64 * 1024 }; /* SVE at 2048 bits takes 17 KiB, AMX 11 KiB */

/* Fills *thread (whose tid is set); the bytes live in `arena`, `buffer` is for the kernel to write
 * to. *ret_gone: the thread is no more (no error). ERROR_UNSUPPORTED: registers of another
 * architecture's size. */
MUST_CHECK struct error *thread_registers_take(uint8_t buffer[static THREAD_REGISTERS_BYTES],
					       struct arena *arena, struct stopped_thread *thread,
					       bool *ret_gone);

/* The part that needs no ptrace: signals and times; of a thread that is gone: nothing.
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *thread_details_take(int pid, struct stopped_thread *thread);

#endif
