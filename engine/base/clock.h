#pragma once

/* Times for measuring and for waiting. */

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment in the past, by a clock that nobody sets. */
double clock_ms(void);

/* Microseconds of that clock (CLOCK_REALTIME: since 1970). */
uint64_t clock_usec(clockid_t clock);
