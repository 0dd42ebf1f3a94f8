#include "rollback/beside-foreign.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "rollback/in-force.h"
#include "rollback/revert-impl.h"

static bool is_content_of(const struct node *now, const struct node *image)
{
	return now->kind == image->kind && strcmp_null(now->data, image->data) == 0;
}

bool config_is_others(const struct plan *plan, const struct root *root, const struct facts *now)
{
	const char *config = now->docker.config_file;
	const struct change *c = config ? plan_find_change(plan, config) : NULL;
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(node_clear) struct node is = {0};

	if (!c || !change_replaces(c))
		return false;
	if (root_walk_nofollow(root, config, &walk, NULL) < 0 ||
	    observe_walk(&walk, OBSERVE_DIGEST, &is, NULL) < 0)
		return true; /* nothing is moved there */
	for (size_t k = 0; k < c->nimages; k++)
		if (is_content_of(&is, &c->images[k].node))
			return false;
	return true;
}

/* Where several controls set it, the first has what was there before. */
static const char *value_before(const struct plan *plan, const struct effect *e)
{
	return plan_find_effect(plan, e->subject)->before;
}

/* A reload leaves a key as it is that the file does not name. */
static bool is_in_file(const struct facts *now, const char *key)
{
	const struct setting *next = settings_find(&now->docker.next, key);

	return next && next->source == SOURCE_FILE;
}

static const char *value_next(const struct facts *now, const char *key)
{
	const struct setting *next = settings_find(&now->docker.next, key);

	return next ? next->value : NULL;
}

static bool is_there(const struct plan *plan, const struct facts *now, const struct effect *e)
{
	const char *value;

	return daemon_value_in_force(&now->docker, e->subject.key, &value) &&
	       daemon_value_same(e->subject.key, value, value_before(plan, e));
}

bool beside_goes_back(const struct plan *plan, const struct facts *now, const struct effect *e)
{
	const char *key = e->subject.key;

	if (!plan_find_effect(plan, e->subject))
		return false; /* live-restore, borrowed: by a file that is not there */
	if (is_there(plan, now, e) && !(HANDLER_BIT(e->handler) & HANDLERS_RESTART))
		return true;
	return daemon_value_same(key, value_next(now, key), value_before(plan, e)) &&
	       (HANDLER_BIT(e->handler) & HANDLERS_RESTART || is_in_file(now, key));
}

/* Neither what it was nor what dockerd has now. */
static bool is_third(const struct plan *plan, const struct facts *now, const struct effect *e)
{
	const char *key = e->subject.key, *next = value_next(now, key), *value;

	return !daemon_value_same(key, next, value_before(plan, e)) &&
	       !(daemon_value_in_force(&now->docker, key, &value) &&
		 daemon_value_same(key, next, value));
}

bool beside_brings_any(const struct plan *plan, const struct facts *now, unsigned handlers)
{
	const struct docker_facts *d = &now->docker;
	bool brings = false;

	if (!d->running || d->not_measured || d->file_error || d->start_error || d->start_unknown ||
	    d->conflicts.count)
		return false;
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (e->subject.scheme != SCHEME_DOCKER || !e->subject.key)
				continue;
			if (is_third(plan, now, e))
				return false;
			brings |= HANDLER_BIT(e->handler) & handlers &&
				  beside_goes_back(plan, now, e);
		}
	return brings;
}

bool beside_is_left_out(const struct plan *plan, const struct root *root, const struct facts *now)
{
	return config_is_others(plan, root, now) && !beside_brings_any(plan, now, HANDLERS_RESTART);
}
