/*
 * A process for tests/live/live_states.sh that clrpod takes for .NET, as it has a file of the
 * runtime's name mapped, in one of the states in which a process is not as it usually is.
 *
 * usage: states LIBRARY [leaderless | vfork | zombie | locked FILE | far FILE |
 *                       descriptors COUNT]
 *   leaderless: its first thread ends; another runs on
 *   vfork: its only thread sleeps uninterruptibly, until the child of a vfork ends
 *   zombie: ends, and leaves its diagnostics socket in /tmp; a parent that does not wait for it
 *           prints "ready PID" and lives for 60 s
 *   locked: maps FILE, and waits for a line on stdin; then a thread called .NET Finalizer writes to
 *           that mapping, and another removes half of it: when the disk does not answer meanwhile,
 *           the first sleeps there, and the second, with the lock of the address space
 *   far: maps FILE, a library, as code and to be written, and has the kernel forget what of it was
 *        not read; then it maps and unmaps memory each millisecond
 *   descriptors: has COUNT of them, and some shared memory without one
 * Prints "ready PID", and lives for 60 seconds.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIFE_SECONDS = 60 };

static void *live_on(void *unused)
{
	(void)unused;
	sleep(LIFE_SECONDS);
	_exit(0);
}

static void tell(int pid)
{
	printf("ready %d\n", pid);
	fflush(stdout);
}

/* ipc-protocol.md: dotnet-diagnostic-PID-STARTTIME-socket */
static void leave_socket(int pid)
{
	char path[64], stat[1024] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file || !fread(stat, 1, sizeof(stat) - 1, file))
		abort();
	char *field = strrchr(stat, ')') + 2;
	for (int number = 3; number < 22; number++)
		field = strchr(field, ' ') + 1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/tmp/dotnet-diagnostic-%d-%llu-socket", pid, strtoull(field, NULL, 10));
	if (bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address)))
		abort();
}

static void become_zombie(void)
{
	pid_t child = fork();
	if (!child) {
		for (;;)
			pause();
	}
	leave_socket(child);
	kill(child, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	tell(child);
	live_on(NULL);
}

enum { SHARED_BYTES = 1 << 20 };
static char *shared;

static void *write_to_it(void *unused)
{
	prctl(PR_SET_NAME, ".NET Finalizer");
	shared[0] = 1;
	return unused;
}

static void *remove_it(void *unused)
{
	munmap(shared + SHARED_BYTES / 2, SHARED_BYTES / 2);
	return unused;
}

static void lock_up(const char *path)
{
	enum { HEAD_START_US = 300 * 1000 };
	pthread_t writer, remover;
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, SHARED_BYTES) || pwrite(fd, "x", 1, 0) != 1)
		abort();
	shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	volatile char seen = shared[0];
	(void)seen;
	if (fsync(fd))
		abort();
	tell((int)getpid());
	getchar();
	pthread_create(&writer, NULL, write_to_it, NULL);
	usleep(HEAD_START_US);
	pthread_create(&remover, NULL, remove_it, NULL);
	live_on(NULL);
}

static void map_far(const char *path)
{
	int fd = open(path, O_RDWR);
	shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || shared == MAP_FAILED || !dlopen(path, RTLD_NOW))
		abort();
	volatile char seen = shared[0];
	(void)seen;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	tell((int)getpid());
	for (;;) {
		munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
		usleep(1000);
	}
}

static void open_many(int many)
{
	enum { MAPPINGS = 5 };
	struct rlimit limit = { (rlim_t)many + 100, (rlim_t)many + 100 };
	if (setrlimit(RLIMIT_NOFILE, &limit))
		abort();
	while (many--)
		if (open("/dev/null", O_RDONLY) < 0)
			abort();
	for (int i = 0; i < MAPPINGS; i++) {
		char *memory =
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			abort();
		memory[0] = 1;
	}
}

int main(int count, char **arguments)
{
	const char *mode = count > 2 ? arguments[2] : "";
	pthread_t thread;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(mode, "zombie"))
		become_zombie();
	int fd = count > 1 ? open(arguments[1], O_RDONLY) : -1;
	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return 1;
	if (!strcmp(mode, "locked") && count > 3)
		lock_up(arguments[3]);
	if (!strcmp(mode, "far") && count > 3)
		map_far(arguments[3]);
	if (!strcmp(mode, "descriptors") && count > 3)
		open_many(atoi(arguments[3]));
	tell((int)getpid());
	if (!strcmp(mode, "leaderless") && !pthread_create(&thread, NULL, live_on, NULL))
		syscall(SYS_exit, 0);
	if (!strcmp(mode, "vfork") && !vfork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		live_on(NULL);
	}
	live_on(NULL);
}
