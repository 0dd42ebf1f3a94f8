#pragma once

/*
 * Audit rules by meaning (audit.rules(7), auditctl(8)). "-w PATH -p wa -k KEY" and its syscall
 * forms ("-a always,exit -F path=PATH -F perm=wa -k KEY", also with -F dir=, arch and -S all)
 * are one and the same rule; the order of fields does not count; the key does not count for coverage.
 *
 * A zeroed rule is a valid empty one and owns its strings; audit_rule_clear() releases them.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"

enum audit_perm {
	AUDIT_PERM_EXEC_BIT = 1 << 0, /* x */
	AUDIT_PERM_WRITE_BIT = 1 << 1, /* w */
	AUDIT_PERM_READ_BIT = 1 << 2, /* r */
	AUDIT_PERM_ATTR_BIT = 1 << 3, /* a */
};

#define AUDIT_PERM_ALL                                                                             \
	(AUDIT_PERM_EXEC_BIT | AUDIT_PERM_WRITE_BIT | AUDIT_PERM_READ_BIT | AUDIT_PERM_ATTR_BIT)

struct audit_rule {
	bool is_watch; /* watches a path or a tree; other rules only have `other` */
	bool is_tree; /* the dir field: recursive */
	bool is_any; /* from "-w": path or dir, by what the path is when it is loaded */
	bool never; /* action never */
	bool first; /* -A: goes before the rules that are there */
	char *path; /* without a slash at its end */
	unsigned perms; /* enum audit_perm bits; all four when none was given */
	const char *
		connects; /* "b64", "b32": logs connect(2) of that architecture to the socket `path`; else NULL */
	const char *
		arch; /* "b64", "b32": of a rule that speaks of one architecture's calls alone; else NULL */
	bool narrowed; /* has further fields (uid, arch with some syscalls, ...): covers less */
	char *key; /* several are sorted and joined by commas */
	char *other; /* not a watch, or narrowed: the whole rule as normalised text */
};

/* The architectures whose calls it speaks of: one bit each, of the two that a kernel may run. */
#define AUDIT_ARCHS 2
#define AUDIT_ARCHS_ALL ((1U << AUDIT_ARCHS) - 1)
#define AUDIT_ARCH_64 (1U << 0)
unsigned audit_rule_archs(const struct audit_rule *r);

void audit_rule_clear(struct audit_rule *r);

/*
 * 1: a rule; 0: an empty line, a comment or a control line (-D, -b, -e ...); negative: not
 * understood. A rule that is taken out (-W, -d) is not understood either.
 */
int audit_rule_parse(const char *line, struct audit_rule *ret, struct error *err);

/*
 * The one text for all spellings of a rule, which auditctl takes: the caller frees it. Of -w,
 * path and dir, which is meant stays visible: "-w PATH -p PERMS -k KEY", or
 * "-a always,exit -F path=PATH -F perm=PERMS -k KEY" with path or dir.
 */
char *audit_rule_canonical(const struct audit_rule *r);

/* The canonical text of the rule that logs who connects to a socket; the caller frees it. */
char *audit_connect_canonical(const char *path, const char *arch, const char *key);

/*
 * Whether two rules are the same for the kernel, the key included; -w is the same as its path or dir,
 * and one without an architecture as the one for either.
 */
bool audit_rule_same(const struct audit_rule *a, const struct audit_rule *b);

/*
 * Whether the rules `have` (texts in order; earlier ones win) log at least `want` accesses to
 * `path` (to the whole tree below it when `tree`). A never rule that matches first uncovers it, and
 * what is logged of one architecture alone is not covered.
 */
bool audit_rules_cover(const struct strv *have, const char *path, bool tree, unsigned perms);

/* The same of some architectures, as audit_rule_archs() has them. */
bool audit_rules_cover_of(const struct strv *have, const char *path, bool tree, unsigned perms,
			  unsigned archs);

/* The architectures for which the rule `text` is among them, whichever way it is written. */
unsigned audit_rules_archs(const struct strv *rules, const char *text);

/* The path that a rule speaks of, as it stands there, where that is plain; the caller frees it. */
char *audit_rule_path(const char *rule);

/*
 * Whether the line of a rule can have a part in that; false where it surely has none. It is not
 * parsed: of a million lines few speak of the path.
 */
bool audit_line_matters(const char *line, const char *path);

/*
 * 1 of a line that takes out all rules ("-D"), or those whose key has a text in it ("-D -k TEXT"), which is the
 * caller's then; else NULL. 0: it is another line.
 */
int audit_rule_clears(const char *line, char **ret_key);

/* What "-e" sets, however it is written: 0, 1, 2 (locked until the next boot); -1: it is another line. */
long audit_rule_enables(const char *line);

/* The key by which that finds a rule; "" where it has none. The caller frees it. */
char *audit_rule_key(const char *line);

unsigned audit_perms_parse(const char *text); /* "wa" to bits; 0 when not understood */
char *audit_perms_text(unsigned perms); /* in the order r, w, x, a */

/* A word as a rules file has it: its blanks behind a backslash. */
void audit_word_append(struct buf *out, const char *word);
