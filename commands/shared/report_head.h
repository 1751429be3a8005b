/* How report opens: a crash, where the memory is, and what the GC was told. */
#ifndef COMMANDS_SHARED_REPORT_HEAD_H
#define COMMANDS_SHARED_REPORT_HEAD_H

#include "commands/command.h"
#include "inspect/heap_report.h"

/* After heap_report_process(). What is not known is not printed; in JSON its key is not there. */
void report_crash_print(struct command_call *call, const struct heap_report *report);
/* Text only, where the pool stands still; JSON has it in thread_pool. */
void report_pool_line(struct output *out, const struct pool_starvation *found);
void report_memory_print(struct output *out, const struct heap_report *report);
void report_settings_print(struct output *out, const struct gc_settings *settings);

/* The largest arrays, as the collections whose inside they are. */
void report_large_print(struct command_call *call, const struct heap_report *report);
/* What to type next, by what was found: at most four commands. */
void report_next(struct output *out, const struct heap_report *report);

#endif
