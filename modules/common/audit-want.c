#include "modules/common/audit-want.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/audit-rule.h"
#include "modules/common/audit-lines.h"

#define GO_ON "-i" /* a line of its own: auditctl -i -R loads nothing */

/* A file that is loaded late by a unit: one rule that cannot be loaded must not end all others. */
void audit_want_go_on(struct audit_job *job)
{
	if (!job->late || job->in_files.count == 0 || strv_contains(&job->in_files, GO_ON))
		return;
	tally_note(&job->tally, VERDICT_FAIL,
		   "'%s' does not begin with " GO_ON ": one rule that "
		   "cannot be loaded ends the loading of the others",
		   job->file);
	delta_edit(job->delta, job->file, subject_of(SCHEME_RULE, GO_ON), GO_ON);
	strv_add(&job->in_files, GO_ON);
}

static void edit_rule(struct audit_job *job, const char *rule)
{
	if (audit_has_rule(&job->in_files, rule))
		return;
	delta_edit(job->delta, job->file, subject_of(SCHEME_RULE, rule), rule);
	strv_add(&job->in_files, rule);
}

/* In the kernel's list, or loaded by this plan. */
static bool is_loaded(const struct audit_job *job, const char *rule)
{
	const struct subject subject = subject_of(SCHEME_RULE, rule);
	CLEANUP(freep) char *planned = NULL;

	return audit_has_rule(&job->audit->kernel_rules, rule) ||
	       (view_value(job->view, HANDLER_AUDIT_RULES, subject, &planned, NULL) == 1 &&
		planned);
}

/* Names the lines that are the rule: one for an architecture is a part of the rule for all. */
static void bring_lines(const struct audit_job *job, struct effect *effect)
{
	const struct edits *edits = &job->delta->edits;
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	CLEANUP(freep) char *path = audit_rule_path(effect->subject.key);
	bool parsed = audit_rule_parse(effect->subject.key, &rule, NULL) == 1;

	for (size_t i = 0; i < edits->count; i++) {
		const struct subject s = edits->items[i].subject;
		CLEANUP(audit_rule_clear) struct audit_rule line = {0};

		if (subject_equal(s, effect->subject) ||
		    (parsed && s.scheme == SCHEME_RULE &&
		     (!path || audit_line_matters(s.key, path)) &&
		     audit_rule_parse(s.key, &line, NULL) == 1 && line.arch &&
		     audit_rule_same(&rule, &line)))
			effect_bring(effect, edits->items[i].path, s);
	}
}

static void load_rule(struct audit_job *job, const char *rule)
{
	struct effect *effect;

	if (is_loaded(job, rule))
		return;
	effect = delta_effect(job->delta, HANDLER_AUDIT_RULES, subject_of(SCHEME_RULE, rule), NULL,
			      "loaded");
	bring_lines(job, effect);
	if (job->audit->enabled == 2)
		effect->pending = xstrdup("audit is locked until the next boot");
}

bool audit_is_directory(const struct audit_job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(job->view, path, &node, NULL) >= 0 && node.kind == NODE_DIR;
}

/* Whether somebody has a half of the rule, or of an exclusion in its tree. */
static bool is_halved(const struct audit_job *job, const char *path, bool is_dir)
{
	bool half = audit_half_is_there(job, path, is_dir, false);

	for (size_t i = 0; is_dir && !half && i < job->exclude.count; i++)
		half = path_is_within(job->exclude.items[i], path) &&
		       audit_half_is_there(job, job->exclude.items[i],
					   audit_is_directory(job, job->exclude.items[i]), true);
	return half;
}

/*
 * The halves that `rules` lack; exclusions go first, those of a half that is there already come too late and
 * are left out.
 */
static void ask_halves(struct audit_job *job, const struct strv *rules, const char *path,
		       bool is_dir, void (*ask)(struct audit_job *job, const char *rule))
{
	CLEANUP(strv_clear) struct strv watches = {0}, all = {0};
	unsigned lacking =
		audit_halves_lacking(job, rules, path, is_dir, false, job->archs, &watches);

	for (size_t i = 0; is_dir && i < job->exclude.count; i++)
		if (path_is_within(job->exclude.items[i], path))
			audit_halves_lacking(job, rules, job->exclude.items[i],
					     audit_is_directory(job, job->exclude.items[i]), true,
					     lacking, &all);
	strv_add_all(&all, &watches);
	for (size_t i = 0; i < all.count; i++)
		ask(job, all.items[i]);
}

/* The exclusions that lie in this tree; the first matching rule wins, so they go first. */
static void ask_exclusions(struct audit_job *job, const char *path, bool is_dir, bool in_file)
{
	for (size_t i = 0; is_dir && i < job->exclude.count; i++) {
		const char *excluded = job->exclude.items[i];
		bool tree = audit_is_directory(job, excluded);
		CLEANUP(strv_clear) struct strv rules = {0};

		if (!path_is_within(excluded, path))
			continue;
		if (in_file)
			audit_lines_of(job, excluded, tree, true, &rules);
		else
			strv_add_owned(&rules, audit_text_of(job, excluded, tree, NULL, true));
		for (size_t k = 0; k < rules.count; k++)
			(in_file ? edit_rule : load_rule)(job, rules.items[k]);
	}
}

/* true: the files have it, or will. false: an earlier rule keeps it from having any effect. */
static bool want_in_files(struct audit_job *job, const char *path, bool is_dir, bool halved)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	if (audit_covers(job, &job->in_files, path, is_dir))
		return true;
	if (!audit_would_cover(job, &job->in_files, path, is_dir)) {
		tally_note(&job->tally, VERDICT_FAIL, "a never rule before it in %s hides '%s'",
			   job->where, path);
		str_replace(&job->delta->fix, "take out the never rule, or move it behind");
		return false;
	}
	tally_note(&job->tally, VERDICT_FAIL, "no rule in %s covers '%s'%s%s", job->where, path,
		   job->audit->not_measured ? "; the kernel's list was not read: " : "",
		   job->audit->not_measured ? job->audit->not_measured : "");
	if (halved) {
		ask_halves(job, &job->in_files, path, is_dir, edit_rule);
		return true;
	}
	ask_exclusions(job, path, is_dir, true);
	audit_lines_of(job, path, is_dir, false, &lines);
	for (size_t i = 0; i < lines.count; i++)
		edit_rule(job, lines.items[i]);
	return true;
}

static void add_planned(const struct audit_job *job, const struct audit_rule *rule,
			struct strv *rules)
{
	CLEANUP(freep) char *text = audit_rule_canonical(rule), *planned = NULL;

	if (view_value(job->view, HANDLER_AUDIT_RULES, subject_of(SCHEME_RULE, text), &planned,
		       NULL) == 1 &&
	    planned)
		strv_add_once(rules, text);
}

/* Adds the kernel's form of a file's rule when this plan loads it: for all, or a half of it. */
static void add_if_planned(const struct audit_job *job, const char *line, struct strv *rules)
{
	static const char *const archs[] = {NULL, "b64", "b32"};
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};

	if (audit_rule_parse(line, &rule, NULL) != 1 || !rule.is_watch)
		return;
	rule.is_tree = rule.is_tree || (rule.is_any && audit_is_directory(job, rule.path));
	rule.is_any = false;
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		rule.arch = archs[i];
		add_planned(job, &rule, rules);
	}
}

/* The kernel's rules with those that this plan loads, whichever control wants them. */
static bool kernel_covers(const struct audit_job *job, const char *path, bool is_dir,
			  const char *rule)
{
	CLEANUP(strv_clear) struct strv rules = {0};

	audit_counted(job, &job->audit->kernel_rules, path, &rules);
	for (size_t i = 0; i < job->in_files.count; i++)
		if (audit_line_matters(job->in_files.items[i], path))
			add_if_planned(job, job->in_files.items[i], &rules);
	add_if_planned(job, rule, &rules);
	return audit_covers(job, &rules, path, is_dir);
}

#define CORRECT_LINE "correct that line, or take it out"
#define TAKE_EXCLUDE_OUT "take the rule of the list exclude out, or give it a msgtype"
#define SWITCH_ON "(auditctl -e 1, systemctl start auditd)"

const char *audit_recording_fix(const struct audit_facts *a)
{
	if (!a->unrecorded)
		return CORRECT_LINE;
	if (!a->excluded)
		return "switch it on " SWITCH_ON ", and correct /etc/audit";
	return a->off_at_boot ? TAKE_EXCLUDE_OUT ", and correct /etc/audit" : TAKE_EXCLUDE_OUT;
}

static const char *lost_fix(const struct audit_job *job)
{
	if (!job->audit->unrecorded || job->view->facts->offline)
		return CORRECT_LINE;
	return job->audit->excluded ? CORRECT_LINE "; and " TAKE_EXCLUDE_OUT
				    : CORRECT_LINE ", and switch audit on " SWITCH_ON;
}

/* A rule that the kernel has now, or that stands in a file, and that the next boot does not load. */
static void note_lost(struct audit_job *job, const char *what)
{
	tally_note(&job->tally, VERDICT_FAIL, "%s, not after the next boot: %s", what,
		   job->lost ? job->lost : "the line of the file before it has no end");
	str_replace(&job->delta->fix, lost_fix(job));
}

/* What a loaded rule does now: one that logs nothing is no audit, whatever the next boot makes of it. */
static char *audited_text(const struct audit_job *job, const char *path)
{
	const char *why = job->view->facts->offline ? NULL : job->audit->unrecorded;

	return why ? xasprintf("a rule covers '%s' and logs nothing now (%s)", path, why)
		   : xasprintf("'%s' is audited", path);
}

static void note_unseen(struct audit_job *job)
{
	tally_note(&job->tally, VERDICT_NOT_MEASURED,
		   "the rule is in place in %s; the kernel's list was not read: %s", job->where,
		   job->audit->not_measured);
	delta_in_place(job->delta);
}

static void want_in_kernel(struct audit_job *job, const char *path, bool is_dir, bool written,
			   bool halved)
{
	CLEANUP(freep) char *rule = audit_text_of(job, path, is_dir, NULL, false);
	CLEANUP(freep) char *audited = audited_text(job, path);
	struct tally *t = &job->tally;

	if (written && !audit_covers(job, &job->at_boot, path, is_dir) &&
	    (job->view->facts->offline || kernel_covers(job, path, is_dir, rule))) {
		note_lost(job, audited);
	} else if (job->view->facts->offline) {
		tally_note(t, VERDICT_PASS, "a rule in %s covers '%s'", job->where, path);
	} else if (job->audit->not_measured) {
		note_unseen(job);
	} else if (kernel_covers(job, path, is_dir, rule)) {
		tally_note(t, VERDICT_PASS, "'%s' is audited, and will be after a boot", path);
	} else if (job->audit->enabled == 2 && written) {
		tally_note(t, VERDICT_PENDING,
			   "the rule for '%s' is in place; audit is locked until the next boot",
			   path);
	} else if (!audit_would_cover(job, &job->audit->kernel_rules, path, is_dir)) {
		tally_note(t, VERDICT_FAIL, "a never rule that is loaded hides '%s'", path);
		str_replace(&job->delta->fix, "load the rules anew: augenrules --load");
	} else {
		tally_note(t, VERDICT_FAIL, "no loaded rule covers '%s'%s%s", path,
			   job->lost && written ? "; " : "", job->lost && written ? job->lost : "");
		if (halved) {
			ask_halves(job, &job->audit->kernel_rules, path, is_dir, load_rule);
			return;
		}
		ask_exclusions(job, path, is_dir, false);
		load_rule(job, rule);
	}
}

/* One rule that stands for itself: in the files, and in the kernel. */
static void want_rule(struct audit_job *job, const char *rule, const char *what)
{
	bool written = audit_has_rule(&job->in_files, rule);

	if (!written) {
		tally_note(&job->tally, VERDICT_FAIL, "no rule in %s logs %s", job->where, what);
		edit_rule(job, rule);
	}
	if (written && !audit_has_rule(&job->at_boot, rule) &&
	    (job->view->facts->offline || is_loaded(job, rule)))
		note_lost(job, what);
	else if (job->view->facts->offline)
		tally_note(&job->tally, VERDICT_PASS, "a rule in %s logs %s", job->where, what);
	else if (job->audit->not_measured)
		note_unseen(job);
	else if (is_loaded(job, rule))
		tally_note(&job->tally, VERDICT_PASS, "the kernel logs %s", what);
	else if (job->audit->enabled == 2 && written)
		tally_note(&job->tally, VERDICT_PENDING,
			   "the rule that logs %s is in place; audit is locked until the next boot",
			   what);
	else {
		tally_note(&job->tally, VERDICT_FAIL, "no loaded rule logs %s", what);
		load_rule(job, rule);
	}
}

/* connect(2) is none of the accesses of a watch: it has rules of its own, one an architecture. */
static void want_connects(struct audit_job *job, const char *path)
{
	static const char *const archs[] = {"b64", "b32"};
	CLEANUP(freep)
	char *key = xasprintf("%s-api", job->want->key ? job->want->key : "docker");

	for (size_t i = 0; i < ARRAY_SIZE(archs) && job->archs & 1U << i; i++) {
		CLEANUP(freep)
		char *rule = audit_connect_canonical(path, archs[i], key);
		CLEANUP(freep)
		char *what = xasprintf("connections to '%s' (arch %s)", path, archs[i]);

		want_rule(job, rule, what);
	}
}

/* Whether somebody wrote it for 64-bit calls alone, and those may be all that this kernel has. */
static bool half_may_do(const struct audit_job *job, const char *path, bool is_dir)
{
	const struct audit_facts *a = job->audit;
	const struct strv *const lists[] = {&job->in_files, &job->at_boot, &a->kernel_rules};
	size_t count = job->view->facts->offline || a->not_measured ? 2 : ARRAY_SIZE(lists);

	if (!job->calls_unknown || audit_covers(job, &job->in_files, path, is_dir))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!audit_covers_of(job, lists[i], path, is_dir, AUDIT_ARCH_64))
			return false;
	return true;
}

void audit_want(struct audit_job *job, const char *path, bool is_dir)
{
	size_t edits = job->delta->edits.count, effects = job->delta->effects.count;
	bool written = audit_covers(job, &job->in_files, path, is_dir);
	bool halved = is_halved(job, path, is_dir);

	if (half_may_do(job, path, is_dir))
		tally_note(&job->tally, VERDICT_NOT_MEASURED,
			   "'%s' is audited for 64-bit calls alone; %s", path, job->calls_unknown);
	else if (want_in_files(job, path, is_dir, halved))
		want_in_kernel(job, path, is_dir, written, halved);
	if (job->want->connect)
		want_connects(job, path);
	if (job->delta->edits.count == edits && job->delta->effects.count == effects)
		return;
	if (is_dir && job->audit->failure == 2 && !job->delta->refusal)
		job->delta->refusal =
			xstrdup("a full audit queue panics this host (failure flag 2): "
				"no rule for a whole tree");
	if (job->audit->not_measured && !job->view->facts->offline)
		strv_addf(&job->delta->warnings,
			  "audit rules are written to %s only; the kernel's list was not read: %s",
			  job->where, job->audit->not_measured);
	if (job->audit->unrecorded)
		strv_add_once(&job->delta->warnings, job->audit->unrecorded);
	else if (job->audit->enabled == 0)
		strv_add_once(&job->delta->warnings, "audit is switched off: rules log nothing");
	if (job->audit->off_at_boot)
		strv_add_once(&job->delta->warnings, job->audit->off_at_boot);
	if (job->lost)
		strv_add_once(&job->delta->warnings, job->lost);
}
