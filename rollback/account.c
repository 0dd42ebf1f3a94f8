#include "rollback/account.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/read/observe.h"

static bool has_line_of(const struct buf *text, const char *name)
{
	for (const char *line = buf_str(text); line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (skip_key(line, name, ':'))
			return true;
	}
	return false;
}

/* Whether accounts may be somewhere else than in /etc/passwd (nsswitch.conf(5)). */
static bool has_other_sources(const struct root *root)
{
	static const char *const local[] = {"files", "compat", "systemd", "passwd:"};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0}, words = {0};
	int r = observe_content(root, "/etc/nsswitch.conf", &text, NULL);

	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (starts_with(lines.items[i], "passwd:"))
			strv_split(&words, lines.items[i], " \t");
	for (size_t i = 0; i < words.count; i++) {
		bool known = words.items[i][0] == '[';

		if (words.items[i][0] == '#')
			break;
		for (size_t k = 0; k < ARRAY_SIZE(local); k++)
			known |= strcmp(words.items[i], local[k]) == 0;
		if (!known)
			return true;
	}
	return r < 0 && r != -ENOENT;
}

enum account account_find(const struct root *root, const char *name)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (observe_content(root, "/etc/passwd", &text, NULL) < 0)
		return ACCOUNT_UNKNOWN;
	if (has_line_of(&text, name))
		return ACCOUNT_THERE;
	return has_other_sources(root) ? ACCOUNT_UNKNOWN : ACCOUNT_GONE;
}
