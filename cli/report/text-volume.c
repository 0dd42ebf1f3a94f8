#include "cli/report/text-volume.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"

/* "2026-11-30 13:05 UTC"; the caller frees it. */
static char *moment(uint64_t s)
{
	char day[DAY_TEXT_LEN + 1];
	unsigned minutes = (unsigned)(s % DAY_SECONDS / 60);

	day_text((int64_t)(s / DAY_SECONDS), day);
	return xasprintf("%s %02u:%02u UTC", day, minutes / 60, minutes % 60);
}

/* What comes of the figure; NULL: nothing, or others decided. */
static const char *outcome(const struct plan *plan, const struct volume *one)
{
	const struct finding *f = plan_find_finding(plan, one->control);
	enum volume_verdict verdict = volume_verdict(&plan->observed, one);
	bool acked = strv_contains(&plan->acknowledged, one->control);

	if (f && f->state == FINDING_HELD)
		return verdict == VOLUME_QUIET ? "held back for something else" : "held back";
	if (acked && (verdict == VOLUME_LOUD || one->opt_in))
		return "acknowledged";
	return f && f->state == FINDING_PLANNED && one->opt_in ? "not held back" : NULL;
}

void text_volumes(struct buf *b, const struct style *s, const struct plan *plan)
{
	const struct volumes *v = &plan->observed;
	CLEANUP(freep) char *time = NULL, *until = NULL;
	size_t column = 0;

	if (v->ms == 0)
		return;
	time = volume_time(v->ms);
	until = moment(v->at_s);
	ink_text(b, s, INK_HEAD, "Audit volume");
	buf_printf(b, "  events of each control's rules, counted for %s until %s\n", time, until);
	for (size_t i = 0; i < v->count; i++)
		if (strlen(v->items[i].control) > column)
			column = strlen(v->items[i].control);
	for (size_t i = 0; i < v->count; i++) {
		CLEANUP(freep) char *text = volume_text(v, &v->items[i]), *line = NULL;
		const char *then = outcome(plan, &v->items[i]);

		line = xasprintf("%s%s%s", text, then ? ": " : "", then ? then : "");
		buf_puts(b, "  ");
		ink_text(b, s, INK_PLAIN, v->items[i].control);
		pad_to(b, 2 + strlen(v->items[i].control), column + 4, 1);
		wrap_text(b, s, column + 4, line);
	}
	buf_putc(b, '\n');
}
