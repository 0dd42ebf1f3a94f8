#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/map.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/audit-rule.h"
#include "engine/host/ask/audit-line.h"
#include "engine/host/read/observe.h"

#define RULES_DIR "/etc/audit/rules.d"

/*
 * The rule files as a boot would load them. augenrules(8) joins all *.rules in their natural order
 * into one file, drops comments, puts the last -D (without a key), -b and -f in front and the last -e behind;
 * auditctl -R then takes line by line, and ends at the first that fails, unless -c or -i came before.
 * Which lines are moved is for awk to say: its script looks for \\s*, which is a class of characters
 * for some, and the letter for mawk. So a blank behind -D, or in front of any of them, leaves it where it stands.
 */

struct origin {
	const char *file;
	size_t line;
	bool joined; /* the file before it has no end to its last line */
};

struct loading {
	struct gather *g;
	struct audit_names names;
	struct strv accounts, groups; /* lines of passwd and group */
	struct map rules; /* digests of the rules that are loaded so far, with their keys */
	struct strv order; /* digests, as they were loaded */
	struct map
		searched; /* texts of "-D -k", with how many of `order` were looked at for them */
	bool keyed; /* some line takes rules out by their key */
	long enabled; /* what the last -e so far says; -1: none yet */
	struct origin enabled_at;
	bool go_on;
	bool ended;
};

static void loading_clear(struct loading *l)
{
	strv_clear(&l->accounts);
	strv_clear(&l->groups);
	map_clear(&l->rules, free);
	strv_clear(&l->order);
	map_clear(&l->searched, NULL);
}

static long name_number(const struct audit_names *n, bool group, const char *name)
{
	const struct loading *l = n->data;
	const struct strv *lines = group ? &l->groups : &l->accounts;

	for (size_t i = 0; i < lines->count; i++) {
		const char *rest = skip_key(lines->items[i], name, ':'), *second;

		if (!rest)
			continue;
		second = strchr(rest, ':');
		return second ? strtol(second + 1, NULL, 10) : -1;
	}
	return -1;
}

static bool name_is_directory(const struct audit_names *n, const char *path)
{
	const struct loading *l = n->data;
	CLEANUP(node_clear) struct node node = {0};

	/* what cannot be looked at is taken to be there: a fault is told only where it is certain */
	return observe(l->g->root, path, 0, &node, NULL, NULL) < 0 || node.kind == NODE_DIR ||
	       node.kind == NODE_UNKNOWN;
}

static void read_lines(const struct gather *g, const char *path, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (observe_content(g->root, path, &text, NULL) >= 0)
		strv_split(ret, buf_str(&text), "\n");
}

static void add_fault(struct loading *l, const struct origin *at, const char *why)
{
	struct audit_fault *f = facts_add_audit_fault(l->g->facts);

	f->file = xstrdup(at->file);
	f->line = at->line;
	f->why = at->joined ? xasprintf("%s: the line of the file before it has no end, so that "
					"both are one",
					why)
			    : xstrdup(why);
	f->ends = !l->go_on;
	l->ended = f->ends;
}

static void put_rule(struct loading *l, const char *digest, char *key)
{
	free(map_get(&l->rules, digest));
	map_put(&l->rules, digest, key);
}

/* Two rules that are equal the kernel takes once: the second one is an error. */
static const char *count_rule(struct loading *l, int kind, const char *line, const struct buf *rule)
{
	CLEANUP(freep) char *digest = digest_new(rule->data, rule->len);
	bool there = map_get(&l->rules, digest) != NULL;

	if (kind == AUDIT_LINE_DELETE && !there)
		return "there is no such rule to take out";
	if (kind == AUDIT_LINE_RULE && there)
		return "the same rule stands before it";
	if (l->keyed && kind == AUDIT_LINE_RULE)
		strv_add(&l->order, digest);
	put_rule(l, digest,
		 kind != AUDIT_LINE_RULE ? NULL
		 : l->keyed              ? audit_rule_key(line)
					 : xstrdup(""));
	return NULL;
}

static void clear_all(struct loading *l)
{
	map_clear(&l->rules, free);
	strv_clear(&l->order);
	map_clear(&l->searched, NULL);
}

/* No rule is looked at twice for the same text: files of many such lines are as long as they are. */
static void clear_keyed(struct loading *l, const char *key)
{
	for (size_t i = (size_t)(uintptr_t)map_get(&l->searched, key); i < l->order.count; i++) {
		const char *of_rule = map_get(&l->rules, l->order.items[i]);

		if (of_rule && strstr(of_rule, key))
			put_rule(l, l->order.items[i], NULL);
	}
	map_put(&l->searched, key, (void *)(uintptr_t)l->order.count);
}

static void clear_rules(struct loading *l, const char *line, const struct origin *at)
{
	CLEANUP(freep) char *key = NULL;
	struct audit_clearing *c;

	audit_rule_clears(line, &key);
	if (key)
		clear_keyed(l, key);
	else
		clear_all(l);
	if (!key) /* so far that is a rule of the list exclude */
		str_replace(&l->g->facts->audit.off_at_boot, NULL);
	c = facts_add_audit_clearing(l->g->facts);
	c->file = xstrdup(at->file);
	c->line = at->line;
	c->key = TAKE_PTR(key);
}

/* What "-e" says, wherever it stands; who has locked the rules does not unlock them. */
static void take_enabled(struct loading *l, const char *line, const struct origin *at)
{
	long to = audit_rule_enables(line);

	if (to < 0 || l->enabled == 2)
		return;
	l->enabled = to;
	l->enabled_at = *at;
}

/* Behind "-e 2" among the rules nothing is loaded, whether that ends the loading or not. */
static bool is_locked(struct loading *l, int kind)
{
	if (l->enabled != 2 || kind < 0 || kind == AUDIT_LINE_NOTHING || kind == AUDIT_LINE_GO_ON)
		return false;
	l->go_on = false;
	add_fault(l, &l->enabled_at, "it locks the rules, and others stand behind it");
	return true;
}

static void load_line(struct loading *l, const char *line, const struct origin *at)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(buf_clear) struct buf rule = {0};
	int kind = audit_line_try(line, &l->names, &rule, &why);
	const char *fault = kind < 0 ? error_text(&why) : NULL;

	if (kind == AUDIT_LINE_NOTHING)
		take_enabled(l, line, at);
	if (is_locked(l, kind))
		return;
	if (kind == AUDIT_LINE_RULE || kind == AUDIT_LINE_DELETE)
		fault = count_rule(l, kind, line, &rule);
	if (kind == AUDIT_LINE_CLEAR)
		clear_rules(l, line, at);
	if (kind == AUDIT_LINE_GO_ON)
		l->go_on = true;
	if (fault)
		add_fault(l, at, fault);
	else if (kind == AUDIT_LINE_RULE && !l->g->facts->audit.off_at_boot &&
		 audit_rule_excludes(line))
		l->g->facts->audit.off_at_boot =
			xasprintf("'" RULES_DIR "/%s' line %zu %s: '%s'", at->file, at->line,
				  audit_rule_excludes(line), line);
}

/* The settings that augenrules moves: 'D', 'b', 'f', 'e'; '\0' for all other lines. */
static char moved(const char *line, bool classes)
{
	if (classes)
		line += strspn(line, " \t");
	if (line[0] != '-' || !line[1] || !strchr("Dbfe", line[1]))
		return '\0';
	return line[1] == 'D' && line[2 + strspn(line + 2, classes ? " \t\r" : "")] ? '\0'
										    : line[1];
}

/* Whether awk has \s as the class of blanks. */
static bool awk_has_classes(const struct root *root)
{
	static const char *const those[] = {"/usr/bin/gawk", "/usr/bin/busybox", "/bin/busybox"};

	for (size_t i = 0; i < ARRAY_SIZE(those); i++)
		if (observe_is_same(root, "/usr/bin/awk", those[i]))
			return true;
	return false;
}

struct joined {
	bool classes; /* awk has them */
	struct strv lines;
	struct origin *origins; /* one a line */
	size_t count;
	char *settings[4]; /* the last of each of "Dbfe" */
	struct origin setting_origins[4];
};

static void joined_clear(struct joined *j)
{
	strv_clear(&j->lines);
	free(j->origins);
	for (size_t i = 0; i < ARRAY_SIZE(j->settings); i++)
		free(j->settings[i]);
}

static void add_line(struct joined *j, const char *text, size_t n, const struct origin *at)
{
	CLEANUP(freep) char *line = xstrndup(text, n);
	char which = moved(line, j->classes);
	size_t setting = which ? strcspn("Dbfe", (char[]){which, '\0'}) : 4;

	if (n == 0)
		return;
	if (setting < ARRAY_SIZE(j->settings)) {
		str_replace(&j->settings[setting], line);
		j->setting_origins[setting] = *at;
		return;
	}
	strv_add_owned(&j->lines, TAKE_PTR(line));
	*(struct origin *)array_append(&j->origins, &j->count, sizeof(*j->origins)) = *at;
}

/* `open`: the line that the file before it left without an end; takes that of this file. */
static void join_file(struct joined *j, const char *file, const char *text, struct buf *open,
		      struct origin *open_at)
{
	for (size_t line = 1; *text; line++) {
		size_t n = strcspn(text, "\n");
		struct origin at = {.file = file, .line = line};

		if (open->len) {
			buf_append(open, text, n);
			open_at->joined = true;
			if (text[n])
				add_line(j, buf_str(open), open->len, open_at);
		} else if (text[n]) {
			add_line(j, text, n, &at);
		} else {
			buf_append(open, text, n);
			*open_at = at;
		}
		if (!text[n])
			return;
		buf_clear(open);
		text += n + 1;
	}
}

static int compare_natural(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static void join(struct gather *g, struct strv *names, struct joined *j)
{
	CLEANUP(buf_clear) struct buf open = {0};
	struct origin open_at = {0};

	if (names->count > 1)
		qsort(names->items, names->count, sizeof(char *), compare_natural);
	for (size_t i = 0; i < names->count; i++) {
		CLEANUP(freep) char *path = xasprintf(RULES_DIR "/%s", names->items[i]);
		CLEANUP(buf_clear) struct buf text = {0};

		if (fnmatch("*.rules", names->items[i], FNM_PERIOD) != 0)
			continue;
		if (observe_content(g->root, path, &text, NULL) >= 0)
			join_file(j, names->items[i], buf_str(&text), &open, &open_at);
	}
	if (open.len)
		add_line(j, buf_str(&open), open.len, &open_at);
}

/* When all is loaded: audit is off, or no more rules can be. */
static void note_enabled(struct loading *l)
{
	struct audit_facts *a = &l->g->facts->audit;
	const struct origin *at = &l->enabled_at;

	if (l->ended)
		return;
	if (l->enabled == 2)
		a->locked_at_boot =
			xasprintf("'" RULES_DIR "/%s' line %zu locks the rules at each boot",
				  at->file, at->line);
	if (l->enabled == 0 && !a->off_at_boot)
		a->off_at_boot = xasprintf("'%s' line %zu switches audit off at each boot",
					   at->file, at->line);
}

void gather_audit_rules(struct gather *g)
{
	CLEANUP(loading_clear) struct loading l = {.g = g, .enabled = -1};
	CLEANUP(joined_clear) struct joined j = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	if (observe_children(g->root, RULES_DIR, &names, NULL) < 0)
		return;
	l.names = (struct audit_names){name_number, name_is_directory, &l};
	read_lines(g, "/etc/passwd", &l.accounts);
	read_lines(g, "/etc/group", &l.groups);
	j.classes = awk_has_classes(g->root);
	join(g, &names, &j);
	for (size_t i = 0; i < j.lines.count && !l.keyed; i++)
		l.keyed = starts_with(j.lines.items[i] + strspn(j.lines.items[i], " \t"), "-D");
	if (j.settings[0] && strpbrk(j.settings[0], "\t\r")) /* no -D to auditctl */
		load_line(&l, j.settings[0], &j.setting_origins[0]);
	for (size_t i = 1; i < 3 && !l.ended; i++) /* before -D there is nothing yet */
		if (j.settings[i])
			load_line(&l, j.settings[i], &j.setting_origins[i]);
	for (size_t i = 0; i < j.lines.count && !l.ended; i++)
		load_line(&l, j.lines.items[i], &j.origins[i]);
	if (j.settings[3] && !l.ended)
		take_enabled(&l, j.settings[3], &j.setting_origins[3]);
	note_enabled(&l);
}
