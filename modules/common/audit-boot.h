#pragma once

/* Which of the rules in the files the next boot has loaded when it is done with them: job->at_boot, job->lost. */

#include "modules/common/audit-job.h"

/*
 * What a line of a file of /etc/audit/rules.d, read next, does to the rules that are loaded so far: n bytes, 0
 * where they are not about any path that counts.
 */
void audit_boot_file_line(struct audit_job *job, const char *file, size_t line, const char *text,
			  size_t n);

/* Likewise all lines of job->in_files, which a unit has auditctl load when the others are. */
void audit_boot_late(struct audit_job *job);

/* Whether a line of it takes out any rule at all that was loaded before. */
bool audit_boot_takes_out(const char *text);

/* What a late file of another control takes out of the rules that were loaded before it: `path`, and its text. */
void audit_boot_behind(struct audit_job *job, const char *path, const char *text);
