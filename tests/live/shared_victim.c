/*
 * A process for tests/live/live_shared.sh with memory of which its own page table does not show
 * which pages exist. Each area is full of the byte 0x5a, but those named "sparse…", of which only
 * the first page is, and "counter…", which show one page that counts.
 *
 * usage: shared_victim TMPFS-FOLDER DISK-FOLDER. In the first are "holes", of 64 MiB with one page,
 * and "image", of 64 KiB, which it maps to read. Prints "NAME ADDRESS" of a page in the middle of
 * each area, "ready", and counts.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AREA_BYTES = 16 * 4096, SPARSE_BYTES = 64 << 20, LIBRARIES = 300, FILL = 0x5a };

static char filled[AREA_BYTES];

static char *map(size_t size, int protection, int flags, int fd)
{
	char *memory = mmap(NULL, size, protection, flags, fd, 0);
	if (memory == MAP_FAILED)
		abort();
	return memory;
}

static void tell(const char *name, const char *memory, size_t size)
{
	printf("%s %#llx\n", name, (unsigned long long)(uintptr_t)memory + size / 8192 * 4096);
}

static int file_in(const char *folder, const char *name, size_t bytes)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, filled, bytes) != (ssize_t)bytes)
		abort();
	return fd;
}

/* A file that was there before. */
static int of_the_image(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		abort();
	return fd;
}

static void without_file(void)
{
	int rw = PROT_READ | PROT_WRITE;
	char *memory = map(AREA_BYTES, rw, MAP_SHARED | MAP_ANONYMOUS, -1);
	memcpy(memory, filled, AREA_BYTES);
	madvise(memory, AREA_BYTES, MADV_DONTNEED);
	tell("forgotten", memory, AREA_BYTES);

	/* The first of its namespace has the number 0. */
	int id = unshare(CLONE_NEWIPC) ? -1 : shmget(IPC_PRIVATE, AREA_BYTES, IPC_CREAT | 0600);
	memory = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	pid_t child = fork();
	if (!child) {
		memcpy(memory, filled, AREA_BYTES);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	tell("written-by-another", memory, AREA_BYTES);

	int fd = memfd_create("double", 0);
	if (fd < 0 || ftruncate(fd, AREA_BYTES))
		abort();
	memory = map(AREA_BYTES, rw, MAP_SHARED, fd);
	tell("other-mapping", map(AREA_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd), AREA_BYTES);
	close(fd);
	memcpy(memory, filled, AREA_BYTES);
}

static void of_files(const char *tmpfs, const char *disk)
{
	char name[32];
	int rw = PROT_READ | PROT_WRITE, fd = file_in(disk, "dontfork", AREA_BYTES);
	char *memory = map(AREA_BYTES, rw, MAP_PRIVATE, fd);
	memory[0] = FILL;
	madvise(memory, AREA_BYTES, MADV_DONTFORK);
	tell("private-not-inherited", memory, AREA_BYTES);
	/* As .NET's MemoryMappedFile maps it. */
	memory = map(AREA_BYTES, rw, MAP_SHARED, fd);
	memory[0] = FILL;
	madvise(memory, AREA_BYTES, MADV_DONTFORK);
	tell("shared-not-inherited", memory, AREA_BYTES);
	close(fd);
	fd = file_in(disk, "deleted", AREA_BYTES);
	memory = map(AREA_BYTES, rw, MAP_PRIVATE, fd);
	memory[0] = FILL;
	madvise(memory, AREA_BYTES, MADV_DONTFORK);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	char path[4096] = "";
	if (readlink(name, path, sizeof(path) - 1) < 0 || unlink(path))
		abort();
	tell("deleted-not-inherited", memory, AREA_BYTES);
	close(fd);
	for (int i = 0; i < LIBRARIES; i++) {
		snprintf(name, sizeof(name), "library%d", i);
		fd = file_in(tmpfs, name, 4096);
		tell("library", map(4096, PROT_READ, MAP_PRIVATE, fd), 4096);
		close(fd);
	}
	fd = file_in(tmpfs, "sparse", 4096);
	if (ftruncate(fd, SPARSE_BYTES))
		abort();
	memory = map(SPARSE_BYTES, rw, MAP_SHARED, fd);
	memory[0] = FILL;
	tell("sparse", memory, 4096);
	close(fd);
	fd = of_the_image(tmpfs, "holes");
	tell("sparse-private", map(SPARSE_BYTES, rw, MAP_PRIVATE, fd), 4096);
	tell("sparse-read", map(SPARSE_BYTES, PROT_READ, MAP_SHARED, fd), 4096);
	close(fd);
	fd = of_the_image(tmpfs, "image");
	tell("image-private", map(AREA_BYTES, PROT_READ, MAP_PRIVATE, fd), AREA_BYTES);
	memory = map(AREA_BYTES, PROT_READ, MAP_SHARED, fd);
	madvise(memory, AREA_BYTES, MADV_DONTFORK);
	tell("image-not-inherited", memory, AREA_BYTES);
	close(fd);
}

/* Both mappings of a page, and one of our own. */
static void count(const char *tmpfs)
{
	int fd = file_in(tmpfs, "counter", 4096);
	volatile uint64_t *written = (void *)map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	tell("counter-read", map(4096, PROT_READ, MAP_SHARED, fd), 4096);
	volatile uint64_t *own =
		(void *)map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	tell("counter-own", (const char *)own, 4096);
	printf("ready\n");
	fflush(stdout);
	for (uint64_t i = 1;; i++)
		*own = *written = i << 8;
}

int main(int count_of_arguments, char **arguments)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (count_of_arguments < 3)
		return 1;
	memset(filled, FILL, sizeof(filled));
	without_file();
	of_files(arguments[1], arguments[2]);
	count(arguments[1]);
}
