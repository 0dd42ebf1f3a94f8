#include "tests/power/arms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"

#define KILLED (128 + 9)
#define EITHER (IMAGE_BEFORE | IMAGE_AFTER)

const char *const arm_names[ARM_COUNT] = {
	[ARM_APPLY] = "apply",     [ARM_ROLLBACK] = "rollback", [ARM_UNDO] = "undo",
	[ARM_DOUBT] = "doubt",     [ARM_KILL] = "kill",         [ARM_KILL_COMMIT] = "kill-commit",
	[ARM_RECOVER] = "recover",
};

void tally_add(struct tally *to, const struct tally *more)
{
	to->runs += more->runs;
	to->writes += more->writes;
	to->flushes += more->flushes;
	to->cuts += more->cuts;
	to->states += more->states;
	to->bad += more->bad;
	to->hits += more->hits;
}

static struct task task_of(const struct arm_run *run)
{
	struct task t = {.op = VICTIM_APPLY,
			 .pace = {.mode = run->mode, .seed = run->seed},
			 .order = {.what = LOG_MARK}};

	if (run->skip)
		memcpy(t.points.skip, run->skip, sizeof(t.points.skip));
	if (run->arm == ARM_ROLLBACK) {
		t.op = VICTIM_ROLLBACK;
		t.base = BASE_APPLIED;
	} else if (run->arm == ARM_RECOVER) {
		t.op = VICTIM_RECOVER;
		t.base = BASE_CUT;
		t.other_boot = true;
	}
	t.unhealthy = run->arm == ARM_UNDO;
	if (run->arm == ARM_DOUBT)
		t.points.lie = POINT_RECORD + RECORD_COMMIT;
	if (run->arm == ARM_KILL_COMMIT)
		t.points.kill = POINT_RECORD + RECORD_COMMIT;
	t.recover_then = run->arm == ARM_KILL || run->arm == ARM_KILL_COMMIT;
	return t;
}

/* With which code each arm must end; anything else is a fault of the harness or of a mutant. */
static int expected_code(enum arm arm)
{
	return arm == ARM_UNDO || arm == ARM_DOUBT ? CODE_PUT_BACK : CODE_OK;
}

static unsigned possible_images(enum arm arm)
{
	return arm == ARM_UNDO ? IMAGE_BEFORE : EITHER;
}

/* The judged states of one recording. */
struct session {
	struct bench *b;
	const struct arm_run *run;
	enum base base;
	struct log log;
	struct layout layout;
	struct outcome *seen;
	size_t nseen;
	struct tally *tally;
};

static struct outcome *find_seen(struct session *s, uint64_t key)
{
	for (size_t i = 0; i < s->nseen; i++)
		if (s->seen[i].key == key)
			return &s->seen[i];
	return NULL;
}

static int outcome_of(struct session *s, const struct cut *cut, struct outcome **ret)
{
	uint64_t key = cut_key(cut, &s->log, &s->layout.pending);
	int r;

	*ret = find_seen(s, key);
	if (*ret)
		return 0;
	*ret = array_append(&s->seen, &s->nseen, sizeof(**ret));
	(*ret)->key = key;
	s->tally->states++;
	r = layout_write(&s->layout, cut);
	return r < 0 ? r : judge_state(s->b, s->base, *ret);
}

static void tell_bad(const struct session *s, const struct cut *cut, const char *fault)
{
	if (s->run->verbose < 1 || s->tally->bad > (s->run->verbose > 1 ? 1000U : 3U))
		return;
	fprintf(stderr, "BAD %s%s %s %s seed %llu at %zu of %zu (kind %d, %llx): %s\n",
		s->b->fs->name, s->b->ndisks > 1 ? "+var" : "", arm_names[s->run->arm],
		pace_names[s->run->mode], (unsigned long long)s->run->seed, cut->at, s->log.count,
		(int)cut->kind, (unsigned long long)cut->argument, fault);
}

static int judge_cut(struct session *s, const struct cut *cut)
{
	bool rollback = s->run->arm == ARM_ROLLBACK;
	struct promise promise =
		promise_at(&s->log, cut->at, rollback, possible_images(s->run->arm));
	CLEANUP(freep) char *fault = NULL;
	struct outcome *outcome;
	int r;

	layout_advance(&s->layout, cut->at);
	r = outcome_of(s, cut, &outcome);
	if (r < 0)
		return r;
	fault = outcome_fault(outcome, &promise);
	s->tally->cuts++;
	s->tally->bad += fault != NULL;
	if (fault)
		tell_bad(s, cut, fault);
	return 0;
}

static int judge_log(struct session *s)
{
	struct cuts cuts = {0};
	int r = layout_open(&s->layout, s->b, s->base, &s->log);

	cuts_make(&s->log, s->run->limit, s->run->seed, &cuts);
	for (size_t i = 0; i < cuts.count && r >= 0; i++) {
		r = judge_cut(s, &cuts.items[i]);
		if (s->tally->bad && s->run->stop_at_bad)
			break;
	}
	for (size_t i = 0; i < s->nseen; i++)
		outcome_clear(&s->seen[i]);
	free(s->seen);
	cuts_clear(&cuts);
	layout_close(&s->layout);
	return r;
}

/* How many calls an apply makes: where it can be killed. */
static int kill_somewhere(struct bench *b, const struct arm_run *run, struct task *t)
{
	struct log log = {0};
	size_t calls = 0;
	struct task whole = *t;
	int r;

	whole.recover_then = false;
	whole.pace.mode = PACE_LAZY;
	r = bench_record(b, &whole, &log, &calls);
	log_clear(&log);
	t->pace.kill_at = calls ? 1 + mix64(run->seed + 77) % calls : 0;
	return r;
}

/* A state of an apply in which something is to be undone, as the base. */
static int cut_somewhere(struct bench *b, const struct arm_run *run)
{
	struct task t = {.op = VICTIM_APPLY,
			 .pace = {.mode = PACE_ALL, .seed = run->seed},
			 .order = {.what = LOG_MARK}};
	struct layout layout = {0};
	struct log log = {0};
	int r = bench_record(b, &t, &log, NULL);
	size_t from = log_find(&log, "INTENT"), to = log_find(&log, "COMMIT");

	if (r < 0 || to >= log.count)
		return r < 0 ? r : -EPROTO;
	r = layout_open(&layout, b, BASE_FRESH, &log);
	if (r >= 0) {
		struct cut cut = {.at = from + 1 + mix64(run->seed + 5) % (to - from)};

		layout_advance(&layout, cut.at);
		r = layout_write(&layout, &cut);
	}
	layout_close(&layout);
	log_clear(&log);
	return r < 0 ? r : bench_take_cut(b);
}

static int prepare(struct bench *b, const struct arm_run *run, struct task *t)
{
	if (run->arm == ARM_KILL)
		return kill_somewhere(b, run, t);
	return run->arm == ARM_RECOVER ? cut_somewhere(b, run) : 0;
}

static void count_hits(const struct bench *b, const struct arm_run *run, struct tally *tally)
{
	for (size_t i = 0; run->skip && i < POINT_COUNT; i++)
		tally->hits += run->skip[i] ? b->report->hits[i] : 0;
}

int arm_run(struct bench *b, const struct arm_run *run, struct tally *tally)
{
	struct task t = task_of(run);
	struct tally own = {.runs = 1};
	struct session s = {.b = b, .run = run, .base = t.base, .tally = &own};
	int r = prepare(b, run, &t);

	if (r < 0)
		return r;
	r = bench_record(b, &t, &s.log, NULL);
	if (r < 0)
		return r;
	count_hits(b, run, &own);
	own.writes = log_count(&s.log, LOG_WRITE);
	own.flushes = log_count(&s.log, LOG_FLUSH);
	if (r != expected_code(run->arm)) {
		fprintf(stderr, "%s %s ended with %d\n", b->fs->name, arm_names[run->arm], r);
		own.bad++;
	}
	r = judge_log(&s);
	log_clear(&s.log);
	if (run->verbose > 0)
		printf("# %-15s %d disk%s %-11s %-9s %5zu writes %4zu flushes %5zu cuts %5zu "
		       "states %zu bad\n",
		       b->fs->name, (int)b->ndisks, b->ndisks > 1 ? "s" : " ", arm_names[run->arm],
		       pace_names[run->mode], own.writes, own.flushes, own.cuts, own.states,
		       own.bad);
	fflush(stdout);
	tally_add(tally, &own);
	return r;
}
