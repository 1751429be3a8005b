/*
 * How many processors we may use: those that the kernel lets us run on (sched_getaffinity(2)), and
 * no more than our control groups have time for (cpu.max; v1: cpu.cfs_quota_us and
 * cpu.cfs_period_us; Documentation/admin-guide/cgroup-v2.rst, "CPU Interface Files").
 */
#ifndef ATTACH_PROCESSORS_H
#define ATTACH_PROCESSORS_H

#include <stdbool.h>
#include <stdint.h>

/* At least 1. What cannot be read limits nothing. `shared`: a process that runs on may have to live
 * on the same time: no more than half of the quota is taken, but 1 of a quota of 1, since a process
 * that has used up a quota is stopped, and all of the group with it. */
unsigned processors_allowed(bool shared);

/* The processors, whole, that a quota of time has: quota_us of every period_us; at least 1. */
unsigned processors_of_quota(uint64_t quota_us, uint64_t period_us);

#endif
