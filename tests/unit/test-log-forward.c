#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define WANT "from=rsyslog,syslog-ng,journal-upload,audisp"

#define LOG "log { source(s); destination(d); };\n"

static const struct row {
	const char *path, *text;
	enum verdict verdict;
	const char *active; /* of the plugin of audisp; NULL: there is no file of it */
} rows[] = {
	{NULL, NULL, VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @@logs.example.org:514\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "auth.*\t@192.0.2.1\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "#*.* @@logs.example.org:514\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* -/var/log/mail@host\n", VERDICT_FAIL},
	{"/etc/rsyslog.d/10.conf", "action(type=\"omfwd\" target=\"x\")\n", VERDICT_PASS},
	{"/etc/rsyslog.d/10.conf", "*.* :omrelp:logs:2514\n", VERDICT_PASS},
	{"/etc/rsyslog.d/10.disabled", "action(type=\"omfwd\" target=\"x\")\n", VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { network(\"x\"); };\n" LOG, VERDICT_PASS},
	{"/etc/syslog-ng/conf.d/a.conf", "source s { network(port(514)); };\n", VERDICT_FAIL},
	{"/etc/systemd/journal-upload.conf", "[Upload]\nURL=https://logs:19532\n", VERDICT_PASS},
	{"/etc/systemd/journal-upload.conf", "[Upload]\n# URL=\nURL=\n", VERDICT_FAIL},
	{"/etc/audit/audisp-remote.conf", "remote_server = logs\nport = 60\n", VERDICT_PASS, "yes"},
	{"/etc/audit/audisp-remote.conf", "remote_server = logs\n", VERDICT_FAIL, "no"},
	{"/etc/audit/audisp-remote.conf", "remote_server = logs\n", VERDICT_FAIL, NULL},
	{"/etc/audit/audisp-remote.conf", "remote_server =\n", VERDICT_FAIL, "yes"},
	{"/etc/audit/audisp-remote.conf", "remote_server = 127.0.0.1\n", VERDICT_FAIL, "yes"},
	{"/etc/rsyslog.conf", "$template t,\"%syslogtag% @cee: %msg%\"\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "template(name=\"t\" string=\"a @cee: b\")\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "if $x == 'y' then {\n  @@logs:514\n}\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "template(name=\"t\" string=\"a\n @cee: b\n@cee:\")\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @@loghost:514  # central log host\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "*.* @@loghost:514\t#central\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", ":msg, contains, \"a # \\\" b\" @@logs # x\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "if $msg contains ' #' then @@logs # x\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "& @@logs # x\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "*.* @@127.0.0.1:514 # not to @@logs\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* /var/log/all # @@logs\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* # @@logs\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @127.0.0.1:514\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @@localhost\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @[::1]:514\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "*.* @@WEB-1:514\n", VERDICT_FAIL}, /* this very host */
	{"/etc/rsyslog.conf", "*.* @127.0.0.1\n*.* @@logs\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "*.* @@(z9,o)[2001:db8::1]:514;RSYSLOG_Forward\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "auth,authpriv.*;mail.!=info @logs\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "*.* /var/log/a\n& @logs\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", ":msg, contains, \"a b\" @logs\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", ":msg, contains, \"a @home\"\n", VERDICT_FAIL},
	{"/etc/rsyslog.conf", "if $programname == 'x' then @@logs\n", VERDICT_PASS},
	{"/etc/rsyslog.conf", "*.* :omrelp:localhost:2514\n", VERDICT_FAIL},
	{"/etc/rsyslog.d/10.conf", "*.* action(\n type=\"omfwd\"\n Target=\"logs\"\n)\n",
	 VERDICT_PASS},
	{"/etc/rsyslog.d/10.conf", "action(type=\"omfwd\" target=\"127.0.0.1\")\n", VERDICT_FAIL},
	{"/etc/rsyslog.d/10.conf", "action(type=\"omfile\" file=\"/x\" )\n# target=\"x\"\n",
	 VERDICT_FAIL},
	{"/etc/rsyslog.d/10.conf",
	 "action(type=\"omfwd\" target=\"::1\")\naction(type=\"omfile\" target=\"logs\")\n",
	 VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { udp(\"127.0.0.1\" port(514)); };\n" LOG,
	 VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf",
	 "destination d {\n  syslog(\n \"logs\"\n port(514));\n};\n" LOG, VERDICT_PASS},
	{"/etc/syslog-ng/conf.d/a.conf",
	 "destination d { file(\"/x\"); };\nsource s { tcp(\"x\"); };\n", VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { network('logs' port(514)); };\n" LOG,
	 VERDICT_PASS},
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { network('127.0.0.1'); };\n" LOG,
	 VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { file('/x}'); network(\"logs\"); };\n" LOG,
	 VERDICT_PASS},
	{"/etc/syslog-ng/conf.d/a.conf",
	 "destination d { file(\"/x\"); # don't }\n};\nsource s { tcp('x'); };\n", VERDICT_FAIL},
	/* a destination that no log path sends to */
	{"/etc/syslog-ng/conf.d/a.conf", "destination d { network(\"x\"); };\n", VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf",
	 "destination d { network(\"x\"); };\n# log { destination(d); };\n", VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf",
	 "destination d { network(\"x\"); };\nlog { source(s); destination(d2); };\n",
	 VERDICT_FAIL},
	{"/etc/syslog-ng/conf.d/a.conf",
	 "destination d-2 { network(\"x\"); };\nlog { if { destination ( \"d-2\" ); }; };\n",
	 VERDICT_PASS},
	{"/etc/syslog-ng/syslog-ng.conf", "log { source(s); destination { network(\"x\"); }; };\n",
	 VERDICT_PASS},
	{"/etc/syslog-ng/syslog-ng.conf",
	 "@version: 4.0\n@include \"scl.conf\"\ndestination d { network(\"x\"); };\n"
	 "@include \"/etc/syslog-ng/conf.d/*.conf\"\n",
	 VERDICT_FAIL},
	{"/etc/syslog-ng/syslog-ng.conf", "@include \"/etc/other.conf\"\n", VERDICT_NOT_MEASURED},
	{"/etc/systemd/journal-upload.conf", "[Upload]\nURL=http://localhost:19532\n",
	 VERDICT_FAIL},
	{"/etc/systemd/journal-upload.conf", "[Upload]\nURL=https://[::1]\n", VERDICT_FAIL},
	{"/etc/systemd/journal-upload.conf", "[Upload]\nURL=logs\n", VERDICT_PASS},
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
		str_replace(&f.facts.hostname, "web-1");
		if (rows[i].active) {
			CLEANUP(freep) char *text = xasprintf("active = %s\n", rows[i].active);

			fake_file(&f, "/etc/audit/plugins.d/au-remote.conf", 0640, text);
		}
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

/* The log path in one file, what it sends to in another. */
static void test_path_in_another_file(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_log_forward, WANT);

	fake_view_init(&f);
	fake_dir(&f, "/etc/syslog-ng/conf.d", 0755);
	fake_file(&f, "/etc/syslog-ng/syslog-ng.conf", 0644, LOG);
	fake_file(&f, "/etc/syslog-ng/conf.d/a.conf", 0644, "destination d { network(\"x\"); };\n");
	fake_diff(&f, &module_log_forward, want, &d);
	assert_verdict(&d, VERDICT_PASS);
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
		cmocka_unit_test(test_path_in_another_file),
		cmocka_unit_test(test_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
