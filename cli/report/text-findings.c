#include <stdlib.h>

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

/* A line for each thing that would break; the way out stands once, at the end. */
static void put_held(struct buf *b, const struct style *s, const struct plan *plan)
{
	CLEANUP(freep) char *way = NULL;
	struct block block = {0};
	const char *last = NULL;

	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];

		if (f->state != FINDING_HELD)
			continue;
		last = f->control;
		block_add(&block, '!', f->control, f->holds.count ? f->holds.items[0] : f->reason);
		for (size_t k = 1; k < f->holds.count; k++)
			block_add(&block, ' ', NULL, f->holds.items[k]);
	}
	if (last) {
		way = xasprintf("-> harden explain %s; --ack %s", last, last);
		block_add(&block, ' ', NULL, way);
	}
	put_block(b, s, "Held back (not part of this plan)", &block);
}

static void put_by_hand(struct buf *b, const struct style *s, const struct plan *plan)
{
	struct block block = {0};
	struct strv ways = {0};

	for (size_t i = 0; i < plan->nfindings; i++) /* first, so that no line moves */
		if (finding_is_by_hand(&plan->findings[i]))
			strv_addf(&ways, "-> %s",
				  plan->findings[i].mend ? plan->findings[i].mend : "");
	for (size_t i = 0, k = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];
		bool fails = f->verdict == VERDICT_FAIL;

		if (!finding_is_by_hand(f))
			continue;
		block_add(&block, fails ? 'x' : '.', f->control, fails ? f->reason : f->title);
		if (f->mend)
			block_add(&block, ' ', NULL, ways.items[k]);
		k++;
	}
	put_block(b, s, "By hand", &block);
	strv_clear(&ways);
}

static void put_state(struct buf *b, const struct style *s, const struct plan *plan,
		      enum finding_state state, char sign, const char *title)
{
	struct block block = {0};

	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == state)
			block_add(&block, sign, plan->findings[i].control,
				  plan->findings[i].waiver    ? plan->findings[i].waiver
				  : plan->findings[i].refusal ? plan->findings[i].refusal
							      : plan->findings[i].reason);
	put_block(b, s, title, &block);
}

static void put_verdict(struct buf *b, const struct style *s, const struct plan *plan,
			enum verdict verdict, char sign, const char *title)
{
	struct block block = {0};

	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];

		if (f->state == FINDING_OK && f->verdict == verdict)
			block_add(&block, sign, f->control, f->reason);
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
	put_held(b, s, plan);
	put_state(b, s, plan, FINDING_REFUSED, 'x', "Refused (cannot be done on this host)");
	put_state(b, s, plan, FINDING_WAIVED, '.', "Waived");
	put_by_hand(b, s, plan);
	put_verdict(b, s, plan, VERDICT_NOT_MEASURED, '?', "Not measured");
	put_verdict(b, s, plan, VERDICT_PENDING, '.', "Pending (written, not in force yet)");
}
