/* What two transactions left behind, by the ledger alone. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/image.h"
#include "rollback/chain.h"
#include "rollback/compared.h"

/* From the one to the other, in the order in which they were done. */
struct range {
	const struct history *h;
	const struct transaction_summary *ends[2]; /* with contents, as the items may be without */
	size_t at[2]; /* their places in the history */
	size_t from, to;
};

static bool counts(const struct range *r, size_t i)
{
	return i == r->at[0] || i == r->at[1] || history_counts(r->h, &r->h->items[i]);
}

static const struct plan *plan_at(const struct range *r, size_t i)
{
	for (size_t k = 0; k < 2; k++)
		if (i == r->at[k])
			return &r->ends[k]->plan;
	return &r->h->items[i].plan;
}

/* Each once, sorted. */
static void find_paths(const struct range *r, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv all = {0};

	for (size_t i = r->from; i <= r->to; i++)
		for (size_t k = 0; counts(r, i) && k < plan_at(r, i)->nchanges; k++)
			strv_add(&all, plan_at(r, i)->changes[k].path);
	strv_sort(&all);
	for (size_t i = 0; i < all.count; i++)
		if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
			strv_add(ret, all.items[i]);
}

/* Borrows. */
static void find_edits(const struct range *r, const char *path, struct edits *ret)
{
	for (size_t i = r->from; i <= r->to; i++) {
		const struct change *c =
			counts(r, i) ? plan_find_change(plan_at(r, i), path) : NULL;

		for (size_t k = 0; c && k < c->edits.count; k++)
			*(struct edit *)array_append(&ret->items, &ret->count,
						     sizeof(struct edit)) = c->edits.items[k];
	}
}

/* Whether it is decided what the transaction left; else why not. */
static char *undecided(const struct transaction_summary *t)
{
	if (transaction_is_half_back(t))
		return xasprintf("transaction %s was put back in part", t->id);
	if (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_WAITING ||
	    t->state == TRANSACTION_ROLLED_BACK)
		return NULL;
	return xasprintf("transaction %s is %s: what it leaves is not decided", t->id,
			 transaction_state_to_string(t->state));
}

/* As the next one found it that looked; false: none did. */
static bool found_later(const struct range *r, size_t at, const char *path, bool with_content,
			struct image *ret)
{
	for (size_t i = at + 1; i < r->h->count; i++) {
		const struct change *c =
			counts(r, i) ? plan_find_change(plan_at(r, i), path) : NULL;

		if (!c || c->nimages == 0 || (with_content && !c->images[0].has_content))
			continue;
		image_copy(ret, &c->images[0]);
		return true;
	}
	return false;
}

/* Whether a rollback was to take back something of the path. */
static bool was_about(const struct range *r, size_t i, const char *path)
{
	const struct transaction_summary *t = &r->h->items[i];
	const struct transaction_summary *root = t->of ? history_root(r->h, t) : NULL;
	const struct change *c = root ? plan_find_change(&root->plan, path) : NULL;

	for (size_t k = 0; c && k < c->edits.count; k++)
		if (!t->only || strcmp_null(t->only, c->edits.items[k].control) == 0)
			return true;
	return false;
}

/* Whether it wrote down what it left the path as, in the ledger; of a file its bytes, too. */
static bool wrote_down(const struct range *r, size_t i, const char *path, bool bytes)
{
	const struct change *c = plan_find_change(&r->h->items[i].plan, path);

	return c && c->nimages && (!bytes || c->images[c->nimages - 1].has_content);
}

/*
 * The last rollback in front of `before` that left the path as it found it, with nobody since who wrote
 * down what that was: it was as before already, or stays as others had made it. NULL: there is none.
 */
static const char *not_recorded_by(const struct range *r, size_t before, const char *path,
				   bool bytes)
{
	for (size_t i = before; i-- > 0;) {
		if (!history_counts(r->h, &r->h->items[i]))
			continue;
		if (wrote_down(r, i, path, bytes))
			return NULL;
		if (!plan_find_change(&r->h->items[i].plan, path) && was_about(r, i, path))
			return r->h->items[i].id;
	}
	return NULL;
}

/* As those in front of `before` left the path: 1; 0: they do not tell. */
static int left_by_those(const struct range *r, size_t before, const char *path, struct image *ret,
			 struct error *err)
{
	CLEANUP(chain_clear) struct chain chain = {0};
	struct history upto = *r->h; /* borrows */
	int code;

	upto.count = before;
	code = chain_open(&upto, path, &chain, err);
	if (code < 0 || !chain.begun || not_recorded_by(r, before, path, false))
		return code < 0 ? code : 0;
	image_copy(ret, &chain.expected);
	if (ret->has_content && not_recorded_by(r, before, path, true)) {
		buf_clear(&ret->content);
		ret->has_content = false;
	}
	return 1;
}

/* The bytes of a file of which it left attributes alone: of those before it, or as the next reader found them. */
static int find_content(const struct range *r, size_t before, size_t at, const char *path,
			struct image *image, struct error *err)
{
	CLEANUP(image_clear) struct image other = {0};
	int code;

	if (image->node.kind != NODE_FILE || image->has_content)
		return 0;
	code = left_by_those(r, before, path, &other, err);
	if (code >= 0 && !other.has_content) {
		image_clear(&other);
		found_later(r, at, path, true, &other);
	}
	if (code >= 0 && other.node.kind == NODE_FILE && other.has_content)
		image_set_content(image, other.content.data, other.content.len);
	return code < 0 ? code : 0;
}

/* Of a path that it did not touch: as those before it left it, or as the next one found it. */
static int left_before(const struct range *r, size_t at, const char *path,
		       struct compared_image *ret, struct error *err)
{
	int code = left_by_those(r, at + 1, path, &ret->image, err);
	const char *silent;

	if (code != 0 || found_later(r, at, path, false, &ret->image))
		return code < 0 ? code : 0;
	silent = not_recorded_by(r, at + 1, path, false);
	ret->why =
		silent ? xasprintf("transaction %s left it as it found it, which is not recorded",
				   silent)
		       : xstrdup("it is not recorded");
	return 0;
}

static int left_by(const struct range *r, size_t end, const char *path, struct compared_image *ret,
		   struct error *err)
{
	const struct transaction_summary *t = r->ends[end];
	const struct change *c = plan_find_change(&t->plan, path);
	size_t at = r->at[end], before = c ? at : at + 1;
	int code = 0;

	if (c && c->nimages) {
		ret->why = undecided(t);
		image_copy(&ret->image,
			   &c->images[t->state == TRANSACTION_ROLLED_BACK ? 0 : c->nimages - 1]);
	} else {
		code = left_before(r, at, path, ret, err);
	}
	return code < 0 ? code : find_content(r, before, at, path, &ret->image, err);
}

static int compare_one(const struct range *r, const char *path, struct comparison *ret,
		       struct error *err)
{
	struct compared_image images[2] = {0};
	struct edits edits = {0};
	int code = left_by(r, 0, path, &images[0], err);

	if (code >= 0)
		code = left_by(r, 1, path, &images[1], err);
	find_edits(r, path, &edits);
	if (code >= 0)
		compare_path(ret, path, &edits, images);
	free(edits.items);
	compared_image_clear(&images[0]);
	compared_image_clear(&images[1]);
	return code;
}

int compare_two(const struct history *h, const struct transaction_summary *first,
		const struct transaction_summary *second, struct comparison *ret, struct error *err)
{
	struct range r = {.h = h, .ends = {first, second}};
	CLEANUP(strv_clear) struct strv paths = {0};
	int code = 0;

	for (size_t k = 0; k < 2; k++) {
		const struct transaction_summary *item = history_by_id(h, r.ends[k]->id);

		if (!item)
			return error_set(err, -ENOENT, "there is no transaction '%s'",
					 r.ends[k]->id);
		r.at[k] = (size_t)(item - h->items);
	}
	r.from = r.at[0] < r.at[1] ? r.at[0] : r.at[1];
	r.to = r.at[0] < r.at[1] ? r.at[1] : r.at[0];
	ret->places = 2;
	find_paths(&r, &paths);
	for (size_t i = 0; i < paths.count && code >= 0; i++)
		code = compare_one(&r, paths.items[i], ret, err);
	return code;
}
