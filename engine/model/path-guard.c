#include "engine/model/path-guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/base/path.h"
#include "engine/base/str.h"

#define MAX_LINKS 40 /* as the kernel has it */

struct guard {
	const struct view *view;
	const struct strv *closed;
	struct path_gap *gap;
	struct buf at; /* canonical so far, "" at the root */
	const char *rest; /* what is still to walk */
	char *led; /* what `rest` points into behind a link */
	bool sure; /* all directories above `at` are known to be closed */
	unsigned links;
};

static void guard_clear(struct guard *g)
{
	buf_clear(&g->at);
	free(g->led);
}

static const char *place_of(const struct guard *g)
{
	return g->at.len ? buf_str(&g->at) : "/";
}

void path_gap_clear(struct path_gap *gap)
{
	free(gap->place);
	free(gap->text);
	*gap = (struct path_gap){0};
}

/* Of a line of passwd or group: whether its third field is that number. */
static bool has_number(const char *line, unsigned long id)
{
	for (int field = 0; line && field < 2; field++) {
		line = strchr(line, ':');
		line = line ? line + 1 : NULL;
	}
	return line && *line >= '0' && *line <= '9' && strtoul(line, NULL, 10) == id;
}

/* The account's line in that file, or NULL; the caller frees it. */
static char *account_of(const struct view *v, const char *file, unsigned long id)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};

	if (view_content_if_any(v, file, &text, NULL) <= 0)
		return NULL;
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (lines.items[i][0] != '#' && has_number(lines.items[i], id))
			return xstrdup(lines.items[i]);
	return NULL;
}

static char *who(const struct view *v, bool group, unsigned long id)
{
	CLEANUP(freep) char *line = account_of(v, group ? "/etc/group" : "/etc/passwd", id);
	CLEANUP(freep) char *number = xasprintf("%s %lu", group ? "group" : "user", id);

	if (!line)
		return TAKE_PTR(number);
	return xasprintf("%s%.*s", group ? "group " : "", (int)strcspn(line, ":"), line);
}

/* A group that has nobody in it gives nobody a right. One that is not in the file may have anybody. */
static bool is_empty_group(const struct view *v, gid_t gid)
{
	CLEANUP(freep) char *line = account_of(v, "/etc/group", gid);
	CLEANUP(buf_clear) struct buf passwd = {0};
	CLEANUP(strv_clear) struct strv lines = {0};

	if (!line || !strrchr(line, ':') || strrchr(line, ':')[1])
		return false;
	if (view_content_if_any(v, "/etc/passwd", &passwd, NULL) <= 0)
		return false;
	strv_split(&lines, buf_str(&passwd), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *second = strchr(lines.items[i], ':');

		if (second && has_number(second + 1, gid)) /* the fourth field: the first group */
			return false;
	}
	return true;
}

static int found(struct guard *g, const char *kind, char *name, bool owned)
{
	const char *at = place_of(g);

	g->gap->place = xstrdup(at);
	g->gap->text =
		xasprintf(owned && strcmp(kind, "link") == 0 ? "the %s '%s' belongs to %s"
							     : "the %s '%s' can be written by %s",
			  kind, at, name);
	g->gap->owned = owned;
	free(name);
	return 1;
}

/* A named entry of an access list that may write, in so far as the mask lets it; owned by the caller. */
static char *listed_writer(const struct view *v, const char *acl)
{
	CLEANUP(strv_clear) struct strv entries = {0};
	const char *mask = strstr(acl, "mask::");

	if (mask && mask[6] && mask[7] != 'w')
		return NULL;
	strv_split(&entries, acl, ",");
	for (size_t i = 0; i < entries.count; i++) {
		const char *e = entries.items[i], *perms = strrchr(e, ':');
		bool group = starts_with(e, "group:") && !starts_with(e, "group::");
		bool user = starts_with(e, "user:") && !starts_with(e, "user::");
		unsigned long id = strtoul(strchr(e, ':') ? strchr(e, ':') + 1 : "", NULL, 10);

		if ((!group && !user) || !perms || strlen(perms) != 4 || perms[2] != 'w' ||
		    id == 0 || (group && is_empty_group(v, (gid_t)id)))
			continue;
		return who(v, group, id);
	}
	return NULL;
}

/* Of the group's class the owning group's own bits: with an access list the mode shows its mask. */
static bool group_writes(const struct node *n)
{
	const char *entry = n->acl ? strstr(n->acl, "group::") : NULL;

	if (!(n->mode & S_IWGRP))
		return false;
	return !entry || strlen(entry) < 10 || entry[8] == 'w';
}

/*
 * Whether others than root can put a name into this directory, or take one out. In a sticky one
 * they can do that to their own names only: what is there and root's is safe.
 */
static int judge_directory(struct guard *g, const struct node *n, bool child_is_roots)
{
	char *listed;

	if (g->closed && strv_contains(g->closed, place_of(g)))
		return 0;
	if (n->uid != 0)
		return found(g, "directory", who(g->view, false, n->uid), true);
	if (n->mode & S_ISVTX && child_is_roots)
		return 0;
	if (n->mode & S_IWOTH)
		return found(g, "directory", xstrdup("everyone"), false);
	if (group_writes(n) && n->gid != 0 && !is_empty_group(g->view, n->gid))
		return found(g, "directory", who(g->view, true, n->gid), false);
	listed = n->acl ? listed_writer(g->view, n->acl) : NULL;
	return listed ? found(g, "directory", listed, false) : 0;
}

/* Root's, and nobody else's to write: whatever is in it, whoever asks, whoever has an account. */
static bool is_plain(const struct node *n)
{
	return n->uid == 0 && !(n->mode & S_IWOTH) && !n->acl &&
	       !(n->mode & S_IWGRP && n->gid != 0);
}

/* One step down, or back up from where such a step came from. */
static size_t go_down(struct guard *g, const char *name, size_t n)
{
	size_t was = g->at.len;

	buf_putc(&g->at, '/');
	buf_append(&g->at, name, n);
	return was;
}

static void go_back(struct guard *g, size_t was)
{
	buf_splice(&g->at, was, g->at.len - was, NULL, 0);
}

/* A link that is not followed (-ELOOP) is not root's. */
static bool child_is_roots(struct guard *g, const char *child, size_t n)
{
	CLEANUP(node_clear) struct node next = {0};
	CLEANUP(error_clear) struct error why = {0};
	size_t was = go_down(g, child, n);
	int r = view_node(g->view, buf_str(&g->at), &next, &why);

	go_back(g, was);
	return r >= 0 && next.kind != NODE_ABSENT && next.uid == 0;
}

/* Looks at the directory that the walk is in, before it goes down to `child`. */
static int look_at_directory(struct guard *g, const char *child, size_t n, struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	const char *at = place_of(g);
	int r = view_node(g->view, at, &node, err);

	if (r >= 0 && node.kind == NODE_UNKNOWN)
		r = error_errno(err, node.error, "cannot look at '%s'", at);
	if (r >= 0 && node.kind == NODE_DIR && is_plain(&node)) {
		if (g->sure && g->view->closed)
			map_put(g->view->closed, at, g->view->closed);
		return 0;
	}
	g->sure = false;
	if (r < 0 || node.kind != NODE_DIR)
		return r; /* what is missing is made by root */
	return judge_directory(g, &node, node.mode & S_ISVTX && child_is_roots(g, child, n));
}

static int guard_directory(struct guard *g, const char *child, size_t n, struct error *err)
{
	if (g->sure && g->view->closed && map_get(g->view->closed, place_of(g)))
		return 0;
	return look_at_directory(g, child, n, err);
}

static void go_up(struct guard *g)
{
	const char *slash = strrchr(buf_str(&g->at), '/');

	go_back(g, slash ? (size_t)(slash - buf_str(&g->at)) : 0);
	g->sure = g->at.len == 0;
}

/* Goes on at the link's target: from the directory that it is in, or from the root. */
static int follow(struct guard *g, const char *target, size_t was, struct error *err)
{
	char *next;

	if (++g->links > MAX_LINKS)
		return error_set(err, -ELOOP, "'%s' is one link too many", buf_str(&g->at));
	next = xasprintf("%s/%s", target, g->rest);
	free(g->led);
	g->led = next;
	g->rest = next;
	go_back(g, target[0] == '/' ? 0 : was);
	g->sure = g->sure || g->at.len == 0;
	return 0;
}

/* One component: its directory is judged first, then what is there. */
static int step(struct guard *g, const char *name, size_t n, struct error *err)
{
	CLEANUP(freep) char *target = NULL;
	uid_t owner = 0;
	size_t was;
	int r;

	if (equals_n(name, n, ".."))
		go_up(g);
	if (equals_n(name, n, ".") || equals_n(name, n, ".."))
		return 0;
	r = guard_directory(g, name, n, err);
	if (r != 0)
		return r;
	was = go_down(g, name, n);
	r = view_link_owner(g->view, buf_str(&g->at), &target, &owner, err);
	if (r <= 0)
		return r;
	/* a link is another's: wherever it leads, it is they who said so */
	if (owner != 0)
		return found(g, "link", who(g->view, false, owner), true);
	return follow(g, target, was, err);
}

/* Where the directory of a path is known to be closed, with all that are above it, the walk begins in it. */
static void begin(struct guard *g)
{
	size_t n = (size_t)(path_name(g->rest) - g->rest);

	g->sure = true;
	if (n < 2 || !g->view->closed)
		return;
	buf_append(&g->at, g->rest, n - 1);
	if (map_get(g->view->closed, buf_str(&g->at)))
		g->rest += n;
	else
		buf_set(&g->at, "", 0);
}

int path_guard(const struct view *v, const char *path, const struct strv *closed,
	       struct path_gap *ret, struct error *err)
{
	CLEANUP(guard_clear)
	struct guard g = {.view = v, .closed = closed, .gap = ret, .rest = path};

	begin(&g);
	for (;;) {
		const char *name = g.rest + strspn(g.rest, "/");
		size_t n = strcspn(name, "/");
		int r;

		if (n == 0)
			return 0;
		g.rest = name + n;
		r = step(&g, name, n, err);
		if (r != 0)
			return r;
	}
}
