/* What is told to be left of an apply that recovery put back but for what others had changed. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "rollback/history-left.h"
#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

static void fill(struct transaction_summary *t, enum transaction_state state, bool leaves,
		 const char *before)
{
	struct change *change;

	t->id = xstrdup("20260101-000000-000001");
	t->kind = xstrdup("apply");
	t->state = state;
	t->leaves = leaves;
	change = plan_add_change(&t->plan, "/daemon.json");
	change->images = xcalloc(2, sizeof(*change->images));
	change->nimages = 2;
	edits_add(&change->edits, "x", "/daemon.json", subj("json:/icc"), before, "false");
}

static void test_kept(void **state)
{
	static const struct {
		const char *text; /* of the file now */
		enum transaction_state state;
		bool leaves;
		const char *before;
		const char *left; /* NULL: nothing */
	} rows[] = {
		{"{\"icc\": false, \"dns\": []}", TRANSACTION_ROLLED_BACK, true, NULL,
		 "json:/icc of /daemon.json"},
		{"{\"icc\": false}", TRANSACTION_ROLLED_BACK, true, "true",
		 "json:/icc of /daemon.json"},
		/* taken out meanwhile, or another value since */
		{"{\"dns\": []}", TRANSACTION_ROLLED_BACK, true, NULL, NULL},
		{"{\"icc\": true}", TRANSACTION_ROLLED_BACK, true, NULL, NULL},
		/* it was so before, or all was put back and somebody set it */
		{"{\"icc\": false}", TRANSACTION_ROLLED_BACK, true, "false", NULL},
		{"{\"icc\": false}", TRANSACTION_ROLLED_BACK, false, NULL, NULL},
	};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct transaction_summary one = {0};
		const struct history h = {.items = &one, .count = 1};
		CLEANUP(strv_clear) struct strv left = {0};

		temp_directory_write(t, "daemon.json", rows[i].text);
		fill(&one, rows[i].state, rows[i].leaves, rows[i].before);
		history_left(&h, &t->root, &left);
		assert_int_equal(left.count, rows[i].left != NULL);
		if (rows[i].left)
			assert_string_equal(left.items[0], rows[i].left);
		transaction_summary_clear(&one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
