#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define KEY "net.ipv4.conf.all.rp_filter"
#define GLOB "net.ipv4.conf.*.rp_filter"
#define WANT "key=" KEY " value=1"
#define OURS "/etc/sysctl.d/60-harden.conf"

/* Up to two files, the running value, and the files afterwards. */
static const struct row {
	const char *name;
	const char *file, *text, *file2, *text2;
	const char *running;
	enum verdict verdict;
	const char *edited, *content; /* NULL: no edit */
	bool effect, refused;
} rows[] = {
	{"nothing", NULL, NULL, NULL, NULL, "0", VERDICT_FAIL, OURS, KEY " = 1\n", true, false},
	{"right", "/etc/sysctl.d/10.conf", KEY "=1\n", NULL, NULL, "1", VERDICT_PASS, NULL, NULL,
	 false, false},
	{"running only", NULL, NULL, NULL, NULL, "1", VERDICT_FAIL, OURS, KEY " = 1\n", false,
	 false},
	{"file only", "/etc/sysctl.d/10.conf", KEY "=1\n", NULL, NULL, "0", VERDICT_FAIL, NULL,
	 NULL, true, false},
	{"later wins", "/etc/sysctl.d/10.conf", KEY "=1\n", "/etc/sysctl.d/99.conf", KEY " = 0 \n",
	 "1", VERDICT_FAIL, "/etc/sysctl.d/99.conf", KEY " = 1 \n", false, false},
	{"later, by a package", "/usr/lib/sysctl.d/99.conf", KEY "=0\n", NULL, NULL, "1",
	 VERDICT_FAIL, NULL, NULL, false, true},
	{"earlier, by a package", "/usr/lib/sysctl.d/50.conf", KEY "=0\n", NULL, NULL, "1",
	 VERDICT_FAIL, OURS, KEY " = 1\n", false, false},
	{"masked by name", "/usr/lib/sysctl.d/99.conf", KEY "=0\n", "/etc/sysctl.d/99.conf",
	 KEY "=1\n", "1", VERDICT_PASS, NULL, NULL, false, false},
	{"by slashes", "/etc/sysctl.d/10.conf", "-net/ipv4/conf/all/rp_filter = 1\n", NULL, NULL,
	 "1", VERDICT_PASS, NULL, NULL, false, false},
	{"comments", "/etc/sysctl.d/10.conf", "#" KEY "=1\n;" KEY "=1\n", NULL, NULL, "1",
	 VERDICT_FAIL, OURS, KEY " = 1\n", false, false},
	{"by a glob", "/etc/sysctl.d/10.conf", "net.ipv4.conf.*.rp_filter=1\n", NULL, NULL, "1",
	 VERDICT_PASS, NULL, NULL, false, false},
	{"the name before the glob", "/etc/sysctl.d/10.conf", KEY "=1\n", "/etc/sysctl.d/99.conf",
	 "net.ipv4.conf.*.rp_filter=0\n", "1", VERDICT_PASS, NULL, NULL, false, false},
	{"a carriage return is a blank", "/etc/sysctl.d/99.conf", KEY "=1\n" KEY "\r=0\r\n", NULL,
	 NULL, "1", VERDICT_FAIL, "/etc/sysctl.d/99.conf", KEY "=1\n" KEY "\r=1\r\n", false, false},
	{"a longer name", "/etc/sysctl.d/10.conf", KEY "x=1\n", NULL, NULL, "1", VERDICT_FAIL, OURS,
	 KEY " = 1\n", false, false},
	{"left out of a glob", "/etc/sysctl.d/10.conf", GLOB "=1\n-" KEY "\n", NULL, NULL, "1",
	 VERDICT_FAIL, OURS, KEY " = 1\n", false, false},
	{"left out by slashes", "/etc/sysctl.d/10.conf",
	 "-net/ipv4/conf/all/rp_filter\n" GLOB "=1\n", NULL, NULL, "1", VERDICT_FAIL, OURS,
	 KEY " = 1\n", false, false},
	{"left out, having been set", "/etc/sysctl.d/10.conf", KEY "=1\n- " KEY " \n", NULL, NULL,
	 "1", VERDICT_FAIL, OURS, KEY " = 1\n", false, false},
	{"left out, then set", "/etc/sysctl.d/10.conf", "-" KEY "\n" KEY "=1\n", NULL, NULL, "1",
	 VERDICT_PASS, NULL, NULL, false, false},
	{"left out later", "/etc/sysctl.d/10.conf", KEY "=1\n", "/etc/sysctl.d/99.conf",
	 KEY "=1\n-" KEY "\n", "1", VERDICT_FAIL, NULL, NULL, false, true},
	{"left out in our file", OURS, KEY "=1\n-" KEY "\n", NULL, NULL, "1", VERDICT_FAIL, NULL,
	 NULL, false, true},
	{"another left out", "/etc/sysctl.d/10.conf", GLOB "=1\n-net.ipv4.conf.eth0.rp_filter\n",
	 NULL, NULL, "1", VERDICT_PASS, NULL, NULL, false, false},
	{"the glob itself left out", "/etc/sysctl.d/10.conf", GLOB "=1\n-" GLOB "\n", NULL, NULL,
	 "1", VERDICT_FAIL, OURS, KEY " = 1\n", false, false},
	{"no assignment", "/etc/sysctl.d/10.conf", GLOB "=1\n" KEY "\n", NULL, NULL, "1",
	 VERDICT_PASS, NULL, NULL, false, false},
	{"a glob stays between dots", "/etc/sysctl.d/10.conf", "net.*.rp_filter=1\nnet.ipv4.*=1\n",
	 NULL, NULL, "1", VERDICT_FAIL, OURS, KEY " = 1\n", false, false},
	{"a glob said again stays where it is", "/etc/sysctl.d/10.conf",
	 GLOB "=0\nnet.*.conf.all.rp_filter=1\n" GLOB "=0\n", NULL, NULL, "1", VERDICT_PASS, NULL,
	 NULL, false, false},
	{"a glob said otherwise is the last", "/etc/sysctl.d/10.conf",
	 GLOB "=2\nnet.*.conf.all.rp_filter=1\n" GLOB "=0\n", NULL, NULL, "1", VERDICT_FAIL, OURS,
	 KEY " = 1\n", false, false},
	{"of this boot", "/run/sysctl.d/10.conf", KEY "=1\n", NULL, NULL, "1", VERDICT_FAIL, OURS,
	 KEY " = 1\n", false, false},
	{"hidden for this boot", "/usr/lib/sysctl.d/99.conf", KEY "=0\n", "/run/sysctl.d/99.conf",
	 KEY "=1\n", "1", VERDICT_FAIL, NULL, NULL, false, true},
	{"no such file", "/etc/sysctl.d/readme.txt", KEY "=1\n", NULL, NULL, "1", VERDICT_FAIL,
	 OURS, KEY " = 1\n", false, false},
};

#define UFW_ON "/etc/ufw/ufw.conf", "ENABLED=yes\n"
#define UFW_INIT "/usr/lib/ufw/ufw-init", "#!/bin/sh\n"
#define UFW_FILE "/etc/default/ufw", "IPT_SYSCTL=\"/etc/ufw/sysctl.conf\"\n"
#define UNIT "/usr/lib/systemd/system/systemd-sysctl.service", "[Unit]\n"
#define SYSTEMD "/usr/lib/systemd/system/sysinit.target", "[Unit]\n"
#define MASK "/etc/systemd/system/systemd-sysctl.service"

/* What reads the files at the boot, and what sets it after that. The value is right now, and in a file. */
static void test_boot(void **state)
{
	static const struct {
		const char *name;
		const char *files[10]; /* path, text, ... */
		const char *mask; /* what a link in the place of the unit leads to; NULL: none */
		const char *says; /* NULL: pass */
	} boots[] = {
		{"no systemd", {NULL}},
		{"read", {UNIT, SYSTEMD}},
		{"masked", {UNIT, SYSTEMD}, "/dev/null", "systemd-sysctl.service is masked"},
		{"linked", {"/srv/s.service", "[Unit]\n", SYSTEMD}, "/srv/s.service"},
		{"absent", {SYSTEMD}, NULL, "there is no systemd-sysctl.service"},
		{"of the administrator's own", {SYSTEMD, MASK, "[Unit]\n"}},
		{"ufw",
		 {UFW_ON, UFW_INIT, UFW_FILE, "/etc/ufw/sysctl.conf",
		  "net/ipv4/conf/all/rp_filter=0\n"},
		 NULL,
		 "will be 0 at the next boot"},
		{"ufw, as wanted",
		 {UFW_ON, UFW_INIT, UFW_FILE, "/etc/ufw/sysctl.conf",
		  "net/ipv4/conf/all/rp_filter=1\n"}},
		{"ufw, of something else",
		 {UFW_ON, UFW_INIT, UFW_FILE, "/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=0\n"}},
		{"ufw, off",
		 {"/etc/ufw/ufw.conf", "ENABLED=no\n", UFW_INIT, UFW_FILE, "/etc/ufw/sysctl.conf",
		  "net/ipv4/conf/all/rp_filter=0\n"}},
		{"ufw, removed",
		 {UFW_ON, UFW_FILE, "/etc/ufw/sysctl.conf", "net/ipv4/conf/all/rp_filter=0\n"}},
		{"ufw, without such a file",
		 {UFW_ON, UFW_INIT, "/etc/default/ufw", "#IPT_SYSCTL=/etc/ufw/sysctl.conf\n",
		  "/etc/ufw/sysctl.conf", "net/ipv4/conf/all/rp_filter=0\n"}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(boots); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_sysctl, WANT);

		fake_view_init(&f);
		fake_file(&f, "/etc/sysctl.d/10.conf", 0644, KEY "=1\n");
		for (size_t k = 0; k < ARRAY_SIZE(boots[i].files) && boots[i].files[k]; k += 2)
			fake_file(&f, boots[i].files[k], 0644, boots[i].files[k + 1]);
		if (boots[i].mask)
			fake_link(&f, MASK, boots[i].mask);
		fake_value(&f, "sysctl:" KEY, "1");
		fake_diff(&f, &module_sysctl, want, &d);
		if (d.verdict != (boots[i].says ? VERDICT_FAIL : VERDICT_PASS) ||
		    !d.refusal != !boots[i].says ||
		    (boots[i].says && !strstr(d.reason, boots[i].says)))
			fail_msg("%s: %s (%s)", boots[i].name, verdict_to_string(d.verdict),
				 d.reason);
	}
}

/* Whether ufw has a say is not known where its file cannot be read. */
static void test_ufw_unreadable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_sysctl, WANT);

	fake_view_init(&f);
	fake_file(&f, "/etc/sysctl.d/10.conf", 0644, KEY "=1\n");
	fake_file(&f, "/etc/ufw/ufw.conf", 0640, "ENABLED=yes\n");
	fake_unreadable(&f, "/etc/ufw/ufw.conf", -EACCES);
	fake_value(&f, "sysctl:" KEY, "1");
	fake_diff(&f, &module_sysctl, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0}, again = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_sysctl, WANT);

		fake_view_init(&f);
		if (row->file)
			fake_file(&f, row->file, 0644, row->text);
		if (row->file2)
			fake_file(&f, row->file2, 0644, row->text2);
		fake_value(&f, "sysctl:" KEY, row->running);
		fake_diff(&f, &module_sysctl, want, &d);
		if (d.verdict != row->verdict || (d.refusal != NULL) != row->refused ||
		    (d.effects.count > 0) != row->effect)
			fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
		if (row->refused)
			continue;
		fake_converges(&f, &module_sysctl, want, &d, &again);
		assert_verdict(&again, VERDICT_PASS);
		if (row->edited)
			assert_string_equal(fake_content(&f, row->edited), row->content);
		else
			assert_int_equal(d.edits.count, 0);
	}
}

static void test_numbers_apart(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_sysctl, "key=net.ipv4.ip_local_port_range value=1024\t65000");

	fake_view_init(&f);
	fake_file(&f, "/etc/sysctl.d/1.conf", 0644, "net.ipv4.ip_local_port_range = 1024  65000\n");
	fake_value(&f, "sysctl:net.ipv4.ip_local_port_range", "1024\t65000");
	fake_diff(&f, &module_sysctl, want, &d);
	assert_verdict(&d, VERDICT_PASS);
}

static void test_not_known(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_sysctl, WANT);

	fake_view_init(&f);
	fake_file(&f, OURS, 0644, KEY "=1\n");
	fake_diff(&f, &module_sysctl, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	f.facts.offline = true;
	fake_diff(&f, &module_sysctl, want, &d);
	assert_verdict(&d, VERDICT_PASS);
	fake_unreadable(&f, OURS, -EACCES);
	fake_diff(&f, &module_sysctl, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

/* What the kernel does not tell it may not take: to write the file alone needs consent. */
static void test_untold_is_held(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_sysctl, WANT);

	fake_view_init(&f);
	fake_value(&f, "sysctl:" KEY, NULL);
	f.values[0].error = -EIO;
	fake_diff(&f, &module_sysctl, want, &d);
	assert_edit(&d, OURS, "kv:" KEY, "1");
	assert_int_equal(d.effects.count, 0);
	assert_int_equal(d.holds.count, 1);
	assert_non_null(strstr(d.holds.items[0], "whether the kernel takes the value of " KEY));
}

/* Beneath a dockerd that runs, forwarding is not switched off without a word. */
static void test_needed_is_held(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_sysctl, "key=net.ipv4.ip_forward value=0");

	fake_view_init(&f);
	f.facts.docker.running = true;
	fake_value(&f, "sysctl:net.ipv4.ip_forward", "1");
	fake_diff(&f, &module_sysctl, want, &d);
	assert_int_equal(d.effects.count, 1);
	assert_int_equal(d.holds.count, 1);
	assert_non_null(strstr(d.holds.items[0], "lose their way"));
}

/* A link to /dev/null switches a package's file off. */
static void test_masked_by_null(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_sysctl, WANT);

	fake_view_init(&f);
	fake_value(&f, "sysctl:" KEY, "1");
	fake_file(&f, "/usr/lib/sysctl.d/99.conf", 0644, KEY "=0\n");
	fake_node(&f, "/etc/sysctl.d/99.conf", NODE_OTHER, 0666);
	fake_diff(&f, &module_sysctl, want, &d);
	assert_null(d.refusal);
	assert_edit(&d, OURS, "kv:" KEY, "1");
}

static void test_check(void **state)
{
	static const char *const wrong[] = {"key=a..b value=1", "key=a.*.b value=1",
					    "key=a.b value=1 file=/etc/sysctl.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		DESIRED(want, &module_sysctl, wrong[i]);

		assert_int_equal(module_sysctl.check(want, NULL), -EINVAL);
	}
}

/* What carries the containers' network is not switched off unsaid. */
static void test_forwarding_is_held(void **state)
{
	static const struct {
		const char *key, *value, *running;
		bool docker, held;
	} holds[] = {
		{"net.ipv4.ip_forward", "0", "1", true, true},
		{"net.ipv4.ip_forward", "0", "1", false, false},
		{"net.ipv4.ip_forward", "1", "0", true, false},
		{"net/ipv4/ip_forward", "0", "1", true, true},
		{"net.ipv4.conf.all.forwarding", "0", "1", true, true},
		{"net.ipv4.conf.docker0.forwarding", "0", "1", true, true},
		{"net.ipv6.conf.all.forwarding", "0", "1", true, true},
		{"net.bridge.bridge-nf-call-iptables", "0", "1", true, true},
		{"net.bridge.bridge-nf-call-ip6tables", "0", "1", true, true},
		{"net.ipv4.conf.all.route_localnet", "0", "1", true, true},
		{"net.ipv4.conf.all.rp_filter", "0", "1", true, false},
		{"net.ipv4.ip_forward", "0", "0", true, true}, /* the file alone, for the boot */
	};

	for (size_t i = 0; i < ARRAY_SIZE(holds); i++) {
		CLEANUP(freep)
		char *want = xasprintf("key=%s value=%s", holds[i].key, holds[i].value);
		CLEANUP(freep) char *subject = xasprintf("sysctl:%s", holds[i].key);
		DESIRED(desired, &module_sysctl, want);
		struct fake_view f;
		struct delta d = {0};

		fake_view_init(&f);
		fake_dir(&f, "/etc/sysctl.d", 0755);
		fake_value(&f, subject, holds[i].running);
		f.facts.docker.install = DOCKER_NONE;
		f.facts.docker.running = holds[i].docker;
		if (holds[i].docker) {
			struct container *c = container_list_add(&f.facts.docker.containers);

			settings_put(&f.facts.docker.now, "icc", "false", SOURCE_FILE, NULL);
			c->name = xstrdup("web");
			c->running = true;
			containers_known(&f.facts.docker.containers);
		}
		fake_diff(&f, &module_sysctl, desired, &d);
		if (d.holds.count != holds[i].held ||
		    (holds[i].held && !strstr(d.holds.items[0], "container web")))
			fail_msg("row %zu: %s", i, d.holds.count ? d.holds.items[0] : "no hold");
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_ufw_unreadable),
		cmocka_unit_test(test_numbers_apart),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_untold_is_held),
		cmocka_unit_test(test_masked_by_null),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_forwarding_is_held),
		cmocka_unit_test(test_needed_is_held),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
