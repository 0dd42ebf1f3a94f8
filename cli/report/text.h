#pragma once

/*
 * Reports for people. All append to a buf; nothing below the header of a plan depends on the
 * clock, so that the same host and baseline give the same bytes.
 */

#include "cli/report/style.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/* The whole plan below its header: paths, what is left out, checks, effect, undo, summary. */
void text_plan(struct buf *b, const struct style *s, const struct facts *facts,
	       const struct plan *plan);

/* "Plan: N to add, ..." or "No changes. ..." */
void text_summary(struct buf *b, const struct style *s, const struct plan *plan);

/* What is critical and stays so with this plan: it stands before everything else. */
void text_worst(struct buf *b, const struct style *s, const struct plan *plan);

/* Held back, refused, waived, by hand, not measured, pending: a block each, where there are any. */
void text_findings(struct buf *b, const struct style *s, const struct plan *plan);

/* A title, then "  sign name   text" lines, texts in one column and wrapped. */
struct block_line {
	char sign;
	const char *name, *text; /* text may be NULL */
};
void text_block(struct buf *b, const struct style *s, const char *title,
		const struct block_line *lines, size_t count);
