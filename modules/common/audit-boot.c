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

/* All rules that are loaded so far go, or those with that in their key. */
static void clear(struct audit_job *job, const char *key, const char *by)
{
	for (size_t i = job->at_boot.count; i-- > 0;) {
		if (!audit_rule_cleared(job->at_boot.items[i], key))
			continue;
		strv_remove(&job->at_boot, i);
		free(job->lost);
		job->lost = xasprintf("a line of %s takes it out again: '%s'", job->where, by);
	}
}

/* The rule that a line takes out again (-W, -d), written as one that puts it in; NULL: none. */
static char *rule_taken_out(const char *line)
{
	const char *option = line + strspn(line, " \t");

	if (!starts_with(option, "-W") && !starts_with(option, "-d"))
		return NULL;
	return xasprintf("-%c%s", option[1] == 'W' ? 'w' : 'a', option + 2);
}

static void load_line(struct audit_job *job, const char *line)
{
	CLEANUP(audit_rule_clear) struct audit_rule gone = {0};
	CLEANUP(freep) char *taken = rule_taken_out(line), *key = NULL;

	if (job->late && audit_rule_clears(line, &key)) {
		clear(job, key, line);
		return;
	}
	if (!taken)
		strv_add(&job->at_boot, line);
	if (!taken || audit_rule_parse(taken, &gone, NULL) != 1)
		return;
	for (size_t i = job->at_boot.count; i-- > 0;) {
		CLEANUP(audit_rule_clear) struct audit_rule one = {0};

		if (audit_rule_parse(job->at_boot.items[i], &one, NULL) == 1 &&
		    audit_rule_same(&one, &gone) &&
		    audit_rule_archs(&one) == audit_rule_archs(&gone)) {
			strv_remove(&job->at_boot, i);
			free(job->lost);
			job->lost = xasprintf("a line of %s takes it out again: '%s'", job->where,
					      line);
		}
	}
}

/* The lines of that file that take out what was loaded before them, whatever they are about. */
static void clear_by_line(struct audit_job *job, const char *file, size_t line)
{
	for (size_t i = 0; i < job->audit->nclearings; i++) {
		const struct audit_clearing *c = &job->audit->clearings[i];
		CLEANUP(freep) char *by = NULL;

		if (c->line != line || strcmp(c->file, file) != 0)
			continue;
		by = c->key ? xasprintf("-D -k %s", c->key) : xstrdup("-D");
		clear(job, c->key, by);
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
		CLEANUP(strv_clear) struct strv words = {0};

		strv_split(&words, job->in_files.items[i], " \t");
		if (words.count == 2 && strcmp(words.items[0], "-e") == 0 &&
		    strcmp(words.items[1], "2") == 0) {
			str_replace(&job->lost, "a line of it locks the rules: '-e 2'");
			return;
		}
		load_line(job, job->in_files.items[i]);
	}
}
