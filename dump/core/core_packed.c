#include "dump/core/core_packed.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "dump/core/core_trailer.h"

#include <elf.h>

enum { HEADERS_AT_ONCE = 256 };

static bool read_at(const struct core_packed *packed, uint64_t offset, void *buffer, size_t size)
{
	return zstd_cache_read(packed->cache, offset, buffer, size) == size;
}

/* gABI, "Program Header": PN_XNUM says that section header 0 has the count. */
static uint64_t header_count(const struct core_packed *packed, const Elf64_Ehdr *header)
{
	Elf64_Shdr section;
	if (header->e_phnum != PN_XNUM)
		return header->e_phnum;
	return read_at(packed, header->e_shoff, &section, sizeof(section)) ? section.sh_info : 0;
}

/* Where header, program headers and notes end; UINT64_MAX: beyond all bounds. */
static uint64_t head_end(const struct core_packed *packed)
{
	Elf64_Ehdr header;
	Elf64_Phdr headers[HEADERS_AT_ONCE];
	uint64_t end = sizeof(header);
	if (!read_at(packed, 0, &header, sizeof(header)))
		return UINT64_MAX;
	uint64_t count = header_count(packed, &header);
	for (uint64_t i = 0; i < count; i += HEADERS_AT_ONCE) {
		uint64_t left = count - i < HEADERS_AT_ONCE ? count - i : HEADERS_AT_ONCE;
		uint64_t at = header.e_phoff + i * sizeof(Elf64_Phdr);
		if (at > LIMIT_PACKED_HEAD_BYTES ||
		    !read_at(packed, at, headers, left * sizeof(Elf64_Phdr)))
			return UINT64_MAX;
		if (at + left * sizeof(Elf64_Phdr) > end)
			end = at + left * sizeof(Elf64_Phdr);
		for (uint64_t k = 0; k < left; k++) {
			uint64_t notes_end = headers[k].p_offset + headers[k].p_filesz;
			if (headers[k].p_type == PT_NOTE && notes_end > end)
				end = notes_end;
		}
	}
	return end;
}

/* Bytes of the core, all of them there; *ret NULL: they are not. */
static struct error *copy(const struct core_packed *packed, uint64_t offset, size_t size,
			  uint8_t **ret)
{
	uint8_t *bytes = malloc(size);
	if (!bytes)
		return &error_no_memory;
	*ret = bytes;
	if (read_at(packed, offset, bytes, size))
		return NULL;
	free(bytes);
	*ret = NULL;
	return NULL;
}

static struct error *read_head(struct core_packed *packed)
{
	struct core_parts *parts = &packed->parts;
	uint64_t end = head_end(packed);
	if (end > LIMIT_PACKED_HEAD_BYTES)
		return NULL;
	parts->head_size = end < parts->size ? (size_t)end : (size_t)parts->size;
	TRY(copy(packed, 0, parts->head_size, &packed->head));
	parts->head = packed->head;
	return NULL;
}

/* Of the lists of the trailer, as many as are there, from the end on. */
static uint64_t tail_size(const struct core_packed *packed)
{
	uint8_t footer[CORE_TRAILER_FOOTER_BYTES];
	uint64_t whole = packed->parts.size, done = 0;
	for (int list = 0; list < CORE_TRAILER_LISTS; list++) {
		uint64_t left = whole - done;
		if (left < sizeof(footer) ||
		    !read_at(packed, left - sizeof(footer), footer, sizeof(footer)))
			break;
		uint64_t size = core_trailer_size((enum core_trailer_list)list, footer);
		if (!size || size > left || size > LIMIT_PACKED_HEAD_BYTES - done)
			break;
		done += size;
	}
	return done;
}

static struct error *read_tail(struct core_packed *packed)
{
	struct core_parts *parts = &packed->parts;
	uint64_t size = tail_size(packed);
	if (!size)
		return NULL;
	TRY(copy(packed, parts->size - size, (size_t)size, &packed->tail));
	parts->tail = packed->tail;
	parts->tail_size = packed->tail ? (size_t)size : 0;
	return NULL;
}

struct error *core_packed_open(const char *path, int fd, const struct task *task,
			       struct core_packed *ret, bool *ret_found)
{
	*ret = (struct core_packed){ 0 };
	*ret_found = false;
	TRY(zstd_cache_open(path, fd, task, &ret->cache));
	if (!ret->cache)
		return NULL;
	ret->parts.size = zstd_cache_size(ret->cache);
	struct error *error = read_head(ret);
	if (!error && ret->head)
		error = read_tail(ret);
	*ret_found = !error && ret->head;
	if (!*ret_found)
		core_packed_deinit(ret);
	return error;
}

void core_packed_deinit(struct core_packed *packed)
{
	zstd_cache_free(packed->cache);
	free(packed->head);
	free(packed->tail);
	*packed = (struct core_packed){ 0 };
}
