/*
 * What a stopped thread's core notes are made of: its register sets, the signal, its times. A part
 * of attach/thread_stop, apart because it grows with each architecture.
 */
#ifndef ATTACH_THREAD_REGISTERS_H
#define ATTACH_THREAD_REGISTERS_H

#include "attach/thread_stop.h"
#include "base/arena.h"

/* Fills *thread (whose tid is set) of process `pid`; the bytes live in `arena`. *ret_gone: the
 * thread is no more (no error). ERROR_UNSUPPORTED: registers of another architecture's size. */
MUST_CHECK struct error *thread_registers_take(int pid, struct arena *arena,
					       struct stopped_thread *thread, bool *ret_gone);

/* The part that needs no ptrace: namespace id, signals, times. */
MUST_CHECK struct error *thread_details_take(int pid, struct stopped_thread *thread);

#endif
