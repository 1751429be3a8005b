#include "dump/collect/core_sink.h"

#include "base/patient_writer.h"

#include <unistd.h>

struct file_sink {
	struct core_sink base;
	int fd;
	const char *path;      /* NULL: the caller knows it */
	uint64_t offset;       /* of the next byte */
	core_sink_check check; /* NULL: none */
	void *context;
	uint64_t checked; /* bytes that may be written before it is asked again */
};

static struct file_sink *file_of(struct core_sink *sink)
{
	return (struct file_sink *)sink;
}

static struct error *file_failed(struct core_sink *sink, int os_errno)
{
	const char *path = file_of(sink)->path;
	if (!path)
		return error_os(os_errno, "cannot write the core");
	return error_os(os_errno,
			"cannot write %s (nothing of it stays: name another place with -o, or send "
			"it elsewhere with -o -)",
			path);
}

static struct error *file_patch(struct core_sink *sink, uint64_t offset, const void *bytes,
				size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t part = pwrite(file_of(sink)->fd, (const uint8_t *)bytes + done, size - done,
				      (off_t)(offset + done));
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return file_failed(sink, part ? errno : ENOSPC);
		done += (size_t)part;
	}
	return NULL;
}

static struct error *file_write(struct core_sink *sink, const void *bytes, size_t size)
{
	struct file_sink *file = file_of(sink);
	if (file->check && file->checked < size) {
		TRY(file->check(file->context, size));
		file->checked = size + CORE_SINK_WATCH_BYTES;
	}
	file->checked -= file->check ? size : 0;
	TRY(file_patch(sink, file->offset, bytes, size));
	file->offset += size;
	return NULL;
}

static struct error *file_zeros(struct core_sink *sink, uint64_t size)
{
	file_of(sink)->offset += size;
	return NULL;
}

/* It may end with a hole. */
static struct error *file_flush(struct core_sink *sink)
{
	if (ftruncate(file_of(sink)->fd, (off_t)file_of(sink)->offset))
		return file_failed(sink, errno);
	return NULL;
}

static struct error *file_finish(struct core_sink *sink, uint64_t *ret_bytes)
{
	*ret_bytes = file_of(sink)->offset;
	return file_flush(sink);
}

static void file_free(struct core_sink *sink)
{
	free(file_of(sink));
}

static const struct core_sink_ops file_ops = {
	.write = file_write,
	.zeros = file_zeros,
	.patch = file_patch,
	.flush = file_flush,
	.finish = file_finish,
	.free = file_free,
};

struct error *core_sink_file_new(int fd, struct core_sink **ret)
{
	struct file_sink *file = calloc(1, sizeof(*file));
	if (!file)
		return &error_no_memory;
	*file = (struct file_sink){ .base = { &file_ops }, .fd = fd };
	*ret = &file->base;
	return NULL;
}

void core_sink_file_name(struct core_sink *sink, const char *path)
{
	file_of(sink)->path = path;
}

void core_sink_file_watch(struct core_sink *sink, core_sink_check check, void *context)
{
	file_of(sink)->check = check;
	file_of(sink)->context = context;
}

struct pipe_sink {
	struct core_sink base;
	struct patient_writer writer;
	uint64_t given; /* bytes */
};

static struct pipe_sink *pipe_of(struct core_sink *sink)
{
	return (struct pipe_sink *)sink;
}

static struct error *pipe_write(struct core_sink *sink, const void *bytes, size_t size)
{
	int failed = patient_write(&pipe_of(sink)->writer, bytes, size);
	if (failed)
		return patient_write_error(failed, "cannot write the core to stdout");
	pipe_of(sink)->given += size;
	return NULL;
}

static struct error *pipe_zeros(struct core_sink *sink, uint64_t size)
{
	static const uint8_t zeros[64 * 1024];
	while (size) {
		size_t part = size < sizeof(zeros) ? (size_t)size : sizeof(zeros);
		TRY(pipe_write(sink, zeros, part));
		size -= part;
	}
	return NULL;
}

static struct error *pipe_finish(struct core_sink *sink, uint64_t *ret_bytes)
{
	*ret_bytes = pipe_of(sink)->given;
	return NULL;
}

static void pipe_free(struct core_sink *sink)
{
	patient_writer_close(&pipe_of(sink)->writer);
	free(pipe_of(sink));
}

static const struct core_sink_ops pipe_ops = {
	.write = pipe_write,
	.zeros = pipe_zeros,
	.finish = pipe_finish,
	.free = pipe_free,
};

struct error *core_sink_pipe_new(int fd, unsigned stall_seconds, const struct task *task,
				 struct core_sink **ret)
{
	struct pipe_sink *pipe = calloc(1, sizeof(*pipe));
	if (!pipe)
		return &error_no_memory;
	pipe->base.ops = &pipe_ops;
	patient_writer_open(&pipe->writer, fd, task);
	pipe->writer.stall_seconds = stall_seconds;
	*ret = &pipe->base;
	return NULL;
}

void core_sink_free(struct core_sink *sink)
{
	if (sink)
		sink->ops->free(sink);
}
