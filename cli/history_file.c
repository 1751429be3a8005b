#include "cli/history_file.h"

#include "attach/credentials.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/limits.h"
#include "cli/say.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the folders above the file and below `home` bytes of its path, which are not made. */
static void make_folders(char *path, size_t home)
{
	for (char *slash = strchr(path + home + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

/* The caller frees it; NULL: there is no place for it. *ret_home: how much of it is the home. */
static char *history_path(size_t *ret_home)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	bool has_state = state && *state == '/';
	if (!has_state && (!home || *home != '/'))
		return NULL;
	int length = has_state ? asprintf(&path, "%s/clrpod/history", state)
			       : asprintf(&path, "%s/.local/state/clrpod/history", home);
	*ret_home = strlen(has_state ? state : home);
	return length < 0 ? NULL : path;
}

static FILE *open_history(const char *path, int flags, const char *mode)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	struct stat status;
	if (fd < 0)
		return NULL;
	FILE *file = !fstat(fd, &status) && S_ISREG(status.st_mode) ? fdopen(fd, mode) : NULL;
	if (!file)
		close(fd);
	return file;
}

/* Lines at the file's start that are too many. */
static size_t count_old(FILE *file)
{
	CLEANUP(free_cleanup) char *line = NULL;
	size_t capacity = 0, count = 0;
	while (getline(&line, &capacity, file) > 0)
		count++;
	rewind(file);
	return count > HISTORY_LINES ? count - HISTORY_LINES : 0;
}

/* The new file is beside the old one until it is whole. */
static FILE *begin_cut(const char *path, char *beside, size_t size)
{
	int length = snprintf(beside, size, "%s.new", path);
	if (length < 0 || (size_t)length >= size)
		return NULL;
	unlink(beside); /* one that was not finished */
	return open_history(beside, O_WRONLY | O_CREAT | O_EXCL, "w");
}

void history_file_read(void (*add)(const char *line, void *context), void *context)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	size_t home;
	CLEANUP(free_cleanup) char *path = history_path(&home);
	CLEANUP(free_cleanup) char *line = NULL;
	CLEANUP(file_cleanup) FILE *file = path ? open_history(path, O_RDONLY, "r") : NULL;
	CLEANUP(file_cleanup) FILE *cut = NULL;
	char beside[LIMIT_PATH_BYTES];
	size_t capacity = 0;
	if (!file)
		return;
	size_t old = count_old(file);
	if (old >= HISTORY_LINES)
		cut = begin_cut(path, beside, sizeof(beside));
	for (size_t i = 0; getline(&line, &capacity, file) > 0; i++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (i < old || !*line || !escape_is_plain(line))
			continue;
		if (cut)
			say(cut, "%s", line);
		add(line, context);
	}
	if (!cut)
		return;
	bool whole = !fflush(cut) && !ferror(cut);
	if (!whole || rename(beside, path))
		unlink(beside);
}

void history_file_add(const char *line)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	size_t home;
	CLEANUP(free_cleanup) char *path = history_path(&home);
	if (!path)
		return;
	int flags = O_WRONLY | O_CREAT | O_APPEND;
	CLEANUP(file_cleanup) FILE *file = open_history(path, flags, "a");
	if (!file) {
		make_folders(path, home);
		file = open_history(path, flags, "a");
	}
	if (file)
		say(file, "%s", line);
}
