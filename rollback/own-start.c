#include "rollback/own-start.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/own-keys.h"

void own_start_clear(struct own_start *own)
{
	strv_clear(&own->keys);
	strv_clear(&own->paths);
}

/* What dockerd takes of it: of a file that is not there nothing. False: that is not known. */
static bool settings_of(const struct image *image, const char *version, struct strv *ret_keys,
			struct strv *ret_values)
{
	if (image->node.kind == NODE_ABSENT)
		return true;
	return image->has_content &&
	       daemon_file_settings(&image->content, version, ret_keys, ret_values, NULL) >= 0;
}

static const char *value_of(const struct strv *keys, const struct strv *values, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], key) == 0)
			return values->items[i];
	return NULL;
}

/* Those of the first list that the second has not, or with another value. */
static void add_other(const struct strv *keys, const struct strv *values, const struct strv *keys2,
		      const struct strv *values2, struct strv *ret)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp_null(values->items[i], value_of(keys2, values2, keys->items[i])) != 0)
			strv_add_once(ret, keys->items[i]);
}

/*
 * A file that comes back as it was recorded has keys of the site's own, of which no edit tells: whoever asked for
 * it asked for them.
 */
static void add_keys_of_images(const struct change *c, const char *version, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};

	if (!c || c->nimages == 0 || !settings_of(&c->images[0], version, &keys, &values))
		return;
	for (size_t i = 1; i < c->nimages; i++) {
		CLEANUP(strv_clear) struct strv keys2 = {0}, values2 = {0};

		if (!settings_of(&c->images[i], version, &keys2, &values2))
			continue;
		add_other(&keys, &values, &keys2, &values2, ret);
		add_other(&keys2, &values2, &keys, &values, ret);
	}
}

void own_start_find(const struct plan *plan, const struct facts *facts, struct own_start *ret)
{
	const char *config = facts->docker.config_file;

	plan_own_keys(plan, facts, &ret->keys);
	if (plan->borrows)
		strv_add_once(&ret->keys, "live-restore");
	if (config)
		add_keys_of_images(plan_find_change(plan, config), facts->docker.version,
				   &ret->keys);
	for (size_t i = 0; i < plan->nchanges; i++)
		strv_add(&ret->paths, plan->changes[i].path);
}
