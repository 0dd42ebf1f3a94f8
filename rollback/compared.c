/* One path in two or three places: its values side by side. */

#include "rollback/compared.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "engine/plan/image.h"

#define DIGEST_SHOWN 12 /* signs of it: enough to tell two apart */

void compared_image_clear(struct compared_image *i)
{
	image_clear(&i->image);
	free(i->why);
	i->why = NULL;
}

static void value_clear(struct compared_value *v)
{
	free(v->control);
	free(v->subject);
	for (size_t i = 0; i < COMPARED_PLACES; i++)
		free(v->values[i]);
	free(v->why);
}

void comparison_clear(struct comparison *c)
{
	for (size_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < c->items[i].count; k++)
			value_clear(&c->items[i].items[k]);
		free(c->items[i].items);
		free(c->items[i].path);
	}
	free(c->items);
	*c = (struct comparison){0};
}

/* The place that the last one is held against: what was left. */
static size_t left_place(const struct comparison *c)
{
	return c->places == 2 || c->put_back ? 0 : 1;
}

bool compared_differs(const struct comparison *c, const struct compared_value *v)
{
	return v->state != (left_place(c) == 0 && c->places > 2 ? COMPARED_BEFORE : COMPARED_SAME);
}

/* One path being compared. */
struct comparing {
	const struct comparison *c;
	struct compared_path *path;
	const struct edits *edits;
	const struct compared_image *images;
};

static const struct image *left_image(const struct comparing *p)
{
	return &p->images[left_place(p->c)].image;
}

static const struct image *last_image(const struct comparing *p)
{
	return &p->images[p->c->places - 1].image;
}

static bool all_known(const struct comparing *p)
{
	for (size_t i = 0; i < p->c->places; i++)
		if (p->images[i].why)
			return false;
	return true;
}

static struct compared_value *add(const struct comparing *p, const char *subject,
				  const char *control)
{
	struct compared_value *v =
		array_append(&p->path->items, &p->path->count, sizeof(struct compared_value));

	v->subject = xstrdup(subject);
	v->control = xstrdup_null(control);
	return v;
}

static void put_value(struct compared_value *v, size_t place, char *value)
{
	v->values[place] = value;
	v->known[place] = true;
}

static void put_unknown(struct compared_value *v, const char *why)
{
	v->state = COMPARED_UNKNOWN;
	if (!v->why)
		v->why = xstrdup(why);
}

static bool same(struct subject subject, const char *a, const char *b)
{
	return subject.scheme == SCHEME_NONE ? strcmp_null(a, b) == 0
					     : image_value_same(subject, a, b);
}

/* What one that was put back left is what was before, also where both are one. */
static void judge(const struct comparing *p, struct compared_value *v, struct subject subject)
{
	size_t left = left_place(p->c), last = p->c->places - 1;
	bool as_before = last > 1 && same(subject, v->values[0], v->values[last]);

	if (v->state == COMPARED_UNKNOWN)
		return;
	if (left == 0 && as_before)
		v->state = COMPARED_BEFORE;
	else if (same(subject, v->values[last > 1 ? 1 : 0], v->values[last]))
		v->state = COMPARED_SAME;
	else
		v->state = as_before ? COMPARED_BEFORE : COMPARED_DIFFERENT;
}

/* The value in one place: bytes that nobody recorded are not known, and no value that is missing. */
static void look(const struct compared_image *at, struct subject subject, struct compared_value *v,
		 size_t place)
{
	CLEANUP(error_clear) struct error err = {0};
	char *value = NULL;

	if (at->why) {
		put_unknown(v, at->why);
	} else if (subject_is_content(subject) && at->image.node.kind == NODE_FILE &&
		   !at->image.has_content) {
		put_unknown(v, "what was in the file is not recorded");
	} else if (image_value(&at->image, subject, &value, &err) < 0) {
		put_unknown(v, error_text(&err));
	} else {
		put_value(v, place, value);
		v->secret |= secret_in(subject, value);
	}
}

static void add_subject(const struct comparing *p, struct subject subject, const char *control,
			bool sensitive)
{
	CLEANUP(freep) char *text = subject_print(subject);
	struct compared_value *v = add(p, text, control);

	v->secret = sensitive;
	for (size_t i = 0; i < p->c->places; i++)
		look(&p->images[i], subject, v, i);
	judge(p, v, subject);
}

static bool is_hidden(const struct edits *edits, struct subject subject)
{
	for (size_t i = 0; i < edits->count; i++)
		if (edits->items[i].sensitive && subject_equal(edits->items[i].subject, subject))
			return true;
	return false;
}

static void add_edits(const struct comparing *p)
{
	for (size_t i = 0; i < p->edits->count; i++) {
		const struct edit *e = &p->edits->items[i];

		if (edits_last_on(p->edits, e->subject) == e)
			add_subject(p, e->subject, e->control, is_hidden(p->edits, e->subject));
	}
}

/* A value that is told in words of its own. */
static void add_words(const struct comparing *p, const char *subject, const char *control,
		      char *(*words)(const struct image *image))
{
	struct compared_value *v = add(p, subject, control);

	for (size_t i = 0; i < p->c->places; i++)
		put_value(v, i, words(&p->images[i].image));
	judge(p, v, subject_path(SCHEME_NONE));
}

static char *kind_words(const struct image *image)
{
	return node_describe(&image->node);
}

static char *flags_words(const struct image *image)
{
	unsigned flags = image->node.flags;

	return xasprintf("%s%s%s", flags & NODE_IMMUTABLE ? "immutable " : "",
			 flags & NODE_APPEND_ONLY ? "append-only " : "", flags ? "set" : "none");
}

/* A value is bytes, and may be anybody's secret: its digest tells two apart. */
static char *xattrs_words(const struct image *image)
{
	CLEANUP(strv_clear) struct strv all = {0};

	for (size_t i = 0; i < image->node.nxattrs; i++) {
		const struct xattr *x = &image->node.xattrs[i];
		CLEANUP(freep) char *digest = digest_new(x->value, x->len);

		strv_addf(&all, "%s (sha256 %.*s)", x->name, DIGEST_SHOWN, digest);
	}
	return all.count ? strv_join(&all, ", ") : xstrdup("none");
}

static char *digest_words(const struct image *image)
{
	if (image->node.kind == NODE_ABSENT)
		return NULL;
	return image->node.kind == NODE_FILE && image->node.data
		       ? xasprintf("sha256 %.*s", DIGEST_SHOWN, image->node.data)
		       : xstrdup("(not recorded)");
}

/* Whether `to` with the compared values of `from` is not `from`. */
static bool is_other(const struct comparing *p, const struct image *from, const struct image *to)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_copy(&text, &to->content);
	for (size_t i = 0; i < p->edits->count; i++) {
		struct subject subject = p->edits->items[i].subject;
		CLEANUP(freep) char *value = NULL;

		if (!subject_is_content(subject))
			continue;
		if (image_value(from, subject, &value, NULL) < 0 ||
		    format_set(&text, subject, value, NULL) < 0)
			return true;
	}
	return text.len != from->content.len ||
	       (text.len && memcmp(text.data, from->content.data, text.len) != 0);
}

/* Whether two files differ beside the values that are compared one by one. */
static bool other_bytes(const struct comparing *p)
{
	const struct image *left = left_image(p), *last = last_image(p);

	if (!left->has_content || !last->has_content)
		return true;
	/* what is taken out of an object leaves an empty one: it is enough that one way leads there */
	return is_other(p, left, last) && is_other(p, last, left);
}

/* What is in a file, or where a link leads. */
static void add_content(const struct comparing *p)
{
	struct subject link = subject_path(SCHEME_LINK);

	if (last_image(p)->node.kind == NODE_FILE && other_bytes(p))
		add_words(p, COMPARED_CONTENT, NULL, digest_words);
	else if (last_image(p)->node.kind == NODE_SYMLINK && !edits_last_on(p->edits, link))
		add_subject(p, link, NULL, false);
}

/* Aspects of the path that no edit is about, where they differ. */
static void add_others(const struct comparing *p)
{
	CLEANUP(freep)
	char *text = node_difference(&left_image(p)->node, &last_image(p)->node);
	CLEANUP(strv_clear) struct strv aspects = {0};

	strv_split(&aspects, text, ", ");
	for (size_t i = 0; i < aspects.count; i++) {
		const char *aspect = aspects.items[i];
		int scheme = scheme_from_string(aspect);

		if (strcmp(aspect, "flags") == 0)
			add_words(p, aspect, NULL, flags_words);
		else if (strcmp(aspect, "xattrs") == 0)
			add_words(p, aspect, NULL, xattrs_words);
		else if (strcmp(aspect, COMPARED_CONTENT) == 0)
			add_content(p);
		else if (scheme >= 0 && !edits_last_on(p->edits, subject_path((enum scheme)scheme)))
			add_subject(p, subject_path((enum scheme)scheme), NULL, false);
	}
}

static void compare(const struct comparing *p)
{
	const struct image *left = left_image(p), *last = last_image(p);
	bool known = all_known(p),
	     there = left->node.kind != NODE_ABSENT && last->node.kind != NODE_ABSENT;
	const struct edits *edits = p->edits;

	if (known && there && left->node.kind != last->node.kind) {
		add_words(p, COMPARED_KIND,
			  edits->count ? edits->items[edits->count - 1].control : NULL, kind_words);
		return;
	}
	add_edits(p);
	if (known && there)
		add_others(p);
	else if (known && left->node.kind != last->node.kind &&
		 !edits_last_on(edits, subject_path(SCHEME_EXISTS)))
		add_subject(p, subject_path(SCHEME_EXISTS), NULL, false);
}

void compare_path(struct comparison *c, const char *path, const struct edits *edits,
		  const struct compared_image *images)
{
	struct comparing p = {
		.c = c,
		.path = array_append(&c->items, &c->count, sizeof(struct compared_path)),
		.edits = edits,
		.images = images,
	};

	p.path->path = xstrdup(path);
	compare(&p);
}
