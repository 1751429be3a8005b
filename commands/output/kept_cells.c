#include "commands/output/kept_cells.h"

#include "base/list.h"

#include <assert.h>

void kept_cells_deinit(struct kept_cells *kept)
{
	text_deinit(&kept->bytes);
	free(kept->cells);
}

struct error *kept_cells_begin(struct kept_cells *kept, const char *key)
{
	TRY(LIST_GROW(kept->cells, kept->count, kept->capacity));
	size_t start = kept->bytes.length;
	kept->cells[kept->count++] = (struct kept_cell){ key, start, start };
	return NULL;
}

void kept_cells_end(struct kept_cells *kept)
{
	kept->cells[kept->count - 1].end = kept->bytes.length;
}

void kept_cells_back(struct kept_cells *kept, size_t count)
{
	if (kept->count == count)
		return;
	kept->bytes.length = kept->cells[count].start;
	kept->count = count;
}

static void append_cell(const struct kept_cells *kept, size_t first, const char *key, size_t length,
			struct text *to)
{
	for (size_t i = kept->count; i > first; i--) {
		const struct kept_cell *cell = &kept->cells[i - 1];
		if (strlen(cell->key) != length || memcmp(cell->key, key, length) != 0)
			continue;
		text_append_bytes(to, text_string(&kept->bytes) + cell->start,
				  cell->end - cell->start);
		return;
	}
}

const char *kept_cells_line(const struct kept_cells *kept, size_t first, const char *sentence,
			    struct text *to)
{
	const char *at = sentence;
	while (*at && *at != '\n') {
		size_t length = strcspn(at, "{\n");
		text_append_bytes(to, at, length);
		at += length;
		if (*at != '{')
			continue;
		length = strcspn(++at, "}");
		append_cell(kept, first, at, length, to);
		at += length;
		assert(*at == '}');
		at++;
	}
	return *at ? at + 1 : NULL;
}
