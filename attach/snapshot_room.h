/*
 * How much memory a copy-on-write snapshot of a process takes at once, before the process has
 * written anything.
 */
#ifndef ATTACH_SNAPSHOT_ROOM_H
#define ATTACH_SNAPSHOT_ROOM_H

#include "attach/memory_guard.h"

/*
 * The bytes that `room` has to have for a snapshot of the process: what the kernel copies at the
 * expense of its control group (kernel/fork.c: dup_mmap), which is its page tables (proc(5):
 * VmPTE), the pages that a device or io_uring has pinned (VmPin; mm/memory.c: copy_present_page),
 * and the records of each mapping (vm_area_struct, anon_vma, anon_vma_chain; 512 bytes are more
 * than they take); a 512th of its size in reserve; the registers of its threads, which are ours and
 * count where we are; and what must be left (memory_guard_kept_bytes()). ERROR_OS: its
 * /proc/PID/status cannot be read. ERROR_NO_MEMORY.
 */
MUST_CHECK struct error *snapshot_needed_bytes(int pid, const struct memory_room *room,
					       uint64_t *ret);

#endif
