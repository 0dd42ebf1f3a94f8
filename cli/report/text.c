#include "cli/report/text.h"

#include <string.h>

#include "cli/report/gap.h"
#include "cli/report/summary.h"
#include "cli/report/text-changes.h"
#include "cli/report/text-volume.h"
#include "cli/report/undo-sum.h"
#include "engine/base/alloc.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/restart-holds.h"
#include "engine/plan/swarm-holds.h"

#define COLUMN_LABEL_TEXT 10 /* behind "Effect", "Undo" */

static void put_check(struct buf *b, const struct style *s, const struct plan_check *check)
{
	static const enum ink inks[CHECK_LEVEL_COUNT] = {
		[CHECK_OK] = INK_ADD, [CHECK_WARN] = INK_WARN, [CHECK_NO] = INK_REMOVE};
	const char *word = check_level_to_string(check->level);

	buf_puts(b, "  ");
	ink_text(b, s, inks[check->level], word);
	pad_to(b, 2 + text_width(word), 8, 1);
	wrap_text(b, s, 8, check->text);
}

static void put_checks(struct buf *b, const struct style *s, const struct plan *plan)
{
	if (plan->checks.count == 0)
		return;
	ink_text(b, s, INK_HEAD, "Checks before apply");
	buf_putc(b, '\n');
	for (size_t i = 0; i < plan->checks.count; i++)
		put_check(b, s, &plan->checks.items[i]);
	buf_putc(b, '\n');
}

/* "Effect    " and the text beside it */
static void put_label(struct buf *b, const struct style *s, const char *label)
{
	ink_text(b, s, INK_HEAD, label);
	pad_to(b, text_width(label), COLUMN_LABEL_TEXT, 1);
}

/* "2 units are stopped, 1 unit is started" */
static void put_units(struct buf *b, const struct plan *plan, size_t before)
{
	size_t up = 0, down = 0;

	for (size_t i = 0; i < plan->nstages; i++) {
		const struct effects *effects = &plan->stages[i].effects;

		for (size_t k = 0; k < effects->count; k++) {
			const struct effect *e = &effects->items[k];
			bool state = e->subject.scheme == SCHEME_STATE;

			if (e->handler != HANDLER_UNIT_STATE)
				continue;
			if (state && strcmp_null(e->after, "active") != 0)
				down++;
			else
				up++;
		}
	}
	if (down) {
		buf_puts(b, b->len > before ? ", " : "");
		count_text(b, down, "unit is stopped", "units are stopped");
	}
	if (up) {
		buf_puts(b, b->len > before ? ", " : "");
		count_text(b, up, "unit is started", "units are started");
	}
}

static bool any_publishes(const struct facts *facts)
{
	struct containers all;

	if (!facts || !containers_get(&facts->docker.containers, &all))
		return false;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running && all.items[i].ports.count > 0)
			return true;
	return false;
}

/* Published ports go with it: docker-proxy ends with dockerd, whose start makes its rules anew. */
static void put_last_gap(struct buf *b, const struct facts *facts)
{
	CLEANUP(freep) char *time = NULL;

	if (!facts->docker.last_gap_known)
		return;
	time = gap_time(facts->docker.last_gap_ms);
	buf_printf(b, "; published ports %s at most the last time", time);
}

/* "2 restarts of dockerd (API away a few seconds each)"; of a saved plan nobody knows how long. */
static void put_restarts(struct buf *b, const struct facts *facts, size_t n)
{
	unsigned waits = facts ? facts->docker.start_waits_s : 0;

	bool ports = any_publishes(facts);

	count_text(b, n, "restart of dockerd (API ", "restarts of dockerd (API ");
	buf_puts(b, ports ? "and published ports away " : "away ");
	if (!facts)
		buf_puts(b, "until it answers again");
	else
		buf_puts(b, "a few seconds");
	buf_puts(b, n == 1 ? "" : " each");
	if (waits > 0)
		buf_printf(b, ", or %u s and more where plugins do not answer", waits);
	if (ports)
		put_last_gap(b, facts);
	buf_putc(b, ')');
}

static void add_handlers(struct buf *b, const struct facts *facts, const struct plan *plan,
			 const struct plan_summary *sum)
{
	unsigned all = plan_handlers(plan);
	size_t before = b->len;

	if (sum->reloads)
		count_text(b, sum->reloads, sum->restarts ? "reload" : "reload of dockerd",
			   sum->restarts ? "reloads" : "reloads of dockerd");
	if (sum->reloads && sum->restarts)
		buf_puts(b, ", ");
	if (sum->restarts)
		put_restarts(b, facts, sum->restarts);
	if (all & HANDLER_BIT(HANDLER_SYSTEMD_RELOAD))
		buf_printf(b, "%ssystemd reads its units again", b->len > before ? ", " : "");
	if (all & HANDLER_BIT(HANDLER_AUDIT_RULES))
		buf_printf(b, "%saudit rules are loaded", b->len > before ? ", " : "");
	if (all & HANDLER_BIT(HANDLER_SYSCTL))
		buf_printf(b, "%skernel settings are written", b->len > before ? ", " : "");
	if (all & HANDLER_BIT(HANDLER_FIREWALL))
		buf_printf(b, "%spacket filter rules are loaded", b->len > before ? ", " : "");
	put_units(b, plan, before);
	if (b->len == before)
		buf_puts(b, "nothing is reloaded or restarted");
	buf_putc(b, '.');
}

static void put_handlers(struct buf *b, const struct style *s, const struct facts *facts,
			 const struct plan *plan, const struct plan_summary *sum)
{
	CLEANUP(buf_clear) struct buf line = {0};

	add_handlers(&line, facts, plan, sum);
	wrap_text(b, s, COLUMN_LABEL_TEXT, buf_str(&line));
}

/* Whether containers outlive a restart, and by what. */
static const char *survival(const struct facts *facts, const struct plan *plan)
{
	const struct setting *now = settings_find(&facts->docker.now, "live-restore");
	const struct subject live = subject_of(SCHEME_JSON, "/live-restore");

	if (plan->borrows)
		return "live-restore is borrowed for the restart";
	if (plan_loses_live(plan))
		return NULL;
	if (now && now->value && strcmp(now->value, "true") == 0)
		return facts->docker.not_measured ? "live-restore is set, and dockerd did not tell "
						    "whether it is in force"
						  : "live-restore is on";
	for (size_t i = 0; i < plan->nchanges; i++) {
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];

			if (subject_equal(e->subject, live) && e->after &&
			    strcmp(e->after, "true") == 0)
				return plan_handlers(plan) & HANDLERS_RESTART
					       ? "live-restore comes first"
					       : "dockerd is not restarted";
		}
	}
	return NULL;
}

enum fate { FATE_STOPPED, FATE_MAYBE, FATE_CUT_OFF, FATE_COUNT };

static enum fate fate_of(const struct stopped *s)
{
	if (s->comes_back == COMES_BACK_CUT_OFF)
		return FATE_CUT_OFF;
	return stopped_may(s) ? FATE_MAYBE : FATE_STOPPED;
}

static void put_stopped(struct buf *b, const struct style *s, const struct stopped_list *stopped,
			enum fate fate)
{
	static const char *const words[FATE_COUNT] = {
		[FATE_STOPPED] = " will be stopped:\n",
		[FATE_MAYBE] = " may be stopped:\n",
		[FATE_CUT_OFF] = " will run on, cut off:\n",
	};
	size_t n = 0;

	for (size_t i = 0; i < stopped->count; i++)
		n += fate_of(&stopped->items[i]) == fate;
	if (n == 0)
		return;
	pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
	count_text(b, n, "container", "containers");
	buf_puts(b, words[fate]);
	for (size_t i = 0; i < stopped->count; i++) {
		if (fate_of(&stopped->items[i]) != fate)
			continue;
		pad_to(b, 0, COLUMN_LABEL_TEXT + 2, 0);
		wrap_text(b, s, COLUMN_LABEL_TEXT + 2, stopped->items[i].text);
	}
}

/* Nobody knows what that does to containers: it may well restart dockerd. */
static bool sets_off(const struct plan *plan, const struct facts *facts)
{
	CLEANUP(objections_clear) struct objections found = {0};

	plan_objections(plan, facts, &found);
	for (size_t i = 0; i < found.count; i++)
		if (strcmp(found.items[i].kind, "watched") == 0)
			return true;
	return false;
}

/* What nobody can read may end them, whatever live-restore does. */
static void put_kept(struct buf *b, const struct style *s, size_t n, const char *why,
		     const struct facts *facts, const struct plan *plan)
{
	CLEANUP(freep) char *unread = strv_join(&facts->docker.may_end, "; "), *line = NULL;
	CLEANUP(buf_clear) struct buf count = {0};
	bool sure = !*unread || !(plan_handlers(plan) & HANDLERS_RESTART);

	count_text(&count, n, "container", "containers");
	line = sure ? xasprintf("%s should keep running: %s%s.", buf_str(&count), why,
				!sets_off(plan, facts) ? ""
				: n == 1 ? ", unless what is started beside this ends it"
					 : ", unless what is started beside this ends them")
		    : xasprintf("%s may keep running: %s, but %s.", buf_str(&count), why, unread);
	pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
	wrap_text(b, s, COLUMN_LABEL_TEXT, line);
}

static void put_containers(struct buf *b, const struct style *s, const struct facts *facts,
			   const struct plan *plan)
{
	size_t stopped = plan->stopped.count;
	const char *why = facts ? survival(facts, plan) : NULL;
	CLEANUP(freep) char *line = NULL;
	size_t up = 0;

	if (why && !containers_running(&facts->docker.containers, &up)) {
		pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
		line = xasprintf("Containers should keep running: %s; which run is not known.",
				 why);
		wrap_text(b, s, COLUMN_LABEL_TEXT, line);
	}
	if (up > stopped && why)
		put_kept(b, s, up - stopped, why, facts, plan);
	for (enum fate fate = 0; fate < FATE_COUNT; fate++)
		put_stopped(b, s, &plan->stopped, fate);
}

/* What the snapshot of this plan will hold. */
static size_t undo_bytes(const struct plan *plan, bool *ret_known)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];

		if (c->nimages && c->images[0].has_content && change_replaces(c))
			n += c->images[0].content.len;
		else if (c->nimages && c->images[0].node.kind == NODE_FILE && change_replaces(c))
			*ret_known = false; /* a saved plan has no contents */
	}
	return n;
}

static void put_undo(struct buf *b, const struct style *s, const struct facts *facts,
		     const struct plan *plan)
{
	bool restarts = facts && plan_handlers(plan) & HANDLERS_RESTART;
	const char *key = restarts ? swarm_undo_text(facts) : NULL;
	CLEANUP(undo_sum_clear) struct undo_sum u = {0};
	CLEANUP(freep) char *head = NULL, *line = NULL;
	bool known = true;
	size_t n = undo_bytes(plan, &known);

	undo_sum_of(plan, &u);
	head = undo_sum_text(&u);
	if (!known)
		line = xasprintf("%s.", head);
	else if (n < 1024)
		line = xasprintf("%s; %zu %s of undo data.", head, n, n == 1 ? "byte" : "bytes");
	else
		line = xasprintf("%s; %zu KiB of undo data.", head, (n + 1023) / 1024);
	put_label(b, s, "Undo");
	wrap_text(b, s, COLUMN_LABEL_TEXT, line);
	if (key)
		strv_add(&u.lost, key); /* it is undone exactly, all the same */
	for (size_t i = 0; i < u.lost.count; i++) {
		pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
		buf_puts(b, "! ");
		wrap_text(b, s, COLUMN_LABEL_TEXT + 2, u.lost.items[i]);
	}
}

static void put_counts(struct buf *b, const struct plan_summary *sum)
{
	if (sum->critical)
		buf_printf(b, "%zu critical and not fixed, ", sum->critical);
	buf_printf(b, "%zu held back", sum->held);
	if (sum->refused)
		buf_printf(b, ", %zu refused", sum->refused);
	if (sum->waived)
		buf_printf(b, ", %zu waived", sum->waived);
	buf_printf(b, ", %zu by hand", sum->by_hand);
	if (sum->not_measured)
		buf_printf(b, ", %zu not measured", sum->not_measured);
	if (sum->pending)
		buf_printf(b, ", %zu pending", sum->pending);
	buf_putc(b, '.');
}

void text_summary(struct buf *b, const struct style *s, const struct plan *plan)
{
	struct plan_summary sum = plan_summarize(plan);
	CLEANUP(buf_clear) struct buf rest = {0};
	const char *head = "Plan: ";

	if (!plan_is_empty(plan)) {
		buf_printf(&rest, "%zu to add, %zu to change, %zu to remove; ", sum.add, sum.change,
			   sum.remove);
	} else if (sum.unmeasured) { /* what was not read may well have to be changed */
		head = "No changes known";
		buf_printf(&rest, "; %zu not measured; ", sum.unmeasured);
		sum.not_measured = 0;
	} else {
		head = "No changes. ";
		sum.not_measured = 0;
	}
	put_counts(&rest, &sum);
	sum_text(b, s, head, buf_str(&rest));
}

static void put_legend(struct buf *b, const struct style *s)
{
	static const char changes[] = "  + add  ~ change  - remove";
	static const char marks[] = "  [L] reload  [R] restart of dockerd  [!] needs --ack\n\n";
	bool fits = sizeof(changes) + sizeof(marks) <= style_width(s);

	buf_printf(b, "%s%s%s", changes, fits ? "  " : "\n", marks);
}

void text_plan(struct buf *b, const struct style *s, const struct facts *facts,
	       const struct plan *plan)
{
	struct plan_summary sum = plan_summarize(plan);
	bool empty = plan_is_empty(plan);

	if (s->quiet) {
		text_summary(b, s, plan);
		return;
	}
	text_worst(b, s, plan);
	if (!empty) {
		put_legend(b, s);
		text_changes(b, s, plan);
		buf_putc(b, '\n');
	}
	text_findings(b, s, plan);
	text_volumes(b, s, plan);
	if (!empty) {
		put_checks(b, s, plan);
		put_label(b, s, "Effect");
		put_handlers(b, s, facts, plan, &sum);
		put_containers(b, s, facts, plan);
		put_undo(b, s, facts, plan);
		buf_putc(b, '\n');
	}
	text_summary(b, s, plan);
}
