/* harden apply: plan (or take a saved one), ask, and run the transaction. */

#include <string.h>
#include <unistd.h>

#include "cli/again.h"
#include "cli/bisect/bisect.h"
#include "cli/command.h"
#include "cli/confine.h"
#include "cli/context-baselines.h"
#include "cli/duration.h"
#include "cli/execute.h"
#include "cli/hurdles.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/observe.h"
#include "cli/plan.h"
#include "cli/report/bisect.h"
#include "cli/site.h"
#include "cli/undecided.h"
#include "cli/verify.h"
#include "engine/base/alloc.h"
#include "engine/host/ask/bus.h"

/* A saved plan says itself what is applied. */
static int check_options(const struct options *o)
{
	static const enum option_id selecting[] = {OPT_LEVEL, OPT_ONLY, OPT_SKIP, OPT_ACK,
						   OPT_OBSERVE};

	if (observe_check(o) != CODE_OK)
		return CODE_USAGE;
	if (o->no_wait && !o->confirm_ms) {
		message("option '--no-wait' goes with '--confirm'");
		return CODE_USAGE;
	}
	if (o->args.count == 0)
		return CODE_OK;
	if (o->confirm_ms && duration_parse(o->args.items[0]) >= 0 &&
	    access(o->args.items[0], F_OK) < 0) {
		message("there is no plan '%s'; a time is given as --confirm=%s", o->args.items[0],
			o->args.items[0]);
		return CODE_USAGE;
	}
	if (o->bisect) {
		message("option '--bisect' does not go with a saved plan: parts of it would be "
			"planned anew");
		return CODE_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(selecting); i++) {
		if (!o->given[selecting[i]])
			continue;
		message("option '--%s' does not go with a saved plan, which says itself what is "
			"applied",
			option_info(selecting[i])->name);
		return CODE_USAGE;
	}
	if (access(o->args.items[0], F_OK) < 0 && errno == ENOENT) {
		message("there is no plan '%s'", o->args.items[0]);
		return CODE_ERROR;
	}
	return CODE_OK;
}

/* Who waived a control behind the plan's back has the last word, until the waiver's last day. */
static int check_waivers(const struct context *c)
{
	int code = CODE_OK;

	for (size_t i = 0; i < c->plan.nfindings; i++) {
		const struct finding *f = &c->plan.findings[i];
		const struct waiver *w = f->state == FINDING_PLANNED
						 ? waivers_find(&c->waivers, f->control, c->today)
						 : NULL;

		if (!w || waiver_has_ended(w, c->today))
			continue;
		message("refused: '%s' was waived since by %s until %s: %s (%s, line %zu); plan "
			"again",
			f->control, w->owner, w->until, w->reason, w->file, w->line);
		code = CODE_REFUSED;
	}
	return code;
}

/*
 * Verifying plans again, so the baseline must be the one that the plan was made of; what was
 * acknowledged when it was made is so still, and nothing else is selected.
 */
static int adopt_saved(struct context *c)
{
	CLEANUP(freep) char *names = context_baseline_names(c), *title = plan_title(&c->plan);

	if (strcmp_null(names, title) != 0) {
		message("the plan was made of baseline '%s', and this is '%s': give the same "
			"--baseline",
			title ? title : "?", names);
		return CODE_REFUSED;
	}
	c->level = c->plan.level;
	for (size_t i = 0; i < c->plan.nfindings; i++)
		if (c->plan.findings[i].state == FINDING_PLANNED)
			strv_add_once(&c->only, c->plan.findings[i].control);
	strv_add_all(&c->ack, &c->plan.acknowledged);
	volumes_copy(&c->observed, &c->plan.observed);
	return check_waivers(c);
}

static int load_plan(struct context *c)
{
	int code = plan_load_for_host(c, c->o->args.items[0]);

	return code == CODE_OK ? adopt_saved(c) : code;
}

static int check_plan(struct context *c)
{
	int code = plan_check(c);

	return code == CODE_OK ? plan_check_blocks(c) : code;
}

static int make_plan(struct context *c)
{
	int code;

	if (c->o->args.count) {
		code = load_plan(c);
	} else {
		code = context_facts(c);
		if (code == CODE_OK)
			code = context_plan(c);
	}
	if (code != CODE_OK)
		return code;
	code = check_plan(c);
	if (code == CODE_REFUSED && c->o->format == FORMAT_TEXT)
		plan_print(c, false); /* the checks say more than the first of them */
	return code;
}

/* Before anything is looked at: nobody would undo it in time. */
static int check_confirm(const struct context *c)
{
	CLEANUP(bus_freep) struct bus *bus = NULL;
	CLEANUP(error_clear) struct error err = {0};
	const char *remedy = NULL;

	if (!c->o->confirm_ms)
		return CODE_OK;
	if (c->root.offline) {
		message("refused: '--confirm' does not go with '--root': no timer runs there that "
			"undoes it in time");
		return CODE_REFUSED;
	}
	if (bus_open(&bus, &err) >= 0 && notice_boot_recovery(&c->root) == BOOT_RECOVERY_ON)
		return CODE_OK;
	if (bus) {
		boot_recovery_of(&c->root, &remedy);
		message("refused: '--confirm' needs harden-recover.service, which undoes it where "
			"the host is rebooted: %s",
			remedy);
		return CODE_REFUSED;
	}
	error_wrap(&err, err.code,
		   "refused: '--confirm' needs a timer of systemd's that undoes it "
		   "in time");
	return fail(CODE_REFUSED, &err);
}

/* Who is not root is shown a plan all the same; what waits, and what room there is, is root's to see. */
static int preview_state(struct context *c)
{
	int code = geteuid() == 0 || c->o->args.count ? context_state(c) : CODE_OK;

	return code == CODE_OK ? undecided_refuse(c) : code;
}

static int preview_plan(struct context *c)
{
	int code;

	if (c->o->args.count)
		return load_plan(c);
	code = context_facts(c);
	if (code == CODE_OK)
		code = observe_host(c);
	return code == CODE_OK ? context_plan(c) : code;
}

/* All that a run is asked on its way. A plan that was only just made is not asked again. */
static int preview_check(struct context *c)
{
	struct execution x = {.c = c};
	int code = confine_verdict(check_plan(c));

	if (code == CODE_OK && !plan_is_empty(&c->plan))
		code = check_hurdles_ahead(c, "apply");
	if (code == CODE_OK && !plan_is_empty(&c->plan) && c->o->args.count)
		code = ask_again(&x);
	return code;
}

/* What a run would refuse, the look at it refuses, in the same words: of a saved plan, or of a new one. */
static int preview(struct context *c)
{
	int code = context_root(c), shown;

	if (code == CODE_OK)
		code = context_in_place(c);
	if (code == CODE_OK)
		code = context_baselines(c);
	if (code == CODE_OK)
		code = check_confirm(c);
	if (code == CODE_OK)
		code = site_check(c);
	if (code == CODE_OK)
		code = preview_plan(c);
	if (code != CODE_OK)
		return code;
	notice_ledger(c);
	code = preview_state(c);
	if (code != CODE_OK)
		return code;
	code = preview_check(c);
	shown = c->o->format == FORMAT_JSON ? plan_print_json(c, "plan") : plan_print(c, false);
	if (c->o->bisect && code == CODE_OK && !plan_is_empty(&c->plan))
		bisect_announce(c);
	return shown != CODE_OK ? shown : code;
}

/* Before the lock: nobody has to wait for who only counts. The plan looks at the host again. */
static int observe_first(struct context *c)
{
	int code = c->o->observe_ms > 0 ? context_facts(c) : CODE_OK;

	return code == CODE_OK ? observe_host(c) : code;
}

static int apply(struct context *c)
{
	CLEANUP(execution_clear)
	struct execution x = {.c = c,
			      .kind = "apply",
			      .verify = verify_apply,
			      .again = ask_again,
			      .after = c->o->bisect ? bisect_after : NULL};
	int code = check_confirm(c);

	if (code == CODE_OK && c->o->observe_ms > 0)
		code = execution_may_begin(c); /* and not when all has been counted */
	if (code == CODE_OK)
		code = observe_first(c);
	if (code == CODE_OK)
		code = execution_begin(&x);
	if (code == CODE_OK)
		code = undecided_refuse(c);
	if (code == CODE_OK)
		code = make_plan(c);
	return code == CODE_OK ? execution_run(&x) : code;
}

int command_apply(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	int code = check_options(o);

	if (code != CODE_OK)
		return code;
	context_init(&c, o);
	if (o->dry_run)
		return preview(&c);
	code = context_writable_root(&c);
	if (code == CODE_OK)
		code = context_in_place(&c);
	if (code == CODE_OK)
		code = context_baselines(&c);
	return code == CODE_OK ? apply(&c) : code;
}
