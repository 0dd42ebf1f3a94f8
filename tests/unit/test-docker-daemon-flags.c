/* A key that a flag sets: in a unit, a drop-in or a variable, and in conflict with the file. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/docker-view.h"

#define VENDOR_UNIT "/usr/lib/systemd/system/docker.service"
#define DROPIN "/etc/systemd/system/docker.service.d/zz-harden.conf"
#define DEFAULTS "/etc/default/docker"

static void add_flag(struct fake_view *f, const char *key, const char *value, const char *text,
		     const char *file, const char *variable)
{
	struct daemon_flag *flag = facts_add_flag(&f->facts);

	flag->key = xstrdup(key);
	flag->value = xstrdup(value);
	flag->text = xstrdup(text);
	flag->file = xstrdup_null(file);
	flag->variable = xstrdup_null(variable);
	strv_add(&f->facts.docker.now_flags, key);
}

/* A flag is changed where it stands, and never also written to the file. */
static void test_flag_of_the_vendor_unit(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=log-level value=\"info\"");

	fake_file(f, VENDOR_UNIT, 0644,
		  "[Service]\nExecStart=/usr/bin/dockerd -H fd:// --log-level debug $X\n");
	add_flag(f, "log-level", "\"debug\"", "--log-level debug", VENDOR_UNIT, NULL);
	set_now(f, "log-level", "\"debug\"", SOURCE_FLAG);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_int_equal(d.edits.count, 1);
	assert_edit(&d, DROPIN, "unit:Service/ExecStart",
		    "\n/usr/bin/dockerd -H fd:// --log-level=info $X");
	assert_non_null(find_effect(&d, "unit:docker.service"));
	assert_int_equal(find_effect(&d, "docker:log-level")->handler, HANDLER_DOCKER_RESTART);
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, DROPIN),
			    "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// "
			    "--log-level=info $X\n");
	assert_null(fake_content(f, CONFIG));
}

/* Two keys of one vendor line: the second finds the drop-in of the first. */
static void test_two_flags_of_one_line(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0}, e = {0};
	DESIRED(level, &module_docker_daemon, "key=log-level value=\"info\"");
	DESIRED(debug, &module_docker_daemon, "key=debug value=false");

	fake_file(f, VENDOR_UNIT, 0644, "[Service]\nExecStart=/usr/bin/dockerd -D -l warn\n");
	add_flag(f, "log-level", "\"warn\"", "-l warn", VENDOR_UNIT, NULL);
	add_flag(f, "debug", "true", "-D", VENDOR_UNIT, NULL);
	fake_diff(f, &module_docker_daemon, level, &d);
	fake_converges(f, &module_docker_daemon, level, &d, NULL);
	fake_diff(f, &module_docker_daemon, debug, &e);
	fake_converges(f, &module_docker_daemon, debug, &e, NULL);
	assert_string_equal(fake_content(f, DROPIN), "[Service]\nExecStart=\nExecStart=/usr/bin/"
						     "dockerd --debug=false --log-level=info\n");
}

static void test_flag_of_a_unit_in_etc(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	const char *unit = "/etc/systemd/system/docker.service.d/override.conf";
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, unit, 0644, "# ours\n[Service]\nExecStart=\nExecStart=/x/dockerd --icc\n");
	add_flag(f, "icc", "true", "--icc", unit, NULL);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_edit(&d, unit, "unit:Service/ExecStart", "\n/x/dockerd --icc=false");
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, unit),
			    "# ours\n[Service]\nExecStart=\nExecStart=/x/dockerd --icc=false\n");
}

static void test_flag_of_a_variable(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, DEFAULTS, 0644, "# opts\nDOCKER_OPTS=\"--icc=true --dns 8.8.8.8\"\n");
	add_flag(f, "icc", "true", "--icc=true", DEFAULTS, "DOCKER_OPTS");
	set_now(f, "icc", "true", SOURCE_FLAG);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_edit(&d, DEFAULTS, "kv:DOCKER_OPTS", "\"--icc=false --dns 8.8.8.8\"");
	assert_null(find_effect(&d, "unit:docker.service")); /* systemd reads it at each start */
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, DEFAULTS),
			    "# opts\nDOCKER_OPTS=\"--icc=false --dns 8.8.8.8\"\n");
}

static void test_flags_that_cannot_be_changed(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	add_flag(f, "icc", "true", "--icc=true", NULL, NULL);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_string_equal(d.refusal, "where '--icc=true' comes from is not known");
	assert_int_equal(d.edits.count, 0);
	str_replace(&f->facts.docker.next_flags[0].file, DEFAULTS);
	str_replace(&f->facts.docker.next_flags[0].variable, "OPTS");
	fake_file(f, DEFAULTS, 0644, "OPTS=--icc=true \\\n --dns=1.1.1.1\n");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_string_equal(d.refusal, "OPTS in '" DEFAULTS "' goes on over several lines");
	assert_int_equal(d.edits.count, 0);
}

/* A variable's words are split by other rules than ExecStart=: one that both read alike is changed. */
static void test_quotes_in_a_variable(void **state)
{
	static const struct {
		const char *text;
		bool changed;
	} rows[] = {
		{"--icc=true", true},
		{"'--icc=true --dns 8.8.8.8'", true},
		{"--icc=true --label='a b'", true},
		{"--icc=true --label=a\\nb", false},
		{"--icc=true --label=it's", false},
		{"\"--icc=true\" --dns 8.8.8.8", false},
		{"\"--icc=true --label=\\\"a b\\\"\"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *text = xasprintf("OPTS=%s\n", rows[i].text);
		DESIRED(want, &module_docker_daemon, "key=icc value=false");

		fake_view_init(&f);
		fake_file(&f, DEFAULTS, 0644, text);
		add_flag(&f, "icc", "true", "--icc=true", DEFAULTS, "OPTS");
		fake_diff(&f, &module_docker_daemon, want, &d);
		if ((d.edits.count > 0) != rows[i].changed || !d.refusal != rows[i].changed)
			fail_msg("%s: %s", rows[i].text, d.refusal ? d.refusal : "changed");
	}
}

/* A flag that shares its word is measured and left alone; so is one whose value systemd puts in. */
static void test_flags_that_share_a_word(void **state)
{
	static const struct {
		const char *line, *key, *value, *text;
	} rows[] = {
		{"-Dl warn -H fd://", "debug", "true", "-Dl"},
		{"-DH fd://", "debug", "true", "-DH"},
		{"-DG docker", "debug", "true", "-DG"},
		{"-DHfd://", "debug", "true", "-DHfd://"},
		{"-Dlwarn", "debug", "true", "-Dlwarn"},
		{"--debug=${DEBUG}", "debug", "true", "--debug=true"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep)
		char *unit = xasprintf("[Service]\nExecStart=/usr/bin/dockerd %s\n", rows[i].line);
		DESIRED(want, &module_docker_daemon, "key=debug value=false");

		fake_view_init(&f);
		fake_file(&f, VENDOR_UNIT, 0644, unit);
		add_flag(&f, rows[i].key, rows[i].value, rows[i].text, VENDOR_UNIT, NULL);
		fake_diff(&f, &module_docker_daemon, want, &d);
		assert_verdict(&d, VERDICT_FAIL);
		if (!d.refusal || d.edits.count > 0)
			fail_msg("'%s' is changed", rows[i].line);
		assert_non_null(strstr(d.reason, "debug will be true"));
	}
}

/* Both a flag and in the file: dockerd would not start, even with equal values. */
static void test_conflict(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, DEFAULTS, 0644, "OPTS='--icc=false'\n");
	fake_file(f, CONFIG, 0644, "{\"icc\":false,\"debug\":true}");
	add_flag(f, "icc", "false", "--icc=false", DEFAULTS, "OPTS");
	set_now(f, "icc", "false", SOURCE_FLAG);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.edits.count, 1);
	assert_int_equal(d.effects.count, 0);
	assert_edit(&d, CONFIG, "json:/icc", NULL);
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, CONFIG), "{\"debug\":true}");
}

/* A flag that only the next start has: a reload would not see it. */
static void test_flag_of_the_next_start_needs_a_restart(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=debug value=false");

	fake_file(f, DEFAULTS, 0644, "OPTS=-D\n");
	add_flag(f, "debug", "true", "-D", DEFAULTS, "OPTS");
	strv_clear(&f->facts.docker.now_flags);
	set_now(f, "debug", "true", SOURCE_API);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_int_equal(find_effect(&d, "docker:debug")->handler, HANDLER_DOCKER_RESTART);
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, DEFAULTS), "OPTS=--debug=false\n");
}

#define OPTS_CONF "/etc/systemd/system/docker.service.d/opts.conf"

/* All ways in which systemd reads DOCKER_OPTS from Environment= (systemd.exec(5)). */
static void test_flag_in_environment_of_a_unit(void **state)
{
	static const struct {
		const char *text, *after;
	} forms[] = {
		{"Environment=\"DOCKER_OPTS=--icc=true --log-level=info\"\n",
		 "Environment=\"DOCKER_OPTS=--icc=false --log-level=info\"\n"},
		{"Environment='DOCKER_OPTS=--icc=true -D'\n",
		 "Environment=\"DOCKER_OPTS=--icc=false -D\"\n"},
		{"Environment=DOCKER_OPTS=--icc=true\n", "Environment=DOCKER_OPTS=--icc=false\n"},
		{"Environment=\"A=B C=D\" \"DOCKER_OPTS=--icc=true -D\" E=F\n",
		 "Environment=\"A=B C=D\" \"DOCKER_OPTS=--icc=false -D\" E=F\n"},
		{"Environment=A=B\nEnvironment=DOCKER_OPTS=--icc=true\nEnvironment=E='F G'\n",
		 "Environment=A=B\nEnvironment=DOCKER_OPTS=--icc=false\nEnvironment=E='F G'\n"},
		{"Environment=DOCKER_OPTS=-D\nEnvironment=\"DOCKER_OPTS= --icc=true\"\n",
		 "Environment=DOCKER_OPTS=-D\nEnvironment=\"DOCKER_OPTS= --icc=false\"\n"},
		{"Environment=  DOCKER_OPTS=--icc=true\n",
		 "Environment=  DOCKER_OPTS=--icc=false\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *text = xasprintf("[Service]\n%s", forms[i].text);
		CLEANUP(freep) char *after = xasprintf("[Service]\n%s", forms[i].after);
		DESIRED(want, &module_docker_daemon, "key=icc value=false");

		fake_view_init(&f);
		fake_file(&f, OPTS_CONF, 0644, text);
		add_flag(&f, "icc", "true", "--icc=true", OPTS_CONF, "DOCKER_OPTS");
		fake_diff(&f, &module_docker_daemon, want, &d);
		if (d.refusal)
			fail_msg("%s: %s", forms[i].text, d.refusal);
		assert_non_null(find_effect(&d, "unit:docker.service"));
		fake_converges(&f, &module_docker_daemon, want, &d, NULL);
		assert_string_equal(fake_content(&f, OPTS_CONF), after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_flag_of_the_vendor_unit),
		DOCKER_VIEW_TEST(test_two_flags_of_one_line),
		DOCKER_VIEW_TEST(test_flag_of_a_unit_in_etc),
		DOCKER_VIEW_TEST(test_flag_of_a_variable),
		cmocka_unit_test(test_flag_in_environment_of_a_unit),
		DOCKER_VIEW_TEST(test_flags_that_cannot_be_changed),
		cmocka_unit_test(test_flags_that_share_a_word),
		cmocka_unit_test(test_quotes_in_a_variable),
		DOCKER_VIEW_TEST(test_conflict),
		DOCKER_VIEW_TEST(test_flag_of_the_next_start_needs_a_restart),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
