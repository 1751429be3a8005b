#include "attach/shared_memory.h"

#include "attach/mount_line.h"
#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

struct device {
	uint64_t number; /* as makedev(3) makes it */
	uint64_t mount_id;
	enum shared_home home;
};

/* One that was looked up. */
struct shared_file {
	uint64_t device, inode;
	const struct process_map *map; /* one of its, a shared one if there is; for the survey */
	bool system_v;        /* its inode is the segment's id (ipc/shm.c: newseg), from 0 on, and
				 no other file's of that device that has the same */
	int fd;               /* -1: not found, cannot report its holes, or has none */
	uint64_t dense_bytes; /* its size, when it has no holes; for private mappings, without fd */
};

struct shared_memory {
	int pid;
	bool asked; /* for the devices */
	struct device *devices;
	size_t device_count;
	struct shared_file *files;
	size_t file_count;           /* ascending, by device and inode */
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

/* hugetlbfs: no file shows which huge pages exist, and reading others takes them from the machine.
 */
static enum shared_home home_of(const struct mount_line *mount)
{
	const char *name = mount->file_system;
	if (!strcmp(name, "tmpfs") || !strcmp(name, "devtmpfs") || !strcmp(name, "hugetlbfs"))
		return SHARED_IN_MEMORY;
	if (!strcmp(name, "overlay"))
		return SHARED_ON_OVERLAY;
	return mount_line_is_far(mount) ? SHARED_FAR : SHARED_ON_DISK;
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
		if (LIST_GROW(memory->devices, memory->device_count, capacity))
			break;
		if (mount_line_parse(line, &mount))
			memory->devices[memory->device_count++] =
				(struct device){ .number = makedev(mount.device_major,
								   mount.device_minor),
						 .mount_id = mount.id,
						 .home = home_of(&mount) };
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

bool shared_memory_mounts(struct shared_memory *memory, const struct process_map *map,
			  uint64_t mount_id)
{
	const struct device *device = find_device(memory, map);
	const struct device *end = memory->devices + memory->device_count;
	while (device && device > memory->devices && device[-1].number == device->number)
		device--;
	for (; device && device < end && device->number == device_of(map); device++)
		if (device->mount_id == mount_id)
			return true;
	return false;
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

static int compare_files(const void *left, const void *right)
{
	const struct shared_file *a = left, *b = right;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return (int)a->system_v - (int)b->system_v;
}

static struct shared_file key_of(const struct process_map *map)
{
	return (struct shared_file){ .device = device_of(map),
				     .inode = map->inode,
				     .system_v = is_system_v(map),
				     .map = map,
				     .fd = -1 };
}

static struct shared_file *find_file(const struct shared_memory *memory,
				     const struct process_map *map)
{
	const struct shared_file key = key_of(map);
	return memory->file_count ? bsearch(&key, memory->files, memory->file_count, sizeof(key),
					    compare_files)
				  : NULL;
}

/* One of a file, the first shared one if there is one. */
static int compare_mappings(const void *left, const void *right)
{
	const struct shared_file *a = left, *b = right;
	int files = compare_files(a, b);
	if (files || a->map->shared == b->map->shared)
		return files ? files : (a->map > b->map) - (a->map < b->map);
	return a->map->shared ? -1 : 1;
}

static struct error *list_files(struct shared_memory *memory, const struct process_maps *maps)
{
	size_t count = 0, kept = 0;
	memory->files = calloc(maps->count + 1, sizeof(*memory->files));
	if (!memory->files)
		return &error_no_memory;
	for (size_t i = 0; i < maps->count; i++)
		if (may_touch(memory, &maps->maps[i]))
			memory->files[count++] = key_of(&maps->maps[i]);
	qsort(memory->files, count, sizeof(*memory->files), compare_mappings);
	for (size_t i = 0; i < count; i++)
		if (!i || compare_files(&memory->files[kept - 1], &memory->files[i]))
			memory->files[kept++] = memory->files[i];
	memory->file_count = kept;
	return NULL;
}

/* A file that neither map_files nor its path gave, by the name that a descriptor's link has. */
struct wanted {
	struct shared_file *file;
	char *name;
};

struct survey {
	struct shared_memory *memory;
	struct wanted *wanted; /* ascending by name when descriptors are looked at */
	size_t count;
	struct arena arena;
};

static int compare_names(const void *left, const void *right)
{
	return strcmp(((const struct wanted *)left)->name, ((const struct wanted *)right)->name);
}

static struct error *want(struct survey *survey, struct shared_file *file)
{
	char *name = arena_printf(&survey->arena, "%s%s", file->map->path,
				  file->map->deleted ? " (deleted)" : "");
	survey->wanted[survey->count++] = (struct wanted){ .file = file, .name = name };
	return name ? NULL : &error_no_memory;
}

static void look_at(struct shared_memory *memory, struct shared_file *file)
{
	const struct process_map *map = file->map;
	take_file(process_file_of_map(memory->pid, map), map, file);
	if (!is_found(file) && map->path[0] == '/' && !map->deleted)
		take_file(process_file_open(memory->pid, map->path, O_PATH), map, file);
	memory->open_count += file->fd >= 0;
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
	const struct wanted key = { .name = name };
	struct wanted *found =
		bsearch(&key, survey->wanted, survey->count, sizeof(key), compare_names);
	while (found && found > survey->wanted && !compare_names(found - 1, &key))
		found--;
	for (; found && found < survey->wanted + survey->count && !compare_names(found, &key);
	     found++) {
		struct shared_file *file = found->file;
		if (is_found(file) || memory->open_count >= LIMIT_SHARED_FILES)
			continue;
		take_file(proc_link_open(memory->pid, link, O_PATH), file->map, file);
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

/* Beyond the limit it is as if a file had not been found. */
static struct error *look_at_files(struct survey *survey, bool shared)
{
	struct shared_memory *memory = survey->memory;
	for (size_t i = 0; i < memory->file_count; i++) {
		struct shared_file *file = &memory->files[i];
		if (file->map->shared != shared || memory->open_count >= LIMIT_SHARED_FILES)
			continue;
		look_at(memory, file);
		if (!is_found(file))
			TRY(want(survey, file));
	}
	return NULL;
}

static struct error *survey_files(struct survey *survey)
{
	TRY(look_at_files(survey, true));
	TRY(look_at_files(survey, false));
	if (survey->count) {
		qsort(survey->wanted, survey->count, sizeof(*survey->wanted), compare_names);
		look_at_descriptors(survey);
	}
	return NULL;
}

struct error *shared_memory_survey(struct shared_memory *memory, const struct process_maps *maps)
{
	struct survey survey = { .memory = memory };
	TRY(list_files(memory, maps));
	survey.wanted = calloc(memory->file_count + 1, sizeof(*survey.wanted));
	if (!survey.wanted)
		return &error_no_memory;
	arena_init(&survey.arena);
	struct error *error = survey_files(&survey);
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
