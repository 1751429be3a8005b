#include "inspect/near_names.h"

#include <ctype.h>
#include <strings.h>

enum { COMPARED_BYTES = 64, CONTAINED = 1, SHORT_WORD = 3 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, row by row. */
unsigned near_names_edits(const char *from, const char *to)
{
	unsigned row[COMPARED_BYTES + 1];
	size_t length = strnlen(to, COMPARED_BYTES);
	for (unsigned i = 0; i <= length; i++)
		row[i] = i;
	for (unsigned i = 1; i <= COMPARED_BYTES && from[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			bool same = tolower((unsigned char)from[i - 1]) ==
				    tolower((unsigned char)to[j - 1]);
			unsigned best = least(diagonal + !same, least(row[j], row[j - 1]) + 1);
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[length];
}

static unsigned distance(const char *wanted, const char *name)
{
	if (*wanted && (strcasestr(name, wanted) || (*name && strcasestr(wanted, name))))
		return strcasecmp(wanted, name) ? CONTAINED : 0;
	return near_names_edits(wanted, name) + CONTAINED;
}

struct error *near_names_offer(struct near_names *near, const char *name)
{
	unsigned far = distance(near->wanted, name);
	size_t at = near->count;
	for (size_t i = 0; i < near->count; i++)
		if (!strcmp(near->names[i], name))
			return NULL;
	near->offered++;
	while (at && near->distances[at - 1] > far)
		at--;
	if (at == near->limit)
		return NULL;
	const char *copy = arena_copy_text(near->arena, name, strlen(name));
	if (!copy)
		return &error_no_memory;
	if (near->count < near->limit)
		near->count++;
	for (size_t i = near->count - 1; i > at; i--) {
		near->names[i] = near->names[i - 1];
		near->distances[i] = near->distances[i - 1];
	}
	near->names[at] = copy;
	near->distances[at] = far;
	return NULL;
}

void near_names_list(const struct near_names *near, const char *quote, struct text *to)
{
	for (size_t i = 0; i < near->count; i++)
		text_printf(to, "%s%s%s%s", i ? ", " : "", quote, near->names[i], quote);
}

void meant_name_offer(struct meant_name *meant, const char *name)
{
	size_t length = strlen(meant->wanted);
	unsigned most = length > SHORT_WORD ? 2 : 1;
	bool begins = length > 1 && !strncasecmp(name, meant->wanted, length);
	unsigned edits = begins ? 0 : near_names_edits(meant->wanted, name);
	if (!length || edits > most || (meant->name && edits >= meant->edits))
		return;
	meant->name = name;
	meant->edits = edits;
}
