#include "attach/shared_memory.h"

#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

struct device {
	uint64_t number; /* as makedev(3) makes it */
	enum shared_home home;
};

/* One that was looked up. */
struct shared_file {
	uint64_t device, inode;
	bool system_v;        /* its inode is the segment's id (ipc/shm.c: newseg), from 0 on, and
				 no other file's of that device that has the same */
	int fd;               /* -1: not found, cannot tell its holes, or has none */
	uint64_t dense_bytes; /* its size, when it has no holes; for private mappings, without fd */
};

struct shared_memory {
	int pid;
	bool asked; /* for the devices */
	struct device *devices;
	size_t device_count;
	struct shared_file *files;
	size_t file_count, file_capacity;
	size_t open_count;           /* with fd */
	struct shared_file selected; /* a copy of one */
	uint64_t page_size;
};

struct error *shared_memory_open(int pid, struct shared_memory **ret)
{
	struct shared_memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return &error_no_memory;
	memory->pid = pid;
	memory->selected.fd = -1;
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
	free(memory->files);
	free(memory);
}

/* --- what is mounted */

static int compare_devices(const void *left, const void *right)
{
	uint64_t a = ((const struct device *)left)->number;
	uint64_t b = ((const struct device *)right)->number;
	return (a > b) - (a < b);
}

/* hugetlbfs: which huge pages exist no file tells, but reading others takes them from the machine.
 */
static enum shared_home home_of(const char *file_system)
{
	if (!strcmp(file_system, "tmpfs") || !strcmp(file_system, "devtmpfs") ||
	    !strcmp(file_system, "hugetlbfs"))
		return SHARED_IN_MEMORY;
	return strcmp(file_system, "overlay") ? SHARED_ON_DISK : SHARED_ON_OVERLAY;
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
				break;
			memory->devices = devices;
		}
		if (mount_line_parse(line, &mount))
			memory->devices[memory->device_count++] =
				(struct device){ .number = makedev(mount.device_major,
								   mount.device_minor),
						 .home = home_of(mount.file_system) };
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

enum shared_home shared_memory_home(struct shared_memory *memory, const struct process_map *map)
{
	/* Others have a device of their own; major number 0 have network file systems, too. */
	if (map->device_major || map->path[0] != '/')
		return SHARED_ON_DISK;
	const struct device *device = find_device(memory, map);
	return device ? device->home : SHARED_UNLISTED;
}

bool shared_memory_holds(struct shared_memory *memory, const struct process_map *map)
{
	return map->kind == PROCESS_MAP_MEMORY ||
	       (map->kind == PROCESS_MAP_FILE &&
		shared_memory_home(memory, map) == SHARED_IN_MEMORY);
}

bool shared_memory_may_grow(struct shared_memory *memory, const struct process_map *map)
{
	enum shared_home home = shared_memory_home(memory, map);
	return map->shared && (map->protection & PF_W) && !process_map_is_device(map) &&
	       (home == SHARED_ON_OVERLAY || home == SHARED_UNLISTED);
}

/* May its file be touched? */
static bool may_touch(struct shared_memory *memory, const struct process_map *map)
{
	enum shared_home home = shared_memory_home(memory, map);
	if (map->kind == PROCESS_MAP_MEMORY)
		return home == SHARED_IN_MEMORY || !find_device(memory, map);
	return home == SHARED_IN_MEMORY ||
	       (home == SHARED_ON_OVERLAY && shared_memory_may_grow(memory, map));
}

/* --- finding the files */

static bool is_file_of(const struct process_map *map, const struct stat *file)
{
	return S_ISREG(file->st_mode) && file->st_ino == map->inode &&
	       file->st_dev == device_of(map);
}

/* An O_PATH descriptor (which is closed; -1: none): when it is the mapping's file, open to us and
 * knows its holes, *file has it. Private mappings of a file without holes need none. */
static void take_file(int path_fd, const struct process_map *map, struct shared_file *file)
{
	enum { BLOCK_BYTES = 512 }; /* stat(2): st_blocks */
	struct stat status;
	CLEANUP(fd_cleanup) int place = path_fd;
	struct statfs system;
	if (place < 0 || fstat(place, &status) || !is_file_of(map, &status))
		return;
	if (fstatfs(place, &system) || system.f_type == HUGETLBFS_MAGIC)
		return; /* it calls its holes data (fs/read_write.c: default_llseek) */
	uint64_t size = (uint64_t)status.st_size;
	if (!map->shared && (uint64_t)status.st_blocks * BLOCK_BYTES >= size) {
		file->dense_bytes = size;
		return;
	}
	int fd = proc_reopen(place, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return;
	if (lseek(fd, 0, SEEK_DATA) < 0 && errno != ENXIO)
		close(fd);
	else
		file->fd = fd;
}

static bool is_found(const struct shared_file *file)
{
	return file->fd >= 0 || file->dense_bytes;
}

static bool is_system_v(const struct process_map *map)
{
	return !strncmp(map->path, "/SYSV", 5);
}

static struct shared_file *find_file(const struct shared_memory *memory,
				     const struct process_map *map)
{
	uint64_t device = device_of(map);
	for (size_t i = 0; i < memory->file_count; i++)
		if (memory->files[i].inode == map->inode && memory->files[i].device == device &&
		    memory->files[i].system_v == is_system_v(map))
			return &memory->files[i];
	return NULL;
}

/* A file that neither map_files nor its path gave: one mapping of it. */
struct wanted {
	size_t file;
	const struct process_map *map;
	char *name; /* as a descriptor's link has it */
};

struct survey {
	struct shared_memory *memory;
	struct wanted *wanted;
	size_t count, capacity;
	struct arena arena;
};

static struct error *want(struct survey *survey, size_t file, const struct process_map *map)
{
	if (survey->count == survey->capacity) {
		size_t capacity = survey->capacity ? survey->capacity * 2 : 64;
		struct wanted *wanted = reallocarray(survey->wanted, capacity, sizeof(*wanted));
		if (!wanted)
			return &error_no_memory;
		survey->wanted = wanted;
		survey->capacity = capacity;
	}
	char *name =
		arena_printf(&survey->arena, "%s%s", map->path, map->deleted ? " (deleted)" : "");
	survey->wanted[survey->count++] = (struct wanted){ .file = file, .map = map, .name = name };
	return name ? NULL : &error_no_memory;
}

static struct error *add_file(struct survey *survey, const struct process_map *map)
{
	char link[64];
	struct shared_memory *memory = survey->memory;
	if (memory->file_count == memory->file_capacity) {
		size_t capacity = memory->file_capacity ? memory->file_capacity * 2 : 64;
		struct shared_file *files = reallocarray(memory->files, capacity, sizeof(*files));
		if (!files)
			return &error_no_memory;
		memory->files = files;
		memory->file_capacity = capacity;
	}
	struct shared_file *file = &memory->files[memory->file_count++];
	*file = (struct shared_file){ .device = device_of(map),
				      .inode = map->inode,
				      .system_v = is_system_v(map),
				      .fd = -1 };
	if (memory->open_count >= LIMIT_SHARED_FILES)
		return NULL; /* as if it had not been found */
	snprintf(link, sizeof(link), "map_files/%llx-%llx", (unsigned long long)map->start,
		 (unsigned long long)map->end);
	take_file(proc_link_open(memory->pid, link, O_PATH), map, file);
	if (!is_found(file) && map->path[0] == '/' && !map->deleted)
		take_file(process_file_open(memory->pid, map->path, O_PATH), map, file);
	memory->open_count += file->fd >= 0;
	return is_found(file) ? NULL : want(survey, memory->file_count - 1, map);
}

/* A descriptor is touched only when its name (which is the kernel's, d_path) is that of one. */
static void look_at_descriptor(struct survey *survey, const char *link)
{
	char name[LIMIT_PATH_BYTES];
	struct shared_memory *memory = survey->memory;
	ssize_t length = proc_link_read(memory->pid, link, name, sizeof(name) - 1);
	if (length <= 0 || name[0] != '/')
		return;
	name[length] = '\0';
	for (size_t i = 0; i < survey->count && memory->open_count < LIMIT_SHARED_FILES; i++) {
		const struct wanted *wanted = &survey->wanted[i];
		struct shared_file *file = &memory->files[wanted->file];
		if (is_found(file) || strcmp(wanted->name, name) != 0)
			continue;
		take_file(proc_link_open(memory->pid, link, O_PATH), wanted->map, file);
		memory->open_count += file->fd >= 0;
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

static struct error *add_files(struct survey *survey, const struct process_maps *maps, bool shared)
{
	struct shared_memory *memory = survey->memory;
	for (size_t i = 0; i < maps->count; i++) {
		const struct process_map *map = &maps->maps[i];
		if (map->shared == shared && may_touch(memory, map) && !find_file(memory, map))
			TRY(add_file(survey, map));
	}
	return NULL;
}

struct error *shared_memory_survey(struct shared_memory *memory, const struct process_maps *maps)
{
	struct survey survey = { .memory = memory };
	arena_init(&survey.arena);
	struct error *error = add_files(&survey, maps, true);
	if (!error)
		error = add_files(&survey, maps, false);
	if (!error && survey.count)
		look_at_descriptors(&survey);
	arena_deinit(&survey.arena);
	free(survey.wanted);
	return error;
}

bool shared_memory_select(struct shared_memory *memory, const struct process_map *map)
{
	const struct shared_file *file = find_file(memory, map);
	memory->selected = file ? *file : (struct shared_file){ .fd = -1 };
	return is_found(&memory->selected);
}

/* As lseek(2) with SEEK_DATA and SEEK_HOLE. */
static bool next_data(const struct shared_file *file, uint64_t from, uint64_t *ret_data,
		      uint64_t *ret_hole)
{
	if (file->dense_bytes) {
		*ret_data = from;
		*ret_hole = file->dense_bytes;
		return from < file->dense_bytes;
	}
	off_t data = lseek(file->fd, (off_t)from, SEEK_DATA);
	if (data < 0)
		return false;
	off_t hole = lseek(file->fd, data, SEEK_HOLE);
	*ret_data = (uint64_t)data;
	*ret_hole = hole < 0 ? (uint64_t)data + 1 : (uint64_t)hole;
	return true;
}

void shared_memory_next(struct shared_memory *memory, const struct process_map *map, uint64_t at,
			uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t bias = map->file_offset - map->start; /* modulo 2^64 */
	uint64_t data, hole;
	*ret_start = *ret_end = map->end;
	if (!next_data(&memory->selected, at + bias, &data, &hole))
		return;
	uint64_t start = (data & ~(memory->page_size - 1)) - bias;
	uint64_t end = align_up(hole, memory->page_size) - bias;
	if (start >= map->end)
		return;
	*ret_start = start < at ? at : start;
	*ret_end = end < map->end ? end : map->end;
}
