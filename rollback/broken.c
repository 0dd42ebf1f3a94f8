#include "rollback/broken.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"
#include "engine/plan/compose.h"
#include "engine/plan/image.h"

/* Limits of this process say nothing about the host. */
static bool is_our_own_limit(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

/* What a text file never has; formats would stop reading there. */
static char *find_nul(const struct buf *text)
{
	const char *nul = text->len ? memchr(text->data, '\0', text->len) : NULL;
	size_t line = 1;

	if (!nul)
		return NULL;
	for (const char *p = text->data; p < nul; p++)
		line += *p == '\n';
	return xasprintf("line %zu: a NUL byte in a text file", line);
}

/* Why one edit cannot be read there or taken back; NULL when it can. */
static char *try_edit(const char *path, const struct edit *e, const struct image *now)
{
	CLEANUP(edits_clear) struct edits one = {0};
	CLEANUP(image_clear) struct image scratch = {0};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *value = NULL;
	int r = image_value(now, e->subject, &value, &why);

	if (r >= 0) {
		image_copy(&scratch, now);
		r = image_apply_edit(
			&scratch, edits_add(&one, e->control, path, e->subject, value, e->before),
			&why);
	}
	return r < 0 ? xstrdup(error_text(&why)) : NULL;
}

static char *find_fault(const char *path, const struct edits *edits, const struct image *now)
{
	char *why = NULL;

	for (size_t i = 0; i < edits->count && !why; i++) {
		const struct edit *e = &edits->items[i];

		if (!edit_is_content(e))
			continue;
		why = find_nul(&now->content);
		if (!why)
			why = try_edit(path, e, now);
	}
	return why;
}

static char *other_kind(const struct image *now, enum node_kind want)
{
	CLEANUP(freep) char *is = NULL;

	if (now->node.kind == NODE_ABSENT)
		return xstrdup("is gone");
	is = node_describe(&now->node);
	return xasprintf("is now %s, not %s", is, node_kind_phrase(want));
}

static char *judge(const char *path, const struct image *expected, const struct edits *edits,
		   const struct image *now)
{
	enum node_kind want = expected->node.kind;

	if (now->node.kind == NODE_UNKNOWN)
		return xasprintf("cannot be read: %s", error_reason(now->node.error));
	if (now->node.kind != want && want != NODE_ABSENT)
		return other_kind(now, want);
	/* whoever set that said it of the file as it is, whatever is in it */
	if (now->node.flags & ~expected->node.flags)
		return xasprintf("is %s since (chattr): somebody wants it left as it is",
				 now->node.flags & ~expected->node.flags & NODE_IMMUTABLE
					 ? "immutable"
					 : "append-only");
	return now->has_content ? find_fault(path, edits, now) : NULL;
}

int broken_look(const struct root *root, const char *path, const struct image *expected,
		const struct edits *edits, bool with_content, struct image *ret_now, char **ret_why,
		struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *fault = NULL;
	int r = root_walk_nofollow(root, path, &walk, &why);

	if (r >= 0)
		r = image_observe(&walk, with_content, ret_now, &why);
	if (is_our_own_limit(r)) {
		error_move(err, &why);
		return r;
	}
	if (r < 0) {
		image_clear(ret_now);
		ret_now->node = (struct node){.kind = NODE_UNKNOWN, .error = r};
		*ret_why = xasprintf("'%s' cannot be read: %s", path, error_text(&why));
		return 0;
	}
	fault = judge(path, expected, edits, ret_now);
	*ret_why = fault ? xasprintf("'%s': %s", path, fault) : NULL;
	return 0;
}

bool broken_blank(const struct buf *text)
{
	return text->len == strspn(buf_str(text), " \t\r\n");
}

static bool is_text(const struct image *image)
{
	return image->node.kind == NODE_FILE && image->has_content;
}

char *broken_emptied(const char *path, const struct image *expected, const struct image *now,
		     const struct image *target)
{
	if (!is_text(now) || !is_text(target) || !broken_blank(&now->content) ||
	    broken_blank(&target->content) ||
	    (is_text(expected) && broken_blank(&expected->content)))
		return NULL;
	return xasprintf("'%s': was emptied (%zu bytes): what was in it is recorded here only",
			 path, now->content.len);
}

bool broken_is_led_away(int r)
{
	return r == -ELOOP || r == -EMLINK || r == -ENOTDIR;
}

bool broken_lacks_content(const struct image *now, const struct image *want)
{
	enum node_kind is = now->node.kind, kind = want->node.kind;
	bool another = is == NODE_UNKNOWN ? broken_is_led_away(now->node.error)
					  : is != NODE_ABSENT && is != kind;

	return another && (kind == NODE_DIR || (kind == NODE_FILE && !want->has_content));
}

/* The walk says what stands in the path, or what hides the thing. */
static int refuse_unread(const struct root *root, const char *path, int why, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;

	error_set_at(err, -EEXIST, path, "'%s' cannot be read: %s", path, error_reason(why));
	root_walk_nofollow(root, path, &walk, err);
	return error_wrap(err, -EEXIST, "move away first what is in the way");
}

int broken_check_replaceable(const struct root *root, const char *path, const struct image *now,
			     const struct image *want, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r;

	if (now->node.kind == NODE_UNKNOWN)
		return refuse_unread(root, path, now->node.error, err);
	if (now->node.kind == NODE_SOCKET || now->node.kind == NODE_OTHER)
		return error_set_at(err, -EEXIST, path, "move '%s' away first: %s is not replaced",
				    path, node_kind_phrase(now->node.kind));
	if (broken_lacks_content(now, want))
		return error_set_at(err, -EEXIST, path,
				    "move '%s' away first: it is now %s, and of the %s that was "
				    "there harden changed the rights alone: what was in it is not "
				    "recorded",
				    path, node_kind_phrase(now->node.kind),
				    want->node.kind == NODE_DIR ? "directory" : "file");
	/* a directory is taken out whole, and goes for good: so it must be empty */
	if (now->node.kind != NODE_DIR || want->node.kind == NODE_DIR)
		return 0;
	r = observe_children(root, path, &names, err);
	if (r < 0 || names.count == 0)
		return r;
	return error_set_at(err, -EEXIST, path,
			    "move '%s' away first: a directory with files in it is not replaced",
			    path);
}

/* As the transaction found them, where it knew those directories. */
static void dress_parents(struct plan *plan, const struct plan *was)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		struct change *made = &plan->changes[i];
		const struct change *known = plan_find_change(was, made->path);

		if (made->images[0].node.kind == NODE_ABSENT &&
		    made->images[1].node.kind == NODE_DIR && known &&
		    known->images[0].node.kind == NODE_DIR)
			image_copy(&made->images[1], &known->images[0]);
	}
}

static int add_parents_of(struct plan *plan, const struct root *root, const char *path,
			  struct error *err)
{
	CLEANUP(freep) char *parent = path_parent(path);
	const struct change *child = plan_find_change(plan, path);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(edits_clear) struct edits edits = {0};
	int r;

	if (strcmp(parent, "/") == 0 || plan_find_change(plan, parent))
		return 0;
	r = root_walk(root, parent, &walk, err);
	if (r < 0 || walk.fd >= 0)
		return r;
	edits_add(&edits, child->edits.count ? child->edits.items[0].control : "", parent,
		  subject_path(SCHEME_EXISTS), NULL, "dir");
	return compose_changes(plan, root, &edits, err); /* with what is missing above it */
}

int broken_add_parents(struct plan *plan, const struct plan *was, const struct root *root,
		       struct error *err)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	int r = 0;

	for (size_t i = 0; i < plan->nchanges; i++)
		if (plan->changes[i].images[0].node.kind == NODE_ABSENT)
			strv_add(&paths, plan->changes[i].path);
	for (size_t i = 0; i < paths.count && r >= 0; i++)
		r = add_parents_of(plan, root, paths.items[i], err);
	dress_parents(plan, was);
	return r;
}
