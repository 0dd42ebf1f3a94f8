#include "tests/test.h"

#include <stdlib.h>

#include "cli/reselect.h"
#include "engine/base/alloc.h"

/* What a saved plan has, and the options that select the same again, or all but one. */
static const struct {
	const char *baseline;
	int level;
	const char *planned[4], *acked[3], *without, *options;
	int observed_ms;
} rows[] = {
	{NULL, 1, {"a.b"}, {NULL}, NULL, "--only a.b"},
	{NULL, 1, {"a.b", "c.d", "e.f"}, {NULL}, NULL, "--only a.b,c.d,e.f"},
	{NULL, 1, {"a.b", "c.d", "e.f"}, {NULL}, "c.d", "--only a.b,e.f"},
	{NULL, 2, {"a.b", "c.d"}, {"c.d"}, "a.b", "--level 2 --only c.d --ack c.d"},
	{NULL, 1, {"a.b", "c.d"}, {"a.b", "c.d"}, "c.d", "--only a.b --ack a.b"},
	{"/x/s.yaml", 1, {"a.b", "c.d"}, {NULL}, "c.d", "--baseline /x/s.yaml --only a.b"},
	{"/x y.yaml", 2, {"a.b"}, {NULL}, NULL, "--baseline '/x y.yaml' --level 2 --only a.b"},
	{NULL, 1, {NULL}, {NULL}, NULL, ""},
	{NULL, 1, {"a.b"}, {NULL}, NULL, "--only a.b --observe 30s", 30000},
	{NULL, 1, {"a.b"}, {NULL}, NULL, "--only a.b --observe 10500ms", 10500},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(options_clear) struct options o = {0};
		CLEANUP(plan_clear) struct plan p = {.level = rows[i].level};
		CLEANUP(freep) char *options = NULL;

		if (rows[i].baseline)
			strv_add(&o.baselines, rows[i].baseline);
		for (size_t k = 0; rows[i].planned[k]; k++)
			plan_add_finding(&p, rows[i].planned[k])->state = FINDING_PLANNED;
		plan_add_finding(&p, "held.back")->state = FINDING_HELD;
		for (size_t k = 0; rows[i].acked[k]; k++)
			strv_add(&p.acknowledged, rows[i].acked[k]);
		p.observed.ms = rows[i].observed_ms;
		options = reselect(&o, &p, rows[i].without);
		assert_string_equal(options, rows[i].options);
	}
}

/* Of this run, without those that are to be left out. */
static void test_of_this_run(void **state)
{
	static const struct {
		const char *out;
		int observed_ms;
		const char *options;
	} run_rows[] = {
		{NULL, 0, "--ack a.b"},
		{"a.b", 0, "--skip a.b"},
		{"c.d", 30000, "--ack a.b --skip c.d --observe 30s"},
		{NULL, 10500, "--ack a.b --observe 10500ms"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(run_rows); i++) {
		CLEANUP(options_clear) struct options o = {0};
		CLEANUP(strv_clear) struct strv out = {0};
		CLEANUP(freep) char *options = NULL;
		const struct context c = {
			.o = &o, .level = 1, .observed.ms = run_rows[i].observed_ms};

		strv_add(&o.ack, "a.b");
		if (run_rows[i].out)
			strv_add(&out, run_rows[i].out);
		options = reselect_without(&c, &out);
		assert_string_equal(options, run_rows[i].options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_of_this_run)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
