#include "attach/shared_memory.h"

#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

struct shared_memory {
	int pid;
	int fd; /* of the last file; -1: none */
	uint64_t inode;
	uint32_t device_major, device_minor;
	uint64_t page_size;
};

struct error *shared_memory_open(int pid, struct shared_memory **ret)
{
	struct shared_memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return &error_no_memory;
	memory->pid = pid;
	memory->fd = -1;
	memory->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	*ret = memory;
	return NULL;
}

void shared_memory_close(struct shared_memory *memory)
{
	if (memory && memory->fd >= 0)
		close(memory->fd);
	free(memory);
}

static bool is_file_of(const struct process_map *map, const struct stat *file)
{
	return S_ISREG(file->st_mode) && file->st_ino == map->inode &&
	       major(file->st_dev) == map->device_major && minor(file->st_dev) == map->device_minor;
}

/* The file of an O_PATH descriptor (which is closed; -1: none), when it is the mapping's, open to
 * us and knows its holes; -1 otherwise. */
static int open_if_same(int path_fd, const struct process_map *map)
{
	struct stat file;
	CLEANUP(fd_cleanup) int place = path_fd;
	if (place < 0 || fstat(place, &file) || !is_file_of(map, &file))
		return -1;
	int fd = proc_reopen(place, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	off_t data = lseek(fd, 0, SEEK_DATA);
	if (data < 0 && errno != ENXIO) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_descriptor(int pid, const struct process_map *map)
{
	char link[8 + sizeof(((struct dirent *)0)->d_name)];
	DIR *folder = proc_folder_open(pid, "fd");
	if (!folder)
		return -1;
	int fd = -1;
	const struct dirent *entry;
	while (fd < 0 && (entry = readdir(folder))) {
		snprintf(link, sizeof(link), "fd/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			fd = open_if_same(proc_link_open(pid, link, O_PATH), map);
	}
	closedir(folder);
	return fd;
}

static int open_file(int pid, const struct process_map *map)
{
	char link[64];
	snprintf(link, sizeof(link), "map_files/%llx-%llx", (unsigned long long)map->start,
		 (unsigned long long)map->end);
	int fd = open_if_same(proc_link_open(pid, link, O_PATH), map);
	if (fd < 0)
		fd = open_descriptor(pid, map);
	if (fd < 0 && map->path[0] == '/')
		fd = open_if_same(process_file_open(pid, map->path, O_PATH), map);
	return fd;
}

bool shared_memory_is_tmpfs(const struct shared_memory *memory, const struct process_map *map)
{
	struct statfs system;
	/* A tmpfs has no device: major number 0 (as have overlays and others). */
	if (map->device_major || map->path[0] != '/')
		return false;
	CLEANUP(fd_cleanup) int place = process_file_open(memory->pid, map->path, O_PATH);
	return place >= 0 && !fstatfs(place, &system) && system.f_type == TMPFS_MAGIC;
}

bool shared_memory_select(struct shared_memory *memory, const struct process_map *map)
{
	if (memory->inode == map->inode && memory->device_major == map->device_major &&
	    memory->device_minor == map->device_minor)
		return memory->fd >= 0;
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = open_file(memory->pid, map);
	memory->inode = map->inode;
	memory->device_major = map->device_major;
	memory->device_minor = map->device_minor;
	return memory->fd >= 0;
}

void shared_memory_next(struct shared_memory *memory, const struct process_map *map, uint64_t at,
			uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t bias = map->file_offset - map->start; /* modulo 2^64 */
	*ret_start = *ret_end = map->end;
	off_t data = lseek(memory->fd, (off_t)(at + bias), SEEK_DATA);
	if (data < 0)
		return;
	off_t hole = lseek(memory->fd, data, SEEK_HOLE);
	uint64_t start = ((uint64_t)data & ~(memory->page_size - 1)) - bias;
	uint64_t end =
		align_up(hole < 0 ? (uint64_t)data + 1 : (uint64_t)hole, memory->page_size) - bias;
	if (start >= map->end)
		return;
	*ret_start = start < at ? at : start;
	*ret_end = end < map->end ? end : map->end;
}
