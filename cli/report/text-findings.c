#include <stdlib.h>

#include "cli/report/finding.h"
#include "cli/report/summary.h"
#include "cli/report/text.h"
#include "engine/base/alloc.h"

/* Signs and names stand before the texts, which begin three columns behind the longest name. */
#define COLUMN_NAME 4
#define NAME_GAP 3

struct block {
	struct block_line *lines;
	size_t count;
};

static void block_add(struct block *block, char sign, const char *name, const char *text)
{
	struct block_line *line = array_append(&block->lines, &block->count, sizeof(*line));

	*line = (struct block_line){.sign = sign, .name = name, .text = text};
}

static size_t text_column(const struct block_line *lines, size_t count)
{
	size_t widest = 0;

	for (size_t i = 0; i < count; i++)
		if (lines[i].name && text_width(lines[i].name) > widest)
			widest = text_width(lines[i].name);
	return COLUMN_NAME + widest + NAME_GAP;
}

void text_block(struct buf *b, const struct style *s, const char *title,
		const struct block_line *lines, size_t count)
{
	size_t column = text_column(lines, count);

	ink_text(b, s, INK_HEAD, title);
	buf_putc(b, '\n');
	for (size_t i = 0; i < count; i++) {
		const struct block_line *line = &lines[i];
		const char sign[2] = {line->sign, '\0'};
		const char *name = line->name ? line->name : "";

		buf_puts(b, "  ");
		ink_text(b, s, ink_of_sign(line->sign), sign);
		buf_putc(b, ' ');
		ink_text(b, s, INK_PLAIN, name);
		if (!line->text || !*line->text) {
			buf_putc(b, '\n');
			continue;
		}
		pad_to(b, COLUMN_NAME + text_width(name), column, 1);
		wrap_text(b, s, column, line->text);
	}
}

static void put_block(struct buf *b, const struct style *s, const char *title, struct block *block)
{
	if (block->count > 0) {
		text_block(b, s, title, block->lines, block->count);
		buf_putc(b, '\n');
	}
	free(block->lines);
	*block = (struct block){0};
}

/* What was measured, then why it stays: the lines of one finding. `keep` owns the texts. */
static void block_finding(struct block *block, char sign, const struct finding *f, bool verbose,
			  struct strv *keep)
{
	CLEANUP(strv_clear) struct strv more = {0};
	CLEANUP(freep) char *says = finding_text(finding_says(f), verbose);
	bool bad = f->verdict == VERDICT_FAIL && f->severity <= SEVERITY_HIGH;

	if (bad)
		strv_addf(keep, "%s: %s", severity_to_string(f->severity), says);
	else
		strv_add(keep, says);
	block_add(block, sign, f->control, keep->items[keep->count - 1]);
	finding_adds(f, verbose, &more);
	for (size_t i = 0; i < more.count; i++) {
		strv_add(keep, more.items[i]);
		block_add(block, ' ', NULL, keep->items[keep->count - 1]);
	}
}

/* The findings that are so, the worst first. */
static void put_those(struct buf *b, const struct style *s, const struct plan *plan, char sign,
		      const char *title, bool (*is_so)(const struct finding *f))
{
	size_t count = 0;
	CLEANUP(freep) const struct finding **all = findings_sorted(plan, is_so, &count);
	CLEANUP(strv_clear) struct strv keep = {0};
	CLEANUP(freep) char *way = NULL;
	const struct finding *last = NULL;
	struct block block = {0};

	for (size_t i = 0; i < count; i++) {
		bool fails = all[i]->verdict == VERDICT_FAIL && all[i]->state == FINDING_OK;

		if (all[i]->state == FINDING_HELD && !all[i]->refusal)
			last = all[i]; /* an acknowledgement alone helps */
		block_finding(&block, fails ? 'x' : sign, all[i], s->verbose, &keep);
	}
	if (last) { /* the way out stands once, at the end */
		way = xasprintf("-> harden explain %s; --ack %s", last->control, last->control);
		block_add(&block, ' ', NULL, way);
	}
	put_block(b, s, title, &block);
}

static bool is_held(const struct finding *f)
{
	return f->state == FINDING_HELD && !finding_stays_critical(f);
}

static bool is_refused(const struct finding *f)
{
	return f->state == FINDING_REFUSED && !finding_stays_critical(f);
}

static bool is_waived(const struct finding *f)
{
	return f->state == FINDING_WAIVED;
}

static bool is_by_hand(const struct finding *f)
{
	return finding_is_by_hand(f) && !finding_stays_critical(f);
}

void text_worst(struct buf *b, const struct style *s, const struct plan *plan)
{
	put_those(b, s, plan, 'x', "Critical, and not fixed by this plan", finding_stays_critical);
}

static void put_verdict(struct buf *b, const struct style *s, const struct plan *plan,
			enum verdict verdict, char sign, const char *title)
{
	CLEANUP(strv_clear) struct strv keep = {0};
	struct block block = {0};

	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];

		if (f->state != FINDING_OK || f->verdict != verdict)
			continue;
		strv_add_owned(&keep, finding_text(f->reason ? f->reason : "", s->verbose));
		block_add(&block, sign, f->control, keep.items[keep.count - 1]);
	}
	for (size_t i = 1; i < block.count; i++) /* one reason of several stands behind the last */
		if (strcmp_null(block.lines[i - 1].text, block.lines[i].text) == 0)
			block.lines[i - 1].text = NULL;
	put_block(b, s, title, &block);
}

/* What this plan writes and what will nevertheless not be in force when it is done. */
static void put_announced(struct buf *b, const struct style *s, const struct plan *plan)
{
	struct block block = {0};

	for (size_t i = 0; i < plan->nstages; i++) {
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			if (e->pending)
				block_add(&block, '.', e->control, e->pending);
		}
	}
	put_block(b, s, "Pending after this plan (written, not in force yet)", &block);
}

void text_findings(struct buf *b, const struct style *s, const struct plan *plan)
{
	put_announced(b, s, plan);
	put_those(b, s, plan, '!', "Held back (not part of this plan)", is_held);
	put_those(b, s, plan, 'x', "Refused (cannot be done on this host)", is_refused);
	put_those(b, s, plan, '.', "Waived", is_waived);
	put_those(b, s, plan, '.', "By hand", is_by_hand);
	put_verdict(b, s, plan, VERDICT_NOT_MEASURED, '?', "Not measured");
	put_verdict(b, s, plan, VERDICT_PENDING, '.', "Pending (written, not in force yet)");
}
