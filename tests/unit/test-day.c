#include "tests/test.h"

#include <string.h>
#include <time.h>

#include "engine/base/day.h"
#include "engine/base/macros.h"

/* Every day of 800 years against libc's calendar. */
static void test_every_day(void **state)
{
	for (int64_t day = day_number(1700, 1, 1); day < day_number(2500, 1, 1); day++) {
		const time_t seconds = (time_t)(day * DAY_SECONDS);
		char text[DAY_TEXT_LEN + 1], theirs[32];
		int64_t again;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%d", &tm);
		day_text(day, text);
		if (strcmp(text, theirs) != 0 || !day_parse(text, &again) || again != day)
			fail_msg("day %ld is %s, not %s", (long)day, theirs, text);
	}
}

static void test_no_days(void **state)
{
	static const char *const texts[] = {"",           "2027-02-29", "2027-13-01", "2027-00-10",
					    "2027-01-00", "2027-04-31", "2027-1-1",   "2027-01-01T",
					    "0000-01-01", "20270101",   "-027-01-01", "2100-02-29"};
	int64_t day;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (day_parse(texts[i], &day))
			fail_msg("'%s' is taken for a day", texts[i]);
	assert_true(day_parse("1970-01-01", &day));
	assert_int_equal(day, 0);
	assert_true(day_parse("2000-02-29", &day));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_no_days),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
