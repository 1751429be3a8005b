#include "attach/process_choose.h"
#include "tests/unit/tap.h"

enum { US = 1000, THEM = 2000 };

static struct process_info process(int pid, const char *name, unsigned uid)
{
	return (struct process_info){ .pid = pid, .name = name, .command_line = "", .uid = uid };
}

static struct error *choose(struct process_info *processes, size_t count, const char *name,
			    int *ret)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_list list = { .processes = processes, .count = count };
	struct process_info chosen = { 0 };
	arena_init(&arena);
	struct error *error = process_choose_by_name(&list, name, US, &arena, &chosen);
	*ret = chosen.pid;
	return error;
}

TEST(the_whole_name_and_our_own_count_for_more)
{
	struct process_info processes[] = { process(1, "Api.Worker", THEM), process(2, "api", THEM),
					    process(3, "api", US), process(4, "Api.Other", US) };
	int pid;
	CHECK_OK(choose(processes, 1, "api", &pid));
	CHECK_NUMBER(pid, 1);
	CHECK_OK(choose(processes, 2, "API", &pid));
	CHECK_NUMBER(pid, 2);
	CHECK_OK(choose(processes, 4, "api", &pid));
	CHECK_NUMBER(pid, 3);
	CHECK_OK(choose(processes, 4, "worker", &pid));
	CHECK_NUMBER(pid, 1);
}

/* Another user's process cannot take the place of ours by calling itself what we type. */
TEST(a_name_that_another_user_took)
{
	struct process_info processes[] = { process(1, "api", THEM), process(2, "Api.Host", US) };
	int pid;
	CHECK_FAILS(choose(processes, 2, "api", &pid), ERROR_USAGE,
		    "2 .NET processes match 'api': choose one with -p: 1 api (uid 2000), "
		    "2 Api.Host (uid 1000)");
}

TEST(several)
{
	struct process_info processes[12];
	int pid;
	for (int i = 0; i < 12; i++)
		processes[i] = process(i + 1, "api", US);
	processes[0].user = "root";
	CHECK_FAILS(choose(processes, 2, NULL, &pid), ERROR_USAGE,
		    "2 .NET processes run here: choose one with -p: 1 api (root), 2 api (uid");
	CHECK_FAILS(choose(processes, 12, "api", &pid), ERROR_USAGE, "10 api (uid 1000) ...");
}

TEST(a_zombie_is_never_chosen)
{
	struct process_info processes[] = { process(1, "api", US), process(2, "api", THEM) };
	int pid;
	processes[0].state.activity = PROCESS_ENDED;
	processes[0].reason = "it has ended and is a zombie";
	CHECK_OK(choose(processes, 2, "api", &pid));
	CHECK_NUMBER(pid, 2);
	CHECK_OK(choose(processes, 2, NULL, &pid));
	CHECK_NUMBER(pid, 2);
	CHECK_FAILS(choose(processes, 1, "api", &pid), ERROR_NOT_FOUND,
		    "process 1 (api) is the only one that matches 'api', and it has ended and is");
}

TEST(none)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_info processes[] = { process(1, "api", US) }, chosen;
	struct process_list hiding = { .processes = processes, .count = 1, .hidden = 3 };
	int pid;
	arena_init(&arena);
	CHECK_FAILS(choose(processes, 1, "web", &pid), ERROR_NOT_FOUND,
		    "no .NET process here matches 'web': see clrpod ps");
	CHECK_FAILS(choose(processes, 0, NULL, &pid), ERROR_NOT_FOUND, "share the PID namespace");
	CHECK_FAILS(process_choose_by_name(&hiding, "web", US, &arena, &chosen), ERROR_NOT_FOUND,
		    "but 3 of other users hide what they are");
}

static const struct tap_case cases[] = { CASE(the_whole_name_and_our_own_count_for_more),
					 CASE(a_name_that_another_user_took), CASE(several),
					 CASE(a_zombie_is_never_chosen), CASE(none) };
TAP_MAIN(cases)
