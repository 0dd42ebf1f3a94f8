#include "cli/bisect/bisect.h"

#include <stdlib.h>

#include "cli/bisect/parts.h"
#include "cli/bisect/settle.h"
#include "cli/bisect/try.h"
#include "cli/execute.h"
#include "cli/report/bisect.h"
#include "engine/base/alloc.h"
#include "engine/base/interrupt.h"

struct bisecting {
	struct trying trying;
	struct plan all; /* of the apply */
	struct parts parts;
};

static void controls_of(const struct parts *p, const bool *with, struct strv *ret)
{
	for (size_t i = 0; i < p->count; i++)
		if (with[i])
			strv_add_all(ret, &p->items[i].controls);
	strv_sort(ret);
}

static enum tried ask(void *data, const bool *with, bool keep)
{
	struct bisecting *b = data;
	CLEANUP(strv_clear) struct strv controls = {0};
	struct bisect *record = b->trying.record;
	enum tried tried;
	size_t before;

	controls_of(&b->parts, with, &controls);
	before = record->ntries;
	tried = try_controls(&b->trying, &controls, keep);
	if (record->ntries > before)
		bisect_tell_try(b->trying.x->c->o, record);
	return tried;
}

static size_t suspect(void *data)
{
	const struct bisecting *b = data;

	return b->trying.suspect ? parts_with(&b->parts, b->trying.suspect) : b->parts.count;
}

static void take_culprit(struct bisecting *b, const struct search_answer *a, size_t i)
{
	struct bisect *record = b->trying.record;
	struct bisect_culprit *to =
		array_append(&record->culprits, &record->nculprits, sizeof(*record->culprits));
	const struct culprit *from = &a->culprits[i];

	*to = (struct bisect_culprit){.exact = from->exact};
	for (size_t k = 0; k < from->count; k++) {
		const struct strv *controls = &b->parts.items[from->members[k]].controls;

		strv_add_all(&to->controls, controls);
		if (a->out[from->members[k]])
			strv_add_all(&to->out, controls);
	}
	strv_sort(&to->controls);
	strv_sort(&to->out);
	to->failure = xstrdup_null(bisect_failure_of(record, &to->controls));
}

static void take_end(struct bisect *record, enum search_end end)
{
	if (record->end != BISECT_FOUND)
		return; /* the try that ended it has said why */
	record->end = end == SEARCH_FOUND            ? BISECT_FOUND
		      : end == SEARCH_LIMIT          ? BISECT_LIMIT
		      : end == SEARCH_NOT_THE_CHANGE ? BISECT_NOT_THE_CHANGE
						     : BISECT_STOPPED;
	if (record->end == BISECT_NOT_THE_CHANGE)
		record->why = xstrdup("the same controls were tried twice, and the host was well "
				      "with them the second time");
}

static void take_answer(struct bisecting *b, const struct search_answer *a)
{
	struct bisect *record = b->trying.record;

	for (size_t i = 0; i < a->nculprits; i++)
		take_culprit(b, a, i);
	controls_of(&b->parts, a->out, &record->out);
	controls_of(&b->parts, a->kept, &record->kept);
	record->kept_any = record->kept.count > 0;
	take_end(record, a->end);
}

static void seek(struct bisecting *b)
{
	CLEANUP(search_answer_clear) struct search_answer answer = {0};
	CLEANUP(freep) int *worth = xcalloc(b->parts.count, sizeof(*worth));
	const struct search_question q = {
		.count = b->parts.count,
		.needs = b->parts.needs,
		.worth = worth,
		.most = search_most(b->parts.count),
		.ask = ask,
		.suspect = suspect,
		.data = b,
	};

	for (size_t i = 0; i < b->parts.count; i++)
		worth[i] = b->parts.items[i].worth;
	search(&q, &answer);
	take_answer(b, &answer);
}

/* The host without any of it, before anything is said of the change. */
static bool was_well_before(struct bisecting *b)
{
	struct bisect *record = b->trying.record;
	CLEANUP(error_clear) struct error err = {0};
	struct execution *x = b->trying.x;

	if (b->trying.by_start || settle(x, execution_gate_ms(x), &err) >= 0)
		return true;
	record->end = interrupt_signal() ? BISECT_STOPPED : BISECT_NOT_THE_CHANGE;
	record->why = xstrdup(error_text(&err));
	if (interrupt_signal())
		b->trying.code = CODE_SIGNAL + interrupt_signal();
	return false;
}

/* What speaks of how the apply itself ended is no control's doing, or is somebody's word. */
static bool is_due(const struct execution *x, int code)
{
	return x->failed_trial || (try_tells(x, code) && !interrupt_signal());
}

static struct bisect *record_of(const struct execution *x)
{
	struct bisect *record = xcalloc(1, sizeof(*record));

	record->of = xstrdup_null(x->result.id);
	record->failure = xstrdup_null(x->result.failure);
	for (size_t i = 0; i < x->c->plan.nfindings; i++)
		record->controls += x->c->plan.findings[i].state == FINDING_PLANNED;
	bisect_most(&x->c->plan, &record->most_tries, &record->most_restarts);
	return record;
}

/* With the rest in force the host is not as its baseline wants it: no success, and nothing to be repaired. */
static int code_of(const struct bisecting *b, int code)
{
	const struct bisect *record = b->trying.record;

	if (record->kept_any)
		return b->trying.x->result.state == TRANSACTION_WAITING ? CODE_WAITING
									: CODE_DIFFERENCES;
	/* a part that was refused changes nothing of what was put back */
	if (b->trying.code == CODE_HANDS || b->trying.code > CODE_SIGNAL)
		return b->trying.code;
	/* the trial refused it all, and yet parts of it were in force for a while */
	for (size_t i = 0; i < record->ntries && code == CODE_REFUSED; i++)
		if (record->tries[i].id)
			code = CODE_PUT_BACK;
	return code;
}

/* Of what is not kept the outcome is that of the apply, with its plan. */
static void give_plan_back(struct bisecting *b)
{
	struct context *c = b->trying.x->c;

	if (b->trying.record->kept_any) {
		plan_clear(&b->all);
		return;
	}
	plan_clear(&c->plan);
	c->plan = b->all;
}

/* The context is given plans of parts from here on. */
static void begin(struct bisecting *b, struct execution *x)
{
	b->trying = (struct trying){.x = x, .all = &b->all, .by_start = x->failed_trial};
	x->found = b->trying.record = record_of(x);
	b->trying.suspect = xstrdup_null(x->suspect);
	x->ran = true;
	bisect_tell_failed(x);
}

static void end(struct bisecting *b)
{
	give_plan_back(b);
	parts_clear(&b->parts);
	trying_clear(&b->trying);
}

int bisect_after(struct execution *x, int code)
{
	struct bisecting b = {0};
	struct context *c = x->c;
	bool well;

	if (!is_due(x, code))
		return code;
	begin(&b, x);
	well = was_well_before(&b);
	b.all = c->plan;
	c->plan = (struct plan){0};
	if (well && context_facts(c) == CODE_OK && parts_find(c, &b.all, &b.parts) == CODE_OK)
		seek(&b);
	else if (well)
		try_stop(&b.trying, CODE_ERROR, NULL);
	code = code_of(&b, code);
	end(&b);
	return code;
}
