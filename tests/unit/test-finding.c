#include "tests/test.h"

#include <string.h>

#include "cli/report/finding.h"
#include "engine/base/alloc.h"

#define WAITS "it would put in force what others changed: '/etc/docker/daemon.json' has "

static void hold(struct finding *f, const char *begin, size_t times)
{
	for (size_t i = 0; i < times; i++)
		strv_addf(&f->holds, "%s\"key-%zu\"", begin, i);
}

static size_t count_of(const struct strv *lines, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < lines->count; i++)
		n += strstr(lines->items[i], word) != NULL;
	return n;
}

/* Of many reasons of one kind some stand for the rest; each kind is told, and -v tells all. */
static void test_many_reasons(void **state)
{
	static const struct {
		size_t waiting, told;
		const char *rest; /* NULL: all are told */
	} rows[] = {
		{1, 1, NULL}, {3, 3, NULL}, {4, 3, "for 1 more reason"}, {500, 3, "for 497 more"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char id[] = "a";
		struct finding f = {.control = id, .state = FINDING_HELD};
		CLEANUP(strv_clear) struct strv brief = {0}, whole = {0};

		strv_add(&f.holds, "container web talks over docker0 without a link");
		hold(&f, WAITS, rows[i].waiting);
		strv_add(&f.holds, "what runs by docker exec is cut off");
		finding_adds(&f, false, &brief);
		finding_adds(&f, true, &whole);
		assert_int_equal(whole.count, rows[i].waiting + 2);
		assert_int_equal(count_of(&brief, WAITS), rows[i].told);
		assert_int_equal(count_of(&brief, "more reason"), rows[i].rest != NULL);
		if (rows[i].rest)
			assert_int_equal(count_of(&brief, rows[i].rest), 1);
		assert_int_equal(count_of(&brief, "talks over docker0"), 1);
		assert_int_equal(count_of(&brief, "by docker exec"), 1);
		assert_int_equal(count_of(&whole, "more reason"), 0);
		strv_clear(&f.holds);
	}
}

/* Lists are cut behind an item, in words or in JSON; what is not a list stays whole. */
static void test_long_text(void **state)
{
	static const char *const items[] = {"container-of-somebody, ", "\"192.0.2.0/24\",", "word"};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(freep) char *brief = NULL, *whole = NULL;

		while (text.len < 10000)
			buf_puts(&text, items[i]);
		buf_puts(&text, "end");
		brief = finding_text(buf_str(&text), false);
		whole = finding_text(buf_str(&text), true);
		assert_string_equal(whole, buf_str(&text));
		if (i < 2) {
			assert_true(strlen(brief) < 500);
			assert_non_null(strstr(brief, "and more (-v shows all)"));
		} else {
			assert_string_equal(brief, whole);
		}
	}
}

/* What was acknowledged by name and has nothing left to do is done; what was not measured is not. */
static void test_done(void **state)
{
	static const struct {
		enum finding_state state;
		enum verdict verdict;
		bool in_place, done;
	} rows[] = {
		{FINDING_PLANNED, VERDICT_FAIL, false, true},
		{FINDING_PLANNED, VERDICT_NOT_MEASURED, false, true},
		{FINDING_OK, VERDICT_PASS, false, true},
		{FINDING_OK, VERDICT_PENDING, false, true},
		{FINDING_OK, VERDICT_NOT_MEASURED, true, true},
		{FINDING_OK, VERDICT_NOT_MEASURED, false, false},
		{FINDING_OK, VERDICT_NOT_APPLICABLE, false, false},
		{FINDING_OK, VERDICT_MANUAL, false, false},
		{FINDING_OK, VERDICT_FAIL, false, false},
		{FINDING_HELD, VERDICT_NOT_MEASURED, true, false},
		{FINDING_WAIVED, VERDICT_NOT_MEASURED, true, false},
		{FINDING_REFUSED, VERDICT_NOT_MEASURED, true, false},
		{FINDING_REFUSED, VERDICT_PASS, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct finding f = {.state = rows[i].state,
					  .verdict = rows[i].verdict,
					  .in_place = rows[i].in_place};

		if (finding_is_done(&f) != rows[i].done)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_reasons),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_done),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
