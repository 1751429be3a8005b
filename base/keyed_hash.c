#include "base/keyed_hash.h"

#include "base/bytes.h"

#include <sys/random.h>

enum { WORD = sizeof(uint64_t), WORD_ROUNDS = 2, END_ROUNDS = 4 };

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t turned(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void rounds(struct sip *sip, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		sip->v0 += sip->v1;
		sip->v1 = turned(sip->v1, 13) ^ sip->v0;
		sip->v0 = turned(sip->v0, 32);
		sip->v2 += sip->v3;
		sip->v3 = turned(sip->v3, 16) ^ sip->v2;
		sip->v0 += sip->v3;
		sip->v3 = turned(sip->v3, 21) ^ sip->v0;
		sip->v2 += sip->v1;
		sip->v1 = turned(sip->v1, 17) ^ sip->v2;
		sip->v2 = turned(sip->v2, 32);
	}
}

static inline void take(struct sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	rounds(sip, WORD_ROUNDS);
	sip->v0 ^= word;
}

static uint64_t give(struct sip *sip)
{
	rounds(sip, END_ROUNDS);
	return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

struct keyed_hash keyed_hash(const struct hash_key *key, const void *bytes, size_t size)
{
	const uint64_t *k = key->words;
	struct sip sip = { k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d ^ 0xee,
			   k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573 };
	struct keyed_hash hash;
	const uint8_t *at = bytes;
	uint64_t last = (uint64_t)size << 56;
	for (size_t left = size / WORD; left; left--, at += WORD)
		take(&sip, load_u64(at));
	for (size_t i = 0; i < size % WORD; i++)
		last |= (uint64_t)at[i] << 8 * i;
	take(&sip, last);
	sip.v2 ^= 0xee;
	hash.high = give(&sip);
	sip.v1 ^= 0xdd;
	hash.low = give(&sip);
	return hash;
}

struct hash_key hash_key_make(void)
{
	struct hash_key key = { { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f } };
	ssize_t filled = getrandom(&key, sizeof(key), GRND_NONBLOCK);
	(void)filled; /* what was not filled is as above */
	return key;
}
