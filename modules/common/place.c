#include "modules/common/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/model/path-guard.h"

#define UNITS "/etc/systemd/system"

/*
 * A link that is not followed, since others than root could have put it there: who they are is a
 * finding, and nothing that could not be measured. One that leads nowhere is just that.
 */
static void note_untrusted(const struct view *v, const char *path, const struct error *why,
			   struct tally *tally)
{
	CLEANUP(path_gap_clear) struct path_gap gap = {0};

	if (path_guard(v, path, NULL, &gap, NULL) > 0)
		tally_note(tally, VERDICT_FAIL, "%s, who can put something else at '%s'", gap.text,
			   path);
	else
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(why));
}

static void add_path(const struct view *v, const char *path, struct strv *ret, struct tally *tally)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *canonical = NULL;
	int r = view_resolve(v, path, &canonical, &why);

	if (r >= 0 && path_is_mask(canonical))
		return;
	if (r >= 0)
		strv_add_once(ret, canonical);
	else if (r == -ENOENT || r == -ENOTDIR)
		strv_add_once(ret, path); /* a directory above is missing: looks absent */
	else if (r == -ELOOP)
		note_untrusted(v, path, &why, tally);
	else
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
}

static bool is_kind(const struct view *v, const char *path, enum node_kind kind)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(v, path, &node, NULL) >= 0 && node.kind == kind;
}

/* The files *.conf in the directory of a unit's drop-ins below /etc. */
static void add_dropins(const struct view *v, const char *directory, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0}, paths = {0};

	if (view_children(v, directory, &names, NULL) < 0)
		return;
	path_add_matching(&paths, directory, &names, "*.conf");
	for (size_t i = 0; i < paths.count; i++)
		if (is_kind(v, paths.items[i], NODE_FILE))
			strv_add_once(ret, paths.items[i]);
}

/*
 * What the plan itself puts into a place: the facts were gathered before. Drop-ins, their
 * directory, the daemon's config file.
 */
static void add_planned(const struct view *v, const char *name, struct strv *ret)
{
	const char *config = v->facts->docker.config_file;
	CLEANUP(freep) char *directory = NULL;

	if (strcmp(name, "config-file") == 0 && config && is_kind(v, config, NODE_FILE))
		strv_add_once(ret, config);
	if (!ends_with(name, ".dropins") && !ends_with(name, ".service.d"))
		return;
	directory = xasprintf(UNITS "/%.*s.d", (int)(strrchr(name, '.') - name), name);
	if (ends_with(name, ".dropins"))
		add_dropins(v, directory, ret);
	else if (is_kind(v, directory, NODE_DIR))
		strv_add_once(ret, directory);
}

static int add_place(const struct view *v, const char *name, struct strv *ret, struct tally *tally,
		     struct error *err)
{
	const struct place *place = facts_place(v->facts, name);
	CLEANUP(strv_clear) struct strv planned = {0};

	if (!place)
		return error_set(err, -EINVAL, "there is no place '@%s'", name);
	add_planned(v, name, &planned);
	if (place->unknown)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", place->unknown);
	else if (place->paths.count == 0 && planned.count == 0)
		tally_note(tally, VERDICT_NOT_APPLICABLE, "%s",
			   place->absent ? place->absent : "the host has no such thing");
	for (size_t i = 0; i < place->paths.count; i++)
		add_path(v, place->paths.items[i], ret, tally);
	for (size_t i = 0; i < planned.count; i++)
		add_path(v, planned.items[i], ret, tally);
	return 0;
}

int places_expand(const struct view *v, const struct strv *items, struct strv *ret,
		  struct tally *tally, struct error *err)
{
	for (size_t i = 0; i < items->count; i++) {
		const char *item = items->items[i];
		int r = 0;

		if (item[0] == '@')
			r = add_place(v, item + 1, ret, tally, err);
		else
			add_path(v, item, ret, tally);
		if (r < 0)
			return r;
	}
	return 0;
}

void places_ways(const struct view *v, const struct strv *items, struct strv *ret)
{
	for (size_t i = 0; i < items->count; i++) {
		const char *item = items->items[i];
		const struct place *place = item[0] == '@' ? facts_place(v->facts, item + 1) : NULL;

		if (place)
			strv_add_all(ret, &place->ways);
		else
			strv_add(ret, item);
	}
}
