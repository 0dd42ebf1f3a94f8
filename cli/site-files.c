#include "cli/site-files.h"

#include <errno.h>
#include <string.h>

#include "cli/trust.h"
#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/baseline/site.h"
#include "engine/host/read/observe.h"

static int read_trusted(const struct root *root, const char *path, struct buf *ret,
			struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	int r = observe(root, path, 0, &node, NULL, err);

	if (r == 0)
		r = trusted_node(path, &node, err);
	return r < 0 ? r : observe_content(root, path, ret, err);
}

/* The directory's files in the order of their names; none where there is no such directory. */
static int list_files(const struct root *root, const char *directory, struct strv *ret,
		      struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	int r = observe(root, directory, 0, &node, NULL, err);

	if (r < 0 || node.kind == NODE_ABSENT)
		return r;
	r = trusted_node(directory, &node, err);
	if (r == 0)
		r = observe_children(root, directory, &names, err);
	if (r == 0)
		path_add_matching(ret, directory, &names, "*.yaml");
	return r;
}

int site_files_apply(const struct root *root, struct baseline *baselines, size_t count,
		     bool all_known, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	int r = list_files(root, SITE_DIRECTORY, &files, err);

	for (size_t i = 0; r == 0 && i < files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		r = read_trusted(root, files.items[i], &text, err);
		if (r == 0)
			r = site_apply(baselines, count, all_known, files.items[i], text.data,
				       text.len, err);
	}
	return r;
}

int site_files_waivers(const struct root *root, struct waivers *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	int r = list_files(root, WAIVER_DIRECTORY, &files, err);

	for (size_t i = 0; r == 0 && i < files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		r = read_trusted(root, files.items[i], &text, err);
		if (r == 0)
			r = waivers_parse(ret, files.items[i], text.data, text.len, err);
	}
	return r;
}
