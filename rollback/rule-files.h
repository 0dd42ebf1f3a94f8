#pragma once

/*
 * Which rule files will have an audit rule once files are put back: the next boot loads it from there, so
 * it stays loaded until then, and nobody is unwatched between.
 */

#include "engine/host/read/root.h"
#include "engine/model/plan.h"

/* The rule files as they will be. */
struct rule_files {
	const struct root *root;
	const struct plan
		*plan; /* its paths are as one of their images, all others as they are now */
	bool back; /* ... the first: the plan is walked down; else the last */
	const struct strv
		*as_now; /* paths of the plan that stay as they are; NULL: none. Borrowed */
};

/*
 * Why a file keeps the rule loaded: one has it, or cannot be read; NULL: none does. The caller frees it.
 * `rule` is in the words of an effect.
 */
char *rule_files_want(const struct rule_files *files, const char *rule);
