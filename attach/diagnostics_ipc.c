#include "attach/diagnostics_ipc.h"

#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
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

/* False: KEY, the start time, cannot be read. */
static bool socket_name(int pid, int namespace_pid, char *buffer, size_t size)
{
	enum { STAT_START_TIME = 22 }; /* proc(5) */
	CLEANUP(text_deinit) struct text stat = { 0 };
	int64_t start;
	if (proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid) ||
	    !proc_stat_number(&stat, STAT_START_TIME, &start))
		return false;
	snprintf(buffer, size, "dotnet-diagnostic-%d-%lld-socket", namespace_pid, (long long)start);
	return true;
}

static const char *trimmed(const char *folder, struct arena *arena)
{
	size_t length = strlen(folder);
	while (length > 1 && folder[length - 1] == '/')
		length--;
	return arena_copy_text(arena, folder, length);
}

static bool is_socket(int folder, const char *name)
{
	struct stat status;
	return !fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) && S_ISSOCK(status.st_mode);
}

struct error *diagnostics_find(int pid, int namespace_pid, const char *temporary,
			       struct arena *arena, struct diagnostics_socket *ret)
{
	char name[128];
	*ret = (struct diagnostics_socket){ .pid = pid };
	if (!socket_name(pid, namespace_pid, name, sizeof(name)))
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
	if (folder < 0 || !is_socket(folder, name))
		return NULL;
	/* connect(2) wants to write. */
	ret->open_to_us = !faccessat(folder, name, W_OK, AT_EACCESS);
	const char *before = strcmp(ret->folder, "/") ? ret->folder : "";
	ret->path = ret->shared ? arena_printf(arena, "%s/%s", before, name)
				: arena_printf(arena, "/proc/%d/root%s/%s", pid, before, name);
	return ret->path ? NULL : &error_no_memory;
}

int diagnostics_open_folder(const struct diagnostics_socket *socket)
{
	if (socket->shared)
		return open(socket->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return process_file_open(socket->pid, socket->folder, O_PATH | O_DIRECTORY);
}

/* By way of /proc/self/fd: a socket's path has 108 bytes at most (unix(7)), a TMPDIR may have more.
 */
static struct error *connect_to(const struct diagnostics_socket *to, int *ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_cleanup) int folder = diagnostics_open_folder(to);
	if (folder < 0)
		return error_os(errno, "cannot open the folder of the diagnostics socket %s",
				to->path);
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
			      folder, to->name);
	if (length < 0 || (size_t)length >= sizeof(address.sun_path))
		return error_os(ENAMETOOLONG, "cannot connect to %s", to->path);
	CLEANUP(fd_cleanup) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return error_os(errno, "cannot connect to the diagnostics socket %s", to->path);
	*ret = fd;
	fd = -1;
	return NULL;
}

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

static struct error *send_all(int fd, const struct text *message)
{
	size_t sent = 0;
	while (sent < message->length) {
		ssize_t part =
			send(fd, message->bytes + sent, message->length - sent, MSG_NOSIGNAL);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return error_os(errno, "cannot write to the diagnostics socket");
		sent += (size_t)part;
	}
	return NULL;
}

static struct error *receive(int fd, uint8_t *buffer, size_t size, const struct task *task)
{
	enum { LOOK_MS = 100 };
	size_t done = 0;
	while (done < size) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		TRY(task_check(task, "waiting for the runtime to write the dump"));
		int ready = poll(&wait, 1, LOOK_MS);
		if (ready <= 0 && (!ready || errno == EINTR))
			continue;
		ssize_t part = recv(fd, buffer + done, size - done, 0);
		if (part < 0 && errno == EINTR)
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

/* The words behind the error's number, where there are any. */
static void append_words(const uint8_t *payload, size_t size, struct text *ret)
{
	if (size < sizeof(uint32_t))
		return;
	uint32_t count = load_u32(payload);
	if (!count || (size - sizeof(uint32_t)) / sizeof(uint16_t) < count)
		return;
	uint16_t units[1024];
	if (count > sizeof(units) / sizeof(units[0]))
		count = sizeof(units) / sizeof(units[0]);
	memcpy(units, payload + sizeof(uint32_t), count * sizeof(units[0]));
	size_t length = 0;
	for (; length < count && units[length]; length++)
		if (units[length] < ' ')
			units[length] = ' '; /* a message is one line */
	text_append(ret, ": ");
	text_append_utf16(ret, units, length);
}

/* *ret_error: the number that the runtime answered, 0: it has done it. */
static struct error *receive_answer(int fd, const struct task *task, uint32_t *ret_error,
				    struct text *ret_words)
{
	uint8_t header[HEADER_BYTES], payload[MESSAGE_BYTES_MAX];
	TRY(receive(fd, header, sizeof(header), task));
	size_t size = load_u16(header + MAGIC_BYTES);
	if (memcmp(header, magic, sizeof(magic)) || header[16] != COMMAND_SET_SERVER ||
	    size < HEADER_BYTES + sizeof(uint32_t))
		return error_new(ERROR_BAD_DATA,
				 "the diagnostics socket answers something else than the protocol "
				 "of .NET's runtime");
	size -= HEADER_BYTES;
	TRY(receive(fd, payload, size, task));
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

struct error *diagnostics_dump(const struct diagnostics_socket *socket, const char *path,
			       enum diagnostics_dump_type type, const struct task *task)
{
	TRY(check_path(path));
	for (unsigned command = COMMAND_GENERATE_DUMP_3;; command--) {
		CLEANUP(text_deinit) struct text request = { 0 };
		CLEANUP(text_deinit) struct text words = { 0 };
		CLEANUP(fd_cleanup) int fd = -1;
		uint32_t failed;
		TRY(build_request(path, type, command, &request));
		TRY(connect_to(socket, &fd));
		TRY(send_all(fd, &request));
		TRY(receive_answer(fd, task, &failed, &words));
		if (!failed)
			return NULL;
		if (failed != unknown_command || command == 1)
			return error_new(ERROR_UNSUPPORTED,
					 "the runtime of process %d could not write the dump %s "
					 "(error %#x)%s",
					 socket->pid, path, failed, text_string(&words));
	}
}
