#include "heap/contract/layouts.h"

#include "base/list.h"

#define LAYOUT_BYTES(name) extern const char layout_##name[], layout_##name##_end[]

/* heap/contract/data.S */
LAYOUT_BYTES(x64_8_0);
LAYOUT_BYTES(x64_9_0);
LAYOUT_BYTES(x64_9_0_descriptor);
LAYOUT_BYTES(x64_10_0);
LAYOUT_BYTES(x64_10_0_descriptor);
LAYOUT_BYTES(x64_11_0);
LAYOUT_BYTES(x64_11_0_descriptor);
LAYOUT_BYTES(x64_11_0_gc_descriptor);
LAYOUT_BYTES(arm64_8_0);
LAYOUT_BYTES(arm64_9_0);
LAYOUT_BYTES(arm64_9_0_descriptor);
LAYOUT_BYTES(arm64_10_0);
LAYOUT_BYTES(arm64_10_0_descriptor);
LAYOUT_BYTES(arm64_11_0);
LAYOUT_BYTES(arm64_11_0_descriptor);
LAYOUT_BYTES(arm64_11_0_gc_descriptor);
LAYOUT_BYTES(constants);

/* The others are tried until one fits: first those whose runtime cannot do without. */
static const struct {
	const char *additions, *additions_end, *descriptor, *descriptor_end, *gc, *gc_end;
} shipped[] = {
#define LAYOUT(name) layout_##name, layout_##name##_end
	{ LAYOUT(x64_10_0), LAYOUT(x64_10_0_descriptor), NULL, NULL },
	{ LAYOUT(x64_9_0), LAYOUT(x64_9_0_descriptor), NULL, NULL },
	{ LAYOUT(x64_8_0), NULL, NULL, NULL, NULL },
	{ LAYOUT(x64_11_0), LAYOUT(x64_11_0_descriptor), LAYOUT(x64_11_0_gc_descriptor) },
	{ LAYOUT(arm64_10_0), LAYOUT(arm64_10_0_descriptor), NULL, NULL },
	{ LAYOUT(arm64_9_0), LAYOUT(arm64_9_0_descriptor), NULL, NULL },
	{ LAYOUT(arm64_8_0), NULL, NULL, NULL, NULL },
	{ LAYOUT(arm64_11_0), LAYOUT(arm64_11_0_descriptor), LAYOUT(arm64_11_0_gc_descriptor) },
#undef LAYOUT
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
	return text_between(layout_constants, layout_constants_end);
}
