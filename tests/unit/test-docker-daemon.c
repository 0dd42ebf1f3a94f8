/* A key of the config file: what is asked of it, when it does not apply, what may be wished. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/format/schemes/json-text.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/docker-view.h"

/* One key in the file and in force: what is asked, and what is left to say afterwards. */
static const struct row {
	const char *name;
	const char *file; /* content of daemon.json; NULL: none */
	const char *now_key, *now; /* NULL key: nothing known, so the default */
	const char *want;
	enum verdict verdict;
	const char *content; /* afterwards; NULL: as before */
	const char *effect, *after; /* NULL: none */
	enum handler handler;
	enum verdict again;
} rows[] = {
	{"nothing set", NULL, NULL, NULL, "key=live-restore value=true", VERDICT_FAIL,
	 "{\n  \"live-restore\": true\n}\n", "docker:live-restore", "true", HANDLER_DOCKER_RELOAD,
	 VERDICT_PASS},
	{"all right", "{\"live-restore\":true}", "live-restore", "true",
	 "key=live-restore value=true", VERDICT_PASS, NULL, NULL, NULL, 0, VERDICT_PASS},
	{"written, not in force", "{\"live-restore\":true}", "live-restore", "false",
	 "key=live-restore value=true", VERDICT_FAIL, NULL, "docker:live-restore", "true",
	 HANDLER_DOCKER_RELOAD, VERDICT_PASS},
	{"in force, written otherwise", "{\"live-restore\":false}", "live-restore", "true",
	 "key=live-restore value=true", VERDICT_FAIL, "{\"live-restore\":true}", NULL, NULL, 0,
	 VERDICT_PASS},
	{"restart only", "{\n\t\"log-level\": \"debug\"\n}", "log-level", "\"debug\"",
	 "key=log-level value=\"info\"", VERDICT_FAIL, "{\n\t\"log-level\": \"info\"\n}",
	 "docker:log-level", "\"info\"", HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"as good", "{\"log-level\":\"warn\"}", "log-level", "\"warn\"",
	 "key=log-level value=\"info\" accept=[\"warn\"]", VERDICT_PASS, NULL, NULL, NULL, 0,
	 VERDICT_PASS},
	{"default is wanted", "{}", NULL, NULL, "key=experimental value=false", VERDICT_PASS, NULL,
	 NULL, NULL, 0, VERDICT_PASS},
	{"null is not set", "{\"icc\":null}", NULL, NULL, "key=icc value=false", VERDICT_FAIL,
	 "{\"icc\":false}", "docker:icc", "false", HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"flattened by dockerd", "{\"x\":{\"icc\":false}}", "icc", "false", "key=icc value=false",
	 VERDICT_PASS, NULL, NULL, NULL, 0, VERDICT_PASS},
	{"flattened and wrong", "{\"x\":{\"icc\":true}}", "icc", "true", "key=icc value=false",
	 VERDICT_FAIL, "{\"x\":{\"icc\":false}}", "docker:icc", "false", HANDLER_DOCKER_RESTART,
	 VERDICT_PASS},
	{"list", "{\"insecure-registries\":[\"10.1.1.1:5000\"]}", "insecure-registries",
	 "[\"10.1.1.1:5000\"]", "key=insecure-registries value=[] unset-ok=true", VERDICT_FAIL,
	 "{\"insecure-registries\":[]}", "docker:insecure-registries", "[]", HANDLER_DOCKER_RELOAD,
	 VERDICT_PASS},
	{"list deleted but kept", "{}", "insecure-registries", "[\"10.1.1.1:5000\"]",
	 "key=insecure-registries value=[] unset-ok=true", VERDICT_FAIL, NULL,
	 "docker:insecure-registries", NULL, HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"members", "{\"log-opts\":{\"tag\":\"x\",\"max-size\":\"9g\"}}", "log-opts",
	 "{\"tag\":\"x\",\"max-size\":\"9g\"}",
	 "key=log-opts value={\"max-size\":\"10m\",\"max-file\":\"3\"}", VERDICT_FAIL,
	 "{\"log-opts\":{\"tag\":\"x\",\"max-size\":\"10m\",\"max-file\":\"3\"}}",
	 "docker:log-opts", "{\"tag\":\"x\",\"max-size\":\"10m\",\"max-file\":\"3\"}",
	 HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"members as they are", "{\"log-opts\":{\"max-size\":\"9g\"}}", "log-opts",
	 "{\"max-size\":\"9g\"}",
	 "key=log-opts value={\"max-size\":\"10m\",\"max-file\":\"3\"} accept=[\"*\"]",
	 VERDICT_FAIL, "{\"log-opts\":{\"max-size\":\"9g\",\"max-file\":\"3\"}}", "docker:log-opts",
	 "{\"max-size\":\"9g\",\"max-file\":\"3\"}", HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"absent", "{\"cgroup-parent\":\"x\",\"a\":1}", "cgroup-parent", "\"x\"",
	 "key=cgroup-parent absent=true", VERDICT_FAIL, "{\"a\":1}", "docker:cgroup-parent", NULL,
	 HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"removed directive", "{\"disable-legacy-registry\":true}", NULL, NULL,
	 "key=disable-legacy-registry absent=true", VERDICT_FAIL, "{}", NULL, NULL, 0,
	 VERDICT_PASS},
	{"forbidden", "{\"seccomp-profile\":\"unconfined\"}", "seccomp-profile", "\"unconfined\"",
	 "key=seccomp-profile forbid=[\"unconfined\"]", VERDICT_FAIL, "{}",
	 "docker:seccomp-profile", NULL, HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"root is no remapping", "{\"userns-remap\":\"root\"}", NULL, NULL,
	 "key=userns-remap value=\"ops\"", VERDICT_FAIL, "{\"userns-remap\":\"ops\"}",
	 "docker:userns-remap", "\"ops\"", HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"unknown to this engine", NULL, NULL, NULL, "key=firewall-backend value=\"nftables\"",
	 VERDICT_NOT_APPLICABLE, NULL, NULL, NULL, 0, VERDICT_NOT_APPLICABLE},
	{"unreadable as JSON", "{\"icc\": false,}", NULL, NULL, "key=icc value=false",
	 VERDICT_NOT_MEASURED, NULL, NULL, NULL, 0, VERDICT_NOT_MEASURED},
	{"key twice", "{\"icc\":false,\"icc\":true}", NULL, NULL, "key=icc value=false",
	 VERDICT_FAIL, NULL, NULL, NULL, 0, VERDICT_FAIL}, /* measured, and not edited */
	{"key twice, the last is right", "{\"icc\":true,\"icc\":false}", "icc", "false",
	 "key=icc value=false", VERDICT_PASS, NULL, NULL, NULL, 0, VERDICT_PASS},
	{"condition holds", "{\"log-driver\":\"json-file\"}", NULL, NULL,
	 "key=debug value=true when=log-driver=json-file", VERDICT_FAIL,
	 "{\"log-driver\":\"json-file\",\"debug\":true}", "docker:debug", "true",
	 HANDLER_DOCKER_RELOAD, VERDICT_PASS},
	{"condition of the default", NULL, NULL, NULL,
	 "key=experimental value=false when=log-driver=json-file", VERDICT_PASS, NULL, NULL, NULL,
	 0, VERDICT_PASS},
	{"nobody accepts what no container starts with",
	 "{\"log-opts\":{\"max-size\":\"9x\",\"max-file\":\"3\"}}", "log-opts",
	 "{\"max-size\":\"9x\",\"max-file\":\"3\"}",
	 "key=log-opts value={\"max-size\":\"10m\",\"max-file\":\"3\"}", VERDICT_FAIL,
	 "{\"log-opts\":{\"max-size\":\"10m\",\"max-file\":\"3\"}}", "docker:log-opts",
	 "{\"max-size\":\"10m\",\"max-file\":\"3\"}", HANDLER_DOCKER_RESTART, VERDICT_PASS},
	{"condition does not hold", "{\"log-driver\":\"local\"}", NULL, NULL,
	 "key=debug value=true when=log-driver=json-file", VERDICT_NOT_APPLICABLE, NULL, NULL, NULL,
	 0, VERDICT_NOT_APPLICABLE},
	{"no listener", NULL, NULL, NULL, "key=tlsverify value=true when=tcp-listener",
	 VERDICT_NOT_APPLICABLE, NULL, NULL, NULL, 0, VERDICT_NOT_APPLICABLE},
	{"other driver", NULL, NULL, NULL,
	 "key=storage-opts forbid=[\"dm.*\"] when=driver=devicemapper", VERDICT_NOT_APPLICABLE,
	 NULL, NULL, NULL, 0, VERDICT_NOT_APPLICABLE},
	{"engine's age", NULL, NULL, NULL, "key=debug value=true when=engine<20.10",
	 VERDICT_NOT_APPLICABLE, NULL, NULL, NULL, 0, VERDICT_NOT_APPLICABLE},
};

static void check_row(const struct row *row, const struct delta *d)
{
	const struct effect *effect = row->effect ? find_effect(d, row->effect) : NULL;

	if (d->verdict != row->verdict)
		fail_msg("%s: %s (%s)", row->name, verdict_to_string(d->verdict), d->reason);
	if (d->effects.count != (row->effect != NULL))
		fail_msg("%s: %zu effects", row->name, d->effects.count);
	if ((d->edits.count > 0) != (row->content != NULL))
		fail_msg("%s: %zu edits", row->name, d->edits.count);
	assert_non_null(d->reason);
	if (!row->effect)
		return;
	if (!effect || effect->handler != row->handler || effect->pending ||
	    !json_value_same(effect->after, row->after))
		fail_msg("%s: effect is %s -> %s by %s", row->name, d->effects.items[0].before,
			 d->effects.items[0].after, handler_to_string(d->effects.items[0].handler));
}

static void run_row(const struct row *row)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_docker_daemon, row->want);

	fake_view_init(&f);
	fake_file(&f, "/etc/subuid", 0644, "ops:100000:65536\n");
	fake_file(&f, "/etc/subgid", 0644, "ops:100000:65536\n");
	if (row->file)
		fake_file(&f, CONFIG, 0644, row->file);
	if (row->now_key)
		set_now(&f, row->now_key, row->now, SOURCE_API);
	fake_diff(&f, &module_docker_daemon, want, &d);
	check_row(row, &d);
	fake_converges(&f, &module_docker_daemon, want, &d, &again);
	if (row->content)
		assert_string_equal(fake_content(&f, CONFIG), row->content);
	if (again.verdict != row->again)
		fail_msg("%s: %s afterwards (%s)", row->name, verdict_to_string(again.verdict),
			 again.reason);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(&rows[i]);
}

static void test_not_docker(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	f->facts.docker.unsupported = xstrdup("Docker is a snap: its files are read-only");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
	assert_string_equal(d.reason, "Docker is a snap: its files are read-only");
	f->facts.docker.install = DOCKER_NONE;
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
	assert_string_equal(d.reason, "Docker is not installed");
}

static void test_unreadable_file(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, CONFIG, 0600, "{}");
	fake_unreadable(f, CONFIG, -EACCES);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	assert_int_equal(d.edits.count, 0);
}

/* A variable of dockerd's environment: what it says is judged where that is known, and is no pass where it is not. */
static void test_decided_by_variable(void **state)
{
	static const struct {
		const char *want, *key, *value;
		enum verdict verdict;
	} variables[] = {
		{"key=storage-driver forbid=[\"aufs\"]", "storage-driver", "\"aufs\"",
		 VERDICT_FAIL},
		{"key=storage-driver forbid=[\"aufs\"]", "storage-driver", "\"btrfs\"",
		 VERDICT_PASS},
		{"key=storage-driver forbid=[\"aufs\"]", "data-root", NULL, VERDICT_PASS},
		{"key=tlsverify value=true", "tlsverify", NULL, VERDICT_NOT_MEASURED},
		{"key=icc value=false", "icc", NULL, VERDICT_NOT_MEASURED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, variables[i].want);

		fake_view_init(&f);
		fake_dir(&f, "/etc/docker", 0755);
		settings_put(&f.facts.docker.by_variable, variables[i].key, variables[i].value,
			     SOURCE_UNKNOWN, "DOCKER_DRIVER");
		fake_diff(&f, &module_docker_daemon, want, &d);
		if (d.verdict != variables[i].verdict || d.edits.count > 0 ||
		    (d.verdict == VERDICT_FAIL) != (d.refusal != NULL))
			fail_msg("row %zu: %s", i, d.reason);
	}
}

static void test_other_config_file(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=debug value=true");

	str_replace(&f->facts.docker.config_file, "/srv/d.json");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_edit(&d, "/srv/d.json", "json:/debug", "true");
}

/* Tens of thousands of keys: no look at one of them reads the whole text once a key. */
static void test_big_files(void **state)
{
	static const char *const values[] = {"{\"a\": 1}", "[1, 2, 3, 4, 5]", "1"};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, "key=icc value=false");
		double start = clock_ms();

		fake_view_init(&f);
		fake_dir(&f, "/etc/docker", 0755);
		buf_puts(&text, "{");
		for (size_t k = 0; k < 20000; k++)
			buf_printf(&text, "\"k%zu\": %s, ", k, values[i]);
		buf_puts(&text, "\"last\": {\"icc\": false}}");
		fake_file(&f, CONFIG, 0644, buf_str(&text));
		fake_diff(&f, &module_docker_daemon, want, &d);
		assert_int_equal(d.edits.count, 0); /* dockerd finds it in the last */
		if (clock_ms() - start > 10000) /* once it took minutes */
			fail_msg("20000 keys with %s take %.0f ms", values[i], clock_ms() - start);
	}
}

static void test_swarm_has_no_live_restore(void **state)
{
	static const char *const members[] = {"active", "pending", "locked", "error"};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, "key=live-restore value=true");

		fake_view_init(&f);
		str_replace(&f.facts.docker.swarm, members[i]);
		fake_diff(&f, &module_docker_daemon, want, &d);
		assert_verdict(&d, VERDICT_NOT_APPLICABLE);
		assert_int_equal(d.edits.count + d.effects.count + d.warnings.count, 0);
		fake_file(&f, CONFIG, 0644, "{\"live-restore\":true}");
		fake_diff(&f, &module_docker_daemon, want, &d);
		assert_int_equal(d.warnings.count, 1);
	}
}

static void test_no_default_bridge(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, CONFIG, 0644, "{\"bridge\":\"none\"}");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
}

/* A driver that the baseline accepts, and this dockerd does not have; set by others. */
static void test_accepted_and_dead(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon,
		"key=log-driver forbid=[\"json-file\"] accept=[\"gcplogs\"]");

	fake_file(f, CONFIG, 0644, "{\"log-driver\":\"gcplogs\"}");
	set_now(f, "log-driver", "\"gcplogs\"", SOURCE_API);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_PASS);
	strv_add(&f->facts.docker.log_drivers, "json-file");
	count_set(&f->facts.docker.plugins, 0);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(d.reason, "no log driver 'gcplogs'"));
	assert_non_null(d.refusal);
}

static void test_check(void **state)
{
	static const struct {
		const char *want, *message;
	} wrong[] = {
		{"key=icc", "one of 'value', 'absent' and 'forbid' is needed"},
		{"key=icc absent=true value=false", "'absent' does not go with"},
		{"key=icx value=false", "dockerd has no setting 'icx'"},
		{"key=icc value=false accept=true", "'accept' must be a list"},
		{"key=icc forbid={}", "'forbid' must be a list"},
		{"key=icc value=false when=sometimes", "'when: sometimes' is not a condition"},
		{"key=icc value=false when=icx=1", "is not a condition"},
		{"key=live-restore value=\"true\"", "must be of type boolean, not string"},
		{"key=default-ulimits value=5", "must be of type object"},
		{"key=log-opts value=\"x\"", "must be of type object"},
		{"key=log-opts value={\"max-file\":3}", "must be of type string"},
		{"key=log-opts value={\"max-size\":\"10x\"} when=log-driver=json-file",
		 "max-size must be a size"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_docker_daemon, wrong[i].want);

		assert_int_equal(module_docker_daemon.check(want, &err), -EINVAL);
		assert_non_null(strstr(error_text(&err), wrong[i].message));
	}
}

/* What takes long to look at is looked at where it would be told alone. */
static void test_needs(void **state)
{
	static const struct {
		const char *desired;
		unsigned parts;
	} asked[] = {
		{"key=icc value=false", 0},
		{"key=userns-remap value=default", FACTS_SIZES | FACTS_CONTAINERS | FACTS_VERSIONS},
		{"key=data-root value=/srv", FACTS_SIZES},
		{"key=storage-driver value=overlay2", FACTS_SIZES},
		{"key=storage-driver forbid=aufs", 0}, /* nothing is written */
		{"key=exec-root value=/srv", 0},
		{"key=data-root absent=true", FACTS_SIZES},
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		DESIRED(want, &module_docker_daemon, asked[i].desired);

		assert_int_equal(module_docker_daemon.needs(want), asked[i].parts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs),
		DOCKER_VIEW_TEST(test_rows),
		DOCKER_VIEW_TEST(test_not_docker),
		DOCKER_VIEW_TEST(test_unreadable_file),
		cmocka_unit_test(test_decided_by_variable),
		DOCKER_VIEW_TEST(test_other_config_file),
		cmocka_unit_test(test_big_files),
		DOCKER_VIEW_TEST(test_swarm_has_no_live_restore),
		DOCKER_VIEW_TEST(test_no_default_bridge),
		DOCKER_VIEW_TEST(test_accepted_and_dead),
		DOCKER_VIEW_TEST(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
