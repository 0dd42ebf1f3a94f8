#include "engine/base/path.h"
#include "rollback/mover-impl.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/write/write.h"
#include "rollback/staging.h"

static bool same_time(const struct node *a, const struct node *b)
{
	return a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* Equal, and with the image's own time where it has one: then it may stand for that image. */
static bool stands_for(const struct node *n, const struct node *image)
{
	return node_equal(n, image) &&
	       (!is_staged_kind(image->kind) || image->mtime.tv_sec == 0 || same_time(n, image));
}

/*
 * As stands_for(), of what is staged: flags are given to the target when it is in its place. An
 * empty directory may be there, which was swapped out.
 */
static bool staged_for(const struct node *n, const struct node *image)
{
	struct node bare = *image; /* borrows its strings */

	bare.flags = 0;
	return (is_staged_kind(n->kind) || n->kind == NODE_DIR) && stands_for(n, &bare);
}

/* What of a node belongs to none of the change's images: "" when all of it is ours. */
static char *foreign_aspects(const struct change *c, const struct node *n)
{
	CLEANUP(freep) const struct node **known = xcalloc(c->nimages, sizeof(*known));

	for (size_t i = 0; i < c->nimages; i++)
		known[i] = &c->images[i].node;
	return node_foreign_aspects(n, known, c->nimages);
}

/*
 * The staged name to swap with: one that holds image k, else a free one, into which the image
 * is staged now.
 */
static int find_slot(const struct mover *m, const struct change *c, size_t k, char **ret,
		     struct error *err)
{
	CLEANUP(freep) char *free_slot = NULL;

	for (size_t i = 0; i < c->nimages; i++) { /* most often it is under its own name */
		CLEANUP(freep) char *slot = slot_path(m->tag, c, (k + i) % c->nimages);
		CLEANUP(spot_clear) struct spot spot = SPOT_INIT;
		int r = spot_look(m->pass, slot, true, &spot, err);

		if (r < 0)
			return r;
		if (staged_for(&spot.node, &c->images[k].node)) {
			*ret = TAKE_PTR(slot);
			return 1;
		}
		if (spot.node.kind == NODE_ABSENT && !free_slot)
			free_slot = TAKE_PTR(slot);
	}
	if (!free_slot)
		return error_set_at(err, -EEXIST, c->path, "no name is free to stage '%s'",
				    c->path);
	*ret = TAKE_PTR(free_slot);
	return 0;
}

static int ready_slot(const struct mover *m, const struct change *c, size_t k, int parent,
		      char **ret, struct error *err)
{
	int r = find_slot(m, c, k, ret, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = write_staged(parent, path_name(*ret), &c->images[k], err);
	if (r >= 0 && m->may_wait)
		return MOVE_LATE;
	return r < 0 ? r : write_sync_fs(parent, err);
}

/* The file that was taken out must be the one that was looked at; else it goes back. */
static int check_taken_out(const struct mover *m, const struct change *c, const struct spot *was,
			   const char *slot, bool exchanged, struct error *err)
{
	CLEANUP(spot_clear) struct spot out = SPOT_INIT;
	int r = spot_look(m->pass, slot, true, &out, err);

	if (r < 0)
		return r;
	if (out.node.ino == was->node.ino && out.node.dev == was->node.dev &&
	    node_equal(&out.node, &was->node) && same_time(&out.node, &was->node))
		return 0;
	r = (exchanged ? write_exchange : write_place)(was->parent, was->walk.name, path_name(slot),
						       err);
	if (r < 0)
		return r;
	return error_set_at(err, -ESTALE, c->path, "'%s' was changed by somebody else meanwhile",
			    c->path);
}

static int put_file(struct mover *m, struct change *c, size_t k, const struct spot *now,
		    struct error *err)
{
	CLEANUP(freep) char *slot = NULL;
	int r = ready_slot(m, c, k, now->parent, &slot, err);

	if (r != 0)
		return r;
	if (now->node.kind == NODE_ABSENT)
		return write_place(now->parent, now->walk.name, path_name(slot), err);
	r = write_exchange(now->parent, now->walk.name, path_name(slot), err);
	return r < 0 ? r : check_taken_out(m, c, now, slot, true, err);
}

/* Takes a file away, to a free staged name; the sweep removes it. */
static int take_file(struct mover *m, struct change *c, const struct spot *now, struct error *err)
{
	for (size_t i = 0; i < c->nimages; i++) {
		CLEANUP(freep) char *slot = slot_path(m->tag, c, i);
		CLEANUP(walk_clear) struct walk walk = WALK_INIT;
		int r = handles_walk_nofollow(m->pass, slot, &walk, err);

		if (r < 0)
			return r;
		if (walk.fd >= 0)
			continue;
		r = write_displace(now->parent, now->walk.name, path_name(slot), err);
		return r < 0 ? r : check_taken_out(m, c, now, slot, false, err);
	}
	return error_set_at(err, -EEXIST, c->path, "no name is free to take '%s' away", c->path);
}

/* Removes what is staged in a directory that is to go: the blobs hold it all. */
static int empty_directory(const struct mover *m, const char *directory, struct error *err)
{
	CLEANUP(handles_freep)
	struct handles *pass = handles_new(m->root); /* keeps the caller's open */
	CLEANUP(strv_clear) struct strv all = {0}, inside = {0};

	staged_paths(m->plan, m->tag, &all);
	for (size_t i = 0; i < all.count; i++)
		if (path_is_below(all.items[i], directory))
			strv_add(&inside, all.items[i]);
	return remove_staged(pass, &inside, err);
}

static int take_directory(struct mover *m, struct change *c, const struct spot *now,
			  struct error *err)
{
	struct error why = {0};
	int r = empty_directory(m, c->path, err);

	if (r < 0)
		return r;
	r = write_rmdir(now->parent, now->walk.name, &why);
	if (r == -ENOTEMPTY || r == -EEXIST) {
		strv_addf(&m->notes, "'%s' stays: others have put files there", c->path);
		error_clear(&why);
		return 0;
	}
	error_move(err, &why);
	return r;
}

/*
 * Makes a directory beside its place and moves it there when it has its attributes: recovery would
 * take a half-made one for somebody else's.
 */
static int put_directory(struct mover *m, struct change *c, size_t k, const struct spot *now,
			 struct error *err)
{
	CLEANUP(freep) char *slot = slot_path(m->tag, c, 0);
	int r = write_unlink(now->parent, path_name(slot), err);

	if (r >= 0)
		r = write_mkdir(now->parent, path_name(slot), &c->images[k].node, err);
	if (r < 0)
		return r;
	return write_place(now->parent, now->walk.name, path_name(slot), err);
}

static int replace_by_kind(struct mover *m, struct change *c, size_t k, const struct spot *now,
			   struct error *err)
{
	const struct node *want = &c->images[k].node;

	if (now->parent < 0) /* taken away by somebody: his to decide, as for the file itself */
		return error_set_at(err, -ESTALE, c->path, "the directory of '%s' is gone",
				    c->path);
	/* a socket could be swapped out, too, but never be put back */
	if (is_staged_kind(want->kind) && now->node.kind != NODE_SOCKET)
		return put_file(m, c, k, now, err);
	if (want->kind == NODE_DIR && is_staged_kind(now->node.kind)) /* only by that same swap */
		return put_file(m, c, k, now, err);
	if (want->kind == NODE_DIR && now->node.kind == NODE_ABSENT)
		return put_directory(m, c, k, now, err);
	if (want->kind == NODE_ABSENT && now->node.kind == NODE_DIR)
		return take_directory(m, c, now, err);
	if (want->kind == NODE_ABSENT && is_staged_kind(now->node.kind))
		return take_file(m, c, now, err);
	return error_set_at(err, -EINVAL, c->path, "cannot turn '%s' from %s into %s", c->path,
			    node_kind_phrase(now->node.kind), node_kind_phrase(want->kind));
}

/* What is a plain file before and after leads nowhere: only then the way to other paths is as it was. */
static bool leads_nowhere(enum node_kind kind)
{
	return kind == NODE_FILE || kind == NODE_ABSENT;
}

static int replace(struct mover *m, struct change *c, size_t k, const struct spot *now,
		   struct error *err)
{
	int r = replace_by_kind(m, c, k, now, err);

	if (!leads_nowhere(now->node.kind) || !leads_nowhere(c->images[k].node.kind))
		handles_forget(m->pass);
	return r;
}

static bool same_content(const struct node *now, const struct node *want)
{
	return now->kind == want->kind &&
	       (!now->data || !want->data || strcmp(now->data, want->data) == 0);
}

/* Whether somebody else than root could have put a file there. */
static bool is_shared_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || (st.st_uid != 0 && st.st_uid != geteuid()) ||
	       st.st_mode & (S_IWGRP | S_IWOTH);
}

/*
 * Attributes are changed in place, so the file must be the one that the plan is about, and not
 * another one that somebody linked there and that looks the same. A journal does not know the
 * inode: then a further name in a directory that others can write is enough to refuse.
 */
static bool is_planned_file(const struct change *c, const struct spot *now)
{
	const struct node *planned = &c->images[0].node;

	if (now->node.kind != NODE_FILE)
		return true;
	if (planned->ino)
		return now->node.ino == planned->ino && now->node.dev == planned->dev;
	return now->node.nlink == 1 || !is_shared_directory(now->parent);
}

/* Sets the flags of what was just put in order, if it still is what was put there. */
static int move_flags(struct mover *m, struct change *c, const struct node *want, struct error *err)
{
	CLEANUP(spot_clear) struct spot now = SPOT_INIT;
	unsigned flags;
	int r = spot_look(m->pass, c->path, change_replaces(c), &now, err);

	if (r < 0)
		return r;
	flags = now.node.flags;
	now.node.flags = want->flags;
	if (!node_equal(&now.node, want))
		return error_set_at(err, -ESTALE, c->path,
				    "'%s' was changed by somebody else meanwhile", c->path);
	return flags == want->flags ? 0 : write_flags(now.walk.fd, want->flags, err);
}

/* A run that was broken off may have used all names for the images of this path: the blobs hold them. */
static int free_names(const struct mover *m, const struct change *c, struct error *err)
{
	for (size_t i = 0; i < c->nimages; i++) {
		CLEANUP(freep) char *slot = slot_path(m->tag, c, i);
		CLEANUP(spot_clear) struct spot spot = SPOT_INIT;
		size_t k = 0;
		int r = spot_look(m->pass, slot, true, &spot, err);

		if (r < 0)
			return r;
		if (spot.node.kind != NODE_FILE)
			continue;
		while (k < c->nimages && !same_content(&spot.node, &c->images[k].node))
			k++;
		r = k < c->nimages ? write_unlink(spot.parent, path_name(slot), err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Image k with the rights that others gave the file; those are as good as its own for this move. */
static int put_beside_rights(struct mover *m, struct change *c, size_t k, const struct spot *now,
			     struct error *err)
{
	struct node *want = &c->images[k].node, own = {0};
	bool may_wait = m->may_wait;
	int r;

	if (want->kind == NODE_FILE && same_content(&now->node, want))
		return 0;
	node_copy(&own, want);
	if (want->kind == NODE_FILE) {
		want->mode = now->node.mode;
		want->uid = now->node.uid;
		want->gid = now->node.gid;
		str_replace(&want->acl, now->node.acl);
	}
	r = free_names(m, c, err);
	m->may_wait = false; /* its name would be freed once more */
	if (r >= 0)
		r = replace(m, c, k, now, err);
	m->may_wait = may_wait;
	node_clear(want);
	*want = own;
	return r;
}

bool goes_beside(const struct change *c, size_t k, const struct node *now)
{
	enum node_kind want = c->images[k].node.kind;

	return change_replaces(c) && now->kind == NODE_FILE && leads_nowhere(want) && !now->flags &&
	       only_rights(c, now);
}

char *foreign_to(const struct change *c, size_t k, const struct node *now)
{
	const struct node *want = &c->images[k].node;

	if (change_replaces(c) ? stands_for(now, want) : node_equal(now, want))
		return NULL;
	return foreign_aspects(c, now);
}

/*
 * What others did to a path stays, unless a person said so and it is only about rights: then what is
 * ours in the file goes back beside them, and with a file that is all ours they go.
 */
static int move_beside(struct mover *m, struct change *c, size_t k, const struct spot *now,
		       const char *foreign, struct error *err)
{
	enum node_kind want = c->images[k].node.kind;

	if (!m->keep_foreign || !goes_beside(c, k, &now->node))
		return error_set_at(err, -ESTALE, c->path, "'%s' was changed by somebody else: %s",
				    c->path, foreign);
	m->met_foreign = true;
	if (want == NODE_FILE) {
		CLEANUP(freep)
		char *note =
			xasprintf("'%s' keeps what somebody else gave it: %s", c->path, foreign);

		strv_add_once(&m->notes, note);
	}
	return put_beside_rights(m, c, k, now, err);
}

int move_path(struct mover *m, struct change *c, size_t k, struct error *err)
{
	const struct node *want = &c->images[k].node;
	CLEANUP(spot_clear) struct spot now = SPOT_INIT;
	CLEANUP(freep) char *foreign = NULL;
	int r = spot_look(m->pass, c->path, change_replaces(c), &now, err);

	if (r < 0)
		return r;
	foreign = foreign_to(c, k, &now.node);
	if (!foreign)
		return 0;
	if (*foreign)
		return move_beside(m, c, k, &now, foreign, err);
	if (!change_replaces(c) && !is_planned_file(c, &now))
		return error_set_at(err, -ESTALE, c->path,
				    "'%s' is another file than the one planned", c->path);
	if (now.node.flags) {
		r = write_flags(now.walk.fd, 0, err);
		now.node.flags = 0;
	}
	/* a directory that is there is never exchanged, also when it came by an earlier stage */
	if (r >= 0 && same_content(&now.node, want) &&
	    (!change_replaces(c) || want->kind == NODE_DIR))
		r = write_attributes(now.walk.fd, want, err);
	else if (r >= 0)
		r = replace(m, c, k, &now, err);
	return r != 0 || !want->flags ? r : move_flags(m, c, want, err);
}
