#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"
#include "engine/plan/brought.h"
#include "engine/plan/plan-head.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/plan-stages.h"
#include "engine/plan/volume-json.h"

static int xattrs_from_json(struct node *n, const json_t *j, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)json_object_get(j, "xattrs"), name, value)
	{
		const char *hex = json_string_value(value);
		struct xattr *x = array_append(&n->xattrs, &n->nxattrs, sizeof(*x));

		x->name = xstrdup(name);
		if (!hex || strlen(hex) % 2)
			return error_set(err, -EINVAL, "the attribute '%s' is damaged", name);
		x->len = strlen(hex) / 2;
		x->value = xcalloc(1, x->len);
		for (size_t i = 0; i < x->len; i++)
			if (sscanf(hex + 2 * i, "%2hhx", &x->value[i]) != 1)
				return error_set(err, -EINVAL, "the attribute '%s' is damaged",
						 name);
	}
	return 0;
}

static int mode_from_json(mode_t *ret, const json_t *j, struct error *err)
{
	const char *text = json_string_value(json_object_get(j, "mode"));
	char *end = NULL;
	unsigned long mode = text ? strtoul(text, &end, 8) : 0;

	if (!text || *end || mode > 07777)
		return error_set(err, -EINVAL, "'mode' is not an octal mode");
	*ret = (mode_t)mode;
	return 0;
}

static int numbers_from_json(struct node *n, const json_t *j, struct error *err)
{
	const json_t *mtime = json_object_get(j, "mtime");
	json_int_t links = json_integer_value(json_object_get(j, "links"));
	json_int_t uid, gid, flags, size;
	int r;

	r = json_take_int(j, "uid", &uid, err);
	if (r >= 0)
		r = json_take_int(j, "gid", &gid, err);
	if (r >= 0)
		r = json_take_int(j, "flags", &flags, err);
	if (r >= 0)
		r = json_take_int(j, "size", &size, err);
	if (r < 0)
		return r;
	n->uid = (uid_t)uid;
	n->gid = (gid_t)gid;
	n->flags = (unsigned)flags;
	n->size = size;
	n->was_ino = (ino_t)json_integer_value(json_object_get(j, "inode"));
	n->nlink = links > 1 ? (nlink_t)links : 1;
	n->mtime.tv_sec = json_integer_value(json_array_get(mtime, 0));
	n->mtime.tv_nsec = json_integer_value(json_array_get(mtime, 1));
	return 0;
}

static int node_from_json(struct node *n, const json_t *j, struct error *err)
{
	int r = JSON_TAKE_ENUM(j, "kind", node_kind, &n->kind, err);

	if (r < 0 || n->kind == NODE_ABSENT)
		return r < 0 ? r : 0;
	r = mode_from_json(&n->mode, j, err);
	if (r >= 0)
		r = numbers_from_json(n, j, err);
	if (r >= 0)
		r = json_take_text(j, "acl", &n->acl, err);
	if (r >= 0)
		r = json_take_text(j, "default_acl", &n->default_acl, err);
	if (r >= 0)
		r = json_take_text(j, "data", &n->data, err);
	return r < 0 ? r : xattrs_from_json(n, j, err);
}

static int edit_from_json(struct edit *e, const json_t *j, const char *path, struct error *err)
{
	e->path = xstrdup(path);
	e->sensitive = json_is_true(json_object_get(j, "sensitive"));
	return plan_wish_from_json(j, &e->control, &e->subject, &e->before, &e->after, err);
}

/* As a walk writes it: "/", or names behind one slash each, none of them "." or "..". */
static bool is_canonical(const char *path)
{
	size_t n = 0;

	if (strcmp(path, "/") == 0)
		return true;
	while (*path == '/') {
		n = strcspn(++path, "/");
		if (n == 0 || (n <= 2 && strncmp(path, "..", n) == 0))
			return false;
		path += n;
	}
	return n > 0 && !*path;
}

static int change_from_json(struct plan *plan, const json_t *j, struct error *err)
{
	const json_t *edits = NULL, *images = NULL, *item;
	CLEANUP(freep) char *path = NULL;
	struct change *c;
	size_t i;
	int r;

	r = json_take_text(j, "path", &path, err);
	if (r >= 0 && (!path || !is_canonical(path) || plan_find_change(plan, path)))
		r = error_set(err, -EINVAL, "'path' is not an absolute path of its own");
	if (r >= 0)
		r = json_take_array(j, "edits", &edits, err);
	if (r >= 0)
		r = json_take_array(j, "images", &images, err);
	if (r < 0)
		return r;
	c = plan_add_change(plan, path);
	json_array_foreach(edits, i, item)
	{
		r = edit_from_json(
			array_append(&c->edits.items, &c->edits.count, sizeof(struct edit)), item,
			path, err);
		if (r < 0)
			return r;
	}
	json_array_foreach(images, i, item)
	{
		struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

		r = node_from_json(&image->node, item, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int finding_from_json(struct plan *plan, const json_t *j, struct error *err)
{
	CLEANUP(freep) char *control = NULL;
	struct finding *f;
	int r = json_take_text(j, "control", &control, err);

	if (r < 0 || !control || plan_find_finding(plan, control))
		return error_set(err, -EINVAL, "a finding lacks a control of its own");
	f = plan_add_finding(plan, control);
	r = JSON_TAKE_ENUM(j, "state", finding_state, &f->state, err);
	if (r >= 0)
		r = JSON_TAKE_ENUM(j, "verdict", verdict, &f->verdict, err);
	if (r >= 0)
		r = json_take_text(j, "title", &f->title, err);
	if (r >= 0)
		r = json_take_text(j, "reason", &f->reason, err);
	if (r >= 0)
		r = json_take_text(j, json_object_get(j, "remediation") ? "remediation" : "mend",
				   &f->fix, err);
	f->blocks = json_is_true(json_object_get(j, "blocks"));
	f->severity = SEVERITY_MEDIUM;
	if (r >= 0 && json_object_get(j, "severity"))
		r = JSON_TAKE_ENUM(j, "severity", severity, &f->severity, err);
	if (r >= 0 && json_object_get(j, "details"))
		r = json_take_list(j, "details", &f->details, err);
	if (r >= 0 && json_object_get(j, "refusal")) /* older ones do not have it */
		r = json_take_text(j, "refusal", &f->refusal, err);
	if (r >= 0 && json_object_get(j, "waiver_ended"))
		r = json_take_text(j, "waiver_ended", &f->waiver_ended, err);
	if (r >= 0 && json_object_get(j, "waiver")) /* nor this */
		r = json_take_text(j, "waiver", &f->waiver, err);
	if (r >= 0)
		r = json_take_list(j, "holds", &f->holds, err);
	if (r >= 0 && json_object_get(j, "left_out"))
		r = json_take_list(j, "left_out", &f->left_out, err);
	if (r >= 0)
		r = json_take_list(j, "warnings", &f->warnings, err);
	return r;
}

static int each(struct plan *plan, const json_t *j, const char *key,
		int (*take)(struct plan *, const json_t *, struct error *), struct error *err)
{
	const json_t *list = NULL, *item;
	size_t i;
	int r = json_take_array(j, key, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, item)
	{
		r = take(plan, item, err);
		if (r < 0)
			return error_wrap(err, r, "%s[%zu]", key, i);
	}
	return 0;
}

/*
 * Whether what is at a path comes, goes or changes, but never turns into another kind of thing. Only a
 * rollback makes a file anew in the place of a link or an empty directory that somebody put there.
 */
static bool is_of_one_kind(const struct plan *plan, const struct change *c)
{
	enum node_kind kind = NODE_ABSENT;

	if (plan->undoes)
		return true;
	for (size_t k = 0; k < c->nimages; k++) {
		if (c->images[k].node.kind == NODE_ABSENT)
			continue;
		if (kind != NODE_ABSENT && c->images[k].node.kind != kind)
			return false;
		kind = c->images[k].node.kind;
	}
	return true;
}

/* Whether the stages and the images of all changes fit together. */
static int check_shape(const struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];

		if (c->nimages != plan->nstages + 1)
			return error_set_at(err, -EINVAL, c->path,
					    "'%s' has %zu images for %zu stages", c->path,
					    c->nimages, plan->nstages);
		if (!is_of_one_kind(plan, c))
			return error_set_at(err, -EINVAL, c->path,
					    "'%s' turns into another kind of thing", c->path);
	}
	return 0;
}

/* The digest inside is over everything else, as plan_to_json() computes it. */
static int check_digest(json_t *j, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *said = NULL, *digest = NULL;
	int r = json_take_text(j, "digest", &said, err);

	if (r < 0)
		return r;
	json_object_del(j, "digest");
	json_dump_to(j, JSON_COMPACT | JSON_SORT_KEYS, &text);
	digest = digest_new(text.data, text.len);
	if (strcmp_null(digest, said) != 0)
		return error_set(err, -EBADMSG,
				 "the digest does not fit: it was changed or damaged");
	return 0;
}

/* Plans of before do not tell it: then all that they do counts as consented to. */
static int acks_from_json(struct plan *plan, const json_t *j, struct error *err)
{
	if (json_object_get(j, "acknowledged"))
		return json_take_list(j, "acknowledged", &plan->acknowledged, err);
	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED)
			strv_add(&plan->acknowledged, plan->findings[i].control);
	return 0;
}

static int parse(struct plan *plan, json_t *j, struct error *err)
{
	const char *version = json_string_value(json_object_get(j, "format_version"));
	int r;

	if (!version || strcmp_null(json_string_value(json_object_get(j, "kind")), "plan") != 0)
		return error_set(err, -EINVAL, "it is not a saved plan");
	if (!starts_with(version, "1."))
		return error_set(err, -EPROTONOSUPPORT,
				 "format version '%s' is not known to this harden", version);
	r = check_digest(j, err);
	if (r >= 0)
		r = plan_head_from_json(plan, j, err);
	if (r >= 0)
		r = each(plan, j, "findings", finding_from_json, err);
	if (r >= 0)
		r = acks_from_json(plan, j, err);
	if (r >= 0)
		r = volumes_from_json(json_object_get(j, "observed"), &plan->observed, err);
	if (r >= 0)
		r = each(plan, j, "changes", change_from_json, err);
	if (r >= 0)
		r = each(plan, j, "stages", plan_stage_from_json, err);
	if (r >= 0)
		brought_settle(plan);
	return r < 0 ? r : check_shape(plan, err);
}

int plan_from_json(struct plan *ret, const char *name, const struct buf *text, struct error *err)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(json_decrefp) json_t *j = NULL;
	json_error_t where;
	int r;

	j = json_loadb(buf_str(text), text->len, JSON_REJECT_DUPLICATES, &where);
	if (!j)
		return error_about(
			err, error_wrap(err, json_refused(&where, -EINVAL, err), "%s", name), name);
	r = parse(&plan, j, err);
	if (r < 0)
		return error_about(err, error_wrap(err, r, "%s", name), name);
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}
