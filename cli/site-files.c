#include "cli/site-files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/trust.h"
#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/baseline/site.h"
#include "engine/host/read/observe.h"
#include "engine/model/path-guard.h"
#include "engine/plan/overlay-view.h"

/* The host as it is, for who is asked about the way to a file of it. */
struct way {
	const struct root *root;
	struct facts none;
	struct overlay_view *overlay;
};

static void way_clear(struct way *w)
{
	overlay_view_free(w->overlay);
}

static void way_init(struct way *w, const struct root *root)
{
	*w = (struct way){.root = root};
	w->overlay = overlay_view_new(root, &w->none, NULL);
}

/* Who can put another directory or file there decides what harden does, whatever is there now. */
static int check_way(const struct way *w, const char *path, struct error *err)
{
	CLEANUP(path_gap_clear) struct path_gap gap = {0};
	int r = geteuid() == 0 ? path_guard(overlay_view_host(w->overlay), path, NULL, &gap, err)
			       : 0;

	if (r <= 0)
		return r;
	return error_set_at(err, -EPERM, gap.place, "%s, who could put something else at '%s'",
			    gap.text, path);
}

static int read_trusted(const struct way *w, const char *path, struct buf *ret, struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	int r = check_way(w, path, err);

	if (r >= 0)
		r = observe(w->root, path, 0, &node, NULL, err);
	if (r == 0)
		r = trusted_node(path, &node, err);
	return r < 0 ? r : observe_content(w->root, path, ret, err);
}

/* What a link that leads nowhere stands for was meant to be there: a disk that is not mounted, say. */
static int check_links(const struct way *w, const char *path, struct error *err)
{
	const struct view *host = overlay_view_host(w->overlay);

	for (size_t n = 1; path[n - 1]; n++) {
		CLEANUP(freep) char *at = NULL, *target = NULL;
		CLEANUP(node_clear) struct node node = {0};
		int r;

		if (path[n] != '/' && path[n])
			continue;
		at = xstrndup(path, n);
		r = view_link(host, at, &target, err);
		if (r > 0)
			r = view_node(host, at, &node, err);
		if (r < 0)
			return r;
		if (target && node.kind == NODE_ABSENT)
			return error_set_at(err, -ENOENT, at,
					    "'%s' is a link to '%s', where there is nothing: what "
					    "the site has in '%s' is not known",
					    at, target, path);
	}
	return 0;
}

/* Whoever put a file there thinks that it counts. */
static void tell_ignored(const char *directory, const struct strv *names, const struct strv *taken)
{
	CLEANUP(strv_clear) struct strv ignored = {0};
	CLEANUP(freep) char *all = NULL;

	for (size_t i = 0; i < names->count; i++) {
		CLEANUP(freep) char *path = path_join(directory, names->items[i]);

		if (!strv_contains(taken, path))
			strv_add(&ignored, names->items[i]);
	}
	all = strv_join(&ignored, ", ");
	if (ignored.count)
		remark("warning: ignored in '%s', where only *.yaml is read: %s", directory, all);
}

static bool is_there(const struct way *w, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *target = NULL;

	return view_link(overlay_view_host(w->overlay), path, &target, NULL) != 0 ||
	       view_node(overlay_view_host(w->overlay), path, &node, NULL) < 0 ||
	       node.kind != NODE_ABSENT;
}

/* The directory's files in the order of their names; none where there is no such directory. */
static int list_files(const struct way *w, const char *directory, struct strv *ret,
		      struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	int r = is_there(w, HARDEN_DIRECTORY) ? check_way(w, directory, err) : 0;

	if (r >= 0)
		r = check_links(w, directory, err);
	if (r >= 0)
		r = observe(w->root, directory, 0, &node, NULL, err);
	if (r < 0 || node.kind == NODE_ABSENT)
		return r;
	r = trusted_node(directory, &node, err);
	if (r == 0)
		r = observe_children(w->root, directory, &names, err);
	if (r < 0)
		return r;
	path_add_matching(ret, directory, &names, "*.yaml");
	tell_ignored(directory, &names, ret);
	return 0;
}

int site_files_apply(const struct root *root, struct baseline *baselines, size_t count,
		     struct strv *ret_unknown, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	CLEANUP(way_clear) struct way way;
	int r;

	way_init(&way, root);
	r = list_files(&way, SITE_DIRECTORY, &files, err);

	for (size_t i = 0; r == 0 && i < files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		r = read_trusted(&way, files.items[i], &text, err);
		if (r == 0)
			r = site_apply(baselines, count, ret_unknown, files.items[i], text.data,
				       text.len, err);
	}
	return r;
}

int site_files_waivers(const struct root *root, struct waivers *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	CLEANUP(way_clear) struct way way;
	int r;

	way_init(&way, root);
	r = list_files(&way, WAIVER_DIRECTORY, &files, err);

	for (size_t i = 0; r == 0 && i < files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		r = read_trusted(&way, files.items[i], &text, err);
		if (r == 0)
			r = waivers_parse(ret, files.items[i], text.data, text.len, err);
	}
	return r;
}
