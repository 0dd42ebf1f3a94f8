#include "engine/base/day.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A year that begins in March has its leap day at its end, and the days before a month are then
 * (153 m + 2) / 5. 400 such years have 146097 days; 719468 lie before 1970 from year 0 on.
 */
#define ERA_DAYS 146097
#define BEFORE_1970 719468

int64_t day_number(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - BEFORE_1970;
}

void day_text(int64_t day, char ret[DAY_TEXT_LEN + 1])
{
	int64_t z = day + BEFORE_1970, era = z / ERA_DAYS, left = z % ERA_DAYS;
	int64_t of_era = (left - left / 1460 + left / 36524 - left / 146096) / 365;
	int64_t of_year = left - (365 * of_era + of_era / 4 - of_era / 100);
	int month = (int)((5 * of_year + 2) / 153),
	    date = (int)(of_year - (153 * month + 2) / 5) + 1;
	int year = (int)(of_era + era * 400) + (month >= 10);

	month += month < 10 ? 3 : -9;
	snprintf(ret, DAY_TEXT_LEN + 1, "%04u-%02u-%02u", (unsigned)year % 10000,
		 (unsigned)month % 100, (unsigned)date % 100);
}

bool day_parse(const char *text, int64_t *ret_day)
{
	char again[DAY_TEXT_LEN + 1];
	int64_t day;

	for (int i = 0; i < DAY_TEXT_LEN; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return false;
	if (text[DAY_TEXT_LEN])
		return false;
	day = day_number((int)strtol(text, NULL, 10), (int)strtol(text + 5, NULL, 10),
			 (int)strtol(text + 8, NULL, 10));
	if (day < day_number(1, 1, 1))
		return false;
	day_text(day, again); /* a day that there is not comes back as another one */
	for (int i = 0; i < DAY_TEXT_LEN; i++)
		if (again[i] != text[i])
			return false;
	*ret_day = day;
	return true;
}
