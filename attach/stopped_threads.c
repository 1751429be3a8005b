#include "attach/stopped_threads.h"

#include <elf.h>

struct error *stopped_threads_visit(const struct stopped_thread *threads, size_t count,
				    thread_visitor visit, void *context)
{
	for (size_t i = 0; i < count; i++) {
		const struct register_note *general =
			thread_register_note(&threads[i], NT_PRSTATUS);
		struct target_thread thread = { .tid = threads[i].namespace_tid,
						.signal = threads[i].signal,
						.note_bytes = general ? general->bytes : NULL,
						.note_size = general ? general->size : 0 };
		TRY(visit(&thread, context));
	}
	return NULL;
}
