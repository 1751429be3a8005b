/*
 * A hash of bytes that nobody can forge collisions of who does not know the key: what a target
 * holds is told apart by it alone. SipHash-2-4 with 128 bits (Aumasson, Bernstein: "SipHash: a fast
 * short-input PRF").
 */
#ifndef BASE_KEYED_HASH_H
#define BASE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t words[2];
};

struct keyed_hash {
	uint64_t high, low;
};

/* A key of this run; where the kernel has no random numbers, a constant. */
struct hash_key hash_key_make(void);

struct keyed_hash keyed_hash(const struct hash_key *key, const void *bytes, size_t size);

#endif
