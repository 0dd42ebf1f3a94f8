#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define WANT "variable=DOCKER_CONTENT_TRUST server=DOCKER_CONTENT_TRUST_SERVER ends=2026-12-08"
#define LAST_SECOND 1796687999 /* 2026-12-07 23:59:59 */

/* One file, and the verdict before the server ends and after. */
static const struct row {
	const char *path, *content;
	enum verdict before, after;
} rows[] = {
	{"/etc/environment", "PATH=/bin\n", VERDICT_MANUAL, VERDICT_NOT_APPLICABLE},
	{"/etc/environment", "DOCKER_CONTENT_TRUST=1\n", VERDICT_PASS, VERDICT_FAIL},
	{"/etc/environment", "DOCKER_CONTENT_TRUST=\"1\"", VERDICT_PASS, VERDICT_FAIL},
	{"/etc/environment", "DOCKER_CONTENT_TRUST=0\n", VERDICT_MANUAL, VERDICT_NOT_APPLICABLE},
	{"/etc/environment", "DOCKER_CONTENT_TRUST=\n", VERDICT_MANUAL, VERDICT_NOT_APPLICABLE},
	{"/etc/environment", "# DOCKER_CONTENT_TRUST=1\n", VERDICT_MANUAL, VERDICT_NOT_APPLICABLE},
	{"/etc/environment", "MY_DOCKER_CONTENT_TRUST=1\n", VERDICT_MANUAL, VERDICT_NOT_APPLICABLE},
	/* the server alone demands no signature */
	{"/etc/environment", "DOCKER_CONTENT_TRUST_SERVER=https://x\n", VERDICT_MANUAL,
	 VERDICT_NOT_APPLICABLE},
	{"/etc/environment", "DOCKER_CONTENT_TRUST=1\nDOCKER_CONTENT_TRUST_SERVER=https://x\n",
	 VERDICT_PASS, VERDICT_PASS},
	{"/etc/profile.d/docker.sh", "export DOCKER_CONTENT_TRUST=true", VERDICT_PASS,
	 VERDICT_FAIL},
	{"/etc/profile.d/docker.txt", "export DOCKER_CONTENT_TRUST=1", VERDICT_MANUAL,
	 VERDICT_NOT_APPLICABLE},
	{"/etc/security/pam_env.conf", "DOCKER_CONTENT_TRUST DEFAULT=1\n", VERDICT_PASS,
	 VERDICT_FAIL},
	{"/etc/systemd/system/ci.service",
	 "[Service]\nEnvironment=A=b \"DOCKER_CONTENT_TRUST=1\"\n", VERDICT_PASS, VERDICT_FAIL},
	{"/etc/systemd/system/ci.service.d/a.conf",
	 "[Service]\nEnvironment=DOCKER_CONTENT_TRUST=1\n", VERDICT_PASS, VERDICT_FAIL},
	/* what sudo lets through sets nothing */
	{"/etc/sudoers.d/docker", "Defaults env_keep += \"DOCKER_CONTENT_TRUST\"\n", VERDICT_MANUAL,
	 VERDICT_NOT_APPLICABLE},
};

static void make_directories(struct fake_view *f)
{
	static const char *const directories[] = {"/etc/profile.d", "/etc/systemd/system",
						  "/etc/systemd/system/ci.service.d",
						  "/etc/sudoers.d"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		fake_dir(f, directories[i], 0755);
}

static void judge(const struct row *row, int64_t today, enum verdict verdict)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_client_env, WANT);

	fake_view_init(&f);
	f.facts.docker.install = DOCKER_CE;
	f.facts.today = today;
	make_directories(&f);
	fake_file(&f, row->path, 0644, row->content);
	fake_diff(&f, &module_client_env, want, &d);
	if (d.verdict != verdict)
		fail_msg("%s: %s: %s (%s)", row->path, row->content, verdict_to_string(d.verdict),
			 d.reason);
	if (verdict == VERDICT_FAIL)
		assert_non_null(strstr(d.reason, row->path));
	assert_int_equal(d.fix != NULL, verdict == VERDICT_FAIL || verdict == VERDICT_MANUAL);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		judge(&rows[i], LAST_SECOND, rows[i].before);
		judge(&rows[i], LAST_SECOND + 1, rows[i].after);
	}
}

static void test_unreadable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_client_env, WANT);

	fake_view_init(&f);
	f.facts.docker.install = DOCKER_CE;
	fake_file(&f, "/etc/sudoers", 0440, "");
	fake_unreadable(&f, "/etc/sudoers", -EACCES);
	fake_diff(&f, &module_client_env, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_check(void **state)
{
	static const struct {
		const char *want;
		int result;
	} cases[] = {
		{WANT, 0},
		{"variable=A", 0},
		{"variable=A=b", -EINVAL},
		{"variable=A ends=2026-13-01", -EINVAL},
		{"variable=A ends=tomorrow", -EINVAL},
		{"variable=A server=B-C", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_client_env, cases[i].want);

		assert_int_equal(module_client_env.check(want, &err), cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
