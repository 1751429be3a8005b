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

/* How many of the first `bits` processors we may run on; 0: unknown, or the kernel has more of them
 * (EINVAL, sched_getaffinity(2)). */
static unsigned affinity_read(unsigned bits)
{
	cpu_set_t *set = CPU_ALLOC(bits);
	size_t size = CPU_ALLOC_SIZE(bits);
	unsigned runs = 0;
	if (set && !sched_getaffinity(0, size, set))
		runs = (unsigned)CPU_COUNT_S(size, set);
	CPU_FREE(set);
	return runs;
}

static unsigned affinity_find(void)
{
	enum { PROCESSORS_MAX = 1024 * 1024 };
	for (unsigned bits = CPU_SETSIZE; bits <= PROCESSORS_MAX; bits *= 2) {
		unsigned runs = affinity_read(bits);
		if (runs)
			return runs;
	}
	return 1;
}

unsigned processors_allowed(bool shared)
{
	unsigned runs = affinity_find(), quota = quota_find();
	if (shared && quota != UINT_MAX)
		quota = quota > 1 ? quota / 2 : 1;
	lower_to(&runs, quota);
	return runs;
}
