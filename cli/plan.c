/* harden plan: all of apply up to the point where a transaction would begin. */

#include "cli/plan.h"

#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/confine.h"
#include "cli/context-baselines.h"
#include "cli/last-gap.h"
#include "cli/message.h"
#include "cli/notice.h"
#include "cli/observe.h"
#include "cli/report/finding.h"
#include "cli/report/json.h"
#include "cli/report/text-header.h"
#include "cli/report/text.h"
#include "cli/reselect.h"
#include "cli/save.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/plan-refresh.h"
#include "engine/plan/plan-reveal.h"
#include "engine/plan/preflight.h"
#include "rollback/left-roots.h"

int plan_load(const char *path, struct plan *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = trusted_read(path, PLAN_MAX_BYTES, &text, &err);

	if (r < 0)
		return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &err);
	if (plan_from_json(ret, path, &text, &err) < 0)
		return fail(CODE_ERROR, &err);
	return CODE_OK;
}

int plan_load_for_host(struct context *c, const char *path)
{
	CLEANUP(error_clear) struct error err = {0};
	int code = plan_load(path, &c->plan);
	int r;

	if (code == CODE_OK)
		code = context_facts(c);
	if (code != CODE_OK)
		return code;
	r = plan_refresh(&c->plan, &c->root, &c->facts, &err);
	if (r == -ESTALE) {
		CLEANUP(freep) char *why = xstrdup(error_text(&err));
		CLEANUP(freep) char *plan = options_command(c->o, "plan");

		CLEANUP(freep) char *same = reselect(c->o, &c->plan, NULL);

		error_set(&err, r, "%s; '%s %s --force -o %s' makes it anew", why, plan, same,
			  path);
		return fail(CODE_REFUSED, &err);
	}
	if (r < 0)
		return fail(CODE_ERROR, &err);
	left_roots_expect(&c->root, &c->facts, &c->plan);
	return CODE_OK;
}

/* Why the plan does not do what was asked for by name; NULL: it does, or there is nothing to do. */
static char *why_left_out(const struct finding *f)
{
	CLEANUP(strv_clear) struct strv more = {0};

	if (finding_is_done(f))
		return NULL;
	finding_adds(f, false, &more);
	return xstrdup(more.count ? more.items[0] : finding_says(f));
}

/* One consent for many hosts: on some of them there is nothing that it is about. */
static bool is_beside_the_point(const struct finding *f)
{
	return f->verdict == VERDICT_NOT_APPLICABLE && f->state == FINDING_OK;
}

/* What was acknowledged and cannot be done is not a success. */
static int check_acks(struct context *c)
{
	int code = CODE_OK;

	for (size_t i = 0; i < c->ack.count; i++) {
		const struct finding *f = plan_find_finding(&c->plan, c->ack.items[i]);
		CLEANUP(freep) char *why = f ? why_left_out(f) : NULL;
		const struct waiver *w = why && f->state == FINDING_WAIVED
						 ? waivers_find(&c->waivers, f->control, c->today)
						 : NULL;

		if (!why)
			continue;
		if (is_beside_the_point(f)) {
			message("'--ack %s' changes nothing here: %s", f->control, why);
			continue;
		}
		if (w)
			message("refused: '--ack %s': %s (%s, line %zu)", f->control, why, w->file,
				w->line);
		else if (f->verdict == VERDICT_MANUAL && f->state == FINDING_OK)
			message("refused: '--ack %s': only a person can do it; 'harden explain %s' "
				"tells what",
				f->control, f->control);
		else
			message("refused: '--ack %s': %s", f->control, why);
		code = CODE_REFUSED;
	}
	return code;
}

/* The plan that writes the file was held against dockerd's rules as it is going to be. */
static bool fixes_config(const struct context *c)
{
	const char *path = c->facts.docker.config_file;
	const struct change *config = path ? plan_find_change(&c->plan, path) : NULL;

	for (size_t i = 0; config && i < config->edits.count; i++)
		if (edit_is_content(&config->edits.items[i]))
			return true;
	return false;
}

int plan_check_blocks(const struct context *c)
{
	if (fixes_config(c))
		return CODE_OK;
	for (size_t i = 0; i < c->plan.nfindings; i++) {
		const struct finding *f = &c->plan.findings[i];

		if (!f->blocks)
			continue;
		message("refused: %s; --skip leaves out what depends on it", finding_says(f));
		return CODE_REFUSED;
	}
	return CODE_OK;
}

int plan_check(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	int r;

	checks_clear(&c->plan.checks);
	r = plan_preflight(&c->plan, &c->facts, &err);
	if (r < 0)
		return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &err);
	return check_acks(c);
}

static int save_plan(const struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	const struct edit *secret = plan_wants_secret(&c->plan);

	if (secret) {
		CLEANUP(freep) char *subject = subject_print(secret->subject);

		message("refused: '%s' of '%s' holds a secret, which a saved plan must not; apply "
			"it "
			"without saving, or --skip %s",
			subject, secret->path, secret->control);
		return CODE_REFUSED;
	}
	if (plan_to_json(&c->plan, false, &text, &err) < 0 || save_finish(&text, &err) < 0)
		return fail(CODE_ERROR, &err);
	return CODE_OK;
}

/* Root would measure more than this plan knows, and could not apply what it does not. */
static void put_saved(const struct context *c, struct buf *b, const struct style *s)
{
	CLEANUP(freep) char *apply = options_command(c->o, "apply");
	CLEANUP(freep) char *plan = options_command(c->o, "plan");
	CLEANUP(freep) char *same = reselect(c->o, &c->plan, NULL);

	buf_puts(b, "Saved to ");
	ink_text(b, s, INK_PLAIN, c->o->out);
	if (!c->facts.root) {
		buf_puts(b, ", to be read: root measures more.  Next:  sudo ");
		ink_text(b, s, INK_PLAIN, plan);
		buf_printf(b, "%s%s --force -o ", *same ? " " : "", same);
	} else {
		buf_printf(b, " (for this %s only).  Next:  sudo ",
			   c->plan.offline ? "image" : "host");
		ink_text(b, s, INK_PLAIN, apply);
		buf_putc(b, ' ');
	}
	ink_text(b, s, INK_PLAIN, c->o->out);
	buf_putc(b, '\n');
}

int plan_print(const struct context *c, bool saved)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->o);
	struct facts facts = c->facts; /* borrows */

	if (!s.quiet)
		text_header(&b, &s, &c->facts, &c->plan);
	last_gap(c, &facts.docker);
	text_plan(&b, &s, &facts, &c->plan);
	if (saved && !s.quiet)
		put_saved(c, &b, &s);
	return terminal_write(&b);
}

int plan_print_json(const struct context *c, const char *command)
{
	struct plan_summary sum = plan_summarize(&c->plan);
	json_t *answer = json_answer(command);

	json_put(answer, "plan", json_plan(&c->plan));
	json_put(answer, "summary", json_summary(&sum));
	json_put_undoing(answer, &c->plan);
	json_put(answer, "last_gap_ms", last_gap_json(c));
	return json_write(answer);
}

/* Whether the plan changes something, for a control that is as bad as was asked for. */
static bool differs(const struct context *c)
{
	bool grave = !c->o->given[OPT_FAIL_ON];

	for (size_t i = 0; i < c->plan.nfindings; i++)
		if (c->plan.findings[i].blocks)
			return true;

	for (size_t i = 0; !grave && i < c->plan.nfindings; i++)
		grave = c->plan.findings[i].state == FINDING_PLANNED &&
			(int)c->plan.findings[i].severity <= c->o->fail_on;
	return grave && !plan_is_empty(&c->plan);
}

/* What was checked is shown also where it forbids the plan; then nothing is saved. */
static int answer(struct context *c)
{
	int checked = confine_verdict(plan_check(c)), code = CODE_OK;
	bool save = c->o->out && checked == CODE_OK;

	if (save)
		code = save_plan(c);
	if (code != CODE_OK)
		return code;
	code = c->o->format == FORMAT_JSON ? plan_print_json(c, "plan") : plan_print(c, save);
	if (code != CODE_OK || checked != CODE_OK)
		return code != CODE_OK ? code : checked;
	return c->o->detailed_exitcode && differs(c) ? CODE_DIFFERENCES : CODE_OK;
}

int prepare_plan(const struct options *o)
{
	CLEANUP(error_clear) struct error err = {0};

	if (observe_check(o) != CODE_OK)
		return CODE_USAGE;
	if (o->out && strcmp(o->out, "-") == 0) {
		message("option '--out' wants a file's name, not '-'");
		return CODE_USAGE;
	}
	if (o->force && !o->out) {
		message("option '--force' only goes with '--out'");
		return CODE_USAGE;
	}
	if (!o->out)
		return CODE_OK;
	if (save_check(o->out, o->force, &err) < 0 || save_start(o->out, o->force, &err) < 0)
		return fail(CODE_ERROR, &err);
	return CODE_OK;
}

int command_plan(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	int code;

	context_init(&c, o);
	code = context_root(&c);
	if (code == CODE_OK)
		code = context_baselines(&c);
	if (code == CODE_OK)
		code = context_facts(&c);
	if (code == CODE_OK)
		code = observe_host(&c);
	if (code == CODE_OK)
		code = context_plan(&c);
	if (c.root.fd >= 0) /* also where the host or its baseline cannot be read */
		notice_ledger(&c);
	return code != CODE_OK ? code : answer(&c);
}
