#include "cli/own_memory.h"

#include "attach/memory_guard.h"
#include "attach/proc_file.h"
#include "attach/process_place.h"
#include "base/limits.h"

#include <sys/resource.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, KIBIBYTE = 1024 };

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
	/* Below the floor a snapshot is dropped; what we hold must not be the reason. */
	uint64_t most = data * KIBIBYTE + memory_room_spare_bytes(&room);
	if (most >= limit.rlim_cur)
		return 0;
	limit.rlim_cur = most;
	return setrlimit(RLIMIT_DATA, &limit) ? 0 : most;
}

/* What the groups of a process leave. */
static struct error *narrow(struct memory_budget *budget, int pid, const char *group)
{
	struct memory_guard *guard;
	bool machine;
	TRY(memory_guard_open(pid, &guard));
	uint64_t spare = memory_guard_spare_bytes(guard, &machine);
	memory_guard_close(guard);
	/* What was taken is no longer free. */
	if (__builtin_add_overflow(spare, memory_budget_taken(budget), &spare))
		spare = UINT64_MAX;
	memory_budget_narrow(budget, spare, machine ? "this machine" : group);
	return NULL;
}

static bool is_in_our_pod(int pid)
{
	struct process_place place;
	process_place_find(pid, &place);
	return *place.host.nodename;
}

struct error *own_memory_budget(struct memory_budget *budget, int pid)
{
	if (!pid)
		return narrow(budget, getpid(), "our own control group");
	return is_in_our_pod(pid) ? narrow(budget, pid, "the process's control group") : NULL;
}

void own_memory_text(uint64_t limit_bytes, char *buffer, size_t size)
{
	snprintf(buffer, size,
		 ": clrpod keeps to %llu MiB here, so that no process of its container is killed "
		 "for its sake; it needs less without --zstd, and a dump can be read elsewhere "
		 "(collect -o - streams it out)",
		 (unsigned long long)limit_bytes / MIB);
}
