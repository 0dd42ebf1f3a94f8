#include "cli/report/text.h"

#include <string.h>

#include "cli/report/summary.h"
#include "cli/report/text-changes.h"
#include "engine/base/alloc.h"

#define COLUMN_LABEL_TEXT 10 /* behind "Effect", "Undo" */

static const char *install_text(enum docker_install install)
{
	switch (install) {
	case DOCKER_DISTRO:
		return "distribution's package";
	case DOCKER_CE:
		return "docker-ce";
	case DOCKER_SNAP:
		return "snap";
	case DOCKER_ROOTLESS:
		return "rootless";
	case DOCKER_OTHER:
		return "no package";
	case DOCKER_NONE:
	case DOCKER_INSTALL_COUNT:
		break;
	}
	return "not installed";
}

void text_docker(struct buf *b, const struct style *s, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (d->install == DOCKER_NONE) {
		buf_puts(b, "no Docker");
		return;
	}
	buf_puts(b, "Docker ");
	ink_text(b, s, INK_PLAIN, d->version ? d->version : "of unknown version");
	buf_printf(b, " (%s%s)", install_text(d->install), f->no_systemd ? "" : ", systemd");
}

/* The first line, a part at a time: what does not fit any more begins the next one. */
struct headline {
	struct buf *b;
	const struct style *s;
	size_t column;
};

/* `part` with its colours; `width` is its own without them. */
static void put_part(struct headline *h, const struct buf *part, size_t width)
{
	if (h->column + 3 + width > style_width(h->s)) {
		buf_putc(h->b, '\n');
		h->column = 0;
	}
	buf_puts(h->b, "   ");
	buf_puts(h->b, buf_str(part));
	h->column += 3 + width;
}

static void put_plain_part(struct headline *h, const char *text)
{
	CLEANUP(buf_clear) struct buf part = {0};

	buf_puts(&part, text);
	put_part(h, &part, text_width(text));
}

static void put_running(struct headline *h, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	CLEANUP(buf_clear) struct buf count = {0};
	size_t up;

	if (f->offline) {
		put_plain_part(h, "not running (an image)");
		return;
	}
	if (d->install == DOCKER_NONE)
		return;
	if (!d->running) {
		put_plain_part(h, docker_is_stopped(f) ? "dockerd not running"
						       : "whether dockerd runs is not known");
		return;
	}
	if (d->not_measured)
		return;
	if (containers_running(&d->containers, &up)) {
		count_text(&count, up, "container", "containers");
		buf_puts(&count, " up");
	}
	put_plain_part(h, count.len ? buf_str(&count) : "containers not known");
	if (d->swarm)
		put_plain_part(h, strcmp(d->swarm, "inactive") == 0 ? "no swarm" : "swarm");
}

static void name_part(struct buf *b, const struct style *s, const struct facts *facts,
		      const struct plan *plan)
{
	buf_puts(b, "host ");
	ink_text(b, s, INK_HEAD, plan->hostname ? plan->hostname : "without a name");
}

static void docker_part(struct buf *b, const struct style *s, const struct facts *facts,
			const struct plan *plan)
{
	if (facts) {
		text_docker(b, s, facts);
	} else if (plan->docker_version) {
		buf_puts(b, "Docker ");
		ink_text(b, s, INK_PLAIN, plan->docker_version);
	} else {
		buf_puts(b, "Docker's version not known");
	}
}

static void put_host(struct headline *h, const struct facts *facts, const struct plan *plan)
{
	static void (*const parts[])(struct buf *, const struct style *, const struct facts *,
				     const struct plan *) = {name_part, docker_part};
	const struct style plain = {.utf8 = h->s->utf8};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP(buf_clear) struct buf inked = {0}, bare = {0};

		parts[i](&inked, h->s, facts, plan);
		parts[i](&bare, &plain, facts, plan);
		put_part(h, &inked, text_width(buf_str(&bare)));
	}
	if (facts)
		put_running(h, facts);
	buf_putc(h->b, '\n');
}

/* A rollback's plan says in place of a baseline what it undoes. */
static void put_baseline(struct buf *b, const struct style *s, const struct plan *plan)
{
	CLEANUP(freep) char *title = plan_title(plan);
	bool rollback = plan->kind == PLAN_ROLLBACK;

	if (!rollback)
		buf_puts(b, "baseline ");
	ink_text(b, s, INK_PLAIN, title ? title : "");
	if (!rollback)
		buf_printf(b, " (level %d)", plan->level);
	buf_putc(b, '\n');
}

static void put_reason(struct buf *b, const struct style *s, const char *what, const char *reason)
{
	if (!reason)
		return;
	buf_puts(b, what);
	ink_text(b, s, INK_PLAIN, reason);
	buf_putc(b, '\n');
}

static void put_other(struct buf *b, const struct style *s, const char *daemon)
{
	buf_puts(b, "another dockerd runs (");
	ink_text(b, s, INK_PLAIN, daemon);
	buf_puts(b, "): not looked at\n");
}

void text_header(struct buf *b, const struct style *s, const struct facts *facts,
		 const struct plan *plan)
{
	const char *version = plan->harden_version ? plan->harden_version : HARDEN_VERSION;
	struct headline headline = {b, s, text_width("harden ") + text_width(version)};

	ink_text(b, s, INK_HEAD, "harden ");
	ink_text(b, s, INK_HEAD, version);
	put_host(&headline, facts, plan);
	put_baseline(b, s, plan);
	if (facts) {
		put_reason(b, s, "dockerd was not asked: ",
			   facts->offline ? NULL : facts->docker.not_measured);
		for (size_t i = 0; i < facts->docker.others.count; i++)
			put_other(b, s, facts->docker.others.items[i]);
		put_reason(b, s,
			   "this Docker cannot be hardened by harden: ", facts->docker.unsupported);
	}
	buf_putc(b, '\n');
}

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

static void put_handlers(struct buf *b, const struct plan *plan, const struct plan_summary *sum)
{
	unsigned all = plan_handlers(plan);
	size_t before = b->len;

	if (sum->reloads)
		count_text(b, sum->reloads, sum->restarts ? "reload" : "reload of dockerd",
			   sum->restarts ? "reloads" : "reloads of dockerd");
	if (sum->reloads && sum->restarts)
		buf_puts(b, ", ");
	if (sum->restarts)
		count_text(b, sum->restarts, "restart of dockerd (API away a few seconds)",
			   "restarts of dockerd (API away a few seconds each)");
	if (all & HANDLER_BIT(HANDLER_AUDIT_RULES))
		buf_printf(b, "%saudit rules are loaded", b->len > before ? ", " : "");
	if (all & HANDLER_BIT(HANDLER_SYSCTL))
		buf_printf(b, "%skernel settings are written", b->len > before ? ", " : "");
	if (all & HANDLER_BIT(HANDLER_FIREWALL))
		buf_printf(b, "%spacket filter rules are loaded", b->len > before ? ", " : "");
	put_units(b, plan, before);
	if (b->len == before)
		buf_puts(b, "nothing is reloaded or restarted");
	buf_puts(b, ".\n");
}

/* Whether containers outlive a restart, and by what. */
static const char *survival(const struct facts *facts, const struct plan *plan)
{
	const struct setting *now = settings_find(&facts->docker.now, "live-restore");
	const struct subject live = subject_of(SCHEME_JSON, "/live-restore");

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

static void put_stopped(struct buf *b, const struct style *s, const struct stopped_list *stopped,
			bool cut_off)
{
	size_t ends = stopped_ending(stopped), n = cut_off ? stopped->count - ends : ends;

	if (n == 0)
		return;
	pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
	count_text(b, n, "container", "containers");
	buf_puts(b, cut_off ? " will run on, cut off:\n" : " will be stopped:\n");
	for (size_t i = 0; i < stopped->count; i++) {
		if ((stopped->items[i].comes_back == COMES_BACK_CUT_OFF) != cut_off)
			continue;
		pad_to(b, 0, COLUMN_LABEL_TEXT + 2, 0);
		wrap_text(b, s, COLUMN_LABEL_TEXT + 2, stopped->items[i].text);
	}
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
	if (up > stopped && why) {
		pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
		count_text(b, up - stopped, "container", "containers");
		buf_printf(b, " should keep running: %s.\n", why);
	}
	put_stopped(b, s, &plan->stopped, false);
	put_stopped(b, s, &plan->stopped, true);
}

/* What the snapshot of this plan will hold. */
static size_t undo_bytes(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];

		if (c->nimages && c->images[0].has_content && change_replaces(c))
			n += c->images[0].content.len;
	}
	return n;
}

static void put_undo(struct buf *b, const struct style *s, const struct plan *plan)
{
	CLEANUP(strv_clear) struct strv lost = {0};
	size_t n = undo_bytes(plan);

	plan_not_undone(plan, &lost);
	put_label(b, s, "Undo");
	buf_puts(b, lost.count ? "every change above can be undone, but not exactly; "
			       : "every change above can be undone; ");
	if (n < 1024)
		count_text(b, n, "byte of undo data.\n", "bytes of undo data.\n");
	else
		buf_printf(b, "%zu KiB of undo data.\n", (n + 1023) / 1024);
	for (size_t i = 0; i < lost.count; i++) {
		pad_to(b, 0, COLUMN_LABEL_TEXT, 0);
		buf_puts(b, "! ");
		wrap_text(b, s, COLUMN_LABEL_TEXT + 2, lost.items[i]);
	}
}

static void put_counts(struct buf *b, const struct plan_summary *sum)
{
	if (sum->critical)
		buf_printf(b, "%zu critical and not mended, ", sum->critical);
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
	if (!empty) {
		put_checks(b, s, plan);
		put_label(b, s, "Effect");
		put_handlers(b, plan, &sum);
		put_containers(b, s, facts, plan);
		put_undo(b, s, plan);
		buf_putc(b, '\n');
	}
	text_summary(b, s, plan);
}
