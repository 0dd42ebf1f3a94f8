#include "tests/power/errors.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"

const char *const error_reach_names[ERROR_REACH_COUNT] = {
	[ERROR_ONCE] = "once",
	[ERROR_STICKY] = "and all later ones",
	[ERROR_RECOVER] = "once, then recovery",
};

/* What the exit code says that the host is like. */
static unsigned images_said(int code, bool rollback)
{
	enum image_seen from = rollback ? IMAGE_AFTER : IMAGE_BEFORE;
	enum image_seen to = rollback ? IMAGE_BEFORE : IMAGE_AFTER;

	switch (code) {
	case CODE_OK:
		return to;
	case CODE_ERROR:
	case CODE_REFUSED:
	case CODE_PUT_BACK:
		return from;
	default: /* needs hands, in doubt, or killed */
		return from | to;
	}
}

/* Of recovery the code says only that all is decided; the marks tell how. */
static struct promise promise_of(const struct error_run *run, const struct log *log, int code)
{
	bool back = run->op == VICTIM_ROLLBACK;

	if (run->reach != ERROR_RECOVER)
		return (struct promise){.images = images_said(code, back)};
	if (code != CODE_OK)
		return (struct promise){.images = IMAGE_BEFORE | IMAGE_AFTER};
	return promise_at(log, log->count, back, IMAGE_BEFORE | IMAGE_AFTER);
}

static char *judge_end(struct bench *b, const struct error_run *run, enum base base,
		       const struct log *log, enum cut_kind kind, int code)
{
	const struct cut cut = {.at = log_find(log, "END"), .kind = kind};
	const struct promise promise = promise_of(run, log, code);
	CLEANUP(outcome_clear) struct outcome outcome = {0};
	struct layout layout;
	int r = layout_open(&layout, b, base, log);

	if (r >= 0) {
		layout_advance(&layout, cut.at);
		r = layout_write(&layout, &cut);
	}
	layout_close(&layout);
	if (r >= 0)
		r = judge_state(b, base, &outcome);
	return r < 0 ? xstrdup("cannot be judged") : outcome_fault(&outcome, &promise);
}

/* Both what the disk has, and what it has when its cache is lost. */
static void judge_both(struct bench *b, const struct error_run *run, enum base base,
		       const struct log *log, int code, struct tally *tally)
{
	static const enum cut_kind kinds[] = {CUT_ALL, CUT_MASK};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(freep) char *fault = judge_end(b, run, base, log, kinds[i], code);

		tally->states++;
		tally->bad += fault != NULL;
		if (fault && run->verbose)
			fprintf(stderr, "BAD %s %s, %s %zu fails %s, said %d, %s: %s\n",
				b->fs->name, run->op == VICTIM_ROLLBACK ? "rollback" : "apply",
				run->order.what == LOG_WRITE ? "write" : "flush", run->order.at,
				error_reach_names[run->reach], code,
				kinds[i] == CUT_ALL ? "all kept" : "cache lost", fault);
	}
}

int error_run(struct bench *b, const struct error_run *run, struct tally *tally)
{
	const bool back = run->op == VICTIM_ROLLBACK;
	const struct task t = {
		.op = run->op,
		.mutant = run->mutant,
		.base = back ? BASE_APPLIED : BASE_FRESH,
		.back = back,
		.recover_then = run->reach == ERROR_RECOVER,
		.pace = {.mode = PACE_LAZY},
		.order = {run->order.what, run->order.at, run->reach == ERROR_STICKY},
	};
	struct log log = {0};
	int code = bench_record(b, &t, &log, NULL);
	size_t begin = log_find(&log, "BEGIN"), end = log_find(&log, "END"), seen = 0;

	for (size_t i = begin; i < end && i < log.count; i++)
		seen += log.entries[i].head.kind == run->order.what;
	if (code >= 0 && seen + 1 >= run->order.at) {
		tally->runs++;
		judge_both(b, run, t.base, &log, code, tally);
	}
	log_clear(&log);
	return code < 0 ? code : seen + 1 >= run->order.at;
}
