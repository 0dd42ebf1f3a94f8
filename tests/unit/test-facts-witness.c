#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/witness.h"
#include "tests/subject-text.h"

static struct facts running_daemon(void)
{
	struct facts f = {0};
	struct unit_facts *u = facts_add_unit(&f, "docker.service");

	u->invocation_id = xstrdup("0a02");
	f.docker.running = true;
	settings_put(&f.docker.now, "icc", "false", SOURCE_FILE, NULL);
	settings_put(&f.docker.now, "data-root", "\"/var/lib/docker\"", SOURCE_API, NULL);
	settings_put(&f.docker.now, "labels", NULL, SOURCE_API, NULL);
	settings_put(&f.docker.now, "debug", "true", SOURCE_FLAG, NULL);
	return f;
}

static void test_round_trip(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();
	struct witness w = {0};

	assert_int_equal(witness_format(&f, NULL, NULL, &text, NULL), 0);
	assert_string_equal(buf_str(&text),
			    "{\"format_version\":\"1.0\",\"invocation_id\":\"0a02\",\"settings\":{"
			    "\"data-root\":\"\\\"/var/lib/docker\\\"\",\"debug\":\"true\","
			    "\"icc\":\"false\"}}\n");
	assert_int_equal(witness_parse(&text, "0a02", &w, NULL), 1);
	assert_int_equal(w.settings.count, 3);
	assert_string_equal(settings_find(&w.settings, "data-root")->value, "\"/var/lib/docker\"");
	assert_int_equal(settings_find(&w.settings, "icc")->source, SOURCE_WITNESS);
	witness_clear(&w);
	facts_clear(&f);
}

static void test_another_daemon_is_not_believed(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();
	struct witness w = {0};

	assert_int_equal(witness_format(&f, NULL, NULL, &text, NULL), 0);
	assert_int_equal(witness_parse(&text, "0a03", &w, NULL), 0);
	assert_int_equal(witness_parse(&text, NULL, &w, NULL), 0);
	assert_int_equal(w.settings.count, 0);
	facts_clear(&f);
}

static void test_reloaded_values_replace(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();
	struct effects effects = {0};
	struct witness w = {0};

	effects_add(&effects, "c", HANDLER_DOCKER_RELOAD, subj("docker:debug"), "true", NULL);
	effects_add(&effects, "c", HANDLER_DOCKER_RELOAD, subj("docker:shutdown-timeout"), NULL,
		    "5");
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj("docker:icc"), NULL, "true");
	assert_int_equal(witness_format(&f, &effects, NULL, &text, NULL), 0);
	assert_int_equal(witness_parse(&text, "0a02", &w, NULL), 1);
	assert_null(settings_find(&w.settings, "debug"));
	assert_string_equal(settings_find(&w.settings, "shutdown-timeout")->value, "5");
	assert_string_equal(settings_find(&w.settings, "icc")->value, "false");
	witness_clear(&w);
	effects_clear(&effects);
	facts_clear(&f);
}

static void test_config_that_was_tried(void **state)
{
	static const char *const rows[] = {"5feceb66", WITNESS_NO_CONFIG, NULL};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(witness_clear) struct witness w = {0};
		struct facts f = running_daemon();

		assert_int_equal(witness_format(&f, NULL, rows[i], &text, NULL), 0);
		assert_int_equal(witness_parse(&text, "0a02", &w, NULL), 1);
		assert_int_equal(strcmp_null(w.config, rows[i]), 0);
		facts_clear(&f);
	}
}

static void test_nothing_to_witness(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();

	settings_put(&f.docker.now, "iptables", NULL, SOURCE_UNKNOWN, NULL);
	assert_int_equal(witness_format(&f, NULL, NULL, &text, &err), -ENODATA);
	assert_non_null(strstr(error_text(&err), "'iptables'"));
	f.docker.running = false;
	assert_int_equal(witness_format(&f, NULL, NULL, &text, NULL), -ENODATA);
	assert_int_equal(text.len, 0);
	facts_clear(&f);
}

static void test_damaged_files(void **state)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"format_version\":\"1.0\",\"invocation_id\":\"0a02\"}",
		"{\"format_version\":\"1.0\",\"invocation_id\":\"0a02\",\"settings\":[]}",
		"{\"format_version\":\"1.0\",\"invocation_id\":\"0a02\",\"settings\":{\"a\":1}}",
		"{\"format_version\":\"2.0\",\"invocation_id\":\"0a02\",\"settings\":{}}",
		"{\"format_version\":\"1.0\",\"invocation_id\":7,\"settings\":{}}",
		"{\"format_version\":\"1.0\",\"invocation_id\":\"0a02\",\"settings\":{}} x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		struct witness w = {0};

		buf_puts(&text, rows[i]);
		assert_int_equal(witness_parse(&text, "0a02", &w, NULL), -EINVAL);
		assert_int_equal(w.settings.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_another_daemon_is_not_believed),
		cmocka_unit_test(test_reloaded_values_replace),
		cmocka_unit_test(test_config_that_was_tried),
		cmocka_unit_test(test_nothing_to_witness),
		cmocka_unit_test(test_damaged_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
