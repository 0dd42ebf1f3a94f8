#include "engine/format/daemon-keys.h"

#include "engine/base/alloc.h"
#include "engine/format/schemes/json-text.h"
#include "tests/unit/format-case.h"

static void test_find(void **state)
{
	const struct daemon_key *icc = daemon_key_find("icc");

	assert_non_null(icc);
	assert_string_equal(icc->type, "boolean");
	assert_string_equal(icc->def, "true");
	assert_true(icc->network);
	assert_int_equal(daemon_key_find("live-restore")->activation, KEY_RELOAD);
	assert_int_equal(daemon_key_find("features")->activation, KEY_RELOAD_RESETS);
	assert_true(daemon_key_find("no-new-privileges")->on_create);
	assert_string_equal(daemon_key_find("graph")->removed, "23.0");
	assert_string_equal(daemon_key_find_flag("label")->key, "labels");
	assert_string_equal(daemon_key_find_flag("host")->key, "hosts");
	assert_string_equal(daemon_key_find_short('l')->key, "log-level");
	assert_null(daemon_key_find("label"));
	assert_null(daemon_key_find("Icc"));
	assert_null(daemon_key_find_flag("labels"));
	assert_null(daemon_key_find_short('\0'));
}

static void test_versions(void **state)
{
	static const struct {
		const char *a, *b;
		int sign;
	} cases[] = {
		{"20.10.24+dfsg1", "23.0", -1},
		{"20.10", "20.10.0", 0},
		{"28.5.2", "28.10", -1},
		{"25.0", "24.0.9", 1},
		{"v23.0.1", "23.0.1", 0},
		{"5:28.1.1-1~debian", "28.1.1", 0},
		{"22.06.0-beta.0", "22.6", 0},
		{"1.13.1", "17.12", -1},
		{"", "1", -1},
		{"dev", "0", 0},
		{"20.10.24+dfsg1", "20.10.24", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int there = engine_version_compare(cases[i].a, cases[i].b);
		int back = engine_version_compare(cases[i].b, cases[i].a);

		assert_int_equal((there > 0) - (there < 0), cases[i].sign);
		assert_int_equal((back > 0) - (back < 0), -cases[i].sign);
	}
}

/* Every row can be found again, and its default is of its type. */
static void test_table_is_sound(void **state)
{
	static const char types[] = "boolean string number array object";
	const struct daemon_key *k;
	size_t count = 0;

	for (; (k = daemon_key_at(count)); count++) {
		assert_ptr_equal(daemon_key_find(k->key), k);
		assert_non_null(strstr(types, k->type));
		if (k->flag)
			assert_string_equal(daemon_key_find_flag(k->flag)->flag, k->flag);
		if (k->short_flag)
			assert_ptr_equal(daemon_key_find_short(k->short_flag), k);
		if (k->def)
			assert_string_equal(json_value_type(k->def), k->type);
		if (k->since && k->removed)
			assert_true(engine_version_compare(k->since, k->removed) < 0);
	}
	assert_true(count > 90);
}

/* Of each row a flag alone: those that a reload sets back, and no other. */
static void test_reset_by_reload(void **state)
{
	static const char resets[] = " max-concurrent-downloads max-concurrent-uploads "
				     "max-download-attempts features authorization-plugins "
				     "network-diagnostic-port ";
	const struct daemon_key *k;

	(void)state;
	for (size_t i = 0; (k = daemon_key_at(i)); i++) {
		CLEANUP(strv_clear) struct strv flags = {0};
		CLEANUP(freep) char *word = xasprintf(" %s ", k->key);
		const char *reset;

		strv_add(&flags, "no-such");
		strv_add(&flags, k->key);
		reset = daemon_flag_reset(&flags);
		if (!reset != !strstr(resets, word) || (reset && strcmp(reset, k->key) != 0))
			fail_msg("%s: %s", k->key, reset ? reset : "stays");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_reset_by_reload),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_table_is_sound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
