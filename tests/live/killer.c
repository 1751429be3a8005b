/*
 * Kills clrpod, its keeper or both at a random moment while they hold a process, over and over, and
 * looks at what becomes of the process and of the copy that was perhaps just being made.
 *
 * usage: killer PID ROUNDS RETRIES PROGRAM ARGUMENT...     (the program is run once a round)
 * RETRIES: so many more are started at once 0 to 20 ms after each kill, and must answer 0 or 3.
 *
 * The moment is drawn over the time that the process is stopped and traced, as three rounds in
 * which nothing is killed have it; in three of four rounds from when a single thread of it runs.
 * Answers "rounds=N killed=N in_clone=N late=N dead=N stopped=N copies_left=N wrong=N
 * slowest_ms=N": in_clone counts the copies that came into being after the kill or were not yet
 * held: the kill was in the middle of the call; late those that hit no holder of the process.
 * Status 0: nothing is wrong, and not all were late.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COPY_STATUS = 0xc7 << 8, NONE = 0, TRACED_MS = 3000, SETTLE_MS = 3000, CALIBRATION = 3 };

static int target;
static char **command;

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void nap_ms(double milliseconds)
{
	double end = now_ms() + milliseconds;
	if (milliseconds > 1)
		usleep((useconds_t)((milliseconds - 1) * 1000));
	while (now_ms() < end)
		;
}

static bool read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = 0;
	return length > 0;
}

static int tracer(void)
{
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/%d/status", target);
	const char *line = read_file(path, text, sizeof(text)) ? strstr(text, "TracerPid:") : NULL;
	return line ? atoi(line + 10) : NONE;
}

struct state {
	bool alive, stopped;
	int living_copies;
};

/* The copies that ended by themselves: they were not held. */
static int orphans[4096], orphan_count;
static void note_orphan(int pid)
{
	for (int i = 0; i < orphan_count; i++)
		if (orphans[i] == pid)
			return;
	if (orphan_count < 4096)
		orphans[orphan_count++] = pid;
}

/* Threads that are stopped, children that are there. */
static struct state look(void)
{
	char path[300], text[2048];
	struct state state = { 0 };
	const struct dirent *entry;
	snprintf(path, sizeof(path), "/proc/%d/task", target);
	DIR *folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", target, entry->d_name);
		const char *rest = read_file(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
		state.alive |= rest && rest[2] != 'Z' && rest[2] != 'X';
		state.stopped |= rest && (rest[2] == 't' || rest[2] == 'T');
	}
	if (folder)
		closedir(folder);
	folder = opendir("/proc");
	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_file(path, text, sizeof(text)))
			continue;
		const char *rest = strrchr(text, ')');
		if (!rest || atoi(rest + 4) != target)
			continue;
		state.living_copies += rest[2] != 'Z';
		const char *last = strrchr(text, ' '); /* exit_code is the last field */
		if (rest[2] == 'Z' && last && atoi(last + 1) == COPY_STATUS)
			note_orphan(atoi(entry->d_name));
	}
	if (folder)
		closedir(folder);
	return state;
}

/* Number `which` of those that run at once; a % of the arguments becomes it. */
static pid_t start(int which)
{
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		for (char **word = command; *word; word++)
			if (strchr(*word, '%'))
				*strchr(*word, '%') = (char)('0' + which);
		execv(command[0], command);
		_exit(127);
	}
	return pid;
}

static int await_tracer(pid_t program)
{
	int status, keeper = NONE;
	double end = now_ms() + TRACED_MS;
	while (!(keeper = tracer()) && now_ms() < end && !waitpid(program, &status, WNOHANG))
		;
	return keeper;
}

/* One thread runs while all the others are stopped. */
static bool one_runs(void)
{
	char path[300], text[2048];
	const struct dirent *entry;
	int stand = 0, run = 0, all = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", target);
	DIR *folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", target, entry->d_name);
		const char *rest = read_file(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
		all++;
		stand += rest && rest[2] == 't';
		run += rest && (rest[2] == 'R' || rest[2] == 'D');
	}
	if (folder)
		closedir(folder);
	return run == 1 && stand == all - 1;
}

/* Until it makes the call: so in two looks. Gives up with the tracer. */
static void await_call(int keeper)
{
	while (keeper && tracer() == keeper && !(one_runs() && one_runs()))
		;
}

/* How long it is traced when nothing is killed; the median. */
static double calibrate(void)
{
	double took[CALIBRATION];
	for (int i = 0; i < CALIBRATION; i++) {
		pid_t program = start(0);
		int keeper = await_tracer(program);
		double begin = now_ms();
		while (tracer() == keeper && keeper)
			;
		took[i] = now_ms() - begin;
		for (int j = i; j > 0 && took[j] < took[j - 1]; j--) {
			double other = took[j];
			took[j] = took[j - 1];
			took[j - 1] = other;
		}
		kill(program, SIGKILL);
		waitpid(program, NULL, 0);
		usleep(100000);
	}
	return took[CALIBRATION / 2];
}

/* Nothing is stopped, no copy lives; not before a call that is under way has had its time to
 * end. */
static struct state settle(double window, double *ret_ms)
{
	nap_ms(2 * window);
	double begin = now_ms();
	struct state state;
	do {
		usleep(500);
		state = look();
	} while (state.alive && (state.stopped || state.living_copies) &&
		 now_ms() < begin + SETTLE_MS);
	*ret_ms = now_ms() - begin;
	return state;
}

int main(int count, char **arguments)
{
	if (count < 5)
		return 2;
	target = atoi(arguments[1]);
	int rounds = atoi(arguments[2]), retries = atoi(arguments[3]);
	int killed = 0, late = 0, dead = 0, stopped = 0, left = 0, wrong = 0, round;
	double slowest = 0;
	command = arguments + 4;
	srandom(5);
	double window = calibrate();
	for (round = 0; round < rounds && !dead; round++) {
		pid_t program = start(0);
		int keeper = await_tracer(program);
		bool aimed = round % 4 != 0;
		if (aimed)
			await_call(keeper);
		nap_ms(window / (aimed ? 16 : 1) * (double)random() / RAND_MAX);
		late += !keeper || tracer() != keeper;
		if (keeper && round % 3 != 1)
			kill(keeper, SIGKILL);
		if (round % 3 != 0)
			kill(program, SIGKILL);
		killed++;
		pid_t again[8];
		if (retries)
			nap_ms(20.0 * (double)random() / RAND_MAX);
		for (int i = 0; i < retries && i < 8; i++)
			again[i] = start(i + 1);
		for (int i = 0; i < retries && i < 8; i++) {
			int status;
			waitpid(again[i], &status, 0);
			if (WIFEXITED(status) &&
			    (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3))
				continue;
			wrong++;
			printf("round %d: one that came after ended with the wait status %x\n",
			       round, (unsigned)status);
		}
		double took;
		int status;
		waitpid(program, &status, 0);
		struct state state = settle(window, &took);
		slowest = took > slowest ? took : slowest;
		dead += !state.alive;
		stopped += state.stopped;
		left += state.living_copies;
	}
	printf("rounds=%d killed=%d in_clone=%d late=%d dead=%d stopped=%d copies_left=%d wrong=%d "
	       "slowest_ms=%.0f window_ms=%.1f\n",
	       round, killed, orphan_count, late, dead, stopped, left, wrong, slowest, window);
	return dead || stopped || left || wrong || late == killed;
}
