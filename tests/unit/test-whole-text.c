#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"
#include "tests/subject-text.h"

static void test_there_and_back(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *value = NULL;

	assert_int_equal(format_get(&text, subj("text:all"), &value, NULL), 0);
	assert_int_equal(format_set(&text, subj("text:all"), "one\ntwo", NULL), 0);
	assert_string_equal(buf_str(&text), "one\ntwo\n");
	assert_int_equal(format_get(&text, subj("text:all"), &value, NULL), 1);
	assert_string_equal(value, "one\ntwo");
	assert_int_equal(format_set(&text, subj("text:all"), NULL, NULL), 0);
	assert_int_equal(text.len, 0);
}

/* What does not end in a line end has its value all the same; a NUL byte would cut it short. */
static void test_odd_ends(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *value = NULL;

	buf_puts(&text, "no end");
	assert_int_equal(format_get(&text, subj("text:all"), &value, NULL), 1);
	assert_string_equal(value, "no end");
	buf_append(&text, "\0more\n", 6);
	free(TAKE_PTR(value));
	assert_int_equal(format_get(&text, subj("text:all"), &value, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_odd_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
