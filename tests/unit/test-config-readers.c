#include "tests/unit/temp-directory.h"

#include "engine/facts/parts.h"
#include "engine/plan/restart-holds.h"
#include "engine/plan/start-check.h"
#include "tests/subject-text.h"

/* Who else reads docker.service's config file: by units on the disk, and what that keeps from it. */

#define CONFIG "/etc/docker/daemon.json"
#define UNIT "docker2.service"

static const struct found {
	const char *exec_start;
	const char *name; /* NULL: UNIT */
	bool idle; /* nothing would start it */
	const char *flags; /* of the reader, joined by blanks; NULL: it is none */
	const char *unknown;
} found[] = {
	{"/usr/sbin/dockerd -H unix:///run/d2.sock --live-restore --log-opt a=b", NULL, false,
	 "hosts live-restore log-opts", NULL},
	{"-/opt/bin/dockerd-dev", NULL, false, "", NULL},
	{"/usr/sbin/dockerd --config-file=/etc/docker/other.json --icc=false", NULL, false, NULL,
	 NULL},
	{"/usr/sbin/dockerd --config-file /etc/docker/daemon.json", NULL, false, "config-file",
	 NULL},
	{"/usr/sbin/dockerd --live-restore", NULL, true, NULL, NULL},
	{"/usr/sbin/dockerd --live-restore", "docker.service", false, NULL, NULL},
	{"/bin/sh -c \"exec dockerd $OPTS\"", NULL, false, "", "another program"},
	{"/usr/bin/dockerd-rootless.sh", NULL, false, NULL, NULL},
	{"/usr/bin/unshare -m /usr/bin/dockerd", NULL, false, "", "another program"},
	{"/bin/sh -c 'pgrep dockerd || /usr/bin/dockerd -H fd://'", NULL, false, "",
	 "another program"},
	/* who speaks of it starts none */
	{"/bin/sh -c \"while sleep 60; do pgrep -x dockerd >/dev/null || logger no dockerd; done\"",
	 NULL, false, NULL, NULL},
	{"/bin/sh -c \"echo -500 >/proc/$(pidof dockerd)/oom_score_adj\"", NULL, false, NULL, NULL},
	{"/bin/sh -c 'logger \"no dockerd here\"'", NULL, false, NULL, NULL},
	{"/usr/bin/cri-dockerd --container-runtime-endpoint fd://", NULL, false, NULL, NULL},
	{"/usr/bin/pkill -HUP dockerd", NULL, false, NULL, NULL},
	{"/usr/bin/notdockerd", NULL, false, NULL, NULL},
	{"/usr/bin/other", NULL, false, NULL, NULL},
};

static void make_directory(const struct temp_directory *t, const char *name)
{
	assert_true(mkdirat(t->fd, name, 0755) == 0 || errno == EEXIST);
}

static void write_unit(const struct temp_directory *t, const struct found *row)
{
	CLEANUP(freep)
	char *path = xasprintf("etc/systemd/system/%s", row->name ? row->name : UNIT);
	CLEANUP(freep)
	char *text = xasprintf("# beside dockerd\n[Service]\nExecStart=%s\n", row->exec_start);

	make_directory(t, "etc");
	make_directory(t, "etc/docker");
	make_directory(t, "etc/systemd");
	make_directory(t, "etc/systemd/system");
	make_directory(t, "etc/systemd/system/multi-user.target.wants");
	temp_directory_write(t, "etc/docker/daemon.json", "{}");
	temp_directory_write(t, path, text);
	unlinkat(t->fd, "etc/systemd/system/multi-user.target.wants/" UNIT, 0);
	if (!row->idle)
		temp_directory_write(t, "etc/systemd/system/multi-user.target.wants/" UNIT, "");
}

static void test_units_that_would_start_one(void **state)
{
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		CLEANUP(facts_clear) struct facts f = {.offline = true};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep) char *flags = NULL;

		f.docker.config_file = xstrdup(CONFIG);
		write_unit(t, &found[i]);
		gather_config_readers(&g);
		unlinkat(t->fd, "etc/systemd/system/" UNIT, 0);
		if (f.docker.nreaders != (found[i].flags != NULL))
			fail_msg("%s: %zu readers", found[i].exec_start, f.docker.nreaders);
		if (!found[i].flags)
			continue;
		flags = strv_join(&f.docker.readers[0].flags, " ");
		assert_string_equal(flags, found[i].flags);
		assert_string_equal(f.docker.readers[0].unit, UNIT);
		assert_true(!found[i].unknown == !f.docker.readers[0].unknown);
		if (found[i].unknown)
			assert_non_null(strstr(f.docker.readers[0].unknown, found[i].unknown));
	}
}

static const struct held {
	const char *flag; /* of the reader */
	bool runs, unknown;
	const char *path, *key, *after; /* what is edited */
	const char *hold, *refusal;
} held[] = {
	{"live-restore", true, false, CONFIG, "json:/live-restore", "true", NULL,
	 "'live-restore' would be there"},
	{"live-restore", false, false, CONFIG, "json:/live-restore", "true", NULL,
	 "would not start again"},
	{"log-opts", false, false, CONFIG, "json:/log-opts/max-size", "\"1m\"", NULL,
	 "'log-opts' would be there"},
	{"live-restore", true, false, CONFIG, "json:/icc", "false", "is not looked at", NULL},
	{"live-restore", true, false, CONFIG, "json:/live-restore", NULL, "is not looked at", NULL},
	{"live-restore", false, false, CONFIG, "json:/icc", "false", NULL, NULL},
	{NULL, false, true, CONFIG, "json:/icc", "false", "nor are its flags: wrapped", NULL},
	{"live-restore", true, false, "/etc/docker/x.json", "json:/live-restore", "true", NULL,
	 NULL},
	{"runtimes", false, false, CONFIG, "json:/runtimes/x", "{}", NULL, NULL},
};

static void fill_reader(struct facts *f, const struct held *row)
{
	struct config_reader *r = facts_add_reader(f);

	f->docker.config_file = xstrdup(CONFIG);
	r->text = xstrdup("unit " UNIT);
	r->runs = row->runs;
	r->unknown = row->unknown ? xstrdup("wrapped") : NULL;
	if (row->flag)
		strv_add(&r->flags, row->flag);
}

static void test_the_file_is_held(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};

		fill_reader(&f, &held[i]);
		edits_add(&d.edits, NULL, held[i].path, subj(held[i].key), NULL, held[i].after);
		hold_objections(&f, NULL, NULL, &d);
		if (!held[i].refusal)
			assert_int_equal(d.holds.count, held[i].hold != NULL);
		if (held[i].hold)
			assert_non_null(strstr(d.holds.items[0], held[i].hold));
		assert_true(!held[i].refusal == !d.refusal);
		if (held[i].refusal)
			assert_non_null(strstr(d.refusal, held[i].refusal));
	}
}

static void add_image(struct change *c, const char *text)
{
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	*image = (struct image){.node = {.kind = NODE_FILE}, .has_content = true};
	buf_puts(&image->content, text);
}

/* Whatever planned it: the check says "ok" of no file that somebody who reads it would refuse. */
static void test_the_check(void **state)
{
	static const struct {
		struct held reader;
		const char *before, *after;
		int want;
		const char *says;
		bool is_broken; /* it does not start with the file as it is */
		bool no_edit; /* the plan leaves the file alone */
	} rows[] = {
		{{"live-restore"}, "{}", "{\"live-restore\": true}", -EPERM, "would refuse it"},
		{{"live-restore"},
		 "{\"live-restore\": true}",
		 "{\"live-restore\": true, \"icc\": false}",
		 0,
		 "does not start with '" CONFIG "', now as well",
		 true},
		{{"live-restore"}, "{\"live-restore\": true}", "{}", 0, "no key is set both", true},
		{{"live-restore"}, "{}", "{}", 0, "now as well", true, true},
		{{"live-restore"}, "{}", "{}", 0, "no key is set both", false, true},
		{{NULL, .unknown = true}, "{}", "{}", 0, "is not known: wrapped", false, true},
		{{"live-restore"}, "{}", "{\"icc\": false}", 0, "no key is set both"},
		{{NULL, .unknown = true}, "{}", "{\"icc\": false}", 0, "is not known: wrapped"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		struct change *c = plan_add_change(&plan, CONFIG);
		bool said = false, fine = false;

		fill_reader(&f, &rows[i].reader);
		if (rows[i].is_broken)
			strv_add(&f.docker.readers[0].clashes, rows[i].reader.flag);
		if (rows[i].no_edit)
			plan_add_stage(&plan)->up = HANDLER_BIT(HANDLER_DOCKER_RELOAD);
		else
			edits_add(&c->edits, NULL, CONFIG, subj("json:/icc"), NULL, "false");
		add_image(c, rows[i].before);
		add_image(c, rows[i].after);
		assert_int_equal(plan_check_daemon_file(&plan, &f, NULL), rows[i].want);
		for (size_t k = 0; k < plan.checks.count; k++) {
			said |= strstr(plan.checks.items[k].text, rows[i].says) != NULL;
			fine |= strstr(plan.checks.items[k].text, "no key is set both") != NULL;
		}
		if (!said || (fine && strcmp(rows[i].says, "no key is set both") != 0))
			fail_msg("row %zu: %s", i, said ? "fine" : rows[i].says);
	}
}

/* What the file has and it has as a flag keeps it from its start; it is said before that. */
static void test_clashes(void **state)
{
	static const struct {
		const char *key;
		enum setting_source source;
		bool twice; /* docker.service has it in both places */
		const char *want;
	} rows[] = {
		{"live-restore", SOURCE_FILE, false, "live-restore"},
		{"live-restore", SOURCE_FLAG, false, ""},
		{"live-restore", SOURCE_FLAG, true, "live-restore"},
		{"icc", SOURCE_FILE, false, ""},
	};
	const struct temp_directory *t = *state;

	write_unit(t, &(struct found){"/usr/sbin/dockerd --live-restore"});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {.offline = true};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep) char *is = NULL;

		f.docker.config_file = xstrdup(CONFIG);
		settings_put(&f.docker.next, rows[i].key, "true", rows[i].source, NULL);
		if (rows[i].twice)
			strv_add(&f.docker.conflicts, rows[i].key);
		gather_config_readers(&g);
		is = strv_join(&f.docker.readers[0].clashes, " ");
		assert_string_equal(is, rows[i].want);
	}
}

/* Whether one of them is the next to start, and not docker.service. */
static void test_idle(void **state)
{
	static const struct {
		const char *link; /* below etc/systemd/system; NULL: none */
		bool running, want;
	} rows[] = {
		{NULL, false, true},
		{NULL, true, false},
		{"multi-user.target.wants/docker.service", false, false},
		{"sockets.target.wants/docker.socket", false, false},
		{"stack.service.requires/docker.service", false, false},
		{"sockets.target.wants/docker-tcp.socket", false, false},
		{"multi-user.target.wants/other.service", false, true},
	};
	const struct temp_directory *t = *state;

	write_unit(t, &(struct found){"/usr/sbin/dockerd"});
	make_directory(t, "etc/systemd/system/sockets.target.wants");
	make_directory(t, "etc/systemd/system/stack.service.requires");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {.offline = true};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep)
		char *link = rows[i].link ? xasprintf("etc/systemd/system/%s", rows[i].link) : NULL;

		f.docker.config_file = xstrdup(CONFIG);
		f.docker.running = rows[i].running;
		facts_add_unit(&f, "docker-tcp.socket")->activates = true;
		f.units[0].pulled_in = true;
		if (link)
			temp_directory_write(t, link, "");
		gather_config_readers(&g);
		if (link)
			unlinkat(t->fd, link, 0);
		assert_int_equal(f.docker.nreaders, 1);
		if (f.docker.idle != rows[i].want)
			fail_msg("row %zu: %d", i, f.docker.idle);
	}
}

/* Another name of docker.service's own unit is no other dockerd. */
static void test_alias(void **state)
{
	const struct temp_directory *t = *state;
	const struct found row = {"/usr/sbin/dockerd --live-restore", "docker.service"};
	CLEANUP(facts_clear) struct facts f = {.offline = true};
	struct gather g = {.facts = &f, .root = &t->root};

	write_unit(t, &row);
	assert_int_equal(symlinkat("docker.service", t->fd, "etc/systemd/system/" UNIT), 0);
	f.docker.config_file = xstrdup(CONFIG);
	facts_add_unit(&f, "docker.service")->fragment =
		xstrdup("/etc/systemd/system/docker.service");
	gather_config_readers(&g);
	assert_int_equal(f.docker.nreaders, 0);
	free(f.units[0].fragment);
	f.units[0].fragment = NULL;
	gather_config_readers(&g);
	assert_int_equal(f.docker.nreaders, 1); /* it was the name that made the difference */
}

/* A file that is not read is neither one that dockerd refuses nor one that it takes. */
static void test_not_read(void **state)
{
	for (int untrusted = 0; untrusted < 2; untrusted++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};

		f.docker.config_file = xstrdup(CONFIG);
		f.docker.file_error = xstrdup("a link that belongs to user 7");
		f.docker.file_untrusted = untrusted;
		plan_add_stage(&plan)->up = HANDLER_BIT(HANDLER_DOCKER_RESTART);
		assert_int_equal(plan_check_daemon_file(&plan, &f, NULL), untrusted ? 0 : -EPERM);
		assert_int_equal(plan.checks.count, 1);
		assert_int_equal(plan.checks.items[0].level, untrusted ? CHECK_WARN : CHECK_NO);
		assert_non_null(strstr(plan.checks.items[0].text,
				       untrusted ? "is not known" : "would refuse"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_units_that_would_start_one),
		TEMP_DIRECTORY_TEST(test_alias),
		TEMP_DIRECTORY_TEST(test_clashes),
		TEMP_DIRECTORY_TEST(test_idle),
		cmocka_unit_test(test_the_file_is_held),
		cmocka_unit_test(test_not_read),
		cmocka_unit_test(test_the_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
