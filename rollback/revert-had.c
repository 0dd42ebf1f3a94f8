#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/image.h"
#include "rollback/revert-impl.h"

/*
 * Somebody may take a key out of dockerd's file, and dockerd has it on. An apply that writes it there
 * again brings nothing about, and so does its undo: what dockerd has is none of the apply's.
 */

/* Of an apply that asked dockerd: without an effect, pending or not, what it wrote was in force. */
static bool had_all_along(const struct reversal *v, const struct effect *e)
{
	const struct transaction_summary *t = v->root_transaction;
	const struct change *config = plan_find_change(&t->plan, v->facts->docker.config_file);
	CLEANUP(freep) char *pointer = xasprintf("/%s", e->subject.key);
	CLEANUP(freep) char *applied = NULL;

	return t->dockerd_asked && !t->of && config && !find_recorded(v, e->subject).first &&
	       !history_stands(&v->history, v->history.count, t, e->control, &v->undoing) &&
	       image_value(&config->images[config->nimages - 1], subject_of(SCHEME_JSON, pointer),
			   &applied, NULL) >= 0 &&
	       applied && daemon_value_same(e->subject.key, e->before, applied) &&
	       !revert_was_brought(v, e->subject, e->before);
}

/* Whether it takes what dockerd had out of force: a reload keeps what the file does not name. */
static bool takes_out(const struct effect *e, const struct effect *had)
{
	const struct daemon_key *k = daemon_key_find(had->subject.key);

	if (HANDLER_BIT(e->handler) & HANDLERS_RESTART)
		return true;
	return e->handler == HANDLER_DOCKER_RELOAD && k && k->activation != KEY_RESTART &&
	       (had->after || k->activation == KEY_RELOAD_RESETS);
}

static bool goes_all_the_same(const struct reversal *v, const struct effects *others,
			      const struct effects *found, const struct effect *had)
{
	for (size_t i = 0; i < others->count; i++)
		if (takes_out(&others->items[i], had))
			return true;
	for (size_t i = 0; i < found->count; i++)
		if (takes_out(&found->items[i], had) && !had_all_along(v, &found->items[i]))
			return true;
	return false;
}

static void drop(struct effects *found, const struct strv *keys)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++) {
		struct effect *e = &found->items[i];

		if (strv_contains(keys, e->subject.key))
			effect_clear(e);
		else
			found->items[kept++] = *e;
	}
	found->count = kept;
}

void revert_drop_had(const struct reversal *v, const struct effects *others, struct effects *found)
{
	CLEANUP(strv_clear) struct strv keys = {0};
	CLEANUP(freep) char *all = NULL;

	for (size_t i = 0; i < found->count; i++)
		if (had_all_along(v, &found->items[i]) &&
		    !goes_all_the_same(v, others, found, &found->items[i]))
			strv_add(&keys, found->items[i].subject.key);
	if (keys.count == 0)
		return;
	drop(found, &keys);
	all = strv_join(&keys, ", ");
	checks_add(&v->plan->checks, CHECK_WARN, NULL,
		   "dockerd had %s before %s wrote that into its file, and keeps it until its next "
		   "start: as before",
		   all, v->root_transaction->id);
}
