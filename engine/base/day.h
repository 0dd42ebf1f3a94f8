#pragma once

/*
 * Days of the Gregorian calendar as numbers, from 1970-01-01 on. By arithmetic alone: libc's ways
 * read the host's time zone first, which leaves the time of reading on that file.
 */

#include <stdbool.h>
#include <stdint.h>

#define DAY_SECONDS INT64_C(86400)
#define DAY_TEXT_LEN 10 /* YYYY-MM-DD */

/* Month and day count from 1 and are not checked. */
int64_t day_number(int year, int month, int day);

/* "2027-01-31", a day that there is; false for anything else. */
bool day_parse(const char *text, int64_t *ret_day);

/* The other way round, for the years 1 to 9999. */
void day_text(int64_t day, char ret[DAY_TEXT_LEN + 1]);
