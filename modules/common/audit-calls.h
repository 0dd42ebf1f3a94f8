#pragma once

/* Which calls the running kernel has: an event of one that it does not have needs no rule. */

#include "modules/common/audit-job.h"

/* Sets job->archs and job->calls_unknown, by what the kernel shows of itself. */
void audit_calls_find(struct audit_job *job);
