#include "rollback/actor.h"

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

/* What a record says of who did it, and how that is told; what is no such thing is not known. */
static void test_records(void **state)
{
	static const struct {
		const char *record, *text; /* NULL: not known */
	} rows[] = {
		{"{\"by\":{\"login_uid\":1000,\"sudo_user\":\"alice\"}}",
		 "login uid 1000 (sudo says 'alice')"},
		{"{\"by\":{\"login_uid\":0,\"sudo_user\":null}}", "login uid 0"},
		{"{\"by\":{\"login_uid\":null,\"sudo_user\":null}}", "no login"},
		{"{\"by\":{\"login_uid\":null,\"sudo_user\":\"bob\"}}",
		 "no login (sudo says 'bob')"},
		{"{\"by\":{\"login_uid\":4294967294}}", "login uid 4294967294"},
		/* the kernel's own word for none, and what no uid is */
		{"{\"by\":{\"login_uid\":4294967295}}", "no login"},
		{"{\"by\":{\"login_uid\":-1}}", "no login"},
		{"{\"by\":{\"login_uid\":\"0\"}}", "no login"},
		{"{\"by\":{}}", "no login"},
		{"{\"by\":null}", NULL},
		{"{\"by\":\"alice\"}", NULL},
		{"{}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(json_decrefp) json_t *j = json_loads(rows[i].record, 0, NULL);
		CLEANUP(json_decrefp) json_t *again = json_object();
		CLEANUP(actor_clear) struct actor a = {0}, b = {0};
		CLEANUP(freep) char *text = NULL;

		assert_non_null(j);
		actor_from_json(j, &a);
		text = actor_text(&a);
		assert_int_equal(strcmp_null(text, rows[i].text), 0);
		json_put(again, "by", actor_to_json(&a));
		actor_from_json(again, &b);
		assert_true(actor_equal(&a, &b));
	}
}

/* SUDO_USER is what was said, and no name is as long as what is passed over. */
static void test_said(void **state)
{
	CLEANUP(freep) char *long_name = xcalloc(1, 400);
	static const struct {
		const char *said;
		bool kept;
	} rows[] = {{"alice", true}, {"", false}, {NULL, false}};

	(void)state;
	memset(long_name, 'x', 399);
	for (size_t i = 0; i <= ARRAY_SIZE(rows); i++) {
		CLEANUP(actor_clear) struct actor a = {0};
		const char *said = i < ARRAY_SIZE(rows) ? rows[i].said : long_name;

		unsetenv("SUDO_USER");
		if (said)
			setenv("SUDO_USER", said, 1);
		actor_now(&a);
		assert_true(a.known);
		assert_int_equal(a.sudo_user != NULL, i < ARRAY_SIZE(rows) && rows[i].kept);
	}
	unsetenv("SUDO_USER");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
