#pragma once

/* What one control wants of the audit, what is there of it, and what comes of that. */

#include "engine/model/view.h"
#include "modules/common/tally.h"

#define RULES_DIR "/etc/audit/rules.d"

struct audit_desired {
	struct strv watch;
	char *perm;
	bool tree;
	char *key;
	struct strv exclude;
	char *file;
	bool missing_ok;
	bool connect;
};

struct audit_job {
	const struct audit_desired *want;
	const struct view *view;
	const struct audit_facts *audit;
	struct delta *delta;
	struct tally tally;
	const char *file;
	const char *where; /* what is loaded at boot: RULES_DIR, or the late file */
	bool late;
	unsigned perms;
	unsigned archs; /* those whose calls this kernel has, or may have: as audit_rule_archs() */
	const char *calls_unknown; /* why it is not known whether it has 32-bit ones; NULL: it is */
	const struct strv *paths; /* that are asked about */
	struct strv
		in_files; /* rules of the files that may touch them, in the order in which they are loaded */
	struct strv at_boot; /* of them those that the next boot does load */
	struct strv
		boot_keys; /* of each of these, by which "-D -k" finds it; "" where it has none */
	size_t cleared; /* how many of the facts' clearings stand before the line that is read */
	char *lost; /* what keeps it from loading the others; NULL: nothing */
	struct strv exclude; /* canonical paths that are left out */
};
