#include "engine/plan/borrow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/compose.h"
#include "engine/plan/dockerd-reach.h"
#include "engine/plan/holds.h"
#include "engine/plan/image.h"
#include "engine/plan/own-keys.h"
#include "engine/plan/watches.h"

void borrowing_clear(struct borrowing *b)
{
	free(b->why_not);
	*b = (struct borrowing){0};
}

/* dockerd itself says that it is off: what is not known is not lent. */
static bool is_off(const struct docker_facts *d)
{
	const struct setting *now = settings_find(&d->now, "live-restore");

	return now && now->source == SOURCE_API && strcmp_null(now->value, "false") == 0;
}

/* By a flag it is given for good; and a reload would switch off what these set. */
static char *why_not_by_flag(const struct docker_facts *d)
{
	const struct setting *next = settings_find(&d->next, "live-restore");
	const char *reset = daemon_flag_reset(&d->now_flags);

	if (strv_contains(&d->now_flags, "live-restore") || (next && next->source == SOURCE_FLAG))
		return xstrdup("it is given to dockerd as a flag");
	if (reset)
		return xasprintf("dockerd has '%s' as a flag, which a reload would spoil", reset);
	return NULL;
}

static char *why_not_by_reload(const struct docker_facts *d)
{
	if (d->no_reload)
		return xasprintf("a reload is no way here: %s", d->no_reload);
	if (d->dockerd_reload_brings.count > 0)
		return xasprintf("a reload brings more: %s", d->dockerd_reload_brings.items[0]);
	return NULL;
}

static char *why_not_by_daemon(const struct docker_facts *d)
{
	char *why = why_not_by_flag(d);

	if (!d->swarm)
		return why ? why : xstrdup("whether this host is in a swarm is not known");
	if (!why && strcmp(d->swarm, "inactive") != 0)
		return xstrdup("a swarm member cannot have it");
	if (!why && d->file_error)
		return xasprintf("what '%s' says is not known: %s", d->config_file, d->file_error);
	return why ? why : why_not_by_reload(d);
}

/* Who else reads the file, or does something when it changes. */
static char *why_not_by_others(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	CLEANUP(strv_clear) struct strv watchers = {0};

	for (size_t i = 0; i < d->nreaders; i++)
		if (d->readers[i].runs || d->readers[i].unknown)
			return xasprintf("another dockerd reads '%s', too (%s)", d->config_file,
					 d->readers[i].text);
	watchers_of(f, d->config_file, false, &watchers);
	return watchers.count > 0 ? xstrdup(watchers.items[0]) : NULL;
}

/* Not asked for: what would hold a control's own edit of the file speaks against it. */
static char *why_not_by_place(const struct view *v, const char *path)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};

	if (v->facts->mounts)
		mount_table_parse(&mounts, v->facts->mounts);
	delta_edit(&d, path, subject_of(SCHEME_JSON, "/live-restore"), "true");
	if (plan_holds(v, &mounts, &d, &err) < 0)
		return xstrdup(error_text(&err));
	if (d.refusal)
		return xstrdup(d.refusal);
	if (d.nomissions > 0)
		return xstrdup(d.omissions[0].why);
	return d.holds.count > 0 ? xstrdup(d.holds.items[0]) : NULL;
}

void borrowing_find(const struct root *root, const struct facts *f, struct overlay_looks *looks,
		    struct borrowing *ret)
{
	const struct docker_facts *d = &f->docker;
	struct overlay_view *view;

	if (f->offline || !d->running || d->not_measured || !d->config_file || !is_off(d))
		return;
	ret->why_not = why_not_by_daemon(d);
	if (!ret->why_not)
		ret->why_not = why_not_by_others(f);
	if (ret->why_not)
		return;
	view = overlay_view_new(root, f, looks);
	ret->why_not = why_not_by_place(overlay_view_host(view), d->config_file);
	overlay_view_free(view);
	ret->can = !ret->why_not && live_can_be_had(f);
}

/* A dockerd that looks elsewhere for its containers would not see those that run on. */
static bool moves(const struct docker_facts *d, const struct effects *effects)
{
	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *e = &effects->items[i];

		if (e->subject.scheme == SCHEME_DOCKER &&
		    daemon_key_moves(e->subject.key, e->before, e->after, d->image_store))
			return true;
	}
	return false;
}

/* Nor would one that others told to, and that our restart starts. */
static bool others_move(const struct docker_facts *d, const struct strv *own)
{
	const struct setting *features = settings_find(&d->next, "features");

	for (size_t i = 0; i < d->nwaiting; i++)
		if (strcmp(d->waiting[i].key, "features") != 0 &&
		    !strv_contains(own, d->waiting[i].key) &&
		    daemon_key_moves(d->waiting[i].key, NULL, NULL, d->image_store))
			return true;
	/* of these a reload may have taken up all but the one that counts */
	return d->flags_move || d->other_config ||
	       (features && !strv_contains(own, "features") &&
		daemon_key_moves("features", NULL, features->value, d->image_store));
}

/*
 * What only a start without containers brings into force would wait for ever: each apply would restart
 * dockerd for it once more.
 */
static const char *waits_for_stop(const struct effects *effects)
{
	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *e = &effects->items[i];
		const struct daemon_key *key = NULL;

		if (HANDLER_BIT(e->handler) & HANDLERS_RESTART &&
		    e->subject.scheme == SCHEME_DOCKER)
			key = daemon_key_find(e->subject.key);
		if (key && key->network)
			return key->key;
	}
	return NULL;
}

/* Likewise of what others wrote: the restart would not put in force what the plan says of it. */
static const char *others_wait(const struct docker_facts *d, const struct strv *own)
{
	for (size_t i = 0; i < d->nwaiting; i++) {
		const struct daemon_key *key = daemon_key_find(d->waiting[i].key);

		if (key && key->network && !strv_contains(own, key->key))
			return key->key;
	}
	return d->flags_network;
}

static char *why_not_by_start(const struct docker_facts *d, const struct effects *effects,
			      const struct strv *own)
{
	const char *waits = waits_for_stop(effects), *others = others_wait(d, own);

	if (moves(d, effects) || others_move(d, own))
		return xstrdup("dockerd would look elsewhere for its containers, and not see those "
			       "that run on");
	if (waits)
		return xasprintf("'%s' comes into force only where no container runs", waits);
	return others ? xasprintf("'%s', which others changed, comes into force only where no "
				  "container runs",
				  others)
		      : NULL;
}

void borrowing_stopped(const struct borrowing *b, const struct facts *facts, bool live,
		       const struct effects *effects, const struct strv *own,
		       struct stopped_list *ret)
{
	ret->not_borrowed =
		b->can ? why_not_by_start(&facts->docker, effects, own) : xstrdup_null(b->why_not);
	compose_stopped(facts, live || (b->can && !ret->not_borrowed), ret);
}

static bool restarts(const struct effects *effects)
{
	for (size_t i = 0; i < effects->count; i++)
		if (HANDLER_BIT(effects->items[i].handler) & HANDLERS_RESTART)
			return true;
	return false;
}

static bool somebody_runs(const struct facts *f)
{
	size_t running = 0;

	return !containers_running(&f->docker.containers, &running) || running > 0;
}

/* Of a change of owner or mode alone the content was not read, and now it is replaced. */
static void take_content(struct change *c, const struct image *now)
{
	for (size_t i = 0; i < c->nimages; i++) {
		struct image *image = &c->images[i];

		if (image->node.kind != NODE_FILE || image->has_content)
			continue;
		buf_clear(&image->content);
		buf_copy(&image->content, &now->content);
		image->has_content = true;
		str_replace(&image->node.data, now->node.data);
	}
}

/* The directory in which the file stands for that time, where there is none. */
static int add_directory(struct plan *plan, const struct root *root, const char *path,
			 struct error *err)
{
	CLEANUP(freep) char *parent = path_parent(path);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	static const struct image nothing;
	int r;

	if (plan_find_change(plan, parent))
		return 0;
	r = root_walk_nofollow(root, parent, &walk, err);
	if (r < 0 || walk.fd >= 0)
		return r;
	if (walk.parent < 0)
		return error_set_at(err, -ESTALE, parent,
				    "live-restore cannot be borrowed: where '%s' would be is not a "
				    "directory",
				    parent);
	plan_add_unchanged(plan, parent, &nothing);
	return 0;
}

static int add_config(struct plan *plan, const struct root *root, const char *path,
		      struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	struct change *c = plan_find_change(plan, path);
	int r;

	if (c && (c->images[0].node.kind != NODE_FILE || c->images[0].has_content))
		return 0;
	r = root_walk_nofollow(root, path, &walk, err);
	if (r >= 0)
		r = image_observe(&walk, true, &now, err);
	if (r < 0)
		return r;
	if (now.node.kind != NODE_ABSENT && !(now.node.kind == NODE_FILE && now.has_content))
		return error_set_at(err, -ESTALE, path,
				    "live-restore cannot be borrowed: '%s' is not a file", path);
	if (c)
		take_content(c, &now);
	else
		plan_add_unchanged(plan, path, &now);
	return now.node.kind == NODE_ABSENT ? add_directory(plan, root, path, err) : 0;
}

static bool has_key(const struct image *image, const char *pointer, const char *value)
{
	CLEANUP(freep) char *is = NULL;

	return image_value(image, subject_of(SCHEME_JSON, pointer), &is, NULL) >= 0 && is &&
	       (!value || strcmp(is, value) == 0);
}

/* By what is brought; or by what dockerd would refuse the last reload for (facts: no_reload), in the end. */
static char *why_not_by_end(const struct plan *plan, const struct facts *f,
			    const struct effects *effects)
{
	const struct docker_facts *d = &f->docker;
	CLEANUP(strv_clear) struct strv own = {0};
	const struct change *c = plan_find_change(plan, d->config_file);
	const struct image *after = c ? &c->images[1] : NULL;
	char *why;

	plan_own_keys(plan, f, &own);
	why = why_not_by_start(d, effects, &own);
	if (why || !after || !has_key(after, "/userland-proxy", "true") ||
	    has_key(after, "/userland-proxy-path", NULL) ||
	    (d->version && engine_version_compare(d->version, "23.0") < 0))
		return why;
	return xasprintf("dockerd would refuse the reload that takes it off again, with "
			 "\"userland-proxy\": true in '%s'",
			 d->config_file);
}

static int borrow_where_needed(struct plan *plan, const struct root *root,
			       const struct facts *facts, const struct borrowing *b,
			       const struct effects *effects, struct error *err)
{
	if (!restarts(effects) || live_at_restart(facts, effects) || !somebody_runs(facts))
		return 0;
	plan->stopped.not_borrowed =
		b->can ? why_not_by_end(plan, facts, effects) : xstrdup_null(b->why_not);
	plan->borrows = b->can && !plan->stopped.not_borrowed;
	return plan->borrows ? add_config(plan, root, facts->docker.config_file, err) : 0;
}

int compose_effects(struct plan *plan, const struct root *root, const struct facts *facts,
		    const struct borrowing *known, const struct effects *effects, struct error *err)
{
	CLEANUP(borrowing_clear) struct borrowing found = {0};
	int r;

	if (!known)
		borrowing_find(root, facts, NULL, &found);
	r = borrow_where_needed(plan, root, facts, known ? known : &found, effects, err);
	return r < 0 ? r : compose_stages(plan, facts, effects, err);
}
