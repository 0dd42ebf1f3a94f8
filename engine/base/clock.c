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
