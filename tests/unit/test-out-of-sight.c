/*
 * What dockerd would not see any more where it is told to look elsewhere: for each of its settings that has it do
 * so, the way up and a rollback say the same of the same host, and what is not known counts.
 */

#include "tests/unit/guard-case.h"

#include <errno.h>
#include <string.h>

#include "engine/format/daemon-keys.h"
#include "engine/plan/preflight.h"

/* What the host has. */
enum has { NOTHING, IMAGES, STOPPED, VOLUMES, PLUGIN, RUNNING, UNKNOWN, HAS_COUNT };

enum verdict_of { PASSES, ASKS, FORBIDS };

static enum verdict_of expected(enum out_of_sight how, enum has has)
{
	switch (has) {
	case RUNNING:
		return FORBIDS;
	case IMAGES:
	case STOPPED:
		return how >= SIGHT_OF_IMAGES ? ASKS : PASSES;
	case VOLUMES:
		return how == SIGHT_OF_ALL ? ASKS : PASSES;
	case PLUGIN:
		return how == SIGHT_OF_ALL ? FORBIDS : PASSES;
	case UNKNOWN: /* of a dockerd that runs: one may run there */
		return FORBIDS;
	default:
		return PASSES;
	}
}

static void fill(struct fake_view *f, enum has has)
{
	struct docker_facts *d = &f->facts.docker;

	d->running = true;
	str_replace(&d->config_file, CONFIG);
	set_now(f, "live-restore", "true", SOURCE_API);
	settings_put(&d->next, "live-restore", "true", SOURCE_FILE, "test");
	containers_known(&d->containers);
	count_set(&d->images, has == IMAGES);
	count_set(&d->volumes, has == VOLUMES);
	count_set(&d->networks, 0);
	count_set(&d->plugins, has == PLUGIN);
	if (has == PLUGIN)
		strv_add(&d->enabled_plugins, "nfs:latest");
	if (has == RUNNING || has == STOPPED)
		add_container(f, "web", "app")->running = has == RUNNING;
	if (has == UNKNOWN) {
		containers_unknown(&d->containers, "no answer");
		count_unknown(&d->images, "no answer");
	}
}

static enum verdict_of way_up(struct fake_view *f, const char *key, const char *after)
{
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, key, after, &d);
	return d.first ? FORBIDS : d.holds.count > 0 ? ASKS : PASSES;
}

static int check(struct fake_view *f, const char *key, const char *before, const char *after,
		 const char *ack)
{
	CLEANUP(plan_clear) struct plan plan = {.kind = PLAN_ROLLBACK};
	CLEANUP(strv_clear) struct strv acks = {0};
	struct stage *stage = plan_add_stage(&plan);

	if (ack)
		strv_add(&acks, ack);
	stage->up = HANDLER_BIT(HANDLER_DOCKER_RESTART);
	effects_add(&stage->effects, "moves", HANDLER_DOCKER_RESTART,
		    subject_of(SCHEME_DOCKER, key), before, after);
	effects_add(&stage->effects, "other", HANDLER_DOCKER_RESTART,
		    subject_of(SCHEME_DOCKER, "icc"), "false", "true");
	return plan_check_restart(&plan, &f->facts, &acks, NULL);
}

/* Only who moves it consents, and not who needs the same restart. */
static enum verdict_of way_back(struct fake_view *f, const char *key, const char *before,
				const char *after)
{
	if (check(f, key, before, after, NULL) == 0)
		return PASSES;
	assert_int_equal(check(f, key, before, after, "other"), -EPERM);
	return check(f, key, before, after, "moves") == 0 ? ASKS : FORBIDS;
}

static void one(const char *key, const char *before, const char *after, enum has has)
{
	enum out_of_sight how = daemon_key_hides(key, before, after, false);
	enum verdict_of want = expected(how, has), up, back;
	void *state = NULL;

	docker_view_setup(&state);
	fill(state, has);
	up = way_up(state, key, after);
	back = way_back(state, key, before, after);
	if (up != want || back != want)
		fail_msg("%s, %d: %d on the way up, %d on the way back, not %d", key, has, up, back,
			 want);
	docker_view_teardown(&state);
}

static void test_each_key(void **state)
{
	size_t keys = 0;

	(void)state;
	for (size_t i = 0; daemon_key_at(i); i++) {
		const struct daemon_key *k = daemon_key_at(i);

		for (enum has has = 0; has < HAS_COUNT && k->hides != SIGHT_KEPT; has++)
			one(k->key, NULL, "\"x\"", has);
		keys += k->hides != SIGHT_KEPT;
	}
	assert_true(keys >= 7);
	for (enum has has = 0; has < HAS_COUNT; has++)
		one("features", NULL, "{\"containerd-snapshotter\":true}", has);
}

/* Taken away, it is another one as well: a rollback of userns-remap leaves what was made with it. */
static void test_taken_away(void **state)
{
	struct fake_view *f = *state;

	fill(f, IMAGES);
	assert_int_equal(way_back(f, "userns-remap", "\"default\"", "\"\""), ASKS);
	assert_int_equal(way_back(f, "userns-remap", "\"default\"", NULL), ASKS);
	assert_int_equal(way_back(f, "userns-remap", "\"root\"", NULL), PASSES);
	assert_int_equal(way_back(f, "userns-remap", "\"\"", "\"root\""), PASSES);
	assert_int_equal(way_back(f, "storage-driver", "\"overlay2\"", NULL), ASKS);
	assert_int_equal(way_back(f, "log-level", "\"warn\"", NULL), PASSES);
}

/* Of a dockerd that does not run the file says it, for whoever starts it. */
static int check_file(struct fake_view *f, const char *before, const char *after)
{
	CLEANUP(plan_clear) struct plan plan = {.kind = PLAN_ROLLBACK};
	struct change *c = plan_add_change(&plan, CONFIG);

	edits_add(&c->edits, "moves", CONFIG, subject_of(SCHEME_JSON, "/data-root"), NULL, NULL);
	c->images = xcalloc(2, sizeof(*c->images));
	c->nimages = 2;
	for (size_t i = 0; i < 2; i++) {
		c->images[i].node.kind = NODE_FILE;
		c->images[i].has_content = true;
		buf_puts(&c->images[i].content, i == 0 ? before : after);
	}
	return plan_check_restart(&plan, &f->facts, NULL, NULL);
}

static void test_by_the_file(void **state)
{
	static const char moved[] = "{\"data-root\": \"/data\"}", plain[] = "{}";
	struct fake_view *f = *state;

	fill(f, IMAGES);
	assert_int_equal(check_file(f, moved, plain), 0); /* it has that already */
	f->facts.docker.running = false;
	assert_int_equal(check_file(f, moved, plain), -EPERM);
	assert_int_equal(check_file(f, plain, moved), -EPERM);
	assert_int_equal(check_file(f, moved, moved), 0);
	assert_int_equal(check_file(f, plain, plain), 0);
	count_set(&f->facts.docker.images, 0);
	assert_int_equal(check_file(f, moved, plain), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_key),
		DOCKER_VIEW_TEST(test_taken_away),
		DOCKER_VIEW_TEST(test_by_the_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
