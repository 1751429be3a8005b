#include "attach/process_memory.h"

#include "attach/credentials.h"
#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "attach/process_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

static struct process_memory *memory_of(const struct target *target)
{
	return (struct process_memory *)target;
}

/* --- reading */

/* Page by page over a hole's edge: one iovec of the remote side is read whole or not at all. */
static ssize_t read_by_vm_readv(const struct process_memory *memory, uint64_t address, void *buffer,
				size_t size)
{
	struct iovec local = { .iov_base = buffer, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(CREDENTIALS_LOOK);
	ssize_t done = process_vm_readv(memory->id, &local, 1, &remote, 1, 0);
	size_t to_page = memory->base.page_size - address % memory->base.page_size;
	if (done < 0 && errno == EFAULT && size > to_page) {
		local.iov_len = remote.iov_len = to_page;
		done = process_vm_readv(memory->id, &local, 1, &remote, 1, 0);
	}
	return done;
}

static size_t read_pages(const struct process_memory *memory, uint64_t address, void *buffer,
			 size_t size)
{
	size_t done = 0;
	while (done < size) {
		uint8_t *to = (uint8_t *)buffer + done;
		ssize_t part = memory->fd >= 0
				       ? pread(memory->fd, to, size - done, (off_t)(address + done))
				       : read_by_vm_readv(memory, address + done, to, size - done);
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			break;
		done += (size_t)part;
	}
	return done;
}

/* What a disk would have to bring of it is read of the file; `through`: and then through the
 * process, whose page table has it from then on. */
static size_t read_existing(struct process_memory *memory, uint64_t address, void *buffer,
			    size_t size, bool through)
{
	size_t done = 0;
	while (done < size) {
		uint8_t *to = (uint8_t *)buffer + done;
		uint64_t at = address + done, end;
		enum mapped_state state =
			mapped_pages_look(&memory->mapped, at, address + size, &end);
		size_t run = (size_t)(end - at), part = 0;
		memory->assumed |= state == MAPPED_IN_FILE;
		if (state == MAPPED_IN_FILE)
			part = mapped_pages_read_file(&memory->mapped, at, to, run);
		if (state == MAPPED_IN_FILE && !part && memory->mapped.rewritten)
			continue;
		if (state == MAPPED_READY || (part && through))
			part = read_pages(memory, at, to, part ? part : run);
		done += part;
		if (part < run)
			break;
	}
	return done;
}

size_t process_memory_read(struct process_memory *memory, uint64_t address, void *buffer,
			   size_t size)
{
	size_t done = 0;
	if (!memory->pages)
		return read_pages(memory, address, buffer, size);
	if (size > UINT64_MAX - address)
		size = (size_t)(UINT64_MAX - address);
	while (done < size) {
		uint8_t *to = (uint8_t *)buffer + done;
		uint64_t at = address + done, end;
		enum page_state state =
			existing_pages_look(memory->pages, at, address + size, &end);
		size_t run = (size_t)(end - at);
		memory->assumed |= state == PAGES_UNTOUCHED;
		if (state == PAGES_UNTOUCHED)
			memset(to, 0, run);
		size_t part = state == PAGES_EXIST       ? read_existing(memory, at, to, run, false)
			      : state == PAGES_UNTOUCHED ? run
							 : 0;
		done += part;
		if (part < run)
			break;
	}
	return done;
}

bool process_memory_is_there(const struct process_memory *memory)
{
	uint8_t byte;
	return memory->fd < 0 || pread(memory->fd, &byte, 1, 0) != 0;
}

bool process_memory_has_ended(const struct process_memory *memory)
{
	return proc_has_ended(memory->id, memory->id) || proc_is_ending(memory->id);
}

size_t process_memory_read_mapped(struct target *target, uint64_t address, void *buffer,
				  size_t size)
{
	struct process_memory *memory = memory_of(target);
	return mapped_pages_have(&memory->mapped, address, size)
		       ? read_pages(memory, address, buffer, size)
		       : 0;
}

size_t process_memory_read_through(struct target *target, uint64_t address, void *buffer,
				   size_t size)
{
	return size > UINT64_MAX - address
		       ? 0
		       : read_existing(memory_of(target), address, buffer, size, true);
}

/* --- what else a target reports */

struct error *process_memory_visit_mappings(struct target *target, mapping_visitor visit,
					    void *context)
{
	const struct process_memory *memory = memory_of(target);
	for (size_t i = 0; i < memory->maps.count; i++) {
		const struct process_map *map = &memory->maps.maps[i];
		if (map->path[0] != '/')
			continue;
		struct mapping mapping = { .start = map->start,
					   .end = map->end,
					   .file_offset = map->file_offset,
					   .path = map->path };
		TRY(visit(&mapping, context));
	}
	return NULL;
}

struct error *process_memory_visit_regions(struct target *target, region_visitor visit,
					   void *context)
{
	const struct process_memory *memory = memory_of(target);
	for (size_t i = 0; i < memory->maps.count; i++) {
		const struct process_map *map = &memory->maps.maps[i];
		if (!(map->protection & PF_R) || map->kind == PROCESS_MAP_SPECIAL)
			continue;
		struct region region = { .start = map->start,
					 .end = map->end,
					 .protection = map->protection };
		TRY(visit(&region, context));
	}
	return NULL;
}

size_t process_memory_auxv(struct target *target, void *buffer, size_t size)
{
	const struct process_memory *memory = memory_of(target);
	if (size > memory->auxv_size)
		size = memory->auxv_size;
	memcpy(buffer, memory->auxv, size);
	return size;
}

int process_memory_open_file(struct target *target, const char *path)
{
	return process_file_open(memory_of(target)->id, path, O_RDONLY);
}

int process_memory_files_id(const struct target *target)
{
	return memory_of(target)->id;
}

const struct process_maps *process_memory_maps(const struct target *target)
{
	return &memory_of(target)->maps;
}

/* --- opening */

void process_memory_init(struct process_memory *ret, const struct target_ops *ops, int pid)
{
	*ret = (struct process_memory){
		.base = { .ops = ops,
			  .pid = pid,
			  .is_live = true,
			  .page_size = (uint32_t)sysconf(_SC_PAGESIZE) },
		.fd = -1,
	};
}

void process_memory_begin(struct process_memory *memory, int id)
{
	memory->id = id;
	mapped_pages_begin(&memory->mapped, id, &memory->maps, memory->base.page_size);
}

struct error *process_memory_open_pages(struct process_memory *memory, int process_id)
{
	TRY(existing_pages_open(memory->id, &memory->maps, &memory->pages));
	memory->mapped.memory = existing_pages_memory(memory->pages);
	memory->mapped.process_id = process_id;
	return NULL;
}

static struct error *open_file(struct process_memory *memory, enum process_memory_way way)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", memory->id);
	memory->fd = proc_open(path, O_RDONLY);
	if (memory->fd >= 0)
		return NULL;
	int failed = errno;
	for (size_t i = 0; i < memory->maps.count && way == PROCESS_MEMORY_ANY_WAY; i++) {
		uint8_t byte;
		const struct process_map *map = &memory->maps.maps[i];
		if (!(map->protection & PF_R) || map->kind != PROCESS_MAP_ANONYMOUS ||
		    process_map_is_huge(map)) /* a page that is not there would be taken for it */
			continue;
		if (read_by_vm_readv(memory, map->start, &byte, 1) == 1)
			return NULL;
		break;
	}
	return process_access_denied(memory->base.pid, failed);
}

static struct error *read_auxv(struct process_memory *memory)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	int failed = proc_file_read(&text, PROCESS_AUXV_BYTES_MAX, "/proc/%d/auxv", memory->id);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed)
		return process_access_denied(memory->base.pid, failed);
	memory->auxv_size = text.length;
	if (text.length)
		memcpy(memory->auxv, text.bytes, text.length);
	return NULL;
}

struct error *process_memory_open(struct process_memory *memory, enum process_memory_way way)
{
	TRY(open_file(memory, way));
	return read_auxv(memory);
}

void process_memory_deinit(struct process_memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	existing_pages_close(memory->pages);
	mapped_pages_end(&memory->mapped);
}
