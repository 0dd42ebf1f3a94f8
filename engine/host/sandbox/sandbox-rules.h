#pragma once

/*
 * What the seccomp wall (sandbox-calls.c) answers to which system call, as data: rules that look
 * at arguments first, then the calls that are harmless with any, then those that are breaches;
 * what is in none of the lists fails as on a kernel that lacks it.
 *
 * The filter is put together here and not by libseccomp, which takes 1.7 to 2.2 ms for a list of
 * this length, half of what a whole plan may take; this takes less than 0.1 ms. All that is
 * lost are the other architectures: the lists are by number, and a machine that is not named
 * here goes without.
 */

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) || (defined(__aarch64__) && defined(__AARCH64EL__))
#define SANDBOX_HAS_RULES 1
#else
#define SANDBOX_HAS_RULES 0
#endif

enum argument_test {
	ANYTHING,
	EQUALS,
	HAS_NONE_OF,
	IS_NULL,
};

/* Of one argument: its low half, which is all that the kernel takes of an int. */
struct condition {
	uint8_t argument, test;
	uint32_t value;
};

#define CONDITIONS 2

/* The answer to a call with these arguments; the first that fits counts. */
struct rule {
	uint16_t call;
	uint32_t answer; /* SECCOMP_RET_... */
	struct condition when[CONDITIONS];
};

extern const struct rule sandbox_rules[];
extern const size_t sandbox_nrules;
extern const struct rule sandbox_counting[]; /* besides, of SANDBOX_COUNTS alone */
extern const size_t sandbox_ncounting;
extern const uint16_t sandbox_harmless[];
extern const size_t sandbox_nharmless;
extern const uint16_t sandbox_breaches[];
extern const size_t sandbox_nbreaches;
