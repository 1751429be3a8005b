#include "attach/process_maps.h"

#include "attach/proc_file.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/search.h"
#include "base/text.h"

#include <elf.h>
#include <errno.h>

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *line, char wanted)
{
	if (line->at == line->end || *line->at != wanted)
		return false;
	line->at++;
	return true;
}

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	return 99;
}

static bool take_number(struct cursor *line, unsigned base, uint64_t *ret)
{
	const char *start = line->at;
	uint64_t number = 0;
	for (; line->at < line->end; line->at++) {
		unsigned digit = (unsigned)digit_of(*line->at);
		if (digit >= base)
			break;
		if (__builtin_mul_overflow(number, (uint64_t)base, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit, &number))
			return false;
	}
	*ret = number;
	return line->at > start;
}

static bool take_protection(struct cursor *line, struct process_map *map)
{
	static const char letters[] = "rwx";
	static const unsigned flags[] = { PF_R, PF_W, PF_X };
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		if (take(line, letters[i]))
			map->protection |= flags[i];
		else if (!take(line, '-'))
			return false;
	}
	map->shared = take(line, 's');
	return map->shared || take(line, 'p');
}

static bool take_numbers(struct cursor *line, struct process_map *map)
{
	uint64_t major, minor;
	if (!take_number(line, 16, &map->start) || !take(line, '-') ||
	    !take_number(line, 16, &map->end) || !take(line, ' ') || !take_protection(line, map) ||
	    !take(line, ' ') || !take_number(line, 16, &map->file_offset) || !take(line, ' ') ||
	    !take_number(line, 16, &major) || !take(line, ':') || !take_number(line, 16, &minor) ||
	    !take(line, ' ') || !take_number(line, 10, &map->inode))
		return false;
	map->device_major = (uint32_t)major;
	map->device_minor = (uint32_t)minor;
	return line->at == line->end || *line->at == ' ';
}

/* In place: "\012" is a newline, the one character that seq_path() escapes here. */
static void unescape(char *path)
{
	char *to = path;
	for (const char *from = path; *from;) {
		if (!strncmp(from, "\\012", 4)) {
			*to++ = '\n';
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* fs/proc/task_mmu.c: get_vma_name; prctl(2): PR_SET_VMA_ANON_NAME. */
static bool is_named_memory(const char *path)
{
	return text_begins_with(path, "[heap]") || text_begins_with(path, "[stack") ||
	       text_begins_with(path, "[anon");
}

/* mm/hugetlb.c, fs/hugetlbfs/inode.c: hugetlb_file_setup; the file has no other way to it. */
bool process_map_is_huge(const struct process_map *map)
{
	return !map->shared && !strcmp(map->path, "/anon_hugepage");
}

static enum process_map_kind kind_of(const struct process_map *map)
{
	static const char *const memory[] = { "/memfd:",        "/dev/shm/",       "/SYSV",
					      "/anon_hugepage", "/dev/hugepages/", "[anon_shmem:" };
	if (text_begins_with(map->path, "[vvar") || !strcmp(map->path, "[vsyscall]"))
		return PROCESS_MAP_SPECIAL;
	if (process_map_is_huge(map))
		return PROCESS_MAP_ANONYMOUS;
	for (size_t i = 0; i < COUNT_OF(memory); i++)
		if (text_begins_with(map->path, memory[i]))
			return PROCESS_MAP_MEMORY;
	if (map->path[0] == '[')
		return is_named_memory(map->path) ? PROCESS_MAP_ANONYMOUS : PROCESS_MAP_KERNEL;
	if (!strcmp(map->path, "/dev/zero"))
		return map->shared ? PROCESS_MAP_MEMORY : PROCESS_MAP_ANONYMOUS;
	return map->path[0] == '/' ? PROCESS_MAP_FILE : PROCESS_MAP_ANONYMOUS;
}

static struct error *parse_path(struct cursor *line, struct arena *arena, struct process_map *map)
{
	static const char deleted[] = " (deleted)";
	while (take(line, ' '))
		;
	size_t length = (size_t)(line->end - line->at);
	if (length > LIMIT_PATH_BYTES * 4 || memchr(line->at, '\0', length))
		return error_new(ERROR_BAD_DATA,
				 "cannot understand the path at %#llx in the list of mappings",
				 (unsigned long long)map->start);
	size_t cut = sizeof(deleted) - 1;
	if (length > cut && *line->at == '/' && !memcmp(line->end - cut, deleted, cut)) {
		map->deleted = true;
		length -= cut;
	}
	char *path = arena_copy_text(arena, line->at, length);
	if (!path)
		return &error_no_memory;
	unescape(path);
	map->path = path;
	map->kind = kind_of(map);
	return NULL;
}

static struct error *parse_line(struct cursor line, uint64_t before, struct arena *arena,
				struct process_map *ret)
{
	int shown = line.end - line.at < 80 ? (int)(line.end - line.at) : 80;
	const char *start = line.at;
	*ret = (struct process_map){ 0 };
	if (!take_numbers(&line, ret))
		return error_new(ERROR_BAD_DATA, "cannot understand '%.*s' in the list of mappings",
				 shown, start);
	if (ret->start >= ret->end || ret->start < before)
		return error_new(ERROR_BAD_DATA,
				 "'%.*s' in the list of mappings is empty or out of order", shown,
				 start);
	return parse_path(&line, arena, ret);
}

static size_t count_lines(const char *text, size_t size)
{
	size_t count = 0;
	for (size_t i = 0; i < size; i++)
		count += text[i] == '\n';
	return count + (size && text[size - 1] != '\n');
}

struct error *process_maps_parse(const char *text, size_t size, struct arena *arena,
				 struct process_maps *ret)
{
	size_t lines = count_lines(text, size);
	*ret = (struct process_maps){ 0 };
	if (lines > LIMIT_MAPPINGS)
		return error_new(ERROR_BAD_DATA, "the process has %zu mappings, more than %d",
				 lines, LIMIT_MAPPINGS);
	ret->maps = arena_allocate_array(arena, lines ? lines : 1, sizeof(*ret->maps));
	if (!ret->maps)
		return &error_no_memory;
	uint64_t before = 0;
	for (size_t at = 0; at < size;) {
		const char *newline = memchr(text + at, '\n', size - at);
		size_t end = newline ? (size_t)(newline - text) : size;
		struct cursor line = { .at = text + at, .end = text + end };
		TRY(parse_line(line, before, arena, &ret->maps[ret->count]));
		before = ret->maps[ret->count++].end;
		at = end + 1;
	}
	return NULL;
}

static struct error *read_once(int pid, struct arena *arena, struct process_maps *ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	int failed = proc_file_read(&text, LIMIT_MAPS_BYTES, "/proc/%d/maps", pid);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed)
		return error_os(failed, "cannot read the mappings of process %d (/proc/%d/maps)",
				pid, pid);
	return process_maps_parse(text_string(&text), text.length, arena, ret);
}

/* The kernel gives the list by pieces, each from the address where the last one ended: what a
 * process that runs maps and unmaps meanwhile may then begin before that (fs/proc/task_mmu.c:
 * m_start). */
struct error *process_maps_read(int pid, struct arena *arena, struct process_maps *ret)
{
	enum { TRIES = 20 };
	struct error *error = read_once(pid, arena, ret);
	for (int i = 1; i < TRIES && error && error->code == ERROR_BAD_DATA; i++) {
		error_free(error);
		error = read_once(pid, arena, ret);
	}
	return error;
}

bool process_map_is_device(const struct process_map *map)
{
	return map->kind == PROCESS_MAP_FILE &&
	       (text_begins_with(map->path, "/dev/") || !strcmp(map->path, "/secretmem") ||
		!strcmp(map->path, "/[aio]"));
}

const struct process_map *process_maps_from(const struct process_maps *maps, uint64_t address)
{
	size_t first = SEARCH_FIRST(maps->count, i, maps->maps[i].end > address);
	return first < maps->count ? &maps->maps[first] : NULL;
}

const struct process_map *process_maps_find(const struct process_maps *maps, uint64_t address)
{
	const struct process_map *map = process_maps_from(maps, address);
	return map && map->start <= address ? map : NULL;
}
