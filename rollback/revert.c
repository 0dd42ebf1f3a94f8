#include "rollback/revert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/compose.h"
#include "engine/plan/image.h"
#include "rollback/broken.h"

#define JSON_SCHEME "json:"
#define DOCKER_SUBJECT "docker:"

/* One rollback being planned. */
struct reversal {
	const struct transaction_summary *transaction;
	const char *only;
	enum on_conflict on_conflict;
	const struct root *root;
	const struct facts *facts;
	struct plan *plan;
	struct strv *conflicts;
	struct strv kept; /* paths that stay as somebody broke them */
};

static void reversal_clear(struct reversal *v)
{
	strv_clear(&v->kept);
}

static bool concerns(const struct reversal *v, const char *control)
{
	return !v->only || strcmp(v->only, control) == 0;
}

/* Whether all edits of a change are to be undone. */
static bool concerns_all(const struct reversal *v, const struct change *was)
{
	for (size_t i = 0; i < was->edits.count; i++)
		if (!concerns(v, was->edits.items[i].control))
			return false;
	return true;
}

static const char *shown(const char *value)
{
	return value ? value : "(not there)";
}

/* What to do about our key that somebody else changed: leave it, or put it back all the same. */
static bool resolve_conflict(struct reversal *v, const struct edit *was, const char *now)
{
	strv_addf(v->conflicts, "'%s' %s: before %s, applied %s, now %s", was->path, was->subject,
		  shown(was->before), shown(was->after), shown(now));
	return v->on_conflict == CONFLICT_BEFORE;
}

/* Undoes one edit in the image of what is there now, by the three values. */
static int undo_edit(struct reversal *v, struct change *change, const struct edit *was,
		     struct error *err)
{
	CLEANUP(edits_clear) struct edits one = {0};
	struct image *final = &change->images[1];
	CLEANUP(freep) char *now = NULL;
	struct edit *edit;
	int r = image_value(final, was->subject, &now, err);

	if (r < 0)
		return r;
	if (image_value_same(was->subject, now, was->before))
		return 0;
	if (!image_value_same(was->subject, now, was->after) && !resolve_conflict(v, was, now))
		return 0;
	edit = edits_add(&one, was->control, change->path, was->subject, now, was->before);
	edit->sensitive = was->sensitive;
	r = image_apply_edit(final, edit, err);
	if (r < 0)
		return r;
	edit_copy(array_append(&change->edits.items, &change->edits.count, sizeof(*edit)), edit);
	return 0;
}

/* Nothing but white space, or an empty JSON object: what is left of a file that we made. */
static bool is_blank(const struct buf *text)
{
	CLEANUP(buf_clear) struct buf dense = {0};

	for (size_t i = 0; i < text->len; i++)
		if (!strchr(" \t\r\n", text->data[i]))
			buf_putc(&dense, text->data[i]);
	return dense.len == 0 || strcmp(buf_str(&dense), "{}") == 0;
}

/* A file that the transaction made, and of which nothing is left, goes away again. */
static void drop_if_ours(const struct change *was, struct image *final)
{
	if (was->images[0].node.kind != NODE_ABSENT || final->node.kind != NODE_FILE ||
	    !final->has_content)
		return;
	if (is_blank(&final->content))
		image_clear(final);
}

/* "json:/log-opts" of "json:/log-opts/max-size"; NULL where nothing is above the key. */
static char *parent_subject(const char *subject)
{
	const char *last = strncmp(subject, JSON_SCHEME, strlen(JSON_SCHEME)) == 0
				   ? strrchr(subject, '/')
				   : NULL;

	return last && last > subject + strlen(JSON_SCHEME)
		       ? xstrndup(subject, (size_t)(last - subject))
		       : NULL;
}

/* An object that was made to hold our key, and holds nothing any more, goes with it. */
static int drop_empty_object(struct change *change, const struct change *was, const struct edit *e,
			     struct error *err)
{
	CLEANUP(freep) char *parent = parent_subject(e->subject);
	CLEANUP(freep) char *before = NULL, *now = NULL;
	CLEANUP(edits_clear) struct edits one = {0};
	int r;

	if (!parent || e->before)
		return 0;
	r = image_value(&was->images[0], parent, &before, err);
	if (r >= 0)
		r = image_value(&change->images[1], parent, &now, err);
	if (r < 0 || before || !now || strcmp(now, "{}") != 0)
		return r;
	return image_apply_edit(&change->images[1],
				edits_add(&one, e->control, change->path, parent, now, NULL), err);
}

static int undo_edits(struct reversal *v, struct change *change, const struct change *was,
		      struct error *err)
{
	for (size_t i = was->edits.count; i > 0; i--) {
		const struct edit *e = &was->edits.items[i - 1];
		int r = concerns(v, e->control) ? undo_edit(v, change, e, err) : 0;

		if (r >= 0 && concerns(v, e->control))
			r = drop_empty_object(change, was, e, err);
		if (r < 0)
			return r;
	}
	drop_if_ours(was, &change->images[1]);
	return 0;
}

/* As it was applied, and all of it is to go: the exact image from before, and the edits turned round. */
static void undo_exactly(struct change *change, const struct change *was)
{
	image_copy(&change->images[1], &was->images[0]);
	for (size_t i = was->edits.count; i > 0; i--) {
		struct edit *e =
			array_append(&change->edits.items, &change->edits.count, sizeof(*e));

		edit_copy(e, &was->edits.items[i - 1]);
		edit_invert(e);
	}
}

/* A path without values to compare: the person who undoes decides about it as a whole. */
static int revert_broken(struct reversal *v, struct change *change, const struct change *was,
			 const char *why, struct error *err)
{
	if (broken_is_settled(was, &change->images[0])) {
		image_copy(&change->images[1], &change->images[0]);
		return 0;
	}
	strv_add(v->conflicts, why);
	if (v->on_conflict == CONFLICT_BEFORE)
		return broken_rebuild(v->root, was, v->only, change, err);
	image_copy(&change->images[1], &change->images[0]);
	strv_add(&v->kept, was->path);
	return 0;
}

static int revert_change(struct reversal *v, const struct change *was, struct error *err)
{
	const struct image *applied = &was->images[was->nimages - 1];
	struct change change = {.path = xstrdup(was->path), .nimages = 2};
	CLEANUP(freep) char *why = NULL;
	int r;

	change.images = xcalloc(2, sizeof(*change.images));
	r = broken_look(v->root, was, v->only, &change.images[0], &why, err);
	if (r >= 0 && why) {
		r = revert_broken(v, &change, was, why, err);
	} else if (r >= 0 && node_equal(&change.images[0].node, &applied->node) &&
		   concerns_all(v, was)) {
		undo_exactly(&change, was);
	} else if (r >= 0) {
		image_copy(&change.images[1], &change.images[0]);
		r = undo_edits(v, &change, was, err);
	}
	if (r >= 0 && !image_equal(&change.images[0], &change.images[1])) {
		struct change *slot = plan_add_change(v->plan, was->path);

		free(slot->path);
		*slot = change;
	} else {
		change_clear(&change);
	}
	return r < 0 ? r : 0;
}

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

static void revert_effects(const struct reversal *v, struct effects *ret)
{
	bool would_start = daemon_would_start(v);
	bool beside_broken = keeps_broken_config(v);
	const struct plan *was = &v->transaction->plan;

	for (size_t k = 0; k < was->nstages; k++) {
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];
			struct effect *slot;

			if (!concerns(v, e->control) || !can_come_back(v, e, would_start) ||
			    (beside_broken && HANDLER_BIT(e->handler) & HANDLERS_DOCKERD))
				continue;
			slot = array_append(&ret->items, &ret->count, sizeof(*slot));
			effect_copy(slot, e);
			effect_invert(slot);
			free(TAKE_PTR(slot->pending));
		}
	}
}

static void describe(struct plan *plan, const struct transaction_summary *t,
		     const struct facts *facts)
{
	plan->harden_version = xstrdup(HARDEN_VERSION);
	plan->baseline = xasprintf("rollback of %s", t->id);
	plan->level = t->plan.level;
	plan->hostname = xstrdup_null(facts->hostname);
	plan->machine_id = xstrdup_null(facts->machine_id);
	plan->docker_version = xstrdup_null(facts->docker.version);
}

static int check_only(const struct reversal *v, struct error *err)
{
	const struct finding *f =
		v->only ? plan_find_finding(&v->transaction->plan, v->only) : NULL;

	if (!v->only || (f && f->state == FINDING_PLANNED))
		return 0;
	return error_set(err, -ENOENT, "control '%s' had no part in transaction '%s'", v->only,
			 v->transaction->id);
}

int revert_plan(const struct transaction_summary *transaction, const char *only,
		enum on_conflict on_conflict, const struct root *root, const struct facts *facts,
		struct plan *ret, struct strv *ret_conflicts, struct error *err)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(reversal_clear)
	struct reversal v = {transaction, only,  on_conflict,   root,
			     facts,       &plan, ret_conflicts, {0}};
	int r = check_only(&v, err);

	if (r < 0)
		return r;
	describe(&plan, transaction, facts);
	for (size_t i = 0; i < transaction->plan.nchanges && r >= 0; i++)
		r = revert_change(&v, &transaction->plan.changes[i], err);
	if (r >= 0)
		r = broken_add_parents(&plan, &transaction->plan, root, err);
	if (r < 0)
		return r;
	if (ret_conflicts->count && on_conflict == CONFLICT_STOP)
		return error_set(err, -ESTALE, "%zu %s changed since by somebody else",
				 ret_conflicts->count,
				 ret_conflicts->count == 1 ? "value was" : "values were");
	revert_effects(&v, &effects);
	r = compose_stages(&plan, facts, &effects, err);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}
