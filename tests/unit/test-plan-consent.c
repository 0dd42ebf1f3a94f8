#include "tests/unit/temp-directory.h"

#include "engine/facts/parts.h"
#include "engine/plan/planner.h"
#include "modules/registry.h"

/*
 * Consent is to what was named: whatever holds a control back, the containers that its restart would
 * stop or cut off are named beside it, in plan and in check, and consent stops these and no other.
 */

#define CONFIG "/etc/docker/daemon.json"

static const char baseline_text[] = "baseline: b\nversion: 1.0\ntitle: t\ncontrols:\n"
				    "  - {id: daemon.level, severity: low, title: t, resources: "
				    "[docker-daemon: {key: log-level, "
				    "value: warn}]}\n"
				    "  - {id: daemon.live, severity: low, title: t, resources: "
				    "[docker-daemon: {key: live-restore, "
				    "value: true}]}\n";

static struct container *add_container(struct facts *f, const char *name)
{
	struct container *c = container_list_add(&f->docker.containers);

	c->name = xstrdup(name);
	c->id = xasprintf("id-of-%s", name);
	c->running = true;
	return c;
}

static void hold_nothing(struct facts *f)
{
}

static void hold_unit(struct facts *f)
{
	strv_add(&f->docker.restart_brings, "stack.service goes down with dockerd");
}

static void hold_untried(struct facts *f)
{
	f->docker.untried = xstrdup("its file was changed after its start");
}

static void hold_watched(struct facts *f)
{
	struct watched_path *w = facts_add_watched(f);

	w->path = xstrdup("/etc/docker");
	w->brings = xstrdup("systemd starts dr.service when '/etc/docker' changes");
}

static void hold_reader(struct facts *f)
{
	struct config_reader *r = facts_add_reader(f);

	r->text = xstrdup("docker-b.service");
	r->runs = true;
}

static void hold_start_unknown(struct facts *f)
{
	f->docker.start_unknown = xstrdup("docker.service starts '/bin/sh'");
}

static void hold_waiting(struct facts *f)
{
	settings_put(&f->docker.now, "debug", "false", SOURCE_API, NULL);
	settings_put(&f->docker.next, "debug", "true", SOURCE_FILE, NULL);
	find_waiting_keys(f, NULL);
}

/* Each kind of objection that leaves the restart possible. */
static void (*const holds[])(struct facts *f) = {
	hold_nothing, hold_unit,          hold_untried, hold_watched,
	hold_reader,  hold_start_unknown, hold_waiting,
};

static void end_none(struct facts *f)
{
}

static void end_along(struct facts *f)
{
	strv_add(&f->docker.goes_along, "web (" GOES_WITH_TEXT "stack.service)");
	add_container(f, "web");
}

static void end_cut_off(struct facts *f)
{
	strv_add(&add_container(f, "app")->loses, "loses its log collector");
}

static void end_both(struct facts *f)
{
	end_along(f);
	end_cut_off(f);
}

static void end_removed(struct facts *f)
{
	add_container(f, "once")->auto_remove = true;
}

static void end_unlisted(struct facts *f)
{
	add_container(f, "lost")->unlisted = true;
}

static void end_untold(struct facts *f)
{
	struct container *c = add_container(f, "hidden");

	free(c->id);
	c->id = TAKE_PTR(c->name);
	c->running = false;
	c->unread = xstrdup("GET /containers/hidden/json: dockerd answered 403");
}

static void (*const ends[])(struct facts *f) = {
	end_none, end_along, end_cut_off, end_both, end_removed, end_unlisted, end_untold,
};

enum live { LIVE_ON, LIVE_PLANNED, LIVE_OFF, LIVE_COUNT };

static void fill(const struct temp_directory *t, struct facts *f, enum live live)
{
	f->docker.install = DOCKER_DISTRO;
	f->docker.running = true;
	f->docker.version = xstrdup("20.10.24");
	f->docker.swarm = xstrdup("inactive");
	f->docker.config_file = xstrdup(CONFIG);
	containers_known(&f->docker.containers);
	add_container(f, "plain");
	temp_directory_write(t, &CONFIG[1], live == LIVE_ON ? "{\"live-restore\": true}" : "{}");
	settings_put(&f->docker.now, "live-restore", live == LIVE_ON ? "true" : "false", SOURCE_API,
		     NULL);
	if (live == LIVE_ON)
		settings_put(&f->docker.next, "live-restore", "true", SOURCE_FILE, NULL);
}

static void compute(const struct temp_directory *t, const struct facts *f, enum live live,
		    const char *ack, bool check, struct plan *ret)
{
	static const struct baseline_source source = {.modules = modules_all};
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(strv_clear) struct strv acks = {0}, only = {0};
	CLEANUP(error_clear) struct error err = {0};
	const struct baseline *all[] = {&b};
	struct plan_request q = {.baselines = all,
				 .nbaselines = 1,
				 .facts = f,
				 .root = &t->root,
				 .level = 1,
				 .ack = &acks,
				 .only = &only,
				 .check = check};

	strv_add(&only, "daemon.level");
	if (live == LIVE_PLANNED)
		strv_add(&only, "daemon.live");
	if (ack)
		strv_add(&acks, ack);
	if (baseline_parse(&b, "b.yaml", baseline_text, sizeof(baseline_text) - 1, &source, &err) <
	    0)
		fail_msg("%s", error_text(&err));
	if (plan_compute(&q, ret, &err) < 0)
		fail_msg("%s", error_text(&err));
}

/* Whether a hold names it with what becomes of it. */
static bool is_named(const struct plan *plan, const char *name)
{
	CLEANUP(freep) char *all = strv_join(&plan_find_finding(plan, "daemon.level")->holds, "\n");
	CLEANUP(freep) char *words = xasprintf(" %s (", name);

	return strstr(all, words) != NULL;
}

static void test_what_is_named_is_what_is_stopped(void **state)
{
	const struct temp_directory *t = *state;
	size_t named = 0;

	assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/docker", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(holds) * ARRAY_SIZE(ends) * LIVE_COUNT; i++) {
		enum live live = i % LIVE_COUNT;
		size_t end = i / LIVE_COUNT % ARRAY_SIZE(ends),
		       hold = i / LIVE_COUNT / ARRAY_SIZE(ends);
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0}, check = {0}, done = {0};
		struct containers all;

		fill(t, &f, live);
		ends[end](&f);
		holds[hold](&f);
		compute(t, &f, live, NULL, false, &plan);
		compute(t, &f, live, NULL, true, &check);
		compute(t, &f, live, "daemon.level", false, &done);
		assert_int_equal(plan_find_finding(&done, "daemon.level")->state, FINDING_PLANNED);
		assert_true(containers_get(&f.docker.containers, &all));
		for (size_t k = 0; k < all.count; k++) {
			const char *name = container_label(&all.items[k]);
			bool stopped = stopped_find(&done.stopped, name) != NULL;

			named += stopped;
			/* or the gate in front of the restart would refuse what was consented to */
			assert_true(stopped || container_told(&all.items[k]));
			if (is_named(&plan, name) != stopped || is_named(&check, name) != stopped)
				fail_msg("hold %zu, end %zu, live %d: %s is%s stopped, plan %d, "
					 "check %d",
					 hold, end, live, name, stopped ? "" : " not",
					 is_named(&plan, name), is_named(&check, name));
		}
	}
	assert_true(named > 0);
}

/* A flag moves the data root, and no key waits: consent to the restart is none to losing sight of all. */
static void test_a_moved_data_root(void **state)
{
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/docker", 0755), 0);
	for (int runs = 0; runs < 2; runs++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0}, check = {0};
		const struct finding *is;

		fill(t, &f, LIVE_ON);
		f.docker.containers.seen[0].running = runs;
		f.docker.moves_data = xstrdup("flags: + --data-root=/data");
		strv_add(&f.docker.restart_brings, f.docker.moves_data);
		compute(t, &f, LIVE_ON, "daemon.level", false, &plan);
		is = plan_find_finding(&plan, "daemon.level");
		assert_int_equal(is->state, runs ? FINDING_REFUSED : FINDING_PLANNED);
		compute(t, &f, LIVE_ON, NULL, true, &check);
		assert_int_equal(plan_find_finding(&check, "daemon.level")->state,
				 runs ? FINDING_REFUSED : FINDING_HELD);
		if (runs)
			assert_string_equal(is->refusal, f.docker.moves_data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_what_is_named_is_what_is_stopped),
		TEMP_DIRECTORY_TEST(test_a_moved_data_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
