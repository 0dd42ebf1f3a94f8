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
	const char *clash; /* of another dockerd that reads the file */
	bool idle; /* it is the next to start */
	bool stopped, offline, elsewhere;
	pid_t pid; /* 0: 7; -1: none is known */
	const char *untried, *profile, *version; /* NULL: nothing; 26.1.5 */
} rows[] = {
	{DOCKER_NONE, NULL, NULL, NULL, VERDICT_NOT_APPLICABLE, false, "not installed"},
	{DOCKER_CE, NULL, NULL, NULL, VERDICT_NOT_APPLICABLE, false, "no config file"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_PASS, false,
	 "dockerd was started with '/etc/docker/daemon.json'"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "changed after the daemon",
	 .untried = "'/etc/docker/daemon.json' changed after the daemon started"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "dockerd --validate",
	 .untried = "x"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "with its values: x",
	 .untried = "x", .version = "20.10.24"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "values: none runs",
	 .stopped = true},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "not the running system",
	 .offline = true},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "beside docker.service",
	 .stopped = true, .elsewhere = true},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_NOT_MEASURED, false, "the process of the one",
	 .pid = -1},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_FAIL, true,
	 "its seccomp profile '/nope' is not there", .profile = "\"/nope\""},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_FAIL, true,
	 "its seccomp profile '/nope' is not there", .profile = "\"/nope\"", .untried = "x"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_PASS, false, "was started",
	 .profile = "\"unconfined\""},
	{DOCKER_CE, "line 2, column 3: '}' expected", NULL, "abc", VERDICT_FAIL, true,
	 "dockerd 26.1.5 would not start with '/etc/docker/daemon.json': line 2, column 3"},
	{DOCKER_CE, NULL, "icc", "abc", VERDICT_FAIL, false, "and as a flag: icc"},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_FAIL, false,
	 "the next dockerd (unit b.service) would refuse to start: in '/etc/docker/daemon.json' "
	 "and among its flags: icc",
	 "icc", true},
	{DOCKER_CE, NULL, NULL, "abc", VERDICT_PASS, false, "was started", "icc", false},
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
		docker->running = !rows[i].stopped;
		f.facts.offline = rows[i].offline;
		facts_add_unit(&f.facts, "docker.service")->main_pid = rows[i].pid < 0 ? 0 : 7;
		str_replace(&docker->untried, rows[i].untried);
		if (rows[i].elsewhere)
			str_replace(&docker->elsewhere,
				    "dockerd runs beside docker.service: pid 9");
		if (rows[i].profile)
			settings_put(&docker->next, "seccomp-profile", rows[i].profile, SOURCE_FILE,
				     "/etc/docker/daemon.json");
		str_replace(&docker->version, rows[i].version ? rows[i].version : "26.1.5");
		str_replace(&docker->config_file, "/etc/docker/daemon.json");
		str_replace(&docker->file_error, rows[i].error);
		str_replace(&docker->config_digest, rows[i].digest);
		if (rows[i].conflict)
			strv_add(&docker->conflicts, rows[i].conflict);
		if (rows[i].clash) {
			struct config_reader *r = facts_add_reader(&f.facts);

			r->text = xstrdup("unit b.service");
			strv_add(&r->clashes, rows[i].clash);
		}
		docker->idle = rows[i].idle;
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
