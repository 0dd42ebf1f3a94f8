#include "cli/last-gap.h"

#include <stdlib.h>

#include "cli/report/summary.h"
#include "rollback/history.h"

/* Of the newest one that restarted dockerd and measured something, whatever became of it. */
static void find(const struct transaction_summary *all, size_t count, struct docker_facts *ret)
{
	for (size_t i = count; i > 0 && !ret->last_gap_known; i--) {
		const struct transaction_summary *t = &all[i - 1];
		const struct port_gap *longest = gaps_longest(&t->gaps);

		/* 0 is of an older version, and was none that was measured */
		if (!longest || longest->ms == 0 || plan_summarize(&t->plan).restarts == 0)
			continue;
		ret->last_gap_known = true;
		ret->last_gap_ms = longest->ms;
	}
}

void last_gap(const struct context *c, struct docker_facts *ret)
{
	CLEANUP(state_close) struct state own = STATE_INIT;
	struct transaction_summary *all = NULL;
	size_t count = 0;
	bool is_open = c->state.fd >= 0;

	if (plan_summarize(&c->plan).restarts == 0 ||
	    (!is_open && (state_open(&own, &c->root, false, NULL) < 0 || own.fd < 0)))
		return;
	if (history_list(is_open ? &c->state : &own, &all, &count, NULL) < 0)
		return;
	find(all, count, ret);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
}

json_t *last_gap_json(const struct context *c)
{
	struct docker_facts d = {0};

	last_gap(c, &d);
	return d.last_gap_known ? json_integer((json_int_t)d.last_gap_ms) : json_null();
}
