#include "inspect/line_count.h"

#include "base/list.h"
#include "base/sort.h"

void line_count_deinit(struct line_count *counts)
{
	free(counts->lines);
}

struct error *line_count_add(struct line_count *counts, const char *line)
{
	TRY(LIST_GROW(counts->lines, counts->count, counts->capacity));
	counts->lines[counts->count] = (struct counted_line){ line, 1, counts->count };
	counts->count++;
	return NULL;
}

static int by_order(const struct counted_line *left, const struct counted_line *right)
{
	return left->order < right->order ? -1 : left->order > right->order;
}

static int by_line(const void *left, const void *right, void *context)
{
	const struct counted_line *a = left, *b = right;
	(void)context;
	int difference = strcmp(a->line, b->line);
	return difference ? difference : by_order(a, b);
}

static int by_count(const void *left, const void *right, void *context)
{
	const struct counted_line *a = left, *b = right;
	(void)context;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return by_order(a, b);
}

struct error *line_count_sort(struct line_count *counts, const struct task *task)
{
	static const char counting[] = "counting lines that are alike";
	size_t kept = 0;
	TRY(sort_items(counts->lines, counts->count, sizeof(*counts->lines), by_line, NULL, task,
		       counting));
	for (size_t i = 0; i < counts->count; i++) {
		if (kept && !strcmp(counts->lines[kept - 1].line, counts->lines[i].line))
			counts->lines[kept - 1].count++;
		else
			counts->lines[kept++] = counts->lines[i];
	}
	counts->count = kept;
	return sort_items(counts->lines, kept, sizeof(*counts->lines), by_count, NULL, task,
			  counting);
}
