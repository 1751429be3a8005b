#include "tests/unit/directory.h"

#include <ftw.h>
#include <sys/stat.h>

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

void directory_remove(struct directory *directory)
{
	nftw(directory->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void directory_make(struct directory *directory)
{
	snprintf(directory->path, sizeof(directory->path), "/tmp/clrpod-test-XXXXXX");
	if (!mkdtemp(directory->path))
		abort();
}

void directory_write(const struct directory *directory, const char *name, const void *bytes,
		     size_t size)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", directory->path, name);
	for (char *slash = path + strlen(directory->path) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
}
