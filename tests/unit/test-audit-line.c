#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/audit-line.h"

/* What auditctl -R 3.0.9 made of each line, on a machine with a kernel of its own. */
static const struct row {
	const char *line;
	int kind; /* negative: an error */
	const char *why; /* a part of it */
} rows[] = {
	{"", AUDIT_LINE_NOTHING, NULL},
	{"  # -w /etc", AUDIT_LINE_NOTHING, NULL},
	{"-b 8192", AUDIT_LINE_NOTHING, NULL},
	{"-b abc", -1, "'-b abc'"},
	{"-e 2", AUDIT_LINE_NOTHING, NULL},
	{"-e 2x", -1, "'-e 2x'"},
	{"-r 100", AUDIT_LINE_NOTHING, NULL},
	{"--reset-lost", AUDIT_LINE_NOTHING, NULL},
	{"--backlog_wait_time 60000", AUDIT_LINE_NOTHING, NULL},
	{"-D", AUDIT_LINE_CLEAR, NULL},
	{"-D -k x", AUDIT_LINE_CLEAR, NULL},
	{"-i", AUDIT_LINE_GO_ON, NULL},
	{"-c", AUDIT_LINE_GO_ON, NULL},
	{"garbage", -1, "'garbage' is not an option"},
	{"-w /etc/passwd -p wa -k identity", AUDIT_LINE_RULE, NULL},
	/* as auditctl -R took each (3.0.9): only the blank parts words */
	{"\t-w /etc/passwd -p wa -k x", -1, "is not an option"},
	{"-w /etc/passwd\t-p wa -k x", -1, "is not an option"},
	{"-w /etc/passwd -p wa\t-k x", -1, "'-p wa\t-k'"},
	{"-w\t/etc/passwd -p wa", -1, "not an absolute path"},
	{"-w /etc/passwd -p wa\v-k x", -1, "'-p wa\v-k'"},
	{" -w /etc/passwd  -p  wa ", AUDIT_LINE_RULE, NULL},
	{"-w /etc/passwd -p WA", AUDIT_LINE_RULE, NULL},
	{"-w /etc/passwd -p wa\r", -1, "'-p wa\r'"},
	{"-w /etc/passwd\r", AUDIT_LINE_RULE, NULL},
	{"-w /etc/passwd/\r", -1, "no directory '/etc/passwd'"},
	{"-w /etc/passwd -p wa -k x\r", AUDIT_LINE_RULE, NULL},
	{"-w /etc/passwd -p wa -k x\ty", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -F path=/etc/passwd\r", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -F path=/etc/passwd -F perm=WA", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -F path=/etc/passwd -F perm=wa\r", -1, "'-F perm=wa\r'"},
	{"-a always,exit -F arch=b64 -S open\r", -1, "no system call 'open\r'"},
	{"-a always,exit -F arch=b64\t-S open", -1, "'-F arch=b64\t-S'"},
	{"-a always,exit -F arch=b64 -S open -k x\r", AUDIT_LINE_RULE, NULL},
	{"\t", -1, "is not an option"},
	{"\r", -1, "is not an option"},
	{"\v", -1, "is not an option"},
	{"\t# x", -1, "is not an option"},
	{"  # x", AUDIT_LINE_NOTHING, NULL},
	{"   ", AUDIT_LINE_NOTHING, NULL},
	{"# x\r", AUDIT_LINE_NOTHING, NULL},
	{"-D\r", -1, "is not an option"},
	{"-b 8192\r", AUDIT_LINE_NOTHING, NULL},
	{"-f 1\r", -1, "'-f 1\r'"},
	{"-e 1\r", -1, "'-e 1\r'"},
	{"-e\t1", -1, "is not a number"},
	{"-i\r", AUDIT_LINE_GO_ON, NULL},
	{"-c\r", AUDIT_LINE_GO_ON, NULL},
	{"-w /etc/nosuch -p wa", AUDIT_LINE_RULE, NULL},
	{"-w /no/such/a -p wa", -1, "no directory '/no/such'"},
	{"-w etc -p wa", -1, "not an absolute path"},
	{"-w /etc/c -p wz", -1, "'-p wz'"},
	{"-w /etc/c # comment", -1, "'#'"},
	{"-w /etc/c -k", -1, "'-k' has no value"},
	{"-k foo", -1, "before its rule"},
	{"-W /etc/c", AUDIT_LINE_DELETE, NULL},
	{"-a always,exit -F path=/etc/q -F perm=wa -k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	 AUDIT_LINE_RULE, NULL},
	{"-a always,exit -F dir=/etc -F perm=wa", AUDIT_LINE_RULE, NULL},
	{"-a exit,always -F dir=/etc -F perm=wa", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -F dir=/etc/nosuch -F perm=wa", -1, "no directory '/etc/nosuch'"},
	{"-a always,nowhere -S open", -1, "'always,nowhere'"},
	{"-a always,exit -F arch=b64 -S umount2 -k mounts", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -F arch=b64 -S umount,umount2 -k mounts", -1,
	 "no system call 'umount' on"},
	{"-a always,exit -F arch=b32 -S umount -k mounts", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -S all -F auid=alice", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -S all -F auid=nosuch", -1, "no user 'nosuch'"},
	{"-a always,exit -S all -F gid=nosuch", -1, "no group 'nosuch'"},
	{"-a always,exit -S all -F auid>=1000 -F auid!=unset", AUDIT_LINE_RULE, NULL},
	{"-a always,exit -S all -F colour=red", -1, "'-F colour=red'"},
	{"-a always,exit -S open -F arch=b64", -1, "behind -S"},
	{"-a always,exit -C uid!=euid -F euid=0", AUDIT_LINE_RULE, NULL},
	{"-a never,exclude -F msgtype=CWD", AUDIT_LINE_RULE, NULL},
};

static long number(const struct audit_names *n, bool group, const char *name)
{
	return !group && strcmp(name, "alice") == 0 ? 1000 : -1;
}

static bool is_directory(const struct audit_names *n, const char *path)
{
	return strcmp(path, "/etc") == 0 || strcmp(path, "/") == 0;
}

static const struct audit_names names = {number, is_directory, NULL};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf rule = {0};
		int kind = audit_line_try(rows[i].line, &names, &rule, &err);

		if ((kind < 0) != (rows[i].kind < 0) || (kind >= 0 && kind != rows[i].kind) ||
		    (kind < 0 && !strstr(error_text(&err), rows[i].why)))
			fail_msg("'%s': %d, %s", rows[i].line, kind, error_text(&err));
		assert_int_equal(rule.len > 0,
				 kind == AUDIT_LINE_RULE || kind == AUDIT_LINE_DELETE);
	}
}

/* Which two lines are one rule for the kernel. */
static void test_equal_rules(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{"-w /etc/a -p wa", "-w /etc/a -p wa", true},
		{"-w /etc/a -p wa", "-w /etc/a -p aw", true},
		{"-w /etc/a -p wa", "-a always,exit -S all -F path=/etc/a -F perm=wa", true},
		{"-w /etc/a -p wa", "-w /etc/a -p wa -k x", false},
		{"-w /etc/a -p wa", "-w /etc/b -p wa", false},
		{"-w /etc/a -p wa", "-w /etc/a -p r", false},
		{"-w /etc/a -p wa", "-W /etc/a -p wa", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP(buf_clear) struct buf a = {0}, b = {0};

		assert_true(audit_line_try(pairs[i].a, &names, &a, NULL) > 0);
		assert_true(audit_line_try(pairs[i].b, &names, &b, NULL) > 0);
		if (buf_equal(&a, &b) != pairs[i].equal)
			fail_msg("'%s' and '%s'", pairs[i].a, pairs[i].b);
	}
}

static void test_long_line(void **state)
{
	CLEANUP(buf_clear) struct buf line = {0};

	buf_puts(&line, "-w /etc/a -k ");
	while (line.len < 5U << 20)
		buf_puts(&line, "aaaaaaaa");
	assert_true(audit_line_try(buf_str(&line), &names, NULL, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_equal_rules),
		cmocka_unit_test(test_long_line),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
