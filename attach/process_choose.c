#include "attach/process_choose.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <strings.h>
#include <unistd.h>

enum { LIST_SHOWN = 10 };

/* What favours a process; 0: nothing does, it is another. */
static unsigned weight_of(const struct process_info *info, const char *name, unsigned our_uid)
{
	if (!name)
		return 1;
	bool whole = !strcasecmp(info->name, name);
	if (!whole && !strcasestr(info->name, name) && !strcasestr(info->command_line, name))
		return 0;
	return 1u + whole + (info->uid == our_uid);
}

struct matches {
	const struct process_info **found; /* those for which the most speaks */
	size_t count;
	unsigned weight;
	const struct process_info *zombie; /* one that would match */
};

static struct error *match_all(const struct process_list *list, const char *name, unsigned our_uid,
			       struct arena *arena, struct matches *ret)
{
	*ret = (struct matches){ 0 };
	ret->found = arena_allocate_array(arena, list->count + 1, sizeof(*ret->found));
	if (!ret->found)
		return &error_no_memory;
	for (size_t i = 0; i < list->count; i++) {
		const struct process_info *info = &list->processes[i];
		unsigned weight = weight_of(info, name, our_uid);
		if (weight && info->state.activity == PROCESS_ENDED)
			ret->zombie = info;
		if (!weight || info->state.activity == PROCESS_ENDED || weight < ret->weight)
			continue;
		if (weight > ret->weight)
			ret->count = 0;
		ret->weight = weight;
		ret->found[ret->count++] = info;
	}
	return NULL;
}

static struct error *several(const struct matches *matches, const char *name)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	for (size_t i = 0; i < matches->count && i < LIST_SHOWN; i++) {
		const struct process_info *info = matches->found[i];
		text_printf(&text, "%s%d %s (", i ? ", " : "", info->pid, info->name);
		if (info->user)
			text_printf(&text, "%s)", info->user);
		else
			text_printf(&text, "uid %u)", info->uid);
	}
	if (matches->count > LIST_SHOWN)
		text_append(&text, " ...");
	if (text_failed(&text))
		return &error_no_memory;
	return error_new(ERROR_USAGE, "%zu .NET processes%s%s%s: choose one with -p: %s",
			 matches->count, name ? " match '" : " run here", name ? name : "",
			 name ? "'" : "", text_string(&text));
}

/* Nothing was found is one answer, nothing could be looked at another. */
static struct error *none(const struct process_list *list, const struct process_info *zombie,
			  const char *name)
{
	if (zombie)
		return error_new(ERROR_NOT_FOUND, "process %d (%s) is the only one%s%s%s, and %s",
				 zombie->pid, zombie->name, name ? " that matches '" : "",
				 name ? name : "", name ? "'" : "", zombie->reason);
	if (list->hidden)
		return error_new(ERROR_NOT_FOUND,
				 "of the processes that can be looked at none is .NET%s%s%s, but "
				 "%zu of other users hide what they are: run clrpod as their user "
				 "or as root, or name one with -p",
				 name ? " and matches '" : "", name ? name : "", name ? "'" : "",
				 list->hidden);
	if (name)
		return error_new(ERROR_NOT_FOUND,
				 "no .NET process here matches '%s': see clrpod ps", name);
	return error_new(ERROR_NOT_FOUND,
			 "there is no .NET process here: in a pod, share the PID namespace "
			 "(kubectl debug --target=CONTAINER, or shareProcessNamespace)");
}

struct error *process_choose_by_name(const struct process_list *list, const char *name,
				     unsigned our_uid, struct arena *arena,
				     struct process_info *ret)
{
	struct matches matches;
	TRY(match_all(list, name, our_uid, arena, &matches));
	if (matches.count > 1)
		return several(&matches, name);
	if (!matches.count)
		return none(list, matches.zombie, name);
	*ret = *matches.found[0];
	return NULL;
}

struct error *process_choose(int pid, const char *name, const struct task *task,
			     struct arena *arena, struct process_info *ret)
{
	struct process_list list;
	bool is_dotnet;
	if (pid > 0)
		return process_describe(pid, task, arena, ret, &is_dotnet);
	TRY(process_list(task, arena, &list));
	return process_choose_by_name(&list, name, geteuid(), arena, ret);
}
