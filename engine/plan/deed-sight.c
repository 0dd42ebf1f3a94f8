#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/plan/image.h"
#include "engine/plan/objections.h"
#include "engine/plan/own-keys.h"

/* What of dockerd's things a way back hides from it. */

/* Which data root users are mapped into says the value alone that maps them. */
static bool maps_nobody(const char *key, const char *json)
{
	return strcmp(key, "userns-remap") == 0 &&
	       (!json || strcmp(json, "\"\"") == 0 || strcmp(json, "\"root\"") == 0);
}

static enum out_of_sight hidden_by(const struct docker_facts *d, const char *key,
				   const char *before, const char *after)
{
	if ((!before && !after) || (before && after && json_value_same(before, after)) ||
	    (maps_nobody(key, before) && maps_nobody(key, after)))
		return SIGHT_KEPT;
	return daemon_key_hides(key, before, after, d->image_store);
}

/* Nothing runs that has it in force: the next start reads the file, and is whoever's. */
static enum out_of_sight hidden_by_file(const struct plan *plan, const struct docker_facts *d,
					const char *key)
{
	const struct change *c = d->config_file ? plan_find_change(plan, d->config_file) : NULL;
	CLEANUP(freep) char *pointer = xasprintf("/%s", key), *before = NULL, *after = NULL;

	if (!c || c->nimages == 0)
		return SIGHT_KEPT;
	image_value(&c->images[0], subject_of(SCHEME_JSON, pointer), &before, NULL);
	image_value(&c->images[c->nimages - 1], subject_of(SCHEME_JSON, pointer), &after, NULL);
	return hidden_by(d, key, before, after);
}

void deed_take_sight(struct deed *deed, const struct plan *plan, const struct facts *f)
{
	CLEANUP(strv_clear) struct strv keys = {0};

	plan_dockerd_keys(plan, f, &keys);
	for (size_t i = 0; i < keys.count; i++) {
		const char *key = keys.items[i];
		const struct effect *e = plan_find_effect(plan, subject_of(SCHEME_DOCKER, key));
		enum out_of_sight how = SIGHT_KEPT;

		if (e)
			how = hidden_by(&f->docker, key, e->before, e->after);
		else if (!f->docker.running) /* else it has it so already */
			how = hidden_by_file(plan, &f->docker, key);
		if (how != SIGHT_KEPT)
			strv_add(&deed->hides_by, key);
		deed->hides = how > deed->hides ? how : deed->hides;
	}
}
