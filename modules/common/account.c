#include "modules/common/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

int account_lines(const struct view *v, const char *path, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	int r = view_content_if_any(v, path, &text, err);

	if (r <= 0)
		return r;
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (lines.items[i][0] != '#')
			strv_add(ret, lines.items[i]);
	return 1;
}

const char *account_line(const struct strv *lines, const char *name)
{
	for (size_t i = 0; i < lines->count; i++)
		if (skip_key(lines->items[i], name, ':'))
			return lines->items[i];
	return NULL;
}

char *account_field(const char *line, size_t n)
{
	for (; n > 0; n--) {
		line = strchr(line, ':');
		if (!line)
			return NULL;
		line++;
	}
	return xstrndup(line, strcspn(line, ":"));
}

static int parse_number(const char *text, unsigned long *ret)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoul(text, &end, 10);
	return *end || errno || *ret >= 0xffffffffUL ? -EINVAL : 0;
}

void account_members(const char *line, size_t n, struct strv *ret)
{
	CLEANUP(freep) char *field = account_field(line, n);

	if (field)
		strv_split(ret, field, ",\r");
}

/* A name may have blanks inside (a domain's "domain users"); those before it do not count. */
static bool is_allowed(const struct strv *allowed, const char *member)
{
	return strv_contains(allowed, member + strspn(member, " \t"));
}

void account_strangers(const struct strv *names, const struct strv *allowed, struct strv *ret)
{
	for (size_t i = 0; i < names->count; i++)
		if (!is_allowed(allowed, names->items[i]))
			strv_add_once(ret, names->items[i]);
}

int account_number(const char *line, size_t n, unsigned long *ret)
{
	CLEANUP(freep) char *field = account_field(line, n);

	return field ? parse_number(field, ret) : -EINVAL;
}

static int account_id(const struct view *v, const char *path, const char *name, unsigned long *ret,
		      struct error *err)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	const char *line;
	int r;

	*ret = 0;
	if (strcmp(name, "root") == 0 || parse_number(name, ret) == 0)
		return 1;
	r = account_lines(v, path, &lines, err);
	if (r <= 0)
		return r;
	line = account_line(&lines, name);
	return line && account_number(line, 2, ret) == 0;
}

int account_uid(const struct view *v, const char *name, uid_t *ret, struct error *err)
{
	unsigned long id;
	int r = account_id(v, "/etc/passwd", name, &id, err);

	if (r == 1)
		*ret = (uid_t)id;
	return r;
}

int account_gid(const struct view *v, const char *name, gid_t *ret, struct error *err)
{
	unsigned long id;
	int r = account_id(v, "/etc/group", name, &id, err);

	if (r == 1)
		*ret = (gid_t)id;
	return r;
}
