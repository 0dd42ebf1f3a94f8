#include "tests/unit/temp-directory.h"

#include "engine/host/ask/bus-command.h"
#include "engine/host/ask/bus.h"

static void test_command_line(void **state)
{
	static const struct {
		const char *program, *argv, *flags, *want; /* argv and flags split at | */
	} rows[] = {
		{"/usr/bin/dockerd", "/usr/bin/dockerd", "", "/usr/bin/dockerd"},
		{"/usr/bin/dockerd", "/usr/bin/dockerd|-H|fd://|$OPTS", "",
		 "/usr/bin/dockerd -H fd:// $OPTS"},
		{"/a", "/a|--label|a b", "", "/a --label \"a b\""},
		{"/a", "/a|b\rc", "", "/a \"b\rc\""},
		{"/a", "/a|say \"x\"", "", "/a \"say \\\"x\\\"\""},
		{"/a", "/a|100%|c:\\d", "", "/a 100%% \"c:\\\\d\""},
		{"/a", "b|c", "", "@/a b c"},
		{"/a", "/a", "ignore-failure", "-/a"},
		{"/a", "/a", "privileged|ignore-failure", "-+/a"},
		{"/a", "/a|;", "", "/a \";\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv argv = {0}, flags = {0};
		CLEANUP(freep) char *line = NULL;

		strv_split(&argv, rows[i].argv, "|");
		strv_split(&flags, rows[i].flags, "|");
		line = bus_command_line(rows[i].program, &argv, &flags);
		assert_string_equal(line, rows[i].want);
	}
}

static void test_empty_word_is_quoted(void **state)
{
	CLEANUP(strv_clear) struct strv argv = {0}, flags = {0};
	CLEANUP(freep) char *line = NULL;

	strv_add(&argv, "/a");
	strv_add(&argv, "");
	line = bus_command_line("/a", &argv, &flags);
	assert_string_equal(line, "/a \"\"");
}

static void test_without_systemd(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct bus *b = NULL;

	if (access("/run/systemd/system", F_OK) == 0)
		SKIP_BECAUSE("systemd runs here");
	assert_int_equal(bus_open(&b, &err), -ENOENT);
	assert_null(b);
	assert_string_equal(error_text(&err), "systemd does not run here");
}

static void test_units_of_a_live_systemd(void **state)
{
	CLEANUP(bus_freep) struct bus *b = NULL;
	struct facts facts = {0};
	struct unit_facts *u;

	if (access("/run/systemd/system", F_OK) < 0)
		SKIP_BECAUSE("systemd does not run here");
	assert_int_equal(bus_open(&b, NULL), 0);
	u = facts_add_unit(&facts, "harden-no-such.service");
	assert_int_equal(bus_unit(b, u->name, u, NULL), 0);
	assert_false(u->exists);
	u = facts_add_unit(&facts, "systemd-journald.service");
	assert_int_equal(bus_unit(b, u->name, u, NULL), 0);
	assert_true(u->exists && u->main_pid > 0 && u->exec_start[0] == '/');
	assert_int_equal(strlen(u->invocation_id), 32);
	facts_clear(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_empty_word_is_quoted),
		cmocka_unit_test(test_without_systemd),
		cmocka_unit_test(test_units_of_a_live_systemd),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
