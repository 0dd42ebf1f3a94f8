#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/write/start-trial.h"
#include "engine/next/next.h"
#include "engine/next/parts.h"
#include "tests/unit/fake-view.h"

/* What a trial of the next start is made of, and what is said of how it ended. */

#define JSON "/etc/docker/daemon.json"
#define PROGRAM "/usr/sbin/dockerd"

int __wrap_start_trial_run(const struct start_trial *t, struct start_result *ret,
			   struct error *err);

/* What the trial gets, and how it ends. */
static struct {
	bool asked;
	char *line, *environment, *empty, *containerd, *file, *handed_over, *at, *bridges;
	int result;
	enum start_end end;
	int code;
	const char *said;
} trial;

int __wrap_start_trial_run(const struct start_trial *t, struct start_result *ret, struct error *err)
{
	trial.asked = true;
	trial.line = strv_join(&t->line, " ");
	trial.environment = strv_join(&t->environment, " ");
	trial.empty = strv_join(&t->empty, " ");
	trial.containerd = strv_join(&t->containerd, " ");
	trial.file = t->nfiles ? xstrndup(t->files->bytes, t->files->n) : NULL;
	trial.handed_over = xstrdup_null(t->handed_over);
	trial.at = xstrdup_null(t->asked);
	trial.bridges = strv_join(&t->bridges, " ");
	if (trial.result < 0)
		return error_set(err, trial.result, "cannot have namespaces");
	ret->end = trial.end;
	ret->code = trial.code;
	buf_puts(&ret->said, trial.said ? trial.said : "");
	return 0;
}

static void trial_clear(void)
{
	free(trial.line);
	free(trial.environment);
	free(trial.empty);
	free(trial.containerd);
	free(trial.file);
	free(trial.handed_over);
	free(trial.at);
	free(trial.bridges);
	memset(&trial, 0, sizeof(trial));
}

static void make_host(struct fake_view *f, const char *json, const char *flags)
{
	struct docker_facts *d = &f->facts.docker;
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0}, texts = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	fake_view_init(f);
	fake_file(f, PROGRAM, 0755, "");
	fake_file(f, "/usr/bin/containerd", 0755, "");
	f->facts.root = true;
	str_replace(&d->dockerd, PROGRAM);
	str_replace(&d->config_file, JSON);
	command_line_split(flags, &args, NULL);
	daemon_flags_parse(&args, &keys, &values, &texts);
	for (size_t i = 0; i < keys.count; i++) {
		struct daemon_flag *flag = facts_add_flag(&f->facts);

		flag->key = xstrdup(keys.items[i]);
		flag->value = xstrdup(values.items[i]);
		flag->text = xstrdup(texts.items[i]);
		settings_put(&d->next, keys.items[i], values.items[i], SOURCE_FLAG, "flag");
	}
	strv_clear(&keys);
	strv_clear(&values);
	if (!json)
		return;
	fake_file(f, JSON, 0644, json);
	buf_puts(&text, json);
	daemon_file_settings(&text, NULL, &keys, &values, NULL);
	for (size_t i = 0; i < keys.count; i++)
		settings_put(&d->next, keys.items[i], values.items[i], SOURCE_FILE, JSON);
}

static void test_line(void **state)
{
	static const struct {
		const char *flags, *json;
		const char *line, *empty, *handed_over, *at, *file, *containerd;
	} rows[] = {
		{"-H fd://", NULL, PROGRAM " -H fd://",
		 "/run /var/lib/docker /var/lib/containerd /var/tmp", "/run/docker.sock",
		 "/run/docker.sock", NULL, ""},
		{"", "{\"data-root\": \"/srv/d\", \"exec-root\": \"/srv/e\"}", PROGRAM,
		 "/run /srv/d /var/lib/containerd /var/tmp /srv/e", NULL, "/run/docker.sock", NULL,
		 ""},
		{"--pidfile /srv/p/pid -H unix:///var/run/x.sock", NULL, NULL,
		 "/run /var/lib/docker /var/lib/containerd /var/tmp /srv/p", NULL, "/run/x.sock",
		 NULL, ""},
		{"-H tcp://10.0.0.1:2376", NULL, NULL, NULL, NULL, NULL, NULL, ""},
		{"--authorization-plugin a --icc=false", NULL, PROGRAM " --icc=false", NULL, NULL,
		 "/run/docker.sock", NULL, ""},
		{"", "{\"icc\": true, \"authorization-plugins\": [\"a\"]}", PROGRAM, NULL, NULL,
		 "/run/docker.sock", "{\"icc\": true}", ""},
		{"--containerd /var/run/c/c.sock", NULL, NULL, NULL, NULL, "/run/docker.sock", NULL,
		 "/usr/bin/containerd --address=/run/c/c.sock --root=/var/lib/containerd "
		 "--state=/run/containerd"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, rows[i].json, rows[i].flags);
		strv_add(&f.facts.docker.next_environment, "A=b");
		strv_add(&f.facts.docker.next_environment, "DOCKER_TMPDIR=/srv/t");
		next_start(&f.view, &all);
		assert_true(trial.asked);
		if (rows[i].line)
			assert_string_equal(trial.line, rows[i].line);
		if (rows[i].empty)
			assert_string_equal(trial.empty, rows[i].empty);
		assert_int_equal(strcmp_null(trial.handed_over, rows[i].handed_over), 0);
		assert_int_equal(strcmp_null(trial.at, rows[i].at), 0);
		assert_int_equal(strcmp_null(trial.file, rows[i].file), 0);
		assert_string_equal(trial.containerd, rows[i].containerd);
		assert_memory_equal(trial.environment, "A=b PATH=", strlen("A=b PATH="));
		assert_null(strstr(trial.environment, "TMPDIR"));
		trial_clear();
	}
}

/* Whatever keeps a trial from being made is not measured, and nothing is started. */
static void test_none_is_made(void **state)
{
	static const struct {
		const char *name, *flags, *words;
		const char *there[3];
	} rows[] = {
		{"driver", "--storage-driver zfs", "works on more than a directory"},
		{"quota", "--storage-opt overlay2.size=1G", "quotas"},
		{"certificate in the data root", "--tls --tlscert /var/lib/docker/c.pem",
		 "is empty in the trial"},
		{"containerd elsewhere", "--containerd /srv/c.sock", "is not in /run"},
		{"user", "", "root"},
		{"image", "", "image"},
		{"no program", "", "no dockerd"},
		{"gateway",
		 "--bridge=br0 --default-gateway=10.1.0.1",
		 "has to agree with the addresses of 'br0'",
		 {"/sys/class/net/br0/bridge"}},
		{"range",
		 "--bridge=br0 --fixed-cidr=10.1.0.0/25",
		 "fixed-cidr has to agree",
		 {"/sys/class/net/br0/bridge"}},
		{"modules", "", "(bridge)", {"/proc/modules"}},
		{"icc", "--icc=false", "(br_netfilter)", {"/proc/modules", "/sys/module/bridge"}},
		{"proxy",
		 "--userland-proxy=false",
		 "(br_netfilter)",
		 {"/proc/modules", "/sys/module/bridge"}},
		{"unknown", "", "a shell starts it"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, NULL, rows[i].flags);
		f.facts.root = strcmp(rows[i].name, "user") != 0;
		f.facts.offline = strcmp(rows[i].name, "image") == 0;
		if (strcmp(rows[i].name, "no program") == 0)
			str_replace(&f.facts.docker.dockerd, NULL);
		for (size_t k = 0; k < ARRAY_SIZE(rows[i].there) && rows[i].there[k]; k++)
			fake_file(&f, rows[i].there[k], 0444, "");
		if (strcmp(rows[i].name, "unknown") == 0)
			str_replace(&f.facts.docker.start_unknown, "a shell starts it");
		next_start(&f.view, &all);
		assert_false(trial.asked);
		assert_int_equal(all.count, 1);
		assert_int_equal(all.items[0].state, FORESIGHT_NOT_MEASURED);
		assert_non_null(strstr(all.items[0].text, rows[i].words));
	}
}

/* It stands in the trial where it does here, and keeps none from being made; of docker0 dockerd makes its own. */
static void test_bridge(void **state)
{
	static const struct {
		const char *flags, *bridges;
	} rows[] = {
		{"--bridge=br0", "br0"},
		{"--bridge=br1 --default-gateway=10.1.0.1", ""}, /* is not there: dockerd says so */
		{"--default-gateway=10.1.0.1 --bip=10.1.0.2/24", ""},
		{"--bridge=docker0 --fixed-cidr=10.1.0.0/25", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, NULL, rows[i].flags);
		fake_dir(&f, "/sys/class/net/br0/bridge", 0755);
		next_start(&f.view, &all);
		assert_true(trial.asked);
		assert_string_equal(trial.bridges, rows[i].bridges);
		trial_clear();
	}
}

/* Modules that are there, or that nothing asks for, keep no trial from being made. */
static void test_modules_are_there(void **state)
{
	static const struct {
		const char *flags, *there;
	} rows[] = {
		{"--icc=false", "/sys/module/br_netfilter"},
		{"--userland-proxy=false", "/proc/sys/net/bridge"}, /* built in */
		{"--icc=false --iptables=false", NULL},
		{"--icc=true", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, NULL, rows[i].flags);
		fake_file(&f, "/proc/modules", 0444, "");
		fake_dir(&f, "/sys/module/bridge", 0755);
		if (rows[i].there)
			fake_dir(&f, rows[i].there, 0755);
		next_start(&f.view, &all);
		assert_true(trial.asked);
		trial_clear();
	}
}

/* How it ended, and which line of which file its last words are about. */
static void test_what_is_said(void **state)
{
	static const char json[] = "{\n  \"log-level\": \"info\",\n  \"bip\": \"1.2.3.4/99\"\n}";
	static const struct {
		enum start_end end;
		int result, code;
		const char *said;
		enum foresight_state state;
		const char *file, *words;
		size_t line;
	} rows[] = {
		{START_UP, 0, 0, "", FORESIGHT_PASS, NULL, "answered", 0},
		{START_SLOW, 0, 0, "", FORESIGHT_NOT_MEASURED, NULL, "neither answered", 0},
		{START_UP, -EOPNOTSUPP, 0, "", FORESIGHT_NOT_MEASURED, NULL, "namespaces", 0},
		{START_UP, -ETIMEDOUT, 0, "", FORESIGHT_NOT_MEASURED, NULL, "could not be tried",
		 0},
		{START_NO_CONTAINERD, 0, 0, "", FORESIGHT_NOT_MEASURED, NULL, "in time", 0},
		{START_NO_CONTAINERD, 0, 1, "containerd: bad\n", FORESIGHT_FAIL, NULL,
		 "containerd was started", 0},
		{START_GAVE_UP, 0, 1, "", FORESIGHT_FAIL, NULL, "did not say why", 0},
		{START_GAVE_UP, 0, 1,
		 "time=\"x\" level=info msg=a\nfailed to start daemon: bad log-level\n",
		 FORESIGHT_FAIL, JSON, "bad log-level", 2},
		{START_GAVE_UP, 0, 1, "failed to start daemon: invalid CIDR: 1.2.3.4/99\n",
		 FORESIGHT_FAIL, JSON, "invalid CIDR", 3},
		{START_GAVE_UP, 0, 1,
		 "unable to configure the Docker daemon with file " JSON ": EOF\n", FORESIGHT_FAIL,
		 JSON, "EOF", 0},
		{START_GAVE_UP, 0, 1, "proxy http://u:geheim@h/ is no good\n", FORESIGHT_FAIL, NULL,
		 "hidden", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, json, "");
		trial.result = rows[i].result;
		trial.end = rows[i].end;
		trial.code = rows[i].code;
		trial.said = rows[i].said;
		next_start(&f.view, &all);
		assert_int_equal(all.count, 1);
		if (all.items[0].state != rows[i].state ||
		    !strstr(all.items[0].text, rows[i].words) ||
		    strcmp_null(all.items[0].file, rows[i].file) != 0 ||
		    all.items[0].line != rows[i].line || strstr(all.items[0].text, "geheim"))
			fail_msg("row %zu: %s:%zu: %s", i,
				 all.items[0].file ? all.items[0].file : "-", all.items[0].line,
				 all.items[0].text);
		trial_clear();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),         cmocka_unit_test(test_none_is_made),
		cmocka_unit_test(test_bridge),       cmocka_unit_test(test_modules_are_there),
		cmocka_unit_test(test_what_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
