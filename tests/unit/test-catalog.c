#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/builtin.h"
#include "modules/registry.h"

/* Texts in gettext's compiled form: found by context and key, never outside of the bytes. */

static void test_languages(void **state)
{
	static const struct {
		const char *locale, *language;
	} cases[] = {
		{"zh_CN", "zh_CN"}, {"zh_CN.UTF-8", "zh_CN"},
		{"zh", "zh_CN"},    {"zh.UTF-8", "zh_CN"},
		{"zh_TW", NULL},    {"en", "en"},
		{"en_GB", "en"},    {"en_US.UTF-8", "en"},
		{"C", NULL},        {"", NULL},
		{"z", NULL},        {"de_DE@euro", NULL},
		{".UTF-8", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct catalog *c = builtin_catalog(cases[i].locale);

		if (strcmp_null(c ? c->language : NULL, cases[i].language) != 0)
			fail_msg("'%s' gives %s", cases[i].locale, c ? c->language : "nothing");
	}
}

static void test_find(void **state)
{
	const struct catalog *zh = builtin_catalog("zh"), *en = builtin_catalog("en");

	assert_string_equal(catalog_find(zh, "explain", "Impact"), "影响");
	assert_null(catalog_find(zh, "explain", "impact"));
	assert_null(catalog_find(zh, "explai", "Impact"));
	assert_null(catalog_find(zh, "", "Impact"));
	assert_non_null(catalog_find(en, "daemon.icc", "title"));
}

/* Every message of the larger catalogue is found by its own name: the search meets each place. */
static void test_each_control_has_a_title(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (builtin_load(&b, modules_all, NULL, &err) < 0)
		fail_msg("%s", error_text(&err));
	for (size_t i = 0; i < b.ncontrols; i++)
		assert_string_equal(catalog_find(builtin_catalog("en"), b.controls[i].id, "title"),
				    b.controls[i].title);
}

static void test_chosen_language_comes_first(void **state)
{
	const struct catalog *zh = builtin_catalog("zh"), *en = builtin_catalog("en");
	const struct catalog *both[] = {zh, en};
	const struct texts texts = {both, 2};

	assert_string_equal(texts_find(&texts, "explain", "Impact"), "影响");
	assert_non_null(texts_find(&texts, "daemon.icc", "title"));
	assert_null(texts_find(&texts, "no.such", "title"));
	assert_null(texts_find(NULL, "daemon.icc", "title"));
}

/* Cut anywhere, and with each byte of the tables changed: found or not, but never outside. */
static void test_damaged(void **state)
{
	const struct catalog *zh = builtin_catalog("zh");
	const size_t tables = 512;

	for (size_t n = 0; n < zh->n; n += 1 + zh->n / 500) {
		CLEANUP(freep) void *bytes = xmemdup(zh->bytes, n);
		const struct catalog cut = {"zh_CN", bytes, n};

		catalog_find(&cut, "explain", "Impact");
		if (n < 28)
			assert_null(catalog_find(&cut, "explain", "Impact"));
	}
	for (size_t i = 0; i < tables && i < zh->n; i++) {
		CLEANUP(freep) unsigned char *bytes = xmemdup(zh->bytes, zh->n);
		const struct catalog changed = {"zh_CN", bytes, zh->n};

		bytes[i] ^= 0xff;
		catalog_find(&changed, "explain", "Impact");
		if (i < 4)
			assert_null(catalog_find(&changed, "explain", "Impact"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_each_control_has_a_title),
		cmocka_unit_test(test_chosen_language_comes_first),
		cmocka_unit_test(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
