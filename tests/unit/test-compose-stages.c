/* The stages of a plan: which handlers run at which boundary, and what daemon.json says there. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/compose.h"
#include "engine/plan/preflight.h"
#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

#define RELOAD HANDLER_BIT(HANDLER_DOCKER_RELOAD)
#define RESTART HANDLER_BIT(HANDLER_DOCKER_RESTART)
#define CONFIG "/daemon.json"

struct wanted {
	const char *key, *before, *after; /* JSON text; NULL: not there */
	enum handler handler;
};

struct expected {
	unsigned handlers;
	const char *text; /* of daemon.json at the stage's end; NULL: no such file */
};

static const struct {
	const char *name;
	const char *text; /* daemon.json before; NULL: absent */
	const char *live; /* live-restore in force before */
	struct wanted wanted[3];
	struct expected stages[4];
} cases[] = {
	{"nothing but a restart",
	 "{\n  \"a\": 1\n}\n",
	 "true",
	 {{"icc", NULL, "false", HANDLER_DOCKER_RESTART}},
	 {{RESTART, "{\n  \"a\": 1,\n  \"icc\": false\n}\n"}}},

	{"live-restore on, explicit before",
	 "{\"live-restore\": false}",
	 "false",
	 {{"live-restore", "false", "true", HANDLER_DOCKER_RELOAD},
	  {"icc", NULL, "false", HANDLER_DOCKER_RESTART}},
	 {{RELOAD, "{\"live-restore\": true}"},
	  {RESTART, "{\"live-restore\": true, \"icc\": false}"}}},

	{"live-restore on, absent before: its old value is spelt out for the way back",
	 "{\"a\": 1}",
	 "false",
	 {{"live-restore", NULL, "true", HANDLER_DOCKER_RELOAD},
	  {"icc", NULL, "false", HANDLER_DOCKER_RESTART}},
	 {{0, "{\"a\": 1, \"live-restore\": false}"},
	  {RELOAD, "{\"a\": 1, \"live-restore\": true}"},
	  {RESTART, "{\"a\": 1, \"live-restore\": true, \"icc\": false}"}}},

	{"live-restore off goes last, spelt out, then deleted",
	 "{\"a\": 1, \"live-restore\": true, \"icc\": false}",
	 "true",
	 {{"live-restore", "true", NULL, HANDLER_DOCKER_RELOAD},
	  {"icc", "false", NULL, HANDLER_DOCKER_RESTART}},
	 {{RESTART, "{\"a\": 1, \"live-restore\": true}"},
	  {RELOAD, "{\"a\": 1, \"live-restore\": false}"},
	  {0, "{\"a\": 1}"}}},

	{"reload alone: both ends are spelt out where the file is silent",
	 "{\"debug\": true}",
	 "false",
	 {{"debug", "true", NULL, HANDLER_DOCKER_RELOAD}},
	 {{RELOAD, "{\"debug\": false}"}, {0, "{}"}}},

	{"a restart applies reloadable keys too",
	 "{}",
	 "true",
	 {{"debug", NULL, "true", HANDLER_DOCKER_RELOAD},
	  {"icc", NULL, "false", HANDLER_DOCKER_RESTART}},
	 {{RESTART, "{\"debug\": true, \"icc\": false}"}}},
};

static void put_text(const struct temp_directory *t, const char *text)
{
	if (text)
		temp_directory_write(t, &CONFIG[1], text);
	else
		unlinkat(t->fd, &CONFIG[1], 0);
}

static void build(struct plan *plan, const struct root *root, const struct facts *facts,
		  const struct wanted *wanted, size_t n)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};

	for (size_t i = 0; i < n && wanted[i].key; i++) {
		CLEANUP(freep) char *json = xasprintf("json:/%s", wanted[i].key);
		CLEANUP(freep) char *docker = xasprintf("docker:%s", wanted[i].key);

		edits_add(&edits, wanted[i].key, CONFIG, subj(json), NULL, wanted[i].after);
		effects_add(&effects, wanted[i].key, wanted[i].handler, subj(docker),
			    wanted[i].before, wanted[i].after);
	}
	if (compose_changes(plan, root, &edits, &err) < 0 ||
	    compose_stages(plan, facts, &effects, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void check_stage(const struct plan *plan, size_t k, const struct expected *want,
			const char *name)
{
	const struct image *image = &plan->changes[0].images[k + 1];

	if (plan->stages[k].up != want->handlers || plan->stages[k].down != want->handlers)
		fail_msg("%s: stage %zu notifies %x", name, k, plan->stages[k].up);
	assert_string_equal(buf_str(&image->content), want->text);
}

static void test_stages(void **state)
{
	struct temp_directory *temp = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		size_t n = 0;

		put_text(temp, cases[i].text);
		facts.docker.config_file = xstrdup(CONFIG);
		settings_put(&facts.docker.now, "live-restore", cases[i].live, SOURCE_API, "test");
		build(&plan, &temp->root, &facts, cases[i].wanted, ARRAY_SIZE(cases[i].wanted));
		while (n < ARRAY_SIZE(cases[i].stages) && cases[i].stages[n].text)
			n++;
		if (plan.nstages != n)
			fail_msg("%s: %zu stages", cases[i].name, plan.nstages);
		for (size_t k = 0; k < n; k++)
			check_stage(&plan, k, &cases[i].stages[k], cases[i].name);
	}
}

static void test_stopped_containers(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	static const struct wanted icc = {"icc", NULL, "false", HANDLER_DOCKER_RESTART};
	struct container *c;

	put_text(temp, "{}");
	facts.docker.config_file = xstrdup(CONFIG);
	c = container_list_add(&facts.docker.containers);
	c->name = xstrdup("job");
	c->running = true;
	c = container_list_add(&facts.docker.containers);
	c->name = xstrdup("web.1.abc");
	c->restart_policy = xstrdup("no"); /* as swarm sets it for each task */
	c->running = c->swarm_task = true;
	c = container_list_add(&facts.docker.containers);
	c->name = xstrdup("retried");
	c->restart_policy = xstrdup("on-failure");
	c->running = true;
	build(&plan, &temp->root, &facts, &icc, 1);
	assert_int_equal(plan.stopped.count, 3);
	assert_non_null(strstr(plan.stopped.items[2].text, "comes back unless it ends with 0"));
	assert_non_null(strstr(plan.stopped.items[1].text, "which starts another in its place"));
	assert_string_equal(plan.stopped.items[0].text, "job (stays stopped: restart policy no)");
}

/* live-restore keeps the process, and no more; without it, what cannot be published does not start. */
static void test_cut_off_containers(void **state)
{
	static const struct {
		const char *live, *policy;
		bool absent; /* what it loses is a port on an address that is not there */
		const char *text;
		bool no_start; /* nor would it be started again */
		const char *empty; /* a volume whose content its own restart would take */
		const char *with; /* whose network it has, which loses it */
	} rows[] = {
		{"true", "no", false,
		 "web (runs on, cut off: it x; only 'docker restart vpn web' brings it back)",
		 .with = "vpn"},
		{"true", "always", true,
		 "web (runs on, cut off: it x; once the address is here, 'docker restart "
		 "web' brings it back)"},
		{"true", "no", false,
		 "web (runs on, cut off: it x; only 'docker restart web' brings it back)"},
		{"true", "always", false, "web (runs on, cut off: it x)", true},
		{"true", "always", false,
		 "web (runs on, cut off: it x; only 'docker restart web' brings it back, and "
		 "empties "
		 "the volume t: save what is in it before)",
		 .empty = "t"},
		{"false", "always", false,
		 "web (may stay stopped in spite of its restart policy always: y)", true},
		{"false", "always", true,
		 "web (may stay stopped in spite of its restart policy always: it publishes x)"},
		{"false", "always", false, "web (comes back: restart policy always)"},
		{"false", "no", true, "web (stays stopped: restart policy no)"},
	};
	static const struct wanted icc = {"icc", NULL, "false", HANDLER_DOCKER_RESTART};
	struct temp_directory *temp = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(freep) char *text = xasprintf("{\"live-restore\": %s}", rows[i].live);
		struct container *c;

		put_text(temp, text);
		facts.docker.config_file = xstrdup(CONFIG);
		facts.docker.version = xstrdup("28.5.2");
		settings_put(&facts.docker.now, "live-restore", rows[i].live, SOURCE_API, "");
		c = container_list_add(&facts.docker.containers);
		c->name = xstrdup("web");
		c->running = true;
		c->restart_policy = xstrdup(rows[i].policy);
		strv_add(&c->loses, "x");
		c->no_start = rows[i].no_start ? xstrdup("y") : NULL;
		if (rows[i].absent)
			strv_add(&c->absent_ports, "x");
		c->loses_with = xstrdup_null(rows[i].with);
		if (rows[i].empty)
			strv_add(&c->empty_volumes, rows[i].empty);
		containers_known(&facts.docker.containers);
		build(&plan, &temp->root, &facts, &icc, 1);
		assert_int_equal(plan.stopped.count, 1);
		assert_string_equal(plan.stopped.items[0].text, rows[i].text);
		assert_int_equal(stopped_ending(&plan.stopped), strcmp(rows[i].live, "false") == 0);
	}
}

/* A start that lacks it ends what the stop before it left alone. */
static void test_live_restore_goes_with_the_restart(void **state)
{
	static const struct {
		struct wanted wanted;
		size_t stopped;
	} rows[] = {
		{{"live-restore", "true", NULL, HANDLER_DOCKER_RESTART}, 1},
		{{"live-restore", "true", "false", HANDLER_DOCKER_SOCKET}, 1},
		{{"live-restore", "true", "true", HANDLER_DOCKER_RESTART}, 0},
		{{"live-restore", "true", NULL, HANDLER_DOCKER_RELOAD}, 0},
		{{"icc", NULL, "false", HANDLER_DOCKER_RESTART}, 0},
	};
	struct temp_directory *temp = *state;

	put_text(temp, "{\"live-restore\": true}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		struct container *c = container_list_add(&facts.docker.containers);

		c->name = xstrdup("web");
		c->running = true;
		facts.docker.config_file = xstrdup(CONFIG);
		facts.docker.version = xstrdup("28.5.2");
		settings_put(&facts.docker.now, "live-restore", "true", SOURCE_API, "");
		containers_known(&facts.docker.containers);
		build(&plan, &temp->root, &facts, &rows[i].wanted, 1);
		assert_int_equal(plan.stopped.count, rows[i].stopped);
		assert_int_equal(plan_loses_live(&plan), rows[i].stopped);
		assert_false(plan.borrows);
	}
}

/* 20.10 ends what runs with --rm, though live-restore is in force. */
static void test_removed_containers(void **state)
{
	static const struct {
		const char *version;
		size_t named;
	} rows[] = {{"20.10.24", 1}, {"26.1.5", 0}, {"28.5.2", 0}, {NULL, 1}};
	static const struct wanted icc = {"icc", NULL, "false", HANDLER_DOCKER_RESTART};
	struct temp_directory *temp = *state;

	put_text(temp, "{\"live-restore\": true}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		struct container *c;

		facts.docker.config_file = xstrdup(CONFIG);
		facts.docker.version = xstrdup_null(rows[i].version);
		settings_put(&facts.docker.now, "live-restore", "true", SOURCE_API, "");
		c = container_list_add(&facts.docker.containers);
		c->name = xstrdup("job");
		c->state = xstrdup("running");
		c->running = c->auto_remove = true;
		c = container_list_add(&facts.docker.containers);
		c->name = xstrdup("web");
		c->running = true;
		containers_known(&facts.docker.containers);
		build(&plan, &temp->root, &facts, &icc, 1);
		assert_int_equal(plan.stopped.count, rows[i].named);
		if (rows[i].named)
			assert_non_null(strstr(plan.stopped.items[0].text, "job (is removed"));
		plan_clear(&plan);
		plan = (struct plan){0};
		strv_add(&facts.docker.goes_along, "job (goes down with a.service)");
		strv_add(&facts.docker.goes_along, "job2 (goes down with a.service)");
		strv_add(&facts.docker.goes_along, "job (goes down with b.service)");
		build(&plan, &temp->root, &facts, &icc, 1); /* a line for each container */
		assert_int_equal(plan.stopped.count, 2);
		assert_string_equal(
			plan.stopped.items[0].text,
			rows[i].named ? "job (goes down with a.service; goes down with b.service; "
					"is removed: --rm, which this engine does not keep)"
				      : "job (goes down with a.service; goes down with b.service)");
	}
}

/* What is itself a client of dockerd's ends with what it has asked for, live-restore or not. */
static void test_clients(void **state)
{
	static const struct {
		const char *ends, *policy, *text;
		enum comes_back back;
	} rows[] = {
		{"ends with its request", "always",
		 "ci (comes back: restart policy always; ends with its request)", COMES_BACK_YES},
		{"ends with its request", "no",
		 "ci (stays stopped: restart policy no; ends with its request)", COMES_BACK_NO},
		{"may end with its request", "no", "ci (may end with its request)",
		 COMES_BACK_UNKNOWN},
	};
	static const struct wanted icc = {"icc", NULL, "false", HANDLER_DOCKER_RESTART};
	struct temp_directory *temp = *state;

	put_text(temp, "{\"live-restore\": true}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		struct container *c;

		facts.docker.config_file = xstrdup(CONFIG);
		facts.docker.version = xstrdup("26.1.5");
		settings_put(&facts.docker.now, "live-restore", "true", SOURCE_API, "");
		c = container_list_add(&facts.docker.containers);
		c->name = xstrdup("ci");
		c->running = true;
		c->restart_policy = xstrdup(rows[i].policy);
		c->ends_with = xstrdup(rows[i].ends);
		containers_known(&facts.docker.containers);
		build(&plan, &temp->root, &facts, &icc, 1);
		assert_int_equal(plan.stopped.count, 1);
		assert_string_equal(plan.stopped.items[0].text, rows[i].text);
		assert_int_equal(plan.stopped.items[0].comes_back, rows[i].back);
	}
}

/*
 * Only the mode of daemon.json changes, and what it says already comes into force: what it says is
 * neither edited nor taken for nothing.
 */
static void test_config_as_it_is(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};

	put_text(temp, "{\"live-restore\": true, \"icc\": false}");
	facts.docker.config_file = xstrdup(CONFIG);
	facts.docker.running = true;
	settings_put(&facts.docker.now, "live-restore", "false", SOURCE_API, "test");
	settings_put(&facts.docker.next, "live-restore", "true", SOURCE_FILE, CONFIG);
	edits_add(&edits, "file.mode", CONFIG, subj("mode"), NULL, "0640");
	effects_add(&effects, "live", HANDLER_DOCKER_RELOAD, subj("docker:live-restore"), "false",
		    "true");
	effects_add(&effects, "icc", HANDLER_DOCKER_RESTART, subj("docker:icc"), "true", "false");
	assert_int_equal(compose_changes(&plan, &temp->root, &edits, &err), 0);
	if (compose_stages(&plan, &facts, &effects, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(plan.nstages, 2);
	assert_int_equal(plan.stages[0].up, RELOAD);
	assert_int_equal(plan.stages[1].up, RESTART);
	assert_false(plan.changes[0].images[2].has_content);
}

/* live-restore is in force, in the file too: a restart beside a new mode is no danger to anyone. */
static void test_restart_beside_mode(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};
	static const char *const next[] = {"true", "false"};

	put_text(temp, "{\"live-restore\": true, \"icc\": false}");
	facts.docker.config_file = xstrdup(CONFIG);
	facts.docker.running = true;
	settings_put(&facts.docker.now, "live-restore", "true", SOURCE_API, "test");
	containers_known(&facts.docker.containers);
	container_list_add(&facts.docker.containers)->running = true;
	facts_add_waiting(&facts)->key = xstrdup("icc");
	edits_add(&edits, "file.mode", CONFIG, subj("mode"), NULL, "0640");
	effects_add(&effects, "icc", HANDLER_DOCKER_RESTART, subj("docker:icc"), "true", "false");
	assert_int_equal(compose_changes(&plan, &temp->root, &edits, &err), 0);
	assert_int_equal(compose_stages(&plan, &facts, &effects, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		settings_put(&facts.docker.next, "live-restore", next[i], SOURCE_FILE, CONFIG);
		assert_int_equal(plan_check_restart(&plan, &facts, NULL, &err), i ? -EPERM : 0);
	}
}

/* Somebody put a directory in the file's place: a reload that takes it away has no keys to spell out. */
static void test_reload_over_a_directory(void **state)
{
	struct temp_directory *temp = *state;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct image *images;

	put_text(temp, "{}");
	facts.docker.config_file = xstrdup(CONFIG);
	facts.docker.running = true;
	edits_add(&edits, "live", CONFIG, subj("json:/live-restore"), NULL, "true");
	effects_add(&effects, "live", HANDLER_DOCKER_RELOAD, subj("docker:live-restore"), "true",
		    NULL);
	assert_int_equal(compose_changes(&plan, &temp->root, &edits, &err), 0);
	images = plan.changes[0].images;
	for (size_t i = 0; i < 2; i++) {
		image_clear(&images[i]);
		images[i].node.kind = i == 0 ? NODE_DIR : NODE_ABSENT;
	}
	if (compose_stages(&plan, &facts, &effects, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(plan.changes[0].images[0].node.kind, NODE_DIR);
	assert_string_equal(buf_str(&plan.changes[0].images[1].content),
			    "{\n  \"live-restore\": false\n}\n");
	assert_int_equal(plan.stages[0].up, RELOAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_stages),
		TEMP_DIRECTORY_TEST(test_stopped_containers),
		TEMP_DIRECTORY_TEST(test_cut_off_containers),
		TEMP_DIRECTORY_TEST(test_live_restore_goes_with_the_restart),
		TEMP_DIRECTORY_TEST(test_removed_containers),
		TEMP_DIRECTORY_TEST(test_clients),
		TEMP_DIRECTORY_TEST(test_config_as_it_is),
		TEMP_DIRECTORY_TEST(test_restart_beside_mode),
		TEMP_DIRECTORY_TEST(test_reload_over_a_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
