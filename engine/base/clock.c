#include "engine/base/clock.h"

uint64_t clock_usec(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

double clock_ms(void)
{
	return (double)clock_usec(CLOCK_MONOTONIC) / 1e3;
}

/* What one reckoning may be off by: the ticks of /proc, the start of a process and its note, a leap second. */
#define TOLERANCE_USEC 2000000

struct moment clock_moment(uint64_t recorded_usec, clockid_t clock, uint64_t then_usec)
{
	uint64_t real = clock_usec(CLOCK_REALTIME), now = clock_usec(clock);
	uint64_t ago = now > then_usec ? now - then_usec : 0;

	/* a clock near 1970 (it has no battery) has nothing before it; 0 is not known */
	return (struct moment){recorded_usec, real > ago ? real - ago : 1};
}

enum clock_order clock_compare(uint64_t stamp_usec, const struct moment *moment)
{
	uint64_t low = moment->recorded_usec, high = moment->recorded_usec;

	if (!moment->counted_usec)
		return stamp_usec > high ? CLOCK_AFTER : CLOCK_EITHER;
	if (moment->counted_usec + TOLERANCE_USEC < low)
		low = moment->counted_usec;
	if (moment->counted_usec > high + TOLERANCE_USEC)
		high = moment->counted_usec;
	if (stamp_usec > high)
		return CLOCK_AFTER;
	return stamp_usec > low ? CLOCK_EITHER : CLOCK_BEFORE;
}
