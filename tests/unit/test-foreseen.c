/*
 * A way back that nobody is asked about says what it does to containers: whom its restart stops that runs by now,
 * and what dockerd does not see any more. Of a person who undoes the same the first is asked.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/plan-turn.h"
#include "engine/plan/preflight.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static const struct row {
	const char *what;
	const char *named; /* by the plan, as one that stops; NULL: none */
	const char *runs; /* by now; NULL: none */
	bool unknown; /* dockerd does not tell */
	const char *key; /* of the plan's restart */
	size_t images;
	const char *says; /* NULL: nothing */
	const char *also;
	bool came_since; /* without a name in the plan: nothing is begun (held-down.h) */
} rows[] = {
	{"named, and runs", "web", "web", false, "icc", 0, "stops 1 container: web (stays", NULL},
	{"gone by now", "web", "db", false, "icc", 0, NULL, NULL, true},
	{"named, and dockerd tells nothing", "web", NULL, true, "icc", 0, "stops 1 container: web",
	 NULL},
	{"nothing named", NULL, "web", false, "icc", 1, NULL, NULL, true},
	{"another data root", NULL, NULL, false, "data-root", 2,
	 "2 images (size not measured) would vanish", NULL},
	{"... and nothing there", NULL, NULL, false, "data-root", 0, NULL, NULL},
	{"... and both", "web", "web", false, "userns-remap", 1, "stops 1 container: web",
	 "container web runs, and dockerd would not know it"},
};

static const struct row *now;

static int look(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;

	(void)data, (void)err;
	d->running = true;
	settings_put(&d->now, "live-restore", "false", SOURCE_API, NULL);
	count_set(&d->images, now->images);
	count_set(&d->volumes, 0);
	count_set(&d->networks, 0);
	count_set(&d->plugins, 0);
	if (now->unknown)
		containers_unknown(&d->containers, "no answer");
	else
		containers_known(&d->containers);
	if (now->runs) {
		struct container *c = container_list_add(&d->containers);

		c->name = xstrdup(now->runs);
		c->running = true;
	}
	return 0;
}

static void make(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(freep) char *key = xasprintf("docker:%s", now->key);

	edits_add(&edits, "x", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "x", HANDLER_DOCKER_RESTART, subj(key), "\"a\"", "\"b\"");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "x")->state = FINDING_PLANNED;
	if (now->named)
		stopped_add(&b->plan.stopped, now->named, COMES_BACK_NO,
			    "stays stopped: restart policy no");
	b->stub.base.look = look;
}

static void assert_said(const struct strv *lines)
{
	const char *const words[] = {now->says, now->also};
	CLEANUP(freep) char *all = strv_join(lines, "; ");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] && !strstr(all, words[i]))
			fail_msg("%s: '%s'", now->what, all);
	if (!now->says && strstr(all, "on the way back"))
		fail_msg("%s: '%s'", now->what, all);
}

/* One that runs and would not be known any more is not left behind by it, either. */
static bool is_held(void)
{
	return now->also || now->came_since;
}

static void by_itself(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	now = &rows[i];
	make(b);
	b->stub.unhealthy = 1;
	assert_true(bench_run(b, &result) < 0);
	assert_int_equal(result.state, is_held() ? TRANSACTION_STUCK : TRANSACTION_ROLLED_BACK);
	if (!is_held())
		assert_said(&result.notes);
	assert_false(result.met_foreign);
}

static void by_recovery(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	now = &rows[i];
	make(b);
	b->confirm_usec = 60000000;
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(recover_taking_back(&b->state, &b->temp->root, &b->stub.base, result.id,
					     &recovery, NULL),
			 is_held() ? -EPERM : 0);
	assert_int_equal(recovery.undone, is_held() ? 0 : 1);
	if (!is_held())
		assert_said(&recovery.notes);
}

/* The boot has ended them all; who runs came with a dockerd that was started since. */
static void after_a_boot(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *all = NULL;

	now = &rows[i];
	make(b);
	assert_int_equal(bench_run(b, &result), 0);
	bench_break_off_before_boot(b);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 is_held() ? -EUCLEAN : 0);
	all = strv_join(&recovery.notes, "; ");
	assert_null(strstr(all, "on the way back"));
}

/* What a person has to consent to. */
static void by_a_person(struct bench *b, size_t i)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv acks = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	now = &rows[i];
	make(b);
	look(NULL, &f, NULL);
	if (!now->says) /* such a list is that of the host as it is now */
		stopped_clear(&b->plan.stopped);
	f.docker.file_error = xstrdup("broken"); /* nor does another trouble keep from it */
	plan_turn(&b->plan);
	r = plan_check_stops(&b->plan, &f, &acks, &err);
	assert_int_equal(r, now->says ? -EPERM : 0);
	assert_true(!now->says || now->also || strstr(error_text(&err), now->says));
	strv_add(&acks, "x");
	assert_int_equal(plan_check_stops(&b->plan, &f, &acks, NULL), now->also ? -EPERM : 0);
	strv_clear(&acks); /* what goes down with dockerd is asked for, too */
	strv_add(&f.docker.restart_brings, "stack.service goes down");
	assert_int_equal(plan_check_stops(&b->plan, &f, &acks, NULL), -EPERM);
}

static void test_rows(void **state)
{
	static void (*const ways[])(struct bench * b, size_t row) = {by_itself, by_recovery,
								     after_a_boot, by_a_person};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		bench_each(ways[i], ARRAY_SIZE(rows));
}

/* Turned round twice a plan is what it was. */
static void test_turned(void **state)
{
	CLEANUP(bench_close) struct bench b;
	struct change *c;
	struct effect *e;
	unsigned up;

	bench_open(&b, state);
	now = &rows[0];
	make(&b);
	c = plan_find_change(&b.plan, FILE_PATH);
	e = &b.plan.stages[b.plan.nstages - 1].effects.items[0];
	up = b.plan.stages[0].up;
	plan_turn(&b.plan);
	assert_string_equal(buf_str(&c->images[c->nimages - 1].content), BEFORE);
	assert_string_equal(e->after, "\"a\"");
	plan_turn(&b.plan);
	assert_string_equal(buf_str(&c->images[0].content), BEFORE);
	assert_string_equal(e->after, "\"b\"");
	assert_int_equal(b.plan.stages[0].up, up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		TEMP_DIRECTORY_TEST(test_turned),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
