#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/audit-rule.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define DIR "/etc/audit/rules.d"
#define FILE_NAME DIR "/60-harden-docker.rules"

static void fill_but_calls(struct fake_view *f)
{
	fake_view_init(f);
	fake_dir(f, DIR, 0750);
	fake_dir(f, "/etc/docker", 0755);
	fake_dir(f, "/run", 0755);
	fake_dir(f, "/var/lib/docker", 0711);
	fake_dir(f, "/var/lib/docker/overlay2", 0711);
	fake_file(f, "/usr/sbin/dockerd", 0755, "");
	fake_file(f, "/usr/bin/containerd", 0755, "");
	fake_file(f, "/usr/sbin/runc", 0755, "");
	fake_link(f, "/usr/bin/runc", "/usr/sbin/runc");
	fake_node(f, "/run/docker.sock", NODE_SOCKET, 0660);
	fake_link(f, "/var/run", "/run");
	fake_file(f, "/srv/a b", 0644, "");
}

/* A kernel that has 32-bit calls, by its age. */
static void fake_32_bit(struct fake_view *f)
{
	fake_file(f, "/proc/sys/kernel/ostype", 0444, "Linux\n");
	fake_file(f, "/proc/sys/abi/vsyscall32", 0644, "1\n");
	f->facts.kernel = xstrdup("6.1.0");
}

static void fill(struct fake_view *f)
{
	fill_but_calls(f);
	fake_32_bit(f);
}

/* What the files and the kernel hold, what is watched, and what comes of it. */
static const struct row {
	const char *name;
	const char *rules; /* of 50-site.rules; NULL: no such file */
	const char *kernel; /* one rule; NULL: none */
	const char *want;
	enum verdict verdict, again;
	const char *content; /* of our file afterwards; NULL: not made */
	const char *loaded; /* rule that is loaded; NULL: none */
} rows[] = {
	{"nothing is there", NULL, NULL, "watch=/usr/sbin/dockerd perm=wax", VERDICT_FAIL,
	 VERDICT_PASS, "-w /usr/sbin/dockerd -p wxa -k docker\n",
	 "rule:-a always,exit -F path=/usr/sbin/dockerd -F perm=wxa -k docker"},
	{"a directory", NULL, NULL, "watch=/etc/docker", VERDICT_FAIL, VERDICT_PASS,
	 "-w /etc/docker -p wa -k docker\n",
	 "rule:-a always,exit -F dir=/etc/docker -F perm=wa -k docker"},
	{"in both", "-w /etc/docker -p wa -k x", "-a always,exit -F dir=/etc/docker -F perm=wa",
	 "watch=/etc/docker", VERDICT_PASS, VERDICT_PASS, NULL, NULL},
	{"by a wider rule", "-w /etc -p rwxa", "-a always,exit -F dir=/etc -F perm=rwxa",
	 "watch=/etc/docker", VERDICT_PASS, VERDICT_PASS, NULL, NULL},
	{"in the files only", "-w /etc/docker -p wa -k x", NULL, "watch=/etc/docker", VERDICT_FAIL,
	 VERDICT_PASS, NULL, "rule:-a always,exit -F dir=/etc/docker -F perm=wa -k docker"},
	{"in the kernel only", NULL, "-a always,exit -F dir=/etc/docker -F perm=wa -F key=x",
	 "watch=/etc/docker", VERDICT_FAIL, VERDICT_PASS, "-w /etc/docker -p wa -k docker\n", NULL},
	/* what a search for the path takes for a rule */
	{"a longer path", "-w /usr/bin/containerd-shim -p wa",
	 "-a always,exit -F path=/usr/bin/containerd-shim -F perm=wa",
	 "watch=/usr/bin/containerd perm=wa", VERDICT_FAIL, VERDICT_PASS,
	 "-w /usr/bin/containerd -p wa -k docker\n",
	 "rule:-a always,exit -F path=/usr/bin/containerd -F perm=wa -k docker"},
	{"fewer permissions", "-w /etc/docker -p r", "-a always,exit -F dir=/etc/docker -F perm=r",
	 "watch=/etc/docker", VERDICT_FAIL, VERDICT_PASS, "-w /etc/docker -p wa -k docker\n",
	 "rule:-a always,exit -F dir=/etc/docker -F perm=wa -k docker"},
	{"one architecture alone", "-a always,exit -F arch=b64 -F dir=/etc/docker -F perm=wa",
	 "-a always,exit -F arch=b64 -F dir=/etc/docker -F perm=wa", "watch=/etc/docker",
	 VERDICT_FAIL, VERDICT_PASS, "-w /etc/docker -p wa -k docker\n",
	 "rule:-a always,exit -F dir=/etc/docker -F perm=wa -k docker"},
	{"of no architecture that runs", "-a always,exit -F arch=aarch64 -F dir=/etc/docker",
	 "-a always,exit -F dir=/etc/docker", "watch=/etc/docker", VERDICT_FAIL, VERDICT_PASS,
	 "-w /etc/docker -p wa -k docker\n", NULL},
	{"not recursive", "-a always,exit -F path=/etc/docker -F perm=wa",
	 "-a always,exit -F path=/etc/docker -F perm=wa", "watch=/etc/docker", VERDICT_FAIL,
	 VERDICT_PASS, "-w /etc/docker -p wa -k docker\n",
	 "rule:-a always,exit -F dir=/etc/docker -F perm=wa -k docker"},
	{"a comment", "# -w /etc/docker -p wa", "-a always,exit -F dir=/etc/docker -F perm=wa",
	 "watch=/etc/docker", VERDICT_FAIL, VERDICT_PASS, "-w /etc/docker -p wa -k docker\n", NULL},
	{"a never rule before it", "-a never,exit -F dir=/etc", NULL, "watch=/etc/docker",
	 VERDICT_FAIL, VERDICT_FAIL, NULL, NULL},
	{"a never rule is loaded", "-w /etc/docker -p wa", "-a never,exit -F dir=/etc",
	 "watch=/etc/docker", VERDICT_FAIL, VERDICT_FAIL, NULL, NULL},
	/* paths */
	{"through a link", NULL, NULL, "watch=/usr/bin/runc perm=wax", VERDICT_FAIL, VERDICT_PASS,
	 "-w /usr/sbin/runc -p wxa -k docker\n",
	 "rule:-a always,exit -F path=/usr/sbin/runc -F perm=wxa -k docker"},
	{"not there", NULL, NULL, "watch=/usr/bin/dockerd", VERDICT_NOT_APPLICABLE,
	 VERDICT_NOT_APPLICABLE, NULL, NULL},
	{"not there yet", NULL, NULL, "watch=/etc/docker/daemon.json missing-ok=true", VERDICT_FAIL,
	 VERDICT_PASS, "-w /etc/docker/daemon.json -p wa -k docker\n",
	 "rule:-a always,exit -F path=/etc/docker/daemon.json -F perm=wa -k docker"},
	{"not there, nor its directory", NULL, NULL, "watch=/etc/moby/x missing-ok=true",
	 VERDICT_NOT_APPLICABLE, VERDICT_NOT_APPLICABLE, NULL, NULL},
	{"gone at boot", NULL, NULL, "watch=/run/containerd/containerd.sock",
	 VERDICT_NOT_APPLICABLE, VERDICT_NOT_APPLICABLE, NULL, NULL},
	{"/run itself is there at boot", NULL, NULL, "watch=/var/run/docker.sock", VERDICT_FAIL,
	 VERDICT_PASS, "-w /run/docker.sock -p wa -k docker\n",
	 "rule:-a always,exit -F path=/run/docker.sock -F perm=wa -k docker"},
	{"connections too", "-w /run/docker.sock -p wa",
	 "-a always,exit -F path=/run/docker.sock -F perm=wa",
	 "watch=/run/docker.sock connect=true", VERDICT_FAIL, VERDICT_PASS,
	 "-a always,exit -F arch=b64 -S connect -F path=/run/docker.sock -k docker-api\n"
	 "-a always,exit -F arch=b32 -S connect -F path=/run/docker.sock -k docker-api\n",
	 "rule:-a always,exit -F arch=b64 -S connect -F path=/run/docker.sock -k docker-api"},
	{"connections are logged",
	 "-w /run/docker.sock -p wa\n"
	 "-a always,exit -F arch=b64 -S connect -F path=/run/docker.sock -k docker-api\n"
	 "-a always,exit -F arch=b32 -S connect -F path=/run/docker.sock -k docker-api",
	 "-a always,exit -F path=/run/docker.sock -F perm=wa\n"
	 "-a always,exit -F arch=b64 -S connect -F path=/run/docker.sock -F key=docker-api\n"
	 "-a always,exit -F arch=b32 -S connect -F path=/run/docker.sock -F key=docker-api",
	 "watch=/run/docker.sock connect=true", VERDICT_PASS, VERDICT_PASS, NULL, NULL},
	{"exclusions first", NULL, NULL,
	 "watch=/var/lib/docker exclude=/var/lib/docker/overlay2,/var/lib/docker/none",
	 VERDICT_FAIL, VERDICT_PASS,
	 "-a never,exit -F dir=/var/lib/docker/overlay2 -F perm=rwxa\n"
	 "-w /var/lib/docker -p wa -k docker\n",
	 "rule:-a always,exit -F dir=/var/lib/docker -F perm=wa -k docker"},
	{"exclusions behind do nothing",
	 "-w /var/lib/docker -p wa\n"
	 "-a never,exit -F dir=/var/lib/docker/overlay2",
	 "-a always,exit -F dir=/var/lib/docker -F perm=wa",
	 "watch=/var/lib/docker exclude=/var/lib/docker/overlay2", VERDICT_PASS, VERDICT_PASS, NULL,
	 NULL},
	{"own key and file", NULL, NULL,
	 "watch=/etc/docker key=d1 file=/etc/audit/rules.d/60-harden-docker.rules perm=w",
	 VERDICT_FAIL, VERDICT_PASS, "-w /etc/docker -p w -k d1\n",
	 "rule:-a always,exit -F dir=/etc/docker -F perm=w -k d1"},
};

static void run_row(const struct row *row)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	const char *content;
	DESIRED(want, &module_audit_rules, row->want);

	fill(&f);
	if (row->rules) {
		CLEANUP(freep) char *text = xasprintf("%s\n", row->rules);

		fake_file(&f, DIR "/50-site.rules", 0640, text);
	}
	fake_file(&f, DIR "/70-off.rules.bak", 0640, "-w /etc/docker -p wa\n");
	if (row->kernel)
		strv_split(&f.facts.audit.kernel_rules, row->kernel, "\n");
	fake_diff(&f, &module_audit_rules, want, &d);
	if (d.verdict != row->verdict || !d.reason || d.refusal)
		fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
	if (row->loaded && !find_effect(&d, row->loaded))
		fail_msg("%s: loads %s", row->name,
			 d.effects.count ? d.effects.items[0].subject.key : "nothing");
	if (!row->loaded && d.effects.count)
		fail_msg("%s: loads %s", row->name, d.effects.items[0].subject.key);
	fake_converges(&f, &module_audit_rules, want, &d, &again);
	if (again.verdict != row->again)
		fail_msg("%s: %s afterwards (%s)", row->name, verdict_to_string(again.verdict),
			 again.reason);
	content = fake_content(&f, FILE_NAME);
	if (strcmp_null(content, row->content) != 0)
		fail_msg("%s: '%s'", row->name, content);
	if (content)
		assert_int_equal(fake_find(&f, FILE_NAME)->mode, 0640);
}

/* "never b32, always b32": of the edits, or of the effects; a whole rule has "all". */
static char *halves_of(const struct delta *d, bool edits)
{
	CLEANUP(strv_clear) struct strv all = {0};
	size_t count = edits ? d->edits.count : d->effects.count;

	for (size_t i = 0; i < count; i++) {
		const struct subject s =
			edits ? d->edits.items[i].subject : d->effects.items[i].subject;

		if (s.scheme == SCHEME_RULE)
			strv_addf(&all, "%s %s", strstr(s.key, "never") ? "never" : "always",
				  strstr(s.key, "arch=b64")   ? "b64"
				  : strstr(s.key, "arch=b32") ? "b32"
							      : "all");
	}
	return strv_join(&all, ", ");
}

/*
 * Beside a half that somebody has, the other one is asked for, and no rule for all: the rollback takes that
 * out of the kernel with what has our path and key, the half that was there before us with it.
 */
static void test_halves(void **state)
{
#define HALF(arch, do, what) "-a " do ",exit -F arch=" arch " -F " what
#define OURS(arch) HALF(arch, "always", "dir=/var/lib/docker -F perm=wa -k docker")
#define LEFT(arch) HALF(arch, "never", "dir=/var/lib/docker/overlay2 -F perm=rwxa")
	static const struct {
		const char *file, *kernel;
		const char *edits, *loaded; /* without what is the same in all */
	} halves[] = {
		{OURS("b64"), OURS("b64"), "never b32, always b32", "never b32, always b32"},
		{OURS("b32"), OURS("b32"), "never b64, always b64", "never b64, always b64"},
		{NULL, OURS("b64"), "never b64, never b32, always b64, always b32",
		 "never b32, always b32"},
		{OURS("b64"), NULL, "never b32, always b32",
		 "never b64, never b32, always b64, always b32"},
		{OURS("b64") "\n" OURS("b32"), OURS("b64"), "", "never b32, always b32"},
		{"-w /var/lib/docker -p wa -k docker", OURS("b64"), "", "never b32, always b32"},
		{OURS("b64"), OURS("b64") "\n" OURS("b32"), "never b32, always b32", ""},
		{LEFT("b64"), LEFT("b64"), "never b32, always b64, always b32",
		 "never b32, always b64, always b32"},
		{NULL, LEFT("b64"), "never b64, never b32, always b64, always b32",
		 "never b32, always b64, always b32"},
		{OURS("b64") "\n" OURS("b32"), OURS("b64") "\n" OURS("b32"), "", ""},
		{OURS("b64") "\n-w /var/lib/docker -p wa -k x",
		 OURS("b64") "\n-w /var/lib/docker -p wa -k x", "", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(freep) char *edits = NULL, *loaded = NULL;
		CLEANUP(freep) char *text = xasprintf("%s\n", halves[i].file ? halves[i].file : "");
		bool right = !*halves[i].edits && !*halves[i].loaded;
		DESIRED(want, &module_audit_rules,
			"watch=/var/lib/docker exclude=/var/lib/docker/overlay2");

		fill(&f);
		fake_file(&f, DIR "/50-site.rules", 0640, text);
		strv_split(&f.facts.audit.kernel_rules, halves[i].kernel ? halves[i].kernel : "",
			   "\n");
		fake_diff(&f, &module_audit_rules, want, &d);
		edits = halves_of(&d, true);
		loaded = halves_of(&d, false);
		if (d.verdict != (right ? VERDICT_PASS : VERDICT_FAIL) || d.refusal)
			fail_msg("row %zu: %s (%s) %s", i, verdict_to_string(d.verdict), d.reason,
				 d.refusal ? d.refusal : "");
		if (strcmp(edits, halves[i].edits) != 0 || strcmp(loaded, halves[i].loaded) != 0)
			fail_msg("row %zu: edits '%s', loaded '%s'", i, edits, loaded);
		if (!right)
			fake_converges(&f, &module_audit_rules, want, &d, NULL);
	}
}

/* Of a kernel without 32-bit calls no rules of them are asked; of one that does not tell they are not measured. */
static void test_calls(void **state)
{
#define SYSCTL "/proc/sys/abi/vsyscall32"
#define CONFIG(off) "#\nCONFIG_IA32_EMULATION=y\nCONFIG_IA32_EMULATION_DEFAULT_DISABLED=" off "\n"
	static const struct {
		const char *what;
		bool sysctl;
		const char *cmdline, *kernel, *config; /* NULL: not there */
		enum verdict half; /* of a rule for b64 alone */
	} kernels[] = {
		{"it does not tell", true, NULL, "6.12.1", NULL, VERDICT_NOT_MEASURED},
		{"an older one", true, NULL, "6.1.0-44-amd64", NULL, VERDICT_FAIL},
		{"a newer one", true, "quiet", "6.12.1", CONFIG("n"), VERDICT_FAIL},
		{"switched off by default", true, "quiet", "6.12.1", CONFIG("y"), VERDICT_PASS},
		{"... and on", true, "ia32_emulation=on", "6.12.1", CONFIG("y"), VERDICT_FAIL},
		{"switched off", true, "a ia32_emulation=0 b", "6.12.1", CONFIG("n"), VERDICT_PASS},
		{"... and on again", true, "ia32_emulation=off ia32_emulation=1", "6.12.1", NULL,
		 VERDICT_FAIL},
		{"a word that no older one knows", true, "ia32_emulation=0", "5.10.0", NULL,
		 VERDICT_FAIL},
		{"built without them", false, NULL, "6.12.1", NULL, VERDICT_PASS},
		{"... and the file says with", false, NULL, "6.12.1", CONFIG("n"),
		 VERDICT_NOT_MEASURED},
	};

#ifndef __x86_64__
	SKIP_BECAUSE("only of one architecture it is known how a kernel tells");
#endif
	for (size_t i = 0; i < 2 * ARRAY_SIZE(kernels); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		bool half = i % 2;
		DESIRED(want, &module_audit_rules, "watch=/var/lib/docker");

		i /= 2;
		fill_but_calls(&f);
		fake_file(&f, "/proc/sys/kernel/ostype", 0444, "Linux\n");
		if (kernels[i].sysctl)
			fake_file(&f, SYSCTL, 0644, "1\n");
		if (kernels[i].cmdline)
			fake_file(&f, "/proc/cmdline", 0444, kernels[i].cmdline);
		if (kernels[i].config)
			fake_file(&f, "/boot/config-6.12.1", 0644, kernels[i].config);
		f.facts.kernel = xstrdup(kernels[i].kernel);
		fake_file(&f, DIR "/50-site.rules", 0640,
			  half ? OURS("b64") "\n" : OURS("b64") "\n" OURS("b32") "\n");
		strv_add(&f.facts.audit.kernel_rules, OURS("b64"));
		if (!half)
			strv_add(&f.facts.audit.kernel_rules, OURS("b32"));
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (half ? kernels[i].half : VERDICT_PASS))
			fail_msg("%s, %s: %s (%s)", kernels[i].what, half ? "half" : "both",
				 verdict_to_string(d.verdict), d.reason);
		if ((d.edits.count + d.effects.count > 0) != (d.verdict == VERDICT_FAIL))
			fail_msg("%s: %zu edits", kernels[i].what, d.edits.count);
		i = 2 * i + half;
	}
}

/* Where there are no 32-bit calls a never rule of them alone hides nothing. */
static void test_never_of_calls_that_are_not(void **state)
{
	static const char never[] = "-a never,exit -F arch=b32 -F dir=/var/lib/docker";

#ifndef __x86_64__
	SKIP_BECAUSE("only of one architecture it is known how a kernel tells");
#endif
	for (int has = 0; has <= 1; has++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_audit_rules, "watch=/var/lib/docker");

		fill_but_calls(&f);
		if (has) {
			fake_32_bit(&f);
		} else {
			fake_file(&f, "/proc/sys/kernel/ostype", 0444, "Linux\n");
			f.facts.kernel = xstrdup("6.12.1");
		}
		fake_file(&f, DIR "/50-site.rules", 0640, never);
		strv_add(&f.facts.audit.kernel_rules, never);
		fake_diff(&f, &module_audit_rules, want, &d);
		assert_verdict(&d, VERDICT_FAIL);
		assert_int_equal(strstr(d.reason, "hides") != NULL, has);
		assert_int_equal(d.edits.count > 0 && d.effects.count > 0, !has);
	}
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(&rows[i]);
}

/* auditctl 4 calls -w the old form. */
static void test_newer_audit(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker,/usr/sbin/dockerd");

	fill(&f);
	f.facts.audit.major = 4;
	fake_diff(&f, &module_audit_rules, want, &d);
	fake_converges(&f, &module_audit_rules, want, &d, NULL);
	assert_string_equal(
		fake_content(&f, FILE_NAME),
		"-a always,exit -F arch=b64 -F dir=/etc/docker -F perm=wa -k docker\n"
		"-a always,exit -F arch=b32 -F dir=/etc/docker -F perm=wa -k docker\n"
		"-a always,exit -F arch=b64 -F path=/usr/sbin/dockerd -F perm=wa -k docker\n"
		"-a always,exit -F arch=b32 -F path=/usr/sbin/dockerd -F perm=wa -k docker\n");
}

static void test_a_second_control_uses_the_file(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, e = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(first, &module_audit_rules, "watch=/etc/docker");
	DESIRED(second, &module_audit_rules, "watch=/usr/sbin/dockerd");

	fill(&f);
	fake_diff(&f, &module_audit_rules, first, &d);
	assert_edit(&d, FILE_NAME, "mode", "0640");
	fake_converges(&f, &module_audit_rules, first, &d, NULL);
	fake_diff(&f, &module_audit_rules, second, &e);
	assert_null(find_edit(&e, FILE_NAME, "mode"));
	fake_converges(&f, &module_audit_rules, second, &e, NULL);
	assert_string_equal(fake_content(&f, FILE_NAME), "-w /etc/docker -p wa -k docker\n"
							 "-w /usr/sbin/dockerd -p wa -k docker\n");
}

/* 9 comes before 10: what is loaded first decides. */
static void test_natural_order(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker");

	fill(&f);
	fake_file(&f, DIR "/9-first.rules", 0640, "-w /etc/docker -p wa\n");
	fake_file(&f, DIR "/10-then.rules", 0640, "-a never,exit -F dir=/etc/docker\n");
	strv_add(&f.facts.audit.kernel_rules, "-w /etc/docker -p wa");
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_PASS);
	fake_file(&f, DIR "/9-first.rules", 0640, "");
	fake_file(&f, DIR "/11-last.rules", 0640, "-w /etc/docker -p wa\n");
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.edits.count, 0);
}

static void test_kernel_not_readable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker");

	fill(&f);
	f.facts.audit.not_measured = xstrdup("not in the first pid namespace");
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(d.reason, "not in the first pid namespace"));
	assert_int_equal(d.effects.count, 0);
	fake_converges(&f, &module_audit_rules, want, &d, &again);
	assert_verdict(&again, VERDICT_NOT_MEASURED);
	assert_true(delta_is_in_place(&again));
	assert_non_null(strstr(again.reason, "in place"));
	assert_non_null(strstr(again.reason, "not in the first pid namespace"));
}

static void test_offline(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker");

	fill(&f);
	f.facts.offline = true;
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_int_equal(d.effects.count, 0);
	fake_converges(&f, &module_audit_rules, want, &d, &again);
	assert_verdict(&again, VERDICT_PASS);
}

/* In force now, and gone after the next boot; or in force, and recorded nowhere. */
static void test_next_boot_and_record(void **state)
{
	static const struct {
		const char *fault; /* file of a fault in its line 1 that ends the loading */
		const char *unrecorded;
		enum verdict verdict;
		const char *reason;
	} hosts[] = {
		{NULL, NULL, VERDICT_PASS, "will be after a boot"},
		{"20-broken.rules", NULL, VERDICT_FAIL,
		 "not after the next boot: '/etc/audit/rules.d/20-broken.rules' line 1 ends the "
		 "loading at each boot, before our rules: no such call"},
		{"60-harden-docker.rules", NULL, VERDICT_FAIL, "not after the next boot"},
		{"70-later.rules", NULL, VERDICT_PASS, "will be after a boot"},
		{"9-first.rules", NULL, VERDICT_FAIL, "not after the next boot"},
		{NULL, "audit is switched off", VERDICT_FAIL, "audit is switched off"},
		{"20-broken.rules", "audit is switched off", VERDICT_FAIL,
		 "a rule covers '/etc/docker' and logs nothing now (audit is switched off), not "
		 "after the next boot: '/etc/audit/rules.d/20-broken.rules' line 1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		fake_file(&f, FILE_NAME, 0640, "-w /etc/docker -p wa -k docker\n");
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		f.facts.audit.unrecorded = xstrdup_null(hosts[i].unrecorded);
		if (hosts[i].fault)
			*facts_add_audit_fault(&f.facts) =
				(struct audit_fault){.file = xstrdup(hosts[i].fault),
						     .line = 1,
						     .why = xstrdup("no such call"),
						     .ends = true};
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != hosts[i].verdict || !strstr(d.reason, hosts[i].reason))
			fail_msg("%zu: %s", i, d.reason);
		assert_int_equal(d.edits.count + d.effects.count, 0);
	}
}

/* What is advised fits the reason: an audit that runs is not switched on. */
static void test_advice_on_recording(void **state)
{
	static const char exclude[] = "take the rule of the list exclude out";
	static const struct {
		const char *unrecorded;
		bool excluded;
		const char *off, *lost; /* file of a fault that ends the loading */
		const char *says, *lacks; /* of the advice */
	} hosts[] = {
		{"audit is switched off", false, NULL, NULL, "switch it on", exclude},
		{"auditd does not run", false, NULL, NULL, "systemctl start auditd", exclude},
		{"excluded", true, NULL, NULL, exclude, "/etc/audit"},
		{"excluded", true, "-e 0", NULL, "exclude out, or give it a msgtype, and correct",
		 "switch it on"},
		{"excluded", true, NULL, "20-broken.rules", exclude, "auditctl -e"},
		{"audit is switched off", false, NULL, "20-broken.rules", "auditctl -e", exclude},
		{NULL, false, "-e 0", NULL, "correct that line", "auditctl -e"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		fake_file(&f, FILE_NAME, 0640, "-w /etc/docker -p wa -k docker\n");
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		f.facts.audit.unrecorded = xstrdup_null(hosts[i].unrecorded);
		f.facts.audit.excluded = hosts[i].excluded;
		f.facts.audit.off_at_boot = xstrdup_null(hosts[i].off);
		if (hosts[i].lost)
			*facts_add_audit_fault(&f.facts) =
				(struct audit_fault){.file = xstrdup(hosts[i].lost),
						     .line = 1,
						     .why = xstrdup("no such call"),
						     .ends = true};
		fake_diff(&f, &module_audit_rules, want, &d);
		assert_verdict(&d, VERDICT_FAIL);
		if (!d.fix || !strstr(d.fix, hosts[i].says) || strstr(d.fix, hosts[i].lacks))
			fail_msg("%zu: %s", i, d.fix ? d.fix : "no advice");
	}
}

/* A rule that a later line takes out again is not there after the boot, however both are written. */
static void test_taken_out_again(void **state)
{
#define BOTH " always,exit -F dir=/etc/docker -F perm=wa\n"
#define OF_ONE(arch) " always,exit -F arch=" arch " -F dir=/etc/docker -F perm=wa\n"
#define OF(arch) "-a" OF_ONE(arch)
	static const struct {
		const char *lines;
		bool covers;
	} files[] = {
		{"-w /etc/docker -p wa -k docker\n", true},
		{"-w /etc/docker -p wa -k docker\n-W /etc/docker -p wa -k docker\n", false},
		{"-w /etc/docker -p wa\n-d always,exit -F dir=/etc/docker -F perm=wa\n", false},
		{"-a always,exit -F dir=/etc/docker -F perm=wa\n-W /etc/docker/ -p wa\n", false},
		{"-W /etc/docker -p wa\n-w /etc/docker -p wa\n", true},
		{"-w /etc/docker -p wa\n-W /etc/docker -p wa -k other\n", true},
		{"-w /etc/docker -p wa\n-W /etc/docker -p w\n", true},
		{"-w /etc/docker -p wa -k a\n-w /etc/docker -p wa -k b\n-W /etc/docker -p wa -k "
		 "a\n",
		 true},
		/* the kernel takes out a rule that is the same, its architecture included */
		{OF("b64") OF("b32") "-d" BOTH, true},
		{"-w /etc/docker -p wa\n-d" OF_ONE("b64"), true},
		{"-w /etc/docker -p wa\n-d" OF_ONE("b64") "-d" OF_ONE("b32"), true},
		{OF("b64") OF("b32") "-W /etc/docker -p wa\n", true},
		{OF("b64") OF("b32") "-d" OF_ONE("b32"), false},
		{OF("b64") OF("b32") "-d" OF_ONE("b64") "-d" OF_ONE("b32"), false},
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(files); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		f.facts.offline = i % 2;
		fake_file(&f, DIR "/50-site.rules", 0640, files[i / 2].lines);
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (files[i / 2].covers ? VERDICT_PASS : VERDICT_FAIL) ||
		    (!files[i / 2].covers && !strstr(d.reason, "takes it out again: '-")))
			fail_msg("%zu: %s", i, d.reason);
	}
}

/* So it is with lines that take out all, or by their key; which of them stand is for the facts to say. */
static void test_cleared(void **state)
{
#define WATCH "-w /etc/docker -p wa -k docker\n"
	static const struct {
		const char *lines;
		size_t line; /* of the facts' one; 0: none */
		const char *key;
		bool covers;
	} files[] = {
		{WATCH "-D\n", 0, NULL, true}, /* augenrules puts it in front */
		{WATCH "-D -k docker\n", 2, "docker", false},
		{WATCH "-D -k dock\n", 2, "dock", false},
		{WATCH "-D -k other\n", 2, "other", true},
		{"-D -k docker\n" WATCH, 1, "docker", true},
		{WATCH "-D \n", 2, NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		struct audit_clearing *c;
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		fake_file(&f, DIR "/50-site.rules", 0640, files[i].lines);
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		if (files[i].line) {
			c = facts_add_audit_clearing(&f.facts);
			c->file = xstrdup("50-site.rules");
			c->line = files[i].line;
			c->key = xstrdup_null(files[i].key);
		}
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (files[i].covers ? VERDICT_PASS : VERDICT_FAIL) ||
		    (!files[i].covers && !strstr(d.reason, "takes it out again: '-D")))
			fail_msg("%zu: %s", i, d.reason);
	}
}

#define UNITS "/etc/systemd/system"
#define LATE_UNIT                                                                                  \
	"[Service]\nExecStart=/usr/sbin/auditctl -R /etc/harden/late.rules\n"                      \
	"[Install]\nWantedBy=multi-user.target\n"

static void late_unit(struct fake_view *f, const char *text, bool enabled)
{
	fake_dir(f, UNITS, 0755);
	fake_file(f, UNITS "/late.service", 0644, text);
	fake_dir(f, UNITS "/multi-user.target.wants", 0755);
	if (enabled)
		fake_link(f, UNITS "/multi-user.target.wants/late.service", UNITS "/late.service");
}

/* What such a file takes out counts where a unit loads it at boot. */
static void test_late_file_that_nobody_loads(void **state)
{
	static const struct {
		const char *unit; /* NULL: there is none */
		bool enabled, loads;
	} units[] = {
		{NULL, false, false},
		{LATE_UNIT, true, true},
		{LATE_UNIT, false, false},
		{"[Service]\nExecStart=/usr/sbin/auditctl -R /etc/harden/other.rules\n", true,
		 false},
		{"[Service]\nExecStart=/usr/sbin/auditctl -R /etc/harden/late.rules\n", false,
		 true},
		{"[Service]\nExecStart=/bin/sh -c 'cat /etc/harden/*.rules | x'\n[Install]\n", true,
		 true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		fake_dir(&f, "/etc/harden", 0755);
		fake_file(&f, DIR "/50-site.rules", 0640, WATCH);
		fake_file(&f, "/etc/harden/late.rules", 0640, "-i\n-D\n");
		if (units[i].unit)
			late_unit(&f, units[i].unit, units[i].enabled);
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (units[i].loads ? VERDICT_FAIL : VERDICT_PASS))
			fail_msg("%zu: %s (%s)", i, verdict_to_string(d.verdict), d.reason);
	}
}

/* A service that is not enabled is started all the same where another unit does it. */
static void test_late_file_by_another_unit(void **state)
{
	static const struct {
		const char *unit, *text;
		bool loads;
	} others[] = {
		{"late.timer", "[Timer]\nOnBootSec=1\n[Install]\nWantedBy=timers.target\n", true},
		{"late.path", "[Path]\nPathExists=/x\n", true},
		{"late.socket", "[Socket]\nListenStream=/x\n", true},
		{"x.timer", "[Timer]\nOnBootSec=1\nUnit=late.service\n", true},
		{"x.service", "[Unit]\nWants=y.service late.service\n", true},
		{"x.target", "[Unit]\nRequires=late.service\n", true},
		{"x.service", "[Unit]\nOnFailure=late.service\n", true},
		{"x.service", "[Service]\nExecStart=systemctl start late.service\n", true},
		{"x.service", "[Unit]\nAfter=late.service\n", false},
		{"x.service", "[Unit]\n#Wants=late.service\n", false},
		{"x.timer", "[Timer]\nOnBootSec=1\n", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(freep) char *other = xasprintf(UNITS "/%s", others[i].unit);
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		fake_dir(&f, "/etc/harden", 0755);
		fake_file(&f, DIR "/50-site.rules", 0640, WATCH);
		fake_file(&f, "/etc/harden/late.rules", 0640, "-i\n-D\n");
		late_unit(&f, LATE_UNIT, false);
		fake_file(&f, other, 0644, others[i].text);
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (others[i].loads ? VERDICT_FAIL : VERDICT_PASS))
			fail_msg("%s: %s: %s (%s)", others[i].unit, others[i].text,
				 verdict_to_string(d.verdict), d.reason);
	}
}

/* A file that a unit loads when the others are takes out of them what it says, whichever control asks. */
static void test_cleared_by_a_late_file(void **state)
{
	static const struct {
		const char *lines, *why; /* NULL: it stays */
	} files[] = {
		{"-i\n-w /run/docker.sock -p wa -k docker\n", NULL},
		{"-i\n-D\n", "/etc/harden/late.rules takes it out again: '-D'"},
		{"-i\n-D -k dock\n", "takes it out again: '-D -k dock'"},
		{"-i\n-D -k other\n", NULL},
		{"-i\n-W /etc/docker -p wa -k docker\n", "takes it out again: '-W"},
		{"-i\n-e2\n-D\n", NULL}, /* locked before that */
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		fake_dir(&f, "/etc/harden", 0755);
		fake_file(&f, DIR "/50-site.rules", 0640, WATCH);
		fake_file(&f, "/etc/harden/late.rules", 0640, files[i].lines);
		late_unit(&f, LATE_UNIT, true);
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker");
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (files[i].why ? VERDICT_FAIL : VERDICT_PASS) ||
		    (files[i].why && !strstr(d.reason, files[i].why)))
			fail_msg("%zu: %s (%s)", i, verdict_to_string(d.verdict), d.reason);
	}
}

static size_t parsed;

int __real_audit_rule_parse(const char *line, struct audit_rule *ret, struct error *err);
int __wrap_audit_rule_parse(const char *line, struct audit_rule *ret, struct error *err);

int __wrap_audit_rule_parse(const char *line, struct audit_rule *ret, struct error *err)
{
	parsed++;
	return __real_audit_rule_parse(line, ret, err);
}

/* Many rules, and as many lines that take some out: each rule is parsed as often as without those lines. */
static void test_many_clearings(void **state)
{
	const size_t n = 500;
	size_t without = 0;

	for (int cleared = 0; cleared <= 1; cleared++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(buf_clear) struct buf lines = {0};
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		for (size_t i = 0; i < 2 * n; i++)
			buf_puts(&lines, i < n ? WATCH : "-D -k other\n");
		for (size_t i = n; cleared && i < 2 * n; i++) {
			struct audit_clearing *c = facts_add_audit_clearing(&f.facts);

			c->file = xstrdup("50-site.rules");
			c->line = i + 1;
			c->key = xstrdup("other");
		}
		fake_file(&f, DIR "/50-site.rules", 0640, buf_str(&lines));
		parsed = 0;
		fake_diff(&f, &module_audit_rules, want, &d);
		without = cleared ? without : parsed;
	}
	if (parsed > without)
		fail_msg("parsed %zu times, %zu without clearings", parsed, without);
}

/* A file that a unit loads when the others are is read line by line, and not at all when all is locked. */
static void test_late_file_at_boot(void **state)
{
#define LATE "-w /run/docker.sock -p wa -k docker\n"
	static const struct {
		const char *lines, *locked;
		const char *why; /* NULL: it is loaded */
	} files[] = {
		{"-i\n" LATE, NULL, NULL},
		{"-i\n-D\n" LATE, NULL, NULL},
		{"-i\n" LATE "-D\n", NULL, "takes it out again: '-D'"},
		{"-i\n" LATE "-D -k docker\n", NULL, "takes it out again: '-D -k docker'"},
		{"-i\n" LATE "-D -k other\n", NULL, NULL},
		{"-i\n-e 2\n" LATE, NULL, "locks the rules"},
		{"-i\n" LATE "-e 2\n", NULL, "locks the rules"},
		{"-i\n" LATE " -e2\n", NULL, "locks the rules"},
		{"-i\n-e  2\n" LATE, NULL, "locks the rules"},
		{"-i\n" LATE, "'9.rules' line 1 locks the rules at each boot", "is loaded"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		bool ok = !files[i].why || strstr(files[i].lines, LATE "-e 2") ||
			  strstr(files[i].lines, LATE " -e2");
		DESIRED(want, &module_audit_rules,
			"watch=/run/docker.sock file=/etc/harden/late.rules");

		fill(&f);
		fake_file(&f, "/etc/harden/late.rules", 0640, files[i].lines);
		f.facts.audit.locked_at_boot = xstrdup_null(files[i].locked);
		strv_add(&f.facts.audit.kernel_rules,
			 "-a always,exit -F path=/run/docker.sock -F perm=wa -F key=docker");
		fake_diff(&f, &module_audit_rules, want, &d);
		if (d.verdict != (ok ? VERDICT_PASS : VERDICT_FAIL) ||
		    (!ok && !strstr(d.reason, files[i].why)))
			fail_msg("%zu: %s (%s)", i, verdict_to_string(d.verdict), d.reason);
	}
}

static void test_late_file_goes_on_behind_errors(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/run/docker.sock file=/etc/harden/late.rules");

	fill(&f);
	fake_diff(&f, &module_audit_rules, want, &d);
	fake_converges(&f, &module_audit_rules, want, &d, &again);
	assert_verdict(&again, VERDICT_PASS);
	assert_string_equal(fake_content(&f, "/etc/harden/late.rules"),
			    "-i\n-w /run/docker.sock -p wa -k docker\n");
}

/* Which lines have a say, among very many that have none: spelled as auditctl takes them. */
static void test_lines_that_matter(void **state)
{
	static const struct {
		const char *line;
		bool covers;
	} lines[] = {
		{"-w /etc/docker -p wa", true},
		{"-w/etc/docker/ -p wa", true},
		{"-w //etc//docker -p wa", true},
		{"-w /etc/ -p wa", true},
		{"-w / -p wa", true},
		{"-a always,exit -S all -F dir=/etc/docker -F perm=wa", true},
		{"-w /etc/docker-x -p wa", false},
		{"-w /etc/dock -p wa", false},
		{"-w /etc/docker/below -p wa", false},
		{"-a never,exit -S all -F dir=/etc/docker\n-w /etc/docker -p wa", false},
		{"-a never,task\n-w /etc/docker -p wa", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *text = xasprintf("-w /opt/a -p wa\n%s\n", lines[i].line);
		DESIRED(want, &module_audit_rules, "watch=/etc/docker");

		fill(&f);
		f.facts.offline = true;
		fake_file(&f, DIR "/50-site.rules", 0640, text);
		fake_diff(&f, &module_audit_rules, want, &d);
		if ((d.verdict == VERDICT_PASS) != lines[i].covers)
			fail_msg("'%s': %s", lines[i].line, d.reason);
	}
}

/* What is not a file stands in nobody's way: the boot goes on to the next, and so do we. */
static void test_directory_among_the_files(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker");

	fill(&f);
	fake_dir(&f, DIR "/20-x.rules", 0755);
	fake_unreadable(&f, DIR "/20-x.rules", -EISDIR);
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(find_edit(&d, FILE_NAME, "rule:-w /etc/docker -p wa -k docker"));
	assert_non_null(strstr(d.warnings.items[0], DIR "/20-x.rules"));
}

static void test_locked(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker");

	fill(&f);
	f.facts.audit.enabled = 2;
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_int_equal(d.effects.count, 1);
	assert_string_equal(d.effects.items[0].pending, "audit is locked until the next boot");
	fake_converges(&f, &module_audit_rules, want, &d, NULL);
	f.nvalues--; /* the next plan: written, not loaded */
	free(f.values[f.nvalues].subject);
	free(f.values[f.nvalues].value);
	fake_diff(&f, &module_audit_rules, want, &again);
	assert_verdict(&again, VERDICT_PENDING);
	assert_int_equal(again.edits.count + again.effects.count, 0);
}

static void test_panic_flag(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(tree, &module_audit_rules, "watch=/var/lib/docker");
	DESIRED(file, &module_audit_rules, "watch=/usr/sbin/dockerd");

	fill(&f);
	f.facts.audit.failure = 2;
	fake_diff(&f, &module_audit_rules, tree, &d);
	assert_non_null(strstr(d.refusal, "panics"));
	fake_diff(&f, &module_audit_rules, file, &d);
	assert_null(d.refusal);
}

static void test_no_audit(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_audit_rules, "watch=/etc/docker");

	fill(&f);
	f.facts.audit.installed = false;
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
	assert_string_equal(d.reason, "audit is not installed");
	f.facts.audit.installed = true;
	f.children_error = -EACCES;
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_blank_in_a_path(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	struct place *p;
	DESIRED(want, &module_audit_rules, "watch=@odd");

	fill(&f);
	p = facts_add_place(&f.facts, "odd");
	strv_add(&p->paths, "/srv/a b");
	fake_diff(&f, &module_audit_rules, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.edits.count, 0);
}

static void test_check(void **state)
{
	static const char *const wrong[] = {
		"watch=/x perm=wz",
		"watch=/x key=a,b",
		"watch=/x file=/etc/audit/rules.d/x.conf",
		"watch=/x file=/etc/audit/rules.d/sub/x.rules",
		"watch=/x file=/tmp/x.rules",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_audit_rules, wrong[i]);

		if (module_audit_rules.check(want, &err) != -EINVAL)
			fail_msg("%s", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_newer_audit),
		cmocka_unit_test(test_a_second_control_uses_the_file),
		cmocka_unit_test(test_natural_order),
		cmocka_unit_test(test_kernel_not_readable),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_next_boot_and_record),
		cmocka_unit_test(test_advice_on_recording),
		cmocka_unit_test(test_taken_out_again),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_never_of_calls_that_are_not),
		cmocka_unit_test(test_cleared),
		cmocka_unit_test(test_cleared_by_a_late_file),
		cmocka_unit_test(test_late_file_that_nobody_loads),
		cmocka_unit_test(test_late_file_by_another_unit),
		cmocka_unit_test(test_many_clearings),
		cmocka_unit_test(test_late_file_at_boot),
		cmocka_unit_test(test_late_file_goes_on_behind_errors),
		cmocka_unit_test(test_lines_that_matter),
		cmocka_unit_test(test_directory_among_the_files),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_panic_flag),
		cmocka_unit_test(test_no_audit),
		cmocka_unit_test(test_blank_in_a_path),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
