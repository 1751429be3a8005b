/*
 * What the runtime notes of a thread that blocks in a monitor or in a System.Threading.Lock: on
 * which, how, and for how long at most. The notes are on the thread's own stack. A thread that
 * waits for anything else (an event, a task, a ReaderWriterLockSlim) has none.
 *
 * Facts: dotnet/runtime System.Private.CoreLib ThreadBlockingInfo.cs (t_first, ObjectKind; 9.0 and
 * later), src/coreclr/vm/threadstatics.h (ThreadLocalData::ThreadBlockingInfo_First, where 9.0 and
 * 10.0 keep t_first whether or not its class was ever used), threaddebugblockinginfo.h
 * (DebugBlockingItem: 8.0's only notes, of monitors), syncblk.cpp (AwareLock::EnterEpilog),
 * Condition.cs (Wait).
 */
#ifndef HEAP_LOCKS_BLOCKING_NOTES_H
#define HEAP_LOCKS_BLOCKING_NOTES_H

#include "heap/heap.h"

struct clr_thread;
struct type;
struct type_field;

enum blocking_kind {
	BLOCKING_MONITOR,   /* enters a monitor; `lock` is the AwareLock in its sync block */
	BLOCKING_WAIT,      /* in Monitor.Wait on one; the same */
	BLOCKING_LOCK,      /* enters a System.Threading.Lock: `lock` is that object */
	BLOCKING_CONDITION, /* in Monitor.Wait where a monitor is a Lock: `lock` is that Lock */
};

struct blocking_note {
	enum blocking_kind kind;
	uint64_t lock;
	int32_t timeout_ms; /* of the whole wait; -1: none */
};

struct blocking_layout {
	struct field items, monitor, type, timeout; /* Thread's list, DebugBlockingItem */
	struct field thread_data, first;            /* Thread, ThreadLocalData */
};

/* Where the notes are. Opened once, for all threads. */
struct blocking_notes {
	struct heap *heap; /* borrowed */
	struct blocking_layout layout;
	const struct type *type;        /* ThreadBlockingInfo; NULL: it is not loaded */
	const struct type_field *first; /* t_first; NULL: read where `layout.first` says */
};

/* ERROR_UNSUPPORTED when this runtime is not known to note anything; ERROR_FAULT when what names
 * the notes (CoreLib's metadata, the class) cannot be read. */
MUST_CHECK struct error *blocking_notes_open(struct heap *heap, struct blocking_notes *ret);

/* The newest note of a thread, which says what the thread waits for now. *ret_is false: it has
 * none. ERROR_FAULT when the note, or what the note leads to, cannot be read; ERROR_BAD_DATA when
 * the note is of no kind that there is. */
MUST_CHECK struct error *blocking_note_read(const struct blocking_notes *notes,
					    const struct clr_thread *thread,
					    struct blocking_note *ret, bool *ret_is);

#endif
