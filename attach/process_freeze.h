/*
 * Is a process frozen with its control group? `docker pause`, a checkpoint and systemctl freeze do
 * it. Kernel: Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst (freezer.state is also the
 * state of the groups above; freezer.self_freezing is of the group alone), cgroup-v2.rst
 * (cgroup.freeze of a group, "frozen" in cgroup.events also of those above).
 *
 * A thread that v1 has frozen sleeps uninterruptibly (kernel/freezer.c: __refrigerator): ptrace
 * stops it only once it is thawed. One that v2 has frozen (kernel/signal.c: do_freezer_trap) can be
 * stopped, but makes no system call for us. Either way its memory can be read.
 */
#ifndef ATTACH_PROCESS_FREEZE_H
#define ATTACH_PROCESS_FREEZE_H

#include "base/arena.h"
#include "base/error.h"

enum process_freezer { PROCESS_FREEZER_NONE, PROCESS_FREEZER_V1, PROCESS_FREEZER_V2 };

struct process_freeze {
	enum process_freezer by;
	const char *group; /* the folder of the group to thaw, in the arena; NULL: not seen */
};

/* `pid`: a process, or a living thread of it. What cannot be seen counts as not frozen, but for
 * v1's threads, which show it themselves (/proc/PID/wchan). ERROR_NO_MEMORY only. */
MUST_CHECK struct error *process_freeze_read(int pid, struct arena *arena,
					     struct process_freeze *ret);

#endif
