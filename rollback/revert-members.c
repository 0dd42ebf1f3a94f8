#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "rollback/revert-impl.h"

/*
 * A member of a group whose account was deleted meanwhile does not come back: whoever gets that name
 * next would have the group's rights, and nobody has decided that.
 */

enum account { ACCOUNT_THERE, ACCOUNT_GONE, ACCOUNT_UNKNOWN };

static bool has_line_of(const struct buf *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = buf_str(text); line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n) == 0 && line[n] == ':')
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
		if (strncmp(lines.items[i], "passwd:", 7) == 0)
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

static enum account find_account(const struct root *root, const char *name)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (observe_content(root, "/etc/passwd", &text, NULL) < 0)
		return ACCOUNT_UNKNOWN;
	if (has_line_of(&text, name))
		return ACCOUNT_THERE;
	return has_other_sources(root) ? ACCOUNT_UNKNOWN : ACCOUNT_GONE;
}

static int leave_out(struct reversal *v, struct change *c, const struct edit *e, const char *name,
		     struct error *err)
{
	CLEANUP(edits_clear) struct edits out = {0};

	checks_add(&v->plan->checks, CHECK_WARN, e->control,
		   "%s stays out of the group in '%s': its account is not there any more", name,
		   c->path);
	return image_apply_edit(&c->images[1],
				edits_add(&out, NULL, c->path, e->subject, e->after, e->before),
				err);
}

static void drop_edit(struct edits *edits, size_t i)
{
	edit_clear(&edits->items[i]);
	memmove(&edits->items[i], &edits->items[i + 1],
		(--edits->count - i) * sizeof(*edits->items));
}

int revert_members(struct reversal *v, struct change *c, struct error *err)
{
	int r = 0;

	for (size_t i = c->edits.count; i-- > 0 && r >= 0;) {
		const struct edit *e = &c->edits.items[i];
		const char *slash = e->subject.scheme == SCHEME_MEMBER && e->after
					    ? strchr(e->subject.key, '/')
					    : NULL;
		enum account is = slash ? find_account(v->root, slash + 1) : ACCOUNT_THERE;

		if (is == ACCOUNT_UNKNOWN)
			checks_add(&v->plan->checks, CHECK_WARN, e->control,
				   "%s is in the group in '%s' again; whether there is such an "
				   "account is not known: it is not in /etc/passwd",
				   slash + 1, c->path);
		if (is != ACCOUNT_GONE)
			continue;
		r = leave_out(v, c, e, slash + 1, err);
		drop_edit(&c->edits, i);
	}
	return r;
}
