#include "dump/core/unpack_room.h"

#include "attach/memory_guard.h"
#include "attach/pod_room.h"
#include "attach/pod_storage.h"
#include "base/cleanup.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	LEAST_FREE = 16 * 1024 * 1024, /* left to others in any place, bytes */
	HOLE_BLOCK = 4096,             /* a run of zeros of this size is not written */
	LOOK_BYTES = 4 * 1024 * 1024,  /* written between two looks at what is left of the place */
};

/* "1.4 GiB": for messages. */
struct size_text {
	char text[32];
};

static struct size_text size_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	struct size_text size;
	double number = (double)bytes;
	size_t unit = 0;
	while (number >= 1024 && unit + 1 < COUNT_OF(units)) {
		number /= 1024;
		unit++;
	}
	snprintf(size.text, sizeof(size.text), unit ? "%.1f %s" : "%.0f %s", number, units[unit]);
	return size;
}

/* What memory is left to us: the machine's, and below the limits of our control groups. */
static uint64_t free_memory(void)
{
	struct memory_guard *guard;
	struct memory_room room = { .room_bytes = UINT64_MAX };
	struct sysinfo info;
	struct error *error = memory_guard_open(getpid(), &guard);
	if (!error) {
		memory_guard_room(guard, true, &room);
		memory_guard_close(guard);
	}
	error_free(error);
	if (room.room_bytes < UINT64_MAX)
		return room.room_bytes;
	/* No /proc: without the caches it is less, and safe. */
	return sysinfo(&info) ? 0 : (uint64_t)info.freeram * info.mem_unit;
}

static bool keeps_in_memory(int fd)
{
	struct statfs status;
	return !fstatfs(fd, &status) &&
	       (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

/* What the file may still take of its place, LEAST_FREE left to others; of memory at most half of
 * what was free before the first byte. */
static uint64_t room_left(int fd, bool in_memory, uint64_t taken)
{
	struct statvfs status;
	uint64_t bytes = UINT64_MAX;
	if (fstatvfs(fd, &status))
		return 0;
	/* A file system without a size (memfd_create()'s) has no blocks. */
	if (status.f_blocks &&
	    __builtin_mul_overflow((uint64_t)status.f_bavail, (uint64_t)status.f_frsize, &bytes))
		bytes = UINT64_MAX;
	bytes = bytes > LEAST_FREE ? bytes - LEAST_FREE : 0;
	if (!in_memory)
		return bytes;
	uint64_t left = free_memory();
	uint64_t half = left > taken ? (left - taken) / 2 : 0;
	return half < bytes ? half : bytes;
}

/* A file without a name; -1: not in this directory. */
static int nameless_file(const char *directory)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd >= 0)
		return fd;
	char *name = NULL;
	if (asprintf(&name, "%s/clrpod-XXXXXX", directory) < 0)
		return -1;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

static const char memory[] = "memory"; /* as a place */

struct refusals {
	char text[512];
	size_t length;
};

static void refuse(struct refusals *refusals, const char *place, const char *why)
{
	size_t room = sizeof(refusals->text) - refusals->length;
	int length = snprintf(refusals->text + refusals->length, room, "%s %s %s",
			      refusals->length ? "," : "", place, why);
	if (length > 0 && (size_t)length < room)
		refusals->length += (size_t)length;
}

/* Takes the file, or closes it and says why not. */
static bool try_file(int fd, bool in_memory, const char *place, uint64_t needed,
		     struct refusals *refusals, struct unpack_room *room)
{
	struct pod_storage storage = { 0 };
	char why[64] = "cannot be used";
	uint64_t free_bytes = fd >= 0 ? room_left(fd, in_memory, 0) : 0;
	if (fd >= 0 && free_bytes)
		snprintf(why, sizeof(why), "has %s", size_text(free_bytes).text);
	room->most = UINT64_MAX;
	if (fd >= 0 && place != memory)
		pod_storage_of(fd, 0, &storage);
	if (pod_storage_hides_limit(&storage)) {
		room->most = POD_ROOM_UNSEEN_BYTES;
		snprintf(why, sizeof(why), "has a limit of the pod that cannot be seen");
	}
	if (fd >= 0 && free_bytes >= needed && needed <= room->most) {
		room->fd = fd;
		room->in_memory = in_memory;
		snprintf(room->place, sizeof(room->place), "%s", place);
		return true;
	}
	if (fd >= 0)
		close(fd);
	refuse(refusals, place, why);
	return false;
}

static bool try_directory(const char *directory, const char *place, uint64_t needed,
			  struct refusals *refusals, struct unpack_room *room)
{
	int fd = nameless_file(directory);
	return try_file(fd, fd >= 0 && keeps_in_memory(fd), place, needed, refusals, room);
}

static bool try_memory(uint64_t needed, struct refusals *refusals, struct unpack_room *room)
{
	int fd = memfd_create("clrpod-dump", MFD_CLOEXEC);
	return try_file(fd, true, memory, needed, refusals, room);
}

static struct error *directory_of(const char *path, char **ret)
{
	const char *slash = strrchr(path, '/');
	*ret = !slash          ? strdup(".")
	       : slash == path ? strdup("/")
			       : strndup(path, (size_t)(slash - path));
	return *ret ? NULL : &error_no_memory;
}

struct error *unpack_room_choose(const char *path, const char *temporary_directory, uint64_t needed,
				 bool exact, const struct task *task, struct unpack_room *ret)
{
	*ret = (struct unpack_room){ .fd = -1, .path = path, .needed = needed };
	CLEANUP(free_cleanup) char *beside = NULL;
	TRY(directory_of(path, &beside));
	struct refusals refusals = { .length = 0 };
	const char *about = exact ? "" : "about ";
	bool found = (temporary_directory && try_directory(temporary_directory, temporary_directory,
							   needed, &refusals, ret)) ||
		     try_directory("/tmp", "/tmp", needed, &refusals, ret) ||
		     try_directory("/var/tmp", "/var/tmp", needed, &refusals, ret) ||
		     try_directory(beside, "the dump's directory", needed, &refusals, ret) ||
		     try_memory(needed, &refusals, ret);
	if (!found)
		return error_new(ERROR_OS,
				 "cannot unpack %s: it needs %s%s, and%s; unpack it elsewhere and "
				 "open that file",
				 path, about, size_text(needed).text, refusals.text);
	char note[512];
	snprintf(note, sizeof(note), "unpacking %s: needs %s%s of %s", path, about,
		 size_text(needed).text, ret->place);
	task_note(task, note);
	return NULL;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* More than LEAST_FREE is left, or nothing was written since the last look that could change that.
 */
static struct error *look_at_room(struct unpack_room *room)
{
	if (room->taken - room->looked < LOOK_BYTES)
		return NULL;
	room->looked = room->taken;
	bool within = room->taken <= room->most;
	if (within && room_left(room->fd, room->in_memory, room->taken) >= LOOK_BYTES)
		return NULL;
	const char *why = !within || room->written > room->needed
				  ? "it holds more than it announces"
				  : "others fill that place too";
	return error_new(ERROR_OS,
			 "cannot unpack %s: %s took %s of it and has no room for more (%s: %s); "
			 "unpack it elsewhere and open that file",
			 room->path, room->place, size_text(room->taken).text, why,
			 size_text(room->needed).text);
}

static struct error *write_all(struct unpack_room *room, const uint8_t *bytes, size_t size,
			       uint64_t offset)
{
	while (size) {
		ssize_t done = pwrite(room->fd, bytes, size, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return error_os(done ? errno : ENOSPC,
					"cannot unpack %s: %s took %s, and no more", room->path,
					room->place, size_text(offset).text);
		bytes += done;
		size -= (size_t)done;
		offset += (uint64_t)done;
		room->taken += (uint64_t)done;
	}
	return look_at_room(room);
}

struct error *unpack_room_write(struct unpack_room *room, const uint8_t *bytes, size_t size)
{
	size_t start = 0, at = 0; /* [start, at): to be written */
	while (at < size) {
		/* Blocks of the file, not of the buffer: only whole ones make holes. */
		size_t block = HOLE_BLOCK - (size_t)((room->written + at) % HOLE_BLOCK);
		if (block > size - at)
			block = size - at;
		if (block == HOLE_BLOCK && all_zero(bytes + at, block)) {
			TRY(write_all(room, bytes + start, at - start, room->written + start));
			start = at + block;
		}
		at += block;
	}
	TRY(write_all(room, bytes + start, size - start, room->written + start));
	room->written += size;
	return NULL;
}

struct error *unpack_room_finish(struct unpack_room *room)
{
	if (ftruncate(room->fd, (off_t)room->written))
		return error_os(errno, "cannot unpack %s into %s", room->path, room->place);
	return NULL;
}
