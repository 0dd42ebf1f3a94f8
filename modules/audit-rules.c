#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/audit-rule.h"
#include "modules/common/audit-boot.h"
#include "modules/common/audit-calls.h"
#include "modules/common/audit-loader.h"
#include "modules/common/audit-want.h"
#include "modules/common/place.h"
#include "modules/registry.h"

#define LATE_DIR "/etc/harden"
#define LATE_FILES LATE_DIR "/*.rules" /* a unit of the same control loads it at boot */
#define DEFAULT_FILE RULES_DIR "/60-harden-docker.rules"
#define FILE_MODE "0640"

/*
 * Watches of the kernel's audit: in the rule files that are loaded at boot, and in the kernel's
 * own list. Rules count by what they log, however and wherever they are written.
 */

static void job_clear(struct audit_job *job)
{
	tally_clear(&job->tally);
	strv_clear(&job->in_files);
	strv_clear(&job->at_boot);
	strv_clear(&job->boot_keys);
	free(job->lost);
	strv_clear(&job->exclude);
}

/* augenrules sorts "naturally": 9-x comes before 10-x. */
static int compare_natural(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* Whether two paths are one, or one lies below the other; `a` is n bytes of a line. */
static bool is_related(const char *a, size_t n, const char *b)
{
	size_t len = strlen(b), common = n < len ? n : len;

	return strncmp(a, b, common) == 0 &&
	       (n == len || (n < len ? b[n] == '/' || n == 1 : a[len] == '/' || len == 1));
}

static bool names_one_of(const char *path, size_t n, const struct strv *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		if (is_related(path, n, paths->items[i]))
			return true;
	return false;
}

/*
 * Whether a line can have a say about the paths: it names one, or something above or below, or it is
 * a never rule. A cheap look, so that of a very long list of rules few are parsed.
 */
static bool may_matter(const struct audit_job *job, const char *line, size_t n)
{
	if (memmem(line, n, "never", 5))
		return true;
	for (size_t i = 0; i < n; i++) {
		size_t len = 0;

		if (line[i] != '/')
			continue;
		while (i + len < n && !strchr(" \t\\", line[i + len]))
			len++;
		if (memmem(line + i, len, "//", 2))
			return true;
		while (len > 1 && line[i + len - 1] == '/')
			len--;
		if (names_one_of(line + i, len, job->paths) ||
		    names_one_of(line + i, len, &job->exclude))
			return true;
		i += len;
	}
	return false;
}

static int read_late(struct audit_job *job, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content_if_any(job->view, job->file, &text, err);

	if (r < 0)
		return r;
	strv_split(&job->in_files, buf_str(&text), "\n");
	audit_boot_late(job);
	return 0;
}

/* `open`: the file before it has no end to its last line, which is then one with our first. */
static void add_file(struct audit_job *job, const char *file, const char *text, bool open)
{
	for (size_t line = 1; *text; line++) {
		size_t n = strcspn(text, "\n");
		size_t used = may_matter(job, text, n) ? n : 0;

		if (used)
			strv_add_n(&job->in_files, text, used);
		if (!(open && line == 1))
			audit_boot_file_line(job, file, line, text, used);
		text += n + (text[n] != '\0');
	}
}

/* What those files take out of the rules that are loaded before them. */
static int read_behind(struct audit_job *job, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(error_clear) struct error why = {0};
	int r = view_children(job->view, LATE_DIR, &names, &why);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0
						     : error_set(err, r, "%s", error_text(&why));
	if (names.count > 1)
		qsort(names.items, names.count, sizeof(char *), compare_natural);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf(LATE_DIR "/%s", names.items[i]);
		CLEANUP(buf_clear) struct buf text = {0};

		if (fnmatch(LATE_FILES, path, FNM_PATHNAME | FNM_PERIOD) != 0)
			continue;
		r = view_content_if_any(job->view, path, &text, err);
		if (r < 0)
			return r;
		if (audit_boot_takes_out(buf_str(&text)) && audit_file_is_loaded(job->view, path))
			audit_boot_behind(job, path, buf_str(&text));
	}
	return 0;
}

static int read_rules(struct audit_job *job, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	bool open = false;
	int r = job->late ? read_late(job, err) : view_children(job->view, RULES_DIR, &names, err);

	if (r < 0)
		return r;
	if (names.count > 1)
		qsort(names.items, names.count, sizeof(char *), compare_natural);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf(RULES_DIR "/%s", names.items[i]);
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(error_clear) struct error why = {0};

		if (fnmatch("*.rules", names.items[i], FNM_PERIOD) != 0)
			continue;
		r = view_content(job->view, path, &text, &why);
		if (r == -EISDIR || r == -ENOENT) /* cat(1) says so, and goes on to the next */
			strv_add_once(&job->delta->warnings, error_text(&why));
		else if (r < 0)
			return error_set(err, r, "%s", error_text(&why));
		add_file(job, names.items[i], buf_str(&text), open);
		if (text.len)
			open = text.data[text.len - 1] != '\n';
	}
	return job->late ? 0 : read_behind(job, err);
}

/* What ends the loading before the file that rules are written to, for people. */
static void find_lost(struct audit_job *job)
{
	const struct audit_fault *f = NULL;

	for (size_t i = 0; !job->late && i < job->audit->nfaults && !f; i++)
		f = job->audit->faults[i].ends ? &job->audit->faults[i] : NULL;
	if (!f)
		return;
	free(job->lost);
	job->lost = xasprintf(
		"'" RULES_DIR "/%s' line %zu ends the loading at each boot%s: %s", f->file, f->line,
		strverscmp(f->file, path_name(job->file)) <= 0 ? ", before our rules" : "", f->why);
}

/* What is loaded and what is recorded are two things: rules that log nothing are no audit. */
static void judge_recording(struct audit_job *job)
{
	const struct audit_facts *a = job->audit;

	if ((!a->unrecorded && !a->off_at_boot) || job->tally.counts[VERDICT_PASS] == 0)
		return;
	if (job->tally.counts[VERDICT_FAIL] == 0)
		tally_clear(&job->tally);
	if (a->unrecorded)
		tally_note(&job->tally, VERDICT_FAIL, "%s", a->unrecorded);
	if (a->off_at_boot)
		tally_note(&job->tally, VERDICT_FAIL, "%s", a->off_at_boot);
	str_replace(&job->delta->fix, audit_recording_fix(a));
}

static bool parent_exists(const struct audit_job *job, const char *path)
{
	CLEANUP(freep) char *parent = path_parent(path);

	return strcmp(parent, "/") == 0 || audit_is_directory(job, parent);
}

/*
 * A directory of /run, or what is below it, is not there yet when the rules are loaded: one rule
 * that cannot be added ends the loading of all rules behind it. /run itself is there.
 */
static bool is_made_at_boot(const char *path, const struct node *node)
{
	return path_is_below(path, "/run") &&
	       (node->kind == NODE_DIR || strchr(path + strlen("/run/"), '/') != NULL);
}

static void examine(struct audit_job *job, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(node_clear) struct node node = {0};
	int r = view_node(job->view, path, &node, &why);

	if (r < 0) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return;
	}
	if (!job->late && is_made_at_boot(path, &node)) {
		tally_note(&job->tally, VERDICT_NOT_APPLICABLE,
			   "'%s' is made anew at each boot, after the rules are loaded", path);
	} else if (node.kind == NODE_UNKNOWN) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "cannot look at '%s': %s", path,
			   strerror(-node.error));
	} else if (node.kind == NODE_ABSENT &&
		   !(job->want->missing_ok && parent_exists(job, path))) {
		tally_note(&job->tally, VERDICT_NOT_APPLICABLE, "'%s' does not exist", path);
	} else if (strpbrk(path, " \t\n")) {
		tally_note(&job->tally, VERDICT_FAIL, "no audit rule can name '%s'", path);
	} else {
		audit_want(job, path,
			   node.kind == NODE_DIR || (node.kind == NODE_ABSENT && job->want->tree));
	}
}

static int prepare(struct audit_job *job, struct strv *ret_paths, struct error *err)
{
	struct tally ignored = {0}; /* an excluded path that is not there excludes nothing */
	int r = places_expand(job->view, &job->want->watch, ret_paths, &job->tally, err);

	if (r == 0)
		r = places_expand(job->view, &job->want->exclude, &job->exclude, &ignored, err);
	tally_clear(&ignored);
	for (size_t i = job->exclude.count; i-- > 0;)
		if (!audit_is_directory(job, job->exclude.items[i]))
			strv_remove(&job->exclude, i);
	return r;
}

/* A rule file names what is worth attacking: it is made for root alone. */
static void close_new_file(struct audit_job *job)
{
	CLEANUP(node_clear) struct node node = {0};

	if (job->delta->edits.count > 0 && view_node(job->view, job->file, &node, NULL) >= 0 &&
	    node.kind == NODE_ABSENT)
		delta_edit(job->delta, job->file, subject_path(SCHEME_MODE), FILE_MODE);
}

static int audit_rules_diff(const void *desired, const struct view *now, struct delta *ret,
			    struct error *err)
{
	CLEANUP(job_clear)
	struct audit_job job = {
		.want = desired, .view = now, .audit = &now->facts->audit, .delta = ret};
	CLEANUP(strv_clear) struct strv paths = {0};
	CLEANUP(error_clear) struct error why = {0};
	int r;

	if (!job.audit->installed) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "audit is not installed");
		return 0;
	}
	job.file = job.want->file ? job.want->file : DEFAULT_FILE;
	job.late = fnmatch(LATE_FILES, job.file, FNM_PATHNAME) == 0;
	job.where = job.late ? job.file : RULES_DIR;
	job.perms = audit_perms_parse(job.want->perm ? job.want->perm : "wa");
	r = prepare(&job, &paths, err);
	if (r < 0)
		return r;
	job.paths = &paths;
	r = read_rules(&job, &why);
	if (r < 0) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return 0;
	}
	find_lost(&job);
	audit_calls_find(&job);
	for (size_t i = 0; i < paths.count; i++)
		examine(&job, paths.items[i]);
	audit_want_go_on(&job);
	judge_recording(&job);
	close_new_file(&job);
	tally_finish(&job.tally, ret);
	return 0;
}

static int audit_rules_check(const void *desired, struct error *err)
{
	const struct audit_desired *want = desired;

	if (want->perm && audit_perms_parse(want->perm) == 0)
		return error_set(err, -EINVAL, "'perm: %s' must be of the letters r, w, x and a",
				 want->perm);
	if (want->key && (!*want->key || strlen(want->key) + (want->connect ? 4 : 0) > 31 ||
			  strpbrk(want->key, " \t,\"\\")))
		return error_set(err, -EINVAL, "'%s' cannot be the key of an audit rule",
				 want->key);
	if (want->file && fnmatch(RULES_DIR "/*.rules", want->file, FNM_PATHNAME) != 0 &&
	    fnmatch(LATE_FILES, want->file, FNM_PATHNAME) != 0)
		return error_set(err, -EINVAL,
				 "'%s' is not read: it must be " RULES_DIR
				 "/*.rules, or " LATE_FILES " with a unit that loads it",
				 want->file);
	return 0;
}

static const struct field fields[] = {
	{.key = "watch",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct audit_desired, watch),
	 .required = true,
	 .help = "paths, or places of the host such as @docker.service; directories with all "
		 "below"},
	{.key = "perm",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct audit_desired, perm),
	 .help = "kinds of access, of r, w, x and a; wa when not given"},
	{.key = "tree",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct audit_desired, tree),
	 .help = "with missing-ok: what is missing will be a directory"},
	{.key = "key",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct audit_desired, key),
	 .help = "key that ausearch finds the events by; docker when not given"},
	{.key = "exclude",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct audit_desired, exclude),
	 .help = "directories in the tree that are not watched"},
	{.key = "file",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct audit_desired, file),
	 .help = "rule file to write; " DEFAULT_FILE " when not given"},
	{.key = "missing-ok",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct audit_desired, missing_ok),
	 .help = "watch a path that is not there yet when its directory is"},
	{.key = "connect",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct audit_desired, connect),
	 .help = "of a socket, log who connects to it too, with -api behind the key"},
	{0},
};

const struct module module_audit_rules = {
	.name = "audit-rules",
	.summary = "audit rules, in the rule files and in the kernel",
	.desired_size = sizeof(struct audit_desired),
	.fields = fields,
	.check = audit_rules_check,
	.diff = audit_rules_diff,
};
