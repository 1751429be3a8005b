/*
 * measure COMMAND...: runs it, its output thrown away, and prints "WALL_MS PEAK_RSS_KIB
 * PEAK_PRIVATE_KIB". Private memory (RssAnon: without the mapped dump) is sampled from
 * /proc/PID/status every 2 ms, since the kernel keeps no peak of it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long private_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "RssAnon:", 8))
			kib = strtol(line + 8, NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	double start = now_ms();
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	long peak = 0;
	int status;
	struct rusage usage;
	while (wait4(pid, &status, WNOHANG, &usage) == 0) {
		long kib = private_kib(pid);
		peak = kib > peak ? kib : peak;
		usleep(2000);
	}
	printf("%.1f %ld %ld\n", now_ms() - start, usage.ru_maxrss, peak);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
