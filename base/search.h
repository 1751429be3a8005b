/*
 * Binary search: the first place in a sorted list for which a condition holds. The condition is an
 * expression of `index`, a name that the caller chooses, and holds for every place after the first:
 *
 *	size_t at = SEARCH_FIRST(list->count, i, list->spans[i].end > address);
 *	bool found = at < list->count && list->spans[at].start <= address;
 */
#ifndef BASE_SEARCH_H
#define BASE_SEARCH_H

#include <stddef.h>

// clang-format off

/* In [0, count]; count: it holds for none. The condition is evaluated about log2(count) times. */
#define SEARCH_FIRST(count, index, condition)                                                     \
	({                                                                                        \
		size_t search_low = 0, search_high = (count);                                     \
		while (search_low < search_high) {                                                \
			const size_t index = search_low + (search_high - search_low) / 2;         \
			if (condition)                                                            \
				search_high = index;                                              \
			else                                                                      \
				search_low = index + 1;                                           \
		}                                                                                 \
		search_low;                                                                       \
	})

// clang-format on

#endif
