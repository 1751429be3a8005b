#include "attach/snapshot.h"

#include "attach/memory_guard.h"
#include "attach/proc_file.h"
#include "attach/process_silence.h"
#include "attach/process_state.h"
#include "attach/snapshot_keeper.h"
#include "attach/snapshot_refusal.h"
#include "attach/syscall_filter.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct snapshot {
	int pid;    /* of the target */
	int keeper; /* its pid; 0: reaped */
	int socket, file;
	bool told;                /* to stop, before it was there */
	uint64_t stands_since_ms; /* the target, as the keeper reported; 0: it does not */
	struct arena arena;
	struct snapshot_record record;
	char dropped[sizeof(((struct snapshot_message *)0)->text)]; /* why; "": it is there */
};

static struct error *start_keeper(struct snapshot *snapshot, const struct snapshot_request *request)
{
	int sockets[2];
	snapshot->file = memfd_create("clrpod-snapshot", MFD_CLOEXEC);
	if (snapshot->file < 0)
		return error_os(errno, "cannot make a memory file");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return error_os(errno, "cannot make a socket");
	int program = getpid();
	pid_t keeper = fork();
	if (!keeper)
		snapshot_keeper_run(request, program, sockets[1], snapshot->file);
	int failed = errno;
	close(sockets[1]);
	snapshot->socket = sockets[0];
	if (keeper < 0)
		return error_os(failed, "cannot start the process that keeps the snapshot");
	snapshot->keeper = (int)keeper;
	return NULL;
}

/* Waits until the target is as it was; only a moment when we are told to stop: the keeper goes on
 * by itself. */
static void end_keeper(struct snapshot *snapshot)
{
	enum { PAUSE_MS = 1, TOLD_MS = 1500 };
	uint64_t end = clock_ms() + (snapshot->told ? (int)TOLD_MS : (int)LIMIT_KEEPER_ENDS_MS);
	if (snapshot->socket >= 0)
		shutdown(snapshot->socket, SHUT_WR);
	while (snapshot->keeper && clock_ms() < end) {
		pid_t ended = waitpid(snapshot->keeper, NULL, WNOHANG);
		if (ended > 0 || (ended < 0 && errno != EINTR))
			break;
		poll(NULL, 0, PAUSE_MS);
	}
	snapshot->keeper = 0;
}

/* false: nothing has come. The end counts as a drop. */
static bool receive(const struct snapshot *snapshot, struct snapshot_message *ret)
{
	ssize_t size = recv(snapshot->socket, ret, sizeof(*ret), MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (size != sizeof(*ret)) {
		*ret = (struct snapshot_message){ .kind = SNAPSHOT_DROPPED };
		snprintf(ret->text, sizeof(ret->text), "the process that kept it was killed");
	}
	return true;
}

static struct error *await(struct snapshot *snapshot, const struct task *task,
			   struct snapshot_message *ret)
{
	enum { TICK_MS = 20 };
	for (;;) {
		if (receive(snapshot, ret)) {
			if (ret->kind != SNAPSHOT_STANDS)
				return NULL;
			snapshot->stands_since_ms = ret->since_ms;
			continue;
		}
		struct error *error = task_check(task, "taking a snapshot of the process");
		if (error) {
			kill(snapshot->keeper, SIGTERM);
			snapshot->told = true;
			return error;
		}
		struct pollfd wait = { .fd = snapshot->socket, .events = POLLIN };
		poll(&wait, 1, TICK_MS);
	}
}

/* stand_watch.h: killed without a word, after so long. */
static struct error *stood_too_long(int pid)
{
	enum { SECOND_MS = 1000 };
	return error_new(ERROR_OS,
			 "there is no snapshot: process %d had to stand for %d s, so it was let "
			 "go: a disk or the machine does not answer in time; try again later",
			 pid, LIMIT_STAND_MS / SECOND_MS);
}

static struct error *error_of(const struct snapshot *snapshot,
			      const struct snapshot_message *message)
{
	uint64_t since_ms = snapshot->stands_since_ms;
	if (message->kind == SNAPSHOT_DROPPED && since_ms &&
	    clock_ms() >= since_ms + LIMIT_STAND_MS)
		return stood_too_long(snapshot->pid);
	if (message->kind == SNAPSHOT_DROPPED)
		return error_new(ERROR_OS, "there is no snapshot: %s", message->text);
	if (message->code == ERROR_NO_MEMORY)
		return &error_no_memory;
	struct error *error = error_new(message->code, "%s", message->text);
	if (error != &error_no_memory)
		error->os_errno = message->os_errno;
	return error;
}

static void note_zombie(const struct task *task, int pid)
{
	char text[256];
	snprintf(text, sizeof(text),
		 "when the copy has ended, process %d keeps a zombie of it, which costs it a "
		 "process id: "
		 "a seccomp filter may forbid its threads to wait for it",
		 pid);
	task_note(task, text);
}

static struct error *take(struct snapshot *snapshot, const struct snapshot_request *request,
			  const struct task *task)
{
	struct snapshot_message message;
	TRY(start_keeper(snapshot, request));
	TRY(await(snapshot, task, &message));
	if (message.kind != SNAPSHOT_TAKEN)
		return error_of(snapshot, &message);
	if (message.leaves_zombie)
		note_zombie(task, request->process.pid);
	return snapshot_record_map(snapshot->file, message.record, &snapshot->arena,
				   &snapshot->record);
}

struct error *snapshot_take(const struct snapshot_request *request, const struct task *task,
			    struct snapshot **ret)
{
	if (request->process.pid == getpid())
		return error_new(ERROR_USAGE, "process %d is clrpod itself", request->process.pid);
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return &error_no_memory;
	snapshot->pid = request->process.pid;
	snapshot->socket = snapshot->file = -1;
	arena_init(&snapshot->arena);
	struct error *error = take(snapshot, request, task);
	if (error) {
		snapshot_close(snapshot);
		return error;
	}
	*ret = snapshot;
	return NULL;
}

struct error *snapshot_check(const struct snapshot_request *request, uint64_t freed_bytes)
{
	struct memory_guard *guard;
	int pid = request->process.pid;
	TRY(process_identity_check(&request->process));
	TRY(process_silence_check(pid, NULL));
	TRY(process_state_check(pid, PROCESS_NEED_STOP));
	TRY(process_state_check(pid, PROCESS_NEED_CALL));
	TRY(memory_guard_open(pid, &guard));
	struct error *error = snapshot_check_room(request, guard, freed_bytes);
	memory_guard_close(guard);
	TRY(error);
	if (request->insist || syscall_filter_lets_through(pid))
		return NULL;
	return snapshot_refuse_filter(request, false);
}

void snapshot_close(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	end_keeper(snapshot);
	snapshot_record_unmap(&snapshot->record, snapshot->file);
	if (snapshot->socket >= 0)
		close(snapshot->socket);
	if (snapshot->file >= 0)
		close(snapshot->file);
	arena_deinit(&snapshot->arena);
	free(snapshot);
}

static void set_dropped(struct snapshot *snapshot, const char *reason)
{
	if (!snapshot->dropped[0])
		snprintf(snapshot->dropped, sizeof(snapshot->dropped), "%s", reason);
}

void snapshot_drop(struct snapshot *snapshot)
{
	set_dropped(snapshot, "a new one was asked for");
	end_keeper(snapshot);
}

const struct snapshot_record *snapshot_record(const struct snapshot *snapshot)
{
	return &snapshot->record;
}

const char *snapshot_dropped(struct snapshot *snapshot)
{
	struct snapshot_message message;
	int copy = snapshot->record.copy_pid;
	/* The kernel may have killed it before its keeper knows. Asked before the message: when its
	 * keeper ends it, the message comes first. */
	bool dead = !snapshot->dropped[0] && (proc_has_ended(copy, copy) || proc_is_ending(copy));
	if (!snapshot->dropped[0] && receive(snapshot, &message))
		set_dropped(snapshot, message.text);
	if (dead)
		set_dropped(snapshot, snapshot_why_killed(snapshot->pid));
	return snapshot->dropped[0] ? snapshot->dropped : NULL;
}

/* Pages that the target has written since: the copy alone has the old ones. And its page tables. */
bool snapshot_cost(struct snapshot *snapshot, uint64_t *ret)
{
	enum { KIBIBYTE = 1024 };
	CLEANUP(text_deinit) struct text file = { 0 };
	uint64_t changed, tables;
	int pid = snapshot->record.copy_pid;
	if (snapshot_dropped(snapshot) ||
	    proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/smaps_rollup", pid) ||
	    !proc_number(&file, "Private_Dirty", 10, &changed) ||
	    proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid) ||
	    !proc_number(&file, "VmPTE", 10, &tables))
		return false;
	*ret = (changed + tables) * KIBIBYTE;
	return true;
}
