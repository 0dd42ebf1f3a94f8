#include "engine/plan/image-follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/format/value-merge.h"
#include "engine/plan/rights.h"

void follow_clear(struct follow *f)
{
	for (size_t i = 0; i < f->nconflicts; i++) {
		subject_clear(&f->conflicts[i].subject);
		free(f->conflicts[i].before);
		free(f->conflicts[i].applied);
		free(f->conflicts[i].now);
	}
	free(f->conflicts);
	*f = (struct follow){0};
}

static bool is_rights(enum scheme s)
{
	return s == SCHEME_MODE || s == SCHEME_ACL || s == SCHEME_DEFAULT_ACL;
}

static bool is_attribute(enum scheme s)
{
	return is_rights(s) || s == SCHEME_OWNER || s == SCHEME_GROUP;
}

static int set_value(struct image *image, const char *path, struct subject subject,
		     const char *value, struct error *err)
{
	CLEANUP(edits_clear) struct edits one = {0};
	CLEANUP(freep) char *printed = subject_print(subject);

	if (value && secret_is_digest(value))
		return error_set_at(err, -ENODATA, path,
				    "'%s' of '%s' is a secret that harden has not kept", printed,
				    path ? path : "");
	return image_apply_edit(image, edits_add(&one, NULL, path, subject, NULL, value), err);
}

int image_follow_edit(struct image *image, const struct edit *edit, struct error *err)
{
	CLEANUP(freep) char *now = NULL, *merged = NULL;
	int r;

	if (image->node.kind == NODE_ABSENT && is_attribute(edit->subject.scheme))
		return 0;
	if (is_rights(edit->subject.scheme)) {
		rights_edit(edit, &image->node);
		return 0;
	}
	r = image_value(image, edit->subject, &now, err);
	if (r < 0)
		return r;
	if (value_merge(edit->subject, edit->before, edit->after, now, &merged) != 0)
		str_replace(&merged, edit->after);
	if (image_value_same(edit->subject, now, merged))
		return 0;
	return set_value(image, edit->path, edit->subject, merged, err);
}

/* What stands there is told in words of its own; the caller frees it. */
static char *kind_value(const struct image *image)
{
	CLEANUP(freep) char *is = node_describe(&image->node);

	return image->node.kind == NODE_ABSENT ? NULL : xasprintf("(%s)", is);
}

/* Whether ours is to be taken. */
static bool conflict(struct follow *f, struct subject subject, const char *before,
		     const char *applied, const char *now)
{
	struct image_conflict *c = array_append(&f->conflicts, &f->nconflicts, sizeof(*c));

	c->subject = subject_copy(subject);
	c->before = xstrdup_null(before);
	c->applied = xstrdup_null(applied);
	c->now = xstrdup_null(now);
	return f->ours_first && (subjects_contain(f->ours_first, subject) ||
				 (subject.scheme == SCHEME_EXISTS && f->ours_first->count));
}

/* Of the path as a whole; `now` NULL: what kind of thing is there. */
static bool conflict_whole(struct follow *f, const struct image *base, const struct image *other,
			   const struct image *ours, const char *now)
{
	CLEANUP(freep) char *mine = kind_value(ours), *was = kind_value(base);
	CLEANUP(freep) char *is = now ? xstrdup(now) : kind_value(other);

	return conflict(f, subject_path(SCHEME_EXISTS), mine, was, is);
}

/* One content subject of the result, which has their bytes so far. -EBADMSG: cannot be read. */
static int merge_subject(const struct image *base, const struct image *other,
			 const struct image *ours, struct subject subject, struct image *result,
			 struct follow *f, struct error *err)
{
	CLEANUP(freep) char *was = NULL, *theirs = NULL, *mine = NULL, *merged = NULL;
	int r = image_value(base, subject, &was, err);

	if (r >= 0)
		r = image_value(ours, subject, &mine, err);
	if (r >= 0 && image_value_same(subject, was, mine))
		return 0;
	if (r >= 0)
		r = image_value(other, subject, &theirs, err);
	if (r < 0)
		return r;
	if (value_merge(subject, was, mine, theirs, &merged) != 0)
		str_replace(&merged, conflict(f, subject, mine, was, theirs) ? mine : theirs);
	return image_value_same(subject, theirs, merged)
		       ? 0
		       : set_value(result, NULL, subject, merged, err);
}

static void merge_id(enum scheme scheme, unsigned base, unsigned *result, unsigned ours,
		     struct follow *f)
{
	CLEANUP(freep) char *was = xasprintf("%u", base), *now = xasprintf("%u", *result);
	CLEANUP(freep) char *mine = xasprintf("%u", ours);

	if (ours == base || ours == *result)
		return;
	if (*result == base || conflict(f, subject_path(scheme), mine, was, now))
		*result = ours;
}

/* The list tells all rights where there is one; else the mode does. */
static char *rights_value(const struct node *n)
{
	CLEANUP(freep) char *mode = xasprintf("%04o", (unsigned)n->mode & 07777);

	if (!n->acl && !n->default_acl)
		return TAKE_PTR(mode);
	return xasprintf("%s %s%s%s", mode, n->acl ? n->acl : "", n->default_acl ? " default " : "",
			 n->default_acl ? n->default_acl : "");
}

/* Whose they are is part of what they say, where that changed. */
static char *rights_told(const struct node *n, const struct node *other)
{
	CLEANUP(freep) char *value = rights_value(n);

	if (n->uid == other->uid && n->gid == other->gid)
		return TAKE_PTR(value);
	return xasprintf("%s of %u:%u", value, (unsigned)n->uid, (unsigned)n->gid);
}

/* Which of our edits it is about, for the person who decides. */
static struct subject rights_subject(const struct follow *f, const struct node *ours)
{
	static const enum scheme rights[] = {SCHEME_ACL, SCHEME_DEFAULT_ACL, SCHEME_MODE};

	for (size_t i = 0; f->ours_first && i < ARRAY_SIZE(rights); i++)
		if (subjects_contain(f->ours_first, subject_path(rights[i])))
			return subject_path(rights[i]);
	return subject_path(ours->acl           ? SCHEME_ACL
			    : ours->default_acl ? SCHEME_DEFAULT_ACL
						: SCHEME_MODE);
}

static void merge_rights(const struct image *base, const struct image *ours, struct image *result,
			 struct follow *f)
{
	const struct node *mine = &ours->node, *theirs = &result->node;
	CLEANUP(freep) char *before = rights_value(mine), *was = rights_told(&base->node, theirs);
	CLEANUP(freep) char *now = rights_told(theirs, &base->node);
	CLEANUP(node_clear) struct node rights = {0};

	node_copy(&rights, mine);
	if (rights_follow(&base->node, theirs, &rights, false)) {
		bool first = conflict(f, rights_subject(f, mine), before, was, now);

		/* what is in conflict is one value: kept, none of ours returns beside it */
		node_copy(&rights, first ? mine : theirs);
		if (first)
			rights_follow(&base->node, theirs, &rights, true);
	}
	result->node.mode = rights.mode;
	str_replace(&result->node.acl, rights.acl);
	str_replace(&result->node.default_acl, rights.default_acl);
}

static void merge_attributes(const struct image *base, const struct image *ours,
			     struct image *result, struct follow *f)
{
	merge_rights(base, ours, result, f);
	merge_id(SCHEME_OWNER, base->node.uid, &result->node.uid, ours->node.uid, f);
	merge_id(SCHEME_GROUP, base->node.gid, &result->node.gid, ours->node.gid, f);
}

static bool same_content(const struct image *a, const struct image *b)
{
	return a->node.kind == NODE_FILE && b->node.kind == NODE_FILE && a->has_content &&
	       b->has_content && buf_equal(&a->content, &b->content);
}

/* What text of theirs cannot be read is theirs as a whole; and where we changed none, all is. */
static int merge_content(const struct image *base, const struct image *other,
			 const struct image *ours, struct image *result, struct follow *f,
			 struct error *err)
{
	struct error why = {0};
	int r = 0;

	if (same_content(base, ours))
		return 0;
	for (size_t i = 0; f->subjects && i < f->subjects->count && r >= 0; i++)
		r = merge_subject(base, other, ours, f->subjects->items[i], result, f, &why);
	for (size_t i = 0; f->subjects && i < f->subjects->count && r >= 0; i++)
		r = image_drop_empty(base, ours, f->subjects->items[i], result, &why);
	if (r < 0 && r != -ENODATA && r != -ENOMEM) {
		if (conflict_whole(f, base, other, ours, error_text(&why)))
			image_copy(result, ours);
		else
			image_copy(result, other);
		error_clear(&why);
		return 0;
	}
	error_move(err, &why);
	return r;
}

/* They took it away: of what differs in ours, content is in conflict where it is there. */
static int follow_removal(const struct image *base, struct image *ours, struct follow *f,
			  struct error *err)
{
	bool mine = false;

	for (size_t i = 0; f->subjects && i < f->subjects->count; i++) {
		struct subject subject = f->subjects->items[i];
		CLEANUP(freep) char *was = NULL, *value = NULL;
		int r = image_value(base, subject, &was, err);

		if (r >= 0)
			r = image_value(ours, subject, &value, err);
		if (r < 0)
			return r;
		if (value && !image_value_same(subject, was, value))
			mine |= conflict(f, subject, value, was, NULL);
	}
	if (base->node.kind == NODE_SYMLINK && ours->node.kind == NODE_SYMLINK)
		mine |= conflict(f, subject_path(SCHEME_LINK), ours->node.data, base->node.data,
				 NULL);
	if (!mine)
		image_clear(ours);
	return 0;
}

/* Another kind of thing is there, or something where we left nothing. */
static void follow_other_kind(const struct image *base, const struct image *other,
			      struct image *ours, struct follow *f)
{
	bool agree = ours->node.kind == other->node.kind || ours->node.kind == NODE_ABSENT;

	if (agree || !conflict_whole(f, base, other, ours, NULL))
		image_copy(ours, other);
}

static void follow_link(const struct image *base, const struct image *other, struct image *ours,
			struct follow *f)
{
	bool both = strcmp_null(base->node.data, other->node.data) != 0 &&
		    strcmp_null(ours->node.data, other->node.data) != 0;

	if (ours->node.kind == NODE_ABSENT ? strcmp_null(base->node.data, other->node.data) == 0
					   : !both)
		return;
	if (!conflict(f, subject_path(SCHEME_LINK),
		      ours->node.kind == NODE_SYMLINK ? ours->node.data : NULL, base->node.data,
		      other->node.data))
		image_copy(ours, other);
}

static int follow_same_kind(const struct image *base, const struct image *other, struct image *ours,
			    struct follow *f, struct error *err)
{
	struct image result = {0};
	int r = 0;

	image_copy(&result, other);
	if (result.node.kind == NODE_FILE)
		r = merge_content(base, other, ours, &result, f, err);
	if (r >= 0 && ours->node.kind == other->node.kind)
		merge_attributes(base, ours, &result, f);
	/* a file or directory that only we made, and that has nothing of theirs, goes again */
	if (r >= 0 && ours->node.kind == NODE_ABSENT &&
	    (result.node.kind == NODE_DIR || image_is_blank(&result)))
		image_clear(&result);
	if (r >= 0)
		image_copy(ours, &result);
	image_clear(&result);
	return r;
}

/* A file that is the same but for its time, such as one that was written anew. */
static void follow_time(const struct image *other, struct image *ours)
{
	if (ours->node.kind == NODE_FILE && other->node.kind == NODE_FILE &&
	    strcmp_null(ours->node.data, other->node.data) == 0)
		ours->node.mtime = other->node.mtime;
}

int image_follow(const struct image *base, const struct image *other, struct image *ours,
		 struct follow *f, struct error *err)
{
	enum node_kind was = base->node.kind, is = other->node.kind, mine = ours->node.kind;

	if (image_equal(base, other)) {
		follow_time(other, ours);
		return 0;
	}
	if (image_equal(base, ours)) {
		image_copy(ours, other);
		return 0;
	}
	if (is == NODE_ABSENT)
		return mine == NODE_ABSENT ? 0 : follow_removal(base, ours, f, err);
	if (was != is || (mine != is && mine != NODE_ABSENT)) {
		follow_other_kind(base, other, ours, f);
		return 0;
	}
	if (is == NODE_SYMLINK) {
		follow_link(base, other, ours, f);
		return 0;
	}
	return follow_same_kind(base, other, ours, f, err);
}
