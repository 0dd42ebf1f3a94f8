#include "tests/power/arms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"

#define EITHER (IMAGE_BEFORE | IMAGE_AFTER)

const struct arm_kind arms[ARM_COUNT] = {
	[ARM_APPLY] = {"apply", VICTIM_APPLY, .images = EITHER},
	[ARM_ROLLBACK] = {"rollback", VICTIM_ROLLBACK, .images = EITHER},
	[ARM_UNDO] = {"undo", VICTIM_APPLY, .unhealthy = 1, .code = CODE_PUT_BACK,
		      .images = IMAGE_BEFORE},
	[ARM_UNDO_ROLLBACK] = {"undo-rollback", VICTIM_ROLLBACK, .unhealthy = 1,
			       .code = CODE_PUT_BACK, .images = IMAGE_BEFORE},
	[ARM_DOUBT] = {"doubt", VICTIM_APPLY, .lie = POINT_RECORD + RECORD_COMMIT,
		       .code = CODE_PUT_BACK, .images = EITHER},
	[ARM_ABANDON] = {"abandon", VICTIM_APPLY, .lie = POINT_JOURNAL_DIRECTORY,
			 .code = CODE_ERROR, .images = IMAGE_BEFORE},
	[ARM_KILL] = {"kill", VICTIM_APPLY, .kill_anywhere = true, .images = EITHER},
	[ARM_KILL_COMMIT] = {"kill-commit", VICTIM_APPLY, .kill = POINT_RECORD + RECORD_COMMIT,
			     .images = EITHER},
	[ARM_KILL_ROLLBACK] = {"kill-rollback", VICTIM_ROLLBACK, .kill_anywhere = true,
			       .images = EITHER},
	[ARM_RECOVER] = {"recover", VICTIM_APPLY, .cut = true, .images = EITHER},
	[ARM_RECOVER_ROLLBACK] = {"recover-rollback", VICTIM_ROLLBACK, .cut = true,
				  .images = EITHER},
	[ARM_RECOVER_LATE] = {"recover-late", VICTIM_APPLY, .cut = true, .cut_late = true,
			      .images = EITHER},
	[ARM_KILL_RECOVER] = {"kill-recover", VICTIM_APPLY, .cut = true, .kill_anywhere = true,
			      .images = EITHER},
	[ARM_WAIT] = {"wait", VICTIM_WAIT, .images = EITHER},
	[ARM_WAIT_OVER] = {"wait-over", VICTIM_WAIT_OVER, .images = IMAGE_BEFORE},
	[ARM_CONFIRM] = {"confirm", VICTIM_CONFIRM, .base = BASE_WAITING, .images = IMAGE_AFTER},
	[ARM_OVERDUE] = {"overdue", VICTIM_RECOVER, .base = BASE_OVERDUE, .images = IMAGE_BEFORE},
	[ARM_OVERDUE_BOOT] = {"overdue-boot", VICTIM_RECOVER, .base = BASE_OVERDUE,
			      .other_boot = true, .images = IMAGE_BEFORE},
};

bool arm_has_seeds(enum arm arm, enum pace_mode mode)
{
	return arms[arm].cut || arms[arm].kill_anywhere || mode == PACE_SOME ||
	       mode == PACE_UNRELATED;
}

void tally_add(struct tally *to, const struct tally *more)
{
	to->runs += more->runs;
	to->writes += more->writes;
	to->flushes += more->flushes;
	to->cuts += more->cuts;
	to->states += more->states;
	to->bad += more->bad;
	for (size_t i = 0; i < POINT_COUNT; i++)
		to->hits[i] += more->hits[i];
}

static bool goes_back(const struct arm_run *run)
{
	return arms[run->arm].op == VICTIM_ROLLBACK;
}

static struct task task_of(const struct arm_run *run)
{
	const struct arm_kind *kind = &arms[run->arm];
	struct task t = {.op = kind->cut ? VICTIM_RECOVER : kind->op,
			 .base = goes_back(run) ? BASE_APPLIED : kind->base,
			 .back = goes_back(run),
			 .unhealthy = kind->unhealthy,
			 .points = {.lie = kind->lie, .kill = kind->kill},
			 .pace = {.mode = run->mode, .seed = run->seed},
			 .recover_then = kind->kill || kind->kill_anywhere,
			 .other_boot = kind->cut || kind->other_boot,
			 .order = {.what = LOG_MARK}};

	if (kind->cut)
		t.base = BASE_CUT;
	if (run->skip)
		memcpy(t.points.skip, run->skip, sizeof(t.points.skip));
	return t;
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
	fprintf(stderr, "BAD %s, %zu disks, %s %s seed %llu at %zu of %zu (kind %d, %llx): %s\n",
		s->b->fs->name, s->b->ndisks, arms[s->run->arm].name, pace_names[s->run->mode],
		(unsigned long long)s->run->seed, cut->at, s->log.count, (int)cut->kind,
		(unsigned long long)cut->argument, fault);
}

static int judge_cut(struct session *s, const struct cut *cut)
{
	struct promise promise =
		promise_at(&s->log, cut->at, goes_back(s->run), arms[s->run->arm].images);
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

/* How many calls it makes: where it can be killed. */
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

/* Behind the write that brings the COMMIT record to the disk; `count` when there is none. */
static size_t commit_written(const struct log *l, size_t from)
{
	/* its type, and how its payload begins, as they stand in the journal */
	static const char record[] = {RECORD_COMMIT, 0, 0, 0, '{', '"'};

	for (size_t i = from; i < l->count; i++) {
		const struct log_entry *e = &l->entries[i];

		if (e->head.kind == LOG_WRITE &&
		    memmem(e->bytes, e->head.length, record, sizeof(record)))
			return i + 1;
	}
	return l->count;
}

/* A state of a transaction in which something is to be undone, as the base. */
static int cut_somewhere(struct bench *b, const struct arm_run *run)
{
	const enum base base = goes_back(run) ? BASE_APPLIED : BASE_FRESH;
	struct task t = {.op = arms[run->arm].op,
			 .base = base,
			 .pace = {.mode = PACE_ALL, .seed = run->seed},
			 .order = {.what = LOG_MARK}};
	struct layout layout = {0};
	struct log log = {0};
	int r = bench_record(b, &t, &log, NULL);
	size_t from = log_find(&log, "INTENT"), to = log_find(&log, "COMMIT"), at;

	if (r < 0 || to >= log.count)
		return r < 0 ? r : -EPROTO;
	at = arms[run->arm].cut_late ? commit_written(&log, from)
				     : from + 1 + mix64(run->seed + 5) % (to - from);
	if (at > to)
		return -EPROTO;
	r = layout_open(&layout, b, base, &log);
	if (r >= 0) {
		struct cut cut = {.at = at};

		layout_advance(&layout, cut.at);
		r = layout_write(&layout, &cut);
	}
	layout_close(&layout);
	log_clear(&log);
	return r < 0 ? r : bench_take_cut(b, base);
}

static int prepare(struct bench *b, const struct arm_run *run, struct task *t)
{
	int r = arms[run->arm].cut ? cut_somewhere(b, run) : 0;

	return r >= 0 && arms[run->arm].kill_anywhere ? kill_somewhere(b, run, t) : r;
}

/* A mutant that was not asked for its point in this run did what the product does. */
static bool is_mutant(const struct arm_run *run, const struct tally *own)
{
	for (size_t i = 0; i < POINT_COUNT; i++)
		if (run->skip[i] && own->hits[i])
			return true;
	return false;
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
	for (size_t i = 0; i < POINT_COUNT; i++)
		own.hits[i] = b->report->hits[i];
	if (run->skip && !is_mutant(run, &own)) {
		log_clear(&s.log);
		return 0;
	}
	own.writes = log_count(&s.log, LOG_WRITE);
	own.flushes = log_count(&s.log, LOG_FLUSH);
	if (r != arms[run->arm].code) {
		fprintf(stderr, "%s %s ended with %d\n", b->fs->name, arms[run->arm].name, r);
		own.bad++;
	}
	r = judge_log(&s);
	log_clear(&s.log);
	if (run->verbose > 0)
		printf("# %-15s %d disk%s %-16s %-9s %5zu writes %4zu flushes %5zu cuts %5zu "
		       "states %zu bad\n",
		       b->fs->name, (int)b->ndisks, b->ndisks > 1 ? "s" : " ", arms[run->arm].name,
		       pace_names[run->mode], own.writes, own.flushes, own.cuts, own.states,
		       own.bad);
	fflush(stdout);
	tally_add(tally, &own);
	return r;
}
