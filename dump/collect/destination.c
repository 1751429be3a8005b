#include "dump/collect/destination.h"

#include "attach/credentials.h"
#include "attach/pod_room.h"
#include "base/cleanup.h"
#include "dump/collect/core_sink_zstd.h"
#include "dump/collect/output_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

struct destination {
	struct output_file *file; /* NULL: a stream */
	struct core_sink *sink;
	struct pod_room pod;
	struct output_choice choice;
};

struct error *destination_check(const struct destination_request *request)
{
	if (request->path)
		return output_file_check(request->path, request->force);
	if (isatty(request->fd))
		return error_new(ERROR_USAGE, "a dump is not for a terminal: send -o - into a file "
					      "or a pipe, or name a file");
	return NULL;
}

/* However well it packs, and whatever others write meanwhile. */
static struct error *check_room(void *context, uint64_t more)
{
	enum { BLOCK_BYTES = 512 }; /* stat(2); holes do not count */
	const struct destination *destination = context;
	struct stat written;
	if (fstat(output_file_fd(destination->file), &written))
		return error_os(errno, "cannot look at %s", destination->pod.path);
	TRY(pod_room_check(&destination->pod, (uint64_t)written.st_blocks * BLOCK_BYTES + more));
	return output_file_check_room(destination->file, more, &destination->choice);
}

static struct error *open_sink(const struct destination_request *request,
			       struct destination *destination)
{
	struct core_sink *sink;
	if (destination->file) {
		TRY(core_sink_file_new(output_file_fd(destination->file), &sink));
		core_sink_file_name(sink, request->path);
	} else {
		CLEANUP(credentials_resume) /* it opens the stream once more */
		MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
		TRY(core_sink_pipe_new(request->fd, request->stall_seconds, request->task, &sink));
	}
	if (destination->file && !request->force)
		core_sink_file_watch(sink, check_room, destination);
	if (request->zstd_level)
		return core_sink_zstd_new(sink, request->zstd_level, request->task,
					  &destination->sink);
	destination->sink = sink;
	return NULL;
}

static struct error *open_file(const struct destination_request *request, uint64_t bytes,
			       struct destination *destination)
{
	bool packed = destination->choice.packed;
	struct pod_room *pod = &destination->pod;
	TRY(output_file_create(request->path, request->force, &destination->file));
	*pod = (struct pod_room){ .path = request->path,
				  .pid = request->pid,
				  .instead = request->stream_line ? request->stream_line
								  : "stream it with -o -" };
	pod_storage_of(output_file_fd(destination->file), request->pid, &pod->storage);
	if (!request->force) {
		TRY(output_file_check_space(destination->file, bytes, &destination->choice));
		TRY(pod_room_check(pod, packed ? bytes / OUTPUT_PACKED_DIVISOR : bytes));
	}
	pod_room_note(pod, request->task);
	return NULL;
}

/* A shell's "> FILE" is a file too, if one that is not ours to remove. */
static struct error *check_stream(const struct destination_request *request, uint64_t bytes,
				  struct destination *destination)
{
	struct stat status;
	if (fstat(request->fd, &status) || !S_ISREG(status.st_mode))
		return NULL;
	struct pod_room *pod = &destination->pod;
	*pod = (struct pod_room){ .path = "the output's file",
				  .pid = request->pid,
				  .instead = "redirect it outside the pod" };
	pod_storage_of(request->fd, request->pid, &pod->storage);
	if (!request->force)
		TRY(pod_room_check(pod, destination->choice.packed ? bytes / OUTPUT_PACKED_DIVISOR
								   : bytes));
	pod_room_note(pod, request->task);
	return NULL;
}

static struct error *open_all(const struct destination_request *request, uint64_t bytes,
			      struct destination *destination)
{
	destination->choice = (struct output_choice){ .packed = request->zstd_level != 0,
						      .smaller = request->smaller };
	if (request->path)
		TRY(open_file(request, bytes, destination));
	else
		TRY(check_stream(request, bytes, destination));
	return open_sink(request, destination);
}

struct error *destination_open(const struct destination_request *request, uint64_t bytes,
			       struct destination **ret)
{
	struct destination *destination = calloc(1, sizeof(*destination));
	if (!destination)
		return &error_no_memory;
	struct error *error = open_all(request, bytes, destination);
	if (error)
		destination_free(destination);
	else
		*ret = destination;
	return error;
}

struct core_sink *destination_sink(const struct destination *destination)
{
	return destination->sink;
}

struct error *destination_finish(struct destination *destination, struct destination_figures *ret)
{
	TRY(destination->sink->ops->finish(destination->sink, &ret->bytes));
	ret->disk_bytes = ret->bytes;
	return destination->file ? output_file_finish(destination->file, &ret->disk_bytes) : NULL;
}

struct error *destination_keep(struct destination *destination, struct destination_figures *ret,
			       const char **ret_path)
{
	*ret_path = NULL;
	/* What is under way in the packer is whole frames, too. */
	if (destination->sink->ops->flush)
		TRY(destination->sink->ops->flush(destination->sink));
	ret->bytes = ret->disk_bytes = 0;
	return destination->file ? output_file_keep(destination->file, ret_path, &ret->disk_bytes)
				 : NULL;
}

void destination_free(struct destination *destination)
{
	if (!destination)
		return;
	core_sink_free(destination->sink);
	output_file_free(destination->file);
	free(destination);
}
