#include "cli/own_memory.h"

#include "attach/memory_guard.h"
#include "attach/proc_file.h"
#include "base/limits.h"

#include <sys/resource.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, KIBIBYTE = 1024 };

/* Below the floor a snapshot is dropped; what we hold must not be the reason. */
static uint64_t spare_bytes(const struct memory_room *room)
{
	return room->room_bytes > 2 * room->floor_bytes ? room->room_bytes - room->floor_bytes
							: room->room_bytes / 2;
}

uint64_t own_memory_begin(void)
{
	struct memory_room room;
	struct rlimit limit;
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t data;
	proc_let_be_killed_first(getpid());
	if (!memory_limit_read(getpid(), &room) || getrlimit(RLIMIT_DATA, &limit) ||
	    proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/self/status") ||
	    !proc_number(&status, "VmData", 10, &data))
		return 0;
	uint64_t most = data * KIBIBYTE + spare_bytes(&room);
	if (most >= limit.rlim_cur)
		return 0;
	limit.rlim_cur = most;
	return setrlimit(RLIMIT_DATA, &limit) ? 0 : most;
}

void own_memory_text(uint64_t limit_bytes, char *buffer, size_t size)
{
	snprintf(buffer, size,
		 ": clrpod keeps to %llu MiB here, so that no process of its container is killed "
		 "for its sake; it needs less without --zstd, and a dump can be read elsewhere "
		 "(collect -o - streams it out)",
		 (unsigned long long)limit_bytes / MIB);
}
