/*
 * A process for tests/live/live_files.sh and tests/vm/guest/overlay.sh that has mapped a file, of
 * which it has read only the first page.
 *
 * usage: file_victim FILE
 *   read: FILE, private, to read
 *   not-inherited: the same, with MADV_DONTFORK, as .NET's MemoryMappedFile has it
 *   written: FILE, private, each page's first byte made a 'W', then read-only, as a library's
 *            relocated pages
 * Prints "NAME ADDRESS BYTES" of each and "ready PID". After a line on stdin a child that has run
 * no program prints "child PID". Both live for two minutes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIFE_SECONDS = 120, PAGE = 4096, WRITTEN = 'W' };

static volatile char sink;

static char *map(int fd, size_t size, int protection)
{
	char *memory = mmap(NULL, size, protection, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		abort();
	madvise(memory, size, MADV_RANDOM); /* no page comes by itself */
	return memory;
}

static void tell(const char *name, const char *memory, size_t size)
{
	printf("%s %#llx %zu\n", name, (unsigned long long)(uintptr_t)memory, size);
}

int main(int count, char **arguments)
{
	struct stat status;
	char line[16];
	int fd = count == 2 ? open(arguments[1], O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &status))
		return 2;
	size_t size = (size_t)status.st_size;
	char *memory = map(fd, size, PROT_READ);
	sink = memory[0];
	tell("read", memory, size);
	memory = map(fd, size, PROT_READ);
	madvise(memory, size, MADV_DONTFORK);
	sink = memory[0];
	tell("not-inherited", memory, size);
	memory = map(fd, size, PROT_READ | PROT_WRITE);
	for (size_t at = 0; at < size; at += PAGE)
		memory[at] = WRITTEN;
	mprotect(memory, size, PROT_READ);
	tell("written", memory, size);
	close(fd);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	alarm(LIFE_SECONDS);
	if (fgets(line, sizeof(line), stdin) && !fork()) {
		alarm(LIFE_SECONDS);
		printf("child %d\n", (int)getpid());
		fflush(stdout);
	}
	pause();
	return 0;
}
