#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "engine/plan/compose.h"
#include "rollback/broken.h"
#include "rollback/loosened.h"
#include "rollback/revert-impl.h"

/*
 * One path of a rollback: what each control did there is taken out of the chain of all that was
 * applied to it, and what others made of it since stays or goes as the person decided.
 */

/* One path of the rollback. */
struct path {
	struct reversal *v;
	const struct change *was; /* in the transaction; NULL: only a rollback of it came here */
	struct chain chain;
	struct strv controls; /* toggled, with edits here: the last first */
	struct subjects subjects; /* of their edits */
	struct change change; /* as planned */
	bool elsewhere; /* another directory is there now than the one that was changed */
};

static void path_clear(struct path *p)
{
	chain_clear(&p->chain);
	strv_clear(&p->controls);
	subjects_clear(&p->subjects);
	change_clear(&p->change);
}

static void find_parts(struct path *p)
{
	const struct edits *edits = &p->was->edits;

	for (size_t i = edits->count; i-- > 0;) {
		if (!reversal_concerns(p->v, edits->items[i].control))
			continue;
		strv_add_once(&p->controls, edits->items[i].control);
		subjects_add_once(&p->subjects, edits->items[i].subject);
	}
}

/* An overlay gives a directory another inode whenever it looks at it anew. */
static bool keeps_inodes(const struct path *p)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	struct statfs fs;

	return root_walk_nofollow(p->v->root, p->chain.path, &walk, NULL) >= 0 && walk.fd >= 0 &&
	       fstatfs(walk.fd, &fs) == 0 && fs.f_type != OVERLAYFS_SUPER_MAGIC;
}

/* As where a file system is mounted, or no more: its rights are not those that we changed. */
static bool is_other_directory(const struct path *p)
{
	const struct node *was = &p->was->images[0].node, *now = &p->change.images[0].node;

	return was->kind == NODE_DIR && now->kind == NODE_DIR && was->was_ino && now->ino &&
	       was->was_ino != now->ino && keeps_inodes(p);
}

/* What is there now; *ret_why, the caller's: it cannot be told value by value, and why. */
static int look(struct path *p, char **ret_why, struct error *err)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	int r;

	for (size_t i = 0; i < p->was->edits.count; i++)
		if (reversal_concerns(p->v, p->was->edits.items[i].control))
			edit_copy(array_append(&edits.items, &edits.count, sizeof(struct edit)),
				  &p->was->edits.items[i]);
	r = broken_look(p->v->root, p->chain.path, &p->chain.expected, &edits,
			chain_has_content(&p->chain), &p->change.images[0], ret_why, err);
	p->elsewhere = r >= 0 && !*ret_why && is_other_directory(p);
	if (p->elsewhere)
		*ret_why = xasprintf("'%s' is another directory than the one that was changed (a "
				     "file system was mounted or unmounted there, or it was made "
				     "anew): its rights stay as they are",
				     p->chain.path);
	return r;
}

static bool has_content_part(const struct path *p)
{
	for (size_t i = 0; i < p->subjects.count; i++)
		if (subject_is_content(p->subjects.items[i]))
			return true;
	return false;
}

/* Nobody empties a file value by value: what comes back is held against it as a whole. */
static int look_emptied(struct path *p, char **ret_why, struct error *err)
{
	const struct undoing more = {p->v->undoing.of, &p->controls};
	CLEANUP(image_clear) struct image target = {0};
	int r;

	if (*ret_why || !has_content_part(p))
		return 0;
	r = chain_replay(&p->chain, &more, NULL, &target, err);
	if (r >= 0)
		*ret_why = broken_emptied(p->chain.path, &p->chain.expected, &p->change.images[0],
					  &target);
	return r;
}

static bool is_sensitive(const struct path *p, struct subject subject)
{
	const struct edits *edits = &p->was->edits;

	for (size_t i = 0; i < edits->count; i++)
		if (subject_equal(edits->items[i].subject, subject) && edits->items[i].sensitive)
			return true;
	return false;
}

static bool has_conflict(const struct follow *f, const struct image_conflict *c)
{
	for (size_t i = 0; i < f->nconflicts; i++)
		if (subject_equal(f->conflicts[i].subject, c->subject) &&
		    strcmp_null(f->conflicts[i].before, c->before) == 0 &&
		    strcmp_null(f->conflicts[i].now, c->now) == 0)
			return true;
	return false;
}

/* Mode and access lists are the rights of one path, whichever of them we changed. */
static bool is_about(const struct path *p, struct subject subject)
{
	static const enum scheme rights[] = {SCHEME_MODE, SCHEME_ACL, SCHEME_DEFAULT_ACL};
	bool right = false, ours = false;

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		right |= subject.scheme == rights[i];
		ours |= subjects_contain(&p->subjects, subject_path(rights[i]));
	}
	return subjects_contain(&p->subjects, subject) || (right && ours);
}

/* What harden left there may be of no apply, where one below another was undone: then what this one had applied is told. */
static const char *applied_value(const struct path *p, const struct image_conflict *c)
{
	const struct transaction_summary *of;
	const struct edit *e =
		loosened_newest(&p->v->history, p->chain.path, c->subject, NULL, &of);

	return e && loosened(c->subject, c->applied, e->after) ? e->after : c->applied;
}

/* Only what this rollback is about; what others did beside it, and earlier, is not asked again. */
static void report_conflicts(struct path *p, const struct follow *f, const struct follow *settled)
{
	for (size_t i = 0; i < f->nconflicts; i++) {
		const struct image_conflict *c = &f->conflicts[i];
		CLEANUP(freep) char *subject = subject_print(c->subject);
		bool whole = c->subject.scheme == SCHEME_EXISTS;
		bool hidden = is_sensitive(p, c->subject);
		CLEANUP(freep) char *was = shown_value(c->subject, hidden, c->before);
		CLEANUP(freep) char *applied = shown_value(c->subject, hidden, applied_value(p, c));
		CLEANUP(freep) char *now = shown_value(c->subject, hidden, c->now);

		if (whole ? has_conflict(settled, c) : !is_about(p, c->subject))
			continue;
		strv_addf(p->v->conflicts, "'%s' %s: before %s, applied %s, now %s", p->chain.path,
			  whole ? "is" : subject, was, applied, now);
	}
}

static int replay(struct path *p, const struct strv *controls, struct follow *f, struct image *ret,
		  struct error *err)
{
	const struct undoing more = {p->v->undoing.of, controls};

	f->subjects = &p->chain.subjects;
	f->ours_first = p->v->on_conflict == CONFLICT_BEFORE ? &p->subjects : NULL;
	return chain_replay(&p->chain, &more, f, ret, err);
}

/* The edits of one control: from the image so far to the one without its part. */
static int add_edits(struct path *p, const char *control, const struct image *from,
		     const struct image *to, struct error *err)
{
	for (size_t i = 0; i < p->was->edits.count; i++) {
		const struct edit *e = &p->was->edits.items[i];
		CLEANUP(freep) char *before = NULL, *after = NULL;
		int r;

		if (strcmp_null(e->control, control) != 0)
			continue;
		r = image_value(from, e->subject, &before, err);
		if (r >= 0)
			r = image_value(to, e->subject, &after, err);
		if (r < 0)
			return r;
		if (!image_value_same(e->subject, before, after) &&
		    !edits_have(&p->change.edits, control, e->subject))
			edits_add(&p->change.edits, control, p->chain.path, e->subject, before,
				  after)
				->sensitive = is_sensitive(p, e->subject);
	}
	return 0;
}

/* One control after the other, so that each change is told as its own. */
static int undo_parts(struct path *p, struct error *err)
{
	CLEANUP(strv_clear) struct strv done = {0};
	CLEANUP(follow_clear) struct follow settled = {.subjects = &p->chain.subjects};
	CLEANUP(image_clear) struct image standing = {0};
	struct image *last = &p->change.images[1];
	int r = chain_replay(&p->chain, NULL, &settled, &standing, err);

	image_copy(last, &p->chain.expected);
	for (size_t i = 0; i < p->controls.count && r >= 0; i++) {
		CLEANUP(follow_clear) struct follow f = {0};
		CLEANUP(image_clear) struct image next = {0};

		strv_add(&done, p->controls.items[i]);
		r = replay(p, &done, &f, &next, err);
		if (r >= 0 && i + 1 == p->controls.count &&
		    !p->v->again) /* told from what is there now */
			report_conflicts(p, &f, &settled);
		if (r >= 0)
			r = add_edits(p, p->controls.items[i], last, &next, err);
		if (r >= 0)
			image_copy(last, &next);
	}
	return r;
}

static void keep_change(struct path *p)
{
	struct change *slot;

	if (image_equal(&p->change.images[0], &p->change.images[1]))
		return;
	slot = plan_add_change(p->v->plan, p->chain.path);
	change_clear(slot);
	*slot = p->change;
	p->change = (struct change){0};
}

/* Nothing is there, and nothing of ours was in it but attributes: as undone as it can be. */
static bool is_settled(const struct path *p)
{
	const struct image *target = &p->change.images[1], *expected = &p->chain.expected;

	return p->change.images[0].node.kind == NODE_ABSENT &&
	       (target->node.kind == NODE_ABSENT ||
		(target->node.kind == expected->node.kind &&
		 strcmp_null(target->node.data, expected->node.data) == 0));
}

/* A path without values to compare: the person who undoes decides about it as a whole. */
static int revert_broken(struct path *p, const char *why, struct error *err)
{
	struct image *now = &p->change.images[0], *target = &p->change.images[1];
	bool settled = is_settled(p) || (p->v->again && broken_lacks_content(now, target));

	/* what cannot be read may be as it was: nobody is said to have changed it */
	if (now->node.kind == NODE_UNKNOWN && !broken_is_led_away(now->node.error) &&
	    p->v->on_conflict != CONFLICT_KEEP)
		return error_set(err, now->node.error, "%s; --on-conflict keep leaves it as it is",
				 why);
	if (!settled)
		strv_add(p->v->conflicts, why);
	if (!settled && p->v->on_conflict == CONFLICT_BEFORE && !p->elsewhere)
		return broken_check_replaceable(p->v->root, p->chain.path, now, target, err);
	if (!settled && p->v->on_conflict == CONFLICT_STOP && !p->elsewhere && !p->v->obstacle.text)
		broken_check_replaceable(p->v->root, p->chain.path, now, target, &p->v->obstacle);
	if (!settled)
		strv_add(&p->v->kept, p->chain.path);
	image_copy(target, now);
	return settled ? revert_renamed(p->v, p->chain.path, &p->chain.expected, err) : 0;
}

static void begin_path(struct path *p)
{
	p->change = (struct change){.path = xstrdup(p->was->path), .nimages = 2};
	p->change.images = xcalloc(2, sizeof(*p->change.images));
}

int revert_path(struct reversal *v, const struct change *was, struct error *err)
{
	CLEANUP(path_clear) struct path p = {.v = v, .was = was};
	CLEANUP(freep) char *why = NULL;
	int r;

	find_parts(&p);
	if (p.controls.count == 0)
		return 0;
	begin_path(&p);
	r = chain_open(&v->history, was->path, &p.chain, err);
	if (r >= 0)
		r = look(&p, &why, err);
	if (r >= 0)
		r = look_emptied(&p, &why, err);
	if (r >= 0 && !why && !v->again)
		chain_add_now(&p.chain, &p.change.images[0]);
	if (r >= 0)
		r = undo_parts(&p, err);
	if (r >= 0 && !why)
		r = v->again ? revert_recorded(v, was, &p.change, err)
			     : revert_path_stays(v, &p.chain, was, &p.change, err);
	if (r >= 0 && why)
		r = revert_broken(&p, why, err);
	if (r >= 0 && !why)
		r = revert_members(v, &p.change, err);
	if (r >= 0 && !why)
		revert_loosened(v, &p.change, &p.controls);
	if (r >= 0)
		keep_change(&p);
	return r;
}

/* Whether nothing is in the directory but what the rollback takes away. */
static bool becomes_empty(const struct reversal *v, const char *path)
{
	CLEANUP(strv_clear) struct strv names = {0};

	if (observe_children(v->root, path, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *child = xasprintf("%s/%s", path, names.items[i]);
		const struct change *c = plan_find_change(v->plan, child);

		if (!c || c->images[1].node.kind != NODE_ABSENT)
			return false;
	}
	return true;
}

/*
 * Whether it is one of ours, which a rollback had to leave: found once a path, however many transactions
 * made it and took it away.
 */
static int is_left_directory(struct reversal *v, const char *path, struct error *err)
{
	static char ours, others;
	CLEANUP(chain_clear) struct chain chain = {0};
	const void *known = map_get(&v->directories, path);
	bool left;
	int r;

	if (known)
		return known == &ours;
	r = chain_open(&v->history, path, &chain, err);
	if (r < 0)
		return r;
	left = (chain.made_directory || v->again) && chain.expected.node.kind == NODE_ABSENT;
	map_put(&v->directories, path, left ? &ours : &others);
	return left;
}

int revert_directory(struct reversal *v, const struct change *was, struct error *err)
{
	CLEANUP(path_clear) struct path p = {.v = v, .was = was};
	CLEANUP(freep) char *why = NULL;
	int r = is_left_directory(v, was->path, err);

	if (r <= 0 || plan_find_change(v->plan, was->path) || !becomes_empty(v, was->path))
		return r < 0 ? r : 0;
	begin_path(&p);
	r = chain_open(&v->history, was->path, &p.chain, err);
	if (r >= 0)
		r = look(&p, &why, err);
	if (r < 0 || p.change.images[0].node.kind != NODE_DIR)
		return r;
	edits_add(&p.change.edits, was->edits.count ? was->edits.items[0].control : NULL, was->path,
		  subject_path(SCHEME_EXISTS), "dir", NULL);
	keep_change(&p);
	return 0;
}
