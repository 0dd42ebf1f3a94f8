#pragma once

/*
 * What auditctl makes of one line of a rule file, found out by libaudit's own parser, without the
 * kernel: loading ends at the first line that cannot be loaded (auditctl(8), -R), so each line of
 * every file that comes before a rule decides whether the rule is there after a boot. Host, read side.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

#define AUDIT_LINE_MAX 6144 /* more than that auditctl does not read as one line */

/* How the line's names are looked up: in the root that is looked at, not in this process's. */
struct audit_names {
	/* The number of an account or group in its file; negative: there is none. */
	long (*number)(const struct audit_names *n, bool group, const char *name);
	bool (*is_directory)(const struct audit_names *n, const char *path);
	void *data;
};

enum audit_line {
	AUDIT_LINE_NOTHING, /* empty, a comment, or a setting that cannot fail */
	AUDIT_LINE_RULE, /* adds the rule in `ret_rule` */
	AUDIT_LINE_DELETE, /* takes it out */
	AUDIT_LINE_CLEAR, /* -D: takes out all */
	AUDIT_LINE_GO_ON, /* -i, -c: errors do not end the loading from here on */
};

/*
 * enum audit_line; ret_rule gets bytes that are equal for equal rules. -EINVAL: auditctl takes it
 * for an error, which err says.
 */
int audit_line_try(const char *line, const struct audit_names *names, struct buf *ret_rule,
		   struct error *err);
