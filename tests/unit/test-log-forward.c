#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define WANT "from=rsyslog,syslog-ng,journal-upload,audisp"

static const struct row {
	const char *path, *text;
	enum verdict verdict;
} rows[] = {
	{NULL, NULL, VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @@logs.example.org:514\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "auth.*\t@192.0.2.1\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "#*.* @@logs.example.org:514\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* -/var/log/mail@host\n", VERDICT_FAIL},
	{"/etc/rsyslog.d/10.conf", "action(type=\"omfwd\" target=\"x\")\n", VERDICT_PASS},
	{"/etc/rsyslog.d/10.conf", "*.* :omrelp:logs:2514\n", VERDICT_PASS},
	{"/etc/rsyslog.d/10.disabled", "action(type=\"omfwd\" target=\"x\")\n", VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { network(\"x\"); };\n", VERDICT_PASS},
	{"/etc/syslog-ng/conf.d/a.conf", "source s { network(port(514)); };\n", VERDICT_FAIL},
	{"/etc/systemd/journal-upload.conf", "[Upload]\nURL=https://logs:19532\n", VERDICT_PASS},
	{"/etc/systemd/journal-upload.conf", "[Upload]\n# URL=\nURL=\n", VERDICT_FAIL},
	{"/etc/audit/audisp-remote.conf", "remote_server = logs\nport = 60\n", VERDICT_PASS},
	{"/etc/audit/audisp-remote.conf", "remote_server =\n", VERDICT_FAIL},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_log_forward, WANT);

		fake_view_init(&f);
		fake_dir(&f, "/etc/rsyslog.d", 0755);
		fake_dir(&f, "/etc/syslog-ng/conf.d", 0755);
		if (rows[i].path)
			fake_file(&f, rows[i].path, 0644, rows[i].text);
		fake_diff(&f, &module_log_forward, want, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("%s: %s: %s", rows[i].path, rows[i].text,
				 verdict_to_string(d.verdict));
		assert_non_null(d.reason);
		assert_int_equal(d.fix != NULL, d.verdict == VERDICT_FAIL);
	}
}

static void test_unreadable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_log_forward, WANT);

	fake_view_init(&f);
	fake_file(&f, "/etc/rsyslog.conf", 0600, "");
	fake_unreadable(&f, "/etc/rsyslog.conf", -EACCES);
	fake_diff(&f, &module_log_forward, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
