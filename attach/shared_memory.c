#include "attach/shared_memory.h"

#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct device {
	uint64_t number; /* as makedev(3) makes it */
	bool tmpfs;
};

/* One that was looked up. */
struct shared_file {
	uint64_t device, inode;
	int fd; /* -1: not found, or it cannot tell its holes */
};

struct shared_memory {
	int pid;
	bool asked; /* for the devices */
	struct device *devices;
	size_t device_count;
	struct shared_file files[LIMIT_SHARED_FILES];
	size_t file_count;
	int fd; /* of the one selected; one of those, or -1 */
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
	if (!memory)
		return;
	for (size_t i = 0; i < memory->file_count; i++)
		if (memory->files[i].fd >= 0)
			close(memory->files[i].fd);
	free(memory->devices);
	free(memory);
}

/* --- what is mounted */

static int compare_devices(const void *left, const void *right)
{
	uint64_t a = ((const struct device *)left)->number;
	uint64_t b = ((const struct device *)right)->number;
	return (a > b) - (a < b);
}

/* Without a list no file is one of memory. */
static void ask_for_devices(struct shared_memory *memory)
{
	CLEANUP(text_deinit) struct text mounts = { 0 };
	size_t capacity = 0;
	memory->asked = true;
	if (proc_file_read(&mounts, LIMIT_MAPS_BYTES, "/proc/%d/mountinfo", memory->pid) ||
	    text_failed(&mounts))
		return;
	for (char *rest = mounts.bytes, *line; (line = strsep(&rest, "\n"));) {
		struct mount_line mount;
		if (memory->device_count == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			struct device *devices =
				reallocarray(memory->devices, capacity, sizeof(*devices));
			if (!devices)
				return;
			memory->devices = devices;
		}
		if (mount_line_parse(line, &mount))
			memory->devices[memory->device_count++] =
				(struct device){ .number = makedev(mount.device_major,
								   mount.device_minor),
						 .tmpfs = !strcmp(mount.file_system, "tmpfs") };
	}
	if (memory->device_count)
		qsort(memory->devices, memory->device_count, sizeof(*memory->devices),
		      compare_devices);
}

static uint64_t device_of(const struct process_map *map)
{
	return makedev(map->device_major, map->device_minor);
}

/* NULL: mounted nowhere, as the kernel's own mount of memfd and System V memory. */
static const struct device *find_device(struct shared_memory *memory, const struct process_map *map)
{
	const struct device key = { .number = device_of(map) };
	if (!memory->asked)
		ask_for_devices(memory);
	return memory->device_count ? bsearch(&key, memory->devices, memory->device_count,
					      sizeof(*memory->devices), compare_devices)
				    : NULL;
}

bool shared_memory_is_tmpfs(struct shared_memory *memory, const struct process_map *map)
{
	/* A tmpfs has no device: major number 0 (as have overlays and others). */
	if (map->device_major || map->path[0] != '/')
		return false;
	const struct device *device = find_device(memory, map);
	return device && device->tmpfs;
}

/* May its file be touched? */
static bool is_memory(struct shared_memory *memory, const struct process_map *map)
{
	return shared_memory_is_tmpfs(memory, map) ||
	       (map->kind == PROCESS_MAP_MEMORY && !find_device(memory, map));
}

/* --- finding the files */

static bool is_file_of(const struct process_map *map, const struct stat *file)
{
	return S_ISREG(file->st_mode) && file->st_ino == map->inode &&
	       file->st_dev == device_of(map);
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

static const struct shared_file *find_file(const struct shared_memory *memory,
					   const struct process_map *map)
{
	uint64_t device = device_of(map);
	for (size_t i = 0; i < memory->file_count; i++)
		if (memory->files[i].inode == map->inode && memory->files[i].device == device)
			return &memory->files[i];
	return NULL;
}

/* A file that map_files does not give: one mapping of it. */
struct wanted {
	struct shared_file *file;
	const struct process_map *map;
	char *name; /* as a descriptor's link has it */
};

struct survey {
	struct shared_memory *memory;
	struct wanted wanted[LIMIT_SHARED_FILES];
	size_t count;
	struct arena arena;
};

static struct error *add_file(struct survey *survey, const struct process_map *map)
{
	char link[64];
	struct shared_memory *memory = survey->memory;
	struct shared_file *file = &memory->files[memory->file_count++];
	snprintf(link, sizeof(link), "map_files/%llx-%llx", (unsigned long long)map->start,
		 (unsigned long long)map->end);
	*file = (struct shared_file){ .device = device_of(map), .inode = map->inode };
	file->fd = open_if_same(proc_link_open(memory->pid, link, O_PATH), map);
	if (file->fd >= 0)
		return NULL;
	struct wanted *wanted = &survey->wanted[survey->count++];
	*wanted = (struct wanted){ .file = file, .map = map };
	wanted->name =
		arena_printf(&survey->arena, "%s%s", map->path, map->deleted ? " (deleted)" : "");
	return wanted->name ? NULL : &error_no_memory;
}

/* A descriptor is touched only when its name (which is the kernel's, d_path) is that of one. */
static void look_at_descriptor(struct survey *survey, const char *link)
{
	char name[LIMIT_PATH_BYTES];
	int pid = survey->memory->pid;
	ssize_t length = proc_link_read(pid, link, name, sizeof(name) - 1);
	if (length <= 0 || name[0] != '/')
		return;
	name[length] = '\0';
	for (size_t i = 0; i < survey->count; i++) {
		struct wanted *wanted = &survey->wanted[i];
		if (wanted->file->fd < 0 && !strcmp(wanted->name, name))
			wanted->file->fd =
				open_if_same(proc_link_open(pid, link, O_PATH), wanted->map);
	}
}

static void look_at_descriptors(struct survey *survey)
{
	char link[8 + sizeof(((struct dirent *)0)->d_name)];
	DIR *folder = proc_folder_open(survey->memory->pid, "fd");
	const struct dirent *entry;
	while (folder && (entry = readdir(folder))) {
		snprintf(link, sizeof(link), "fd/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			look_at_descriptor(survey, link);
	}
	if (folder)
		closedir(folder);
}

static void look_at_path(int pid, struct wanted *wanted)
{
	const struct process_map *map = wanted->map;
	if (wanted->file->fd < 0 && map->path[0] == '/' && !map->deleted)
		wanted->file->fd = open_if_same(process_file_open(pid, map->path, O_PATH), map);
}

static struct error *look_up(struct survey *survey, const struct process_maps *maps)
{
	struct shared_memory *memory = survey->memory;
	for (size_t i = 0; i < maps->count && memory->file_count < LIMIT_SHARED_FILES; i++) {
		const struct process_map *map = &maps->maps[i];
		if (map->inode && is_memory(memory, map) && !find_file(memory, map))
			TRY(add_file(survey, map));
	}
	if (survey->count)
		look_at_descriptors(survey);
	for (size_t i = 0; i < survey->count; i++)
		look_at_path(memory->pid, &survey->wanted[i]);
	return NULL;
}

struct error *shared_memory_survey(struct shared_memory *memory, const struct process_maps *maps)
{
	CLEANUP(free_cleanup) struct survey *survey = calloc(1, sizeof(*survey));
	if (!survey)
		return &error_no_memory;
	survey->memory = memory;
	arena_init(&survey->arena);
	struct error *error = look_up(survey, maps);
	arena_deinit(&survey->arena);
	return error;
}

bool shared_memory_knows(const struct shared_memory *memory, const struct process_map *map)
{
	return find_file(memory, map);
}

bool shared_memory_select(struct shared_memory *memory, const struct process_map *map)
{
	const struct shared_file *file = find_file(memory, map);
	memory->fd = file ? file->fd : -1;
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
