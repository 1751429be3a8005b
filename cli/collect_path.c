#include "cli/collect_path.h"

#include "attach/credentials.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

enum { NAME_BYTES = 64 };

static struct error *name_by_time(bool packed, char ret[NAME_BYTES])
{
	time_t now = time(NULL);
	struct tm parts;
	if (!localtime_r(&now, &parts) ||
	    !strftime(ret, NAME_BYTES, packed ? "core_%Y%m%d_%H%M%S.zst" : "core_%Y%m%d_%H%M%S",
		      &parts))
		return error_new(ERROR_USAGE, "there is no clock to name the file by: use -o FILE");
	return NULL;
}

static struct error *is_folder(const char *path, bool *ret)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	struct stat file;
	bool there = !stat(path, &file);
	*ret = there && S_ISDIR(file.st_mode);
	if (!there && text_ends_with(path, "/"))
		return error_os(errno, "cannot write a dump into the folder %s", path);
	return NULL;
}

struct error *collect_path(const char *given, bool packed, struct arena *arena, const char **ret)
{
	char name[NAME_BYTES];
	bool folder = true;
	if (given)
		TRY(is_folder(given, &folder));
	*ret = given;
	if (!folder)
		return NULL;
	TRY(name_by_time(packed, name));
	const char *slash = !given || text_ends_with(given, "/") ? "" : "/";
	*ret = arena_printf(arena, "%s%s%s", given ? given : "", slash, name);
	return *ret ? NULL : &error_no_memory;
}
