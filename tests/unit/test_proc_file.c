/* Visits of processes, of threads and of control groups: all end as every other visit does. */
#include "attach/control_group.h"
#include "attach/proc_file.h"
#include "tests/unit/tap.h"

#include <sys/wait.h>
#include <unistd.h>

struct seen {
	pid_t wanted;
	unsigned count, wanted_count;
	bool stops, fails;
};

static struct error *answer_of(const struct seen *seen)
{
	if (seen->fails)
		return error_new(ERROR_UNSUPPORTED, "not this one");
	return seen->stops ? &error_stop : NULL;
}

static struct error *note_id(pid_t id, void *context)
{
	struct seen *seen = context;
	seen->count++;
	seen->wanted_count += id == seen->wanted;
	return answer_of(seen);
}

typedef struct error *(*visit_function)(proc_id_visitor visit, void *context);

static struct error *visit_own_tasks(proc_id_visitor visit, void *context)
{
	return proc_visit_tasks(getpid(), visit, context);
}

static void check_visit(visit_function visit)
{
	struct seen all = { .wanted = getpid() }, one = { .stops = true };
	CHECK_OK(visit(note_id, &all));
	CHECK(all.count >= 1 && all.wanted_count == 1);
	CHECK_OK(visit(note_id, &one));
	CHECK_NUMBER(one.count, 1);
	struct seen bad = { .fails = true };
	CHECK_FAILS(visit(note_id, &bad), ERROR_UNSUPPORTED, "not this one");
	CHECK_NUMBER(bad.count, 1);
}

TEST(processes_are_visited)
{
	check_visit(proc_visit_processes);
}

TEST(threads_are_visited)
{
	check_visit(visit_own_tasks);
}

TEST(a_process_that_has_ended_has_no_threads)
{
	struct seen seen = { 0 };
	pid_t child = fork();
	if (!child)
		_exit(0);
	REQUIRE(child > 0 && waitpid(child, NULL, 0) == child);
	CHECK_FAILS(proc_visit_tasks(child, note_id, &seen), ERROR_NOT_FOUND, "has ended");
	CHECK_NUMBER(seen.count, 0);
}

static struct error *note_group(int folder, const char *path, void *context)
{
	struct seen *seen = context;
	CHECK(folder >= 0 && path[0] == '/');
	seen->count++;
	return answer_of(seen);
}

TEST(groups_are_visited_upwards)
{
	static const struct control_hierarchy hierarchies[] = { { "", "cgroup2" },
								{ "memory", "cgroup" } };
	enum control_group_answer answer = CONTROL_GROUP_NONE;
	const struct control_hierarchy *hierarchy = NULL;
	struct seen all = { 0 };
	for (size_t i = 0; i < COUNT_OF(hierarchies) && answer != CONTROL_GROUP_SEEN; i++) {
		hierarchy = &hierarchies[i];
		CHECK_OK(control_group_visit(getpid(), hierarchy, note_group, &all, &answer));
	}
	if (answer != CONTROL_GROUP_SEEN)
		SKIP("our control group cannot be seen here");
	CHECK(all.count >= 1);
	struct seen one = { .stops = true };
	CHECK_OK(control_group_visit(getpid(), hierarchy, note_group, &one, &answer));
	CHECK(one.count == 1 && answer == CONTROL_GROUP_SEEN);
	struct seen bad = { .fails = true };
	CHECK_FAILS(control_group_visit(getpid(), hierarchy, note_group, &bad, &answer),
		    ERROR_UNSUPPORTED, "not this one");
	CHECK_NUMBER(bad.count, 1);
}

static const struct tap_case cases[] = {
	CASE(processes_are_visited), CASE(threads_are_visited),
	CASE(a_process_that_has_ended_has_no_threads),
	CASE_ONCE(groups_are_visited_upwards), /* without memory they cannot be seen */
};
TAP_MAIN(cases)
