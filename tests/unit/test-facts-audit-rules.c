#include "tests/unit/temp-directory.h"

#include "engine/facts/gather.h"
#include "engine/facts/parts.h"

/* Rule files, by name; and the faults that the next boot meets in them ("file line ends;"). */
static const struct row {
	const char *name;
	const char *a, *b, *c; /* 9-a.rules, 10-b.rules, 60-harden-docker.rules */
	const char *faults;
	const char *why; /* a part of the first */
} rows[] = {
	{"nothing wrong", "-D\n-b 8192\n", "-w /etc/a -p wa\n", "-w /etc/b\n", "", NULL},
	{"ends it", "-w /etc/a\n", "# x\n\n-a always,exit -F arch=b64 -S umount -k m\n-w /etc/c\n",
	 "-w /etc/b\n", "10-b.rules 3 ends;", "no system call 'umount'"},
	{"goes on", "-c\n", "garbage\n-w /etc/c\ngarbage\n", "-w /etc/b\n",
	 "10-b.rules 1;10-b.rules 3;", "garbage"},
	{"goes on too late", "", "garbage\n-i\n", "-w /etc/b\n", "10-b.rules 1 ends;", "garbage"},
	{"natural order", "garbage\n", "garbage\n", "", "9-a.rules 1 ends;", "garbage"},
	{"twice", "-w /etc/a -p wa\n", "-w /etc/a -p wa\n", "", "10-b.rules 1 ends;",
	 "the same rule"},
	{"twice, none taken out between", "-w /etc/a\n", "-D -k x\n-w /etc/a\n", "",
	 "10-b.rules 2 ends;", "the same rule"},
	{"-D goes to the front", "-w /etc/a\n", "-D\n-w /etc/a\n", "", "10-b.rules 2 ends;",
	 "the same rule"},
	{"-e goes behind", "-e 2\n", "-w /etc/a\n", "-w /etc/b\n", "", NULL},
	{"-b is read first", "-w /etc/a\n", "-b many\n", "", "10-b.rules 1 ends;", "'-b many'"},
	{"only the last -b counts", "-b many\n", "-b 1\n", "", "", NULL},
	{"by their key", "-w /etc/a -k my-x\n", "-D -k x\n-w /etc/a -k my-x\n", "", "", NULL},
	{"by another key", "-w /etc/a -k y\n", "-D -k x\n-w /etc/a -k y\n", "",
	 "10-b.rules 2 ends;", "the same rule"},
	{"a blank behind -D keeps it where it is", "-w /etc/a\n", "-D \n-w /etc/a\n", "", "", NULL},
	{"so does one before it", "-w /etc/a\n", " -D\n-w /etc/a\n", "", "", NULL},
	{"locked, and others behind", "-w /etc/a\n -e 2\n", "-b 8192\n-w /etc/b\n", "",
	 "9-a.rules 2 ends;", "others stand behind"},
	{"locked, and they go on", "-i\n -e 2\n", "-w /etc/b\n", "", "9-a.rules 2 ends;",
	 "others stand behind"},
	{"locked, and no rule behind", "-w /etc/a\n -e 2\n", "-r 0\n", "", "", NULL},
	{"no line end", "-w /etc/a -p wa", "-w /etc/c\n", "", "9-a.rules 1 ends;", "has no end"},
	{"no line end at the end", "", "", "-w /etc/a -p wa", "", NULL},
	{"no directory", "-w /none/a\n", "", "", "9-a.rules 1 ends;", "no directory '/none'"},
	{"an account of the root", "-a always,exit -S all -F auid=ops\n", "", "", "", NULL},
	{"no such account", "-a always,exit -S all -F auid=daemon\n", "", "", "9-a.rules 1 ends;",
	 "no user 'daemon'"},
};

static char *faults_text(const struct facts *f)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (size_t i = 0; i < f->audit.nfaults; i++)
		buf_printf(&out, "%s %zu%s;", f->audit.faults[i].file, f->audit.faults[i].line,
			   f->audit.faults[i].ends ? " ends" : "");
	return buf_take(&out);
}

static void make(const struct temp_directory *t)
{
	static const char *const directories[] = {"etc", "etc/audit", "etc/audit/rules.d",
						  "etc/audit/plugins.d"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
	temp_directory_write(t, "etc/passwd", "root:x:0:0::/:\nops:x:1000:1000::/:\n");
}

static void test_rows(void **state)
{
	const struct temp_directory *t = *state;

	make(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep) char *faults = NULL;

		temp_directory_write(t, "etc/audit/rules.d/9-a.rules", rows[i].a);
		temp_directory_write(t, "etc/audit/rules.d/10-b.rules", rows[i].b);
		temp_directory_write(t, "etc/audit/rules.d/60-harden-docker.rules", rows[i].c);
		temp_directory_write(t, "etc/audit/rules.d/not-read.txt", "garbage\n");
		gather_audit_rules(&g);
		faults = faults_text(&f);
		if (strcmp(faults, rows[i].faults) != 0 ||
		    (rows[i].why && !strstr(f.audit.faults[0].why, rows[i].why)))
			fail_msg("%s: %s (%s)", rows[i].name, faults,
				 f.audit.nfaults ? f.audit.faults[0].why : "-");
	}
}

/* With an awk that knows \\s a blank before or behind them does not count, as with gawk. */
static void test_other_awk(void **state)
{
	const struct temp_directory *t = *state;

	make(t);
	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/bin", 0755), 0);
	for (int gawk = 0; gawk < 2; gawk++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep) char *faults = NULL;

		temp_directory_write(t, gawk ? "usr/bin/gawk" : "usr/bin/mawk", "");
		unlinkat(t->fd, "usr/bin/awk", 0);
		assert_int_equal(symlinkat(gawk ? "gawk" : "mawk", t->fd, "usr/bin/awk"), 0);
		temp_directory_write(t, "etc/audit/rules.d/9-a.rules", "-w /etc/a\n");
		temp_directory_write(t, "etc/audit/rules.d/10-b.rules",
				     " -D \n-w /etc/b\n -e 2\n-w /etc/a\n");
		gather_audit_rules(&g);
		faults = faults_text(&f);
		assert_string_equal(faults, gawk ? "10-b.rules 4 ends;" : "10-b.rules 3 ends;");
		assert_int_equal(f.audit.nclearings, gawk ? 0 : 1);
	}
}

/* What takes out others, and what keeps the ones behind from being loaded later. */
static void test_clearings_and_lock(void **state)
{
	static const struct {
		const char *rules;
		const char *clearings; /* "LINE KEY;" */
		const char *locked, *off;
	} hosts[] = {
		{"-D\n-w /etc/a\n", "", NULL, NULL},
		{"-w /etc/a\n-D -k x\n", "2 x;", NULL, NULL},
		{"-w /etc/a\n-D \n", "2 -;", NULL, NULL},
		{"-e 2\n-w /etc/a\n", "", "line 1 locks the rules", NULL},
		{"-w /etc/a\n  -e 2\n", "", "line 2 locks the rules", NULL},
		{"  -e 2\n-e 0\n", "", "line 1 locks the rules", NULL},
		{"  -e 0\n-w /etc/a\n", "", NULL, "line 1 switches audit off"},
		{"  -e 0\n-e 1\n", "", NULL, NULL},
		{"garbage\n-e 2\n", "", NULL, NULL},
		{"-a always,exclude -F uid=0\n", "", NULL, "line 1 keeps records away"},
		{"-a always,exclude -F uid=0\n-D \n", "2 -;", NULL, NULL},
	};
	const struct temp_directory *t = *state;

	make(t);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(buf_clear) struct buf out = {0};

		temp_directory_write(t, "etc/audit/rules.d/9-a.rules", hosts[i].rules);
		gather_audit_rules(&g);
		for (size_t k = 0; k < f.audit.nclearings; k++)
			buf_printf(&out, "%zu %s;", f.audit.clearings[k].line,
				   f.audit.clearings[k].key ? f.audit.clearings[k].key : "-");
		if (strcmp(buf_str(&out), hosts[i].clearings) != 0 ||
		    !f.audit.locked_at_boot != !hosts[i].locked ||
		    (hosts[i].locked && !strstr(f.audit.locked_at_boot, hosts[i].locked)) ||
		    !f.audit.off_at_boot != !hosts[i].off ||
		    (hosts[i].off && !strstr(f.audit.off_at_boot, hosts[i].off)))
			fail_msg("%zu: '%s', %s, %s", i, buf_str(&out), f.audit.locked_at_boot,
				 f.audit.off_at_boot);
	}
}

static size_t compared;

char *__real_strstr(const char *text, const char *word);
char *__wrap_strstr(const char *text, const char *word);

char *__wrap_strstr(const char *text, const char *word)
{
	compared += strcmp(word, "none") == 0;
	return __real_strstr(text, word);
}

/* As many lines that take out as rules: each rule is held against a text once, wherever the lines stand. */
static void test_many_clearings(void **state)
{
	const struct temp_directory *t = *state;
	const size_t n = 500;

	make(t);
	for (int mixed = 0; mixed <= 1; mixed++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		struct gather g = {.facts = &f, .root = &t->root};

		for (size_t i = 0; i < 2 * n; i++)
			if (mixed ? i % 2 : i >= n)
				buf_puts(&text, "-D -k none\n");
			else
				buf_printf(&text, "-w /etc/a%zu -p wa -k docker\n", i);
		buf_puts(&text, "-D -k docker\n-w /etc/a0 -p wa -k docker\n");
		temp_directory_write(t, "etc/audit/rules.d/9-a.rules", buf_str(&text));
		compared = 0;
		gather_audit_rules(&g);
		assert_int_equal(f.audit.nfaults, 0);
		assert_int_equal(f.audit.nclearings, n + 1);
		if (compared > n)
			fail_msg("%zu comparisons for %zu rules", compared, n);
	}
}

/* Rules that are loaded, and whose events go nowhere. */
static void test_unrecorded(void **state)
{
	static const struct {
		const char *conf, *plugin, *rules;
		const char *unrecorded, *off;
	} hosts[] = {
		{"write_logs = yes\n", "active = no\n", "-w /etc/a\n", NULL, NULL},
		{"write_logs = no\n", "active = no\n", "", "write_logs", NULL},
		{"write_logs = NO\n", "active = yes\n", "", NULL, NULL},
		{"log_format = NOLOG\n", "", "", "log_format", NULL},
		{"# write_logs = no\n", "", "", NULL, NULL},
		{"", "", "-w /etc/a\n-e 0\n-w /etc/b\n", NULL, "line 2 switches audit off"},
		{"", "", "-e 0\n-e 1\n", NULL, NULL},
		{"", "", "-a always,exclude -F msgtype=SYSCALL\n", NULL,
		 "line 1 keeps the records"},
		{"", "", "-a never,exclude -F msgtype>=1300\n", NULL, "line 1 keeps the records"},
		{"", "", "-a always,exclude -F msgtype=CWD\n", NULL, NULL},
		{"", "", "-a always,exclude -F msgtype=SYSCALL -F uid=1000\n", NULL,
		 "line 1 keeps records away of those"},
		{"", "", "-a always,exclude -F auid>=0\n", NULL,
		 "line 1 keeps records away of those"},
		{"", "", "-a exclude,never -Fuid=0\n", NULL, "line 1 keeps records away of those"},
		{"", "", "-a always,exclude -F uid=0 -F msgtype=CWD\n", NULL, NULL},
		{"", "", "-a always,exit -F dir=/etc/a -F uid=0\n", NULL, NULL},
	};
	const struct temp_directory *t = *state;

	make(t);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(facts_clear) struct facts f = {.offline = true};
		struct gather g = {.facts = &f, .root = &t->root};

		temp_directory_write(t, "etc/audit/auditd.conf", hosts[i].conf);
		temp_directory_write(t, "etc/audit/plugins.d/syslog.conf", hosts[i].plugin);
		temp_directory_write(t, "etc/audit/plugins.d/af_unix.conf", "active = yes\n");
		temp_directory_write(t, "etc/audit/rules.d/1.rules", hosts[i].rules);
		gather_audit(&g);
		if (!f.audit.unrecorded != !hosts[i].unrecorded ||
		    (f.audit.unrecorded && !strstr(f.audit.unrecorded, hosts[i].unrecorded)) ||
		    !f.audit.off_at_boot != !hosts[i].off ||
		    (hosts[i].off && !strstr(f.audit.off_at_boot, hosts[i].off)))
			fail_msg("%zu: %s, %s", i, f.audit.unrecorded, f.audit.off_at_boot);
		buf_clear(&g.packages);
	}
}

static struct {
	int enabled;
	bool no_daemon;
	const char *rule;
} kernel;

int __wrap_audit_read(struct audit_facts *ret, struct error *err);

int __wrap_audit_read(struct audit_facts *ret, struct error *err)
{
	ret->enabled = kernel.enabled;
	ret->no_daemon = kernel.no_daemon;
	strv_add(&ret->kernel_rules, kernel.rule);
	return 0;
}

/* Where it is for another reason, to take the rule out alone helps nothing. */
static void test_excluded(void **state)
{
	static const char exclude[] = "-a always,exclude -F uid=1000", watch[] = "-w /etc/a -p wa";
	static const struct {
		int enabled;
		bool no_daemon;
		const char *conf, *rule;
		const char *unrecorded; /* NULL: they are recorded */
		bool excluded;
	} hosts[] = {
		{1, false, "", watch, NULL, false},
		{1, false, "", exclude, "a rule of the list 'exclude' keeps", true},
		{1, false, "", exclude, ": '-a always,exclude -F uid=1000'", true},
		{2, false, "", exclude, "a rule of the list 'exclude' keeps", true},
		{0, false, "", exclude, "switched off", false},
		{1, true, "", exclude, "auditd does not run", false},
		{1, false, "write_logs = no\n", exclude, "writes no log", false},
	};
	const struct temp_directory *t = *state;

	make(t);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};

		kernel.enabled = hosts[i].enabled;
		kernel.no_daemon = hosts[i].no_daemon;
		kernel.rule = hosts[i].rule;
		temp_directory_write(t, "etc/audit/auditd.conf", hosts[i].conf);
		temp_directory_write(t, "etc/audit/plugins.d/syslog.conf", "active = no\n");
		gather_audit(&g);
		if (!f.audit.unrecorded != !hosts[i].unrecorded ||
		    (f.audit.unrecorded && !strstr(f.audit.unrecorded, hosts[i].unrecorded)) ||
		    f.audit.excluded != hosts[i].excluded)
			fail_msg("%zu: %s", i, f.audit.unrecorded);
		buf_clear(&g.packages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_rows),
		TEMP_DIRECTORY_TEST(test_other_awk),
		TEMP_DIRECTORY_TEST(test_clearings_and_lock),
		TEMP_DIRECTORY_TEST(test_many_clearings),
		TEMP_DIRECTORY_TEST(test_unrecorded),
		TEMP_DIRECTORY_TEST(test_excluded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
