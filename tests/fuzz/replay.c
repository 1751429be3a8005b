/*
 * The main function of fuzzers where there is no libFuzzer: replays inputs, as a test. Arguments:
 * files, and folders of files. Prints TAP.
 */
#include "base/cleanup.h"

#include <dirent.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { INPUT_BYTES_MAX = 64 * 1024 * 1024 };

static bool replay_file(const char *path)
{
	CLEANUP(file_cleanup) FILE *file = fopen(path, "re");
	CLEANUP(free_cleanup) uint8_t *bytes = NULL;
	if (!file || fseek(file, 0, SEEK_END))
		return false;
	long size = ftell(file);
	if (size < 0 || size > INPUT_BYTES_MAX)
		return false;
	rewind(file);
	bytes = malloc((size_t)size + !size);
	if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size)
		return false;
	LLVMFuzzerTestOneInput(bytes, (size_t)size);
	return true;
}

static bool replay_folder(const char *path, size_t *ret_count)
{
	DIR *folder = opendir(path);
	bool good = folder != NULL;
	struct dirent *entry;
	while (good && (entry = readdir(folder))) {
		char *file = NULL;
		if (entry->d_name[0] == '.')
			continue;
		good = asprintf(&file, "%s/%s", path, entry->d_name) > 0 && replay_file(file);
		if (!good)
			printf("# cannot read %s\n", file ? file : path);
		free(file);
		*ret_count += good;
	}
	if (folder)
		closedir(folder);
	return good;
}

int main(int argc, char **argv)
{
	int failures = 0;
	for (int i = 1; i < argc; i++) {
		size_t count = 0;
		DIR *folder = opendir(argv[i]);
		if (folder)
			closedir(folder);
		bool good = folder ? replay_folder(argv[i], &count) : replay_file(argv[i]);
		failures += !good;
		printf("%sok %d - %s: %zu inputs\n", good ? "" : "not ", i, argv[i],
		       folder ? count : 1);
	}
	printf("1..%d\n", argc - 1);
	return failures ? 1 : 0;
}
