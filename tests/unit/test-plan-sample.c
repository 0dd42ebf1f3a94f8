/*
 * A plan as the version before wrote it (samples/plan-1.json), with every kind of subject: later
 * versions must read it, and what they write of it must be the same bytes.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>

#include "engine/base/fd-io.h"
#include "engine/plan/plan-json.h"
#include "tests/unit/journal-bytes.h"

static void read_sample(struct buf *ret)
{
	get_at(AT_FDCWD, SAMPLES "/plan-1.json", ret);
}

static void test_same_bytes(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0}, again = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(error_clear) struct error err = {0};

	read_sample(&text);
	if (plan_from_json(&plan, "sample", &text, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(plan.nchanges, 7);
	assert_int_equal(plan.stages[1].effects.count, 7);
	assert_int_equal(plan_to_json(&plan, false, &again, NULL), 0);
	assert_string_equal(buf_str(&again), buf_str(&text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
