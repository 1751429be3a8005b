#include "cli/filters.h"

#include "base/list.h"

#define ADDRESS(name) &filter_##name,
static const struct filter_kind *const kinds[] = { FILTERS(ADDRESS) };

const struct filter_kind *filter_find(const char *name, size_t length)
{
	const struct filter_text *text = filter_text_find(name, length);
	for (size_t i = 0; text && i < COUNT_OF(kinds); i++)
		if (kinds[i]->text == text)
			return kinds[i];
	return NULL;
}
