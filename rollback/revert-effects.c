#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "rollback/revert-impl.h"

#define DOCKER_SUBJECT "docker:"

static bool is_daemons(const struct effect *e)
{
	return strncmp(e->subject, DOCKER_SUBJECT, strlen(DOCKER_SUBJECT)) == 0;
}

/* Whether the rollback changes a file on behalf of that control. */
static bool has_edit(const struct plan *plan, const char *control)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++)
			if (strcmp(plan->changes[i].edits.items[k].control, control) == 0)
				return true;
	return false;
}

/*
 * Whether dockerd would start with its config file as it is put back. A daemon may have run
 * on with a file that it would not take again: then the file goes back and the daemon stays.
 */
static bool daemon_would_start(const struct reversal *v)
{
	const struct docker_facts *d = &v->facts->docker;
	const struct change *config =
		d->config_file ? plan_find_change(v->plan, d->config_file) : NULL;
	CLEANUP(strv_clear) struct strv flags = {0};
	const struct image *final;

	if (!config)
		return true;
	final = &config->images[config->nimages - 1];
	for (size_t i = 0; i < d->nnext_flags; i++)
		strv_add(&flags, d->next_flags[i].key);
	return !final->has_content ||
	       daemon_file_check(&final->content, d->version, &flags, NULL, NULL) >= 0;
}

/*
 * A daemon's old value comes back with the file that sets it. Where the transaction changed no
 * file for it (it was written before, and only not in force), no restart would bring it back.
 */
static bool can_come_back(const struct reversal *v, const struct effect *e, bool would_start)
{
	return !is_daemons(e) || (would_start && has_edit(v->plan, e->control));
}

/* dockerd does not start, nor reload, with a config file that somebody broke and that stays. */
static bool keeps_broken_config(const struct reversal *v)
{
	const char *config = v->facts->docker.config_file;

	if (!config || !strv_contains(&v->kept, config))
		return false;
	strv_addf(&v->plan->checks,
		  "warn  dockerd is neither restarted nor reloaded: '%s' stays as it is, and it "
		  "would not take it",
		  config);
	return true;
}

void revert_effects(const struct reversal *v, struct effects *ret)
{
	const struct plan *was = &v->root_transaction->plan;
	bool would_start = daemon_would_start(v);
	bool beside_broken = keeps_broken_config(v);

	for (size_t k = 0; k < was->nstages; k++) {
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];
			struct effect *slot;

			if (!reversal_concerns(v, e->control) ||
			    !can_come_back(v, e, would_start) ||
			    (beside_broken && HANDLER_BIT(e->handler) & HANDLERS_DOCKERD))
				continue;
			slot = array_append(&ret->items, &ret->count, sizeof(*slot));
			effect_copy(slot, e);
			effect_invert(slot);
			free(TAKE_PTR(slot->pending));
		}
	}
}
