#include "engine/format/audit-rule.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/blank-words.h"
#include "engine/base/buf.h"
#include "engine/base/path.h"
#include "engine/base/str.h"

/* In the order in which auditctl writes them. */
static const struct {
	char letter;
	enum audit_perm bit;
} perm_letters[] = {
	{'r', AUDIT_PERM_READ_BIT},
	{'w', AUDIT_PERM_WRITE_BIT},
	{'x', AUDIT_PERM_EXEC_BIT},
	{'a', AUDIT_PERM_ATTR_BIT},
};

static unsigned perm_bit(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(perm_letters); i++)
		if (perm_letters[i].letter == letter)
			return perm_letters[i].bit;
	return 0;
}

unsigned audit_perms_parse(const char *text)
{
	unsigned perms = 0;

	for (; *text; text++) {
		unsigned bit = perm_bit(*text >= 'A' && *text <= 'Z' ? *text | 0x20 : *text);

		if (!bit)
			return 0;
		perms |= bit;
	}
	return perms;
}

char *audit_perms_text(unsigned perms)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (size_t i = 0; i < ARRAY_SIZE(perm_letters); i++)
		if (perms & perm_letters[i].bit)
			buf_putc(&out, perm_letters[i].letter);
	return buf_take(&out);
}

void audit_word_append(struct buf *out, const char *word)
{
	for (; *word; word++) {
		if (*word == ' ')
			buf_putc(out, '\\');
		buf_putc(out, *word);
	}
}

char *audit_rule_canonical(const struct audit_rule *r)
{
	CLEANUP(freep) char *perms = audit_perms_text(r->perms);
	CLEANUP(buf_clear) struct buf out = {0};

	if (r->other)
		return xstrdup(r->other);
	if (r->is_any)
		buf_puts(&out, "-w ");
	else
		buf_printf(&out, "%s %s,exit%s%s -F %s=", r->first ? "-A" : "-a",
			   r->never ? "never" : "always", r->arch ? " -F arch=" : "",
			   r->arch ? r->arch : "", r->is_tree ? "dir" : "path");
	audit_word_append(&out, r->path);
	buf_printf(&out, r->is_any ? " -p %s" : " -F perm=%s", perms);
	if (r->key) {
		buf_puts(&out, " -k ");
		audit_word_append(&out, r->key);
	}
	return buf_take(&out);
}

char *audit_connect_canonical(const char *path, const char *arch, const char *key)
{
	CLEANUP(buf_clear) struct buf out = {0};

	buf_printf(&out, "-a always,exit -F arch=%s -S connect -F path=", arch);
	audit_word_append(&out, path);
	buf_puts(&out, " -k ");
	audit_word_append(&out, key);
	return buf_take(&out);
}

bool audit_rule_same(const struct audit_rule *a, const struct audit_rule *b)
{
	if (a->other || b->other)
		return strcmp_null(a->other, b->other) == 0;
	if (!a->is_any && !b->is_any && a->is_tree != b->is_tree)
		return false;
	if (a->arch && b->arch && strcmp(a->arch, b->arch) != 0)
		return false;
	return a->never == b->never && a->perms == b->perms && strcmp_null(a->key, b->key) == 0 &&
	       strcmp_null(a->path, b->path) == 0;
}

/* Whether the rule speaks of all of `path`: of the tree below it, too, when `tree`. */
static bool reaches(const struct audit_rule *r, const char *path, bool tree)
{
	if (strcmp(r->path, path) == 0)
		return r->is_any || r->is_tree || !tree;
	return (r->is_any || r->is_tree) && path_is_below(path, r->path);
}

/* Whether the rule speaks of any part of it. */
static bool touches(const struct audit_rule *r, const char *path, bool tree)
{
	return reaches(r, path, tree) || strcmp(r->path, path) == 0 ||
	       (tree && path_is_below(r->path, path));
}

/* Whether a rule names calls, and none that could be about a file: those that rule sets keep clocks quiet by. */
static bool is_of_clocks(const char *rule)
{
	static const char *const calls[] = {"adjtimex", "clock_adjtime", "clock_settime",
					    "settimeofday", "stime"};
	bool some = false;

	for (const char *at = rule; (at = strstr(at, " -S ")) != NULL; some = true) {
		at += strlen(" -S ");
		CLEANUP(freep) char *call = xstrndup(at, strcspn(at, " "));

		if (!is_among(call, calls, ARRAY_SIZE(calls)))
			return false;
	}
	return some;
}

/*
 * A rule without a path that keeps events away ("-a never,exit"). One that is narrowed does so of those whom
 * it names, by account, program or result: the file is not watched for them.
 */
static bool is_blanket(const struct audit_rule *r, const char *list)
{
	return r->never && !r->is_watch && strstr(r->other, list) && !is_of_clocks(r->other);
}

struct coverage {
	const char *path;
	bool tree;
	unsigned logged[AUDIT_ARCHS], lost[AUDIT_ARCHS]; /* decided by the rules so far */
	bool off; /* no process has an audit context at all */
};

unsigned audit_rule_archs(const struct audit_rule *r)
{
	if (!r->arch)
		return AUDIT_ARCHS_ALL;
	return strcmp(r->arch, "b64") == 0 ? 1U << 0 : 1U << 1;
}

static void weigh_arch(struct coverage *c, const struct audit_rule *r, size_t arch)
{
	if (is_blanket(r, " never,exit"))
		c->lost[arch] |= r->perms & ~c->logged[arch];
	else if (!r->is_watch)
		return;
	else if (r->never && touches(r, c->path, c->tree))
		c->lost[arch] |= r->perms & ~c->logged[arch];
	else if (!r->never && !r->narrowed && reaches(r, c->path, c->tree))
		c->logged[arch] |= r->perms & ~c->lost[arch];
}

static void weigh(struct coverage *c, const struct audit_rule *r)
{
	if (is_blanket(r, " never,task"))
		c->off = true;
	for (size_t arch = 0; arch < AUDIT_ARCHS; arch++)
		if (audit_rule_archs(r) & 1U << arch)
			weigh_arch(c, r, arch);
}

static bool is_covered(const struct coverage *c, unsigned perms, unsigned archs)
{
	for (size_t arch = 0; arch < AUDIT_ARCHS; arch++)
		if (archs & 1U << arch && (c->logged[arch] & perms) != perms)
			return false;
	return !c->off;
}

static char *without_slash(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

/* Whether the word may stand for the path, or for a directory above it. */
static bool word_reaches(const char *word, size_t n, const char *path)
{
	while (n > 1 && word[n - 1] == '/')
		n--;
	return strncmp(word, path, n) == 0 && (n == 1 || path[n] == '\0' || path[n] == '/');
}

bool audit_line_matters(const char *line, const char *path)
{
	/* a rule that keeps events away, or a path that may be written in another way */
	if (strpbrk(line, "\\\"'") || strstr(line, "never") || strstr(line, "//") ||
	    strstr(line, "/.") || strstr(path, "//") || strstr(path, "/."))
		return true;
	while (*line) {
		size_t n = strcspn(line, " \t\n\v\f\r");
		const char *slash = memchr(line, '/', n);

		if (slash && word_reaches(slash, n - (size_t)(slash - line), path))
			return true;
		line += n + (line[n] != '\0');
	}
	return false;
}

char *audit_rule_path(const char *rule)
{
	const char *path = strchr(rule, '/');

	return path && !strchr(rule, '\\') ? xstrndup(path, strcspn(path, " ")) : NULL;
}

int audit_rule_clears(const char *line, char **ret_key)
{
	CLEANUP(strv_clear) struct strv words = {0};

	*ret_key = NULL;
	blank_words(line, &words);
	if (words.count == 0 || strcmp(words.items[0], "-D") != 0)
		return 0;
	if (words.count == 3 && strcmp(words.items[1], "-k") == 0)
		*ret_key = xstrdup(words.items[2]);
	return words.count == 1 || words.count == 3;
}

long audit_rule_enables(const char *line)
{
	line += strspn(line, " ");
	if (line[0] != '-' || line[1] != 'e')
		return -1;
	line += 2 + strspn(line + 2, " ");
	return *line >= '0' && *line <= '9' ? strtol(line, NULL, 10) : -1;
}

char *audit_rule_key(const char *line)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};

	return audit_rule_parse(line, &rule, NULL) == 1 && rule.key ? xstrdup(rule.key)
								    : xstrdup("");
}

unsigned audit_rules_archs(const struct strv *rules, const char *text)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	CLEANUP(freep) char *path = audit_rule_path(text);
	unsigned archs = 0;

	if (audit_rule_parse(text, &rule, NULL) != 1)
		return 0;
	for (size_t i = 0; i < rules->count; i++) {
		CLEANUP(audit_rule_clear) struct audit_rule one = {0};

		if ((!path || audit_line_matters(rules->items[i], path)) &&
		    audit_rule_parse(rules->items[i], &one, NULL) == 1 &&
		    audit_rule_same(&one, &rule))
			archs |= audit_rule_archs(&one);
	}
	return archs;
}

bool audit_rules_cover(const struct strv *have, const char *path, bool tree, unsigned perms)
{
	return audit_rules_cover_of(have, path, tree, perms, AUDIT_ARCHS_ALL);
}

bool audit_rules_cover_of(const struct strv *have, const char *path, bool tree, unsigned perms,
			  unsigned archs)
{
	CLEANUP(freep) char *clean = without_slash(path);
	struct coverage c = {.path = clean, .tree = tree};
	struct audit_rule *rules = NULL;
	size_t count = 0;

	for (size_t i = 0; i < have->count; i++) {
		struct audit_rule *rule = array_append(&rules, &count, sizeof(*rules));

		if (audit_rule_parse(have->items[i], rule, NULL) == 1)
			continue;
		audit_rule_clear(rule); /* a line that is not understood decides nothing */
		count--;
	}
	/* -A puts each rule before all others: the last one of them is asked first */
	for (size_t i = count; i-- > 0;)
		if (rules[i].first)
			weigh(&c, &rules[i]);
	for (size_t i = 0; i < count; i++)
		if (!rules[i].first)
			weigh(&c, &rules[i]);
	while (count > 0)
		audit_rule_clear(&rules[--count]);
	free(rules);
	return is_covered(&c, perms, archs);
}
