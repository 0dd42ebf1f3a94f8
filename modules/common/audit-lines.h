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
 * Whether somebody has the rule for one architecture alone. The kernel is given ours for all, and is
 * told to take out again what has this path and key: that half would go with it.
 */
bool audit_half_is_there(const struct audit_job *job, const char *path, bool is_dir, bool never);
