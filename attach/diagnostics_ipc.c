#include "attach/diagnostics_ipc.h"

#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "attach/process_identity.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* ipc-protocol.md: "Header", "Commands", "Errors" */
enum {
	MAGIC_BYTES = 14,
	HEADER_BYTES = 20,
	MESSAGE_BYTES_MAX = UINT16_MAX,
	COMMAND_SET_DUMP = 0x01,
	COMMAND_SET_SERVER = 0xff,
	COMMAND_GENERATE_DUMP_3 = 0x03, /* 1: the first; 2: with flags; 3: and with words */
	ANSWER_OK = 0x00,
};
static const char magic[MAGIC_BYTES] = "DOTNET_IPC_V1";
static const uint32_t unknown_command = 0x80131385; /* DS_IPC_E_UNKNOWN_COMMAND */

/* "": KEY, the start time, cannot be read. */
static struct error *socket_name(int pid, int namespace_pid, char *buffer, size_t size)
{
	struct process_identity process;
	struct error *error = process_identity_take(pid, &process);
	*buffer = '\0';
	if (error == &error_no_memory)
		return error;
	if (!error)
		snprintf(buffer, size, "dotnet-diagnostic-%d-%llu-socket", namespace_pid,
			 (unsigned long long)process.start_time);
	error_free(error);
	return NULL;
}

static const char *trimmed(const char *folder, struct arena *arena)
{
	size_t length = strlen(folder);
	while (length > 1 && folder[length - 1] == '/')
		length--;
	return arena_copy_text(arena, folder, length);
}

/* The owner of the socket; false: there is none. */
static bool find_socket(int folder, const char *name, unsigned *ret_owner)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISSOCK(status.st_mode))
		return false;
	*ret_owner = status.st_uid;
	return true;
}

struct error *diagnostics_find(const struct diagnostics_query *query, struct arena *arena,
			       struct diagnostics_socket *ret)
{
	char name[128];
	const char *temporary = query->temporary;
	*ret = (struct diagnostics_socket){ .pid = query->pid,
					    .memory_id = query->memory_id,
					    .uid = query->uid };
	TRY(socket_name(query->pid, query->namespace_pid, name, sizeof(name)));
	if (!*name)
		return NULL;
	ret->folder = trimmed(temporary && *temporary == '/' ? temporary : "/tmp", arena);
	ret->name = arena_copy_text(arena, name, strlen(name));
	if (!ret->folder || !ret->name)
		return &error_no_memory;
	CLEANUP(fd_cleanup) int folder = diagnostics_open_folder(ret);
	if (folder < 0) {
		ret->folder = "/tmp";
		ret->shared = true;
		folder = diagnostics_open_folder(ret);
	}
	if (folder < 0 || !find_socket(folder, name, &ret->owner))
		return NULL;
	ret->forged = ret->owner != ret->uid;
	if (ret->forged)
		return NULL;
	/* connect(2) wants to write. */
	ret->open_to_us = !faccessat(folder, name, W_OK, AT_EACCESS);
	const char *before = strcmp(ret->folder, "/") ? ret->folder : "";
	ret->path = ret->shared ? arena_printf(arena, "%s/%s", before, name)
				: arena_printf(arena, "/proc/%d/root%s/%s", ret->memory_id, before,
					       name);
	return ret->path ? NULL : &error_no_memory;
}

int diagnostics_open_folder(const struct diagnostics_socket *socket)
{
	if (socket->shared)
		return open(socket->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return process_file_open(socket->memory_id, socket->folder, O_PATH | O_DIRECTORY);
}

/* --- the connection */

struct connection {
	const struct diagnostics_socket *to;
	const struct task *task;
	uint64_t end_ms; /* CLOCK_MONOTONIC */
	int fd;
};

static struct error *check_time(const struct connection *connection)
{
	TRY(task_check(connection->task, "waiting for the runtime to write the dump"));
	if (clock_ms() < connection->end_ms)
		return NULL;
	return error_os(ETIMEDOUT,
			"the runtime of process %d does not answer on its diagnostics socket",
			connection->to->pid);
}

static struct error *await(const struct connection *connection, short events)
{
	enum { LOOK_MS = 100 };
	for (;;) {
		struct pollfd wait = { .fd = connection->fd, .events = events };
		TRY(check_time(connection));
		int ready = poll(&wait, 1, LOOK_MS);
		if (ready > 0)
			return NULL;
		if (ready < 0 && errno != EINTR)
			return error_os(errno, "cannot wait for the diagnostics socket");
	}
}

/* A socket of unix(7) is connected at once, or its queue is full, for which there is no poll(2). */
static struct error *connect_in_time(struct connection *connection,
				     const struct sockaddr_un *address)
{
	enum { PAUSE_US = 20 * 1000 };
	while (connect(connection->fd, (const struct sockaddr *)address, sizeof(*address))) {
		if (errno != EAGAIN && errno != EINTR)
			return error_os(errno, "cannot connect to the diagnostics socket %s",
					connection->to->path);
		TRY(check_time(connection));
		clock_sleep_us(PAUSE_US);
	}
	return NULL;
}

static struct error *check_peer(const struct connection *connection)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	const struct diagnostics_socket *to = connection->to;
	if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return error_os(errno, "cannot tell who listens on the diagnostics socket %s",
				to->path);
	if (peer.uid == to->uid && (peer.pid == to->pid || !proc_shows_our_ids()))
		return NULL;
	return error_new(ERROR_OS,
			 "process %d of uid %u listens on the diagnostics socket %s instead of "
			 "process %d of uid %u: it is not asked for a dump",
			 (int)peer.pid, (unsigned)peer.uid, to->path, to->pid, to->uid);
}

/* By way of /proc/self/fd: a socket's path has 108 bytes at most (unix(7)), a TMPDIR may have more.
 */
static struct error *connect_to(struct connection *connection)
{
	const struct diagnostics_socket *to = connection->to;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_cleanup) int folder = diagnostics_open_folder(to);
	if (folder < 0)
		return error_os(errno, "cannot open the folder of the diagnostics socket %s",
				to->path);
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
			      folder, to->name);
	if (length < 0 || (size_t)length >= sizeof(address.sun_path))
		return error_os(ENAMETOOLONG, "cannot connect to %s", to->path);
	connection->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connection->fd < 0)
		return error_os(errno, "cannot make a socket");
	TRY(connect_in_time(connection, &address));
	return check_peer(connection);
}

static void connection_close(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
}

static struct error *send_all(const struct connection *connection, const struct text *message)
{
	size_t sent = 0;
	while (sent < message->length) {
		TRY(await(connection, POLLOUT));
		ssize_t part = send(connection->fd, message->bytes + sent, message->length - sent,
				    MSG_NOSIGNAL);
		if (part < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (part < 0)
			return error_os(errno == EPIPE ? ECONNRESET
						       : errno, /* EPIPE is our output's */
					"cannot write to the diagnostics socket");
		sent += (size_t)part;
	}
	return NULL;
}

static struct error *receive(const struct connection *connection, uint8_t *buffer, size_t size)
{
	size_t done = 0;
	while (done < size) {
		TRY(await(connection, POLLIN));
		ssize_t part = recv(connection->fd, buffer + done, size - done, 0);
		if (part < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (part < 0)
			return error_os(errno, "cannot read from the diagnostics socket");
		if (!part)
			return error_os(ECONNRESET,
					"the runtime closed its diagnostics socket without an "
					"answer");
		done += (size_t)part;
	}
	return NULL;
}

/* --- the protocol */

static void append_u32(struct text *message, uint32_t number)
{
	text_append_bytes(message, (const char *)&number, sizeof(number));
}

static void append_u16(struct text *message, uint16_t number)
{
	text_append_bytes(message, (const char *)&number, sizeof(number));
}

/* Strings: how many units of UTF-16, the NUL among them; then those. */
static struct error *build_request(const char *path, enum diagnostics_dump_type type,
				   unsigned command, struct text *ret)
{
	size_t length = strlen(path) + 1;
	size_t size = HEADER_BYTES + sizeof(uint32_t) * 3 + length * sizeof(uint16_t);
	text_clear(ret);
	text_append_bytes(ret, magic, sizeof(magic));
	append_u16(ret, (uint16_t)size);
	text_append_char(ret, COMMAND_SET_DUMP);
	text_append_char(ret, (char)command);
	append_u16(ret, 0);
	append_u32(ret, (uint32_t)length);
	for (size_t i = 0; i < length; i++)
		append_u16(ret, (unsigned char)path[i]);
	append_u32(ret, type);
	append_u32(ret, 0); /* no log on the process's own stdout */
	return text_failed(ret) ? &error_no_memory : NULL;
}

/* The words after the error's number, where there are any. */
static void append_words(const uint8_t *payload, size_t size, struct text *ret)
{
	if (size < sizeof(uint32_t))
		return;
	uint32_t count = load_u32(payload);
	if (!count || (size - sizeof(uint32_t)) / sizeof(uint16_t) < count)
		return;
	uint16_t units[1024];
	if (count > COUNT_OF(units))
		count = COUNT_OF(units);
	memcpy(units, payload + sizeof(uint32_t), count * sizeof(units[0]));
	size_t length = 0;
	for (; length < count && units[length]; length++)
		if (units[length] < ' ' || (units[length] >= 0x7f && units[length] < 0xa0))
			units[length] = ' '; /* a message is one line, and commands no terminal */
	text_append(ret, ": ");
	text_append_utf16(ret, units, length);
}

/* *ret_error: the number that the runtime answered, 0: it has done it. */
static struct error *receive_answer(const struct connection *connection, uint32_t *ret_error,
				    struct text *ret_words)
{
	uint8_t header[HEADER_BYTES], payload[MESSAGE_BYTES_MAX];
	TRY(receive(connection, header, sizeof(header)));
	size_t size = load_u16(header + MAGIC_BYTES);
	if (memcmp(header, magic, sizeof(magic)) || header[16] != COMMAND_SET_SERVER ||
	    size < HEADER_BYTES + sizeof(uint32_t))
		return error_new(ERROR_BAD_DATA,
				 "the diagnostics socket answers something else than the protocol "
				 "of .NET's runtime");
	size -= HEADER_BYTES;
	TRY(receive(connection, payload, size));
	*ret_error = load_u32(payload);
	if (header[17] != ANSWER_OK && !*ret_error)
		*ret_error = UINT32_MAX;
	if (*ret_error)
		append_words(payload + sizeof(uint32_t), size - sizeof(uint32_t), ret_words);
	return text_failed(ret_words) ? &error_no_memory : NULL;
}

static struct error *check_path(const char *path)
{
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at > 0x7e)
			return error_new(ERROR_UNSUPPORTED,
					 "the runtime cannot be asked for a dump in %s: the "
					 "process's TMPDIR is no plain ASCII",
					 path);
	return strlen(path) < LIMIT_PATH_BYTES
		       ? NULL
		       : error_os(ENAMETOOLONG, "cannot ask for a dump in %.60s…", path);
}

/* *ret_error as receive_answer(). */
static struct error *ask(const struct diagnostics_request *request, unsigned command,
			 struct connection *connection, uint32_t *ret_error, struct text *ret_words)
{
	CLEANUP(text_deinit) struct text message = { 0 };
	TRY(build_request(request->path, request->type, command, &message));
	TRY(connect_to(connection));
	TRY(send_all(connection, &message));
	return receive_answer(connection, ret_error, ret_words);
}

struct error *diagnostics_dump(const struct diagnostics_socket *socket,
			       const struct diagnostics_request *request, const struct task *task)
{
	uint64_t end_ms = clock_ms() + request->wait_ms;
	TRY(check_path(request->path));
	for (unsigned command = COMMAND_GENERATE_DUMP_3;; command--) {
		CLEANUP(text_deinit) struct text words = { 0 };
		CLEANUP(connection_close)
		struct connection connection = {
			.to = socket, .task = task, .end_ms = end_ms, .fd = -1
		};
		uint32_t failed;
		TRY(ask(request, command, &connection, &failed, &words));
		if (!failed)
			return NULL;
		if (failed != unknown_command || command == 1)
			return error_new(ERROR_UNSUPPORTED,
					 "the runtime of process %d could not write the dump %s "
					 "(error %#x)%s",
					 socket->pid, request->path, failed, text_string(&words));
	}
}
