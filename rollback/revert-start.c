#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/observe.h"
#include "rollback/broken.h"
#include "rollback/revert-impl.h"
#include "rollback/witness.h"

/*
 * A rollback restarts dockerd with what it puts back. Where the ledger says that dockerd ran with
 * just that, the start is no trial, whatever somebody made of the file in between.
 */

static bool ran_with(const struct reversal *v, const char *config)
{
	const char *version = v->facts->docker.version;

	for (size_t i = 0; config && version && i < v->history.count; i++) {
		const struct transaction_summary *t = &v->history.items[i];

		if (strcmp_null(t->started_with, config) == 0 &&
		    strcmp_null(t->plan.docker_version, version) == 0)
			return true;
	}
	return false;
}

static bool has_content_edit(const struct change *c)
{
	for (size_t i = 0; i < c->edits.count; i++)
		if (edit_is_content(&c->edits.items[i]))
			return true;
	return false;
}

/* All else that the plan writes, units and their variables, ends byte for byte as before the apply. */
static bool others_as_recorded(const struct reversal *v)
{
	for (size_t i = 0; i < v->plan->nchanges; i++) {
		const struct change *c = &v->plan->changes[i];
		const struct change *was = plan_find_change(&v->root_transaction->plan, c->path);

		if (strcmp_null(c->path, v->facts->docker.config_file) != 0 &&
		    has_content_edit(c) &&
		    (!was || !image_equal(&was->images[0], &c->images[c->nimages - 1])))
			return false;
	}
	return true;
}

bool revert_start_known(const struct reversal *v)
{
	CLEANUP(freep) char *config = witness_planned(v->facts, v->plan);

	return ran_with(v, config) && others_as_recorded(v);
}

struct plan *revert_found(const struct reversal *v)
{
	const struct plan *was = &v->root_transaction->plan;
	struct plan *found = xcalloc(1, sizeof(*found));

	for (size_t i = 0; i < was->nchanges; i++) {
		const struct change *c = &was->changes[i];

		if (c->nimages &&
		    (c->images[0].has_content || c->images[0].node.kind == NODE_ABSENT))
			plan_add_unchanged(found, c->path, &c->images[0]);
	}
	return found;
}

/* Without its file dockerd starts, with its defaults. */
static bool is_absent(const struct reversal *v, const char *path)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;

	return root_walk_nofollow(v->root, path, &walk, NULL) >= 0 && walk.fd < 0;
}

char *revert_config_fault(const struct reversal *v)
{
	const struct docker_facts *d = &v->facts->docker;
	const char *config = d->config_file;
	bool kept = config && strv_contains(&v->kept, config);
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r;

	if (!config || is_absent(v, config) || (!kept && revert_config_change(v)))
		return NULL;
	r = observe_content(v->root, config, &text, &why);
	/* to an emptied one the values can be lent, for the time of a reload */
	if (r >= 0 && broken_blank(&text))
		return NULL;
	if (r >= 0)
		r = daemon_file_check(&text, d->version, NULL, NULL, &why);
	return r < 0 ? xstrdup(error_text(&why)) : NULL;
}

static bool asks_dockerd(const struct reversal *v)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];

			if (is_daemons(e) && reversal_concerns(v, e->control))
				return true;
		}
	return false;
}

int revert_check_config(struct reversal *v, struct error *err)
{
	const char *config = v->facts->docker.config_file;
	CLEANUP(freep) char *fault = NULL;

	/* what is kept was asked about before; nothing that is down reads it now */
	if (v->on_conflict != CONFLICT_STOP || !v->facts->docker.running || !asks_dockerd(v))
		return 0;
	fault = revert_config_fault(v);
	if (!fault)
		return 0;
	strv_addf(v->conflicts, "'%s': dockerd would not take it: %s", config, fault);
	return error_set(err, -ESTALE,
			 "dockerd's file was changed since by somebody else, and it "
			 "would not read it");
}
