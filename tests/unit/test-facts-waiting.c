#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/plan/restart-holds.h"
#include "tests/subject-text.h"

#define UNKNOWN "?"

/* What the running dockerd has, what the file has, and what a reload or a restart brings of it. */
struct row {
	const char *key;
	enum setting_source source;
	const char *now, *next; /* NULL: not set; UNKNOWN */
	bool reload, restart;
	const char *words; /* in what is said */
};

static const struct row rows[] = {
	/* the same: by the API, by the witness, by the default, in another spelling */
	{"live-restore", SOURCE_API, "true", "true", false, false, NULL},
	{"hosts", SOURCE_WITNESS, "[\"fd://\"]", "[ \"fd://\" ]", false, false, NULL},
	{"icc", SOURCE_DEFAULT, NULL, "true", false, false, NULL},
	{"insecure-registries", SOURCE_API, "[\"a\",\"b\"]", "[\"b\",\"a\"]", false, false, NULL},
	{"insecure-registries", SOURCE_API, "[\"a\"]", "[\"a\",\"b\"]", true, true, "\"b\""},
	{"insecure-registries", SOURCE_API, "[\"a\",\"b\"]", "[\"a\"]", true, true,
	 "dockerd has [\"a\",\"b\"]"},
	/* taken, and nothing comes of it */
	{"validate", SOURCE_API, "false", "true", false, false, NULL},
	{"authorization-plugins", SOURCE_API, "null", "[]", false, false, NULL},
	{"storage-driver", SOURCE_API, "\"overlay2\"", NULL, false, false, NULL},
	{"registry-mirrors", SOURCE_API, "[\"https://b/\",\"https://a/\"]",
	 "[\"https://a\",\"https://b/\"]", false, false, NULL},
	{"registry-mirrors", SOURCE_API, NULL, "[]", false, false, NULL},
	/* chosen by the engine, and noted at its start */
	{"storage-driver", SOURCE_WITNESS, "\"overlay2\"", NULL, false, false, NULL},
	{"default-cgroupns-mode", SOURCE_WITNESS, "\"private\"", NULL, false, false, NULL},
	{"storage-driver", SOURCE_WITNESS, "\"overlay2\"", "\"vfs\"", false, true, "vfs"},
	/* other, as the API or the witness tell */
	{"registry-mirrors", SOURCE_API, "[\"https://a/\"]", "[\"https://b\"]", true, true,
	 "https://b"},
	{"live-restore", SOURCE_API, "true", "false", true, true, "\"live-restore\": false"},
	{"data-root", SOURCE_API, "\"/var/lib/docker\"", "\"/data\"", false, true,
	 "dockerd has \"/var/lib/docker\"; every container"},
	{"authorization-plugins", SOURCE_API, NULL, "[\"opa\"]", true, true, "\"opa\""},
	{"hosts", SOURCE_WITNESS, "[\"fd://\"]", "[\"tcp://0.0.0.0:2375\"]", false, true,
	 "\"hosts\": [\"tcp://0.0.0.0:2375\"], and dockerd has [\"fd://\"]; the API would"},
	/* nobody tells */
	{"hosts", SOURCE_UNKNOWN, NULL, "[\"tcp://0.0.0.0:2375\"]", false, true,
	 "dockerd does not tell what it has"},
	{"registry-mirrors", SOURCE_UNKNOWN, NULL, "[\"https://m\"]", true, true, "does not tell"},
	{"registry-mirrors", SOURCE_UNKNOWN, NULL, NULL, false, false, NULL},
	/* gone from the file: a reload leaves some as they are */
	{"live-restore", SOURCE_API, "true", NULL, false, true, "\"live-restore\" no more"},
	{"authorization-plugins", SOURCE_API, "[\"opa\"]", NULL, true, true, "no more"},
	{"log-level", SOURCE_WITNESS, "\"warn\"", NULL, false, true, "has \"warn\""},
	/* keys that take any type, and are used all the same */
	{"http-proxy", SOURCE_UNKNOWN, NULL, "\"http://p\"", false, true, "does not tell"},
	{"no-proxy", SOURCE_DEFAULT, NULL, "\"local\"", false, true, "\"no-proxy\": \"local\""},
	{"default-shm-size", SOURCE_DEFAULT, NULL, "\"1G\"", true, true, "1G"},
	/* ... and one of which nothing comes */
	{"validate", SOURCE_DEFAULT, NULL, "true", false, false, NULL},
	/* dockerd's flags are looked at elsewhere; a secret is not told */
	{"icc", SOURCE_FLAG, "false", NULL, false, false, NULL},
	{"log-opts", SOURCE_WITNESS, NULL, "{\"splunk-token\":\"s3cret\"}", false, true, "hidden"},
};

static void fill(struct facts *f, const struct row *row)
{
	f->docker.config_file = xstrdup("/etc/docker/daemon.json");
	f->docker.version = xstrdup("26.1.5");
	containers_known(&f->docker.containers);
	if (row->source != SOURCE_DEFAULT)
		settings_put(&f->docker.now, row->key, row->now, row->source, "");
	if (row->next)
		settings_put(&f->docker.next, row->key, row->next, SOURCE_FILE, "");
	find_waiting_keys(f, NULL);
}

static void assert_holds(const struct facts *f, const struct row *row, enum handler handler,
			 const char *key, bool want)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(strv_clear) struct strv planned = {0};
	CLEANUP(freep) char *subject = xasprintf("docker:%s", key);

	delta_effect(&d, handler, subj(subject), NULL, "1");
	hold_objections(f, NULL, &planned, &d);
	if (d.holds.count != want)
		fail_msg("%s, %s: %zu holds", row->key, row->next ? row->next : "gone",
			 d.holds.count);
	if (want && !strstr(d.holds.items[0], row->words))
		fail_msg("'%s' lacks '%s'", d.holds.items[0], row->words);
}

static void test_keys(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(facts_clear) struct facts f = {0};

		fill(&f, row);
		assert_holds(&f, row, HANDLER_DOCKER_RELOAD, "x", row->reload);
		assert_holds(&f, row, HANDLER_DOCKER_RESTART, "x", row->restart);
		assert_holds(&f, row, HANDLER_SYSTEMD_RELOAD, "x", false);
		assert_holds(&f, row, HANDLER_DOCKER_RESTART, row->key, false); /* its own */
		assert_int_equal(f.docker.moves_data != NULL, strcmp(row->key, "data-root") == 0);
	}
}

/* Who sets one member of an object does not answer for what others wrote beside it. */
static void test_members(void **state)
{
	static const struct {
		const char *now, *next; /* of log-opts; NULL: not known, absent */
		const char *edited; /* members, by the control and by another one of the plan */
		bool held;
	} cases[] = {
		{"{\"max-size\":\"1m\"}", "{\"max-size\":\"9m\"}", "/log-opts/max-size", false},
		{"{}", "{\"max-size\":\"9m\",\"labels\":\"a\"}", "/log-opts/max-size", true},
		{"{\"labels\":\"a\"}", "{\"max-size\":\"9m\",\"labels\":\"a\"}",
		 "/log-opts/max-size", false},
		{"{\"labels\":\"a\"}", "{\"max-size\":\"9m\",\"labels\":\"b\"}",
		 "/log-opts/max-size", true},
		{"{\"labels\":\"a\"}", "{\"max-size\":\"9m\"}", "/log-opts/max-size", true},
		{"{\"labels\":\"a\"}", NULL, "/log-opts/max-size", true},
		{"{}", "{\"max-size\":\"9m\",\"max-file\":\"3\"}",
		 "/log-opts/max-size /log-opts/max-file", false},
		{NULL, "{\"max-size\":\"9m\",\"labels\":\"a\"}", "/log-opts/max-size", true},
		{NULL, "{\"max-size\":\"9m\"}", "/log-opts/max-size", false},
		{"{}", "{\"max-size\":\"9m\",\"labels\":\"a\"}", "/log-opts",
		 false}, /* all of it */
		{"{}", "{\"max-size\":\"9m\"}", "/log-driver/x", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct row row = {"log-opts", cases[i].now ? SOURCE_WITNESS : SOURCE_UNKNOWN,
					cases[i].now, cases[i].next};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(strv_clear) struct strv planned = {0}, edited = {0};

		fill(&f, &row);
		strv_split(&edited, cases[i].edited, " ");
		for (size_t k = 0; k < edited.count; k++)
			edits_add(&d.edits, NULL, f.docker.config_file,
				  subject_of(SCHEME_JSON, edited.items[k]), NULL, "1");
		delta_effect(&d, HANDLER_DOCKER_RESTART, subj("docker:x"), NULL, "1");
		hold_objections(&f, NULL, &planned, &d);
		if (d.holds.count != cases[i].held)
			fail_msg("case %zu: %zu holds", i, d.holds.count);
	}
}

/* Another control of the plan sets the key, or only writes it: that is not what others wrote. */
static void test_keys_of_the_plan(void **state)
{
	static const struct row others = {"live-restore", SOURCE_API, "true", "false",
					  true,           true,       NULL};
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv planned = {0};
	CLEANUP(delta_clear) struct delta d = {0}, writes = {0};

	fill(&f, &others);
	strv_add(&planned, "live-restore");
	delta_effect(&d, HANDLER_DOCKER_RESTART, subj("docker:x"), NULL, "1");
	hold_objections(&f, NULL, &planned, &d);
	assert_int_equal(d.holds.count, 0);
	strv_clear(&planned);
	delta_edit(&writes, f.docker.config_file, subj("json:/live-restore"), "true");
	delta_effect(&writes, HANDLER_DOCKER_RESTART, subj("docker:x"), NULL, "1");
	hold_objections(&f, NULL, &planned, &writes);
	assert_int_equal(writes.holds.count, 0);
}

/* A key that is a flag of the running dockerd, too: it refuses the reload, so nothing comes by it. */
static void test_flag_of_now(void **state)
{
	static const struct row row = {"live-restore", SOURCE_API, "true",        "false",
				       true,           true,       "live-restore"};

	for (int flag = 0; flag < 2; flag++) {
		CLEANUP(facts_clear) struct facts f = {0};

		if (flag)
			strv_add(&f.docker.now_flags, "live-restore");
		fill(&f, &row);
		assert_holds(&f, &row, HANDLER_DOCKER_RELOAD, "x", !flag);
		assert_holds(&f, &row, HANDLER_DOCKER_RESTART, "x", true);
	}
}

/* dockerd judges them at its start even where containers live on, and may not start with them. */
static void test_network_keys_count_beside_containers(void **state)
{
	static const struct row icc = {"icc", SOURCE_API, "true", "false", false, true, "icc"};

	for (int live = 0; live < 2; live++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct container *c = container_list_add(&f.docker.containers);

		container_init(c);
		c->running = true;
		containers_known(&f.docker.containers);
		settings_put(&f.docker.now, "live-restore", live ? "true" : "false", SOURCE_API,
			     "");
		settings_put(&f.docker.next, "live-restore", live ? "true" : "false", SOURCE_FILE,
			     "");
		fill(&f, &icc);
		assert_int_equal(f.docker.nwaiting, 1);
	}
}

/* What a start beside containers that live on leaves as it is, it does not put in force. */
static void test_default_network(void **state)
{
	static const struct {
		const char *key, *next, *live, *iptables;
		size_t running;
		bool unread, waits;
	} cases[] = {
		{"icc", "false", "true", NULL, 1, false, false},
		{"icc", "false", "true", NULL, 0, false, true},
		{"icc", "false", "false", NULL, 1, false, true},
		{"icc", "false", "true", NULL, 1, true, true},
		{"icc", "false", "true", "false", 1, false, true}, /* dockerd refuses both */
		{"ip", "\"127.0.0.1\"", "true", NULL, 1, false, false},
		{"ip", "\"::1\"", "true", NULL, 1, false, false},
		{"ip", "\"here\"", "true", NULL, 1, false, true}, /* it would not start */
		{"ip", "\"127.0.0.1\"", "true", NULL, 0, false, true},
		{"bip", "\"10.9.0.1/24\"", "true", NULL, 1, false, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct docker_facts *d = &f.docker;

		d->config_file = xstrdup("/etc/docker/daemon.json");
		d->version = xstrdup("26.1.5");
		d->bridge_icc = xstrdup("true");
		d->bridge_ip = xstrdup("\"0.0.0.0\"");
		settings_put(&d->now, "live-restore", cases[i].live, SOURCE_API, "");
		settings_put(&d->next, "live-restore", cases[i].live, SOURCE_FILE, "");
		settings_put(&d->next, cases[i].key, cases[i].next, SOURCE_FILE, "");
		if (cases[i].iptables) {
			settings_put(&d->now, "iptables", cases[i].iptables, SOURCE_WITNESS, "");
			settings_put(&d->next, "iptables", cases[i].iptables, SOURCE_FILE, "");
		}
		for (size_t k = 0; k < cases[i].running; k++)
			container_list_add(&d->containers)->running = true;
		containers_known(&d->containers);
		if (cases[i].unread)
			containers_unknown(&d->containers, "no answer");
		find_waiting_keys(&f, NULL);
		if (d->nwaiting != cases[i].waits)
			fail_msg("row %zu: %zu", i, d->nwaiting);
	}
}

#define LOGGED "{\"max-concurrent-downloads\":4,\"shutdown-timeout\":15}"

/* A file that is another than at the start may have been reloaded since: the log knows, or nobody. */
static void test_reloaded_since(void **state)
{
	static const struct {
		const char *key, *was, *next, *log;
		bool noted; /* put into what is known, be it as unknown */
		const char *now;
	} cases[] = {
		{"max-concurrent-downloads", "3", "4", LOGGED, true, "4"},
		{"max-concurrent-downloads", NULL, "4", LOGGED, true, "4"},
		{"max-concurrent-downloads", "3", "4", NULL, true, NULL},
		{"max-concurrent-downloads", "3", "4", "{}", true, NULL},
		{"max-concurrent-downloads", "3", "4", "rubbish", true, NULL},
		{"max-concurrent-downloads", "4", "4", NULL, false, NULL}, /* as it was */
		{"hosts", "[\"fd://\"]", "[\"tcp://1.1.1.1\"]", LOGGED, false,
		 NULL}, /* no reload */
		{"authorization-plugins", "[\"opa\"]", NULL, NULL, true, NULL},
		{"shutdown-timeout", "9", NULL, NULL, false, NULL}, /* a reload leaves it */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0}, start = {0};
		const struct setting *now;

		if (cases[i].was)
			settings_put(&start.docker.now, cases[i].key, cases[i].was, SOURCE_WITNESS,
				     "");
		if (cases[i].next)
			settings_put(&f.docker.next, cases[i].key, cases[i].next, SOURCE_FILE, "");
		take_reloaded(&f.docker, &start.docker.now, cases[i].log);
		now = settings_find(&f.docker.now, cases[i].key);
		if (!now != !cases[i].noted || (now && strcmp_null(now->value, cases[i].now) != 0))
			fail_msg("row %zu", i);
		if (now)
			assert_int_equal(now->source,
					 cases[i].now ? SOURCE_WITNESS : SOURCE_UNKNOWN);
	}
}

/* Flags of the next start with which what runs on would not be seen. */
static void test_flags_move(void **state)
{
	static const struct {
		const char *now, *then;
		bool store, moves;
	} cases[] = {
		{"", "", false, false},
		{"--icc=false", "--icc=true", false, false},
		{"", "--data-root=/data", false, true},
		{"-s overlay2", "--storage-driver overlay2", false, false},
		{"-s overlay2", "-s btrfs", false, true},
		{"--userns-remap=default", "", false, true},
		{"", "--exec-root /run/x", false, true},
		{"--containerd=/a", "--containerd=/b", false, true},
		{"--containerd-namespace=a", "--containerd-namespace=b", false, true},
		{"", "--feature=containerd-snapshotter=true", false, true},
		{"", "--feature=containerd-snapshotter=true", true, false},
		{"", "--feature=buildkit=true", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv now = {0}, then = {0};

		strv_split(&now, cases[i].now, " ");
		strv_split(&then, cases[i].then, " ");
		if (flags_move(&now, &then, cases[i].store) != cases[i].moves)
			fail_msg("'%s' -> '%s'", cases[i].now, cases[i].then);
	}
}

/* Flags that only a start without containers takes, by the first of them. */
static void test_flags_network(void **state)
{
	static const struct {
		const char *now, *then, *key;
	} cases[] = {
		{"", "--log-level=debug", NULL},
		{"--bip=10.0.0.1/24", "--bip 10.0.0.1/24", NULL},
		{"", "--bip=10.0.0.1/24", "bip"},
		{"-D --mtu=1400", "-D", "mtu"},
		{"", "--default-address-pool=base=10.0.0.0/8,size=24", "default-address-pools"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv now = {0}, then = {0};
		CLEANUP(freep) char *key = NULL;

		strv_split(&now, cases[i].now, " ");
		strv_split(&then, cases[i].then, " ");
		key = flags_network(&now, &then);
		if (strcmp_null(key, cases[i].key) != 0)
			fail_msg("'%s' -> '%s'", cases[i].now, cases[i].then);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_network),
		cmocka_unit_test(test_reloaded_since),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_keys_of_the_plan),
		cmocka_unit_test(test_flag_of_now),
		cmocka_unit_test(test_network_keys_count_beside_containers),
		cmocka_unit_test(test_flags_move),
		cmocka_unit_test(test_flags_network),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
