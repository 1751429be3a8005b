/*
 * An overlay: a target over another one, in which bytes that the lower target lacks come from
 * module files on this machine. The lower target's own bytes always win: a range is cut to the
 * lower target's holes (as its regions say) when it is added. Files are admitted only after their
 * identity was checked (dump/images/module_files.h), and explicitly, never by a read: so reading
 * stays stateless, and a dump that holds everything opens no file at all. The overlay's regions are
 * the lower target's and what was added.
 */
#ifndef ATTACH_TARGET_OVERLAY_TARGET_H
#define ATTACH_TARGET_OVERLAY_TARGET_H

#include "attach/target/target.h"

/* Takes the lower target: closed with the overlay. On failure the lower target stays the caller's.
 */
MUST_CHECK struct error *overlay_target_new(struct target *lower, struct target **ret);

/* `bytes` are what is read of [address, address + size) wherever the lower target has a hole. The
 * bytes must live as long as the overlay; `release`, if not NULL, is called with (bytes, size) at
 * close, also when nothing of them is in use; on failure they stay the caller's. Other threads may
 * read meanwhile; one alone adds. A later range wins over an earlier one. */
MUST_CHECK struct error *overlay_target_add(struct target *overlay, uint64_t address,
					    const uint8_t *bytes, size_t size,
					    void (*release)(const uint8_t *bytes, size_t size));

/* Keeps bytes that several ranges will point into until the overlay is closed; then they are given
 * to release. On failure they stay the caller's. */
MUST_CHECK struct error *overlay_target_keep(struct target *overlay, const uint8_t *bytes,
					     size_t size,
					     void (*release)(const uint8_t *bytes, size_t size));

/* The target below, whose bytes are the process's own: bytes that are to prove a file must come
 * from there. */
struct target *overlay_target_lower(struct target *overlay);

/* Bytes that can be read only because they were added. */
uint64_t overlay_target_added_bytes(const struct target *overlay);

#endif
