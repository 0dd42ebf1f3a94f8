#pragma once

/* The rules that are asked for one path, as lines; and what of them is there, whichever way it is written. */

#include "modules/common/audit-job.h"

/*
 * The text of a rule for one architecture's calls, or for all (NULL); a directory is watched with
 * all that is below it. The caller frees it.
 */
char *audit_text_of(const struct audit_job *job, const char *path, bool is_dir, const char *arch,
		    bool never);

/* Whether the rules have it, for all architectures that it speaks of. */
bool audit_has_rule(const struct strv *rules, const char *text);

/*
 * The lines of a file that make that rule. auditctl 4 warns of a rule without an architecture, and
 * calls -w the old, slow form; before it, -w is what people know.
 */
void audit_lines_of(const struct audit_job *job, const char *path, bool is_dir, bool never,
		    struct strv *ret);

/*
 * Whether somebody has the rule for one architecture alone, in a file or in the kernel. A rule for all would
 * be taken out of the kernel again with that half: what has this path and key goes. Beside one the rule is
 * asked for by halves.
 */
bool audit_half_is_there(const struct audit_job *job, const char *path, bool is_dir, bool never);

/*
 * The halves of the rule, of these architectures (as audit_rule_archs()), that are not among `rules`: appended
 * as lines, and returned.
 */
unsigned audit_halves_lacking(const struct audit_job *job, const struct strv *rules,
			      const char *path, bool is_dir, bool never, unsigned archs,
			      struct strv *ret);

/* Appends those of the rules that count for the path. */
void audit_counted(const struct audit_job *job, const struct strv *rules, const char *path,
		   struct strv *ret);

/* Whether the rules cover the path, for the architectures that are asked for (or these). */
bool audit_covers(const struct audit_job *job, const struct strv *rules, const char *path,
		  bool is_dir);
bool audit_covers_of(const struct audit_job *job, const struct strv *rules, const char *path,
		     bool is_dir, unsigned archs);

/* Whether they would with one more at their end: an earlier never may not let it. */
bool audit_would_cover(const struct audit_job *job, const struct strv *rules, const char *path,
		       bool is_dir);
