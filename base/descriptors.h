/*
 * The descriptors of a process that was forked and goes on in the same program.
 */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/* Closes all but these two (which may be the same): a reader of the program's output, or of a file
 * that it has open, waits for the program and not for its child. close_range(2); before Linux 5.9
 * the first 1024. */
void descriptors_close_others(int one, int other);

#endif
