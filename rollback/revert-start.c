#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/image.h"
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
