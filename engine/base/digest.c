#include "engine/base/digest.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"

#define BLOCK 64
#define WORDS 8 /* of the state */
#define ROUNDS 64
#define CRC32C_POLYNOMIAL 0x82f63b78U /* reflected */

/* FIPS 180-4, 4.2.2: of the cube roots of the first 64 primes */
static const uint32_t round_constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t ror(uint32_t x, int by)
{
	return x >> by | x << (32 - by);
}

/* The block's 16 words and what the standard makes of them for the later rounds. */
static void schedule(uint32_t w[ROUNDS], const unsigned char *block)
{
	for (int i = 0; i < 16; i++) {
		memcpy(&w[i], block + 4 * i, sizeof(w[i]));
		w[i] = be32toh(w[i]);
	}
	for (int i = 16; i < ROUNDS; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + w[i - 7] +
		       (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
}

/* FIPS 180-4, 6.2.2; v[] is a to h. */
static void take_block(uint32_t state[WORDS], const unsigned char *block)
{
	uint32_t w[ROUNDS], v[WORDS];

	schedule(w, block);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
			      ((v[4] & v[5]) ^ (~v[4] & v[6])) + round_constants[i] + w[i];
		uint32_t t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
			      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, (WORDS - 1) * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < WORDS; i++)
		state[i] += v[i];
}

/* The end of the text, a set bit, and the length in bits: one block or two. */
static void take_end(uint32_t state[WORDS], const unsigned char *rest, size_t n, uint64_t bits)
{
	unsigned char last[2 * BLOCK] = {0};
	size_t blocks = n + 1 + sizeof(bits) > BLOCK ? 2 : 1;

	if (n)
		memcpy(last, rest, n);
	last[n] = 0x80;
	bits = htobe64(bits);
	memcpy(last + blocks * BLOCK - sizeof(bits), &bits, sizeof(bits));
	for (size_t i = 0; i < blocks; i++)
		take_block(state, last + i * BLOCK);
}

void digest_hex(const void *bytes, size_t n, char ret_hex[DIGEST_HEX_LEN + 1])
{
	/* FIPS 180-4, 5.3.3: of the square roots of the first 8 primes */
	uint32_t state[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	const unsigned char *p = bytes;
	size_t whole = n / BLOCK;

	for (size_t i = 0; i < whole; i++)
		take_block(state, p + i * BLOCK);
	take_end(state, n % BLOCK ? p + whole * BLOCK : NULL, n % BLOCK, (uint64_t)n * 8);
	for (int i = 0; i < WORDS; i++)
		snprintf(ret_hex + 8 * i, 9, "%08x", state[i]);
}

char *digest_new(const void *bytes, size_t n)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(bytes, n, hex);
	return xstrdup(hex);
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	crc = ~crc;
	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ CRC32C_POLYNOMIAL : crc >> 1;
	}
	return ~crc;
}
