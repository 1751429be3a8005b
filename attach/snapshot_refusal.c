#include "attach/snapshot_refusal.h"

#include "attach/control_group.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_place.h"
#include "attach/snapshot_room.h"
#include "base/limits.h"
#include "base/list.h"

#include <errno.h>

enum { MIB = 1024 * 1024 };
#define WAY_OUT "--freeze needs none of it (the process stands still for as long as it takes)"

void snapshot_room_text(const struct memory_room *room, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s had %llu MiB left below its %s (%llu of %llu MiB used)",
		 room->is_machine ? "this machine" : "its container",
		 (unsigned long long)room->room_bytes / MIB,
		 room->is_machine ? "memory" : "memory limit",
		 (unsigned long long)room->used_bytes / MIB,
		 (unsigned long long)room->limit_bytes / MIB);
}

/* "--snapshot insists", with the line to type, where that is short. */
static void append_insist(const struct snapshot_request *request, struct text *ret)
{
	enum { LINE_BYTES_MAX = 400 }; /* a refusal fits in a snapshot_message */
	const char *line = request->insist_line;
	if (line && strlen(line) <= LINE_BYTES_MAX)
		text_printf(ret, "--snapshot insists: %s", line);
	else
		text_append(ret, "--snapshot insists");
}

/* In a pod: the command that raises the limit, by what is missing and as much to be written. */
static void append_resize(int pid, const struct memory_room *room, uint64_t needed,
			  struct text *ret)
{
	struct process_place place;
	uint64_t missing = needed - room->room_bytes;
	process_place_find(pid, &place);
	if (room->is_machine || !*place.pod_uid)
		return;
	text_append(ret, ", or raise the limit while it runs: ");
	process_place_append_resize(&place, room->limit_bytes + missing + room->floor_bytes, ret);
}

static struct error *refusal(struct text *text)
{
	if (text_failed(text))
		return &error_no_memory;
	return error_new(ERROR_UNSUPPORTED, "%s", text_string(text));
}

static struct error *refuse_unseen(const struct snapshot_request *request)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	text_printf(&text,
		    "the memory limit of process %d cannot be read (its /sys/fs/cgroup is not "
		    "mounted), and a snapshot counts against it: " WAY_OUT ", ",
		    request->process.pid);
	append_insist(request, &text);
	return refusal(&text);
}

/* --- process ids */

struct ids_left {
	uint64_t spare;
	bool short_of;
};

/* Goes on upwards: each group may have a limit. */
static struct error *look_at_pids(int folder, const char *path, void *context)
{
	struct ids_left *left = context;
	uint64_t limit, used;
	(void)path;
	left->short_of |= control_group_number(folder, "pids.max", &limit) &&
			  control_group_number(folder, "pids.current", &used) &&
			  used + left->spare >= limit;
	return left->short_of ? &error_stop : NULL;
}

/* May no process, or thread, be added but `spare` more? */
static bool pids_exhausted(int pid, uint64_t spare)
{
	static const struct control_hierarchy hierarchies[] = { { "pids", "cgroup" },
								{ "", "cgroup2" } };
	struct ids_left left = { .spare = spare };
	enum control_group_answer answer;
	for (size_t i = 0; i < COUNT_OF(hierarchies) && !left.short_of; i++)
		error_free(control_group_visit(pid, &hierarchies[i], look_at_pids, &left,
					       &answer)); /* which only stops */
	return left.short_of;
}

/* The copy takes one, which a thread that is made meanwhile would lack. */
static struct error *check_ids(const struct snapshot_request *request)
{
	enum { SPARE = 4 };
	int pid = request->process.pid;
	if (request->insist || !pids_exhausted(process_memory_id(pid), SPARE))
		return NULL;
	return error_new(
		ERROR_UNSUPPORTED,
		"no snapshot of process %d: its control group is at, or within %d of, its "
		"limit of processes and threads (pids.max), and the copy would take one: " WAY_OUT,
		pid, SPARE);
}

struct error *snapshot_check_room(const struct snapshot_request *request,
				  const struct memory_guard *guard, uint64_t freed_bytes)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	struct memory_room room;
	char figures[256];
	if (!memory_guard_sees(guard) && !request->insist)
		return refuse_unseen(request);
	TRY(check_ids(request));
	memory_guard_room(guard, true, &room);
	uint64_t needed;
	TRY(snapshot_needed_bytes(request->process.pid, &room, &needed));
	if (room.room_bytes >= needed || needed - room.room_bytes <= freed_bytes)
		return NULL;
	snapshot_room_text(&room, figures, sizeof(figures));
	text_printf(&text,
		    "no snapshot of process %d: %s and a snapshot, which counts against it, needs "
		    "%llu MiB to be safe%s: " WAY_OUT,
		    request->process.pid, figures, (unsigned long long)needed / MIB,
		    room.kills_group ? ", as running out of memory kills the whole container "
				       "(memory.oom.group)"
				     : "");
	append_resize(request->process.pid, &room, needed, &text);
	return refusal(&text);
}

struct error *snapshot_refuse_filter(const struct snapshot_request *request, bool suspended)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	text_printf(&text, "no snapshot of process %d: it runs under a seccomp filter, ",
		    request->process.pid);
	if (suspended)
		text_append(&text,
			    "which SYS_ADMIN suspends only while clrpod lives, and which kills for "
			    "a system call of the clone(2) that a snapshot is: use --freeze, or ");
	else
		text_append(&text,
			    "and from outside its container, without the machine's SYS_ADMIN, it "
			    "cannot be told "
			    "whether that kills a process for the clone(2) that a snapshot is: run "
			    "clrpod in the same container, or use --freeze; where its "
			    "seccompProfile is RuntimeDefault (those filters allow it) ");
	append_insist(request, &text);
	return refusal(&text);
}

/* --- a clone that failed */

static bool strict_overcommit(void)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	return !proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/sys/vm/overcommit_memory") &&
	       text_string(&file)[0] == '2';
}

static const char *limit_behind(int pid, int os_errno)
{
	switch (os_errno) {
	case EAGAIN:
		return pids_exhausted(process_memory_id(pid), 0)
			       ? "its control group is at its limit of processes (pids.max)"
			       : "its user is at the limit of processes (RLIMIT_NPROC, ulimit -u), "
				 "or "
				 "the machine is (kernel.threads-max, kernel.pid_max)";
	case ENOMEM:
		return strict_overcommit()
			       ? "vm.overcommit_memory=2 does not allow a second process of its "
				 "size"
			       : "the kernel has no memory for a second process of its size";
	case EPERM:
	case EACCES:
	case ENOSYS:
		return "a seccomp filter or a security module forbids it";
	default:
		return strerror(os_errno);
	}
}

struct error *snapshot_clone_failed(int pid, int os_errno)
{
	struct error *error = error_new(ERROR_OS,
					"process %d cannot be copied by clone(2): %s: --freeze "
					"needs no copy (the process stands still for as long as it "
					"takes)",
					pid, limit_behind(pid, os_errno));
	if (error != &error_no_memory)
		error->os_errno = os_errno;
	return error;
}

#define FREEZE_INSTEAD "--freeze needs none (the process stands still for as long as it takes)"

struct error *snapshot_refuse_place(int pid)
{
	return error_new(
		ERROR_UNSUPPORTED,
		"process %d is not copied: no executable mapping of it has room at its end "
		"for the code of a system call; " FREEZE_INSTEAD,
		pid);
}

struct error *snapshot_refuse_huge(int pid, uint64_t bytes)
{
	return error_new(
		ERROR_UNSUPPORTED,
		"no snapshot of process %d: it has %llu MiB of private huge pages (hugetlbfs), of "
		"which it would need a second one for each that it writes to, and would be killed "
		"when none is left: " WAY_OUT,
		pid, (unsigned long long)bytes / MIB);
}

struct error *snapshot_refuse_thread(int pid, bool on_its_way)
{
	if (on_its_way)
		return error_new(
			ERROR_OS,
			"process %d is not copied: a thread of it is still in a system call "
			"of a clrpod that was killed; try again when it has ended (kill -CONT "
			"if the process is stopped); " FREEZE_INSTEAD,
			pid);
	return error_new(
		ERROR_OS,
		"process %d is not copied: for %d s no thread of it could make a system "
		"call (each was about to handle a signal, too far from the end of a "
		"library's code, or makes children in a new PID namespace); " FREEZE_INSTEAD,
		pid, LIMIT_CALL_MS / 1000);
}
