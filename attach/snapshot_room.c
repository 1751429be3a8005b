#include "attach/snapshot_room.h"

#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { KIBIBYTE = 1024, RESERVE_SHARE = 512, MAPPING_BYTES = 512, THREAD_BYTES = 8 * 1024 };

static uint64_t count_mappings(int memory_id)
{
	enum { PIECE_BYTES = 16 * 1024 };
	char path[64], piece[PIECE_BYTES];
	uint64_t count = 0;
	ssize_t length;
	snprintf(path, sizeof(path), "/proc/%d/maps", memory_id);
	CLEANUP(fd_cleanup) int fd = proc_open(path, O_RDONLY);
	while (fd >= 0 && (length = read(fd, piece, sizeof(piece))) > 0)
		for (ssize_t i = 0; i < length; i++)
			count += piece[i] == '\n';
	return count;
}

struct error *snapshot_needed_bytes(int pid, const struct memory_room *room, uint64_t *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t resident, tables, threads, pinned;
	int memory_id = process_memory_id(pid);
	int failed = proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", memory_id);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed || !proc_number(&status, "VmRSS", 10, &resident) ||
	    !proc_number(&status, "VmPTE", 10, &tables) ||
	    !proc_number(&status, "Threads", 10, &threads))
		return error_os(failed ? failed : EINVAL,
				"cannot read in /proc/%d/status how large process %d is", memory_id,
				pid);
	if (!proc_number(&status, "VmPin", 10, &pinned))
		pinned = 0; /* a kernel without */
	*ret = memory_guard_kept_bytes(room) + (tables + pinned) * KIBIBYTE +
	       resident * KIBIBYTE / RESERVE_SHARE + threads * THREAD_BYTES +
	       count_mappings(memory_id) * MAPPING_BYTES;
	return NULL;
}
