#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-text.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define CONFIG "/etc/docker/daemon.json"
#define VENDOR_UNIT "/usr/lib/systemd/system/docker.service"
#define DROPIN "/etc/systemd/system/docker.service.d/zz-harden.conf"
#define DEFAULTS "/etc/default/docker"

static int set_up(void **state)
{
	struct fake_view *f = xcalloc(1, sizeof(*f));

	fake_view_init(f);
	fake_dir(f, "/etc/docker", 0755);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fake_view_clear(*state);
	free(*state);
	return 0;
}

static void set_now(struct fake_view *f, const char *key, const char *value,
		    enum setting_source source)
{
	settings_put(&f->facts.docker.now, key, value, source, "test");
}

static void add_flag(struct fake_view *f, const char *key, const char *value, const char *text,
		     const char *file, const char *variable)
{
	struct daemon_flag *flag = facts_add_flag(&f->facts);

	flag->key = xstrdup(key);
	flag->value = xstrdup(value);
	flag->text = xstrdup(text);
	flag->file = xstrdup_null(file);
	flag->variable = xstrdup_null(variable);
	strv_add(&f->facts.docker.now_flags, key);
}

static struct container *add_container(struct fake_view *f, const char *name, const char *network)
{
	struct container *c = facts_add_container(&f->facts);

	c->name = xstrdup(name);
	c->running = true;
	c->network_mode = xstrdup(network);
	return c;
}

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
	 VERDICT_NOT_MEASURED, NULL, NULL, NULL, 0, VERDICT_NOT_MEASURED},
	{"condition holds", "{\"log-driver\":\"json-file\"}", NULL, NULL,
	 "key=debug value=true when=log-driver=json-file", VERDICT_FAIL,
	 "{\"log-driver\":\"json-file\",\"debug\":true}", "docker:debug", "true",
	 HANDLER_DOCKER_RELOAD, VERDICT_PASS},
	{"condition of the default", NULL, NULL, NULL,
	 "key=experimental value=false when=log-driver=json-file", VERDICT_PASS, NULL, NULL, NULL,
	 0, VERDICT_PASS},
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

/* Where the running daemon's value comes from decides what can be said. */
static void test_what_is_known_of_the_running_daemon(void **state)
{
	static const struct {
		const char *name;
		bool running;
		const char *not_measured;
		enum setting_source source;
		const char *now, *file;
		enum verdict verdict;
		size_t edits, effects;
	} cases[] = {
		{"asked", true, NULL, SOURCE_API, "true", "{\"debug\":true}", VERDICT_PASS, 0, 0},
		{"stopped", false, NULL, SOURCE_DEFAULT, "true", "{\"debug\":true}", VERDICT_PASS,
		 0, 0},
		{"stopped, wrong", false, NULL, SOURCE_DEFAULT, "true", "{}", VERDICT_FAIL, 1, 0},
		{"no API", true, "permission denied", SOURCE_FILE, "true", "{\"debug\":true}",
		 VERDICT_NOT_MEASURED, 0, 0},
		{"no API, wrong", true, "permission denied", SOURCE_FILE, "true", "{}",
		 VERDICT_FAIL, 1, 0},
		{"no API, seen at start", true, "permission denied", SOURCE_WITNESS, "true",
		 "{\"debug\":true}", VERDICT_PASS, 0, 0},
		{"no API, a flag", true, "permission denied", SOURCE_FLAG, "false",
		 "{\"debug\":true}", VERDICT_FAIL, 0, 1},
		{"file changed after the start", true, NULL, SOURCE_UNKNOWN, NULL,
		 "{\"debug\":true}", VERDICT_FAIL, 0, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, "key=debug value=true");

		fake_view_init(&f);
		f.facts.docker.running = cases[i].running;
		f.facts.docker.not_measured = xstrdup_null(cases[i].not_measured);
		fake_file(&f, CONFIG, 0644, cases[i].file);
		set_now(&f, "debug", cases[i].now, cases[i].source);
		fake_diff(&f, &module_docker_daemon, want, &d);
		if (d.verdict != cases[i].verdict || d.edits.count != cases[i].edits ||
		    d.effects.count != cases[i].effects)
			fail_msg("%s: %s (%s), %zu edits, %zu effects", cases[i].name,
				 verdict_to_string(d.verdict), d.reason, d.edits.count,
				 d.effects.count);
		if (cases[i].not_measured && d.verdict == VERDICT_NOT_MEASURED)
			assert_non_null(strstr(d.reason, cases[i].not_measured));
		fake_converges(&f, &module_docker_daemon, want, &d, NULL);
	}
}

/* Without systemd a daemon that is not seen may run all the same. */
static void test_not_seen_is_not_stopped(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=debug value=true");

	fake_file(f, CONFIG, 0644, "{\"debug\":true}");
	f->facts.docker.running = false;
	f->facts.docker.not_measured = xstrdup("no bus");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	facts_add_unit(&f->facts, "docker.service")->active = xstrdup("inactive");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_PASS);
}

static void test_reason_of_a_changed_file(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, CONFIG, 0644, "{\"icc\":false}");
	set_now(f, "icc", NULL, SOURCE_UNKNOWN);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_string_equal(d.reason, "'" CONFIG "' was changed after dockerd started: icc may not "
				      "be in force");
	assert_int_equal(find_effect(&d, "docker:icc")->handler, HANDLER_DOCKER_RESTART);
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

static void test_other_config_file(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=debug value=true");

	str_replace(&f->facts.docker.config_file, "/srv/d.json");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_edit(&d, "/srv/d.json", "json:/debug", NULL, "true");
}

/* A flag is changed where it stands, and never also written to the file. */
static void test_flag_of_the_vendor_unit(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=log-level value=\"info\"");

	fake_file(f, VENDOR_UNIT, 0644,
		  "[Service]\nExecStart=/usr/bin/dockerd -H fd:// --log-level debug $X\n");
	add_flag(f, "log-level", "\"debug\"", "--log-level debug", VENDOR_UNIT, NULL);
	set_now(f, "log-level", "\"debug\"", SOURCE_FLAG);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_int_equal(d.edits.count, 1);
	assert_edit(&d, DROPIN, "unit:Service/ExecStart", NULL,
		    "\n/usr/bin/dockerd -H fd:// --log-level=info $X");
	assert_non_null(find_effect(&d, "unit:docker.service"));
	assert_int_equal(find_effect(&d, "docker:log-level")->handler, HANDLER_DOCKER_RESTART);
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, DROPIN),
			    "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// "
			    "--log-level=info $X\n");
	assert_null(fake_content(f, CONFIG));
}

/* Two keys of one vendor line: the second finds the drop-in of the first. */
static void test_two_flags_of_one_line(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0}, e = {0};
	DESIRED(level, &module_docker_daemon, "key=log-level value=\"info\"");
	DESIRED(debug, &module_docker_daemon, "key=debug value=false");

	fake_file(f, VENDOR_UNIT, 0644, "[Service]\nExecStart=/usr/bin/dockerd -D -l warn\n");
	add_flag(f, "log-level", "\"warn\"", "-l warn", VENDOR_UNIT, NULL);
	add_flag(f, "debug", "true", "-D", VENDOR_UNIT, NULL);
	fake_diff(f, &module_docker_daemon, level, &d);
	fake_converges(f, &module_docker_daemon, level, &d, NULL);
	fake_diff(f, &module_docker_daemon, debug, &e);
	fake_converges(f, &module_docker_daemon, debug, &e, NULL);
	assert_string_equal(fake_content(f, DROPIN), "[Service]\nExecStart=\nExecStart=/usr/bin/"
						     "dockerd --debug=false --log-level=info\n");
}

static void test_flag_of_a_unit_in_etc(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	const char *unit = "/etc/systemd/system/docker.service.d/override.conf";
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, unit, 0644, "# ours\n[Service]\nExecStart=\nExecStart=/x/dockerd --icc\n");
	add_flag(f, "icc", "true", "--icc", unit, NULL);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_edit(&d, unit, "unit:Service/ExecStart", "\n/x/dockerd --icc",
		    "\n/x/dockerd --icc=false");
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, unit),
			    "# ours\n[Service]\nExecStart=\nExecStart=/x/dockerd --icc=false\n");
}

static void test_flag_of_a_variable(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, DEFAULTS, 0644, "# opts\nDOCKER_OPTS=\"--icc=true --dns 8.8.8.8\"\n");
	add_flag(f, "icc", "true", "--icc=true", DEFAULTS, "DOCKER_OPTS");
	set_now(f, "icc", "true", SOURCE_FLAG);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_edit(&d, DEFAULTS, "kv:DOCKER_OPTS", "\"--icc=true --dns 8.8.8.8\"",
		    "\"--icc=false --dns 8.8.8.8\"");
	assert_null(find_effect(&d, "unit:docker.service")); /* systemd reads it at each start */
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, DEFAULTS),
			    "# opts\nDOCKER_OPTS=\"--icc=false --dns 8.8.8.8\"\n");
}

static void test_flags_that_cannot_be_changed(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	add_flag(f, "icc", "true", "--icc=true", NULL, NULL);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_string_equal(d.refusal, "where '--icc=true' comes from is not known");
	assert_int_equal(d.edits.count, 0);
	str_replace(&f->facts.docker.next_flags[0].file, DEFAULTS);
	str_replace(&f->facts.docker.next_flags[0].variable, "OPTS");
	fake_file(f, DEFAULTS, 0644, "OPTS=--icc=true \\\n --dns=1.1.1.1\n");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_string_equal(d.refusal, "OPTS in '" DEFAULTS "' goes on over several lines");
	assert_int_equal(d.edits.count, 0);
}

/* Both a flag and in the file: dockerd would not start, even with equal values. */
static void test_conflict(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, DEFAULTS, 0644, "OPTS='--icc=false'\n");
	fake_file(f, CONFIG, 0644, "{\"icc\":false,\"debug\":true}");
	add_flag(f, "icc", "false", "--icc=false", DEFAULTS, "OPTS");
	set_now(f, "icc", "false", SOURCE_FLAG);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.edits.count, 1);
	assert_int_equal(d.effects.count, 0);
	assert_edit(&d, CONFIG, "json:/icc", "false", NULL);
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, CONFIG), "{\"debug\":true}");
}

/* A reload reads the file with the old arguments: not for keys that are one, nor over a plugin. */
static void test_when_a_reload_will_not_do(void **state)
{
	static const char *const flags[] = {"live-restore", "authorization-plugins", "features"};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, "key=live-restore value=true");

		fake_view_init(&f);
		strv_add(&f.facts.docker.now_flags, flags[i]);
		fake_diff(&f, &module_docker_daemon, want, &d);
		assert_int_equal(find_effect(&d, "docker:live-restore")->handler,
				 HANDLER_DOCKER_RESTART);
	}
}

/* A flag that only the next start has: a reload would not see it. */
static void test_flag_of_the_next_start_needs_a_restart(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=debug value=false");

	fake_file(f, DEFAULTS, 0644, "OPTS=-D\n");
	add_flag(f, "debug", "true", "-D", DEFAULTS, "OPTS");
	strv_clear(&f->facts.docker.now_flags);
	set_now(f, "debug", "true", SOURCE_API);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_int_equal(find_effect(&d, "docker:debug")->handler, HANDLER_DOCKER_RESTART);
	fake_converges(f, &module_docker_daemon, want, &d, NULL);
	assert_string_equal(fake_content(f, DEFAULTS), "OPTS=--debug=false\n");
}

/* Containers that live through the restart keep dockerd from setting up its network. */
static void test_pending(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	set_now(f, "live-restore", "true", SOURCE_API);
	f->facts.docker.bridge_icc = xstrdup("true");
	add_container(f, "web", "front");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_non_null(find_effect(&d, "docker:icc")); /* announced as pending by the planner */
	fake_converges(f, &module_docker_daemon, want, &d, NULL);

	/* the next plan, on the host as the apply left it */
	f->nvalues--;
	free(f->values[f->nvalues].subject);
	free(f->values[f->nvalues].value);
	set_now(f, "icc", "false", SOURCE_FILE);
	fake_diff(f, &module_docker_daemon, want, &again);
	assert_verdict(&again, VERDICT_PENDING);
	assert_int_equal(again.edits.count + again.effects.count, 0);
	assert_non_null(strstr(again.reason, "no container may run when dockerd starts"));

	/* and when no container runs any more, a restart will do */
	f->facts.docker.containers[0].running = false;
	fake_diff(f, &module_docker_daemon, want, &again);
	assert_verdict(&again, VERDICT_FAIL);
	assert_int_equal(find_effect(&again, "docker:icc")->handler, HANDLER_DOCKER_RESTART);
}

/* Written, and containers run: only with live-restore would a restart be in vain. */
static void test_not_pending_when_containers_stop(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, CONFIG, 0644, "{\"icc\":false}");
	f->facts.docker.bridge_icc = xstrdup("true");
	add_container(f, "web", "front");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.effects.count, 1);
	fake_value(f, "docker:live-restore", "true"); /* this plan switches it on first */
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_PENDING);
	assert_int_equal(d.effects.count, 0);
}

static void test_existing_containers_are_a_warning(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=no-new-privileges value=true");

	add_container(f, "a", "none");
	add_container(f, "b", "none");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_non_null(find_effect(&d, "docker:no-new-privileges"));
	assert_int_equal(d.warnings.count, 1);
	assert_string_equal(
		d.warnings.items[0],
		"2 existing containers keep the old no-new-privileges until created anew");
	assert_int_equal(d.holds.count, 0);
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
		{"key=icc value=false when=sometimes", "'when: sometimes' is no condition"},
		{"key=icc value=false when=icx=1", "is no condition"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_docker_daemon, wrong[i].want);

		assert_int_equal(module_docker_daemon.check(want, &err), -EINVAL);
		assert_non_null(strstr(error_text(&err), wrong[i].message));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows),
		TEST(test_what_is_known_of_the_running_daemon),
		TEST(test_not_seen_is_not_stopped),
		TEST(test_reason_of_a_changed_file),
		TEST(test_not_docker),
		TEST(test_unreadable_file),
		TEST(test_other_config_file),
		TEST(test_flag_of_the_vendor_unit),
		TEST(test_two_flags_of_one_line),
		TEST(test_flag_of_a_unit_in_etc),
		TEST(test_flag_of_a_variable),
		TEST(test_flags_that_cannot_be_changed),
		TEST(test_conflict),
		TEST(test_when_a_reload_will_not_do),
		TEST(test_flag_of_the_next_start_needs_a_restart),
		TEST(test_pending),
		TEST(test_not_pending_when_containers_stop),
		TEST(test_existing_containers_are_a_warning),
		TEST(test_swarm_has_no_live_restore),
		TEST(test_no_default_bridge),
		TEST(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
