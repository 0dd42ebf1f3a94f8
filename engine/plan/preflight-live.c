#include "engine/plan/preflight-live.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/image.h"
#include "engine/plan/objections.h"
#include "engine/plan/restart-holds.h"

/* What the next start would have for a key, after this plan: a flag, else the file's value. */
static char *next_value(const struct plan *plan, const struct facts *facts, const char *key)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config = plan_find_change(plan, d->config_file);
	const struct image *image = config ? &config->images[config->nimages - 1] : NULL;
	const struct setting *next = settings_find(&d->next, key);
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);
	char *value = NULL;

	/* where only its owner or mode changes, its content was not even read */
	if (!image || (image->node.kind == NODE_FILE && !image->has_content) ||
	    (next && next->source == SOURCE_FLAG))
		return next ? xstrdup_null(next->value) : NULL;
	image_value(image, subject_of(SCHEME_JSON, pointer), &value, NULL);
	return value;
}

/* The plan's own edits have live-restore in the file for the restart, and a reload gives it up thereafter. */
static bool brings_live(const struct plan *plan, const struct docker_facts *d)
{
	const struct effect *e = plan_find_effect(plan, subject_of(SCHEME_DOCKER, "live-restore"));

	return e && e->handler == HANDLER_DOCKER_RELOAD && plan_find_change(plan, d->config_file);
}

/* Nothing is applied to a file that is broken, and no control of ours has a swarm's member get it. */
static char *live_next_step(const struct plan *plan, const struct docker_facts *d)
{
	CLEANUP(freep) char *then = undo_goes_on(plan->undoes);

	if (d->file_error)
		return xstrdup("fix the file first");
	if (plan_loses_live(plan))
		return d->no_reload
			       ? xasprintf("a reload could take it away and stop nothing, but %s",
					   d->no_reload)
			       : xstrdup("a restart alone can take it away here: stop them first");
	return strcmp_null(d->swarm, "inactive") == 0
		       ? xasprintf("'harden apply --only daemon.live-restore' sets it%s", then)
		       : xstrdup("stop it first");
}

int preflight_live(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const char *broken = plan_find_change(plan, d->config_file) ? NULL : d->file_error;
	const struct setting *now = settings_find(&d->now, "live-restore");
	CLEANUP(freep) char *next = next_value(plan, facts, "live-restore"), *why = NULL;
	CLEANUP(freep) char *step = live_next_step(plan, d);
	size_t running = 0;

	if (!(plan_handlers(plan) & HANDLERS_RESTART) || !d->running || !now ||
	    brings_live(plan, d) || strcmp_null(now->value, "true") != 0 ||
	    (!broken && strcmp_null(next, "true") == 0) ||
	    (containers_running(&d->containers, &running) && running == 0))
		return 0;
	why = xasprintf(
		"live-restore is in force, and dockerd's next start would not have it%s%s%s: "
		"what runs would stop with it; %s",
		broken ? " (" : "", broken ? broken : "", broken ? ")" : "", step);
	return checks_refuse(&plan->checks, plan_only_control(plan, HANDLERS_DOCKERD), err, "%s",
			     why);
}

int preflight_swarm(struct plan *plan, const struct facts *facts, struct error *err)
{
	const char *swarm = facts->docker.swarm;
	CLEANUP(freep) char *live = next_value(plan, facts, "live-restore");

	if (!(plan_handlers(plan) & HANDLERS_DOCKERD) || !swarm || strcmp(swarm, "inactive") == 0 ||
	    strcmp_null(live, "true") != 0)
		return 0;
	return checks_refuse(
		&plan->checks, plan_only_control(plan, HANDLERS_DOCKERD), err,
		"live-restore is set on a swarm member: dockerd would not start again");
}
