/* live-restore for the time of a restart alone: when it can be had, and what the plan's stages are then. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/borrow.h"
#include "engine/plan/compose.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/stopping-text.h"
#include "rollback/executor-impl.h"
#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

#define CONFIG "/daemon.json"
#define RELOAD HANDLER_BIT(HANDLER_DOCKER_RELOAD)
#define RESTART HANDLER_BIT(HANDLER_DOCKER_RESTART)

/* A host whose dockerd has live-restore off, and can be lent it; one container runs. */
static void host(struct facts *f, const char *config)
{
	struct docker_facts *d = &f->docker;

	d->config_file = xstrdup(config);
	d->version = xstrdup("28.5.2");
	d->swarm = xstrdup("inactive");
	d->running = true;
	settings_put(&d->now, "live-restore", "false", SOURCE_API, "");
	container_list_add(&d->containers)->name = xstrdup("web");
	d->containers.seen[0].running = true;
	containers_known(&d->containers);
}

/* --- whether ---------------------------------------------------------------------------------- */

static void is_fine(struct facts *f)
{
	(void)f;
}

static void in_force(struct facts *f)
{
	settings_put(&f->docker.now, "live-restore", "true", SOURCE_API, "");
}

static void by_file(struct facts *f)
{
	settings_put(&f->docker.now, "live-restore", "false", SOURCE_FILE, "");
}

static void unknown(struct facts *f)
{
	settings_put(&f->docker.now, "live-restore", NULL, SOURCE_UNKNOWN, "");
}

static void mute(struct facts *f)
{
	f->docker.not_measured = xstrdup("it does not answer");
}

static void down(struct facts *f)
{
	f->docker.running = false;
}

static void offline(struct facts *f)
{
	f->offline = true;
}

static void swarm(struct facts *f)
{
	str_replace(&f->docker.swarm, "active");
}

static void swarm_unknown(struct facts *f)
{
	str_replace(&f->docker.swarm, NULL);
}

static void flag_now(struct facts *f)
{
	strv_add(&f->docker.now_flags, "live-restore");
}

static void flag_next(struct facts *f)
{
	settings_put(&f->docker.next, "live-restore", "false", SOURCE_FLAG, "");
}

static void plugin_flag(struct facts *f)
{
	strv_add(&f->docker.now_flags, "authorization-plugins");
}

static void pull_flag(struct facts *f)
{
	strv_add(&f->docker.now_flags, "max-concurrent-downloads");
}

static void unread(struct facts *f)
{
	f->docker.file_error = xstrdup("it is no JSON");
}

static void no_reload(struct facts *f)
{
	f->docker.no_reload = xstrdup("docker.service has no ExecReload=");
}

static void reload_brings(struct facts *f)
{
	strv_add(&f->docker.dockerd_reload_brings, "it runs /bin/x");
}

static void reader(struct facts *f)
{
	f->docker.readers = xcalloc(1, sizeof(*f->docker.readers));
	f->docker.nreaders = 1;
	f->docker.readers[0].text = xstrdup("pid 7");
	f->docker.readers[0].runs = true;
}

static void watched(struct facts *f)
{
	struct watched_path *w = facts_add_watched(f);

	w->path = xstrdup(CONFIG);
	w->brings = xstrdup("systemd starts x.service");
}

static const struct {
	const char *name;
	void (*spoil)(struct facts *f);
	bool can;
	const char *why; /* NULL: there is nothing to say */
} hosts[] = {
	{"nothing speaks against it", is_fine, true, NULL},
	{"it is in force", in_force, false, NULL},
	{"only the file says that it is off", by_file, false, NULL},
	{"whether it is in force is not known", unknown, false, NULL},
	{"dockerd does not answer", mute, false, NULL},
	{"dockerd is down", down, false, NULL},
	{"an image", offline, false, NULL},
	{"a swarm", swarm, false, "swarm member"},
	{"a swarm, perhaps", swarm_unknown, false, "swarm is not known"},
	{"a flag of the running dockerd", flag_now, false, "as a flag"},
	{"a flag of the next start", flag_next, false, "as a flag"},
	{"a plugin by a flag", plugin_flag, false, "authorization-plugins"},
	{"a limit of pulls by a flag", pull_flag, false, "max-concurrent-downloads"},
	{"a broken file", unread, false, "it is no JSON"},
	{"no reload", no_reload, false, "no ExecReload="},
	{"a reload that does more", reload_brings, false, "/bin/x"},
	{"another dockerd reads the file", reader, false, "pid 7"},
	{"somebody looks at the file", watched, false, "x.service"},
};

static void test_whether(void **state)
{
	struct temp_directory *temp = *state;

	temp_directory_write(temp, &CONFIG[1], "{}");
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(borrowing_clear) struct borrowing b = {0};

		host(&f, CONFIG);
		hosts[i].spoil(&f);
		borrowing_find(&temp->root, &f, NULL, &b);
		if (b.can != hosts[i].can || !b.why_not != !hosts[i].why ||
		    (b.why_not && !strstr(b.why_not, hosts[i].why)))
			fail_msg("%s: %d, '%s'", hosts[i].name, b.can, b.why_not ? b.why_not : "");
	}
}

/* A file with two names would be parted from the other. */
static void test_odd_file(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(borrowing_clear) struct borrowing b = {0};

	temp_directory_write(temp, &CONFIG[1], "{}");
	assert_int_equal(linkat(temp->fd, &CONFIG[1], temp->fd, "other.json", 0), 0);
	host(&f, CONFIG);
	borrowing_find(&temp->root, &f, NULL, &b);
	assert_false(b.can);
	assert_non_null(strstr(b.why_not, "2 names"));
	unlinkat(temp->fd, "other.json", 0);
}

/* --- the stages ------------------------------------------------------------------------------- */

struct expected {
	unsigned handlers;
	enum stage_borrow borrow;
	const char *text; /* of the file at the stage's end; "": there is none */
};

static const struct {
	const char *name;
	const char *before; /* NULL: absent */
	const char *after; /* of log-level; NULL: the plan does not edit the file */
	struct expected stages[6];
} ways[] = {
	{"the file is edited",
	 "{\"a\": 1}",
	 "\"info\"",
	 {{0, BORROW_NONE, "{\"a\": 1, \"live-restore\": false}"},
	  {RELOAD, BORROW_TAKE, "{\"a\": 1, \"live-restore\": true}"},
	  {RESTART, BORROW_NONE, "{\"a\": 1, \"log-level\": \"info\", \"live-restore\": true}"},
	  {RELOAD, BORROW_RETURN, "{\"a\": 1, \"log-level\": \"info\", \"live-restore\": false}"},
	  {0, BORROW_NONE, "{\"a\": 1, \"log-level\": \"info\"}"}}},
	{"the file is left alone",
	 " { \"a\" : 1 }\n\n",
	 NULL,
	 {{0, BORROW_NONE, " { \"a\" : 1, \"live-restore\" : false }\n\n"},
	  {RELOAD, BORROW_TAKE, " { \"a\" : 1, \"live-restore\" : true }\n\n"},
	  {RESTART, BORROW_NONE, " { \"a\" : 1, \"live-restore\" : true }\n\n"},
	  {RELOAD, BORROW_RETURN, " { \"a\" : 1, \"live-restore\" : false }\n\n"},
	  {0, BORROW_NONE, " { \"a\" : 1 }\n\n"}}},
	{"it says false itself",
	 "{\"live-restore\": false}",
	 NULL,
	 {{RELOAD, BORROW_TAKE, "{\"live-restore\": true}"},
	  {RESTART, BORROW_NONE, "{\"live-restore\": true}"},
	  {RELOAD, BORROW_RETURN, "{\"live-restore\": false}"}}},
	{"it says true, which is not in force yet, and is by the restart",
	 "{\"live-restore\": true}",
	 NULL,
	 {{0, BORROW_NONE, "{\"live-restore\": false}"},
	  {RELOAD, BORROW_TAKE, "{\"live-restore\": true}"},
	  {RESTART, BORROW_NONE, "{\"live-restore\": true}"}}},
};

static void plan_of(struct plan *plan, struct temp_directory *temp, const struct facts *facts,
		    const char *config, const char *after)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (after)
		edits_add(&edits, "c", config, subj("json:/log-level"), NULL, after);
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj("docker:log-level"), NULL, after);
	if (compose_changes(plan, &temp->root, &edits, &err) < 0 ||
	    compose_effects(plan, &temp->root, facts, NULL, &effects, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void check_way(const struct plan *plan, size_t i)
{
	size_t n = 0;

	while (n < ARRAY_SIZE(ways[i].stages) && ways[i].stages[n].text)
		n++;
	assert_true(plan->borrows);
	assert_int_equal(plan->stopped.count, 0);
	if (plan->nstages != n)
		fail_msg("%s: %zu stages", ways[i].name, plan->nstages);
	for (size_t k = 0; k < n; k++) {
		const struct expected *want = &ways[i].stages[k];
		const struct image *image = &plan->changes[0].images[k + 1];

		if (plan->stages[k].up != want->handlers ||
		    plan->stages[k].down != want->handlers ||
		    plan->stages[k].borrow != want->borrow)
			fail_msg("%s: stage %zu", ways[i].name, k);
		assert_string_equal(buf_str(&image->content), want->text);
	}
	assert_int_equal(change_passes(&plan->changes[0]), !ways[i].after);
}

static void test_stages(void **state)
{
	struct temp_directory *temp = *state;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};

		temp_directory_write(temp, &CONFIG[1], ways[i].before);
		host(&facts, CONFIG);
		plan_of(&plan, temp, &facts, CONFIG, ways[i].after);
		check_way(&plan, i);
	}
}

/* No file, and no directory for it: both are there for that time alone. */
static void test_missing_directory(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	const struct change *dir, *file;

	host(&facts, "/docker/daemon.json");
	plan_of(&plan, temp, &facts, "/docker/daemon.json", NULL);
	dir = plan_find_change(&plan, "/docker");
	file = plan_find_change(&plan, "/docker/daemon.json");
	assert_non_null(dir);
	assert_non_null(file);
	assert_int_equal(plan.nstages, 5);
	for (size_t k = 0; k < dir->nimages; k++) {
		bool end = k == 0 || k + 1 == dir->nimages;

		assert_int_equal(dir->images[k].node.kind, end ? NODE_ABSENT : NODE_DIR);
		assert_int_equal(file->images[k].node.kind, end ? NODE_ABSENT : NODE_FILE);
	}
	assert_true(change_passes(dir) && change_passes(file));
}

/* A change of the mode alone has not read what the file says. */
static void test_mode_alone(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	const struct change *c;

	temp_directory_write(temp, &CONFIG[1], "{ }\n");
	assert_int_equal(fchmodat(temp->fd, &CONFIG[1], 0666, 0), 0);
	host(&facts, CONFIG);
	edits_add(&edits, "m", CONFIG, subj("mode"), NULL, "0600");
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj("docker:x"), NULL, "1");
	assert_int_equal(compose_changes(&plan, &temp->root, &edits, NULL), 0);
	assert_int_equal(compose_effects(&plan, &temp->root, &facts, NULL, &effects, NULL), 0);
	c = &plan.changes[0];
	assert_string_equal(buf_str(&c->images[2].content), "{ \"live-restore\": true }\n");
	assert_string_equal(buf_str(&c->images[c->nimages - 1].content), "{ }\n");
	assert_int_equal(c->images[c->nimages - 1].node.mode, 0600);
	assert_int_equal(c->images[2].node.mode, 0666);
}

/* Nothing is borrowed where nobody runs, or where nothing is restarted. */
static void test_no_need(void **state)
{
	struct temp_directory *temp = *state;

	temp_directory_write(temp, &CONFIG[1], "{}");
	for (int runs = 0; runs < 2; runs++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(effects_clear) struct effects effects = {0};

		host(&facts, CONFIG);
		facts.docker.containers.seen[0].running = runs;
		effects_add(&effects, "c", runs ? HANDLER_SYSCTL : HANDLER_DOCKER_RESTART,
			    subj(runs ? "sysctl:x" : "docker:x"), NULL, "1");
		assert_int_equal(compose_effects(&plan, &temp->root, &facts, NULL, &effects, NULL),
				 0);
		assert_false(plan.borrows);
		assert_int_equal(plan.nchanges, 0);
		assert_int_equal(plan.nstages, 1);
	}
}

/* Who stops is told with the reason. */
static void test_named(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(freep) char *text = NULL;

	temp_directory_write(temp, &CONFIG[1], "{}");
	host(&facts, CONFIG);
	swarm(&facts);
	plan_of(&plan, temp, &facts, CONFIG, "\"info\"");
	assert_false(plan.borrows);
	text = stopping_text(&facts, &plan.stopped);
	assert_string_equal(text, "the restart of dockerd stops 1 container: web (stays stopped: "
				  "restart policy no); live-restore cannot be borrowed: a swarm "
				  "member cannot have it");
}

/* What the file says in the end decides, too: dockerd has to take one more reload with it. */
static void test_end_refuses(void **state)
{
	static const struct {
		const char *before, *version;
		bool borrows;
	} rows[] = {
		{"{\"userland-proxy\": true}", "28.5.2", false},
		{"{\"userland-proxy\": true}", NULL, false},
		{"{\"userland-proxy\": true}", "20.10.24", true},
		{"{\"userland-proxy\": true, \"userland-proxy-path\": \"/x\"}", "28.5.2", true},
		{"{\"userland-proxy\": false}", "28.5.2", true},
	};
	struct temp_directory *temp = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};

		temp_directory_write(temp, &CONFIG[1], rows[i].before);
		host(&facts, CONFIG);
		str_replace(&facts.docker.version, rows[i].version);
		plan_of(&plan, temp, &facts, CONFIG, "\"info\"");
		if (plan.borrows != rows[i].borrows || !plan.stopped.count != rows[i].borrows ||
		    !plan.stopped.not_borrowed != rows[i].borrows)
			fail_msg("%s, %s", rows[i].before, rows[i].version ? rows[i].version : "");
	}
}

/* Nor to a dockerd that would not see what runs on, or that something waits in till nobody runs. */
static void test_effects(void **state)
{
	static const struct {
		const char *subject;
		bool borrows;
		const char *after;
	} rows[] = {{"docker:userns-remap", false},
		    {"docker:data-root", false},
		    {"docker:storage-driver", false},
		    {"docker:containerd", false},
		    {"docker:containerd-namespace", false},
		    {"docker:features", false, "{\"containerd-snapshotter\": true}"},
		    {"docker:features", true, "{\"containerd-snapshotter\": false}"},
		    {"docker:features", true, "{\"buildkit\": true}"},
		    {"docker:exec-root", false},
		    {"docker:icc", false},
		    {"docker:iptables", false},
		    {"docker:ip", false},
		    {"docker:bip", false},
		    {"docker:fixed-cidr", false},
		    {"docker:log-level", true},
		    {"docker:userland-proxy", true}};
	struct temp_directory *temp = *state;

	temp_directory_write(temp, &CONFIG[1], "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(effects_clear) struct effects effects = {0};

		host(&facts, CONFIG);
		effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj(rows[i].subject), NULL,
			    rows[i].after ? rows[i].after : "\"x\"");
		assert_int_equal(compose_effects(&plan, &temp->root, &facts, NULL, &effects, NULL),
				 0);
		if (plan.borrows != rows[i].borrows || !plan.stopped.count != rows[i].borrows)
			fail_msg("%s", rows[i].subject);
	}
}

/* Nor where others had it look elsewhere, and our restart would do that: but what the plan sets is its own. */
static void test_others_move(void **state)
{
	static const struct {
		const char *waits, *features;
		bool flags, borrows, own;
		const char *network;
		bool other_config;
	} rows[] = {
		{"userns-remap", NULL, false, false, false},
		{"storage-driver", NULL, false, false, false},
		{"containerd-namespace", NULL, false, false, false},
		{"log-level", NULL, false, true, false},
		{NULL, "{\"containerd-snapshotter\": true}", false, false, false},
		{NULL, "{\"buildkit\": true}", false, true, false},
		{"features", "{\"buildkit\": true}", false, true, false},
		{NULL, NULL, true, false, false},
		{"userns-remap", NULL, false, true, true},
		/* what only a start without containers takes */
		{"bip", NULL, false, false, false},
		{"default-address-pools", NULL, false, false, false},
		{"mtu", NULL, false, false, false},
		{"ip", NULL, false, false, false},
		{"userland-proxy", NULL, false, true, false},
		{NULL, NULL, false, false, false, "fixed-cidr"},
		{NULL, NULL, false, false, false, NULL, true},
	};
	struct temp_directory *temp = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(edits_clear) struct edits edits = {0};
		CLEANUP(effects_clear) struct effects effects = {0};

		temp_directory_write(temp, &CONFIG[1], "{\"userns-remap\": \"default\"}");
		host(&f, CONFIG);
		f.docker.flags_move = rows[i].flags;
		f.docker.flags_network = xstrdup_null(rows[i].network);
		f.docker.other_config = rows[i].other_config;
		if (rows[i].waits)
			facts_add_waiting(&f)->key = xstrdup(rows[i].waits);
		if (rows[i].features)
			settings_put(&f.docker.next, "features", rows[i].features, SOURCE_FILE, "");
		if (rows[i].own)
			edits_add(&edits, "c", CONFIG, subj("json:/userns-remap"), "\"default\"",
				  NULL);
		effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj("docker:log-level"), NULL,
			    "\"warn\"");
		assert_int_equal(compose_changes(&plan, &temp->root, &edits, NULL), 0);
		assert_int_equal(compose_effects(&plan, &temp->root, &f, NULL, &effects, NULL), 0);
		if (plan.borrows != rows[i].borrows || !plan.stopped.count != rows[i].borrows)
			fail_msg("row %zu", i);
	}
}

/* --- a journal's plan, and what its handlers are told ------------------------------------------ */

static void check_told(const struct stage *stage, bool down, const char *after)
{
	CLEANUP(effects_clear) struct effects told = {0};

	effects_towards(stage, HANDLER_DOCKER_RELOAD, down, &told);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.items[0].subject.key, "live-restore");
	assert_string_equal(told.items[0].after, after);
	assert_int_equal(stage->effects.count, 0);
}

static void test_saved(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0}, read = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	temp_directory_write(temp, &CONFIG[1], "{}");
	host(&facts, CONFIG);
	plan_of(&plan, temp, &facts, CONFIG, "\"info\"");
	assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
	assert_int_equal(plan_from_json(&read, "test", &text, NULL), 0);
	assert_true(read.borrows);
	for (size_t k = 0; k < plan.nstages; k++)
		assert_int_equal(read.stages[k].borrow, plan.stages[k].borrow);
	check_told(&read.stages[1], false, "true");
	check_told(&read.stages[1], true, "false");
	check_told(&read.stages[3], false, "false");
	check_told(&read.stages[3], true, "true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whether, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_odd_file, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_stages, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_missing_directory, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_mode_alone, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_no_need, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_named, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_end_refuses, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_effects, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_others_move, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_saved, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
