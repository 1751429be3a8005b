#include "commands/interpreter/session.h"

#include "attach/credentials.h"
#include "attach/pod_room.h"
#include "attach/target/overlay_target.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/patient_writer.h"
#include "dump/collect/text_file.h"
#include "dump/images/module_files.h"
#include "heap/heap.h"
#include "inspect/question.h"

#include <errno.h>
#include <fcntl.h>

struct opened {
	struct target *target; /* an overlay over what was opened */
	struct module_files *files;
	struct heap *heap;
	struct error *heap_error;
	char *name, *sysroot; /* sysroot: NULL: none */
	int current_thread;   /* OS id; 0: none was chosen */
	const char *without;  /* of session_opened_without() */
	uint64_t lacks;       /* what opening met (target.h: lacks) */
};

struct session {
	struct opened *opened;
	size_t count, capacity, current;
	bool exit_requested;
	unsigned threads; /* 0: 1 */
	bool threads_asked;
	struct memory_budget *budget;
	struct memory_view memory_view;
	struct session_source source; /* .open NULL: a dump */
	FILE *log;
	struct patient_writer *log_writer; /* below it */
	char *log_path;
};

static void opened_close(struct opened *opened)
{
	heap_close(opened->heap);
	module_files_free(opened->files);
	target_close(opened->target);
	error_free(opened->heap_error);
	free(opened->name);
	free(opened->sysroot);
}

struct session *session_new(void)
{
	return calloc(1, sizeof(struct session));
}

void session_free(struct session *session)
{
	if (!session)
		return;
	for (size_t i = session->count; i--;)
		opened_close(&session->opened[i]);
	free(session->opened);
	session_log_close(session);
	free(session);
}

void session_set_budget(struct session *session, struct memory_budget *budget)
{
	session->budget = budget;
}

struct memory_budget *session_budget(const struct session *session)
{
	return session->budget;
}

/* The caller gives what it left in *opened back when this fails; `target` only once it is there. */
static struct error *open_layers(struct opened *opened, struct target *target, const char *name,
				 const char *sysroot, const struct task *task)
{
	struct error *error = overlay_target_new(target, &opened->target);
	if (error) {
		target_close(target);
		return error;
	}
	opened->name = strdup(name);
	opened->sysroot = sysroot ? strdup(sysroot) : NULL;
	if (!opened->name || (sysroot && !opened->sysroot))
		return &error_no_memory;
	TRY(target_find_lowest(opened->target));
	TRY(module_files_new(opened->target, sysroot, &opened->files));
	error = heap_open(opened->target, opened->files, task, &opened->heap);
	if (error_is_fatal(error))
		return error;
	/* Told to stop, a packed dump gives nothing any more. */
	struct error *cancelled = task_check(task, "opening the dump");
	if (cancelled) {
		error_free(error);
		return cancelled;
	}
	struct error *gone = error ? target_check(opened->target) : NULL;
	if (gone) { /* it was killed meanwhile: nothing is known of its runtime */
		error_free(error);
		return gone;
	}
	opened->heap_error = error;
	opened->without = opened->target->met;
	opened->lacks = opened->target->lacks;
	opened->target->met = NULL;
	return NULL;
}

struct error *session_open(struct session *session, struct target *target, const char *name,
			   const char *sysroot, const struct task *task)
{
	struct opened opened = { 0 };
	struct error *error = LIST_GROW(session->opened, session->count, session->capacity);
	if (error) {
		target_close(target);
		return error;
	}
	error = open_layers(&opened, target, name, sysroot, task);
	if (error) {
		opened_close(&opened);
		return error;
	}
	session->current = session->count;
	session->opened[session->count++] = opened;
	return NULL;
}

size_t session_count(const struct session *session)
{
	return session->count;
}

void session_choose(struct session *session, size_t index)
{
	if (index < session->count)
		session->current = index;
}

void session_close_last(struct session *session)
{
	if (!session->count)
		return;
	opened_close(&session->opened[--session->count]);
	session->current = 0;
}

static const struct opened *current(const struct session *session)
{
	return session->count ? &session->opened[session->current] : NULL;
}

void session_set_source(struct session *session, const struct session_source *source)
{
	session->source = *source;
}

bool session_is_live(const struct session *session)
{
	return session->source.open && session->count;
}

/* What is left in *ret when this fails is to be closed. */
static struct error *open_anew(const struct session *session, const struct opened *old,
			       const struct task *task, struct opened *ret)
{
	struct target *target;
	TRY(session->source.open(session->source.context, task, &target));
	TRY(open_layers(ret, target, old->name, old->sysroot, task));
	if (old->heap && ret->heap_error)
		return error_new(ret->heap_error->code, "%s", ret->heap_error->message);
	return NULL;
}

/* Says what is shown now that the new one failed. */
static struct error *keep_old(const struct opened *old, struct error *failure, bool dropped)
{
	struct error *gone = target_check(old->target);
	const char *what_now =
		gone ? "and the one from before is gone: " : "still shown is the one from before";
	if (!gone && !dropped && failure->code == ERROR_UNSUPPORTED)
		what_now = "still shown is the one from before (where memory is short, refresh "
			   "-drop drops that one first)";
	struct error *error = error_new(failure->code, "no new look at %s: %s; %s%s", old->name,
					failure->message, what_now, gone ? gone->message : "");
	if (error != &error_no_memory)
		error->os_errno = failure->os_errno;
	error_free(gone);
	error_free(failure);
	return error;
}

struct error *session_refresh(struct session *session, bool drop_first, const struct task *task)
{
	struct opened *old = &session->opened[session->current], opened = { 0 };
	const struct session_source *source = &session->source;
	drop_first |= source->single;
	struct error *error = drop_first ? source->check(source->context) : NULL;
	if (!error && drop_first)
		target_release(old->target);
	if (!error)
		error = open_anew(session, old, task, &opened);
	if (error) {
		opened_close(&opened);
		return keep_old(old, error, drop_first);
	}
	opened_close(old);
	*old = opened;
	return NULL;
}

struct target *session_target(const struct session *session)
{
	return session->count ? current(session)->target : NULL;
}

const char *session_opened_without(const struct session *session)
{
	return session->count ? current(session)->without : NULL;
}

void session_turn_question(const struct session *session, struct question *question)
{
	question->target = session_target(session);
	question->opened_without = session_opened_without(session);
	question->opened_lacks = session->count ? current(session)->lacks : 0;
	question->present = session_heap(session);
	question->threads = session->threads;
	question->threads_asked = session->threads_asked;
}

void session_set_threads(struct session *session, unsigned threads, bool asked)
{
	session->threads = threads;
	session->threads_asked = asked;
}

struct heap *session_heap(const struct session *session)
{
	return session->count ? current(session)->heap : NULL;
}

const struct error *session_heap_error(const struct session *session)
{
	return session->count ? current(session)->heap_error : NULL;
}

const char *session_name(const struct session *session)
{
	return session->count ? current(session)->name : "";
}

struct stopped {
	int tid, signal;
};

static struct error *stopped_choose(const struct target_thread *thread, void *context)
{
	struct stopped *stopped = context;
	if (!stopped->tid || (!stopped->signal && thread->signal))
		*stopped = (struct stopped){ thread->tid, thread->signal };
	return NULL;
}

struct error *session_current_thread(const struct session *session, int *ret_tid)
{
	struct stopped stopped = { 0 };
	*ret_tid = session->count ? current(session)->current_thread : 0;
	if (*ret_tid || !session->count)
		return NULL;
	TRY(target_visit_threads(session_target(session), stopped_choose, &stopped));
	*ret_tid = stopped.tid;
	return NULL;
}

void session_set_current_thread(struct session *session, int tid)
{
	if (session->count)
		session->opened[session->current].current_thread = tid;
}

struct memory_view *session_memory_view(struct session *session)
{
	return &session->memory_view;
}

void session_request_exit(struct session *session)
{
	session->exit_requested = true;
}

bool session_exit_requested(const struct session *session)
{
	return session->exit_requested;
}

void session_log_close(struct session *session)
{
	file_cleanup(&session->log);
	free(session->log_path);
	if (session->log_writer) {
		patient_writer_close(session->log_writer);
		close(session->log_writer->fd);
	}
	free(session->log_writer);
	session->log = NULL;
	session->log_path = NULL;
	session->log_writer = NULL;
}

/* Ours, also while we are another process's owner. */
static int log_create(const char *path)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

/* A FIFO with a stuck reader must not make a process wait that we hold. */
static FILE *log_stream(struct patient_writer *writer, int fd)
{
	patient_writer_open_own(writer, fd, NULL);
	writer->stall_seconds = 1;
	writer->most_bytes = pod_room_for_text(fd);
	FILE *log = patient_writer_stream(writer);
	if (log)
		setvbuf(log, NULL, _IOLBF, 0);
	return log;
}

struct error *session_log_open(struct session *session, const char *path)
{
	TRY(text_file_check(path));
	int fd = log_create(path);
	if (fd < 0 && errno == ENXIO) /* open(2): a FIFO without a reader */
		return error_new(ERROR_OS, "cannot write %s: nobody reads that FIFO", path);
	if (fd < 0)
		return error_os(errno, "cannot write %s", path);
	char *copy = strdup(path);
	struct patient_writer *writer = calloc(1, sizeof(*writer));
	FILE *log = copy && writer ? log_stream(writer, fd) : NULL;
	if (!log) {
		close(fd);
		free(copy);
		free(writer);
		return &error_no_memory;
	}
	session_log_close(session);
	session->log = log;
	session->log_path = copy;
	session->log_writer = writer;
	return NULL;
}

FILE *session_log(const struct session *session)
{
	return session->log;
}

struct error *session_log_check(const struct session *session)
{
	char what[LIMIT_PATH_BYTES];
	if (!session->log)
		return NULL;
	/* A stream takes for written what its buffer has taken: the layer that writes below it
	 * knows. */
	bool failed = fflush(session->log) || ferror(session->log) || session->log_writer->failed;
	if (!failed)
		return NULL;
	snprintf(what, sizeof(what), "cannot write %s", session->log_path);
	return patient_write_error(session->log_writer->failed ? session->log_writer->failed : EIO,
				   what);
}

const char *session_log_path(const struct session *session)
{
	return session->log_path;
}
