#include "cli/observe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/counters.h"
#include "cli/message.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/plan/volume-holds.h"
#include "modules/registry.h"

#define LOOK_MS 250 /* so often at least: for directories that came, and for the countdown */

int observe_check(const struct options *o)
{
	if (!o->given[OPT_OBSERVE])
		return CODE_OK;
	if (o->root) {
		message("option '--observe' does not go with '--root': nothing runs there that "
			"could "
			"be counted");
		return CODE_USAGE;
	}
	if (o->observe_ms < OBSERVE_LEAST_MS) {
		message("option '--observe' wants at least %ds: in less time, that nothing came "
			"says "
			"nothing",
			OBSERVE_LEAST_MS / 1000);
		return CODE_USAGE;
	}
	return CODE_OK;
}

static bool has_audit_rules(const struct control *control)
{
	for (size_t i = 0; control && i < control->nresources; i++)
		if (control->resources[i].module == &module_audit_rules)
			return true;
	return false;
}

/* The plan with those that are held back in it: what their rules would be, only they say. */
static int plan_with_held(struct context *c, struct plan *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(plan_clear) struct plan without = {0};
	CLEANUP(strv_clear) struct strv ack = {0};
	struct plan_request request = context_request(c, &c->facts);

	if (plan_compute(&request, &without, &err) < 0)
		return fail(CODE_ERROR, &err);
	strv_copy(&ack, &c->ack);
	for (size_t i = 0; i < without.nfindings; i++)
		if (without.findings[i].state == FINDING_HELD &&
		    has_audit_rules(context_control(c, without.findings[i].control)))
			strv_add_once(&ack, without.findings[i].control);
	request.ack = &ack;
	return plan_compute(&request, ret, &err) < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
}

static void add_rule(const char *control, const struct subject *s, const char *after,
		     struct strv *ret, const char *of)
{
	if (s->scheme == SCHEME_RULE && after && strcmp_null(control, of) == 0)
		strv_add_once(ret, s->key);
}

/* Those that it would write, and those that it would load. */
static void rules_of(const struct plan *plan, const char *control, struct strv *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];

			add_rule(e->control, &e->subject, e->after, ret, control);
		}
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			add_rule(e->control, &e->subject, e->after, ret, control);
		}
}

/* In the order of the findings, which is that of their ids. */
static void begin(struct context *c, const struct plan *plan, struct counters *counters)
{
	for (size_t i = 0; i < plan->nfindings; i++) {
		const char *id = plan->findings[i].control;
		const struct control *control = context_control(c, id);
		CLEANUP(strv_clear) struct strv rules = {0};

		if (plan->findings[i].state != FINDING_PLANNED || !has_audit_rules(control))
			continue;
		rules_of(plan, id, &rules);
		if (rules.count == 0)
			continue;
		volumes_add(&c->observed, id, volume_threshold(control))->opt_in =
			control->apply == APPLY_OPT_IN && control->per_minute > 0;
		counters_add(counters, c->observed.count - 1, &rules);
	}
}

static int count(const struct context *c, struct counters *counters,
		 const struct interrupt *interrupt, struct error *err)
{
	double end = clock_ms() + c->o->observe_ms, left;
	int r = 0, shown = -1;

	while (r == 0 && (left = end - clock_ms()) > 0) {
		int seconds = (int)((left + 999) / 1000);

		if (seconds != shown && c->o->format == FORMAT_TEXT && !c->o->quiet)
			terminal_progress("  counting what audit rules would record, %d s left",
					  seconds);
		shown = seconds;
		r = counters_wait(counters, interrupt, left < LOOK_MS ? (int)left + 1 : LOOK_MS,
				  err);
	}
	terminal_progress_end();
	return r;
}

/* A signal ends it with a word, and stays pending: the run is over. Else all is behind it as before. */
static int count_interruptibly(const struct context *c, struct counters *counters)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(interrupt_close) struct interrupt interrupt = INTERRUPT_INIT;
	sigset_t before;
	int r;

	sigprocmask(SIG_BLOCK, NULL, &before);
	r = interrupt_open(&interrupt, &err);
	interrupt_let_stop();
	if (r == 0)
		r = count(c, counters, &interrupt, &err);
	if (r == -EINTR) {
		message("interrupted by signal %d while counting: nothing was changed, and what "
			"was "
			"counted is not used",
			interrupt_signal());
		return CODE_SIGNAL + interrupt_signal();
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
}

static int count_all(struct context *c, struct counters *counters)
{
	int code = count_interruptibly(c, counters);

	counters_finish(counters);
	if (code != CODE_OK)
		return code;
	c->observed.ms = c->o->observe_ms;
	c->observed.at_s = clock_usec(CLOCK_REALTIME) / 1000000;
	return CODE_OK;
}

int observe_host(struct context *c)
{
	CLEANUP(counters_clear)
	struct counters counters = {.root = &c->root, .volumes = &c->observed};
	CLEANUP(plan_clear) struct plan plan = {0};
	int code;

	if (c->o->observe_ms == 0)
		return CODE_OK;
	volumes_clear(&c->observed);
	code = plan_with_held(c, &plan);
	if (code != CODE_OK)
		return code;
	begin(c, &plan, &counters);
	if (c->observed.count == 0) {
		remark("nothing is counted: the plan adds no audit rules");
		return CODE_OK;
	}
	code = count_all(c, &counters);
	return code == CODE_OK ? context_facts_again(c) : code;
}
