#include "cli/report/gap.h"

#include <inttypes.h>

#include "engine/base/alloc.h"

char *gap_time(uint64_t ms)
{
	return ms < 1000 ? xasprintf("%" PRIu64 " ms", ms)
			 : xasprintf("%" PRIu64 ".%" PRIu64 " s", ms / 1000, ms % 1000 / 100);
}

static void put_measured(struct buf *b, const struct style *s, const struct gaps *g)
{
	const struct port_gap *longest = gaps_longest(g);
	size_t away = gaps_away(g);
	CLEANUP(freep) char *time = NULL, *text = NULL;

	if (!longest)
		return;
	time = gap_time(longest->ms);
	text = away ? xasprintf("Published ports: %zu of %zu %s away for a time, the longest (%s "
				"of %s) for %s at most%s",
				away, g->count, away == 1 ? "was" : "were", longest->at,
				longest->container, time,
				longest->away ? ", and is away still" : "")
		    : xasprintf("Published ports: %zu took a connection whenever it was tried%s%s",
				g->count, longest->ms ? ": none was away for longer than " : "",
				longest->ms ? time : "");
	wrap_text(b, s, 4, text);
}

static void put_unmeasured(struct buf *b, const struct style *s, const struct gaps *g)
{
	CLEANUP(freep) char *list = strv_join(&g->unmeasured, ", ");
	CLEANUP(freep) char *text = xasprintf("Published ports not measured: %s", list);

	if (g->unmeasured.count > 0)
		wrap_text(b, s, 4, text);
}

static void put_api(struct buf *b, const struct style *s, const struct gaps *g)
{
	CLEANUP(freep) char *time = gap_time(g->api_ms);
	CLEANUP(freep) char *text = xasprintf("The Engine API was away for %s at most", time);

	if (g->api_ms > 0)
		wrap_text(b, s, 4, text);
}

void gap_put(struct buf *b, const struct style *s, const struct gaps *g)
{
	put_measured(b, s, g);
	put_api(b, s, g);
	put_unmeasured(b, s, g);
}

void gap_put_all(struct buf *b, const struct style *s, const struct gaps *g)
{
	put_measured(b, s, g);
	for (size_t i = 0; i < g->count; i++) {
		const struct port_gap *p = &g->items[i];
		CLEANUP(freep) char *time = gap_time(p->ms);
		const char *seen = p->least_ms ? "" : "never away when it was tried";

		buf_puts(b, "    ");
		ink_text(b, s, INK_PLAIN, p->at);
		buf_puts(b, " of ");
		ink_text(b, s, INK_PLAIN, p->container);
		buf_printf(b, ": %s%s%s%s%s\n", seen, *seen && p->ms ? ", " : "", p->ms ? time : "",
			   p->ms ? " at most" : "", p->away ? ", and away still" : "");
	}
	put_api(b, s, g);
	put_unmeasured(b, s, g);
}
