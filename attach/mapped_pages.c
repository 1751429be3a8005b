#include "attach/mapped_pages.h"

#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "attach/process_identity.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

void mapped_pages_begin(struct mapped_pages *ret, int memory_id, const struct process_maps *maps,
			uint64_t page_size)
{
	*ret = (struct mapped_pages){
		.memory_id = memory_id, .maps = maps, .page_size = page_size, .fd = -1
	};
}

void mapped_pages_end(struct mapped_pages *pages)
{
	if (pages->map && pages->fd >= 0)
		close(pages->fd);
	page_map_close(pages->table);
	*pages = (struct mapped_pages){ .fd = -1 };
}

static struct error *count_bytes(uint64_t start, uint64_t end, void *context)
{
	*(uint64_t *)context += end - start;
	return NULL;
}

/* NULL: it cannot be read. */
static struct page_map *table_of(struct mapped_pages *pages)
{
	if (!pages->table_asked)
		error_free(page_map_open(pages->memory_id, &pages->table));
	pages->table_asked = true;
	return pages->table;
}

bool mapped_pages_have(struct mapped_pages *pages, uint64_t address, size_t size)
{
	uint64_t page = pages->page_size, start = address & ~(page - 1), there = 0;
	if (size > UINT64_MAX - page - address)
		return false;
	uint64_t end = align_up(address + size, page);
	struct page_map *table = table_of(pages);
	if (!table)
		return true;
	struct error *error = page_map_visit(table, start, end, count_bytes, &there);
	bool whole = !error && there == end - start;
	error_free(error);
	return whole;
}

/* --- their files */

/* An O_PATH descriptor (which is closed; -1: none), opened to read when its inode is the mapping's.
 */
static int take_file(int path_fd, const struct process_map *map)
{
	struct stat status;
	CLEANUP(fd_cleanup) int place = path_fd;
	if (place < 0 || fstat(place, &status) || !S_ISREG(status.st_mode) ||
	    status.st_ino != map->inode)
		return -1;
	return proc_reopen(place, O_RDONLY | O_NONBLOCK); /* for no holder of a lease we wait */
}

/* The file of a mapping; -1. One that was deleted is found where map_files may be read. */
static int open_file(const struct mapped_pages *pages, const struct process_map *map)
{
	if (process_map_is_device(map))
		return -1;
	int fd = take_file(process_file_of_map(pages->memory_id, map), map);
	if (fd < 0 && pages->process_id)
		fd = take_file(process_file_of_map(pages->process_id, map), map);
	if (fd < 0 && !map->deleted)
		fd = take_file(process_file_open(pages->memory_id, map->path, O_PATH), map);
	return fd;
}

static int64_t time_ns(const struct timespec *time)
{
	return time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
}

/* When the process ran its program, in ns as files have their times: no mapping is older, but those
 * that a fork has inherited. INT64_MIN: unknown. */
static int64_t began_at(int pid)
{
	struct process_identity identity;
	struct timespec now, up;
	struct error *error = process_identity_take(pid, &identity);
	bool unknown = error || !proc_has_executed(pid) || clock_gettime(CLOCK_REALTIME, &now) ||
		       clock_gettime(CLOCK_BOOTTIME, &up);
	error_free(error);
	if (unknown)
		return INT64_MIN;
	int64_t tick_ns = INT64_C(1000000000) / sysconf(_SC_CLK_TCK);
	return time_ns(&now) - time_ns(&up) + (int64_t)identity.start_time * tick_ns;
}

/* Was the file written to after the process began, as far as its time says? */
static bool was_written(struct mapped_pages *pages)
{
	static const int64_t slack_ns = 200 * 1000000, latest_s = INT64_MAX / 1000000000 - 3;
	struct stat status;
	if (!pages->began_asked)
		pages->began_ns =
			began_at(pages->process_id ? pages->process_id : pages->memory_id);
	pages->began_asked = true;
	if (fstat(pages->fd, &status) || status.st_ctim.tv_sec > latest_s)
		return true;
	return status.st_ctim.tv_sec >= 0 && time_ns(&status.st_ctim) + slack_ns >= pages->began_ns;
}

/* Other file systems have the same inode numbers. btrfs and overlay report another device by
 * stat(2) than maps has: there the mount says which one it is. */
static bool is_of_device(const struct mapped_pages *pages, const struct process_map *map)
{
	struct stat status;
	struct statx more;
	if (fstat(pages->fd, &status))
		return false;
	return status.st_dev == makedev(map->device_major, map->device_minor) ||
	       (!statx(pages->fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &more) &&
		(more.stx_mask & STATX_MNT_ID) &&
		shared_memory_mounts(pages->memory, map, more.stx_mnt_id));
}

static bool is_layered(int fd)
{
	struct statfs status;
	return !fstatfs(fd, &status) && status.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* Is the open file the one that is mapped, as far as its device shows? Sets what its time has to
 * show: an overlay's file that is written to becomes another one (fs/overlayfs/copy_up.c); a
 * process that has mapped it to read keeps the old one, and each way to it leads to the new one. */
static bool is_the_file(struct mapped_pages *pages, const struct process_map *map)
{
	enum shared_home home = shared_memory_home(pages->memory, map);
	/* A server is not asked what it is: it may not answer. */
	bool layered = home != SHARED_FAR && is_layered(pages->fd);
	/* Older kernels (6.1) have the device of a layer in maps (fs/overlayfs/file.c: ovl_mmap).
	 */
	bool of_layer = layered && home != SHARED_ON_OVERLAY;
	pages->dated = (layered || home == SHARED_ON_OVERLAY || home == SHARED_UNLISTED) &&
		       !(map->shared && (map->protection & PF_W));
	return of_layer || is_of_device(pages, map);
}

/* The file of a mapping, kept for the next time. -1: it cannot be opened, or another one has its
 * name. */
static int file_at(struct mapped_pages *pages, const struct process_map *map)
{
	if (!map || map->kind != PROCESS_MAP_FILE)
		return -1;
	if (pages->map == map)
		return pages->fd;
	if (pages->fd >= 0)
		close(pages->fd);
	pages->fd = open_file(pages, map);
	pages->map = map;
	if (pages->fd >= 0 && !is_the_file(pages, map)) {
		close(pages->fd);
		pages->fd = -1;
	}
	pages->rewritten = pages->fd >= 0 && pages->dated && was_written(pages);
	return pages->fd;
}

/* Has the kernel read these bytes of the file. False: some of them it cannot read. */
static bool fetch(int fd, uint64_t from, uint64_t end)
{
	char bytes[16 * 1024];
	while (from < end) {
		size_t wanted = end - from < sizeof(bytes) ? (size_t)(end - from) : sizeof(bytes);
		ssize_t got = pread(fd, bytes, wanted, (off_t)from);
		if (got <= 0)
			return !got; /* a read after its end does not wait */
		from += (uint64_t)got;
	}
	return true;
}

/* Is there a hole of the file within these bytes? */
static bool has_hole(int fd, uint64_t from, uint64_t end)
{
	struct stat status;
	off_t hole = lseek(fd, (off_t)from, SEEK_HOLE);
	return hole >= 0 && (uint64_t)hole < end && !fstat(fd, &status) && hole < status.st_size;
}

enum presence { PAGE_ABSENT, PAGE_PRESENT, PAGE_UNKNOWN };

/* Does the page table have the page at the address? *end is cut to where the answer changes. */
static enum presence presence_of(struct mapped_pages *pages, uint64_t address, uint64_t *end)
{
	uint64_t start = 0, run_end = 0;
	struct page_map *table = table_of(pages);
	struct error *error =
		table ? page_map_first(table, address & ~(pages->page_size - 1),
				       align_up(*end, pages->page_size), &start, &run_end)
		      : NULL;
	bool failed = error || !table;
	error_free(error);
	if (failed)
		return PAGE_UNKNOWN;
	if (start == run_end)
		return PAGE_ABSENT;
	bool present = start <= address;
	uint64_t change = present ? run_end : start;
	if (change < *end)
		*end = change;
	return present ? PAGE_PRESENT : PAGE_ABSENT;
}

static enum mapped_state look_at_file(struct mapped_pages *pages, const struct process_map *map,
				      enum shared_home home, bool absent, uint64_t address,
				      uint64_t end)
{
	uint64_t bias = map->file_offset - map->start; /* modulo 2^64 */
	bool local = home == SHARED_ON_DISK || home == SHARED_ON_OVERLAY;
	int fd = file_at(pages, map);
	if (fd < 0)
		return local ? MAPPED_READY : MAPPED_WITHHELD;
	if (!pages->rewritten && absent)
		return MAPPED_IN_FILE;
	/* Of what may be a tmpfs holes become pages. */
	if (home != SHARED_ON_DISK && has_hole(fd, address + bias, end + bias))
		return MAPPED_WITHHELD;
	return fetch(fd, address + bias, end + bias) || local ? MAPPED_READY : MAPPED_WITHHELD;
}

enum mapped_state mapped_pages_look(struct mapped_pages *pages, uint64_t address, uint64_t end,
				    uint64_t *ret_end)
{
	const struct process_map *map = process_maps_find(pages->maps, address);
	*ret_end = end;
	if (!map || map->kind != PROCESS_MAP_FILE || process_map_is_device(map))
		return MAPPED_READY;
	enum shared_home home = shared_memory_home(pages->memory, map);
	if (map->end < end)
		*ret_end = map->end;
	if (home == SHARED_IN_MEMORY)
		return MAPPED_READY;
	enum presence presence = presence_of(pages, address, ret_end);
	if (presence == PAGE_PRESENT)
		return MAPPED_READY;
	enum mapped_state state =
		look_at_file(pages, map, home, presence == PAGE_ABSENT, address, *ret_end);
	if (state == MAPPED_WITHHELD) {
		pages->withheld_start = address;
		pages->withheld_end = *ret_end;
	}
	return state;
}

enum target_hole mapped_pages_explain_hole(struct mapped_pages *pages, uint64_t address,
					   bool inherited)
{
	struct stat status;
	const struct process_map *map = process_maps_find(pages->maps, address);
	if (!map || map->kind != PROCESS_MAP_FILE || process_map_is_device(map))
		return HOLE_EMPTY;
	int fd = file_at(pages, map);
	if ((!inherited && (fd < 0 || pages->rewritten)) ||
	    address - pages->withheld_start < pages->withheld_end - pages->withheld_start)
		return HOLE_WITHHELD;
	if (fd < 0) { /* asked of the process, which has no page after the end */
		uint64_t end = address + 1;
		return presence_of(pages, address, &end) == PAGE_PRESENT ? HOLE_UNREADABLE
									 : HOLE_EMPTY;
	}
	bool within = fstat(fd, &status) ||
		      address - map->start + map->file_offset < (uint64_t)status.st_size;
	return within ? HOLE_UNREADABLE : HOLE_EMPTY;
}

size_t mapped_pages_read_file(struct mapped_pages *pages, uint64_t address, void *buffer,
			      size_t size)
{
	struct stat status;
	const struct process_map *map = process_maps_find(pages->maps, address);
	int fd = file_at(pages, map);
	if (fd < 0 || pages->rewritten || fstat(fd, &status))
		return 0;
	uint64_t from = address - map->start + map->file_offset;
	uint64_t end = align_up((uint64_t)status.st_size, pages->page_size);
	size_t done = 0;
	ssize_t got = 1;
	while (done < size && got > 0) {
		got = pread(fd, (char *)buffer + done, size - done, (off_t)(from + done));
		done += got > 0 ? (size_t)got : 0;
	}
	pages->rewritten = pages->dated && was_written(pages);
	if (pages->rewritten) /* meanwhile */
		return 0;
	if (got || from + done < (uint64_t)status.st_size || from + done >= end)
		return done;
	size_t rest = end - from - done < size - done ? (size_t)(end - from - done) : size - done;
	memset((char *)buffer + done, 0, rest);
	return done + rest;
}
