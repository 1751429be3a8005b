#include "heap/contract/layouts.h"

/* heap/contract/data.S */
#define DECLARE(name) extern const char layout_##name[], layout_##name##_end[]
DECLARE(x64_8_0);
DECLARE(x64_9_0);
DECLARE(x64_9_0_descriptor);
DECLARE(x64_10_0);
DECLARE(x64_10_0_descriptor);
DECLARE(arm64_10_0);
DECLARE(arm64_10_0_descriptor);

static struct layout_text text_between(const char *start, const char *end)
{
	return (struct layout_text){ start, (size_t)(end - start) };
}

size_t shipped_layout_count(void)
{
	return 4;
}

#define TEXT(name) text_between(layout_##name, layout_##name##_end)

struct shipped_layout shipped_layout_at(size_t index)
{
	switch (index) {
	case 0:
		return (struct shipped_layout){ TEXT(x64_10_0), TEXT(x64_10_0_descriptor) };
	case 1:
		return (struct shipped_layout){ TEXT(x64_9_0), TEXT(x64_9_0_descriptor) };
	case 2:
		return (struct shipped_layout){ TEXT(x64_8_0), { NULL, 0 } };
	default:
		return (struct shipped_layout){ TEXT(arm64_10_0), TEXT(arm64_10_0_descriptor) };
	}
}
