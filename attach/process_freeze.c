#include "attach/process_freeze.h"

#include "attach/control_group.h"
#include "attach/proc_file.h"
#include "base/cleanup.h"
#include "base/limits.h"

struct search {
	struct arena *arena;
	const char *group;
	bool frozen, asked;
};

static bool file_begins(int folder, const char *name, const char *text)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	return control_group_file(folder, name, &file) &&
	       !strncmp(text_string(&file), text, strlen(text));
}

/* Found: no further. */
static struct error *take_group(struct search *search, const char *path)
{
	search->group = arena_copy_text(search->arena, path, strlen(path));
	return search->group ? &error_stop : &error_no_memory;
}

/* The process's own group comes first: its state is also that of those above. */
static struct error *look_at_v1(int folder, const char *path, void *context)
{
	struct search *search = context;
	if (!search->asked)
		search->frozen = file_begins(folder, "freezer.state", "FR"); /* FREEZING, FROZEN */
	search->asked = true;
	if (!search->frozen)
		return &error_stop;
	return file_begins(folder, "freezer.self_freezing", "1") ? take_group(search, path) : NULL;
}

static bool says_frozen(int folder)
{
	CLEANUP(text_deinit) struct text events = { 0 };
	return control_group_file(folder, "cgroup.events", &events) &&
	       strstr(text_string(&events), "frozen 1");
}

static struct error *look_at_v2(int folder, const char *path, void *context)
{
	struct search *search = context;
	if (!search->asked)
		search->frozen = says_frozen(folder);
	search->asked = true;
	if (!file_begins(folder, "cgroup.freeze", "1"))
		return NULL;
	search->frozen = true;
	return take_group(search, path);
}

static bool sleeps_in_refrigerator(int pid)
{
	CLEANUP(text_deinit) struct text place = { 0 };
	return !proc_file_read(&place, LIMIT_PROC_FILE_BYTES, "/proc/%d/wchan", pid) &&
	       !strcmp(text_string(&place), "__refrigerator");
}

struct error *process_freeze_read(int pid, struct arena *arena, struct process_freeze *ret)
{
	static const struct control_hierarchy v1 = { "freezer", "cgroup" }, v2 = { "", "cgroup2" };
	struct search search = { .arena = arena };
	*ret = (struct process_freeze){ 0 };
	enum control_group_answer answer;
	TRY(control_group_visit(pid, &v1, look_at_v1, &search, &answer));
	if (search.frozen)
		ret->by = PROCESS_FREEZER_V1;
	search.asked = false;
	if (!search.frozen)
		TRY(control_group_visit(pid, &v2, look_at_v2, &search, &answer));
	if (search.frozen && !ret->by)
		ret->by = PROCESS_FREEZER_V2;
	if (!ret->by && sleeps_in_refrigerator(pid))
		ret->by = PROCESS_FREEZER_V1;
	ret->group = search.group;
	return NULL;
}
