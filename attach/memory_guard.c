#include "attach/memory_guard.h"

#include "attach/control_group.h"
#include "attach/process_life.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>

enum {
	LEVELS_MAX = 16, /* of nested groups */
	NUMBER_BYTES = 32,
	STAT_BYTES = 8192,
	FLOOR_SHARE = 8, /* of the limit … */
	FLOOR_BYTES_MIN = 32 * 1024 * 1024,
	FLOOR_BYTES_MAX = 128 * 1024 * 1024,
};

/* The names of one version's files. */
struct memory_files {
	struct control_hierarchy hierarchy;
	const char *limit, *used;
	const char *high;      /* above it the group's processes are slowed down; NULL: no such */
	const char *group;     /* 1: an OOM kills the whole group; NULL: there is no such thing */
	const char *cached[2]; /* lines of memory.stat, hierarchical: inactive, active */
};

/* v1's controller is in one place: with it there, v2's groups limit nothing. */
static const struct memory_files versions[] = {
	{ { "memory", "cgroup" },
	  "memory.limit_in_bytes",
	  "memory.usage_in_bytes",
	  NULL,
	  NULL,
	  { "total_inactive_file ", "total_active_file " } },
	{ { "", "cgroup2" },
	  "memory.max",
	  "memory.current",
	  "memory.high",
	  "memory.oom.group",
	  { "inactive_file ", "active_file " } },
};

struct level {
	const struct memory_files *files; /* NULL: the machine */
	int limit_fd, used_fd, high_fd, stat_fd;
	bool kills_group;
};

struct memory_guard {
	struct level levels[LEVELS_MAX];
	unsigned count;
	const struct memory_files *files; /* of the version that is looked through */
	bool blind;                       /* a limit is there, and could not be read */
	bool together;                    /* one of the groups so far dies as a whole */
};

/* --- reading */

static size_t read_again(int fd, char *buffer, size_t size)
{
	ssize_t length = fd < 0 ? -1 : pread(fd, buffer, size - 1, 0);
	buffer[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

/* "max" and v1's huge number: no limit. */
static bool read_number(int fd, uint64_t *ret)
{
	char text[NUMBER_BYTES], *end;
	read_again(fd, text, sizeof(text));
	*ret = strtoull(text, &end, 10);
	return end > text && *ret < INT64_MAX / 2;
}

static uint64_t number_behind(const char *text, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length))
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

static uint64_t cached_bytes(const struct level *level)
{
	char text[STAT_BYTES];
	read_again(level->stat_fd, text, sizeof(text));
	return number_behind(text, level->files->cached[0]) +
	       number_behind(text, level->files->cached[1]);
}

static uint64_t floor_of(uint64_t limit)
{
	uint64_t share = limit / FLOOR_SHARE;
	if (share < FLOOR_BYTES_MIN)
		return FLOOR_BYTES_MIN;
	return share > FLOOR_BYTES_MAX ? FLOOR_BYTES_MAX : share;
}

/* /proc/meminfo, in KiB */
static bool room_of_machine(const struct level *level, struct memory_room *ret)
{
	enum { KIBIBYTE = 1024 };
	char text[STAT_BYTES];
	if (!read_again(level->used_fd, text, sizeof(text)))
		return false;
	ret->limit_bytes = number_behind(text, "MemTotal:") * KIBIBYTE;
	ret->room_bytes = number_behind(text, "MemAvailable:") * KIBIBYTE;
	ret->used_bytes =
		ret->limit_bytes > ret->room_bytes ? ret->limit_bytes - ret->room_bytes : 0;
	ret->is_machine = ret->has_cached = true;
	return ret->limit_bytes > 0;
}

/* Of the limit in this file. `exact`: what may be taken back, too, whatever it costs. */
static bool room_below(const struct level *level, int limit_fd, bool exact, struct memory_room *ret)
{
	if (!read_number(limit_fd, &ret->limit_bytes) ||
	    !read_number(level->used_fd, &ret->used_bytes))
		return false;
	ret->room_bytes =
		ret->limit_bytes > ret->used_bytes ? ret->limit_bytes - ret->used_bytes : 0;
	ret->has_cached = exact || ret->room_bytes < 2 * floor_of(ret->limit_bytes);
	if (ret->has_cached) {
		uint64_t cached = cached_bytes(level);
		ret->room_bytes += cached < ret->used_bytes ? cached : ret->used_bytes;
	}
	ret->kills_group = level->kills_group;
	return true;
}

static bool room_of_group(const struct level *level, bool exact, struct memory_room *ret)
{
	return room_below(level, level->limit_fd, exact, ret);
}

/* The level with the least to spare; false: no level has a limit. */
static bool least_room(const struct memory_guard *guard, bool machine, bool exact,
		       struct memory_room *ret)
{
	int64_t least = INT64_MAX;
	for (unsigned i = 0; i < guard->count; i++) {
		const struct level *level = &guard->levels[i];
		struct memory_room room = { 0 };
		if (level->files ? !room_of_group(level, exact, &room)
				 : !machine || !room_of_machine(level, &room))
			continue;
		room.level = i;
		room.floor_bytes = floor_of(room.limit_bytes);
		int64_t spare = (int64_t)room.room_bytes - (int64_t)room.floor_bytes;
		if (spare >= least)
			continue;
		least = spare;
		*ret = room;
	}
	return least < INT64_MAX;
}

void memory_guard_room(const struct memory_guard *guard, bool exact, struct memory_room *ret)
{
	*ret = (struct memory_room){ .room_bytes = UINT64_MAX };
	least_room(guard, true, exact, ret);
}

uint64_t memory_room_spare_bytes(const struct memory_room *room)
{
	return room->room_bytes > 2 * room->floor_bytes ? room->room_bytes - room->floor_bytes
							: room->room_bytes / 2;
}

uint64_t memory_guard_spare_bytes(const struct memory_guard *guard, bool *ret_machine)
{
	struct memory_room room;
	memory_guard_room(guard, true, &room);
	uint64_t least = memory_room_spare_bytes(&room);
	*ret_machine = room.is_machine;
	for (unsigned i = 0; i < guard->count; i++) {
		struct memory_room high = { 0 };
		if (!room_below(&guard->levels[i], guard->levels[i].high_fd, true, &high))
			continue;
		high.floor_bytes = floor_of(high.limit_bytes);
		uint64_t spare = memory_room_spare_bytes(&high);
		*ret_machine = *ret_machine && spare >= least;
		least = spare < least ? spare : least;
	}
	return least;
}

/* What two looks show can be compared: the room of one level, below one limit, by one measure. */
static bool is_alike(const struct memory_room *a, const struct memory_room *b)
{
	return a->level == b->level && a->limit_bytes == b->limit_bytes &&
	       a->has_cached == b->has_cached;
}

bool memory_pace_step(struct memory_pace *pace, const struct memory_room *room, uint64_t now_ns)
{
	enum { AHEAD_US = 40 * 1000, LEAST_US = 3 * 1000 };
	uint64_t elapsed_us = (now_ns - pace->from_ns) / 1000, from = pace->from.room_bytes;
	pace->room = *room;
	if (elapsed_us >= LEAST_US) {
		uint64_t fell = from > room->room_bytes ? from - room->room_bytes : 0;
		if (pace->from_ns && is_alike(&pace->from, room))
			pace->ahead_bytes = fell / elapsed_us * AHEAD_US;
		pace->from = *room;
		pace->from_ns = now_ns;
	}
	return room->room_bytes < room->floor_bytes + pace->ahead_bytes;
}

bool memory_guard_runs_short(const struct memory_guard *guard, struct memory_pace *pace)
{
	struct memory_room room;
	uint64_t now_ns = clock_ns();
	memory_guard_room(guard, false, &room);
	bool is_short = memory_pace_step(pace, &room, now_ns);
	if (!is_short || room.has_cached)
		return is_short;
	memory_guard_room(guard, true, &room);
	return memory_pace_step(pace, &room, now_ns);
}

uint64_t memory_guard_kept_bytes(const struct memory_room *room)
{
	return room->floor_bytes + room->floor_bytes / 4;
}

/* --- opening */

/* An OOM at one level kills the topmost group below it, itself included, that has memory.oom.group
 * (mm/memcontrol.c: mem_cgroup_get_oom_group). */
static struct error *add_level(int folder, const char *path, void *context)
{
	struct memory_guard *guard = context;
	const struct memory_files *files = guard->files;
	uint64_t together;
	(void)path;
	guard->together |= files->group && control_group_number(folder, files->group, &together) &&
			   together == 1;
	int limit_fd = control_group_open(folder, files->limit);
	guard->blind |= limit_fd < 0 && errno != ENOENT; /* v2's root has none */
	if (limit_fd < 0)
		return NULL;
	guard->levels[guard->count++] =
		(struct level){ .files = files,
				.limit_fd = limit_fd,
				.used_fd = control_group_open(folder, files->used),
				.high_fd =
					files->high ? control_group_open(folder, files->high) : -1,
				.stat_fd = control_group_open(folder, "memory.stat"),
				.kills_group = guard->together };
	return guard->count < LEVELS_MAX ? NULL : &error_stop;
}

/* From its own group upwards: each may have a limit. */
static struct error *add_groups(struct memory_guard *guard, int memory_id)
{
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		enum control_group_answer answer;
		guard->files = &versions[i];
		TRY(control_group_visit(memory_id, &guard->files->hierarchy, add_level, guard,
					&answer));
		guard->blind |= answer == CONTROL_GROUP_HIDDEN;
		if (answer != CONTROL_GROUP_NONE)
			return NULL;
	}
	guard->blind = true;
	return NULL;
}

struct error *memory_guard_open(int pid, struct memory_guard **ret)
{
	struct memory_guard *guard = calloc(1, sizeof(*guard));
	if (!guard)
		return &error_no_memory;
	guard->levels[guard->count++] =
		(struct level){ .limit_fd = -1,
				.used_fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC),
				.high_fd = -1,
				.stat_fd = -1 };
	struct error *error = add_groups(guard, process_memory_id(pid));
	if (error)
		memory_guard_close(guard);
	else
		*ret = guard;
	return error;
}

void memory_guard_close(struct memory_guard *guard)
{
	for (unsigned i = 0; guard && i < guard->count; i++) {
		const int fds[] = { guard->levels[i].limit_fd, guard->levels[i].used_fd,
				    guard->levels[i].high_fd, guard->levels[i].stat_fd };
		for (size_t j = 0; j < COUNT_OF(fds); j++)
			if (fds[j] >= 0)
				close(fds[j]);
	}
	free(guard);
}

bool memory_guard_sees(const struct memory_guard *guard)
{
	return !guard->blind;
}

bool memory_limit_read(int pid, struct memory_room *ret)
{
	struct memory_guard *guard;
	struct error *error = memory_guard_open(pid, &guard);
	*ret = (struct memory_room){ 0 };
	if (error) {
		error_free(error);
		return false;
	}
	bool found = least_room(guard, false, true, ret);
	memory_guard_close(guard);
	return found;
}
