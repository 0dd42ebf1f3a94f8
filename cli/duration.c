#include "cli/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

int duration_parse(const char *text)
{
	static const struct {
		const char *unit;
		long ms;
	} units[] = {{"", 1000},    {"s", 1000},     {"ms", 1},
		     {"m", 60000L}, {"min", 60000L}, {"h", 3600000L}};
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	for (size_t i = 0; errno == 0 && i < ARRAY_SIZE(units); i++)
		if (strcmp(end, units[i].unit) == 0)
			return n > INT_MAX / units[i].ms ? -EINVAL : (int)(n * units[i].ms);
	return -EINVAL;
}

char *duration_text(uint64_t usec)
{
	uint64_t s = usec / 1000000 + (usec % 1000000 != 0), minutes = s / 60, hours = minutes / 60;

	if (minutes == 0)
		return xasprintf("%" PRIu64 " s", s);
	if (hours == 0)
		return s % 60 ? xasprintf("%" PRIu64 " min %" PRIu64 " s", minutes, s % 60)
			      : xasprintf("%" PRIu64 " min", minutes);
	return minutes % 60 ? xasprintf("%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60)
			    : xasprintf("%" PRIu64 " h", hours);
}
