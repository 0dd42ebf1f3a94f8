#include "tests/power/errors.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"

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

static char *judge_end(struct bench *b, const struct error_run *run, enum base base,
		       const struct log *log, enum cut_kind kind, int code)
{
	const struct cut cut = {.at = log_find(log, "END"), .kind = kind};
	const struct promise promise = {.images = images_said(code, run->op == VICTIM_ROLLBACK)};
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
			fprintf(stderr, "BAD %s %s, %s %zu%s fails, said %d, %s: %s\n", b->fs->name,
				run->op == VICTIM_ROLLBACK ? "rollback" : "apply",
				run->order.what == LOG_WRITE ? "write" : "flush", run->order.at,
				run->order.sticky ? " and all later ones" : "", code,
				kinds[i] == CUT_ALL ? "all kept" : "cache lost", fault);
	}
}

int error_run(struct bench *b, const struct error_run *run, struct tally *tally)
{
	const struct task t = {.op = run->op,
			       .base = run->op == VICTIM_ROLLBACK ? BASE_APPLIED : BASE_FRESH,
			       .pace = {.mode = PACE_LAZY},
			       .order = run->order};
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
