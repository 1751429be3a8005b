#include "attach/process_usage.h"

#include "attach/memory_guard.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "base/limits.h"

#include <time.h>

/* A line of the file in bytes; 0: it is not there. */
static uint64_t bytes_of(const struct text *status, const char *name)
{
	enum { KIBIBYTE = 1024 };
	uint64_t number;
	if (!proc_number(status, name, 10, &number) || number > UINT64_MAX / KIBIBYTE)
		return 0;
	return number * KIBIBYTE;
}

void process_usage_read(int pid, struct target_usage *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	struct memory_room room;
	*ret = (struct target_usage){ 0 };
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status",
			   process_memory_id(pid)))
		return;
	ret->resident_bytes = bytes_of(&status, "VmRSS");
	if (!ret->resident_bytes)
		return;
	ret->anonymous_bytes = bytes_of(&status, "RssAnon");
	ret->file_bytes = bytes_of(&status, "RssFile");
	ret->shared_bytes = bytes_of(&status, "RssShmem");
	ret->time_s = time(NULL);
	if (memory_limit_read(pid, &room)) {
		ret->limit_bytes = room.limit_bytes;
		ret->limit_used_bytes = room.used_bytes;
	}
}
