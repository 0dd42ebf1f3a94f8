#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"
#include "modules/place.h"
#include "modules/registry.h"

#define RULES_DIR "/etc/audit/rules.d"
#define DEFAULT_FILE RULES_DIR "/60-harden-docker.rules"
#define FILE_MODE "0640"

/*
 * Watches of the kernel's audit: in the rule files that are loaded at boot, and in the kernel's
 * own list. Rules count by what they log, however and wherever they are written.
 */

struct audit_desired {
	struct strv watch;
	char *perm;
	bool tree;
	char *key;
	struct strv exclude;
	char *file;
	bool missing_ok;
};

struct job {
	const struct audit_desired *want;
	const struct view *view;
	const struct audit_facts *audit;
	struct delta *delta;
	struct tally tally;
	const char *file;
	unsigned perms;
	struct strv in_files; /* all rules of the files, in the order in which they are loaded */
	struct strv exclude; /* canonical paths that are left out */
};

static void job_clear(struct job *job)
{
	tally_clear(&job->tally);
	strv_clear(&job->in_files);
	strv_clear(&job->exclude);
}

/* augenrules sorts "naturally": 9-x comes before 10-x. */
static int compare_natural(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int read_rules(struct job *job, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = view_children(job->view, RULES_DIR, &names, err);

	if (r < 0)
		return r;
	if (names.count > 1)
		qsort(names.items, names.count, sizeof(char *), compare_natural);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf(RULES_DIR "/%s", names.items[i]);
		CLEANUP(buf_clear) struct buf text = {0};

		if (fnmatch("*.rules", names.items[i], FNM_PERIOD) != 0)
			continue;
		r = view_content(job->view, path, &text, err);
		if (r < 0)
			return r;
		strv_split(&job->in_files, buf_str(&text), "\r\n");
	}
	return 0;
}

/* The text of a rule; a folder is watched with all that is below it. */
static char *watch_text(const struct job *job, const char *path, bool is_dir, bool as_file_line)
{
	CLEANUP(audit_rule_clear)
	struct audit_rule rule = {
		.is_watch = true,
		.is_tree = is_dir,
		/* auditctl 4 calls -w the old, slow form; before it, -w is what people know */
		.is_any = as_file_line && job->audit->major < 4,
		.path = xstrdup(path),
		.perms = job->perms,
		.key = xstrdup(job->want->key ? job->want->key : "docker"),
	};

	return audit_rule_canonical(&rule);
}

static char *never_text(const char *path, bool is_dir)
{
	CLEANUP(audit_rule_clear)
	struct audit_rule rule = {
		.is_watch = true,
		.is_tree = is_dir,
		.never = true,
		.path = xstrdup(path),
		.perms = AUDIT_PERM_ALL,
	};

	return audit_rule_canonical(&rule);
}

/* Whether a rule is one of the exclusions that are wanted: those do not uncover anything. */
static bool is_exclusion(const struct job *job, const char *line)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};

	return audit_rule_parse(line, &rule, NULL) == 1 && rule.is_watch && rule.never &&
	       rule.path && strv_contains(&job->exclude, rule.path);
}

static bool covers(const struct job *job, const struct strv *rules, const char *path, bool is_dir)
{
	CLEANUP(strv_clear) struct strv counted = {0};

	for (size_t i = 0; i < rules->count; i++)
		if (!is_exclusion(job, rules->items[i]))
			strv_add(&counted, rules->items[i]);
	return audit_rules_cover(&counted, path, is_dir, job->perms);
}

/* Whether the rules would cover the path with one more at their end: an earlier never may not let it. */
static bool would_cover(const struct job *job, const struct strv *rules, const char *path,
			bool is_dir, const char *rule)
{
	CLEANUP(strv_clear) struct strv more = {0};

	strv_add_all(&more, rules);
	strv_add(&more, rule);
	return covers(job, &more, path, is_dir);
}

static bool same_rule(const char *a, const char *b)
{
	CLEANUP(audit_rule_clear) struct audit_rule x = {0};
	CLEANUP(audit_rule_clear) struct audit_rule y = {0};

	return audit_rule_parse(a, &x, NULL) == 1 && audit_rule_parse(b, &y, NULL) == 1 &&
	       audit_rule_same(&x, &y);
}

static bool has_rule(const struct strv *rules, const char *rule)
{
	for (size_t i = 0; i < rules->count; i++)
		if (same_rule(rules->items[i], rule))
			return true;
	return false;
}

static void edit_rule(struct job *job, const char *rule)
{
	CLEANUP(freep) char *subject = xasprintf("rule:%s", rule);

	if (has_rule(&job->in_files, rule))
		return;
	delta_edit(job->delta, job->file, subject, NULL, rule);
	strv_add(&job->in_files, rule);
}

static void load_rule(struct job *job, const char *rule)
{
	CLEANUP(freep) char *subject = xasprintf("rule:%s", rule);
	CLEANUP(freep) char *planned = NULL;
	struct effect *effect;

	if (has_rule(&job->audit->kernel_rules, rule) ||
	    (view_value(job->view, HANDLER_AUDIT_RULES, subject, &planned, NULL) == 1 && planned))
		return;
	effect = delta_effect(job->delta, HANDLER_AUDIT_RULES, subject, NULL, "loaded");
	if (job->audit->enabled == 2)
		effect->pending = xstrdup("audit is locked until the next boot");
}

static bool is_folder(const struct job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(job->view, path, &node, NULL) >= 0 && node.kind == NODE_DIR;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* The exclusions that lie in this tree, by `ask`; the first matching rule wins, so they go first. */
static void ask_exclusions(struct job *job, const char *path, bool is_dir,
			   void (*ask)(struct job *job, const char *rule))
{
	for (size_t i = 0; is_dir && i < job->exclude.count; i++) {
		CLEANUP(freep) char *rule = NULL;

		if (!is_below(job->exclude.items[i], path))
			continue;
		rule = never_text(job->exclude.items[i], is_folder(job, job->exclude.items[i]));
		ask(job, rule);
	}
}

/* true: the files have it, or will. false: an earlier rule keeps it from having any effect. */
static bool want_in_files(struct job *job, const char *path, bool is_dir)
{
	CLEANUP(freep) char *rule = watch_text(job, path, is_dir, true);

	if (covers(job, &job->in_files, path, is_dir))
		return true;
	if (!would_cover(job, &job->in_files, path, is_dir, rule)) {
		tally_note(&job->tally, VERDICT_FAIL,
			   "a never rule before it in " RULES_DIR " hides '%s'", path);
		str_replace(&job->delta->mend, "take out the never rule, or move it behind");
		return false;
	}
	tally_note(&job->tally, VERDICT_FAIL, "no rule in " RULES_DIR " covers '%s'%s%s", path,
		   job->audit->not_measured ? "; the kernel's list was not read: " : "",
		   job->audit->not_measured ? job->audit->not_measured : "");
	ask_exclusions(job, path, is_dir, edit_rule);
	edit_rule(job, rule);
	return true;
}

/* Adds the kernel's form of a file's rule when this plan loads it. */
static void add_if_planned(const struct job *job, const char *line, struct strv *rules)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	CLEANUP(freep) char *text = NULL, *subject = NULL, *planned = NULL;

	if (audit_rule_parse(line, &rule, NULL) != 1 || !rule.is_watch)
		return;
	rule.is_tree = rule.is_tree || (rule.is_any && is_folder(job, rule.path));
	rule.is_any = false;
	text = audit_rule_canonical(&rule);
	subject = xasprintf("rule:%s", text);
	if (view_value(job->view, HANDLER_AUDIT_RULES, subject, &planned, NULL) == 1 && planned)
		strv_add(rules, text);
}

/* The kernel's rules with those that this plan loads, whichever control wants them. */
static bool kernel_covers(const struct job *job, const char *path, bool is_dir, const char *rule)
{
	CLEANUP(strv_clear) struct strv rules = {0};

	strv_add_all(&rules, &job->audit->kernel_rules);
	for (size_t i = 0; i < job->in_files.count; i++)
		add_if_planned(job, job->in_files.items[i], &rules);
	add_if_planned(job, rule, &rules);
	return covers(job, &rules, path, is_dir);
}

static void want_in_kernel(struct job *job, const char *path, bool is_dir, bool written)
{
	CLEANUP(freep) char *rule = watch_text(job, path, is_dir, false);

	if (job->view->facts->offline) {
		tally_note(&job->tally, VERDICT_PASS, "a rule in " RULES_DIR " covers '%s'", path);
	} else if (job->audit->not_measured) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED,
			   "the rule is in place in " RULES_DIR
			   "; the kernel's list was not read: %s",
			   job->audit->not_measured);
	} else if (kernel_covers(job, path, is_dir, rule)) {
		tally_note(&job->tally, VERDICT_PASS, "'%s' is audited, and will be after a boot",
			   path);
	} else if (job->audit->enabled == 2 && written) {
		tally_note(&job->tally, VERDICT_PENDING,
			   "the rule for '%s' is in place; audit is locked until the next boot",
			   path);
	} else if (!would_cover(job, &job->audit->kernel_rules, path, is_dir, rule)) {
		tally_note(&job->tally, VERDICT_FAIL, "a never rule that is loaded hides '%s'",
			   path);
		str_replace(&job->delta->mend, "load the rules anew: augenrules --load");
	} else {
		tally_note(&job->tally, VERDICT_FAIL, "no loaded rule covers '%s'", path);
		ask_exclusions(job, path, is_dir, load_rule);
		load_rule(job, rule);
	}
}

static void watch(struct job *job, const char *path, bool is_dir)
{
	size_t edits = job->delta->edits.count, effects = job->delta->effects.count;
	bool written = covers(job, &job->in_files, path, is_dir);

	if (want_in_files(job, path, is_dir))
		want_in_kernel(job, path, is_dir, written);
	if (job->delta->edits.count == edits && job->delta->effects.count == effects)
		return;
	if (is_dir && job->audit->failure == 2 && !job->delta->refusal)
		job->delta->refusal =
			xstrdup("a full audit queue panics this host (failure flag 2): "
				"no rule for a whole tree");
	if (job->audit->not_measured && !job->view->facts->offline)
		strv_addf(&job->delta->warnings,
			  "audit rules are written to " RULES_DIR
			  " only; the kernel's list was not read: %s",
			  job->audit->not_measured);
	if (job->audit->enabled == 0)
		strv_add_once(&job->delta->warnings, "audit is switched off: rules log nothing");
}

static bool parent_exists(const struct job *job, const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(freep) char *parent = xstrndup(path, (size_t)(slash - path));

	return slash == path || is_folder(job, parent);
}

static void examine(struct job *job, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(node_clear) struct node node = {0};
	int r = view_node(job->view, path, &node, &why);

	if (r < 0) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return;
	}
	/* one rule that cannot be added ends the loading of all rules behind it */
	if (is_below(path, "/run")) {
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
		watch(job, path,
		      node.kind == NODE_DIR || (node.kind == NODE_ABSENT && job->want->tree));
	}
}

static int prepare(struct job *job, struct strv *ret_paths, struct error *err)
{
	struct tally ignored = {0}; /* an excluded path that is not there excludes nothing */
	int r = places_expand(job->view, &job->want->watch, ret_paths, &job->tally, err);

	if (r == 0)
		r = places_expand(job->view, &job->want->exclude, &job->exclude, &ignored, err);
	tally_clear(&ignored);
	for (size_t i = job->exclude.count; i-- > 0;)
		if (!is_folder(job, job->exclude.items[i]))
			strv_remove(&job->exclude, i);
	return r;
}

/* A rule file names what is worth attacking: it is made for root alone. */
static void close_new_file(struct job *job)
{
	CLEANUP(node_clear) struct node node = {0};

	if (job->delta->edits.count > 0 && view_node(job->view, job->file, &node, NULL) >= 0 &&
	    node.kind == NODE_ABSENT)
		delta_edit(job->delta, job->file, "mode", NULL, FILE_MODE);
}

static int audit_rules_diff(const void *desired, const struct view *now, struct delta *ret,
			    struct error *err)
{
	CLEANUP(job_clear)
	struct job job = {.want = desired, .view = now, .audit = &now->facts->audit, .delta = ret};
	CLEANUP(strv_clear) struct strv paths = {0};
	CLEANUP(error_clear) struct error why = {0};
	int r;

	if (!job.audit->installed) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "audit is not installed");
		return 0;
	}
	job.file = job.want->file ? job.want->file : DEFAULT_FILE;
	job.perms = audit_perms_parse(job.want->perm ? job.want->perm : "wa");
	r = prepare(&job, &paths, err);
	if (r < 0)
		return r;
	r = read_rules(&job, &why);
	if (r < 0) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return 0;
	}
	for (size_t i = 0; i < paths.count; i++)
		examine(&job, paths.items[i]);
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
	if (want->key && (!*want->key || strlen(want->key) > 31 || strpbrk(want->key, " \t,\"\\")))
		return error_set(err, -EINVAL, "'%s' cannot be the key of an audit rule",
				 want->key);
	if (want->file && fnmatch(RULES_DIR "/*.rules", want->file, FNM_PATHNAME) != 0)
		return error_set(err, -EINVAL, "'%s' is not read: it must be " RULES_DIR "/*.rules",
				 want->file);
	return 0;
}

static const struct field fields[] = {
	{.key = "watch",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct audit_desired, watch),
	 .required = true,
	 .help = "paths, or places of the host such as @docker.service; folders with all below"},
	{.key = "perm",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct audit_desired, perm),
	 .help = "kinds of access, of r, w, x and a; wa when not given"},
	{.key = "tree",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct audit_desired, tree),
	 .help = "with missing-ok: what is missing will be a folder"},
	{.key = "key",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct audit_desired, key),
	 .help = "key that ausearch finds the events by; docker when not given"},
	{.key = "exclude",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct audit_desired, exclude),
	 .help = "folders in the tree that are not watched"},
	{.key = "file",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct audit_desired, file),
	 .help = "rule file to write; " DEFAULT_FILE " when not given"},
	{.key = "missing-ok",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct audit_desired, missing_ok),
	 .help = "watch a path that is not there yet when its folder is"},
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
