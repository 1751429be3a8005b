/*
 * Finding an element of a dictionary or a set by a key that a user typed. Every key is looked at:
 * hash codes of strings differ from process to process.
 */
#ifndef INSPECT_PATH_KEY_H
#define INSPECT_PATH_KEY_H

#include "base/task.h"
#include "heap/collections/collection.h"
#include "inspect/path/path.h"

struct key_match {
	bool found;
	struct value key, value; /* sets: the same */
	uint64_t index, searched;
	uint64_t unreadable; /* keys of those searched: one of them may be the key */
};

/*
 * Looks from the collection's beginning (it must be just opened). A string equals by its content,
 * a number by its value (decimal or 0x…), an enum by its name (Enum.Name too) or number, everything
 * else by its text: Guid, DateTime, (tuple, of, values), {struct: fields}. Words that are not exact
 * (blanks in structs; the case of True or of a Guid) do not matter.
 */
MUST_CHECK struct error *collection_find_key(struct collection *collection,
					     const struct path_key *wanted, const struct task *task,
					     struct key_match *ret);

/* ERROR_NOT_FOUND that says how many were searched and names up to five near keys of the collection
 * in `value`; ERROR_FAULT where some of those searched are unreadable. Never NULL. */
MUST_CHECK struct error *collection_no_such_key(struct heap *heap, const struct value *value,
						const struct path_key *wanted,
						const struct key_match *searched,
						const struct task *task);

#endif
