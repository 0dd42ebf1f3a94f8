#pragma once

/*
 * A view over plain data, for the tests of modules: nodes, contents, links, values. Edits and
 * effects of a delta can be laid over it, as the planner does it, so that a second diff shows
 * whether a module converges. fake_view_clear() releases everything, the facts included.
 */

#include "engine/model/delta.h"
#include "engine/model/module.h"
#include "engine/model/view.h"

struct fake_entry {
	char *path;
	struct node node;
	struct buf content;
	int content_error; /* negative errno: what reading it answers */
	char *link; /* where the name leads to; NULL: it is not a link */
};

struct fake_value {
	char *subject, *value;
	int error; /* negative errno: what asking for it answers */
};

struct fake_view {
	struct view view;
	struct facts facts;
	struct fake_entry *entries;
	size_t nentries;
	struct fake_value *values;
	size_t nvalues;
	int children_error; /* negative errno: what listing any directory answers */
};

void fake_view_init(struct fake_view *f);
void fake_view_clear(struct fake_view *f);

/*
 * Owned by root; directories above are not made. The returned node may be changed, until the next
 * call.
 */
struct node *fake_file(struct fake_view *f, const char *path, mode_t mode, const char *content);
struct node *fake_dir(struct fake_view *f, const char *path, mode_t mode);
struct node *fake_node(struct fake_view *f, const char *path, enum node_kind kind, mode_t mode);
void fake_link(struct fake_view *f, const char *path, const char *target);
void fake_unreadable(struct fake_view *f, const char *path, int error);
void fake_value(struct fake_view *f, const char *subject, const char *value);

struct node *fake_find(struct fake_view *f, const char *path);
const char *fake_content(struct fake_view *f, const char *path); /* NULL: not there */

/* Lays the delta's edits and effects over the view. */
void fake_apply(struct fake_view *f, const struct delta *d);

/* Runs a diff into an empty delta; fails the test when it is an error. */
void fake_diff(struct fake_view *f, const struct module *m, const void *desired, struct delta *ret);

/*
 * Applies the delta and diffs again: nothing may be left to do, and the first delta must hold
 * what it did before. ret_again (may be NULL) gets the second delta.
 */
void fake_converges(struct fake_view *f, const struct module *m, const void *desired,
		    const struct delta *d, struct delta *ret_again);

/* The edit or effect of that path (NULL: any) and subject, or NULL. */
const struct edit *find_edit(const struct delta *d, const char *path, const char *subject);
const struct effect *find_effect(const struct delta *d, const char *subject);

/* Fails unless there is such an edit that leaves this value (NULL: takes it away). */
void assert_edit(const struct delta *d, const char *path, const char *subject, const char *after);
void assert_verdict(const struct delta *d, enum verdict v);
