#include "base/memory_budget.h"

enum { MIB = 1024 * 1024 };

void memory_budget_init(struct memory_budget *budget, uint64_t limit_bytes, const char *source)
{
	atomic_init(&budget->limit_bytes, limit_bytes);
	atomic_init(&budget->taken_bytes, 0);
	atomic_init(&budget->source, source);
}

void memory_budget_narrow(struct memory_budget *budget, uint64_t limit_bytes, const char *source)
{
	if (limit_bytes >= budget->limit_bytes)
		return;
	budget->limit_bytes = limit_bytes;
	budget->source = source;
}

uint64_t memory_budget_taken(const struct memory_budget *budget)
{
	return budget ? budget->taken_bytes : 0;
}

uint64_t memory_budget_left(const struct memory_budget *budget)
{
	if (!budget)
		return UINT64_MAX;
	uint64_t limit = budget->limit_bytes, taken = budget->taken_bytes;
	return limit > taken ? limit - taken : 0;
}

bool memory_budget_try(struct memory_budget *budget, uint64_t bytes)
{
	if (!budget)
		return true;
	uint64_t limit = budget->limit_bytes, taken = budget->taken_bytes;
	do {
		if (taken > limit || bytes > limit - taken)
			return false;
	} while (!atomic_compare_exchange_weak(&budget->taken_bytes, &taken, taken + bytes));
	return true;
}

struct error *memory_budget_refusal(const struct memory_budget *budget, uint64_t bytes,
				    const char *what)
{
	return error_new(ERROR_NO_MEMORY,
			 "out of memory: %s would take %.1f MiB more, and of the %.1f MiB that %s "
			 "leaves to clrpod %.1f MiB are free: ask for less at a time, or read a "
			 "dump where there is more memory",
			 what, (double)bytes / MIB, (double)budget->limit_bytes / MIB,
			 (const char *)budget->source, (double)memory_budget_left(budget) / MIB);
}

struct error *memory_budget_take(struct memory_budget *budget, uint64_t bytes, const char *what)
{
	return memory_budget_try(budget, bytes) ? NULL : memory_budget_refusal(budget, bytes, what);
}

void memory_budget_give(struct memory_budget *budget, uint64_t bytes)
{
	if (budget)
		atomic_fetch_sub(&budget->taken_bytes, bytes);
}
