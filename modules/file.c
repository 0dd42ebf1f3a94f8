#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/path-guard.h"
#include "modules/common/account.h"
#include "modules/common/acl-cap.h"
#include "modules/common/dpkg-override.h"
#include "modules/common/file-group.h"
#include "modules/common/place.h"
#include "modules/registry.h"

/*
 * Owner, group, mode and access lists of files, folders and sockets. Rights are only ever
 * taken away: `mode` is a mask, not a value, so 0400 under "0644" stays 0400.
 */

struct file_desired {
	struct strv paths;
	char *owner;
	struct strv groups;
	long mode;
	int kind; /* enum node_kind; KIND_ANY */
	bool tree;
	struct strv match;
	long folder_mode;
	int must_exist; /* enum of "missing": 0 ok, 1 fail */
	bool of_users;
};

#define KIND_ANY ((int)NODE_KIND_COUNT)

static int parse_kind(const char *text)
{
	int kind = strcmp(text, "any") == 0 ? KIND_ANY : node_kind_from_string(text);

	switch (kind) {
	case NODE_FILE:
	case NODE_DIR:
	case NODE_SOCKET:
	case KIND_ANY:
		return kind;
	default:
		return -EINVAL;
	}
}

static int parse_missing(const char *text)
{
	if (strcmp(text, "ok") == 0)
		return 0;
	return strcmp(text, "fail") == 0 ? 1 : -EINVAL;
}

/* One run of diff: what is wanted, resolved to numbers, and what was found on the way. */
struct job {
	const struct file_desired *want;
	const struct view *view;
	struct delta *delta;
	struct tally tally;
	bool check_owner;
	uid_t uid;
	gid_t *gids; /* accepted; the first is the one to set */
	size_t ngids;
	size_t links; /* met inside trees */
	char *first_link;
	struct strv closed; /* directories that this very resource gives to root */
	struct strv gaps; /* directories and links that others can write: each is told once */
};

static void job_clear(struct job *job)
{
	tally_clear(&job->tally);
	free(job->gids);
	free(job->first_link);
	strv_clear(&job->closed);
	strv_clear(&job->gaps);
}

/* What replacing or touching this very inode would do beyond its name. */
static void note_obstacles(struct job *job, const char *path, const struct node *node)
{
	if (node->kind == NODE_FILE && node->nlink > 1)
		delta_omit(job->delta, path, false,
			   "'%s' has %zu names; the change would show under all of them", path,
			   (size_t)node->nlink);
	if (node->flags & NODE_IMMUTABLE)
		delta_omit(job->delta, path, false, "'%s' is immutable (chattr +i)", path);
	if (node->flags & NODE_APPEND_ONLY)
		delta_omit(job->delta, path, false, "'%s' is append-only (chattr +a)", path);
}

static void ask_number(struct job *job, const char *path, struct subject subject,
		       unsigned long number)
{
	CLEANUP(freep) char *text = xasprintf("%lu", number);

	delta_edit(job->delta, path, subject, text);
}

static bool gid_accepted(const struct job *job, gid_t gid)
{
	for (size_t i = 0; i < job->ngids; i++)
		if (job->gids[i] == gid)
			return true;
	return job->ngids == 0;
}

static void compare_owner(struct job *job, const char *path, const struct node *node)
{
	bool owner_wrong = job->check_owner && node->uid != job->uid;
	bool group_wrong = !gid_accepted(job, node->gid);

	if (owner_wrong || group_wrong)
		tally_note(&job->tally, VERDICT_FAIL, "'%s' belongs to %u:%u, %u:%u is wanted",
			   path, node->uid, node->gid, job->check_owner ? job->uid : node->uid,
			   group_wrong ? job->gids[0] : node->gid);
	if (owner_wrong)
		ask_number(job, path, subject_path(SCHEME_OWNER), job->uid);
	if (group_wrong)
		ask_number(job, path, subject_path(SCHEME_GROUP), job->gids[0]);
}

static void compare_acl(struct job *job, const char *path, struct subject subject, const char *acl,
			mode_t mask)
{
	CLEANUP(freep) char *capped = acl_cap(acl, mask);

	if (!capped) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED,
			   "the access list of '%s' is not understood: %s", path, acl);
	} else if (strcmp(acl, capped) != 0) {
		tally_note(&job->tally, VERDICT_FAIL,
			   "the access list of '%s' gives more than %04o: %s", path, mask, acl);
		delta_edit(job->delta, path, subject, capped);
	}
}

/*
 * With an access list the mode's group bits are its mask entry, and both say the same bits. So
 * the list carries all rights, and the mode edit then stands for setuid, setgid and sticky
 * alone; its values are whole modes all the same, as they are before and after both edits.
 */
static void compare_mode(struct job *job, const char *path, const struct node *node, mode_t mask)
{
	mode_t mode = node->mode & mask;
	mode_t by_mode = node->acl ? 07000 : 07777;

	if ((node->mode ^ mode) & by_mode) {
		tally_note(&job->tally, VERDICT_FAIL, "'%s' has mode %04o, at most %04o is allowed",
			   path, node->mode, mask);
		delta_mode(job->delta, path, node->mode, mode);
	}
	if (node->acl)
		compare_acl(job, path, subject_path(SCHEME_ACL), node->acl, mask);
	if (node->default_acl)
		compare_acl(job, path, subject_path(SCHEME_DEFAULT_ACL), node->default_acl, mask);
}

static void compare(struct job *job, const char *path, const struct node *node, long mask)
{
	size_t edits = job->delta->edits.count;
	size_t problems = job->tally.counts[VERDICT_NOT_MEASURED];

	compare_owner(job, path, node);
	if (mask >= 0)
		compare_mode(job, path, node, (mode_t)mask);
	if (job->delta->edits.count > edits) {
		note_obstacles(job, path, node);
		dpkg_override(job->view, path, node, edits, job->delta);
	} else if (job->tally.counts[VERDICT_NOT_MEASURED] == problems)
		tally_note(&job->tally, VERDICT_PASS, "'%s' has mode %04o and belongs to %u:%u",
			   path, node->mode, node->uid, node->gid);
}

/* What cannot be handled must not keep the others of the same control from being so. */
static void note_kind(struct job *job, const char *path, enum node_kind kind)
{
	const char *wanted = job->want->kind == KIND_ANY
				     ? "a file, directory or socket"
				     : node_kind_phrase((enum node_kind)job->want->kind);

	tally_note(&job->tally, VERDICT_FAIL, "'%s' is %s, not %s", path, node_kind_phrase(kind),
		   wanted);
	strv_addf(&job->delta->warnings, "'%s' is %s, not %s: it is left as it is", path,
		  node_kind_phrase(kind), wanted);
	str_replace(&job->delta->mend,
		    "look at what is there, and put the right thing in its place");
}

static bool kind_fits(const struct job *job, enum node_kind kind)
{
	if (job->want->kind == KIND_ANY)
		return kind == NODE_FILE || kind == NODE_DIR || kind == NODE_SOCKET;
	return job->want->kind == (int)kind;
}

static bool name_matches(const struct job *job, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < job->want->match.count; i++)
		if (fnmatch(job->want->match.items[i], name, FNM_PERIOD) == 0)
			return true;
	return job->want->match.count == 0;
}

/* Reads the node; false when it is absent or cannot be looked at, which is then noted. */
static bool look_at(struct job *job, const char *path, struct node *ret)
{
	CLEANUP(error_clear) struct error why = {0};
	int r = view_node(job->view, path, ret, &why);

	if (r < 0) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return false;
	}
	if (ret->kind == NODE_UNKNOWN) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "cannot look at '%s': %s", path,
			   strerror(-ret->error));
		return false;
	}
	return ret->kind != NODE_ABSENT;
}

/* A link in a tree is not followed: what it names may lie anywhere, and is another's to judge. */
static bool is_link(struct job *job, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *canonical = NULL;
	int r = view_resolve(job->view, path, &canonical, &why);

	if (r >= 0 && strcmp(canonical, path) == 0)
		return false;
	if (r < 0 && r != -ELOOP && r != -ENOENT)
		return false; /* the look at its node will say what is wrong */
	if (job->links++ == 0)
		job->first_link = xstrdup(path);
	return true;
}

static void walk(struct job *job, const char *folder, const struct node *node);

static void examine_entry(struct job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	if (is_link(job, path) || !look_at(job, path, &node))
		return;
	if (node.kind == NODE_DIR)
		walk(job, path, &node);
	else if (!name_matches(job, path))
		return;
	else if (!kind_fits(job, node.kind))
		note_kind(job, path, node.kind);
	else
		compare(job, path, &node, job->want->mode);
}

/* Depth first, with the names of the folders on the way in memory and nothing else. */
static void walk(struct job *job, const char *folder, const struct node *node)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(buf_clear) struct buf path = {0};
	size_t stem;

	if (job->want->folder_mode >= 0 || job->want->match.count == 0)
		compare(job, folder, node, job->want->folder_mode);
	if (view_children(job->view, folder, &names, &why) < 0) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return;
	}
	buf_puts(&path, strcmp(folder, "/") == 0 ? "" : folder);
	buf_putc(&path, '/');
	stem = path.len;
	for (size_t i = 0; i < names.count; i++) {
		buf_splice(&path, stem, path.len - stem, names.items[i], strlen(names.items[i]));
		examine_entry(job, buf_str(&path));
	}
}

static void say_where(struct job *job, bool owned)
{
	str_replace(&job->delta->mend,
		    owned ? "keep what root trusts where only root can write, not among files of a "
			    "user"
			  : "take the others' right to write the directory away: chmod, setfacl");
}

/*
 * Whether only root decides what is at that name. false: the place is somebody else's, and so is
 * what is in it: nothing there is given to root, since its owner could put another in its place.
 */
static bool is_guarded(struct job *job, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(path_gap_clear) struct path_gap gap = {0};
	const struct facts *f = job->view->facts;
	int r;

	if (job->want->of_users || (f->offline && !f->root))
		return true;
	r = path_guard(job->view, path, &job->closed, &gap, &why);
	if (r < 0)
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	if (r <= 0 || strv_contains(&job->gaps, gap.place))
		return r <= 0 || !gap.owned;
	strv_add(&job->gaps, gap.place);
	tally_note(&job->tally, VERDICT_FAIL, "%s, who can put something else at '%s'", gap.text,
		   path);
	say_where(job, gap.owned);
	return !gap.owned;
}

static void examine(struct job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	size_t notes = job->tally.counts[VERDICT_NOT_MEASURED];

	if (!look_at(job, path, &node)) {
		if (job->tally.counts[VERDICT_NOT_MEASURED] == notes)
			tally_note(&job->tally,
				   job->want->must_exist ? VERDICT_FAIL : VERDICT_NOT_APPLICABLE,
				   "'%s' does not exist", path);
		return;
	}
	if (!is_guarded(job, path))
		return;
	if (job->want->tree && node.kind == NODE_DIR)
		walk(job, path, &node);
	else if (!kind_fits(job, node.kind))
		note_kind(job, path, node.kind);
	else if (name_matches(job, path))
		compare(job, path, &node, job->want->mode);
}

/* By links of root a name may lead through places that the canonical path does not show. */
static void examine_ways(struct job *job)
{
	CLEANUP(strv_clear) struct strv ways = {0};

	places_ways(job->view, &job->want->paths, &ways);
	for (size_t i = 0; i < ways.count; i++) {
		CLEANUP(node_clear) struct node node = {0};

		if (view_node(job->view, ways.items[i], &node, NULL) >= 0 &&
		    node.kind != NODE_ABSENT)
			is_guarded(job, ways.items[i]);
	}
}

/* Numbers for the names; false (and a note) when they cannot be found out. */
static bool resolve_owner(struct job *job)
{
	CLEANUP(error_clear) struct error why = {0};
	const char *name = job->want->owner;
	int r;

	if (!name)
		return true;
	job->check_owner = true;
	r = account_uid(job->view, name, &job->uid, &why);
	if (r == 1)
		return true;
	if (r == 0)
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "there is no account '%s'", name);
	else
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	return false;
}

static int file_diff(const void *desired, const struct view *now, struct delta *ret,
		     struct error *err)
{
	CLEANUP(job_clear) struct job job = {.want = desired, .view = now, .delta = ret};
	CLEANUP(strv_clear) struct strv paths = {0};
	int r = places_expand(now, &job.want->paths, &paths, &job.tally, err);

	if (r < 0)
		return r;
	if (job.tally.counts[VERDICT_FAIL] > 0)
		say_where(&job, true);
	if (job.want->owner)
		strv_add_all(&job.closed, &paths);
	if (paths.count > 0 && resolve_owner(&job) &&
	    file_groups(now, &job.want->groups, &job.gids, &job.ngids, &job.tally)) {
		for (size_t i = 0; i < paths.count; i++)
			examine(&job, paths.items[i]);
		examine_ways(&job);
	}
	if (job.links > 0)
		strv_addf(&ret->warnings, "%zu %s not followed, the first is '%s'", job.links,
			  job.links == 1 ? "link is" : "links are", job.first_link);
	tally_finish(&job.tally, ret);
	return 0;
}

static int file_check(const void *desired, struct error *err)
{
	const struct file_desired *want = desired;

	if (!want->owner && want->groups.count == 0 && want->mode < 0 && want->folder_mode < 0 &&
	    !want->must_exist && want->kind == KIND_ANY)
		return error_set(err, -EINVAL, "nothing is asked of '%s'", want->paths.items[0]);
	if (!want->tree && (want->match.count > 0 || want->folder_mode >= 0))
		return error_set(err, -EINVAL, "'match' and 'folder-mode' need 'tree: true'");
	return 0;
}

static const struct field fields[] = {
	{.key = "path",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct file_desired, paths),
	 .required = true,
	 .help = "paths, or places of the host such as @docker.service"},
	{.key = "owner",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct file_desired, owner),
	 .help = "account that shall own it; a name of the host's /etc/passwd or a number"},
	{.key = "group",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct file_desired, groups),
	 .help = "accepted groups; the first that exists is set, root's where none does; or "
		 "@api-socket"},
	{.key = "mode",
	 .type = FIELD_MODE,
	 .offset = offsetof(struct file_desired, mode),
	 .def = -1,
	 .help = "bits that the mode and the access list may have at most"},
	{.key = "kind",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct file_desired, kind),
	 .parse = parse_kind,
	 .def = KIND_ANY,
	 .help = "file, dir, socket or any: anything else there is refused"},
	{.key = "tree",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct file_desired, tree),
	 .help = "also everything below a directory; links are not followed"},
	{.key = "match",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct file_desired, match),
	 .help = "in a tree: only files with such names (globs)"},
	{.key = "folder-mode",
	 .type = FIELD_MODE,
	 .offset = offsetof(struct file_desired, folder_mode),
	 .def = -1,
	 .help = "in a tree: bits that directories may have at most"},
	{.key = "missing",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct file_desired, must_exist),
	 .parse = parse_missing,
	 .def = 0,
	 .help = "ok: a path that is not there does not count; fail: it fails"},
	{.key = "of-users",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct file_desired, of_users),
	 .help = "the paths are users' own: others than root may own the directories above"},
	{0},
};

const struct module module_file = {
	.name = "file",
	.summary = "owner, mode and access list of files, directories and sockets",
	.desired_size = sizeof(struct file_desired),
	.fields = fields,
	.check = file_check,
	.diff = file_diff,
};
