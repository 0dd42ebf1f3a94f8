#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/model/delta.h"
#include "tests/subject-text.h"

static void test_raise_takes_the_heavier_verdict_and_its_reason(void **state)
{
	static const struct {
		enum verdict first;
		const char *first_reason;
		enum verdict second;
		const char *second_reason;
		enum verdict want;
		const char *want_reason;
	} rows[] = {
		{VERDICT_PASS, "on", VERDICT_FAIL, "off", VERDICT_FAIL, "off"},
		{VERDICT_FAIL, "off", VERDICT_PASS, "on", VERDICT_FAIL, "off"},
		{VERDICT_FAIL, "off", VERDICT_FAIL, "too", VERDICT_FAIL, "off"},
		{VERDICT_FAIL, NULL, VERDICT_FAIL, "off", VERDICT_FAIL, "off"},
		{VERDICT_PASS, "on", VERDICT_FAIL, NULL, VERDICT_FAIL, NULL},
		{VERDICT_FAIL, NULL, VERDICT_PASS, "on", VERDICT_FAIL, NULL},
		{VERDICT_NOT_APPLICABLE, "none", VERDICT_PASS, NULL, VERDICT_PASS, NULL},
		{VERDICT_PENDING, "a", VERDICT_NOT_MEASURED, "b", VERDICT_NOT_MEASURED, "b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		delta_raise(&d, rows[i].first, rows[i].first_reason ? "%s" : NULL,
			    rows[i].first_reason);
		delta_raise(&d, rows[i].second, rows[i].second_reason ? "%s" : NULL,
			    rows[i].second_reason);
		assert_int_equal(d.verdict, rows[i].want);
		assert_int_equal(strcmp_null(d.reason, rows[i].want_reason), 0);
	}
}

static void test_zeroed_delta_takes_a_reason(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};

	delta_raise(&d, VERDICT_NOT_APPLICABLE, "no swarm");
	assert_int_equal(d.verdict, VERDICT_NOT_APPLICABLE);
	assert_string_equal(d.reason, "no swarm");
}

static void test_raise_may_quote_the_old_reason(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};

	delta_raise(&d, VERDICT_PASS, "was fine");
	delta_raise(&d, VERDICT_FAIL, "%s, then broke", d.reason);
	assert_string_equal(d.reason, "was fine, then broke");
}

static void test_edits_and_effects_fail(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	struct effect *effect;

	delta_raise(&d, VERDICT_PASS, "all well");
	delta_edit(&d, "/x", subj("mode"), "0644");
	assert_int_equal(d.verdict, VERDICT_FAIL);
	assert_null(d.reason); /* that of the pass would be a lie now */
	assert_int_equal(d.edits.count, 1);
	assert_null(d.edits.items[0].control);
	assert_string_equal(d.edits.items[0].after, "0644");
	effect = delta_effect(&d, HANDLER_SYSCTL, subj("sysctl:a"), "0", "1");
	assert_ptr_equal(effect, &d.effects.items[0]);
	assert_int_equal(effect->handler, HANDLER_SYSCTL);
	assert_int_equal(d.verdict, VERDICT_FAIL);
}

static void test_effect_alone_fails(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};

	delta_effect(&d, HANDLER_AUDIT_RULES, subj("rule:a"), NULL, "loaded");
	assert_int_equal(d.verdict, VERDICT_FAIL);
}

static void test_clear_releases_everything(void **state)
{
	struct delta d = {.reason = xstrdup("a"), .fix = xstrdup("b"), .refusal = xstrdup("c")};

	strv_add(&d.holds, "h");
	strv_add(&d.warnings, "w");
	delta_edit(&d, "/x", subj("mode"), "0644");
	delta_effect(&d, HANDLER_SYSCTL, subj("sysctl:a"), NULL, "1");
	delta_clear(&d);
	assert_int_equal(d.verdict, VERDICT_NOT_APPLICABLE);
	assert_int_equal(d.edits.count + d.effects.count + d.holds.count + d.warnings.count, 0);
	assert_null(d.refusal);
	delta_clear(NULL);
}

/* Nothing that a module answers is lost in a copy, and the two share nothing. */
static void test_copy(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, copy = {0};

	d.fix = xstrdup("fix");
	delta_edit(&d, "/a", subject_path(SCHEME_MODE), "0600");
	d.edits.items[0].item = xstrdup("/item");
	delta_effect(&d, HANDLER_SYSCTL, subj("sysctl:kernel.x"), "0", "1");
	delta_bring(&d, &d.effects.items[0], 0);
	strv_add(&d.holds, "hold");
	delta_omit(&d, "/a", true, "omitted");
	strv_add(&d.warnings, "warning");
	delta_raise(&d, VERDICT_NOT_MEASURED, NULL);
	delta_in_place(&d);
	delta_raise(&d, VERDICT_FAIL, "why");
	strv_add(&d.details, "detail");
	d.refusal = xstrdup("refusal");
	d.first = xstrdup("first");
	d.blocks = true;
	delta_raise(&copy, VERDICT_FAIL, "before");
	delta_copy(&copy, &d);
	assert_int_equal(copy.verdict, d.verdict);
	assert_string_equal(copy.reason, "why");
	assert_true(strv_equal(&copy.details, &d.details) && strv_equal(&copy.holds, &d.holds) &&
		    strv_equal(&copy.warnings, &d.warnings));
	assert_string_equal(copy.fix, "fix");
	assert_int_equal(copy.edits.count, 1);
	assert_string_equal(copy.edits.items[0].after, "0600");
	assert_string_equal(copy.edits.items[0].item, "/item");
	assert_int_equal(copy.effects.count, 1);
	assert_string_equal(copy.effects.items[0].after, "1");
	assert_int_equal(copy.effects.items[0].nbrings, d.effects.items[0].nbrings);
	assert_int_equal(copy.nomissions, 1);
	assert_true(copy.omissions[0].refused && strcmp(copy.omissions[0].why, "omitted") == 0);
	assert_string_equal(copy.refusal, "refusal");
	assert_string_equal(copy.first, "first");
	assert_true(copy.blocks && copy.unread == 1 && copy.in_place == 1);
	assert_ptr_not_equal(copy.reason, d.reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_raise_takes_the_heavier_verdict_and_its_reason),
		cmocka_unit_test(test_zeroed_delta_takes_a_reason),
		cmocka_unit_test(test_raise_may_quote_the_old_reason),
		cmocka_unit_test(test_edits_and_effects_fail),
		cmocka_unit_test(test_effect_alone_fails),
		cmocka_unit_test(test_clear_releases_everything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
