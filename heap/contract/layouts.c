#include "heap/contract/layouts.h"

#include "base/list.h"

/* heap/contract/layouts.inc is made by tools/list-layouts from the names of data/'s files; data.S
 * embeds them. */
#define LAYOUT_FILE(name, file) extern const char layout_##name[], layout_##name##_end[];
#define LAYOUT(additions, descriptor, gc)
#include "heap/contract/layouts.inc"
#undef LAYOUT_FILE
#undef LAYOUT

/* In the order in which they are tried until one fits. */
static const struct {
	const char *additions, *additions_end, *descriptor, *descriptor_end, *gc, *gc_end;
} shipped[] = {
#define LAYOUT_FILE(name, file)
#define LAYOUT_BYTES(name) layout_##name, layout_##name##_end
#define LAYOUT_NONE NULL, NULL
#define LAYOUT(additions, descriptor, gc) { additions, descriptor, gc },
#include "heap/contract/layouts.inc"
};

size_t shipped_layout_count(void)
{
	return COUNT_OF(shipped);
}

static struct layout_text text_between(const char *start, const char *end)
{
	return (struct layout_text){ start, start ? (size_t)(end - start) : 0 };
}

struct shipped_layout shipped_layout_at(size_t index)
{
	return (struct shipped_layout){
		text_between(shipped[index].additions, shipped[index].additions_end),
		text_between(shipped[index].descriptor, shipped[index].descriptor_end),
		text_between(shipped[index].gc, shipped[index].gc_end),
	};
}

struct layout_text shipped_constants(void)
{
	return text_between(LAYOUT_BYTES(constants));
}
