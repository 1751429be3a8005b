#include "attach/processors.h"

#include "attach/control_group.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

unsigned processors_of_quota(uint64_t quota_us, uint64_t period_us)
{
	if (!period_us || quota_us < period_us)
		return 1;
	uint64_t whole = quota_us / period_us;
	return whole > UINT_MAX ? UINT_MAX : (unsigned)whole;
}

static void lower_to(unsigned *least, unsigned processors)
{
	if (processors < *least)
		*least = processors;
}

/* cpu.max: "QUOTA PERIOD", or "max PERIOD". */
static struct error *look_at_v2(int folder, const char *path, void *context)
{
	struct text line = { 0 };
	unsigned long long quota, period;
	(void)path;
	if (control_group_file(folder, "cpu.max", &line) &&
	    sscanf(text_string(&line), "%llu %llu", &quota, &period) == 2)
		lower_to(context, processors_of_quota(quota, period));
	text_deinit(&line);
	return NULL;
}

/* No quota is -1: more than any. */
static struct error *look_at_v1(int folder, const char *path, void *context)
{
	uint64_t quota, period;
	(void)path;
	if (control_group_number(folder, "cpu.cfs_quota_us", &quota) &&
	    control_group_number(folder, "cpu.cfs_period_us", &period))
		lower_to(context, processors_of_quota(quota, period));
	return NULL;
}

static unsigned quota_find(void)
{
	static const struct control_hierarchy v1 = { "cpu", "cgroup" }, v2 = { "", "cgroup2" };
	enum control_group_answer answer; /* what is hidden limits nothing that we know of */
	unsigned least = UINT_MAX;
	int pid = (int)getpid();
	error_free(control_group_visit(pid, &v1, look_at_v1, &least, &answer));
	error_free(control_group_visit(pid, &v2, look_at_v2, &least, &answer));
	return least;
}

unsigned processors_allowed(bool shared)
{
	cpu_set_t set;
	unsigned runs = 1, quota = quota_find();
	if (!sched_getaffinity(0, sizeof(set), &set))
		runs = (unsigned)CPU_COUNT(&set);
	if (shared && quota != UINT_MAX)
		quota = quota > 1 ? quota / 2 : 1;
	lower_to(&runs, quota);
	return runs ? runs : 1;
}
