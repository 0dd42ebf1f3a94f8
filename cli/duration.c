#include "cli/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

struct unit {
	const char *name;
	long size;
};

/* A number and its unit, in the smallest one; -EINVAL. */
static int parse(const char *text, const struct unit *units, size_t count)
{
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	for (size_t i = 0; errno == 0 && i < count; i++)
		if (strcmp(end, units[i].name) == 0)
			return n > INT_MAX / units[i].size ? -EINVAL : (int)(n * units[i].size);
	return -EINVAL;
}

int duration_parse(const char *text)
{
	static const struct unit units[] = {{"", 1000},    {"s", 1000},     {"ms", 1},
					    {"m", 60000L}, {"min", 60000L}, {"h", 3600000L}};

	return parse(text, units, ARRAY_SIZE(units));
}

int age_parse(const char *text)
{
	static const struct unit units[] = {{"s", 1},    {"m", 60},    {"min", 60},
					    {"h", 3600}, {"d", 86400}, {"w", 604800}};

	return parse(text, units, ARRAY_SIZE(units));
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
