/* What a managed thread's listing shows beside the thread itself: its exception, its name. */
#ifndef INSPECT_THREAD_VIEW_H
#define INSPECT_THREAD_VIEW_H

#include "base/id_map.h"
#include "heap/clr_threads.h"
#include "inspect/exception_view.h"

/* What the thread threw last, or is handling. */
struct thread_thrown {
	uint64_t address;        /* 0: nothing, or unreadable */
	const struct type *type; /* NULL: unreadable */
	bool has_nested, unreadable;
};
/* What cannot be read is counted with question_missing(). */
MUST_CHECK struct error *thread_thrown(const struct question *question,
				       const struct clr_thread *thread, struct thread_thrown *ret);

/* Thread.Name of its System.Threading.Thread. VIEW_STRING_NONE: it has none;
 * VIEW_STRING_UNREADABLE: that is not in the target, which most do not miss. In arena. */
MUST_CHECK struct error *thread_name(const struct question *question,
				     const struct clr_thread *thread, struct arena *arena,
				     struct view_string *ret);

/* The same as UTF-8 for a text, cut at THREAD_NAME_UNITS; NULL: it has none, or the name cannot be
 * read. In arena. */
enum { THREAD_NAME_UNITS = 64 };
MUST_CHECK struct error *thread_name_text(const struct question *question,
					  const struct clr_thread *thread, struct arena *arena,
					  const char **ret);

/* The places in heap->threads by id of the operating system. ERROR_NO_MEMORY only;
 * id_map_deinit() is due. */
MUST_CHECK struct error *threads_by_os_id(const struct heap *heap, struct id_map *ret);

/* The managed thread with this id of the operating system; NULL: none. */
const struct clr_thread *thread_with_os_id(const struct heap *heap, uint64_t os_id);

#endif
