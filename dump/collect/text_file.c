#include "dump/collect/text_file.h"

#include "attach/credentials.h"
#include "base/cleanup.h"
#include "dump/images/file_kind.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct error *text_file_check(const char *path)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint8_t head[FILE_KIND_HEAD_BYTES];
	struct stat status;
	const char *what;
	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode))
		return NULL;
	ssize_t size = pread(fd, head, sizeof(head), 0);
	if (size <= 0)
		return NULL;
	enum file_kind kind = file_kind_of(head, (size_t)size, &what);
	if (kind == FILE_KIND_OTHER && !memchr(head, '\0', (size_t)size))
		return NULL;
	return error_new(
		ERROR_USAGE,
		"%s is no file of text (%s): lines are not written to it; give another name", path,
		kind == FILE_KIND_OTHER ? "it holds other bytes" : "it may be a dump");
}
