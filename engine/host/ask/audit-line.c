#include "engine/host/ask/audit-line.h"

#include <errno.h>
#include <libaudit.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/blank-words.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"

/* What libaudit's parser remembers of the rule that it is at; auditctl resets it for each line. */
extern int _audit_syscalladded, _audit_permadded, _audit_archadded, _audit_exeadded,
	_audit_filterfsadded;
extern unsigned _audit_elf;

struct attempt {
	const struct audit_names *names;
	struct audit_rule_data *rule;
	int flags, action; /* -1: not given */
	bool watch, delete;
	struct buf keys;
	enum audit_line kind;
};

static void attempt_clear(struct attempt *a)
{
	free(a->rule);
	buf_clear(&a->keys);
}

static void reset_libaudit(void)
{
	_audit_syscalladded = _audit_permadded = _audit_archadded = 0;
	_audit_exeadded = _audit_filterfsadded = 0;
	_audit_elf = 0;
	set_aumessage_mode(MSG_QUIET, DBG_NO);
}

/* Of a number that has not to be one of a few auditctl reads what it begins with. */
static int take_number(const char *option, const char *value, unsigned long most, bool whole,
		       struct error *err)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || (whole && *end) || n > most)
		return error_set(err, -EINVAL, "'%s %s' is not a number that audit takes", option,
				 value);
	return 0;
}

/* "action,list" or "list,action". */
static int take_list(struct attempt *a, const char *value, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, value, ",");
	for (size_t i = 0; words.count == 2 && i < 2; i++) {
		int flags = audit_name_to_flag(words.items[i]);
		int action = audit_name_to_action(words.items[1 - i]);

		if (flags != -1 && action != -1) {
			a->flags = flags;
			a->action = action;
			return 0;
		}
	}
	return error_set(err, -EINVAL, "'%s' is not a list and an action", value);
}

/* The account or group fields; which file they are looked up in. */
static bool names_somebody(const char *field, size_t n, bool *ret_group)
{
	static const char *const users[] = {"uid",  "euid",     "suid",   "fsuid",
					    "auid", "loginuid", "obj_uid"};
	static const char *const groups[] = {"gid", "egid", "sgid", "fsgid", "obj_gid"};

	*ret_group = false;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		if (equals_n(field, n, users[i]))
			return true;
	*ret_group = true;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (equals_n(field, n, groups[i]))
			return true;
	return false;
}

/* "auid=alice" with the number of the root's files; the caller frees it, NULL: there is no such name. */
static char *numbered(const struct attempt *a, const char *pair, struct error *err)
{
	size_t n = strcspn(pair, "=!<>&"), op = strspn(pair + n, "=!<>&");
	const char *value = pair + n + op;
	bool group;
	long id;

	if (!names_somebody(pair, n, &group) || !*value || strchr("0123456789-", *value) ||
	    strcmp(value, "unset") == 0)
		return xstrdup(pair);
	id = a->names->number(a->names, group, value);
	if (id < 0) {
		error_set(err, -EINVAL, "there is no %s '%s'", group ? "group" : "user", value);
		return NULL;
	}
	return xasprintf("%.*s%ld", (int)(n + op), pair, id);
}

/* What the kernel wants to be there when the rule is added. */
static int check_path(const struct attempt *a, const char *path, bool tree, struct error *err)
{
	CLEANUP(freep) char *directory = tree ? xstrdup(path) : path_parent(path);

	if (path[0] != '/')
		return error_set_at(err, -EINVAL, path, "'%s' is not an absolute path", path);
	if (!a->names->is_directory(a->names, directory))
		return error_set_at(err, -EINVAL, directory, "there is no directory '%s'",
				    directory);
	return 0;
}

/*
 * libaudit asks the kernel whether the list 'exclude' may name processes (Linux 4.8 and later), and takes a
 * kernel that does not answer, as in a container, for one where it may not.
 */
static bool is_of_processes(struct attempt *a, const char *field)
{
	static const char *const names[] = {"pid", "uid", "gid", "auid", "subj_"};

	for (size_t i = 0; i < ARRAY_SIZE(names) && a->flags == AUDIT_FILTER_EXCLUDE; i++)
		if (starts_with(field, names[i]))
			return audit_rule_fieldpair_data(&a->rule, field, AUDIT_FILTER_EXIT) == 0;
	return a->flags == AUDIT_FILTER_EXCLUDE && starts_with(field, "exe=/");
}

static int take_field(struct attempt *a, const char *pair, struct error *err)
{
	CLEANUP(freep) char *field = NULL, *again = NULL;
	int r = 0;

	if (a->flags == -1)
		return error_set(err, -EINVAL, "'-F %s' stands before its list", pair);
	if (starts_with(pair, "path=") || starts_with(pair, "dir="))
		r = check_path(a, strchr(pair, '=') + 1, pair[0] == 'd', err);
	if (r < 0)
		return r;
	if (starts_with(pair, "key=")) {
		buf_printf(&a->keys, "%s%s", a->keys.len ? "\001" : "", pair + 4);
		return 0;
	}
	field = numbered(a, pair, err);
	if (!field)
		return -EINVAL;
	again = xstrdup(field); /* libaudit takes the text apart in its place */
	if (audit_rule_fieldpair_data(&a->rule, field, a->flags) == 0 || is_of_processes(a, again))
		return 0;
	return error_set(err, -EINVAL,
			 starts_with(pair, "arch") && _audit_syscalladded
				 ? "'-F %s' stands behind -S"
				 : "'-F %s' is not a field that audit takes there",
			 pair);
}

static int take_syscalls(struct attempt *a, const char *value, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};

	strv_split(&names, value, ",");
	for (size_t i = 0; i < names.count; i++) {
		int machine =
			_audit_elf ? audit_elf_to_machine(_audit_elf) : audit_detect_machine();
		const char *name = audit_machine_to_name(machine);
		int r = audit_rule_syscallbyname_data(a->rule, names.items[i]);

		if (r != 0)
			return error_set(err, -EINVAL, "no system call '%s' on %s", names.items[i],
					 name ? name : "this machine");
		_audit_syscalladded = 1;
	}
	return 0;
}

static int take_watch(struct attempt *a, const char *path, bool delete, struct error *err)
{
	bool tree = a->names->is_directory(a->names, path);
	CLEANUP(freep) char *clean = xstrdup(path);
	size_t n = strlen(clean);
	int r;

	if (a->flags != -1 || a->watch)
		return error_set(err, -EINVAL, "a watch stands with another rule");
	while (n > 1 && clean[n - 1] == '/')
		clean[--n] = '\0';
	r = delete ? 0 : check_path(a, clean, false, err);
	if (r < 0)
		return r;
	if (audit_add_watch_dir(tree ? AUDIT_DIR : AUDIT_WATCH, &a->rule, clean) != 0)
		return error_set_at(err, -EINVAL, path, "'%s' cannot be watched", path);
	a->watch = true;
	a->delete = delete;
	a->flags = AUDIT_FILTER_EXIT;
	a->action = AUDIT_ALWAYS;
	return 0;
}

static int take_perms(struct attempt *a, const char *value, struct error *err)
{
	static const struct {
		char letter;
		int bit;
	} letters[] = {{'r', AUDIT_PERM_READ},
		       {'w', AUDIT_PERM_WRITE},
		       {'x', AUDIT_PERM_EXEC},
		       {'a', AUDIT_PERM_ATTR}};
	int perms = 0;

	if (!a->watch)
		return error_set(err, -EINVAL, "'-p %s' without a watch", value);
	for (const char *p = value; *p; p++) {
		char letter =
			*p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p; /* as auditctl does */
		int bit = 0;

		for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
			bit |= letter == letters[i].letter ? letters[i].bit : 0;
		if (!bit)
			return error_set(err, -EINVAL, "'-p %s' is not of the letters r, w, x, a",
					 value);
		perms |= bit;
	}
	return audit_update_watch_perms(a->rule, perms) == 0
		       ? 0
		       : error_set(err, -EINVAL, "'-p %s' cannot be set", value);
}

static int take_key(struct attempt *a, const char *value, struct error *err)
{
	if (a->flags == -1 && a->kind != AUDIT_LINE_CLEAR)
		return error_set(err, -EINVAL, "'-k %s' stands before its rule", value);
	buf_printf(&a->keys, "%s%s", a->keys.len ? "\001" : "", value);
	return a->keys.len <= AUDIT_MAX_KEY_LEN
		       ? 0
		       : error_set(err, -EINVAL, "the key '%s' is too long", value);
}

static int take_option(struct attempt *a, const char *option, const char *value, struct error *err)
{
	switch (option[1]) {
	case 'a':
	case 'A':
	case 'd':
		a->delete = option[1] == 'd';
		return take_list(a, value, err);
	case 'F':
		return take_field(a, value, err);
	case 'C':
		if (a->flags != -1 &&
		    audit_rule_interfield_comp_data(&a->rule, value, a->flags) == 0)
			return 0;
		return error_set(err, -EINVAL, "'-C %s' is not a comparison", value);
	case 'S':
		return take_syscalls(a, value, err);
	case 'w':
	case 'W':
		return take_watch(a, value, option[1] == 'W', err);
	case 'p':
		return take_perms(a, value, err);
	case 'k':
		return take_key(a, value, err);
	case 'e':
	case 'f':
		return take_number(option, value, 2, true, err);
	case 'b':
	case 'r':
		return take_number(option, value, UINT32_MAX, false, err);
	case 'm':
		return 0;
	}
	return error_set(err, -EINVAL, "'%s' is not an option of auditctl", option);
}

/* Options without a value, of which two have auditctl forgive what else stands in their word; false: it is none of them. */
static bool take_bare(struct attempt *a, const char *word)
{
	if (strcmp(word, "-D") == 0)
		a->kind = AUDIT_LINE_CLEAR;
	else if (starts_with(word, "-i") || starts_with(word, "-c"))
		a->kind = AUDIT_LINE_GO_ON;
	else
		return strcmp(word, "-s") == 0 || strcmp(word, "-l") == 0 ||
		       strcmp(word, "-t") == 0 || starts_with(word, "--loginuid-immutable") ||
		       starts_with(word, "--reset");
	return true;
}

static int take_words(struct attempt *a, const struct strv *words, struct error *err)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		CLEANUP(freep) char *option = xstrndup(word, 2);
		const char *value;
		int r;

		if (take_bare(a, word))
			continue;
		if (word[0] != '-' || !word[1])
			return error_set(err, -EINVAL, "'%s' is not an option of auditctl", word);
		if (strcmp(word, "--backlog_wait_time") == 0) {
			i++;
			continue;
		}
		value = word[2] ? word + 2 : i + 1 < words->count ? words->items[++i] : NULL;
		if (!value)
			return error_set(err, -EINVAL, "'%s' has no value", word);
		r = take_option(a, option, value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The bytes that the kernel would be given, but for those that do not count. */
static void rule_bytes(const struct attempt *a, struct buf *ret)
{
	buf_printf(ret, "%d %d %.*s ", a->flags, a->action, (int)a->keys.len, buf_str(&a->keys));
	buf_append(ret, &a->rule->field_count, sizeof(a->rule->field_count));
	buf_append(ret, a->rule->mask, sizeof(a->rule->mask));
	for (unsigned i = 0; i < a->rule->field_count && i < AUDIT_MAX_FIELDS; i++) {
		buf_append(ret, &a->rule->fields[i], sizeof(a->rule->fields[i]));
		buf_append(ret, &a->rule->values[i], sizeof(a->rule->values[i]));
		buf_append(ret, &a->rule->fieldflags[i], sizeof(a->rule->fieldflags[i]));
	}
	buf_append(ret, a->rule->buf, a->rule->buflen);
}

int audit_line_try(const char *line, const struct audit_names *names, struct buf *ret_rule,
		   struct error *err)
{
	CLEANUP(attempt_clear) struct attempt a = {.names = names, .flags = -1, .action = -1};
	CLEANUP(strv_clear) struct strv words = {0};
	int r;

	line += strspn(line, " ");
	if (!*line || *line == '#')
		return AUDIT_LINE_NOTHING;
	if (strlen(line) > AUDIT_LINE_MAX)
		return error_set(err, -EINVAL, "auditctl does not read a line of %zu bytes",
				 strlen(line));
	blank_words(line, &words);
	reset_libaudit();
	a.rule = xcalloc(1, sizeof(*a.rule));
	r = take_words(&a, &words, err);
	if (r < 0)
		return r;
	if (a.kind != AUDIT_LINE_NOTHING || a.flags == -1)
		return (int)a.kind;
	if (ret_rule)
		rule_bytes(&a, ret_rule);
	return a.delete ? AUDIT_LINE_DELETE : AUDIT_LINE_RULE;
}
