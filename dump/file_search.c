#include "dump/file_search.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <fcntl.h>
#include <fts.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct listed_file {
	const char *name; /* the end of path */
	const char *path;
};

struct file_search {
	char *sysroot; /* NULL: none */
	bool listed;
	struct arena arena;        /* of the paths */
	struct listed_file *files; /* ascending by name, then by path */
	size_t count, capacity;
};

struct error *file_search_new(const char *sysroot, struct file_search **ret)
{
	struct file_search *search = calloc(1, sizeof(*search));
	if (!search)
		return &error_no_memory;
	arena_init(&search->arena);
	search->sysroot = sysroot ? strdup(sysroot) : NULL;
	if (sysroot && !search->sysroot) {
		free(search);
		return &error_no_memory;
	}
	*ret = search;
	return NULL;
}

void file_search_free(struct file_search *search)
{
	if (!search)
		return;
	arena_deinit(&search->arena);
	free(search->files);
	free(search->sysroot);
	free(search);
}

static struct error *list_file(struct file_search *search, const char *path)
{
	if (search->count == search->capacity) {
		size_t capacity = search->capacity ? search->capacity * 2 : 256;
		struct listed_file *files = reallocarray(search->files, capacity, sizeof(*files));
		if (!files)
			return &error_no_memory;
		search->files = files;
		search->capacity = capacity;
	}
	char *copy = arena_copy_text(&search->arena, path, strlen(path));
	if (!copy)
		return &error_no_memory;
	const char *slash = strrchr(copy, '/');
	search->files[search->count++] =
		(struct listed_file){ .name = slash ? slash + 1 : copy, .path = copy };
	return NULL;
}

static int compare_files(const void *left, const void *right)
{
	const struct listed_file *a = left, *b = right;
	int order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->path, b->path);
}

static void fts_cleanup(FTS **tree)
{
	if (*tree)
		fts_close(*tree);
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
	while (tree && search->count < LIMIT_SYSROOT_FILES && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F || entry->fts_info == FTS_NSOK ||
		    entry->fts_info == FTS_SL)
			TRY(list_file(search, entry->fts_path));
	if (search->count)
		qsort(search->files, search->count, sizeof(*search->files), compare_files);
	search->listed = true;
	return NULL;
}

static size_t first_of_name(const struct file_search *search, const char *name)
{
	size_t low = 0, high = search->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(search->files[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A path of the target's that may be opened here; NULL: none. The kernel marks the path of a file
 * that was removed while mapped (fs/d_path.c: path_with_deleted); that mark is taken off. */
static struct error *clean_path(const char *path, struct arena *arena, const char **ret)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path), mark = sizeof(deleted) - 1;
	if (length > mark && !strcmp(path + length - mark, deleted))
		length -= mark;
	*ret = NULL;
	if (path[0] != '/' || length < 2 || strstr(path, "/../"))
		return NULL;
	*ret = arena_copy_text(arena, path, length);
	return *ret ? NULL : &error_no_memory;
}

static struct error *add_joined(const char *directory, const char *rest, struct arena *arena,
				struct file_candidate *candidates, size_t *count)
{
	char *path = arena_printf(arena, "%s/%s", directory, rest);
	if (!path)
		return &error_no_memory;
	candidates[(*count)++] = (struct file_candidate){ .path = path, .from_sysroot = true };
	return NULL;
}

struct error *file_search_find(struct file_search *search, const char *path, struct arena *arena,
			       struct file_candidate **ret, size_t *ret_count)
{
	const char *clean;
	*ret = NULL;
	*ret_count = 0;
	TRY(clean_path(path, arena, &clean));
	if (!clean)
		return NULL;
	const char *name = strrchr(clean, '/') + 1;
	size_t first = 0, last = 0;
	if (search->sysroot) {
		TRY(list_sysroot(search));
		first = last = first_of_name(search, name);
		while (last < search->count && !strcmp(search->files[last].name, name))
			last++;
	}
	struct file_candidate *candidates =
		arena_allocate_array(arena, last - first + 3, sizeof(*candidates));
	if (!candidates)
		return &error_no_memory;
	size_t count = 0;
	if (search->sysroot) {
		TRY(add_joined(search->sysroot, clean + 1, arena, candidates, &count));
		TRY(add_joined(search->sysroot, name, arena, candidates, &count));
	}
	for (size_t i = first; i < last; i++)
		candidates[count++] = (struct file_candidate){ .path = search->files[i].path,
							       .from_sysroot = true,
							       .by_name_only = true };
	candidates[count++] = (struct file_candidate){ .path = clean };
	*ret = candidates;
	*ret_count = count;
	return NULL;
}

bool mapped_file_open(const char *path, struct mapped_file *ret)
{
	/* O_NONBLOCK: the path comes from the dump, and must not hold us on a FIFO. */
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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
