/*
 * A file that lines of text are to be written to, although it may be there already: never one that
 * holds something else. A name given by mistake must not cost a dump, least of all the one that is
 * being read.
 */
#ifndef DUMP_COLLECT_TEXT_FILE_H
#define DUMP_COLLECT_TEXT_FILE_H

#include "base/error.h"

/* ERROR_USAGE, naming it: a regular file is there that does not begin as text: a packed one, or one
 * with a NUL byte in its first FILE_KIND_HEAD_BYTES (as all ELF files). One that is not there, is
 * no regular file, or may not be read passes. It is looked at with our own rights alone
 * (attach/credentials.h). */
MUST_CHECK struct error *text_file_check(const char *path);

#endif
