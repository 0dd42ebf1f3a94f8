#include "cli/report/check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report/finding.h"
#include "cli/report/json.h"
#include "cli/report/text-header.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define COLUMN_SEVERITY 16
#define COLUMN_ID 26

static const struct {
	const char *name, *words; /* in JSON; in text */
	enum ink ink;
} outcomes[OUTCOME_COUNT] = {
	[OUTCOME_PASS] = {"pass", "pass", INK_ADD},
	[OUTCOME_FAIL] = {"fail", "fail", INK_REMOVE},
	[OUTCOME_PENDING] = {"pending", "pending", INK_WARN},
	[OUTCOME_NOT_MEASURED] = {"not_measured", "not measured", INK_WARN},
	[OUTCOME_REFUSED] = {"refused", "refused", INK_REMOVE},
	[OUTCOME_HELD] = {"held_back", "held back", INK_WARN},
	[OUTCOME_WAIVED] = {"waived", "waived", INK_PLAIN},
	[OUTCOME_MANUAL] = {"manual", "manual", INK_PLAIN},
	[OUTCOME_NOT_APPLICABLE] = {"not_applicable", "not applicable", INK_DIM},
};

const char *check_compared_with(const struct check *check)
{
	return check->older ? "an earlier apply" : "the last apply";
}

bool check_differs(const struct check *check)
{
	for (size_t i = 0; i < check->ncontrols; i++)
		if (check->controls[i].differs)
			return true;
	return check->ndrift > 0 || (check->not_compared && !check->c->o->allow_unmeasured);
}

static bool is_shown(const struct checked *one, const struct style *s)
{
	return s->verbose ||
	       (one->outcome != OUTCOME_PASS && one->outcome != OUTCOME_NOT_APPLICABLE);
}

static size_t widest_id(const struct check *check, const struct style *s)
{
	size_t widest = 0;

	for (size_t i = 0; i < check->ncontrols; i++)
		if (is_shown(&check->controls[i], s) &&
		    text_width(check->controls[i].finding->control) > widest)
			widest = text_width(check->controls[i].finding->control);
	return widest;
}

/* What was measured, and below it why it stays so. */
static void put_control(struct buf *b, const struct style *s, const struct checked *one,
			size_t column)
{
	const struct finding *f = one->finding;
	const char *words = outcomes[one->outcome].words;
	CLEANUP(freep) char *says = finding_text(finding_says(f), s->verbose);
	CLEANUP(strv_clear) struct strv more = {0};

	ink_text(b, s, outcomes[one->outcome].ink, words);
	pad_to(b, text_width(words), COLUMN_SEVERITY, 1);
	buf_puts(b, severity_to_string(f->severity));
	pad_to(b, COLUMN_SEVERITY + strlen(severity_to_string(f->severity)), COLUMN_ID, 1);
	ink_text(b, s, INK_HEAD, f->control);
	pad_to(b, COLUMN_ID + text_width(f->control), column, 3);
	wrap_text(b, s, column, says);
	finding_adds(f, s->verbose, &more);
	if (one->applied && one->outcome == OUTCOME_FAIL)
		strv_add(&more, "harden applied it, and it is not so any more");
	for (size_t i = 0; i < more.count; i++) {
		pad_to(b, 0, column, 0);
		wrap_text(b, s, column, more.items[i]);
	}
}

static void put_controls(struct buf *b, const struct style *s, const struct check *check)
{
	size_t widest = widest_id(check, s);

	for (size_t i = 0; i < check->ncontrols; i++)
		if (is_shown(&check->controls[i], s))
			put_control(b, s, &check->controls[i], COLUMN_ID + widest + 3);
	if (widest)
		buf_putc(b, '\n');
}

#define KIND_ADVICE                                                                                \
	"; move it away and apply again, or undo the apply: 'harden rollback --on-conflict keep' " \
	"leaves it, 'before' puts back what was recorded"

static void put_drifted(struct buf *b, const struct style *s, const struct drifted *d)
{
	CLEANUP(freep)
	char *line =
		xasprintf("%s   %s: applied %s, now %s%s", d->path ? d->path : d->where, d->subject,
			  d->applied ? d->applied : "(not there)", d->now ? d->now : "(not there)",
			  strcmp(d->subject, DRIFTED_KIND) == 0 ? KIND_ADVICE : "");

	buf_puts(b, "  ");
	ink_text(b, s, INK_CHANGE, "~");
	buf_putc(b, ' ');
	wrap_text(b, s, 4, line);
}

static bool was_before(const struct check *check, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(check->drift[i].transaction, check->drift[at].transaction) == 0)
			return true;
	return false;
}

/* By the applies that they are counted from, in the order in which they were found. */
static void put_drift(struct buf *b, const struct style *s, const struct check *check)
{
	for (size_t i = 0; i < check->ndrift; i++) {
		const char *of = check->drift[i].transaction;

		if (was_before(check, i))
			continue;
		ink_text(b, s, INK_HEAD, "Changed since the apply of transaction ");
		ink_text(b, s, INK_HEAD, of);
		buf_putc(b, '\n');
		for (size_t k = i; k < check->ndrift; k++)
			if (strcmp(check->drift[k].transaction, of) == 0)
				put_drifted(b, s, &check->drift[k]);
		buf_putc(b, '\n');
	}
}

/* Why nobody knows whether it changed, and what that does to the exit code. */
static void put_not_compared(struct buf *b, const struct style *s, const struct check *check)
{
	CLEANUP(freep) char *line = NULL;

	if (!check->not_compared)
		return;
	line = xasprintf("Not compared with %s%s%s: %s; %s", check_compared_with(check),
			 check->transaction && !check->older ? ", transaction " : "",
			 check->transaction && !check->older ? check->transaction : "",
			 check->not_compared,
			 check->c->o->allow_unmeasured
				 ? "with --allow-unmeasured it does not count as a difference"
				 : "it counts as a difference (exit code 2), but with "
				   "--allow-unmeasured");
	wrap_text(b, s, 0, line);
	buf_putc(b, '\n');
}

static void count_outcomes(const struct check *check, size_t counts[OUTCOME_COUNT])
{
	for (size_t i = 0; i < check->ncontrols; i++)
		counts[check->controls[i].outcome]++;
}

/* " (1 critical, 2 high)" behind the number of those that fail */
static void put_severities(struct buf *b, const struct check *check)
{
	size_t counts[SEVERITY_COUNT] = {0};
	const char *before = " (";

	for (size_t i = 0; i < check->ncontrols; i++)
		if (check->controls[i].outcome == OUTCOME_FAIL)
			counts[check->controls[i].finding->severity]++;
	for (int i = 0; i <= SEVERITY_HIGH; i++) {
		if (counts[i] == 0)
			continue;
		buf_printf(b, "%s%zu %s", before, counts[i], severity_to_string(i));
		before = ", ";
	}
	if (before[0] == ',')
		buf_putc(b, ')');
}

static void put_counts(struct buf *b, const struct style *s, const struct check *check)
{
	size_t counts[OUTCOME_COUNT] = {0};
	CLEANUP(buf_clear) struct buf rest = {0};

	count_outcomes(check, counts);
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (counts[i] || i == OUTCOME_PASS || i == OUTCOME_FAIL)
			buf_printf(&rest, "%s%zu %s", i ? ", " : "", counts[i], outcomes[i].words);
		if (i == OUTCOME_FAIL)
			put_severities(&rest, check);
	}
	if (check->ndrift)
		buf_printf(&rest, "; %zu changed since applied", check->ndrift);
	if (check->not_compared)
		buf_printf(&rest, "; not compared with %s", check_compared_with(check));
	buf_putc(&rest, '.');
	sum_text(b, s, "Check: ", buf_str(&rest));
}

int check_print_text(const struct check *check)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(check->c->o);

	if (!s.quiet) {
		text_header(&b, &s, &check->c->facts, &check->c->plan);
		put_controls(&b, &s, check);
		put_drift(&b, &s, check);
		put_not_compared(&b, &s, check);
	}
	put_counts(&b, &s, check);
	return terminal_write(&b);
}

static json_t *control_to_json(const struct checked *one)
{
	json_t *j = json_object();

	json_put(j, "id", json_text(one->finding->control));
	json_put(j, "title", json_text(one->finding->title));
	json_put(j, "level", json_integer(one->level));
	json_put(j, "severity", json_string(severity_to_string(one->finding->severity)));
	json_put(j, "state", json_string(finding_state_to_string(one->finding->state)));
	json_put(j, "outcome", json_string(outcomes[one->outcome].name));
	json_put(j, "verdict", json_string(verdict_to_string(one->finding->verdict)));
	json_put(j, "differs", json_boolean(one->differs));
	json_put(j, "reason", json_text(one->finding->reason));
	json_put(j, "details", json_text_list(&one->finding->details));
	json_put(j, "refusal", json_text(one->finding->refusal));
	json_put(j, "remediation", json_text(one->finding->fix));
	json_put(j, "mend", json_text(one->finding->fix)); /* its name until 0.1 */
	json_put(j, "waiver", json_text(one->finding->waiver));
	json_put(j, "waiver_ended", json_text(one->finding->waiver_ended));
	json_put(j, "holds", json_text_list(&one->finding->holds));
	json_put(j, "left_out", json_text_list(&one->finding->left_out));
	json_put(j, "applied", json_boolean(one->applied));
	return j;
}

static json_t *drift_to_json(const struct check *check)
{
	json_t *j = json_object(), *all = json_array();

	for (size_t i = 0; i < check->ndrift; i++) {
		const struct drifted *d = &check->drift[i];
		json_t *one = json_object();

		json_put(one, "transaction", json_text(d->transaction));
		json_put(one, "control", json_text(d->control));
		json_put(one, "path", json_text(d->path));
		json_put(one, "subject", json_text(d->subject));
		json_put(one, "applied", json_text(d->applied));
		json_put(one, "now", json_text(d->now));
		json_array_append_new(all, one);
	}
	json_put(j, "since", json_text(check->transaction));
	json_put(j, "not_compared", json_text(check->not_compared));
	json_put(j, "changed", all);
	return j;
}

static json_t *counts_to_json(const struct check *check)
{
	size_t counts[OUTCOME_COUNT] = {0};
	json_t *j = json_object();

	count_outcomes(check, counts);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_put(j, outcomes[i].name, json_integer((json_int_t)counts[i]));
	return j;
}

int check_print_json(const struct check *check, int code)
{
	const struct plan *plan = &check->c->plan;
	json_t *answer = json_answer("check"), *host = json_object(), *all = json_array();

	json_put(host, "hostname", json_text(plan->hostname));
	json_put(host, "machine_id", json_text(plan->machine_id));
	json_put(host, "docker_version", json_text(plan->docker_version));
	json_put(answer, "host", host);
	json_put(answer, "baseline", json_text(plan->baseline));
	json_put(answer, "level", json_integer(plan->level));
	for (size_t i = 0; i < check->ncontrols; i++)
		json_array_append_new(all, control_to_json(&check->controls[i]));
	json_put(answer, "controls", all);
	json_put(answer, "drift", drift_to_json(check));
	json_put(answer, "summary", counts_to_json(check));
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}
