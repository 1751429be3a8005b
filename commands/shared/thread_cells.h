/*
 * A thread's name and lists of threads as every command shows them, and the deadlocks that threads
 * are in.
 */
#ifndef COMMANDS_SHARED_THREAD_CELLS_H
#define COMMANDS_SHARED_THREAD_CELLS_H

#include "base/text.h"
#include "commands/command.h"
#include "inspect/waits.h"

/* "4 (reserve)", or "4" when the thread has no name. ERROR_NO_MEMORY, ERROR_CANCELLED only. */
MUST_CHECK struct error *thread_append(struct text *to, const struct question *question,
				       const struct clr_thread *thread);

/* The next cell, in JSON only: the thread's name; null: it has none; absent: the name is not in the
 * target. */
MUST_CHECK struct error *thread_name_cell(struct command_call *call,
					  const struct clr_thread *thread);

/* The next cell, in JSON only: a table of the threads, by managed_id, os_id, address and name. NULL
 * entries are left out. */
MUST_CHECK struct error *thread_rows(struct command_call *call,
				     const struct clr_thread *const *threads, size_t count);

/* The deadlocks, "deadlocks" in JSON: a sentence each in text, a row of `threads` in JSON. After
 * them how many threads wait behind them, and what is not known ("waits" in JSON); that there is no
 * deadlock is said only where all is known. For waits that are concluded. `unreadable`: locks, or
 * parts of the heap, that the caller could not read. */
MUST_CHECK struct error *deadlocks_print(struct command_call *call, const struct waits *waits,
					 uint64_t unreadable);

#endif
