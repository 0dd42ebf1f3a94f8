#include "tests/test.h"

#include "engine/base/alloc.h"
#include "modules/common/tally.h"

static void test_the_heaviest_wins(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	struct tally t = {0};

	tally_note(&t, VERDICT_PASS, "fine");
	tally_note(&t, VERDICT_FAIL, "%s is wrong", "a");
	tally_note(&t, VERDICT_FAIL, "b is wrong");
	tally_note(&t, VERDICT_NOT_MEASURED, "c");
	tally_finish(&t, &d);
	assert_int_equal(d.verdict, VERDICT_FAIL);
	assert_string_equal(d.reason, "a is wrong (and 1 more)");
}

/* That something is in place says nothing of what could not be read beside it, noted or raised. */
static void test_in_place(void **state)
{
	static const struct {
		size_t notes, raised, in_place;
		enum verdict beside;
		bool is;
	} rows[] = {
		{1, 0, 1, VERDICT_PASS, true},  {2, 0, 2, VERDICT_PENDING, true},
		{0, 1, 1, VERDICT_PASS, true},  {2, 1, 3, VERDICT_PASS, true},
		{1, 0, 0, VERDICT_PASS, false}, {2, 0, 1, VERDICT_PASS, false},
		{1, 1, 1, VERDICT_PASS, false}, {1, 0, 1, VERDICT_FAIL, false},
		{0, 0, 0, VERDICT_PASS, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		struct tally t = {0};

		for (size_t k = 0; k < rows[i].raised; k++)
			delta_raise(&d, VERDICT_NOT_MEASURED, "not read");
		for (size_t k = 0; k < rows[i].notes; k++)
			tally_note(&t, VERDICT_NOT_MEASURED, "not read");
		for (size_t k = 0; k < rows[i].in_place; k++)
			delta_in_place(&d);
		tally_note(&t, rows[i].beside, "beside it");
		tally_finish(&t, &d);
		if (delta_is_in_place(&d) != rows[i].is)
			fail_msg("row %zu", i);
	}
}

static void test_equal_weight_replaces_an_empty_reason(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	struct tally t = {0};

	tally_note(&t, VERDICT_NOT_APPLICABLE, "not there");
	tally_finish(&t, &d);
	assert_string_equal(d.reason, "not there");
}

static void test_a_lighter_one_changes_nothing(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	struct tally t = {0};

	delta_raise(&d, VERDICT_FAIL, "worse");
	tally_note(&t, VERDICT_PASS, "fine");
	tally_finish(&t, &d);
	assert_int_equal(d.verdict, VERDICT_FAIL);
	assert_string_equal(d.reason, "worse");
	assert_null(t.reasons[VERDICT_PASS]);
}

static void test_names(void **state)
{
	static const char *const wanted[] = {"", "a", "a and b", "a, b and c", "a, b, c and d"};
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		CLEANUP(freep) char *text = names_join(&names);

		assert_string_equal(text, wanted[i]);
		strv_addf(&names, "%c", 'a' + (int)i);
	}
}

/* However many there are, each is told. */
static void test_details(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	struct tally t = {0};

	tally_note(&t, VERDICT_NOT_MEASURED, "lighter");
	for (int i = 0; i < 93; i++)
		tally_note(&t, VERDICT_FAIL, "file %d", i);
	tally_finish(&t, &d);
	assert_string_equal(d.reason, "file 0 (and 92 more)");
	assert_int_equal(d.details.count, 93);
	assert_string_equal(d.details.items[92], "file 92");
	delta_raise(&d, VERDICT_FAIL, "no heavier");
	assert_int_equal(d.details.count, 93);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_heaviest_wins),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_equal_weight_replaces_an_empty_reason),
		cmocka_unit_test(test_a_lighter_one_changes_nothing),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_details),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
