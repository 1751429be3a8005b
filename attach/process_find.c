#include "attach/process_find.h"

#include "attach/credentials.h"
#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "attach/process_file.h"
#include "attach/process_life.h"
#include "attach/process_maps.h"
#include "attach/process_place.h"
#include "attach/process_runtime.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT_COMMAND_LINE = 64 * 1024 };

/* `dotnet [host options] app.dll …`: the app; else the program. */
static const char *choose_name(const char *arguments, size_t size)
{
	const char *program = path_file_name(arguments);
	if (strcmp(program, "dotnet"))
		return program;
	for (const char *at = arguments; at < arguments + size; at += strlen(at) + 1)
		if (text_ends_with(at, ".dll"))
			return path_file_name(at);
	return program;
}

/* Its arguments, each with its NUL; the kernel's name for it when it has none. */
static struct error *read_arguments(const struct process_info *info, struct text *ret)
{
	int failed = info->silence == PROCESS_SILENT_MEMORY
			     ? 0
			     : proc_file_read(ret, LIMIT_PROC_FILE_BYTES, "/proc/%d/cmdline",
					      info->memory_id);
	if (!failed && !ret->length) {
		failed = proc_file_read(ret, LIMIT_PROC_FILE_BYTES, "/proc/%d/comm", info->pid);
		if (ret->length)
			ret->length--; /* its newline */
	}
	if (failed == ENOMEM)
		return &error_no_memory;
	text_append_char(ret, '\0');
	return text_failed(ret) ? &error_no_memory : NULL;
}

/* Arguments with blanks between them. */
static char *join_arguments(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = arena_copy_text(arena, bytes, length);
	for (size_t i = 0; copy && i < length; i++)
		if (!copy[i])
			copy[i] = ' ';
	return copy;
}

static struct error *name_process(struct arena *arena, struct process_info *info)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	TRY(read_arguments(info, &file));
	const char *name = choose_name(file.bytes, file.length - 1);
	size_t length = strlen(name) - (text_ends_with(name, ".dll") ? 4 : 0);
	info->name = arena_copy_text(arena, name, length);
	length = file.length < LIMIT_COMMAND_LINE ? file.length : LIMIT_COMMAND_LINE;
	while (length && !file.bytes[length - 1])
		length--;
	info->command_line = join_arguments(arena, file.bytes, length);
	return info->name && info->command_line ? NULL : &error_no_memory;
}

/* The value of a variable of its environment, copied; NULL: not set or not readable. */
static const char *environment_value(const struct text *environment, const char *name,
				     struct arena *arena)
{
	size_t length = strlen(name);
	const char *end = text_string(environment) + environment->length;
	for (const char *at = text_string(environment); at < end;
	     at += strnlen(at, (size_t)(end - at)) + 1)
		if (!strncmp(at, name, length) && at[length] == '=')
			return arena_copy_text(
				arena, at + length + 1,
				strnlen(at + length + 1, (size_t)(end - at) - length - 1));
	return NULL;
}

static const char *user_name(unsigned uid, struct arena *arena)
{
	CLEANUP(text_deinit) struct text users = { 0 };
	if (proc_file_read(&users, LIMIT_PROC_FILE_BYTES, "/etc/passwd"))
		return NULL;
	for (const char *line = text_string(&users); line && *line;) {
		const char *colon = strchr(line, ':');
		const char *password = colon ? strchr(colon + 1, ':') : NULL;
		const char *next = strchr(line, '\n');
		if (password && (!next || password < next) &&
		    strtoul(password + 1, NULL, 10) == uid)
			return arena_copy_text(arena, line, (size_t)(colon - line));
		line = next ? next + 1 : NULL;
	}
	return NULL;
}

/* A file that the process may have replaced by anything: a regular one is read, its beginning. */
static void read_host_name(struct arena *arena, struct process_info *info)
{
	CLEANUP(fd_cleanup) int fd = process_file_open(info->memory_id, "/etc/hostname", O_RDONLY);
	struct stat status;
	char text[2 * HOST_NAME_BYTES], name[HOST_NAME_BYTES];
	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode))
		return;
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	host_name_in(text, name);
	if (*name)
		info->hostname = arena_copy_text(arena, name, strlen(name));
}

/* NULL: there is none, or no memory for it. */
static const char *known(struct arena *arena, const char *text)
{
	return *text ? arena_copy_text(arena, text, strlen(text)) : NULL;
}

static void find_container(struct arena *arena, struct process_info *info)
{
	struct process_place place;
	process_place_find(info->memory_id, &place);
	info->container = known(arena, place.container);
	info->container_name = known(arena, place.container_name);
	info->pod_uid = known(arena, place.pod_uid);
	if ((info->pod_uid || info->container) && !info->silence)
		read_host_name(arena, info);
}

/* A snapshot's copy (attach/snapshot.h): traced, and its end sends no signal. */
static bool is_copy(int pid, const struct text *status)
{
	enum { STAT_EXIT_SIGNAL = 38 }; /* proc(5) */
	CLEANUP(text_deinit) struct text stat = { 0 };
	uint64_t tracer;
	int64_t signal;
	return proc_number(status, "TracerPid", 10, &tracer) && tracer &&
	       !proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid) &&
	       proc_stat_number(&stat, STAT_EXIT_SIGNAL, &signal) && !signal;
}

static void take_status(const struct text *status, struct process_info *info)
{
	size_t length;
	info->namespace_pid = proc_namespace_id(status, info->pid);
	const char *ids = proc_field(status, "Uid", &length); /* real, effective, saved, fs */
	if (ids) {
		char *effective;
		strtoul(ids, &effective, 10);
		info->uid = (unsigned)strtoul(effective, NULL, 10);
	}
}

/* Of a process whose first thread has ended, another thread shows it. */
static struct error *read_resident(struct process_info *info)
{
	enum { KIBIBYTE = 1024 };
	CLEANUP(text_deinit) struct text status = { 0 };
	uint64_t number;
	int failed =
		proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", info->memory_id);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (!failed && proc_number(&status, "VmRSS", 10, &number))
		info->resident_bytes = number * KIBIBYTE;
	return NULL;
}

/* The last page of the stack is there; to read one of a file might take a disk, and all the while
 * no thread could change the process's mappings. */
static const struct process_map *to_probe(const struct process_maps *maps)
{
	const struct process_map *found = NULL;
	for (size_t i = 0; i < maps->count; i++) {
		const struct process_map *map = &maps->maps[i];
		if (!(map->protection & PF_R) || map->kind == PROCESS_MAP_SPECIAL)
			continue;
		if (!strcmp(map->path, "[stack]"))
			return map;
		if (!found ||
		    (found->kind != PROCESS_MAP_ANONYMOUS && map->kind == PROCESS_MAP_ANONYMOUS))
			found = map;
	}
	return found;
}

static struct error *probe(const struct process_maps *maps, int maps_errno, struct arena *arena,
			   struct process_info *info)
{
	int failed = info->silence ? ETIMEDOUT : maps ? ENOENT : maps_errno;
	const struct process_map *map = maps && !info->silence ? to_probe(maps) : NULL;
	if (map)
		failed = process_memory_probe(info->memory_id, map->end - 1);
	info->way = failed ? PROCESS_WAY_NONE : PROCESS_WAY_AS_IS;
	if (!failed)
		return NULL;
	if (info->state.activity == PROCESS_ENDED) {
		info->reason = info->state.reason;
		return NULL;
	}
	char reason[PROCESS_REASON_BYTES];
	if (info->silence)
		snprintf(reason, sizeof(reason), "%s", process_silence_reason(info->silence));
	else
		process_access_reason(info->pid, failed, reason, sizeof(reason));
	info->reason = arena_copy_text(arena, reason, strlen(reason));
	return info->reason ? NULL : &error_no_memory;
}

static struct error *read_maps(int pid, struct arena *arena, struct process_maps *maps,
			       int *ret_errno)
{
	struct error *error = process_maps_read(pid, arena, maps);
	*ret_errno = 0;
	if (error && !error_is_fatal(error)) {
		*ret_errno = error->code == ERROR_OS ? error->os_errno : EIO;
		error_free(error);
		return NULL;
	}
	return error;
}

/* What is reported of .NET processes, and of those that have no memory any more. */
static struct error *look_closely(const struct process_maps *maps, int maps_errno,
				  struct arena *arena, struct process_info *info, bool is_dotnet)
{
	if (is_dotnet || (maps && !maps->count))
		TRY(process_state_read(info->pid, arena, &info->state));
	TRY(probe(maps, maps_errno, arena, info));
	if (!is_dotnet)
		return NULL;
	info->user = user_name(info->uid, arena);
	find_container(arena, info);
	info->limited = !info->silence && memory_limit_read(info->memory_id, &info->memory);
	return NULL;
}

static void read_environment(struct arena *arena, struct process_info *info,
			     const char **ret_temporary)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	if (info->silence == PROCESS_SILENT_MEMORY ||
	    proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/environ", info->memory_id))
		return;
	info->hostname = environment_value(&file, "HOSTNAME", arena);
	*ret_temporary = environment_value(&file, "TMPDIR", arena);
}

/* As we are now. */
static struct error *look(int pid, enum process_silence silence, struct arena *arena,
			  struct process_info *ret, bool *ret_is_dotnet)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	struct process_maps maps = { 0 };
	int maps_errno = ETIMEDOUT;
	*ret = (struct process_info){ .pid = pid, .runtime = PROCESS_UNKNOWN, .silence = silence };
	TRY(process_exists(pid));
	TRY(process_identity_take(pid, &ret->identity));
	ret->memory_id = process_memory_id(pid);
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid))
		return error_new(ERROR_NOT_FOUND, "process %d has ended", pid);
	take_status(&file, ret);
	TRY(read_resident(ret));
	bool copy = is_copy(pid, &file);
	if (silence != PROCESS_SILENT_MEMORY)
		TRY(read_maps(ret->memory_id, arena, &maps, &maps_errno));
	const struct process_maps *readable = maps_errno ? NULL : &maps;
	const char *temporary = NULL;
	read_environment(arena, ret, &temporary);
	struct diagnostics_query query = { pid, ret->namespace_pid, ret->memory_id, ret->uid,
					   temporary };
	if (!silence)
		TRY(diagnostics_find(&query, arena, &ret->socket));
	TRY(process_runtime_detect(readable, arena, ret, ret_is_dotnet));
	ret->is_dotnet = *ret_is_dotnet;
	TRY(name_process(arena, ret));
	*ret_is_dotnet &= !copy;
	TRY(look_closely(readable, maps_errno, arena, ret, *ret_is_dotnet));
	return process_identity_check(&ret->identity); /* all of it was read by its number */
}

/* Once more, as its owner, and back. */
static struct error *look_as_owner(int pid, struct arena *arena, struct process_info *ret,
				   bool *ret_is_dotnet)
{
	struct credentials before;
	if (credentials_become_owner(pid, &before))
		return NULL; /* we may not: what was found out stays, and says so */
	struct error *error = look(pid, PROCESS_ANSWERS, arena, ret, ret_is_dotnet);
	int failed = credentials_return(&before);
	if (failed) {
		error_free(error);
		return error_os(failed, "cannot be ourselves again after taking on uid %u",
				(unsigned)geteuid());
	}
	TRY(error);
	ret->as_owner = true;
	if (ret->way == PROCESS_WAY_AS_IS)
		ret->way = PROCESS_WAY_AS_OWNER;
	return NULL;
}

/* What else there would have been. */
static struct error *explain_forged(struct arena *arena, struct process_info *info)
{
	info->reason = arena_printf(arena,
				    "%s; the diagnostics socket in its %s belongs to uid %u, and "
				    "is not asked for a dump",
				    info->reason, info->socket.folder, info->socket.owner);
	return info->reason ? NULL : &error_no_memory;
}

static struct error *describe(int pid, enum process_silence silence, struct arena *arena,
			      struct process_info *ret, bool *ret_is_dotnet)
{
	TRY(look(pid, silence, arena, ret, ret_is_dotnet));
	if (silence)
		return NULL; /* there is no way */
	if (ret->way == PROCESS_WAY_NONE && !geteuid() && ret->uid)
		TRY(look_as_owner(pid, arena, ret, ret_is_dotnet));
	if (ret->way == PROCESS_WAY_NONE && ret->socket.open_to_us &&
	    ret->runtime != PROCESS_NATIVE_AOT && ret->state.activity != PROCESS_ENDED &&
	    !proc_is_ending(pid))
		ret->way = PROCESS_WAY_SOCKET;
	return ret->way == PROCESS_WAY_NONE && ret->socket.forged ? explain_forged(arena, ret)
								  : NULL;
}

/* All that we do with a process. */
static void rehearse(int pid)
{
	struct arena arena;
	struct process_info info;
	bool is_dotnet;
	arena_init(&arena);
	error_free(describe(pid, PROCESS_ANSWERS, &arena, &info, &is_dotnet));
	arena_deinit(&arena);
}

struct error *process_describe(int pid, const struct task *task, struct arena *arena,
			       struct process_info *ret, bool *ret_is_dotnet)
{
	enum process_silence silence;
	TRY(process_silence_find(&pid, 1, rehearse, task, &silence));
	return describe(pid, silence, arena, ret, ret_is_dotnet);
}

struct pid_list {
	struct arena *arena;
	int *pids;
	size_t count, capacity;
};

static int compare_pids(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;
	return (a > b) - (a < b);
}

static struct error *add_pid(pid_t pid, void *context)
{
	struct pid_list *list = context;
	if (pid == getpid())
		return NULL;
	TRY(LIST_GROW_IN(list->arena, list->pids, list->count, list->capacity));
	list->pids[list->count++] = (int)pid;
	return NULL;
}

static struct error *list_pids(struct arena *arena, struct pid_list *ret)
{
	*ret = (struct pid_list){ .arena = arena };
	TRY(proc_visit_processes(add_pid, ret));
	if (ret->count)
		qsort(ret->pids, ret->count, sizeof(*ret->pids), compare_pids);
	return NULL;
}

const char *process_runtime_name(enum process_runtime runtime)
{
	switch (runtime) {
	case PROCESS_CORECLR:
		return "coreclr";
	case PROCESS_SINGLE_FILE:
		return "single-file";
	case PROCESS_NATIVE_AOT:
		return "nativeaot";
	case PROCESS_UNKNOWN:
		break;
	}
	return "unknown";
}

struct error *process_list(const struct task *task, struct arena *arena, struct process_list *ret)
{
	struct pid_list pids;
	*ret = (struct process_list){ 0 };
	TRY(list_pids(arena, &pids));
	ret->processes = arena_allocate_array(arena, pids.count + 1, sizeof(*ret->processes));
	enum process_silence *silence =
		arena_allocate_array(arena, pids.count + 1, sizeof(*silence));
	if (!ret->processes || !silence)
		return &error_no_memory;
	TRY(process_silence_find(pids.pids, pids.count, rehearse, task, silence));
	for (size_t i = 0; i < pids.count; i++) {
		bool is_dotnet = false;
		struct process_info *info = &ret->processes[ret->count];
		TRY(task_check(task, "looking at the processes"));
		struct error *error = describe(pids.pids[i], silence[i], arena, info, &is_dotnet);
		if (error_take(&error, ERROR_NOT_FOUND))
			continue;                   /* it ended meanwhile */
		if (error_take(&error, ERROR_OS)) { /* /proc is mounted with hidepid=1 */
			ret->hidden++;
			continue;
		}
		TRY(error);
		ret->count += is_dotnet;
	}
	return NULL;
}
