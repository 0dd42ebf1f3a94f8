#pragma once

/*
 * One path that the audit shall log: what of it the rule files and the kernel lack, as edits and
 * effects. Rules count by what they log, however and wherever they are written.
 */

#include "modules/common/audit-job.h"

/* Judges the path, and asks for the rules that it lacks. */
void audit_want(struct audit_job *job, const char *path, bool is_dir);

/* Of a late file: asks for the line that lets its loading go on behind a failure. */
void audit_want_go_on(struct audit_job *job);

/* What has events recorded that are not, or not after the next boot. */
const char *audit_recording_fix(const struct audit_facts *a);

bool audit_is_directory(const struct audit_job *job, const char *path);
