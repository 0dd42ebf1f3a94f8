/*
 * Who undoes what waits to be confirmed is asked by the host as it is then, and once more behind the question:
 * whatever --ack consents to was named, and nothing else is done.
 */

#include "tests/test.h"

#include "cli/undecided-stops.h"
#include "engine/base/alloc.h"
#include "engine/facts/gather.h"

struct host {
	const char *runs; /* beside "web", which the apply has named; NULL: nothing */
	const char *flag; /* that others gave dockerd's next start; NULL: none */
	bool mute; /* dockerd does not tell which containers there are */
};

static struct host now; /* what the facts are gathered of */

int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err);

static void add_running(struct docker_facts *d, const char *name)
{
	struct container *c = container_list_add(&d->containers);

	container_init(c);
	c->name = xstrdup(name);
	c->state = xstrdup("running");
	c->restart_policy = xstrdup("no");
	c->running = true;
}

int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err)
{
	struct docker_facts *d = &ret->docker;

	(void)root;
	(void)witness_file;
	(void)parts;
	(void)err;
	ret->root = d->running = true;
	settings_put(&d->now, "live-restore", "false", SOURCE_API, "");
	if (now.flag)
		strv_add(&d->start_brings, now.flag);
	if (now.mute)
		return 0;
	add_running(d, "web");
	if (now.runs)
		add_running(d, now.runs);
	containers_known(&d->containers);
	return 0;
}

/* One that restarted dockerd, for a control "c". */
static void let_wait(struct transaction_summary *t)
{
	struct stage *stage = plan_add_stage(&t->plan);

	t->id = xstrdup("20261130-000000-abcdef");
	t->plan.kind = PLAN_APPLY;
	stage->up = stage->down = HANDLER_BIT(HANDLER_DOCKER_RESTART);
	effects_add(&stage->effects, "c", HANDLER_DOCKER_RESTART,
		    subject_of(SCHEME_DOCKER, "no-new-privileges"), "false", "true");
	plan_add_finding(&t->plan, "c")->state = FINDING_PLANNED;
	stopped_add(&t->plan.stopped, "web", COMES_BACK_NO, "stays stopped: restart policy no");
}

static const struct row {
	const char *what;
	bool ack;
	struct host before, after; /* the question */
	const char *named[2]; /* before it: among those who stop, and among what is consented to */
	int first, second;
} rows[] = {
	{"nobody has consented", .first = CODE_REFUSED},
	{"as at the apply", true, .named = {"web", "web"}},
	{"another runs by then", true, {.runs = "late"}, {.runs = "late"}, {"late", "late"}},
	{"... and ends during the question", true, {.runs = "late"}, .named = {"late", "late"}},
	{"... or comes during it", true, .after = {.runs = "late"}, .second = CODE_REFUSED},
	{"flags", true, {.flag = "it listens"}, {.flag = "it listens"}, {"web", "it listens"}},
	{"... that came during it", true, .after = {.flag = "it listens"}, .second = CODE_REFUSED},
	{"... that are others by then",
	 true,
	 {.flag = "it listens"},
	 {.flag = "it listens here and there"},
	 .second = CODE_REFUSED},
	{"dockerd does not tell", true, {.mute = true}, {.mute = true}, {"web", "web"}},
};

static void assert_named(const struct row *row, const struct plan *plan)
{
	CLEANUP(freep) char *texts = strv_join(&plan->consented, "; ");
	bool told = !row->named[1];

	if (row->named[0] && !stopped_find(&plan->stopped, row->named[0]))
		fail_msg("%s: '%s' is not among who stops", row->what, row->named[0]);
	if (row->named[1] && !strstr(texts, row->named[1]))
		fail_msg("%s: '%s'", row->what, texts);
	for (size_t i = 0; !told && i < plan->checks.count; i++)
		told = strstr(plan->checks.items[i].text, row->named[1]);
	if (!told)
		fail_msg("%s: '%s' is in no check", row->what, row->named[1]);
}

static void one(const struct row *row)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0}, again = {0};
	struct options o = {.quiet = true};
	struct context c = CONTEXT_INIT;

	c.o = &o;
	if (row->ack)
		strv_add(&c.ack, "c");
	let_wait(&t);
	let_wait(&again);
	now = row->before;
	if (undecided_check_stops(&c, &t) != row->first)
		fail_msg("%s: before the question", row->what);
	assert_named(row, &t.plan);
	now = row->after;
	if (row->first == CODE_OK && undecided_check_again(&c, &t, &again) != row->second)
		fail_msg("%s: behind the question", row->what);
	strv_clear(&c.ack);
	facts_clear(&c.facts);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
}

/* What it would ask for is told when the wait begins; of the plan nothing is changed. */
static void test_is_only_told(void **state)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(freep) char *ack = NULL;
	struct context c = CONTEXT_INIT;

	(void)state;
	let_wait(&t);
	now = (struct host){.runs = "late"};
	ack = undecided_stops_consent(&c, &t.plan);
	assert_string_equal(ack, "c");
	assert_int_equal(t.plan.stopped.count, 1);
	assert_int_equal(t.plan.checks.count, 0);
	assert_int_equal(t.plan.asked.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_is_only_told)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
