#include "base/patient_writer.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { TICK_MS = 20, SECOND_MS = 1000, TERMINAL_PIECE_BYTES = 128 };

static int open_again(int fd)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void patient_writer_open_own(struct patient_writer *writer, int fd, const struct task *task)
{
	*writer = (struct patient_writer){ .fd = fd,
					   .own = -1,
					   .kind = PATIENT_KIND_OWN,
					   .task = task,
					   .most_bytes = UINT64_MAX };
}

void patient_writer_open(struct patient_writer *writer, int fd, const struct task *task)
{
	struct stat file;
	patient_writer_open_own(writer, fd, task);
	writer->kind = PATIENT_KIND_PLAIN;
	if (fstat(fd, &file))
		return; /* the first write says why */
	if (S_ISSOCK(file.st_mode))
		writer->kind = PATIENT_KIND_SOCKET;
	if (!S_ISFIFO(file.st_mode) && !isatty(fd))
		return;
	writer->own = open_again(fd);
	writer->kind = writer->own < 0 ? PATIENT_KIND_SMALL : PATIENT_KIND_OWN;
}

void patient_writer_close(struct patient_writer *writer)
{
	if (writer->own >= 0)
		close(writer->own);
	writer->own = -1;
}

static int descriptor(const struct patient_writer *writer)
{
	return writer->own >= 0 ? writer->own : writer->fd;
}

/* Waits for room, a tick at most: a signal between a look at the task and the wait is not lost. */
static bool has_room(const struct patient_writer *writer, int wait_ms)
{
	struct pollfd wait = { .fd = descriptor(writer), .events = POLLOUT };
	return poll(&wait, 1, wait_ms) > 0;
}

/* What can be written without waiting; -1 and EAGAIN: nothing. */
static ssize_t write_some(const struct patient_writer *writer, const void *bytes, size_t size)
{
	size_t piece = PIPE_BUF;
	if (writer->kind == PATIENT_KIND_SOCKET)
		return send(writer->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (writer->kind != PATIENT_KIND_SMALL)
		return write(descriptor(writer), bytes, size);
	if (!has_room(writer, 0)) {
		errno = EAGAIN;
		return -1;
	}
	if (isatty(writer->fd))
		piece = TERMINAL_PIECE_BYTES;
	return write(writer->fd, bytes, size < piece ? size : piece);
}

/* Is it time to give up, nothing having been taken since `since`? */
static int out_of_patience(struct patient_writer *writer, uint64_t since)
{
	uint64_t now = clock_ms();
	bool stopped = task_signal(writer->task);
	if (!stopped)
		writer->stopped_ms = 0;
	else if (!writer->stopped_ms)
		writer->stopped_ms = now;
	if (stopped && now - writer->stopped_ms >= PATIENT_AFTER_STOP_MS)
		return ECANCELED;
	if (writer->stall_seconds && now - since >= writer->stall_seconds * (uint64_t)SECOND_MS)
		return PATIENT_STALLED;
	return 0;
}

static int write_all(struct patient_writer *writer, const char *bytes, size_t size)
{
	uint64_t since = clock_ms();
	for (size_t done = 0; done < size;) {
		ssize_t part = write_some(writer, bytes + done, size - done);
		int failed = part < 0 ? errno : part ? 0 : ENOSPC;
		if (part > 0) {
			done += (size_t)part;
			since = clock_ms();
		} else if (failed != EAGAIN && failed != EINTR) {
			return failed;
		}
		int over = done < size ? out_of_patience(writer, since) : 0;
		if (over)
			return over;
		if (failed == EAGAIN)
			has_room(writer, TICK_MS);
	}
	return 0;
}

int patient_write(struct patient_writer *writer, const void *bytes, size_t size)
{
	if (!writer->failed && size > writer->most_bytes - writer->written_bytes)
		writer->failed = PATIENT_TOO_MUCH;
	if (!writer->failed)
		writer->failed = write_all(writer, bytes, size);
	writer->written_bytes += writer->failed ? 0 : size;
	return writer->failed;
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t size)
{
	int failed = patient_write(cookie, bytes, size);
	if (!failed)
		return (ssize_t)size;
	errno = failed;
	return 0;
}

FILE *patient_writer_stream(struct patient_writer *writer)
{
	return fopencookie(writer, "w", (cookie_io_functions_t){ .write = stream_write });
}

struct error *patient_write_error(int os_errno, const char *what)
{
	if (os_errno == ECANCELED)
		return error_new(ERROR_CANCELLED, "%s: cancelled, and nobody reads it", what);
	if (os_errno == PATIENT_TOO_MUCH)
		return error_new(ERROR_OS,
				 "%s: it ends here, as a pod is evicted above a limit that cannot "
				 "be seen from here (an emptyDir's sizeLimit, "
				 "limits.ephemeral-storage); let the answer go to stdout",
				 what);
	if (os_errno != PATIENT_STALLED)
		return error_os(os_errno, "%s", what);
	struct error *error = error_new(
		ERROR_OS, "%s: its reader took no byte for as long as --stall allows", what);
	if (error != &error_no_memory)
		error->os_errno = PATIENT_STALLED;
	return error;
}

bool patient_write_stalled(const struct error *error)
{
	return error && error->code == ERROR_OS && error->os_errno == PATIENT_STALLED;
}
