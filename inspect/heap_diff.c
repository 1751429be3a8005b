#include "inspect/heap_diff.h"

#include "base/list.h"
#include "heap/types/type.h"

static const char unnamed[] = "<unknown type>";

void heap_diff_deinit(struct heap_diff *diff)
{
	free(diff->rows);
	*diff = (struct heap_diff){ 0 };
}

static void usage_add(struct type_usage *usage, const struct type_statistic *statistic)
{
	usage->count += statistic->count;
	usage->size_bytes += statistic->size_bytes;
}

/* Without its metadata the module still has a file, which is called as the assembly is. */
static char *module_name(const struct question *question, struct clr_module *module)
{
	const char *name = module ? clr_module_assembly_name(question->heap, module) : "";
	size_t length = name ? strlen(name) : 0;
	if (!name) {
		name = path_file_name(module->path);
		const char *suffix = strrchr(name, '.');
		length = suffix ? (size_t)(suffix - name) : strlen(name);
	}
	return arena_copy_text(question->scratch, name, length);
}

static struct error *type_add(struct heap_diff *diff, const struct question *question, int side,
			      const struct type *type, const struct type_statistic *statistic)
{
	bool known;
	const char *name = type_name(question->heap, type, &known);
	if (!known)
		name = unnamed; /* its own has an address in it */
	TRY(LIST_GROW(diff->rows, diff->count, diff->capacity));
	struct heap_diff_row *row = &diff->rows[diff->count++];
	*row = (struct heap_diff_row){ 0 };
	row->type = arena_copy_text(question->scratch, name, strlen(name));
	row->module = module_name(question, type->module);
	usage_add(&row->side[side], statistic);
	usage_add(&diff->objects[side], statistic);
	return row->type && row->module ? NULL : &error_no_memory;
}

struct error *heap_diff_add(struct heap_diff *diff, const struct question *question, int side,
			    const struct heap_statistics *statistics, const char *wanted)
{
	for (size_t i = 0; i < statistics->capacity; i++) {
		const struct type_statistic *statistic = &statistics->types[i];
		if (!statistic->count)
			continue;
		const struct type *type = type_by_index(question->heap, (uint32_t)i);
		if (wanted && !strstr(type_name(question->heap, type, NULL), wanted))
			continue;
		if (type->kind == TYPE_FREE)
			usage_add(&diff->free[side], statistic);
		else
			TRY(type_add(diff, question, side, type, statistic));
	}
	return NULL;
}

static int compare_names(const void *left, const void *right)
{
	const struct heap_diff_row *a = left, *b = right;
	int order = strcmp(a->type, b->type);
	return order ? order : strcmp(a->module, b->module);
}

static uint64_t distance(int64_t change)
{
	return change < 0 ? -(uint64_t)change : (uint64_t)change;
}

static int compare_changes(const void *left, const void *right)
{
	const struct heap_diff_row *a = left, *b = right;
	uint64_t a_size = distance(heap_diff_size(a->side));
	uint64_t b_size = distance(heap_diff_size(b->side));
	if (a_size != b_size)
		return a_size > b_size ? -1 : 1;
	uint64_t a_count = distance(heap_diff_count(a->side));
	uint64_t b_count = distance(heap_diff_count(b->side));
	if (a_count != b_count)
		return a_count > b_count ? -1 : 1;
	return compare_names(a, b);
}

void heap_diff_join(struct heap_diff *diff)
{
	size_t joined = 0;
	if (!diff->count)
		return;
	qsort(diff->rows, diff->count, sizeof(*diff->rows), compare_names);
	for (size_t i = 1; i < diff->count; i++) {
		struct heap_diff_row *last = &diff->rows[joined];
		const struct heap_diff_row *row = &diff->rows[i];
		if (compare_names(last, row) != 0) {
			diff->rows[++joined] = *row;
			continue;
		}
		for (int side = 0; side < HEAP_SIDES; side++) {
			last->side[side].count += row->side[side].count;
			last->side[side].size_bytes += row->side[side].size_bytes;
		}
	}
	diff->count = joined + 1;
	qsort(diff->rows, diff->count, sizeof(*diff->rows), compare_changes);
}
