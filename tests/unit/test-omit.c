#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/plan/omit.h"
#include "tests/subject-text.h"

/* Two paths; what speaks against them, and what becomes of the control then. */
static const struct row {
	const char *name;
	bool second, refused, effect, acked; /* the second path, too; ... */
	size_t edits, left_out, holds;
	bool refusal;
	bool writes; /* the second path is written to, not only given a mode */
} rows[] = {
	{"one of two", false, false, false, false, 1, 1, 0, false},
	{"one of two, acknowledged", false, false, false, true, 3, 0, 1, false},
	{"one of two, refused", false, true, false, false, 1, 1, 0, false},
	{"refused, whatever is acknowledged", false, true, false, true, 1, 1, 0, false},
	{"both: the control is held", true, false, false, false, 3, 0, 2, false},
	{"both refused", true, true, false, false, 3, 0, 0, true},
	{"what is put in force goes together", false, false, true, false, 3, 0, 1, false},
	{"... and is refused together", false, true, true, false, 3, 0, 0, true},
	{"what is written goes together", false, false, false, false, 3, 0, 1, false, true},
	{"... and is refused together", false, true, false, true, 3, 0, 0, true, true},
};

/* What goes together is not thinned out. */
static void test_edits_of_a_whole_control_stay(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};

	delta_edit(&d, "/a", subj("kv:x"), "1");
	delta_edit(&d, "/b", subj("mode"), "0644");
	delta_omit(&d, "/b", true, "no");
	omit_edits(&d, false);
	assert_int_equal(d.edits.count, 2);
	subject_clear(&d.edits.items[0].subject);
	d.edits.items[0].subject = subject_copy(subj("mode"));
	omit_edits(&d, false);
	assert_int_equal(d.edits.count, 1);
	assert_string_equal(d.edits.items[0].path, "/a");
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(strv_clear) struct strv left_out = {0};

		delta_edit(&d, "/a", subj("mode"), "0644");
		delta_edit(&d, "/overrides", subj("override:/a"), "root root 644");
		str_replace(&d.edits.items[1].item, "/a");
		if (row->writes)
			delta_edit(&d, "/b", subj("kv:x"), "1");
		else
			delta_edit(&d, "/b", subj("mode"), "0644");
		delta_omit(&d, "/a", row->refused, "no");
		delta_omit(&d, "/a", row->refused, "no");
		if (row->second)
			delta_omit(&d, "/b", row->refused, "no, too");
		if (row->effect)
			delta_effect(&d, HANDLER_SYSTEMD_RELOAD, subj("unit:a"), NULL,
				     "read again");
		omit(&d, row->acked, &left_out);
		if (d.edits.count != row->edits || left_out.count != row->left_out ||
		    d.holds.count != row->holds || (d.refusal != NULL) != row->refusal)
			fail_msg("%s: %zu edits, %zu left out, %zu holds, %s", row->name,
				 d.edits.count, left_out.count, d.holds.count,
				 d.refusal ? d.refusal : "not refused");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_edits_of_a_whole_control_stay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
