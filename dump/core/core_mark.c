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

static void make(const struct core_mark *mark, uint64_t address, uint8_t *ret)
{
	memcpy(ret, mark->random, sizeof(mark->random));
	memcpy(ret + sizeof(mark->random), &address, sizeof(address));
}

void core_mark_page(const struct core_mark *mark, uint64_t address, uint8_t *page, size_t size)
{
	memset(page, 0, size);
	make(mark, address, page);
}

bool core_mark_is(const struct core_mark *mark, uint64_t address,
		  const uint8_t bytes[static CORE_MARK_BYTES])
{
	uint8_t wanted[CORE_MARK_BYTES];
	make(mark, address, wanted);
	return !memcmp(wanted, bytes, sizeof(wanted));
}
