/*
 * What dockerd had before the apply wrote it into the file is none of the apply's: its undo takes the
 * line out, and tells dockerd nothing.
 */

#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static const struct {
	const char *what;
	bool asked; /* dockerd ran at the apply, and told what it had */
	const char *not_measured; /* at the apply */
	bool brought; /* the apply's reload put live-restore in force */
	const char *now; /* live-restore in force at the rollback */
	bool icc; /* a restart of the same apply goes back with it */
	const char *handler; /* of the rollback; NULL: none */
} rows[] = {
	{"dockerd had it", true, NULL, false, "true", false, NULL},
	{"had it, and has lost it since", true, NULL, false, "false", false, NULL},
	{"the apply brought it", true, NULL, true, "true", false, "docker-reload"},
	{"dockerd did not run", false, NULL, false, "true", false, "docker-reload"},
	{"dockerd did not answer", true, "timed out", false, "true", false, "docker-reload"},
	{"had it, beside a restart", true, NULL, false, "true", true, "docker-restart"},
};

static void apply_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	b->facts.docker.running = rows[i].asked;
	b->facts.docker.not_measured = xstrdup_null(rows[i].not_measured);
	edits_add(&edits, "live", FILE_PATH, subj("json:/live-restore"), NULL, "true");
	if (rows[i].brought)
		effects_add(&effects, "live", HANDLER_DOCKER_RELOAD, subj("docker:live-restore"),
			    "false", "true");
	if (rows[i].icc) {
		edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
		effects_add(&effects, "icc", HANDLER_DOCKER_RESTART, subj("docker:icc"), NULL,
			    "false");
	}
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "live")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	strv_clear(&b->stub.asked);
}

static void look_at(struct bench *b, size_t i)
{
	struct docker_facts *d = &b->facts.docker;

	d->running = true;
	str_replace(&d->not_measured, NULL);
	settings_put(&d->now, "live-restore", rows[i].now, SOURCE_API, NULL);
	if (rows[i].icc)
		settings_put(&d->now, "icc", "false", SOURCE_API, NULL);
}

static bool says(const struct plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->checks.count; i++)
		if (strstr(plan->checks.items[i].text, text))
			return true;
	return false;
}

static bool was_asked(const struct stub *s, const char *handler)
{
	for (size_t i = 0; i < s->asked.count; i++)
		if (starts_with(s->asked.items[i], handler))
			return true;
	return false;
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	bool dropped = !rows[i].handler && strcmp(rows[i].now, "true") == 0;

	apply_row(b, i);
	look_at(b, i);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	if (says(&b->plan, "dockerd had live-restore before") != dropped)
		fail_msg("%s: %ssaid that dockerd had it", rows[i].what, dropped ? "not " : "");
	assert_int_equal(bench_run(b, &result), 0);
	if (rows[i].handler ? !was_asked(&b->stub, rows[i].handler) : b->stub.asked.count > 0)
		fail_msg("%s: asked %s", rows[i].what,
			 b->stub.asked.count ? b->stub.asked.items[0] : "nothing");
	assert_text(b, FILE_PATH, BEFORE);
}

static void test_what_dockerd_had_stays(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

static char *apply_live(struct bench *b, bool brings)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "live", FILE_PATH, subj("json:/live-restore"), NULL, "true");
	if (brings)
		effects_add(&effects, "live", HANDLER_DOCKER_RELOAD, subj("docker:live-restore"),
			    "false", "true");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "live")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	plan_clear(&b->plan);
	return xstrdup(result.id);
}

static void undo(struct bench *b, const char *id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	strv_clear(&b->stub.asked);
	settings_put(&b->facts.docker.now, "live-restore", "true", SOURCE_API, NULL);
	assert_int_equal(bench_plan_rollback_of(b, id, NULL, CONFLICT_STOP, &conflicts), 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	b->of = NULL;
	plan_clear(&b->plan);
}

/* What the second found was the first's, which is undone by now: nobody wants it any more. */
static void test_what_an_earlier_one_brought_goes(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *first = NULL, *second = NULL;

	bench_open(&b, state);
	b.facts.docker.running = true;
	settings_put(&b.facts.docker.now, "live-restore", "false", SOURCE_API, NULL);
	first = apply_live(&b, true);
	settings_put(&b.facts.docker.now, "live-restore", "true", SOURCE_API, NULL);
	temp_directory_write(b.temp, &FILE_PATH[1], BEFORE); /* by somebody */
	second = apply_live(&b, false);
	undo(&b, first);
	assert_false(was_asked(&b.stub, "docker-reload"));
	undo(&b, second);
	assert_true(was_asked(&b.stub, "docker-reload"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_dockerd_had_stays),
		TEMP_DIRECTORY_TEST(test_what_an_earlier_one_brought_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
