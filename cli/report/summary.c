#include "cli/report/summary.h"

#include <string.h>

#include "cli/report/finding.h"
#include "engine/base/alloc.h"

char sign_of(const char *before, const char *after)
{
	return !before ? '+' : !after ? '-' : '~';
}

char *summary_of_chain(const char *text)
{
	size_t rules = 0;

	for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
		rules++;
	return xasprintf("%zu rules", rules);
}

char change_sign(const struct change *change)
{
	enum node_kind first, last;

	if (change->nimages == 0)
		return '~';
	first = change->images[0].node.kind;
	last = change->images[change->nimages - 1].node.kind;
	if (first == NODE_ABSENT && last != NODE_ABSENT)
		return '+';
	return first != NODE_ABSENT && last == NODE_ABSENT ? '-' : '~';
}

void plan_each_own_effect(const struct plan *plan,
			  void (*fn)(void *data, const struct effect *effect), void *data)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (plan->stages[i].effects.items[k].nbrings == 0)
				fn(data, &plan->stages[i].effects.items[k]);
}

enum handler edit_handler(const struct plan *plan, const struct edit *edit)
{
	enum handler heaviest = HANDLER_NONE;

	for (size_t i = 0; i < plan->nstages; i++) {
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *effect = &plan->stages[i].effects.items[k];

			if (effect->handler > heaviest && effect_brings(effect, edit))
				heaviest = effect->handler;
		}
	}
	return heaviest;
}

bool finding_is_by_hand(const struct finding *f)
{
	return f->state == FINDING_OK &&
	       (f->verdict == VERDICT_MANUAL || f->verdict == VERDICT_FAIL);
}

static void count_sign(struct plan_summary *s, char sign)
{
	s->add += sign == '+';
	s->change += sign == '~';
	s->remove += sign == '-';
}

static void count_effect(void *data, const struct effect *effect)
{
	count_sign(data, sign_of(effect->before, effect->after));
}

static void count_finding(struct plan_summary *s, const struct finding *f)
{
	s->held += f->state == FINDING_HELD;
	s->refused += f->state == FINDING_REFUSED;
	s->waived += f->state == FINDING_WAIVED;
	s->by_hand += finding_is_by_hand(f);
	s->not_measured += f->state == FINDING_OK && f->verdict == VERDICT_NOT_MEASURED;
	s->unmeasured += f->state != FINDING_WAIVED && f->verdict == VERDICT_NOT_MEASURED;
	s->critical += finding_stays_critical(f);
	s->pending += f->state == FINDING_OK && f->verdict == VERDICT_PENDING;
}

static void count_change(struct plan_summary *s, const struct change *change)
{
	/* a file that is made counts by its lines; a bare directory, or what goes, by itself */
	if (change->edits.count == 0 && !change_passes(change))
		count_sign(s, change_sign(change));
	for (size_t i = 0; i < change->edits.count; i++) {
		const struct edit *e = &change->edits.items[i];
		char sign = change_sign(change);

		/* the attributes of what is made or goes come and go with it */
		if (sign == '~' || edit_is_content(e))
			sign = sign_of(e->before, e->after);
		count_sign(s, sign);
	}
}

struct plan_summary plan_summarize(const struct plan *plan)
{
	struct plan_summary s = {0};

	for (size_t i = 0; i < plan->nchanges; i++)
		count_change(&s, &plan->changes[i]);
	plan_each_own_effect(plan, count_effect, &s);
	for (size_t i = 0; i < plan->nfindings; i++)
		count_finding(&s, &plan->findings[i]);
	for (size_t i = 0; i < plan->nstages; i++) {
		unsigned up = plan->stages[i].up;

		s.reloads += (up & HANDLER_BIT(HANDLER_DOCKER_RELOAD)) != 0;
		s.restarts += (up & HANDLERS_RESTART) != 0;
	}
	return s;
}
