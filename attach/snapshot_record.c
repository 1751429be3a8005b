#include "attach/snapshot_record.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Pointers of the structs in the file are offsets in it. */
struct header {
	int copy_pid;
	double pause_ms;
	uint64_t threads, thread_count, maps, map_count, runs, run_count, areas, area_count;
	uint64_t moving_bytes, lost_bytes;
};

struct writer {
	struct text text;
	uint64_t base; /* its place in the file */
};

static uint64_t put(struct writer *writer, const void *bytes, size_t size)
{
	static const char zeros[16];
	uint64_t over = writer->text.length % sizeof(zeros);
	if (over)
		text_append_bytes(&writer->text, zeros, sizeof(zeros) - over);
	uint64_t at = writer->base + writer->text.length;
	if (size)
		text_append_bytes(&writer->text, bytes, size);
	return at;
}

static uint64_t put_threads(struct writer *writer, const struct snapshot_record *record)
{
	struct stopped_thread *copy = calloc(record->thread_count + 1, sizeof(*copy));
	if (!copy) {
		writer->text.failed = true;
		return 0;
	}
	for (size_t i = 0; i < record->thread_count; i++) {
		copy[i] = record->threads[i];
		for (size_t j = 0; j < copy[i].set_count; j++) {
			struct register_note *set = &copy[i].sets[j];
			set->bytes = (const uint8_t *)(uintptr_t)put(writer, set->bytes, set->size);
		}
	}
	uint64_t at = put(writer, copy, record->thread_count * sizeof(*copy));
	free(copy);
	return at;
}

static uint64_t put_maps(struct writer *writer, const struct process_maps *maps)
{
	struct process_map *copy = calloc(maps->count + 1, sizeof(*copy));
	if (!copy) {
		writer->text.failed = true;
		return 0;
	}
	for (size_t i = 0; i < maps->count; i++) {
		copy[i] = maps->maps[i];
		copy[i].path = (const char *)(uintptr_t)put(writer, copy[i].path,
							    strlen(copy[i].path) + 1);
	}
	uint64_t at = put(writer, copy, maps->count * sizeof(*copy));
	free(copy);
	return at;
}

static struct error *write_all(int fd, const char *bytes, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t done = pwrite(fd, bytes, size, (off_t)offset);
		if (done <= 0)
			return error_os(done ? errno : ENOSPC, "cannot hand the snapshot over");
		bytes += done;
		size -= (size_t)done;
		offset += (uint64_t)done;
	}
	return NULL;
}

struct error *snapshot_record_write(int fd, const struct snapshot_record *record, uint64_t *offset)
{
	struct writer writer = { .base = align_up(*offset, 16) };
	const struct frozen_pages *frozen = &record->frozen;
	struct header header = {
		.copy_pid = record->copy_pid,
		.pause_ms = record->pause_ms,
		.threads = put_threads(&writer, record),
		.thread_count = record->thread_count,
		.maps = put_maps(&writer, &record->maps),
		.map_count = record->maps.count,
		.runs = put(&writer, frozen->runs, frozen->run_count * sizeof(*frozen->runs)),
		.run_count = frozen->run_count,
		.areas = put(&writer, frozen->areas, frozen->area_count * sizeof(*frozen->areas)),
		.area_count = frozen->area_count,
		.moving_bytes = frozen->moving_bytes,
		.lost_bytes = frozen->lost_bytes,
	};
	*offset = put(&writer, &header, sizeof(header));
	struct error *error =
		text_failed(&writer.text)
			? &error_no_memory
			: write_all(fd, writer.text.bytes, writer.text.length, writer.base);
	text_deinit(&writer.text);
	return error;
}

static struct error *take_threads(const uint8_t *bytes, const struct header *header,
				  struct arena *arena, struct snapshot_record *ret)
{
	size_t count = header->thread_count;
	struct stopped_thread *threads = arena_allocate_array(arena, count + 1, sizeof(*threads));
	if (!threads)
		return &error_no_memory;
	memcpy(threads, bytes + header->threads, count * sizeof(*threads));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < threads[i].set_count; j++)
			threads[i].sets[j].bytes = bytes + (uintptr_t)threads[i].sets[j].bytes;
	ret->threads = threads;
	ret->thread_count = count;
	return NULL;
}

static struct error *take_maps(const uint8_t *bytes, const struct header *header,
			       struct arena *arena, struct snapshot_record *ret)
{
	size_t count = header->map_count;
	struct process_map *maps = arena_allocate_array(arena, count + 1, sizeof(*maps));
	if (!maps)
		return &error_no_memory;
	memcpy(maps, bytes + header->maps, count * sizeof(*maps));
	for (size_t i = 0; i < count; i++)
		maps[i].path = (const char *)bytes + (uintptr_t)maps[i].path;
	ret->maps = (struct process_maps){ .maps = maps, .count = count };
	return NULL;
}

struct error *snapshot_record_map(int fd, uint64_t offset, struct arena *arena,
				  struct snapshot_record *ret)
{
	struct stat file;
	struct header header;
	if (fstat(fd, &file))
		return error_os(errno, "cannot take the snapshot over");
	const uint8_t *bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return error_os(errno, "cannot take the snapshot over");
	memcpy(&header, bytes + offset, sizeof(header));
	ret->copy_pid = header.copy_pid;
	ret->pause_ms = header.pause_ms;
	ret->frozen = (struct frozen_pages){
		.bytes = bytes,
		.runs = (const struct frozen_run *)(bytes + header.runs),
		.run_count = header.run_count,
		.areas = (const struct frozen_area *)(bytes + header.areas),
		.area_count = header.area_count,
		.moving_bytes = header.moving_bytes,
		.lost_bytes = header.lost_bytes,
	};
	TRY(take_threads(bytes, &header, arena, ret));
	return take_maps(bytes, &header, arena, ret);
}

void snapshot_record_unmap(struct snapshot_record *record, int fd)
{
	struct stat file;
	if (record->frozen.bytes && !fstat(fd, &file))
		munmap((void *)record->frozen.bytes, (size_t)file.st_size);
	record->frozen.bytes = NULL;
}
