#include "modules/common/audit-lines.h"

#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"

char *audit_text_of(const struct audit_job *job, const char *path, bool is_dir, const char *arch,
		    bool never)
{
	CLEANUP(audit_rule_clear)
	struct audit_rule rule = {
		.is_watch = true,
		.is_tree = is_dir,
		.never = never,
		.arch = arch,
		.path = xstrdup(path),
		.perms = never ? AUDIT_PERM_ALL : job->perms,
		.key = never ? NULL : xstrdup(job->want->key ? job->want->key : "docker"),
	};

	return audit_rule_canonical(&rule);
}

bool audit_has_rule(const struct strv *rules, const char *text)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};

	return audit_rule_parse(text, &rule, NULL) == 1 &&
	       (audit_rule_archs(&rule) & ~audit_rules_archs(rules, text)) == 0;
}

void audit_lines_of(const struct audit_job *job, const char *path, bool is_dir, bool never,
		    struct strv *ret)
{
	CLEANUP(freep) char *plain = audit_text_of(job, path, is_dir, NULL, never);
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	bool parsed = audit_rule_parse(plain, &rule, NULL) == 1;

	if (job->audit->major >= 4) {
		strv_add_owned(ret, audit_text_of(job, path, is_dir, "b64", never));
		strv_add_owned(ret, audit_text_of(job, path, is_dir, "b32", never));
	} else if (!never && parsed) {
		rule.is_any = true;
		strv_add_owned(ret, audit_rule_canonical(&rule));
	} else {
		strv_add(ret, plain);
	}
}

bool audit_half_is_there(const struct audit_job *job, const char *path, bool is_dir, bool never)
{
	CLEANUP(freep) char *plain = audit_text_of(job, path, is_dir, NULL, never);
	const struct strv *const lists[] = {&job->in_files, &job->audit->kernel_rules};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		unsigned archs = audit_rules_archs(lists[i], plain);

		if (archs && archs != AUDIT_ARCHS_ALL)
			return true;
	}
	return false;
}

unsigned audit_halves_lacking(const struct audit_job *job, const struct strv *rules,
			      const char *path, bool is_dir, bool never, unsigned archs,
			      struct strv *ret)
{
	static const char *const names[AUDIT_ARCHS] = {"b64", "b32"};
	unsigned lacking = 0;

	for (size_t i = 0; i < AUDIT_ARCHS; i++) {
		CLEANUP(freep) char *half = audit_text_of(job, path, is_dir, names[i], never);

		if (!(archs & 1U << i) || audit_has_rule(rules, half))
			continue;
		lacking |= 1U << i;
		strv_add_owned(ret, TAKE_PTR(half));
	}
	return lacking;
}

/* Whether a rule is one of the exclusions that are wanted: those do not uncover anything. */
static bool is_exclusion(const struct audit_job *job, const char *line)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};

	return job->exclude.count > 0 && audit_rule_parse(line, &rule, NULL) == 1 &&
	       rule.is_watch && rule.never && rule.path && strv_contains(&job->exclude, rule.path);
}

void audit_counted(const struct audit_job *job, const struct strv *rules, const char *path,
		   struct strv *ret)
{
	for (size_t i = 0; i < rules->count; i++)
		if (audit_line_matters(rules->items[i], path) &&
		    !is_exclusion(job, rules->items[i]))
			strv_add(ret, rules->items[i]);
}

bool audit_covers_of(const struct audit_job *job, const struct strv *rules, const char *path,
		     bool is_dir, unsigned archs)
{
	CLEANUP(strv_clear) struct strv counted = {0};

	audit_counted(job, rules, path, &counted);
	return audit_rules_cover_of(&counted, path, is_dir, job->perms, archs);
}

bool audit_covers(const struct audit_job *job, const struct strv *rules, const char *path,
		  bool is_dir)
{
	return audit_covers_of(job, rules, path, is_dir, job->archs);
}

bool audit_would_cover(const struct audit_job *job, const struct strv *rules, const char *path,
		       bool is_dir)
{
	CLEANUP(strv_clear) struct strv more = {0};

	audit_counted(job, rules, path, &more);
	strv_add_owned(&more, audit_text_of(job, path, is_dir, NULL, false));
	return audit_rules_cover_of(&more, path, is_dir, job->perms, job->archs);
}
