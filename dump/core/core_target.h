/*
 * An ELF core as a target: mapped, never copied. Any size (sparse files over 4 GiB, PN_XNUM),
 * truncated ones too: PT_LOADs beyond the end of the file are holes, counted in
 * target.facts.missing_bytes. `.zst` and
 * `.gz` files (known by their magic, not their name) are unpacked first into an unlinked temporary
 * file, after saying how much space that needs (dump/core/unpack.h); a `.zst` whose frames can be
 * read alone, as our own, is read packed as it is (dump/core/zstd_cache.h).
 *
 * The file must not be made shorter while it is open: its pages are read through a mapping, and the
 * kernel ends a process that touches a page which is gone (SIGBUS). The size at open is what
 * counts.
 */
#ifndef DUMP_CORE_CORE_TARGET_H
#define DUMP_CORE_CORE_TARGET_H

#include "attach/target/target.h"
#include "base/task.h"

/* Opens a dump; *ret is closed with target_close(). Fails with ERROR_OS (cannot open), with
 * ERROR_UNSUPPORTED naming what the file is instead (32-bit ELF, Windows minidump, Mach-O, an
 * executable, an ELF of another byte order or machine), ERROR_BAD_DATA. `task` may be NULL. */
MUST_CHECK struct error *core_target_open(const char *path, const struct task *task,
					  struct target **ret);

/* The same, and a packed dump is unpacked in `temporary_directory` where that has room (NULL: the
 * places that dump/core/unpack.h names). */
MUST_CHECK struct error *core_target_open_in(const char *path, const char *temporary_directory,
					     const struct task *task, struct target **ret);

/* A core that is in memory already; the bytes stay the caller's and must outlive the target. `name`
 * is for messages. Packed ones are not unpacked. */
MUST_CHECK struct error *core_target_open_bytes(const char *name, const uint8_t *bytes, size_t size,
						struct target **ret);

#endif
