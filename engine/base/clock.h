#pragma once

/* Times for measuring and for waiting. */

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment in the past, by a clock that nobody sets. */
double clock_ms(void);

/* Microseconds of that clock (CLOCK_REALTIME: since 1970). */
uint64_t clock_usec(clockid_t clock);

/*
 * A moment in the past by two reckonings: what the wall clock said then, and what it would have said
 * had it gone then as it does now. They differ where somebody set the clock since; a file's time, which is
 * the wall clock's as well, may be by either.
 */
struct moment {
	uint64_t recorded_usec; /* CLOCK_REALTIME, as it was read then */
	uint64_t counted_usec; /* back from now, by a clock that nobody sets; 0: not known */
};

/* `then` and now are by CLOCK_BOOTTIME or CLOCK_MONOTONIC. */
struct moment clock_moment(uint64_t recorded_usec, clockid_t clock, uint64_t then_usec);

enum clock_order { CLOCK_BEFORE, CLOCK_AFTER, CLOCK_EITHER };

/* Whether a time that the wall clock gave is before a moment (or just then), or after it. */
enum clock_order clock_compare(uint64_t stamp_usec, const struct moment *moment);
