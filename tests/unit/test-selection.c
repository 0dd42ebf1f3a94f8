/* Every combination of level, --only, --skip and --ack, against the rule in words. */

#include "tests/test.h"

#include "engine/base/macros.h"
#include "engine/baseline/selection.h"

static const char *const globs[] = {NULL, "daemon.icc", "daemon.*", "file.*", "2.1@bench", "*"};
static char icc[] = "daemon.icc", other[] = "daemon.other";

/* Which of them name the control daemon.icc with that alias. */
static const bool named[] = {false, true, true, false, true, true};

static void fill(struct strv *v, const char *text)
{
	if (text)
		strv_add(v, text);
}

/* The three conditions, as they are documented. */
static bool expected(int level, int upto, size_t only, size_t skip, bool ack)
{
	if (skip && named[skip])
		return false;
	if (only && !named[only])
		return false;
	return level <= upto || ack;
}

static void try_one(int level, int upto, size_t only, size_t skip, bool ack)
{
	CLEANUP(strv_clear) struct strv onlys = {0}, skips = {0}, acks = {0}, aliases = {0};
	struct control control = {.id = icc, .level = level};
	const struct selection s = {upto, &onlys, &skips, &acks};

	fill(&onlys, globs[only]);
	fill(&skips, globs[skip]);
	fill(&acks, ack ? "daemon.icc" : "daemon.other");
	strv_add(&aliases, "2.1@bench");
	control.aliases = aliases;
	if (selection_takes(&s, &control) != expected(level, upto, only, skip, ack))
		fail_msg("level %d of %d, --only %s, --skip %s, ack %d", level, upto,
			 globs[only] ? globs[only] : "-", globs[skip] ? globs[skip] : "-", ack);
}

static void test_all_combinations(void **state)
{
	size_t tried = 0;

	for (int level = 1; level <= 2; level++)
		for (int upto = 1; upto <= 2; upto++)
			for (size_t only = 0; only < ARRAY_SIZE(globs); only++)
				for (size_t skip = 0; skip < ARRAY_SIZE(globs); skip++)
					for (int ack = 0; ack <= 1; ack++, tried++)
						try_one(level, upto, only, skip, ack);
	assert_int_equal(tried, 2 * 2 * 6 * 6 * 2);
}

static void test_lists_may_be_missing(void **state)
{
	const struct control low = {.id = icc, .level = 1};
	const struct control high = {.id = other, .level = 2};
	const struct selection s = {.level = 1};

	assert_true(selection_takes(&s, &low));
	assert_false(selection_takes(&s, &high));
	assert_true(selection_admits(&s, &low));
	assert_false(selection_admits(&s, &high));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_combinations),
		cmocka_unit_test(test_lists_may_be_missing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
