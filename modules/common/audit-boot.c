#include "modules/common/audit-boot.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/audit-rule.h"

/* Whether the boot gets as far as that line of that file, and can load it. */
static bool is_loaded(const struct audit_job *job, const char *file, size_t line)
{
	for (size_t i = 0; i < job->audit->nfaults; i++) {
		const struct audit_fault *f = &job->audit->faults[i];
		int order = strverscmp(file, f->file);

		if (order == 0 && line == f->line)
			return false;
		if (f->ends && (order > 0 || (order == 0 && line > f->line)))
			return false;
	}
	return true;
}

/* Rule i is not there after the boot. */
static void lose(struct audit_job *job, size_t i, const char *where, const char *by)
{
	strv_remove(&job->at_boot, i);
	strv_remove(&job->boot_keys, i);
	free(job->lost);
	job->lost = xasprintf("a line of %s takes it out again: '%s'", where, by);
}

/* All rules that are loaded so far go, or those with that anywhere in their key, as auditctl looks for it. */
static void clear(struct audit_job *job, const char *key, const char *where, const char *by)
{
	for (size_t i = job->at_boot.count; i-- > 0;)
		if (!key || strstr(job->boot_keys.items[i], key))
			lose(job, i, where, by);
}

/* The rule that a line takes out again (-W, -d), written as one that puts it in; NULL: none. */
static char *rule_taken_out(const char *line)
{
	const char *option = line + strspn(line, " ");

	if (!starts_with(option, "-W") && !starts_with(option, "-d"))
		return NULL;
	return xasprintf("-%c%s", option[1] == 'W' ? 'w' : 'a', option + 2);
}

static bool is_same(const char *line, const struct audit_rule *rule)
{
	CLEANUP(audit_rule_clear) struct audit_rule one = {0};

	return audit_rule_parse(line, &one, NULL) == 1 && audit_rule_same(&one, rule) &&
	       audit_rule_archs(&one) == audit_rule_archs(rule);
}

/* true: the line takes one out, which is done. */
static bool take_out(struct audit_job *job, const char *where, const char *line)
{
	CLEANUP(audit_rule_clear) struct audit_rule gone = {0};
	CLEANUP(freep) char *taken = rule_taken_out(line);

	if (!taken || audit_rule_parse(taken, &gone, NULL) != 1)
		return taken != NULL;
	for (size_t i = job->at_boot.count; i-- > 0;)
		if (is_same(job->at_boot.items[i], &gone))
			lose(job, i, where, line);
	return true;
}

static bool clear_by(struct audit_job *job, const char *where, const char *line)
{
	CLEANUP(freep) char *key = NULL;

	if (!audit_rule_clears(line, &key))
		return false;
	clear(job, key, where, line);
	return true;
}

static void load_line(struct audit_job *job, const char *line)
{
	if ((job->late && clear_by(job, job->where, line)) || take_out(job, job->where, line))
		return;
	strv_add(&job->at_boot, line);
	strv_add_owned(&job->boot_keys, audit_rule_key(line));
}

static int compare_place(const struct audit_clearing *c, const char *file, size_t line)
{
	int order = strverscmp(c->file, file);

	return order ? order : c->line < line ? -1 : c->line > line;
}

/*
 * The lines up to that one that take out what was loaded before them, whatever they are about: the facts have them
 * in the order in which files are read.
 */
static void clear_by_line(struct audit_job *job, const char *file, size_t line)
{
	for (; job->cleared < job->audit->nclearings; job->cleared++) {
		const struct audit_clearing *c = &job->audit->clearings[job->cleared];
		CLEANUP(freep) char *by = NULL;

		if (compare_place(c, file, line) > 0)
			return;
		by = c->key ? xasprintf("-D -k %s", c->key) : xstrdup("-D");
		clear(job, c->key, job->where, by);
	}
}

void audit_boot_file_line(struct audit_job *job, const char *file, size_t line, const char *text,
			  size_t n)
{
	CLEANUP(freep) char *one = NULL;

	clear_by_line(job, file, line);
	if (n == 0 || !is_loaded(job, file, line))
		return;
	one = xstrndup(text, n);
	load_line(job, one);
}

void audit_boot_late(struct audit_job *job)
{
	const char *locked = job->audit->locked_at_boot;

	if (locked) {
		job->lost = xasprintf("%s, before '%s' is loaded", locked, job->file);
		return;
	}
	for (size_t i = 0; i < job->in_files.count; i++) {
		if (audit_rule_enables(job->in_files.items[i]) == 2) {
			str_replace(&job->lost, "a line of it locks the rules: '-e 2'");
			return;
		}
		load_line(job, job->in_files.items[i]);
	}
}

bool audit_boot_takes_out(const char *text)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, text, "\r\n");
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(freep) char *key = NULL, *taken = rule_taken_out(lines.items[i]);

		if (taken || audit_rule_clears(lines.items[i], &key))
			return true;
	}
	return false;
}

void audit_boot_behind(struct audit_job *job, const char *path, const char *text)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	if (job->audit->locked_at_boot)
		return;
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count && audit_rule_enables(lines.items[i]) != 2; i++)
		if (!clear_by(job, path, lines.items[i]))
			take_out(job, path, lines.items[i]);
}
