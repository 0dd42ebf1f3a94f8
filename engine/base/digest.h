#pragma once

/*
 * SHA-256 (FIPS 180-4) as hexadecimal text, and CRC-32C for the journal's records. Our own code: the
 * journal, plans and the way back after a crash hang on them (docs/decisions/own-digest.md).
 */

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX_LEN 64

/* The digest of n bytes in lower-case hex, NUL behind it. */
void digest_hex(const void *bytes, size_t n, char ret_hex[DIGEST_HEX_LEN + 1]);

#define DIGEST_BLOCK 64
#define DIGEST_WORDS 8

/* The same of bytes that come one after the other; starts zeroed, holds nothing, may be copied. */
struct digest {
	uint64_t bytes; /* so many were taken */
	uint32_t state[DIGEST_WORDS];
	unsigned char rest[DIGEST_BLOCK]; /* those of them that fill no block yet */
};

void digest_add(struct digest *d, const void *bytes, size_t n);

/* The digest of all that was added so far; more may follow. */
void digest_tell(const struct digest *d, char ret_hex[DIGEST_HEX_LEN + 1]);

/* As digest_hex(), in a string of the caller's. */
char *digest_new(const void *bytes, size_t n);

/* CRC-32C (Castagnoli; RFC 3720, appendix B.4) of n bytes, going on from crc (0 at first). */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t n);
