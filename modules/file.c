#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/model/path-guard.h"
#include "modules/common/place.h"
#include "modules/file/job.h"
#include "modules/registry.h"

/*
 * Owner, group, mode and access lists of files, directories and sockets (common/file-rights.h):
 * at which paths, in which trees, and whether only root decides what is at that name.
 */

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

static void job_clear(struct file_job *job)
{
	tally_clear(&job->tally);
	file_rights_clear(&job->rights);
	strv_clear(&job->trees);
	strv_clear(&job->closed);
	strv_clear(&job->gaps);
}

/* What cannot be handled must not keep the others of the same control from being so. */
void file_note_kind(struct file_job *job, const char *path, enum node_kind kind)
{
	const char *wanted = job->want->kind == KIND_ANY
				     ? "a file, directory or socket"
				     : node_kind_phrase((enum node_kind)job->want->kind);

	tally_note(&job->tally, VERDICT_FAIL, "'%s' is %s, not %s", path, node_kind_phrase(kind),
		   wanted);
	strv_addf(&job->delta->warnings, "'%s' is %s, not %s: it is left as it is", path,
		  node_kind_phrase(kind), wanted);
	str_replace(&job->delta->fix,
		    "look at what is there, and put the right thing in its place");
}

bool file_kind_fits(const struct file_job *job, enum node_kind kind)
{
	if (job->want->kind == KIND_ANY)
		return kind == NODE_FILE || kind == NODE_DIR || kind == NODE_SOCKET;
	return job->want->kind == (int)kind;
}

bool file_name_matches(const struct file_job *job, const char *path)
{
	const char *name = path_name(path);

	return job->want->match.count == 0 || strv_matches(&job->want->match, name, FNM_PERIOD);
}

/* Reads the node; false when it is absent or cannot be looked at, which is then noted. */
bool file_look_at(struct file_job *job, const char *path, struct node *ret)
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

static void say_where(struct file_job *job, bool owned)
{
	str_replace(&job->delta->fix,
		    owned ? "keep what root trusts where only root can write, not among files of a "
			    "user"
			  : "take the others' right to write the directory away: chmod, setfacl");
}

/*
 * Whether only root decides what is at that name. false: the place is somebody else's, and so is
 * what is in it: nothing there is given to root, since its owner could put another in its place.
 */
bool file_is_guarded(struct file_job *job, const char *path)
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

static void examine(struct file_job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	size_t notes = job->tally.counts[VERDICT_NOT_MEASURED];

	if (!file_look_at(job, path, &node)) {
		if (job->tally.counts[VERDICT_NOT_MEASURED] == notes)
			tally_note(&job->tally,
				   job->want->must_exist ? VERDICT_FAIL : VERDICT_NOT_APPLICABLE,
				   "'%s' does not exist", path);
		return;
	}
	if (!file_is_guarded(job, path))
		return;
	if (job->want->tree && node.kind == NODE_DIR)
		file_walk(job, path);
	else if (!file_kind_fits(job, node.kind))
		file_note_kind(job, path, node.kind);
	else if (file_name_matches(job, path))
		file_rights_compare(&job->rights, path, &node, job->want->mode);
}

/* A path of the baseline whose links cannot be followed has been told by places_expand(). */
static bool is_told(const struct file_job *job, const char *way)
{
	CLEANUP(freep) char *canonical = NULL;
	int r = strv_contains(&job->want->paths, way)
			? view_resolve(job->view, way, &canonical, NULL)
			: 0;

	return r == -ELOOP || r == -EMLINK;
}

/*
 * By links of root a name may lead through places that the canonical path does not show. One that is not
 * there is as good as whoever could make it.
 */
static void examine_ways(struct file_job *job)
{
	CLEANUP(strv_clear) struct strv ways = {0};

	places_ways(job->view, &job->want->paths, &ways);
	for (size_t i = 0; i < ways.count; i++)
		if (!is_told(job, ways.items[i]))
			file_is_guarded(job, ways.items[i]);
}

static int file_diff(const void *desired, const struct view *now, struct delta *ret,
		     struct error *err)
{
	CLEANUP(job_clear) struct file_job job = {.want = desired, .view = now, .delta = ret};
	CLEANUP(strv_clear) struct strv paths = {0};
	int r;

	job.rights = (struct file_rights){.view = now, .delta = ret, .tally = &job.tally};
	r = places_expand(now, &job.want->paths, &paths, &job.tally, err);
	if (r < 0)
		return r;
	if (job.tally.counts[VERDICT_FAIL] > 0)
		say_where(&job, true);
	if (job.want->owner)
		strv_add_all(&job.closed, &paths);
	if (job.want->tree)
		strv_add_all(&job.trees, &paths);
	if (paths.count > 0 &&
	    file_rights_resolve(&job.rights, job.want->owner, &job.want->groups)) {
		for (size_t i = 0; i < paths.count; i++)
			examine(&job, paths.items[i]);
	}
	examine_ways(&job);
	tally_finish(&job.tally, ret);
	return 0;
}

static int file_check(const void *desired, struct error *err)
{
	const struct file_desired *want = desired;

	if (!want->owner && want->groups.count == 0 && want->mode < 0 && want->directory_mode < 0 &&
	    !want->must_exist && want->kind == KIND_ANY)
		return error_set(err, -EINVAL, "nothing is asked of '%s'", want->paths.items[0]);
	if (!want->tree && (want->match.count > 0 || want->directory_mode >= 0))
		return error_set(err, -EINVAL, "'match' and 'directory-mode' need 'tree: true'");
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
	 .help = "also everything below a directory; what a link in it leads to is "
		 "measured, and not changed"},
	{.key = "match",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct file_desired, match),
	 .help = "in a tree: only files with such names (globs)"},
	{.key = "directory-mode",
	 .type = FIELD_MODE,
	 .offset = offsetof(struct file_desired, directory_mode),
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
