#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

static const struct row {
	enum docker_install install;
	const char *error, *conflict, *digest;
	enum verdict verdict;
	bool blocks;
	const char *says;
} rows[] = {
	{DOCKER_NONE, NULL, NULL, NULL, VERDICT_NOT_APPLICABLE, false, "not installed"},
	{DOCKER_CE, NULL, NULL, NULL, VERDICT_NOT_APPLICABLE, false, "no config file"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_PASS, false, "is what dockerd takes"},
	{DOCKER_CE, "line 2, column 3: '}' expected", NULL, "abc", VERDICT_FAIL, true,
	 "dockerd 26.1.5 would not start with '/etc/docker/daemon.json': line 2, column 3"},
	{DOCKER_CE, NULL, "icc", "abc", VERDICT_FAIL, false, "and as a flag: icc"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		struct docker_facts *docker;
		DESIRED(want, &module_daemon_file, "aspect=readable");

		fake_view_init(&f);
		docker = &f.facts.docker;
		docker->install = rows[i].install;
		str_replace(&docker->version, "26.1.5");
		str_replace(&docker->config_file, "/etc/docker/daemon.json");
		str_replace(&docker->file_error, rows[i].error);
		str_replace(&docker->config_digest, rows[i].digest);
		if (rows[i].conflict)
			strv_add(&docker->conflicts, rows[i].conflict);
		fake_diff(&f, &module_daemon_file, want, &d);
		if (d.verdict != rows[i].verdict || !strstr(d.reason, rows[i].says))
			fail_msg("%zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.blocks, rows[i].blocks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
