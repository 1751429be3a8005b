/*
 * A file system of one file, NAME, that answers until it gets SIGUSR1: a network file system
 * whose server is gone. The kernel's protocol is linux/fuse.h; nothing is remembered between calls,
 * so each open of the file asks.
 *
 * usage: silent_fs FILE MOUNTPOINT NAME. Prints "ready"; ends with the mount.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILE_NODE = 2, REPLY_BYTES = 1 << 20, REQUEST_BYTES = 1 << 20 };

static volatile sig_atomic_t silent;
static char *bytes;
static size_t size;
static const char *name;

static void on_signal(int number)
{
	(void)number;
	silent = 1;
}

static void read_file(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &status))
		abort();
	size = (size_t)status.st_size;
	bytes = malloc(size);
	if (!bytes || read(fd, bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

static struct fuse_attr attributes_of(uint64_t node)
{
	bool file = node == FILE_NODE;
	return (struct fuse_attr){ .ino = node,
				   .mode = file ? S_IFREG | 0755 : S_IFDIR | 0755,
				   .nlink = 1,
				   .size = file ? size : 0 };
}

/* Answers how long the reply is, or -errno. */
static ssize_t reply_to(const struct fuse_in_header *request, const void *arguments, void *reply)
{
	const struct fuse_init_in *init = arguments;
	const struct fuse_read_in *part = arguments;
	struct fuse_init_out *initialized = reply;
	switch (request->opcode) {
	case FUSE_INIT:
		*initialized =
			(struct fuse_init_out){ .major = FUSE_KERNEL_VERSION,
						.minor = init->minor < FUSE_KERNEL_MINOR_VERSION
								 ? init->minor
								 : FUSE_KERNEL_MINOR_VERSION,
						.max_write = 4096 };
		return sizeof(*initialized);
	case FUSE_LOOKUP:
		if (strcmp(arguments, name))
			return -ENOENT;
		*(struct fuse_entry_out *)reply = (struct fuse_entry_out){
			.nodeid = FILE_NODE, .generation = 1, .attr = attributes_of(FILE_NODE)
		};
		return sizeof(struct fuse_entry_out);
	case FUSE_GETATTR:
		*(struct fuse_attr_out *)reply =
			(struct fuse_attr_out){ .attr = attributes_of(request->nodeid) };
		return sizeof(struct fuse_attr_out);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		*(struct fuse_open_out *)reply = (struct fuse_open_out){ 0 };
		return sizeof(struct fuse_open_out);
	case FUSE_READ:
		if (part->offset >= size || part->size > REPLY_BYTES)
			return 0;
		size_t length = size - part->offset < part->size ? size - part->offset : part->size;
		memcpy(reply, bytes + part->offset, length);
		return (ssize_t)length;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return 0;
	default:
		return -ENOSYS;
	}
}

static void serve(int fd)
{
	static char request[REQUEST_BYTES], reply[REPLY_BYTES];
	ssize_t got;
	while ((got = read(fd, request, sizeof(request))) > 0 || errno == EINTR) {
		while (silent)
			pause();
		const struct fuse_in_header *header = (const void *)request;
		if (got <= 0 || header->opcode == FUSE_FORGET ||
		    header->opcode == FUSE_BATCH_FORGET || header->opcode == FUSE_INTERRUPT)
			continue;
		ssize_t length = reply_to(header, header + 1, reply);
		struct fuse_out_header head = { .unique = header->unique,
						.error = length < 0 ? (int)length : 0 };
		struct iovec parts[] = { { &head, sizeof(head) },
					 { reply, length > 0 ? (size_t)length : 0 } };
		head.len = (uint32_t)(parts[0].iov_len + parts[1].iov_len);
		if (writev(fd, parts, 2) < 0 && errno != ENOENT)
			return;
	}
}

int main(int count, char **arguments)
{
	char options[128];
	struct sigaction action = { .sa_handler = on_signal };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = open("/dev/fuse", O_RDWR);
	if (count < 4 || fd < 0)
		return 1;
	name = arguments[3];
	read_file(arguments[1]);
	sigaction(SIGUSR1, &action, NULL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("silent", arguments[2], "fuse.silent", 0, options))
		return 1;
	printf("ready\n");
	fflush(stdout);
	serve(fd);
	return 0;
}
