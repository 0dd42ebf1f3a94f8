#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"
#include "rollback/broken.h"
#include "rollback/revert-impl.h"

static bool gives_up_live(const struct effect *e)
{
	return e->handler == HANDLER_DOCKER_RELOAD && is_daemons(e) &&
	       strcmp(e->subject.key, "live-restore") == 0 && strcmp_null(e->before, "true") == 0 &&
	       strcmp_null(e->after, "true") != 0;
}

/* A reload keeps what is not in the file, and a restart beside it needs live-restore there. */
static bool needs_words(const struct effects *effects)
{
	bool gives_up = false, reloads = false, restarts = false;

	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *e = &effects->items[i];

		gives_up |= gives_up_live(e);
		reloads |= e->handler == HANDLER_DOCKER_RELOAD;
		restarts |= (HANDLER_BIT(e->handler) & HANDLERS_RESTART) != 0;
	}
	return restarts ? gives_up : reloads;
}

static bool has_restart(const struct effects *effects)
{
	for (size_t i = 0; i < effects->count; i++)
		if (HANDLER_BIT(effects->items[i].handler) & HANDLERS_RESTART)
			return true;
	return false;
}

char *revert_emptied_fault(const struct reversal *v, const struct effects *effects)
{
	const struct docker_facts *d = &v->facts->docker;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error why = {0};
	const char *live = NULL;

	if (!d->config_file || !strv_contains(&v->kept, d->config_file) || !has_restart(effects) ||
	    needs_words(effects) || observe_content(v->root, d->config_file, &text, NULL) < 0 ||
	    !broken_blank(&text))
		return NULL;
	if (daemon_file_check(&text, d->version, NULL, NULL, &why) < 0)
		return xstrdup(error_text(&why));
	return daemon_value_now(v, "live-restore", &live) && strcmp_null(live, "true") == 0
		       ? xstrdup("live-restore is in force, and an empty file has it no more")
		       : NULL;
}

/* Nothing, in a directory that is there, or a text that dockerd could read. */
static bool can_say_it(const struct walk *walk, const struct image *image)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};

	if (image->node.kind == NODE_ABSENT)
		return walk->parent >= 0;
	return image->node.kind == NODE_FILE && image->has_content &&
	       daemon_file_settings(&image->content, NULL, &keys, &values, NULL) >= 0;
}

int revert_lend_config(const struct reversal *v, const struct effects *effects, struct error *err)
{
	const char *path = v->facts->docker.config_file;
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	int r;

	if (!path || !needs_words(effects) || plan_find_change(v->plan, path))
		return 0;
	r = root_walk_nofollow(v->root, path, &walk, err);
	if (r >= 0)
		r = image_observe(&walk, true, &now, err);
	if (r < 0 || !can_say_it(&walk, &now))
		return r;
	plan_add_unchanged(v->plan, path, &now);
	return 0;
}
