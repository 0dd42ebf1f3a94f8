#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/model/tree.h"
#include "modules/file/job.h"

/*
 * A tree, entry by entry. A link in it is a name like any other that root or dockerd opens: whose it is,
 * and who can change the way to where it leads, counts as it does for a single path.
 */

static long mask_of(const struct file_job *job, const struct node *node)
{
	return node->kind == NODE_DIR ? job->want->directory_mode : job->want->mode;
}

static enum tree_class class_in_tree(const void *context, const char *path, const struct node *node)
{
	const struct file_job *job = context;
	const struct file_desired *want = job->want;

	if (node->kind == NODE_SYMLINK || node->kind == NODE_UNKNOWN)
		return TREE_AGAIN;
	if (node->kind == NODE_DIR ? want->directory_mode < 0 && want->match.count > 0
				   : !file_name_matches(job, path))
		return TREE_LEFT;
	return (node->kind == NODE_DIR || file_kind_fits(job, node->kind)) &&
			       file_rights_fine(&job->rights, node, mask_of(job, node))
		       ? TREE_FINE
		       : TREE_AGAIN;
}

/* What is as wanted is most of a tree: no more is asked for it than what the walk has. */
static void take_entry(struct file_job *job, const char *path, const struct node *seen,
		       enum tree_class class)
{
	CLEANUP(node_clear) struct node node = {0};

	if (class == TREE_FINE)
		file_rights_note_fine(&job->rights, path, seen);
	if (class != TREE_AGAIN)
		return;
	if (seen->kind != NODE_DIR && !file_kind_fits(job, seen->kind))
		file_note_kind(job, path, seen->kind);
	else if (file_look_at(job, path, &node))
		file_rights_compare(&job->rights, path, &node, mask_of(job, seen));
}

static bool is_in_trees(const struct file_job *job, const char *path)
{
	for (size_t i = 0; i < job->trees.count; i++)
		if (path_is_within(path, job->trees.items[i]))
			return true;
	return false;
}

/* Where nothing is changed, it counts what others may do: root writes whatever it owns, by any mode. */
static long mask_of_target(const struct file_job *job, const struct node *node)
{
	if (job->want->mode < 0)
		return job->want->mode;
	return job->want->mode | (node->uid == 0 ? S_IWUSR : 0);
}

/*
 * What a link of a tree leads to, outside of all trees: measured, and never changed, since others may
 * use it by its own name.
 */
static void judge_target(struct file_job *job, const char *link, const char *target,
			 const struct node *node)
{
	if (node->kind == NODE_DIR) {
		CLEANUP(freep) char *inside = xasprintf("%s/*", link);

		file_is_guarded(job, inside);
		tally_note(&job->tally, VERDICT_NOT_MEASURED,
			   "'%s' leads to '%s', which is not looked into", link, target);
		strv_addf(&job->delta->warnings, "'%s' leads to '%s', which is not looked into",
			  link, target);
	} else if (!file_kind_fits(job, node->kind)) {
		file_note_kind(job, target, node->kind);
	} else if (!file_rights_fine(&job->rights, node, mask_of_target(job, node))) {
		tally_note(&job->tally, VERDICT_FAIL,
			   "'%s' leads to '%s', which has another owner or wider rights than are "
			   "wanted",
			   link, target);
		strv_addf(&job->delta->warnings,
			  "'%s' leads to '%s', which has not the owner and the rights that are "
			  "wanted, and stays as it is",
			  link, target);
		str_replace(&job->delta->fix, "set owner and mode of what the link leads to, or "
					      "put a copy in the place of the link");
	}
}

/* Where a link cannot be followed, it may be somebody else's; one that leads nowhere is nothing. */
static void note_unresolved(struct file_job *job, const char *path, int r, const struct error *why)
{
	size_t before = job->tally.counts[VERDICT_FAIL];
	size_t gaps = job->gaps.count;

	file_is_guarded(job, path);
	if (r != -ENOENT && r != -ENOTDIR && job->tally.counts[VERDICT_FAIL] == before &&
	    job->gaps.count == gaps)
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(why));
}

/* Whose the link is, and who can change the way to where it leads; what is there, as far as it is seen. */
static enum tree_class examine_link(struct file_job *job, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *target = NULL;
	int r;

	if (view_is_masked(job->view, path))
		return TREE_LEFT;
	r = view_resolve(job->view, path, &target, &why);
	if (r >= 0)
		r = view_node(job->view, target, &node, &why);
	if (r >= 0 && node.kind == NODE_UNKNOWN)
		r = error_errno(&why, node.error, "cannot look at '%s'", target);
	if (node.kind != NODE_DIR && r >= 0 && !file_name_matches(job, path))
		return TREE_LEFT; /* of a directory the names in it count */
	if (r < 0) {
		note_unresolved(job, path, r, &why);
		return TREE_AGAIN;
	}
	file_is_guarded(job, path);
	if (node.kind != NODE_ABSENT && !is_in_trees(job, target))
		judge_target(job, path, target, &node);
	return TREE_AGAIN;
}

static enum tree_class examine_entry(void *context, const char *path, const struct node *seen)
{
	struct file_job *job = context;
	CLEANUP(node_clear) struct node node = {0};
	enum tree_class class;

	if (seen->kind == NODE_SYMLINK)
		return examine_link(job, path);
	if (seen->kind == NODE_UNKNOWN && !file_look_at(job, path, &node))
		return TREE_AGAIN;
	if (node.kind == NODE_DIR)
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "cannot list '%s': %s", path,
			   strerror(-seen->error));
	if (seen->kind == NODE_UNKNOWN)
		seen = &node;
	class = class_in_tree(job, path, seen);
	take_entry(job, path, seen, class);
	return class;
}

static bool name_is_wanted(const void *context, const char *name)
{
	return file_name_matches(context, name);
}

static void count_more(void *context, enum tree_class class, size_t count)
{
	struct file_job *job = context;

	if (class == TREE_FINE)
		job->tally.counts[VERDICT_PASS] += count;
}

static void note_unlisted(void *context, const struct error *why)
{
	struct file_job *job = context;

	tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(why));
}

/* Whether an access list could give anybody too much. */
static bool needs_acls(long mask)
{
	return mask >= 0 && (mask & 077) != 077;
}

void file_walk(struct file_job *job, const char *directory)
{
	CLEANUP(freep) char *asker = file_rights_key(&job->rights, job->want);
	const struct tree_visitor visitor = {
		.asker = asker,
		.file_acls = needs_acls(job->want->mode),
		.wants = job->want->match.count ? name_is_wanted : NULL,
		.entry = examine_entry,
		.class_of = class_in_tree,
		.more = count_more,
		.failed = note_unlisted,
		.context = job,
	};

	view_tree(job->view, directory, &visitor);
}
