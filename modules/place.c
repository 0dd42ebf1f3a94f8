#include "modules/place.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"

static void add_path(const struct view *v, const char *path, struct strv *ret, struct tally *tally)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *canonical = NULL;
	int r = view_resolve(v, path, &canonical, &why);

	if (r >= 0)
		strv_add_once(ret, canonical);
	else if (r == -ENOENT || r == -ENOTDIR)
		strv_add_once(ret, path); /* a folder above is missing: looks absent */
	else
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
}

static int add_place(const struct view *v, const char *name, struct strv *ret, struct tally *tally,
		     struct error *err)
{
	const struct place *place = facts_place(v->facts, name);

	if (!place)
		return error_set(err, -EINVAL, "there is no place '@%s'", name);
	if (place->unknown)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", place->unknown);
	else if (place->paths.count == 0)
		tally_note(tally, VERDICT_NOT_APPLICABLE, "%s",
			   place->absent ? place->absent : "the host has no such thing");
	for (size_t i = 0; i < place->paths.count; i++)
		add_path(v, place->paths.items[i], ret, tally);
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
