#include "attach/process_runtime.h"

#include "attach/proc_file.h"
#include "attach/process_file.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>

const char *process_version_in_path(const char *path, size_t *ret_length)
{
	static const char framework[] = "/Microsoft.NETCore.App/";
	const char *found = strstr(path, framework);
	if (!found)
		return NULL;
	const char *version = found + sizeof(framework) - 1;
	const char *end = strchr(version, '/');
	if (!end || end == version || *version < '0' || *version > '9')
		return NULL;
	*ret_length = (size_t)(end - version);
	return version;
}

bool process_version_in_line(const char *line, char *buffer, size_t size)
{
	unsigned major, minor, build;
	if (sscanf(line, "%3u.%3u.%7u.", &major, &minor, &build) != 3)
		return false;
	int length = snprintf(buffer, size, "%u.%u.%u", major, minor, build / 100);
	return length > 0 && (size_t)length < size;
}

/* Looks for the version's line in the first megabytes of a file, in windows that overlap. */
static const char *version_in_file(int fd, struct arena *arena)
{
	static const char mark[] = "@(#)Version ";
	enum { WINDOW = 1024 * 1024, OVERLAP = 64, LOOK_BYTES = 64 * 1024 * 1024 };
	CLEANUP(free_cleanup) char *window = malloc(WINDOW + 1);
	for (off_t at = 0; window && at < LOOK_BYTES; at += WINDOW - OVERLAP) {
		ssize_t size = pread(fd, window, WINDOW, at);
		if (size <= OVERLAP)
			break;
		window[size] = '\0';
		const char *found = memmem(window, (size_t)size, mark, sizeof(mark) - 1);
		char version[32];
		if (found &&
		    process_version_in_line(found + sizeof(mark) - 1, version, sizeof(version)))
			return arena_copy_text(arena, version, strlen(version));
	}
	return NULL;
}

/* The file of a mapping, as the process sees it; -1 when another is there by now. */
static int open_mapped(int memory_id, const struct process_map *map)
{
	return map->deleted ? -1 : process_file_open(memory_id, map->path, O_RDONLY);
}

struct program {
	const struct architecture *architecture;
	char *names; /* of its dynamic symbols, each between NULs */
	size_t names_size;
};

/* The string table that .dynsym links to (gABI chapter 4, "Sections"). */
static void read_symbol_names(int fd, const Elf64_Ehdr *header, struct program *program)
{
	enum { NAMES_BYTES_MAX = 16 * 1024 * 1024, SECTIONS_MAX = 4096 };
	Elf64_Shdr section, strings;
	for (unsigned i = 0; i < header->e_shnum && i < SECTIONS_MAX; i++) {
		off_t at = (off_t)(header->e_shoff + i * sizeof(section));
		if (pread(fd, &section, sizeof(section), at) != sizeof(section))
			return;
		if (section.sh_type != SHT_DYNSYM)
			continue;
		at = (off_t)(header->e_shoff + section.sh_link * sizeof(strings));
		if (pread(fd, &strings, sizeof(strings), at) != sizeof(strings) ||
		    strings.sh_size > NAMES_BYTES_MAX)
			return;
		program->names = malloc(strings.sh_size + 1);
		if (!program->names)
			return;
		ssize_t size = pread(fd, program->names, strings.sh_size, (off_t)strings.sh_offset);
		program->names_size = size > 0 ? (size_t)size : 0;
		return;
	}
}

static bool exports(const struct program *program, const char *name)
{
	return program->names &&
	       memmem(program->names, program->names_size, name, strlen(name) + 1);
}

static void read_program(int fd, bool symbols, struct program *ret)
{
	Elf64_Ehdr header;
	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64)
		return;
	ret->architecture = architecture_of_elf_machine(header.e_machine);
	if (symbols)
		read_symbol_names(fd, &header, ret);
}

struct name_search {
	int pid;
	bool found;
};

/* dotnet/runtime names its own threads ".NET Finalizer", ".NET SynchManag" (src/coreclr/pal,
 * vm/finalizerthread.cpp); every user may read comm. */
static struct error *look_at_name(pid_t tid, void *context)
{
	struct name_search *search = context;
	CLEANUP(text_deinit) struct text name = { 0 };
	if (!proc_file_read(&name, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/comm", search->pid,
			    (int)tid) &&
	    !strncmp(text_string(&name), ".NET ", 5))
		search->found = true;
	return search->found ? &error_stop : NULL;
}

static bool has_runtime_thread(int pid)
{
	struct name_search search = { .pid = pid };
	error_free(proc_visit_tasks(pid, look_at_name, &search)); /* none is found then */
	return search.found;
}

static const struct process_map *find_library(const struct process_maps *maps)
{
	for (size_t i = 0; maps && i < maps->count; i++)
		if (!strcmp(path_file_name(maps->maps[i].path), "libcoreclr.so"))
			return &maps->maps[i];
	return NULL;
}

static bool has_double_mapping(const struct process_maps *maps)
{
	for (size_t i = 0; maps && i < maps->count; i++)
		if (!strcmp(maps->maps[i].path, "/memfd:doublemapper"))
			return true;
	return false;
}

static struct error *detect_library(const struct process_map *map, struct arena *arena,
				    struct process_info *info)
{
	size_t length;
	const char *version = process_version_in_path(map->path, &length);
	info->runtime = PROCESS_CORECLR;
	info->runtime_path = map->path; /* the maps live in the same arena */
	if (version) {
		info->version = arena_copy_text(arena, version, length);
		return info->version ? NULL : &error_no_memory;
	}
	CLEANUP(fd_cleanup) int fd = info->silence ? -1 : open_mapped(info->memory_id, map);
	if (fd >= 0)
		info->version = version_in_file(fd, arena);
	return NULL;
}

/* Single-file: the runtime is linked into the main program, which exports its symbols. */
static bool detect_program(int fd, const struct program *program, struct arena *arena,
			   struct process_info *info)
{
	char target[LIMIT_PATH_BYTES];
	if (exports(program, "g_dacTable") || exports(program, "DotNetRuntimeInfo"))
		info->runtime = PROCESS_SINGLE_FILE;
	else if (exports(program, "DotNetRuntimeDebugHeader"))
		info->runtime = PROCESS_NATIVE_AOT;
	else
		return false;
	ssize_t length = proc_link_read(info->memory_id, "exe", target, sizeof(target));
	if (length > 0)
		info->runtime_path = arena_copy_text(arena, target, (size_t)length);
	info->version = version_in_file(fd, arena);
	return true;
}

struct error *process_runtime_detect(const struct process_maps *maps, struct arena *arena,
				     struct process_info *info, bool *ret)
{
	const struct process_map *library = find_library(maps);
	bool hint = library || has_double_mapping(maps) || has_runtime_thread(info->pid);
	*ret = hint;
	info->runtime = PROCESS_UNKNOWN;
	if (info->silence)
		return library ? detect_library(library, arena, info) : NULL;
	CLEANUP(fd_cleanup) int fd = proc_link_open(info->memory_id, "exe", O_RDONLY);
	struct program program = { 0 };
	read_program(fd, hint && !library, &program);
	info->architecture = program.architecture;
	struct error *error = NULL;
	if (library)
		error = detect_library(library, arena, info);
	else if (hint && fd >= 0 && !detect_program(fd, &program, arena, info) && maps)
		*ret = info->socket.path != NULL; /* a stripped program, or only threads named so */
	else if (maps && !hint && info->socket.path)
		*ret = true;
	free(program.names);
	return error;
}
