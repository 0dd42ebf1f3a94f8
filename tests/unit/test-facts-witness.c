#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/facts-witness.h"

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
	struct settings s = {0};

	assert_int_equal(witness_format(&f, NULL, &text, NULL), 0);
	assert_string_equal(buf_str(&text),
			    "{\"format_version\":\"1.0\",\"invocation_id\":\"0a02\",\"settings\":{"
			    "\"data-root\":\"\\\"/var/lib/docker\\\"\",\"debug\":\"true\","
			    "\"icc\":\"false\"}}\n");
	assert_int_equal(witness_parse(&text, "0a02", &s, NULL), 1);
	assert_int_equal(s.count, 3);
	assert_string_equal(settings_find(&s, "data-root")->value, "\"/var/lib/docker\"");
	assert_int_equal(settings_find(&s, "icc")->source, SOURCE_WITNESS);
	settings_clear(&s);
	facts_clear(&f);
}

static void test_another_daemon_is_not_believed(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();
	struct settings s = {0};

	assert_int_equal(witness_format(&f, NULL, &text, NULL), 0);
	assert_int_equal(witness_parse(&text, "0a03", &s, NULL), 0);
	assert_int_equal(witness_parse(&text, NULL, &s, NULL), 0);
	assert_int_equal(s.count, 0);
	facts_clear(&f);
}

static void test_reloaded_values_replace(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();
	struct effects effects = {0};
	struct settings s = {0};

	effects_add(&effects, "c", HANDLER_DOCKER_RELOAD, "docker:debug", "true", NULL);
	effects_add(&effects, "c", HANDLER_DOCKER_RELOAD, "docker:shutdown-timeout", NULL, "5");
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, "docker:icc", NULL, "true");
	assert_int_equal(witness_format(&f, &effects, &text, NULL), 0);
	assert_int_equal(witness_parse(&text, "0a02", &s, NULL), 1);
	assert_null(settings_find(&s, "debug"));
	assert_string_equal(settings_find(&s, "shutdown-timeout")->value, "5");
	assert_string_equal(settings_find(&s, "icc")->value, "false");
	settings_clear(&s);
	effects_clear(&effects);
	facts_clear(&f);
}

static void test_nothing_to_witness(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts f = running_daemon();

	settings_put(&f.docker.now, "iptables", NULL, SOURCE_UNKNOWN, NULL);
	assert_int_equal(witness_format(&f, NULL, &text, &err), -ENODATA);
	assert_non_null(strstr(error_text(&err), "'iptables'"));
	f.docker.running = false;
	assert_int_equal(witness_format(&f, NULL, &text, NULL), -ENODATA);
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
		struct settings s = {0};

		buf_puts(&text, rows[i]);
		assert_int_equal(witness_parse(&text, "0a02", &s, NULL), -EINVAL);
		assert_int_equal(s.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_another_daemon_is_not_believed),
		cmocka_unit_test(test_reloaded_values_replace),
		cmocka_unit_test(test_nothing_to_witness),
		cmocka_unit_test(test_damaged_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
