/* The protocol against a server of our own, in a child process. */
#include "attach/diagnostics_ipc.h"
#include "base/cleanup.h"
#include "tests/unit/tap.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { HEADER = 20, COMMAND_AT = 17 };

struct server {
	struct diagnostics_socket socket;
	char folder[64], path[100];
	int pid;
};

/* What it answers to each command, last command first; NULL: hangs up. */
struct answer {
	const char *bytes;
	size_t size;
};

static void serve(int listener, const struct answer answers[4])
{
	for (;;) {
		uint8_t request[4096];
		int fd = accept(listener, NULL, NULL);
		if (fd < 0 || recv(fd, request, sizeof(request), 0) < HEADER)
			_exit(1);
		const struct answer *answer = &answers[request[COMMAND_AT] & 3];
		if (answer->bytes && send(fd, answer->bytes, answer->size, MSG_NOSIGNAL) < 0)
			_exit(1);
		close(fd);
	}
}

static void start(struct server *server, const struct answer answers[4])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	*server = (struct server){ .folder = "/tmp/clrpod-ipc-XXXXXX" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || !mkdtemp(server->folder))
		abort();
	snprintf(server->path, sizeof(server->path), "%s/socket", server->folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, 4))
		abort();
	server->pid = fork();
	if (!server->pid)
		serve(fd, answers);
	close(fd);
	server->socket = (struct diagnostics_socket){
		.pid = getpid(), .folder = server->folder, .name = "socket", .path = server->path
	};
}

static void stop(struct server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	unlink(server->path);
	rmdir(server->folder);
}

#define ANSWER(text)                                                                               \
	{                                                                                          \
		.bytes = (text), .size = sizeof(text) - 1                                          \
	}
#define DONE ANSWER("DOTNET_IPC_V1\0\x18\0\xff\0\0\0\0\0\0\0")
#define UNKNOWN ANSWER("DOTNET_IPC_V1\0\x18\0\xff\xff\0\0\x85\x13\x13\x80")
#define WORDS ANSWER("DOTNET_IPC_V1\0\x22\0\xff\xff\0\0\x05\x40\0\x80\x03\0\0\0n\0o\0\0\0")

static struct error *ask(const struct answer answers[4], const struct task *task)
{
	CLEANUP(stop) struct server server;
	start(&server, answers);
	return diagnostics_dump(&server.socket, "/tmp/x", DIAGNOSTICS_DUMP_FULL, task);
}

TEST(done)
{
	CHECK_OK(ask((struct answer[4]){ [3] = DONE }, NULL));
}

TEST(an_older_runtime_knows_the_first_command_only)
{
	CHECK_OK(ask((struct answer[4]){ [3] = UNKNOWN, [2] = UNKNOWN, [1] = DONE }, NULL));
	CHECK_FAILS(ask((struct answer[4]){ [3] = UNKNOWN, [2] = UNKNOWN, [1] = UNKNOWN }, NULL),
		    ERROR_UNSUPPORTED, "0x80131385");
}

TEST(its_words)
{
	CHECK_FAILS(ask((struct answer[4]){ [3] = WORDS }, NULL), ERROR_UNSUPPORTED,
		    "(error 0x80004005): no");
}

TEST(no_answer)
{
	CHECK_FAILS(ask((struct answer[4]){ [3] = { NULL, 0 } }, NULL), ERROR_OS,
		    "without an answer");
	CHECK_FAILS(ask((struct answer[4]){ [3] = ANSWER("DOTNET_IPC_V1\0\x18\0\xff") }, NULL),
		    ERROR_OS, "without an answer");
}

TEST(another_protocol)
{
	CHECK_FAILS(
		ask((struct answer[4]){ [3] = ANSWER("HTTP/1.1 400 Bad Request\r\n\r\n") }, NULL),
		ERROR_BAD_DATA, "something else");
	/* shorter than its own header */
	CHECK_FAILS(
		ask((struct answer[4]){ [3] = ANSWER("DOTNET_IPC_V1\0\x03\0\xff\0\0\0\0\0\0\0") },
		    NULL),
		ERROR_BAD_DATA, "something else");
}

TEST(cancelled)
{
	volatile sig_atomic_t now = 1;
	struct task task = { .stop = &now };
	CHECK_FAILS(ask((struct answer[4]){ [3] = DONE }, &task), ERROR_CANCELLED, "waiting");
}

static const struct tap_case cases[] = {
	CASE(done),
	CASE(an_older_runtime_knows_the_first_command_only),
	CASE(its_words),
	CASE(no_answer),
	CASE(another_protocol),
	CASE(cancelled),
};
TAP_MAIN(cases)
