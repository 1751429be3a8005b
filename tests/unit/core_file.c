#include "tests/unit/core_file.h"

#include "dump/core/core_target.h"

#include <elf.h>
#include <sys/mman.h>

int core_file_new(void)
{
	int fd = memfd_create("core", MFD_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

struct error *core_file_open(int fd, struct target **ret)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return core_target_open(path, NULL, ret);
}

void core_file_close(struct target **target)
{
	target_close(*target);
}

struct core_segment core_file_segment(uint64_t start, uint64_t size)
{
	return (struct core_segment){ .start = start,
				      .end = start + size,
				      .protection = PF_R | PF_W };
}
