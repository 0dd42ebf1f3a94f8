/* The figures of --observe in a saved plan, and figures that cannot be. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/volume-json.h"

static void fill(struct volumes *v)
{
	struct volume *one;

	v->at_s = 1796000000;
	v->ms = 30000;
	one = volumes_add(v, "audit.data-root", 20);
	one->counted = 9;
	one->opt_in = true;
	one = volumes_add(v, "audit.runc", 1000);
	one->counted = 320;
	one->partly = xstrdup("why");
}

static void test_plan_keeps_them(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {.kind = PLAN_APPLY}, again = {0};
	CLEANUP(buf_clear) struct buf text = {0}, same = {0};
	CLEANUP(error_clear) struct error err = {0};

	plan.baseline = xstrdup("b 1");
	fill(&plan.observed);
	assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
	if (plan_from_json(&again, "saved", &text, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(again.observed.at_s, 1796000000);
	assert_int_equal(again.observed.ms, 30000);
	assert_int_equal(again.observed.count, 2);
	assert_int_equal(again.observed.items[0].counted, 9);
	assert_int_equal(again.observed.items[1].threshold, 1000);
	assert_true(again.observed.items[0].opt_in);
	assert_string_equal(again.observed.items[1].partly, "why");
	assert_int_equal(plan_to_json(&again, false, &same, NULL), 0);
	assert_string_equal(buf_str(&same), buf_str(&text));
}

static void test_none(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {.kind = PLAN_APPLY};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(volumes_clear) struct volumes v = {0};

	assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
	assert_null(strstr(buf_str(&text), "observed"));
	assert_int_equal(volumes_from_json(NULL, &v, NULL), 0);
	assert_int_equal(v.ms, 0);
}

#define FIGURE(counted, threshold)                                                                 \
	"{\"control\": \"a\", \"counted\": " counted ", \"threshold\": " threshold                 \
	", \"partly\": null}"

static void test_what_cannot_be(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"{\"at\": 1, \"ms\": 1, \"controls\": [" FIGURE("0", "1") "]}", 0},
		{"{\"at\": 1, \"ms\": 1, \"controls\": []}", 0},
		{"{\"at\": -1, \"ms\": 1, \"controls\": []}", -EINVAL},
		{"{\"at\": 1, \"ms\": 0, \"controls\": []}", -EINVAL},
		{"{\"at\": 1, \"ms\": 99999999999, \"controls\": []}", -EINVAL},
		{"{\"at\": 1, \"controls\": []}", -EINVAL},
		{"{\"at\": 1, \"ms\": 1}", -EINVAL},
		{"{\"at\": 1, \"ms\": 1, \"controls\": [" FIGURE("-1", "1") "]}", -EINVAL},
		{"{\"at\": 1, \"ms\": 1, \"controls\": [" FIGURE("1", "0") "]}", -EINVAL},
		{"{\"at\": 1, \"ms\": 1, \"controls\": [" FIGURE("\"1\"", "1") "]}", -EINVAL},
		{"{\"at\": 1, \"ms\": 1, \"controls\": [{}]}", -EINVAL},
		{"[]", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(json_decrefp) json_t *j = json_loads(rows[i].text, 0, NULL);
		CLEANUP(volumes_clear) struct volumes v = {0};
		CLEANUP(error_clear) struct error err = {0};
		int r = volumes_from_json(j, &v, &err);

		assert_non_null(j);
		if (r != rows[i].want)
			fail_msg("%s: %d", rows[i].text, r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_keeps_them),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_what_cannot_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
