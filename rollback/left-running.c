#include "rollback/left-running.h"

#include <string.h>

#include "engine/base/alloc.h"

static bool is_true(const struct setting *s)
{
	return s && strcmp_null(s->value, "true") == 0;
}

/* The gate's words for the same: engine/effect/restart-gate.c judges, this only tells whose file it is. */
static char *why_no_restart(const struct docker_facts *d)
{
	size_t running = 0;

	if (containers_running(&d->containers, &running) && running == 0)
		return NULL;
	return is_true(settings_find(&d->next, "live-restore"))
		       ? NULL
		       : xstrdup("it has no live-restore, and what runs would stop with a restart");
}

static char *why_not(const struct docker_facts *d, enum handler handler)
{
	if (d->file_error)
		return xstrdup(d->file_error);
	if (HANDLER_BIT(handler) & HANDLERS_RESTART)
		return why_no_restart(d);
	return xstrdup_null(d->no_reload);
}

/* Nothing of ours is in it: the plan leaves it alone, or it is as it was before the plan. */
static bool is_others(const struct plan *plan, const char *config, size_t k)
{
	const struct change *c = plan_find_change(plan, config);

	return !c || (k < c->nimages && image_equal(&c->images[0], &c->images[k]));
}

char *left_running(const struct effector *e, const struct plan *plan, size_t k,
		   enum handler handler)
{
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(freep) char *why = NULL;
	const struct docker_facts *d = &now.docker;

	if (!(HANDLER_BIT(handler) & HANDLERS_DOCKERD) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0)
		return NULL;
	/* of one that is down, or does not answer, nobody knows what it would keep */
	if (!d->running || d->not_measured || !d->config_file ||
	    !is_others(plan, d->config_file, k))
		return NULL;
	why = why_not(d, handler);
	return why ? xasprintf("'%s' was so before: %s", d->config_file, why) : NULL;
}
