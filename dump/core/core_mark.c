#include "dump/core/core_mark.h"

#include <errno.h>
#include <sys/random.h>

struct error *core_mark_make(bool without_heap, struct core_mark *ret)
{
	*ret = (struct core_mark){ .without_heap = without_heap };
	if (getrandom(ret->random, sizeof(ret->random), 0) != sizeof(ret->random))
		return error_os(errno, "cannot get random numbers for the core");
	return NULL;
}

struct marked_page {
	uint8_t random[sizeof(((struct core_mark *)0)->random)];
	uint64_t address, lost;
};

_Static_assert(sizeof(struct marked_page) == CORE_MARK_BYTES, "what a marked page begins with");

static struct marked_page make(const struct core_mark *mark, uint64_t address, bool lost)
{
	struct marked_page page = { .address = address, .lost = lost };
	memcpy(page.random, mark->random, sizeof(page.random));
	return page;
}

void core_mark_page(const struct core_mark *mark, uint64_t address, bool lost, uint8_t *page,
		    size_t size)
{
	const struct marked_page marked = make(mark, address, lost);
	memset(page, 0, size);
	memcpy(page, &marked, sizeof(marked));
}

bool core_mark_is(const struct core_mark *mark, uint64_t address,
		  const uint8_t bytes[static CORE_MARK_BYTES], bool *ret_lost)
{
	struct marked_page page;
	memcpy(&page, bytes, sizeof(page));
	*ret_lost = page.lost != 0;
	return page.address == address && !memcmp(page.random, mark->random, sizeof(page.random));
}
