#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/blank-words.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/format/audit-rule.h"

#define COMPARISON "-C " /* what a comparison begins with among the fields */

/* A rule's words, sorted out: what makes the watch, and what makes the rest. */
struct parts {
	char *action; /* "always" or "never" */
	char *list; /* "exit", "user", ... */
	char *watch; /* -w */
	char *path; /* -F path= */
	char *dir; /* -F dir= */
	char *perms; /* -p, -F perm= */
	struct strv archs; /* "arch=b64" */
	struct strv syscalls; /* without "all" */
	struct strv fields; /* "auid>=1000"; comparisons as "-C uid!=euid" */
	struct strv keys;
	bool control, first;
};

static void parts_clear(struct parts *p)
{
	free(p->action);
	free(p->list);
	free(p->watch);
	free(p->path);
	free(p->dir);
	free(p->perms);
	strv_clear(&p->archs);
	strv_clear(&p->syscalls);
	strv_clear(&p->fields);
	strv_clear(&p->keys);
}

void audit_rule_clear(struct audit_rule *r)
{
	if (!r)
		return;
	free(r->path);
	free(r->key);
	free(r->other);
	*r = (struct audit_rule){0};
}

static char *clean_path(const char *path)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (; *path; path++)
		if (*path != '/' || path[1] != '/')
			buf_putc(&out, *path);
	while (out.len > 1 && out.data[out.len - 1] == '/')
		buf_splice(&out, out.len - 1, 1, NULL, 0);
	return buf_take(&out);
}

/* A word that does could be written at the end of a line only: elsewhere it would take the blank. */
static int check_end(const char *word, struct error *err)
{
	size_t n = strlen(word);

	if (n > 0 && word[n - 1] == '\\')
		return error_set(err, -EINVAL, "a backslash at the end of '%s'", word);
	return 0;
}

static int take_once(char **slot, char *value, const char *what, struct error *err)
{
	if (*slot) {
		free(value);
		return error_set(err, -EINVAL, "%s twice in an audit rule", what);
	}
	*slot = value;
	return 0;
}

static int add_path(char **slot, const char *path, const char *what, struct error *err)
{
	CLEANUP(freep) char *clean = clean_path(path);
	int r = check_end(clean, err);

	if (r < 0)
		return r;
	if (path[0] != '/')
		return error_set(err, -EINVAL, "not an absolute path: '%s'", path);
	return take_once(slot, TAKE_PTR(clean), what, err);
}

/* -a and -A take "action,list" and "list,action" alike. */
static int add_action(struct parts *p, const char *value, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};
	int action = -1, actions = 0;
	int r;

	strv_split(&words, value, ",");
	for (size_t i = 0; i < words.count; i++) {
		if (strcmp(words.items[i], "always") != 0 && strcmp(words.items[i], "never") != 0)
			continue;
		action = (int)i;
		actions++;
	}
	if (words.count != 2 || actions != 1)
		return error_set(err, -EINVAL, "not an action and a list: '%s'", value);
	r = check_end(words.items[1 - action], err);
	if (r >= 0)
		r = take_once(&p->action, xstrdup(words.items[action]), "an action", err);
	if (r < 0)
		return r;
	return take_once(&p->list, xstrdup(words.items[1 - action]), "a list", err);
}

static int add_perms(struct parts *p, const char *value, struct error *err)
{
	if (!audit_perms_parse(value))
		return error_set(err, -EINVAL, "not permissions: '%s'", value);
	return take_once(&p->perms, xstrdup(value), "permissions", err);
}

static const char *field_value(const char *field, const char *name)
{
	return skip_key(field, name, '=');
}

static int add_field(struct parts *p, const char *field, struct error *err)
{
	const char *value;

	if (strcspn(field, "=<>!&") == strlen(field))
		return error_set(err, -EINVAL, "not a field: '%s'", field);
	value = field_value(field, "path");
	if (value)
		return add_path(&p->path, value, "a path", err);
	value = field_value(field, "dir");
	if (value)
		return add_path(&p->dir, value, "a directory", err);
	value = field_value(field, "perm");
	if (value)
		return add_perms(p, value, err);
	value = field_value(field, "key");
	if (value && !*value)
		return error_set(err, -EINVAL, "an empty key");
	if (value)
		strv_add(&p->keys, value);
	else
		strv_add_once(starts_with(field, "arch") ? &p->archs : &p->fields, field);
	return 0;
}

static int add_syscalls(struct parts *p, const char *value, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, value, ",");
	for (size_t i = 0; i < words.count; i++) {
		int r = check_end(words.items[i], err);

		if (r < 0)
			return r;
		if (strcmp(words.items[i], "all") != 0)
			strv_add_once(&p->syscalls, words.items[i]);
	}
	return 0;
}

static int add_option(struct parts *p, char option, const char *value, struct error *err)
{
	switch (option) {
	case 'w':
		return add_path(&p->watch, value, "a watch", err);
	case 'p':
		return add_perms(p, value, err);
	case 'k':
		strv_add(&p->keys, value);
		return 0;
	case 'A':
		p->first = true;
		return add_action(p, value, err);
	case 'a':
		return add_action(p, value, err);
	case 'S':
		return add_syscalls(p, value, err);
	case 'F':
		return add_field(p, value, err);
	case 'C':
		strv_addf(&p->fields, COMPARISON "%s", value);
		return 0;
	}
	return error_set(err, -EOPNOTSUPP, "audit option '-%c' is not understood", option);
}

/* Options that set the kernel's audit state and make no rule (audit.rules(7), "control"). */
static bool is_control(const char *word)
{
	static const char *const with_value[] = {"--backlog_wait_time", "--loginuid-immutable",
						 "--reset-lost",
						 "--reset_backlog_wait_time_actual"};

	if (word[0] == '-' && word[1] && strchr("Dbefrcimqtsl", word[1]) && !word[2])
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(with_value); i++)
		if (starts_with(word, with_value[i]))
			return true;
	return false;
}

static int sort_words(const struct strv *words, struct parts *p, struct error *err)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		const char *value;
		int r;

		if (is_control(word)) {
			p->control = true;
			return 0;
		}
		if (word[0] != '-' || !word[1] || word[1] == '-')
			return error_set(err, -EINVAL, "not an audit option: '%s'", word);
		value = word[2] ? word + 2 : i + 1 < words->count ? words->items[++i] : NULL;
		if (!value)
			return error_set(err, -EINVAL, "audit option '%s' has no value", word);
		r = check_end(value, err);
		if (r >= 0)
			r = add_option(p, word[1], value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void append_list(struct buf *out, const char *option, struct strv *words)
{
	strv_sort(words);
	for (size_t i = 0; i < words->count; i++) {
		bool is_comparison = starts_with(words->items[i], COMPARISON);

		buf_puts(out, is_comparison ? " " COMPARISON : option);
		audit_word_append(out, words->items[i] + (is_comparison ? strlen(COMPARISON) : 0));
	}
}

/* The whole rule in one fixed order: architecture, syscalls, path, permissions, fields. */
static char *normalise(struct parts *p)
{
	CLEANUP(buf_clear) struct buf out = {0};

	buf_printf(&out, "%s %s,", p->first ? "-A" : "-a", p->action);
	audit_word_append(&out, p->list);
	append_list(&out, " -F ", &p->archs);
	append_list(&out, " -S ", &p->syscalls);
	if (p->path || p->dir) {
		buf_puts(&out, p->dir ? " -F dir=" : " -F path=");
		audit_word_append(&out, p->dir ? p->dir : p->path);
	}
	if (p->perms) {
		CLEANUP(freep) char *perms = audit_perms_text(audit_perms_parse(p->perms));

		buf_printf(&out, " -F perm=%s", perms);
	}
	append_list(&out, " -F ", &p->fields);
	append_list(&out, " -k ", &p->keys);
	return buf_take(&out);
}

static int check_parts(const struct parts *p, struct error *err)
{
	if (p->watch && (p->action || p->path || p->dir))
		return error_set(err, -EINVAL, "-w with another form of rule");
	if (!p->watch && !p->action)
		return error_set(err, -EINVAL, "neither a watch nor an action");
	if (p->path && p->dir)
		return error_set(err, -EINVAL, "both path and dir in an audit rule");
	if (p->watch && (p->fields.count || p->syscalls.count || p->archs.count))
		return error_set(err, -EINVAL, "-w with fields or syscalls");
	return 0;
}

/* The one architecture that the rule speaks of; NULL: of all, or of one by another name. */
static const char *one_arch(const struct parts *p)
{
	if (p->archs.count == 1 && strcmp(p->archs.items[0], "arch=b64") == 0)
		return "b64";
	return p->archs.count == 1 && strcmp(p->archs.items[0], "arch=b32") == 0 ? "b32" : NULL;
}

/* "-F arch=ARCH -S connect -F path=SOCKET", and nothing that narrows it further. */
static const char *connect_arch(const struct parts *p)
{
	if (p->archs.count != 1 || p->syscalls.count != 1 || p->fields.count || p->perms ||
	    !p->path || strcmp(p->syscalls.items[0], "connect") != 0)
		return NULL;
	return one_arch(p);
}

static void fill_rule(struct parts *p, struct audit_rule *ret)
{
	bool exits = !p->list || strcmp(p->list, "exit") == 0;

	ret->is_any = p->watch != NULL;
	ret->is_tree = p->dir != NULL;
	ret->is_watch = exits && (p->watch || p->path || p->dir);
	ret->never = p->action && strcmp(p->action, "never") == 0;
	ret->first = p->first;
	ret->connects = exits ? connect_arch(p) : NULL;
	/* what keeps events away may do so of any architecture, by whatever name */
	ret->narrowed = p->fields.count || p->syscalls.count ||
			(p->archs.count && !one_arch(p) && !ret->never);
	ret->arch = ret->narrowed ? NULL : one_arch(p);
	strv_sort(&p->keys);
	ret->key = p->keys.count ? strv_join(&p->keys, ",") : NULL;
	if (!ret->is_watch || ret->narrowed)
		ret->other = normalise(p);
	ret->perms = p->perms ? audit_perms_parse(p->perms) : AUDIT_PERM_ALL;
	if (ret->is_watch)
		ret->path = TAKE_PTR(*(p->watch ? &p->watch : p->path ? &p->path : &p->dir));
}

int audit_rule_parse(const char *line, struct audit_rule *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(parts_clear) struct parts parts = {0};
	int r;

	blank_words(line, &words);
	if (words.count == 0 || words.items[0][0] == '#')
		return 0;
	r = sort_words(&words, &parts, err);
	if (r < 0 || parts.control)
		return r;
	r = check_parts(&parts, err);
	if (r < 0)
		return r;
	audit_rule_clear(ret);
	fill_rule(&parts, ret);
	return 1;
}
