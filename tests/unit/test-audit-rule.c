#include "engine/format/audit-rule.h"

#include <errno.h>

#include "tests/unit/format-case.h"

#define W AUDIT_PERM_WRITE_BIT
#define WA (AUDIT_PERM_WRITE_BIT | AUDIT_PERM_ATTR_BIT)

static void test_perms(void **state)
{
	static const struct {
		const char *text;
		unsigned bits;
		const char *back;
	} cases[] = {
		{"wa", WA, "wa"},
		{"aw", WA, "wa"},
		{"axwr", AUDIT_PERM_ALL, "rwxa"},
		{"x", AUDIT_PERM_EXEC_BIT, "x"},
		{"", 0, ""},
		{"wq", 0, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *back = audit_perms_text(cases[i].bits);

		assert_int_equal(audit_perms_parse(cases[i].text), cases[i].bits);
		assert_string_equal(back, cases[i].back);
	}
}

/* Each spelling with its canonical text; that text is its own canonical one. */
static void test_canonical(void **state)
{
	static const char *const cases[][2] = {
		{"-w /etc/docker -p wa -k docker", "-w /etc/docker -p wa -k docker"},
		{"  -k docker -p aw -w /etc//docker/ ", "-w /etc/docker -p wa -k docker"},
		{"-w /etc/docker", "-w /etc/docker -p rwxa"},
		{"-w/etc/docker -pwa -kk", "-w /etc/docker -p wa -k k"},
		{"-w /a\\ b -p w", "-w /a\\ b -p w"},
		{"-w /a -p w -k two -k one", "-w /a -p w -k one,two"},
		{"-a always,exit -F path=/a -F perm=wa -F key=k",
		 "-a always,exit -F path=/a -F perm=wa -k k"},
		{"-a exit,always -F key=k -F perm=aw -F path=/a",
		 "-a always,exit -F path=/a -F perm=wa -k k"},
		{"-a always,exit -F arch=b64 -S all -F dir=/a/ -F perm=wa -k k",
		 "-a always,exit -F arch=b64 -F dir=/a -F perm=wa -k k"},
		{"-a never,exit -F dir=/a", "-a never,exit -F dir=/a -F perm=rwxa"},
		{"-A exit,never -F path=/a -F perm=x", "-A never,exit -F path=/a -F perm=x"},
		{"-a always,exit -F auid>=1000 -F path=/a -F perm=wa -F auid!=-1 -k k",
		 "-a always,exit -F path=/a -F perm=wa -F auid!=-1 -F auid>=1000 -k k"},
		{"-a always,exit -S open,close -F arch=b64 -S open -k k",
		 "-a always,exit -F arch=b64 -S close -S open -k k"},
		{"-a always,exit -C uid!=euid -F arch=b32 -k k",
		 "-a always,exit -F arch=b32 -C uid!=euid -k k"},
		{"-a never,task", "-a never,task"},
		{"-w /a -p w -k two\\ words", "-w /a -p w -k two\\ words"},
		{"-a never,odd\\ list", "-a never,odd\\ list"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(audit_rule_clear) struct audit_rule r = {0}, again = {0};
		CLEANUP(freep) char *text = NULL, *twice = NULL;

		assert_int_equal(audit_rule_parse(cases[i][0], &r, NULL), 1);
		text = audit_rule_canonical(&r);
		assert_string_equal(text, cases[i][1]);
		assert_int_equal(audit_rule_parse(text, &again, NULL), 1);
		twice = audit_rule_canonical(&again);
		assert_string_equal(twice, text);
		assert_true(audit_rule_same(&r, &again));
	}
}

static void test_what_is_no_rule(void **state)
{
	static const struct {
		const char *line;
		int result;
	} cases[] = {
		{"", 0},
		{"   ", 0},
		{"  \t", -EINVAL},
		{"\r", -EINVAL},
		{"-w /a\t-p wa", -EINVAL},
		{"-w /a -p wa\r", -EINVAL},
		{"# -w /a -p wa", 0},
		{"-D", 0},
		{"-b 8192", 0},
		{"-e 2", 0},
		{"-f 1", 0},
		{"--backlog_wait_time 60000", 0},
		{"-c", 0},
		{"--loginuid-immutable", 0},
		{"-w /a\\", -EINVAL},
		{"-w /a -k k\\", -EINVAL},
		{"-w /a\\/", -EINVAL},
		{"-a always,exit -S a\\,b", -EINVAL},
		{"-a odd\\,never", -EINVAL},
		{"-w /a -F key=", -EINVAL},
		{"-a never,always", -EINVAL},
		{"-w", -EINVAL},
		{"-w a", -EINVAL},
		{"-p wa", -EINVAL},
		{"-w /a -p q", -EINVAL},
		{"watch /a", -EINVAL},
		{"-w /a -w /b", -EINVAL},
		{"-w /a -F path=/a", -EINVAL},
		{"-w /a -a always,exit", -EINVAL},
		{"-a always,exit -F path=/a -F dir=/a", -EINVAL},
		{"-a exit -F path=/a", -EINVAL},
		{"-a always,exit -F nothing", -EINVAL},
		{"-W /a -p wa", -EOPNOTSUPP},
		{"-d always,exit -F path=/a", -EOPNOTSUPP},
		{"-w /a -F auid=0", -EINVAL},
		{"- x", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(audit_rule_clear) struct audit_rule r = {0};
		CLEANUP(error_clear) struct error err = {0};
		int result = audit_rule_parse(cases[i].line, &r, &err);

		if (result != cases[i].result)
			fail_msg("'%s': %d, %s", cases[i].line, result, err.text);
		assert_int_equal(result < 0, err.text != NULL);
	}
}

static void test_same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"-w /a -p wa -k k", "-a exit,always -F perm=aw -F path=/a -k k", true},
		{"-w /a -p wa -k k", "-a always,exit -S all -F dir=/a -F perm=wa -F key=k", true},
		{"-a always,exit -F path=/a -F perm=w", "-a always,exit -F dir=/a -F perm=w",
		 false},
		{"-w /a -p wa -k k", "-w /a -p wa -k other", false},
		{"-w /a -p wa", "-w /a -p w", false},
		{"-w /a", "-w /ab", false},
		{"-w /a", "-a never,exit -F path=/a", false},
		{"-a always,exit -F path=/a -F auid=0", "-a always,exit -F path=/a", false},
		{"-a always,exit -S open -S close", "-a exit,always -S close,open", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(audit_rule_clear) struct audit_rule a = {0}, b = {0};

		assert_int_equal(audit_rule_parse(cases[i].a, &a, NULL), 1);
		assert_int_equal(audit_rule_parse(cases[i].b, &b, NULL), 1);
		if (audit_rule_same(&a, &b) != cases[i].same)
			fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
	}
}

struct cover_case {
	const char *rules; /* one a line */
	const char *path;
	bool tree, covered;
};

static void run_cover(const struct cover_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(strv_clear) struct strv have = {0};

		strv_split(&have, cases[i].rules, "\n");
		if (audit_rules_cover(&have, cases[i].path, cases[i].tree, WA) != cases[i].covered)
			fail_msg("case %zu: '%s' and '%s'", i, cases[i].path, cases[i].rules);
	}
}

static void test_cover(void **state)
{
	static const struct cover_case cases[] = {
		{"", "/a", false, false},
		{"-w /etc/docker -p wa", "/etc/docker", false, true},
		{"-w /etc/docker -p wa", "/etc/docker", true, true},
		{"-w /etc/docker/ -p wa", "/etc/docker/", true, true},
		{"-w /etc/docker", "/etc/docker", true, true},
		{"-w /etc/docker -p rwxa -k anything", "/etc/docker", true, true},
		/* a longer path, and one that only begins alike */
		{"-w /etc/docker/daemon.json -p wa", "/etc/docker", false, false},
		{"-w /etc/docker -p wa", "/etc/docker-registry", false, false},
		{"-w /etc/dock -p wa", "/etc/docker", false, false},
		/* permissions, in one rule or in several */
		{"-w /a -p w", "/a", false, false},
		{"-w /a -p rx", "/a", false, false},
		{"-w /a -p w\n-w /a -p a", "/a", false, true},
		{"-w /a -p w\n-a always,exit -F path=/a -F perm=a", "/a", false, true},
		{"-w /a -p w\n-w /b -p a", "/a", false, false},
		/* path is not recursive, dir is, and a parent's tree holds its files */
		{"-a always,exit -F path=/d -F perm=wa", "/d", true, false},
		{"-a always,exit -F path=/d -F perm=wa", "/d", false, true},
		{"-a always,exit -F dir=/d -F perm=wa", "/d", true, true},
		{"-a always,exit -F dir=/etc -F perm=wa", "/etc/docker/daemon.json", false, true},
		{"-a always,exit -F dir=/etc -F perm=wa", "/etc/docker", true, true},
		{"-w /etc -p wa", "/etc/docker/daemon.json", false, true},
		{"-a always,exit -F path=/etc -F perm=wa", "/etc/docker", false, false},
		{"-a always,exit -F dir=/ -F perm=wa", "/etc", true, true},
		/* spellings */
		{"-a exit,always -F perm=wa -F path=/a -F key=k", "/a", false, true},
		{"-a always,exit -F arch=b64 -S all -F path=/a -F perm=wa -k k\n"
		 "-a always,exit -F arch=b32 -S all -F path=/a -F perm=wa -k k",
		 "/a", false, true},
		/* a program may make its calls by the other architecture */
		{"-a always,exit -F arch=b64 -S all -F path=/a -F perm=wa", "/a", false, false},
		{"-a always,exit -F arch=b32 -F path=/a -F perm=wa", "/a", false, false},
		{"-a always,exit -F arch=b64 -F path=/a -F perm=w\n"
		 "-a always,exit -F arch=b32 -F path=/a -F perm=a",
		 "/a", false, false},
		{"-a always,exit -F arch=b64 -F arch=b32 -F path=/a", "/a", false, false},
		{"-a always,exit -F arch!=b64 -F path=/a", "/a", false, false},
		{"-a always,exit -F arch=aarch64 -F path=/a", "/a", false, false},
		{"-a always,exit -S all -F dir=/d -F key=k", "/d", true, true},
		/* narrowed rules do not count */
		{"-a always,exit -F path=/a -F perm=wa -F auid=1000", "/a", false, false},
		{"-a always,exit -S open -S openat -F path=/a -F perm=wa", "/a", false, false},
		{"-a always,exit -S open,openat -F path=/a", "/a", false, false},
		{"-a always,exit -F path=/a -F perm=wa -C uid!=euid", "/a", false, false},
		{"-a always,exit -F path=/a -F perm=wa -F success=1", "/a", false, false},
		{"-a always,exit -S all -F auid>=1000", "/a", false, false},
		{"-a always,user -F path=/a", "/a", false, false},
		{"# -w /a -p wa\n-e 2", "/a", false, false},
	};

	run_cover(cases, ARRAY_SIZE(cases));
}

static void test_never(void **state)
{
	static const struct cover_case cases[] = {
		{"-a never,exit -F path=/a\n-w /a -p wa", "/a", false, false},
		{"-w /a -p wa\n-a never,exit -F path=/a", "/a", false, true},
		{"-a never,exit -F dir=/d\n-w /d/f -p wa", "/d/f", false, false},
		{"-a never,exit -F path=/d\n-w /d/f -p wa", "/d/f", false, true},
		{"-a never,exit -F path=/d/f\n-w /d -p wa", "/d", true, false},
		{"-a never,exit -F path=/d/f\n-w /d -p wa", "/d/g", false, true},
		{"-a never,exit -F path=/d/f\n-w /d -p wa", "/d", false, true},
		{"-a never,exit -F path=/d\n-w /d -p wa", "/d", true, false},
		{"-a never,exit -F path=/a -F perm=r\n-w /a -p wa", "/a", false, true},
		{"-a never,exit -F path=/a -F perm=a\n-w /a -p wa", "/a", false, false},
		{"-w /a -p w\n-a never,exit -F path=/a -F perm=w\n-w /a -p wa", "/a", false, true},
		{"-a never,exit -F path=/a -F exe=/bin/x\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F path=/ab\n-w /a -p wa", "/a", false, true},
		{"-a never,exit\n-w /a -p wa", "/a", false, false},
		{"-w /a -p wa\n-a never,exit", "/a", false, true},
		{"-a never,exit -F arch=b32\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F arch!=b64 -F path=/a\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F arch=b32 -F path=/a\n-w /a -p wa", "/a", false, false},
		{"-w /a -p wa\n-a never,exit -F arch=b32 -F path=/a", "/a", false, true},
		{"-a never,exit -S adjtimex -F auid=-1\n-w /a -p wa", "/a", false, true},
		{"-w /a -p wa\n-a never,task", "/a", false, false},
		{"-a never,task -F uid=33\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F uid=33\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F auid=unset\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F exe=/usr/bin/dpkg\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -C auid!=uid\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F exit=-13\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -F perm=r -F uid=33\n-w /a -p wa", "/a", false, true},
		{"-a never,exit -S openat -F uid=33\n-w /a -p wa", "/a", false, false},
		{"-a never,exit -S adjtimex,unlink -F uid=33\n-w /a -p wa", "/a", false, false},
		{"-w /a -p wa\n-a never,exit -F uid=33", "/a", false, true},
		{"-w /a -p wa\n-A never,exit -F uid=33", "/a", false, false},
		{"-a never,user -F uid=33\n-w /a -p wa", "/a", false, true},
		{"-a never,exclude -F msgtype=CWD\n-w /a -p wa", "/a", false, true},
		/* -A goes before all others */
		{"-w /a -p wa\n-A never,exit -F path=/a", "/a", false, false},
		{"-a never,exit -F path=/a\n-A always,exit -F path=/a -F perm=wa", "/a", false,
		 true},
		{"-A never,exit -F path=/a\n-A always,exit -F path=/a", "/a", false, true},
		{"-A always,exit -F path=/a\n-A never,exit -F path=/a", "/a", false, false},
	};

	run_cover(cases, ARRAY_SIZE(cases));
}

/* A line that has a part in what covers the path is never passed over, however it is written. */
static void test_matters(void **state)
{
	static const char *const forms[] = {
		"-w %s -p wa -k x",
		"-w%s -p wa",
		"-a always,exit -F path=%s -F perm=wa -k x",
		"-a always,exit -F arch=b64 -F dir=%s -F perm=wa",
		"-A exit,always -Fdir=%s -F perm=wa",
		"-a\talways,exit\t-F\tdir=%s\t-F\tperm=wa",
		"-w %s/ -p wa",
		"-w %s// -p wa",
	};
	static const char *const spellings[] = {"/etc/docker",   "//etc/docker",
						"/etc/./docker", "/etc",
						"/etc//docker",  "/etc/docker/certs.d"};
	static const char *const paths[] = {"/etc/docker", "/etc/docker/certs.d",
					    "/etc",        "/etc/dockerd",
					    "/usr",        "/etc/docker/"};

	for (size_t f = 0; f < ARRAY_SIZE(forms); f++)
		for (size_t s = 0; s < ARRAY_SIZE(spellings); s++) {
			const char *at = strstr(forms[f], "%s");
			CLEANUP(freep)
			char *line = xasprintf("%.*s%s%s", (int)(at - forms[f]), forms[f],
					       spellings[s], at + 2);
			CLEANUP(strv_clear) struct strv rules = {0};

			strv_add(&rules, line);
			for (size_t p = 0; p < ARRAY_SIZE(paths); p++)
				if (audit_rules_cover(&rules, paths[p], false,
						      AUDIT_PERM_WRITE_BIT) &&
				    !audit_line_matters(line, paths[p]))
					fail_msg("'%s' is passed over for '%s'", line, paths[p]);
		}
	assert_true(audit_line_matters("-a never,exit -S all", "/etc"));
	assert_true(audit_line_matters("-a never,exit -F path=/etc/a/b -F perm=wa", "/etc/a"));
	assert_true(audit_line_matters("-w / -p wa", "/etc"));
	assert_false(audit_line_matters("-w /etc/shadow -p wa -k x", "/etc/docker"));
	assert_false(audit_line_matters("-w /etc/docker/a -p wa", "/etc/docker"));
	assert_false(audit_line_matters("-a always,exit -S execve -k x", "/etc/docker"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perms),           cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_what_is_no_rule), cmocka_unit_test(test_same),
		cmocka_unit_test(test_cover),           cmocka_unit_test(test_never),
		cmocka_unit_test(test_matters),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
