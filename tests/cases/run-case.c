/*
 * One case, from its directory: what the engine plans for a host, and that the plan can be carried
 * out, is then complete, and can be taken back to the last byte. See case.h, snapshot.h and
 * facts-yaml.h for what the directory holds.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/plan-refresh.h"
#include "engine/plan/plan-reveal.h"
#include "rollback/revert.h"
#include "tests/cases/bench.h"
#include "tests/cases/drift.h"
#include "tests/cases/golden.h"
#include "tests/cases/tap.h"
#include "tests/cases/verdicts.h"

/* The case being run. */
struct run {
	struct tap tap;
	struct strv notes; /* of the check that is being made */
	struct test_case c;
	struct bench bench;
	struct snapshot before;
	struct world was; /* before apply */
	struct buf log; /* what ran: run.txt */
	bool refused; /* a check before apply forbids the plan */
};

static void run_clear(struct run *run)
{
	bench_close(&run->bench);
	case_close(&run->c);
	snapshot_clear(&run->before);
	world_close(&run->was);
	buf_clear(&run->log);
	strv_clear(&run->notes);
}

static bool result(struct run *run, bool ok, const char *name)
{
	return tap_result(&run->tap, ok, &run->notes, name);
}

static bool failed(struct run *run, struct error *err, const char *name)
{
	strv_add(&run->notes, error_text(err));
	error_clear(err);
	return result(run, false, name);
}

static bool check_snapshot(struct run *run, const struct snapshot *want, enum compare how)
{
	CLEANUP(snapshot_clear) struct snapshot now = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (snapshot_take(&now, run->bench.sandbox.path, &err) == 0)
		return snapshot_compare(want, &now, how, &run->notes);
	strv_add(&run->notes, error_text(&err));
	return false;
}

/* The report; of a plan that cannot be made, why. */
static void check_plan(struct run *run)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct bench *b = &run->bench;
	int r = case_plan(&run->c, &b->sandbox.root, &b->world.facts, &b->plan, &err);

	if (r < 0)
		buf_printf(&text, "harden: %s\n", error_text(&err));
	else
		case_report(&b->world.facts, &b->plan, &text);
	run->refused = r != 0;
	result(run, golden_text(&run->c, "plan.txt", &text, &run->notes), "the plan is plan.txt");
}

static void check_untouched(struct run *run)
{
	result(run, check_snapshot(run, &run->before, COMPARE_TRACES),
	       "planning left no trace on the host");
}

static void check_verdicts(struct run *run)
{
	verdicts_alone(&run->c, &run->bench.sandbox.root, &run->bench.world.facts, &run->bench.plan,
		       &run->notes);
	result(run, run->notes.count == 0, "each verdict is that of the control alone");
	verdicts_in_order(&run->c, &run->bench.sandbox.root, &run->bench.world.facts,
			  &run->bench.plan, &run->notes);
	result(run, run->notes.count == 0, "the order of the controls does not matter");
	verdicts_effects(&run->bench.plan, &run->notes);
	result(run, run->notes.count == 0, "each effect names edits that its handler is for");
}

/* Saved, read and brought together with the host again it is the same plan; no secret is saved. */
static void check_saved(struct run *run)
{
	static const char name[] = "a saved plan is the same plan";
	CLEANUP(buf_clear) struct buf first = {0}, again = {0};
	CLEANUP(plan_clear) struct plan read = {0};
	struct bench *b = &run->bench;
	struct error err = {0};
	int r = plan_to_json(&b->plan, false, &first, &err);

	if (r >= 0)
		r = plan_from_json(&read, "saved", &first, &err);
	if (r >= 0)
		r = plan_refresh(&read, &b->sandbox.root, &b->world.facts, &err);
	if (r >= 0)
		r = plan_to_json(&read, false, &again, &err);
	if (r == -EINVAL && plan_wants_secret(&b->plan)) {
		result(run, true, "a saved plan lacks what is secret, and is refused");
		error_clear(&err);
		return;
	}
	if (r < 0) {
		failed(run, &err, name);
		return;
	}
	if (!buf_equal(&first, &again))
		strv_addf(&run->notes, "saved:\n%s\nagain:\n%s", buf_str(&first), buf_str(&again));
	result(run, buf_equal(&first, &again), name);
}

static void take_log(struct run *run, const char *walk)
{
	struct strv *log = &run->bench.world.log;

	if (log->count)
		buf_printf(&run->log, "%s\n", walk);
	for (size_t i = 0; i < log->count; i++)
		buf_printf(&run->log, "  %s\n", log->items[i]);
	strv_clear(log);
}

static bool check_apply(struct run *run)
{
	static const char name[] = "apply gives after/";
	CLEANUP(snapshot_clear) struct snapshot now = {0};
	struct bench *b = &run->bench;
	struct error err = {0};
	int r = bench_open_state(b, &err);

	if (r >= 0)
		r = world_open(&run->was, b->world.file, &b->sandbox.root, &err);
	if (r >= 0)
		r = bench_run(b, &b->plan, "apply", NULL, &err);
	take_log(run, "apply");
	if (r >= 0)
		r = snapshot_take(&now, b->sandbox.path, &err);
	if (r < 0)
		check_snapshot(run, &run->before, COMPARE_FILE_TIMES); /* put back, at least */
	if (r < 0)
		return failed(run, &err, name);
	return result(run, golden_tree(&run->c, &run->before, &now, &run->notes), name);
}

/* Whether the plan had effects of the control, and said of one that it would be pending. */
static bool had_effects(const struct plan *plan, const char *control, bool *ret_announced)
{
	bool found = false;

	*ret_announced = false;
	for (size_t i = 0; i < plan->nstages; i++) {
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			if (strcmp_null(e->control, control) != 0)
				continue;
			found = true;
			*ret_announced |= e->pending != NULL;
		}
	}
	return found;
}

/* It is about what the first plan left out. */
static bool was_left_out(const struct plan *was, const struct finding *is)
{
	const struct finding *then = plan_find_finding(was, is->control);

	for (size_t i = 0; i < is->holds.count; i++)
		if (!strv_contains(&then->left_out, is->holds.items[i]))
			return false;
	return then->left_out.count > 0 &&
	       (!is->refusal || strv_contains(&then->left_out, is->refusal));
}

static bool holds(const struct plan *was, const struct finding *is)
{
	bool announced, effects = had_effects(was, is->control, &announced);

	if (is->state == FINDING_HELD || is->state == FINDING_REFUSED)
		return was_left_out(was, is);
	if (is->state != FINDING_OK)
		return false; /* a fail for which harden wants nothing is a person's to fix */
	return is->verdict == VERDICT_PENDING        ? announced
	       : is->verdict == VERDICT_NOT_MEASURED ? !effects
						     : true;
}

/* Controls that the first plan was for are as wanted now, or wait as it said. */
static void judge_findings(struct run *run, const struct plan *again)
{
	for (size_t i = 0; i < run->bench.plan.nfindings; i++) {
		const struct finding *was = &run->bench.plan.findings[i];
		const struct finding *is = plan_find_finding(again, was->control);

		if (was->state != FINDING_PLANNED)
			continue;
		if (!is || !holds(&run->bench.plan, is))
			strv_addf(&run->notes, "%s is %s, %s: %s", was->control,
				  is ? finding_state_to_string(is->state) : "gone",
				  is ? verdict_to_string(is->verdict) : "",
				  is && is->reason ? is->reason : "");
	}
}

static void check_again(struct run *run)
{
	static const char name[] = "a second plan is empty, and all that was planned holds";
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(plan_clear) struct plan again = {0};
	struct bench *b = &run->bench;
	struct error err = {0};
	int r = world_refresh(&b->world, &err);

	if (r >= 0)
		r = case_plan(&run->c, &b->sandbox.root, &b->world.facts, &again, &err);
	if (r < 0) {
		failed(run, &err, name);
		return;
	}
	judge_findings(run, &again);
	if (!plan_is_empty(&again)) {
		case_report(&b->world.facts, &again, &text);
		strv_add(&run->notes, buf_str(&text));
	}
	result(run, run->notes.count == 0, name);
}

static int plan_rollback(struct bench *b, struct plan *ret, char **ret_id, struct strv *notes,
			 struct error *err)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary last = {0};
	int r = history_load(&b->state, NULL, &last, err);

	if (r < 0)
		return r;
	*ret_id = xstrdup(last.id);
	return revert_plan(&b->state, &last, NULL, CONFLICT_STOP, &b->sandbox.root, &b->world.facts,
			   ret, notes, err);
}

static void check_rollback(struct run *run)
{
	static const char name[] = "rollback gives before/, and what was in force";
	CLEANUP(plan_clear) struct plan back = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench *b = &run->bench;
	struct error err = {0};
	int r = plan_rollback(b, &back, &id, &run->notes, &err);
	bool ok;

	if (r >= 0 && !plan_is_empty(&back))
		r = bench_run(b, &back, "rollback", id, &err);
	take_log(run, "rollback");
	if (r < 0) {
		failed(run, &err, name);
		return;
	}
	ok = check_snapshot(run, &run->before, COMPARE_FILE_TIMES);
	if (!run->c.daemon_stays)
		ok &= world_same_in_force(&run->was, &b->world, &run->notes);
	result(run, ok, name);
}

static void check_log(struct run *run)
{
	result(run, golden_text(&run->c, "run.txt", &run->log, &run->notes),
	       "what ran is run.txt, in this order");
}

static void check_drift(struct run *run)
{
	drift_refused(&run->c, &run->bench.plan, &run->notes);
	result(run, run->notes.count == 0, "a host that drifted is refused and left alone");
}

static void check_nothing(struct run *run)
{
	result(run, golden_no_tree(&run->c, &run->notes), "nothing is there to apply");
}

static void run_checks(struct run *run)
{
	check_plan(run);
	check_untouched(run);
	check_verdicts(run);
	if (run->refused || plan_is_empty(&run->bench.plan)) {
		check_nothing(run);
		return;
	}
	check_saved(run);
	if (check_apply(run)) {
		check_again(run);
		check_rollback(run);
		check_log(run);
	}
	check_drift(run);
}

/* 1: it cannot be run here. */
static int prepare(struct run *run, const char *directory, struct error *err)
{
	int r = case_open(&run->c, directory, err);

	if (r >= 0)
		r = bench_open(&run->bench, &run->c, err);
	if (r == -EOPNOTSUPP) {
		tap_skip_all(error_text(err));
		return 1;
	}
	return r < 0 ? r : snapshot_take(&run->before, run->bench.sandbox.path, err);
}

int main(int argc, char **argv)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(run_clear) struct run run = {.bench = BENCH_INIT};
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: run-case DIRECTORY\n");
		return 2;
	}
	if (geteuid() != 0) {
		tap_skip_all("only root can give files their owners");
		return 0;
	}
	umask(0022);
	r = prepare(&run, argv[1], &err);
	if (r < 0) {
		printf("Bail out! %s\n", error_text(&err));
		return 1;
	}
	if (r > 0)
		return 0;
	printf("# %s\n", run.c.about);
	run_checks(&run);
	return tap_end(&run.tap);
}
