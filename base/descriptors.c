#include "base/descriptors.h"

#include <stdint.h>
#include <unistd.h>

void descriptors_close_others(int one, int other)
{
	enum { DESCRIPTORS = 1024 };
	unsigned low = (unsigned)(one < other ? one : other);
	unsigned high = (unsigned)(one < other ? other : one);
	if ((low && close_range(0, low - 1, 0)) ||
	    (low + 1 < high && close_range(low + 1, high - 1, 0)) ||
	    close_range(high + 1, UINT32_MAX, 0))
		for (int fd = 0; fd < DESCRIPTORS; fd++)
			if (fd != one && fd != other)
				close(fd);
}
