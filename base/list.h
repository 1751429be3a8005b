/*
 * Growing arrays, and counting arrays of a fixed size. A list is three variables of the caller's:
 * the items, how many there are, and for how many there is room:
 *
 *	TRY(LIST_GROW(list->items, list->count, list->capacity));
 *	list->items[list->count++] = item;
 *
 * It begins as NULL, 0, 0, and is given back by free(list->items).
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/arena.h"

// clang-format off

/* How many items the array has. A pointer does not compile. */
#define COUNT_OF(array)                                                                           \
	(sizeof(array) / sizeof((array)[0]) +                                                     \
	 0 * sizeof(char[1 - 2 * __builtin_types_compatible_p(__typeof__(array),                  \
							      __typeof__(&(array)[0]))]))

/* Makes room for one more item; ERROR_NO_MEMORY, and then the list is as it was. */
#define LIST_GROW(items, count, capacity)                                                         \
	({                                                                                        \
		void *list_items = (items);                                                       \
		struct error *list_error =                                                        \
			list_grow(&list_items, sizeof(*(items)), (count), &(capacity));           \
		(items) = list_items;                                                             \
		list_error;                                                                       \
	})

/* The same in an arena, where what was outgrown stays until the arena is reset. */
#define LIST_GROW_IN(arena, items, count, capacity)                                               \
	({                                                                                        \
		void *list_items = (items);                                                       \
		struct error *list_error = list_grow_in((arena), &list_items, sizeof(*(items)),   \
							(count), &(capacity));                    \
		(items) = list_items;                                                             \
		list_error;                                                                       \
	})

// clang-format on

/* What the macros call: `size` bytes an item. */
MUST_CHECK struct error *list_grow(void **items, size_t size, size_t count, size_t *capacity);
MUST_CHECK struct error *list_grow_in(struct arena *arena, void **items, size_t size, size_t count,
				      size_t *capacity);

#endif
