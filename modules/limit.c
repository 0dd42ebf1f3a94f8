#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "modules/common/conf-names.h"
#include "modules/registry.h"

/*
 * What pam_limits allows the sessions of a user, a group or everybody (limits.conf(5)): the last line
 * for the domain decides, of limits.conf and then of limits.d/ by name. A lower limit is as good.
 */

#define FIRST_FILE "/etc/security/limits.conf"
#define DIRECTORY "/etc/security/limits.d"
#define DEFAULT_FILE DIRECTORY "/60-harden.conf"

struct limit_desired {
	char *domain;
	char *type;
	char *item;
	char *value;
	char *file;
};

/* What the files say of one type of the limit. */
struct said {
	char *value; /* NULL: nothing */
	char *file; /* that decides */
};

static void said_clear(struct said *s)
{
	free(s->value);
	free(s->file);
}

static int list_files(const struct view *v, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = view_children(v, DIRECTORY, &names, err);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return r;
	path_add_matching(ret, DIRECTORY, &names, "*.conf");
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(char *), compare_path_names);
	return 0;
}

static int read_file(struct said *s, const struct view *v, const char *path, struct subject subject,
		     struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *value = NULL;
	int r = view_content_if_any(v, path, &text, err);

	if (r >= 0)
		r = format_get(&text, subject, &value, err);
	if (r < 0)
		return error_about(err, error_wrap(err, r, "'%s'", path), path);
	if (value) {
		str_replace(&s->value, value);
		str_replace(&s->file, path);
	}
	return 0;
}

static int read_all(struct said *s, const struct view *v, struct subject subject, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	int r = read_file(s, v, FIRST_FILE, subject, err);

	if (r >= 0)
		r = list_files(v, &files, err);
	for (size_t i = 0; i < files.count && r >= 0; i++)
		r = read_file(s, v, files.items[i], subject, err);
	return r;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0' && strlen(text) <= 18;
}

/* Whether the limit is no higher; what is not a number ("unlimited", -1) is none. */
static bool is_right(const char *value, const char *wanted)
{
	return value && is_number(value) && atoll(value) <= atoll(wanted);
}

/* Our own file, unless one that is read after it decides: then that one's line. */
static void change(const struct limit_desired *want, const struct said *s, const char *type,
		   struct subject subject, struct delta *d)
{
	const char *ours = want->file ? want->file : DEFAULT_FILE;
	bool later = s->file && strcmp(s->file, FIRST_FILE) != 0 &&
		     strcmp(path_name(s->file), path_name(ours)) > 0;
	CLEANUP(freep) char *is = secret_show_value(subject, s->value);

	delta_raise(d, VERDICT_FAIL, "%s %s is %s for '%s'%s%s%s, at most %s is wanted", type,
		    want->item, is ? is : "not set", want->domain, s->file ? " in '" : "",
		    s->file ? s->file : "", s->file ? "'" : "", want->value);
	delta_edit(d, later ? s->file : ours, subject, want->value);
}

static int judge_type(const struct limit_desired *want, const struct view *v, const char *type,
		      struct delta *d)
{
	CLEANUP(freep) char *key = xasprintf("%s %s %s", want->domain, type, want->item);
	const struct subject subject = subject_of(SCHEME_LIMIT, key);
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(said_clear) struct said s = {0};
	int r = read_all(&s, v, subject, &why);

	if (r < 0)
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	else if (!is_right(s.value, want->value))
		change(want, &s, type, subject, d);
	return r;
}

static int limit_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	static const char *const types[] = {"hard", "soft"};
	const struct limit_desired *want = desired;
	CLEANUP(node_clear) struct node node = {0};

	if (view_node(now, FIRST_FILE, &node, NULL) >= 0 && node.kind == NODE_ABSENT) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "'" FIRST_FILE "' does not exist");
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!want->type || strcmp(want->type, types[i]) == 0)
			judge_type(want, now, types[i], ret);
	if (ret->edits.count > 0)
		strv_addf(&ret->warnings, "sessions that are open keep their limit on %s",
			  want->item);
	delta_raise(ret, VERDICT_PASS, "%s is at most %s for '%s'", want->item, want->value,
		    want->domain);
	return 0;
}

/* Of the others (nice, priority) a higher number is stricter, or there is no number. */
static bool is_ceiling(const char *item)
{
	static const char *const items[] = {
		"core",  "data",         "fsize",      "memlock",  "nofile",    "rss",
		"stack", "cpu",          "nproc",      "as",       "maxlogins", "rtprio",
		"locks", "maxsyslogins", "sigpending", "msgqueue",
	};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		if (strcmp(items[i], item) == 0)
			return true;
	return false;
}

static int limit_check(const void *desired, struct error *err)
{
	const struct limit_desired *want = desired;

	if (!*want->domain || strpbrk(want->domain, "# \t\r\n"))
		return error_set(err, -EINVAL, "'%s' is not a user, an @group or *", want->domain);
	if (want->type && strcmp(want->type, "hard") != 0 && strcmp(want->type, "soft") != 0)
		return error_set(err, -EINVAL, "'%s' is neither hard nor soft", want->type);
	if (!is_ceiling(want->item))
		return error_set(err, -EINVAL, "'%s' is not a limit that a lower number tightens",
				 want->item);
	if (!is_number(want->value))
		return error_set(err, -EINVAL, "'%s' is not a number", want->value);
	if (want->file && fnmatch(DIRECTORY "/*.conf", want->file, FNM_PATHNAME) != 0)
		return error_set(err, -EINVAL, "'%s' is not read: it must be " DIRECTORY "/*.conf",
				 want->file);
	return 0;
}

static const struct field fields[] = {
	{.key = "domain",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct limit_desired, domain),
	 .required = true,
	 .help = "a user, an @group, or * for everybody but root"},
	{.key = "item",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct limit_desired, item),
	 .required = true,
	 .help = "what is limited, such as core or nofile"},
	{.key = "value",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct limit_desired, value),
	 .required = true,
	 .help = "the highest number that is good"},
	{.key = "type",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct limit_desired, type),
	 .help = "hard or soft; both when not given"},
	{.key = "file",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct limit_desired, file),
	 .help = "file to write; " DEFAULT_FILE " when not given"},
	{0},
};

const struct module module_limit = {
	.name = "limit",
	.summary = "what pam_limits allows the sessions of users",
	.desired_size = sizeof(struct limit_desired),
	.fields = fields,
	.check = limit_check,
	.diff = limit_diff,
};
