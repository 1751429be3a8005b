/*
 * Why there is no snapshot of a process, in words that name the figures, the limit and the way out.
 * Part of attach/snapshot_keeper.
 */
#ifndef ATTACH_SNAPSHOT_REFUSAL_H
#define ATTACH_SNAPSHOT_REFUSAL_H

#include "attach/memory_guard.h"
#include "attach/snapshot.h"

#include <stddef.h>

/* ERROR_UNSUPPORTED when the limits of the process leave no room for a copy: its id, its page
 * tables, and what is written until the watch can react; in a pod with the command that raises the
 * limit. With `insist` limits that cannot be seen are no reason. `freed_bytes`: will be given back
 * before. */
MUST_CHECK struct error *snapshot_check_room(const struct snapshot_request *request,
					     const struct memory_guard *guard,
					     uint64_t freed_bytes);

/* ERROR_UNSUPPORTED: the filters of the process might kill it for a system call of ours, or would
 * when we are killed (`suspended`: until then they do not apply). */
MUST_CHECK struct error *snapshot_refuse_filter(const struct snapshot_request *request,
						bool suspended);

/* ERROR_UNSUPPORTED: it has so many bytes of private pages of hugetlbfs. When the pool has no other
 * for a page that is written to, the kernel kills the writer with SIGBUS, or takes the page from
 * the copy (mm/hugetlb.c: hugetlb_wp). */
MUST_CHECK struct error *snapshot_refuse_huge(int pid, uint64_t bytes);

/* ERROR_UNSUPPORTED: there is no place for the code of a system call (attach/syscall_place.h). */
MUST_CHECK struct error *snapshot_refuse_place(int pid);

/* ERROR_OS: no thread can be borrowed: one has been in the code of an earlier clrpod for
 * LIMIT_CALL_MS (`on_its_way`), or each has been about to handle a signal, or was out of reach. */
MUST_CHECK struct error *snapshot_refuse_thread(int pid, bool on_its_way);

/* ERROR_OS for what clone answered: names the limit that it ran against, as far as it shows. */
MUST_CHECK struct error *snapshot_clone_failed(int pid, int os_errno);

/* "its container had 9 MiB left below its memory limit (503 of 512 MiB used)" */
void snapshot_room_text(const struct memory_room *room, char *buffer, size_t size);

#endif
