#include "dump/images/file_search.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/search.h"
#include "base/text.h"

#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* Both count bytes of file_search.text. */
struct listed_file {
	uint32_t name, directory;
};

struct file_search {
	struct target *target;
	const struct task *task; /* may be NULL */
	char *sysroot;           /* NULL: none */
	int sysroot_fd;          /* -1: none, or it is gone */
	bool listed;
	struct text text;          /* names and directories, each with its terminator */
	struct listed_file *files; /* ascending by name, then by directory */
	size_t count, capacity;
};

struct error *file_search_new(struct target *target, const char *sysroot, struct file_search **ret)
{
	struct file_search *search = calloc(1, sizeof(*search));
	if (!search)
		return &error_no_memory;
	search->target = target;
	search->sysroot_fd = -1;
	if (sysroot) {
		search->sysroot = strdup(sysroot);
		if (!search->sysroot) {
			free(search);
			return &error_no_memory;
		}
		search->sysroot_fd = open(sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	*ret = search;
	return NULL;
}

void file_search_free(struct file_search *search)
{
	if (!search)
		return;
	if (search->sysroot_fd >= 0)
		close(search->sysroot_fd);
	text_deinit(&search->text);
	free(search->files);
	free(search->sysroot);
	free(search);
}

void file_search_set_task(struct file_search *search, const struct task *task)
{
	search->task = task;
}

const char *file_search_sysroot(const struct file_search *search)
{
	return search->sysroot;
}

/* Listing. */

static struct error *keep_text(struct file_search *search, const char *text, size_t size,
			       uint32_t *ret)
{
	if (search->text.length + size + 1 > UINT32_MAX)
		return &error_no_memory;
	*ret = (uint32_t)search->text.length;
	text_append_bytes(&search->text, text, size);
	text_append_char(&search->text, '\0');
	return text_failed(&search->text) ? &error_no_memory : NULL;
}

/* The directory's own entry remembers where its path was kept: fts_number, 0: nowhere yet. */
static struct error *list_file(struct file_search *search, const FTSENT *entry)
{
	TRY(LIST_GROW(search->files, search->count, search->capacity));
	struct listed_file file;
	if (!entry->fts_parent->fts_number) {
		uint32_t directory;
		TRY(keep_text(search, entry->fts_path, entry->fts_pathlen - entry->fts_namelen,
			      &directory));
		entry->fts_parent->fts_number = (long)directory + 1;
	}
	file.directory = (uint32_t)(entry->fts_parent->fts_number - 1);
	TRY(keep_text(search, entry->fts_name, entry->fts_namelen, &file.name));
	search->files[search->count++] = file;
	return NULL;
}

static int compare_files(const void *left, const void *right, void *context)
{
	const struct listed_file *a = left, *b = right;
	const char *text = context;
	int order = strcmp(text + a->name, text + b->name);
	return order ? order : strcmp(text + a->directory, text + b->directory);
}

static void fts_cleanup(FTS **tree)
{
	if (*tree)
		fts_close(*tree);
}

/* Is it a mounted /proc or /sys? They have no modules, and millions of entries. */
static bool is_kernel_made(const FTSENT *entry)
{
	struct statfs status;
	if (strcmp(entry->fts_name, "proc") && strcmp(entry->fts_name, "sys"))
		return false;
	return !statfs(entry->fts_path, &status) &&
	       (status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC);
}

/* Lists what is below the directory, once. Links are listed, and not followed into directories. */
static struct error *list_sysroot(struct file_search *search)
{
	if (search->listed)
		return NULL;
	char *const roots[] = { search->sysroot, NULL };
	CLEANUP(fts_cleanup)
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *entry;
	search->count = 0;
	text_clear(&search->text);
	while (tree && (entry = fts_read(tree))) {
		TRY(task_check(search->task, "looking for files below --sysroot"));
		if (entry->fts_info == FTS_D && is_kernel_made(entry))
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F && entry->fts_info != FTS_NSOK &&
		    entry->fts_info != FTS_SL)
			continue;
		if (search->count == LIMIT_SYSROOT_FILES)
			break;
		TRY(list_file(search, entry));
	}
	if (search->count)
		qsort_r(search->files, search->count, sizeof(*search->files), compare_files,
			(void *)text_string(&search->text));
	search->listed = true;
	return NULL;
}

static size_t first_of_name(const struct file_search *search, const char *name)
{
	return SEARCH_FIRST(search->count, i,
			    strcmp(search->text.bytes + search->files[i].name, name) >= 0);
}

/* Searching. */

/* A path of the target's that may be opened here; NULL: none. The kernel marks the path of a file
 * that was removed while mapped (fs/d_path.c: path_with_deleted); that mark is taken off. */
static struct error *clean_path(const char *path, struct arena *arena, const char **ret)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path), mark = sizeof(deleted) - 1;
	if (length > mark && !strcmp(path + length - mark, deleted))
		length -= mark;
	*ret = NULL;
	if (path[0] != '/' || length < 2 || path[length - 1] == '/' || strstr(path, "/../"))
		return NULL;
	*ret = arena_copy_text(arena, path, length);
	return *ret ? NULL : &error_no_memory;
}

struct error *file_search_start(struct file_search *search, const char *path, struct arena *arena,
				struct file_query *ret)
{
	*ret = (struct file_query){ .search = search, .arena = arena };
	return clean_path(path, arena, &ret->path);
}

static struct error *joined(const struct file_query *query, const char *below,
			    struct file_candidate *ret)
{
	const char *sysroot = query->search->sysroot;
	char *path = arena_printf(query->arena, "%s/%s", sysroot, below);
	if (!path)
		return &error_no_memory;
	*ret = (struct file_candidate){ .path = path, .below = path + strlen(sysroot) + 1 };
	return NULL;
}

static struct error *next_listed(struct file_query *query, const char *name,
				 struct file_candidate *ret, bool *ret_found)
{
	struct file_search *search = query->search;
	TRY(list_sysroot(search));
	if (!query->next)
		query->next = first_of_name(search, name) + 1;
	*ret_found = query->next <= search->count &&
		     !strcmp(search->text.bytes + search->files[query->next - 1].name, name);
	if (!*ret_found)
		return NULL;
	const struct listed_file *file = &search->files[query->next++ - 1];
	char *path = arena_printf(query->arena, "%s%s", search->text.bytes + file->directory, name);
	if (!path)
		return &error_no_memory;
	const char *below = path + strlen(search->sysroot);
	*ret = (struct file_candidate){ .path = path,
					.below = below + strspn(below, "/"),
					.by_name_only = true };
	return NULL;
}

struct error *file_search_next(struct file_query *query, struct file_candidate *ret,
			       bool *ret_found)
{
	*ret_found = query->path != NULL;
	if (!query->path)
		return NULL;
	const char *name = strrchr(query->path, '/') + 1;
	bool below = query->search->sysroot != NULL;
	switch (query->step++) {
	case 0:
		if (below)
			return joined(query, query->path + 1, ret);
		query->step++;
		/* fallthrough */
	case 1:
		if (below)
			return joined(query, name, ret);
		query->step++;
		/* fallthrough */
	case 2:
		*ret = (struct file_candidate){ .path = query->path };
		return NULL;
	default:
		*ret_found = false;
		return below ? next_listed(query, name, ret, ret_found) : NULL;
	}
}

/* The path comes from the dump: it must not hold us on a FIFO, nor become our terminal. */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

static int open_candidate(const struct file_search *search, const struct file_candidate *candidate)
{
	struct open_how how = { .flags = OPEN_FLAGS,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = -1;
	if (!candidate->below)
		return target_open_file(search->target, candidate->path);
	if (search->sysroot_fd >= 0)
		fd = (int)syscall(SYS_openat2, search->sysroot_fd, candidate->below, &how,
				  sizeof(how));
	return fd >= 0 ? fd : open(candidate->path, OPEN_FLAGS);
}

bool file_search_open(const struct file_search *search, const struct file_candidate *candidate,
		      struct mapped_file *ret)
{
	CLEANUP(fd_cleanup) int fd = open_candidate(search, candidate);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode) || !status.st_size)
		return false;
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	*ret = (struct mapped_file){ .bytes = bytes, .size = (size_t)status.st_size };
	return true;
}

void mapped_file_release(const uint8_t *bytes, size_t size)
{
	munmap((void *)bytes, size);
}
