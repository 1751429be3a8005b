/* The protocol against a server of our own, in a child process. */
#include "attach/diagnostics_ipc.h"
#include "attach/process_life.h"
#include "base/cleanup.h"
#include "tests/unit/tap.h"

#include <pthread.h>
#include <sys/prctl.h>
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
	while (!answers) /* takes nothing, says nothing */
		pause();
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
		.pid = getpid(),
		.memory_id = getpid(),
		.uid = geteuid(),
		.folder = server->folder,
		.name = "socket",
		.path = server->path,
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

#define ESCAPES                                                                                    \
	ANSWER("DOTNET_IPC_V1\0\x26\0\xff\xff\0\0\x05\x40\0\x80\x05\0\0\0\x1b\0[\0\x9b\0J\0\0\0")

static const struct diagnostics_request full = { "/tmp/x", DIAGNOSTICS_DUMP_FULL, 10000 };
static const struct diagnostics_request hasty = { "/tmp/x", DIAGNOSTICS_DUMP_FULL, 50 };

static struct error *ask(const struct answer answers[4], const struct task *task)
{
	CLEANUP(stop) struct server server;
	start(&server, answers);
	return diagnostics_dump(&server.socket, &full, task);
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

TEST(silent)
{
	CLEANUP(stop) struct server server;
	start(&server, NULL);
	CHECK_FAILS(diagnostics_dump(&server.socket, &hasty, NULL), ERROR_OS, "does not answer");
}

/* As many wait already as its queue holds. */
TEST(busy)
{
	enum { QUEUE = 8 };
	CLEANUP(stop) struct server server;
	int fds[QUEUE];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	start(&server, NULL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", server.path);
	for (int i = 0; i < QUEUE; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fds[i], (const struct sockaddr *)&address, sizeof(address));
	}
	CHECK_FAILS(diagnostics_dump(&server.socket, &hasty, NULL), ERROR_OS, "does not answer");
	for (int i = 0; i < QUEUE; i++)
		close(fds[i]);
}

static struct error *ask_another(int pid_off, unsigned uid_off)
{
	const struct answer answers[4] = { [3] = DONE };
	CLEANUP(stop) struct server server;
	start(&server, answers);
	server.socket.shared = true; /* our own folder, as if its root were closed to us */
	server.socket.pid += pid_off;
	server.socket.uid += uid_off;
	return diagnostics_dump(&server.socket, &full, NULL);
}

TEST(somebody_else_listens)
{
	CHECK_FAILS(ask_another(1, 0), ERROR_OS, "instead of process");
	CHECK_FAILS(ask_another(0, 1), ERROR_OS, "instead of process");
	CHECK_OK(ask_another(0, 0));
}

/* A word of the runtime's may hold anything. */
TEST(its_words_command_no_terminal)
{
	CHECK_FAILS(ask((struct answer[4]){ [3] = ESCAPES }, NULL), ERROR_UNSUPPORTED,
		    "(error 0x80004005):  [ J");
}

TEST(whose_socket)
{
	CLEANUP(stop) struct server server;
	CLEANUP(arena_deinit) struct arena arena;
	struct diagnostics_socket found;
	char name[128], new[256];
	arena_init(&arena);
	start(&server, NULL);
	struct diagnostics_query query = { getpid(), 77, getpid(), geteuid(), server.folder };
	CHECK_OK(diagnostics_find(&query, &arena, &found));
	CHECK(!found.path && !found.forged);
	snprintf(name, sizeof(name), "%s", found.name ? found.name : "none");
	snprintf(new, sizeof(new), "%s/%s", server.folder, name);
	CHECK(!rename(server.path, new));
	struct error *error = diagnostics_find(&query, &arena, &found);
	bool mine = !error && found.path && !found.forged && found.open_to_us;
	query.uid++;
	if (!error)
		error = diagnostics_find(&query, &arena, &found);
	bool theirs = !error && !found.path && found.forged && found.owner == geteuid();
	unlink(new);
	CHECK_OK(error);
	CHECK(mine);
	CHECK(theirs);
}

static void *sleep_on(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* A child whose first thread has ended. */
static pid_t start_leaderless(int *ret_memory_id)
{
	pid_t child = fork();
	if (!child) {
		pthread_t thread;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, sleep_on, NULL))
			_exit(1);
		pthread_exit(NULL);
	}
	alloc_fail_pause(true);
	*ret_memory_id = child;
	for (int i = 0; i < 1000 && *ret_memory_id == child; i++) {
		usleep(1000);
		*ret_memory_id = process_memory_id(child);
	}
	alloc_fail_pause(false);
	return child;
}

/* Its socket is below the root of a thread that lives. */
TEST(of_a_process_whose_first_thread_has_ended)
{
	CLEANUP(stop) struct server server;
	CLEANUP(arena_deinit) struct arena arena;
	struct diagnostics_socket found;
	char new[256];
	arena_init(&arena);
	start(&server, NULL);
	int memory_id;
	pid_t child = start_leaderless(&memory_id);
	struct diagnostics_query query = { child, 77, memory_id, geteuid(), server.folder };
	struct error *error = diagnostics_find(&query, &arena, &found);
	snprintf(new, sizeof(new), "%s/%s", server.folder, !error ? found.name : "none");
	CHECK(!rename(server.path, new));
	if (!error)
		error = diagnostics_find(&query, &arena, &found);
	bool reached = !error && found.path && !access(found.path, W_OK) && found.open_to_us;
	unlink(new);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK_OK(error);
	CHECK(reached);
}

static const struct tap_case cases[] = {
	CASE(done),
	CASE(an_older_runtime_knows_the_first_command_only),
	CASE(its_words),
	CASE(no_answer),
	CASE(another_protocol),
	CASE(cancelled),
	CASE(silent),
	CASE(busy),
	CASE(somebody_else_listens),
	CASE(its_words_command_no_terminal),
	CASE(whose_socket),
	CASE(of_a_process_whose_first_thread_has_ended),
};
TAP_MAIN(cases)
