#include "rollback/set-off.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/restart-holds.h"
#include "rollback/live-image.h"

/* Or that is not known. Beside a stopped dockerd only their shims tell. */
static bool may_run(const struct facts *f)
{
	const struct containers all = containers_on_disk(&f->docker.containers);
	size_t running = 0;

	if (containers_running(&f->docker.containers, &running))
		return running > 0;
	for (size_t i = 0; i < all.count; i++)
		if (!all.items[i].state || all.items[i].running)
			return true;
	return !docker_is_stopped(f);
}

static char *keeps_live(const struct objections *found, const char *config)
{
	for (size_t i = 0; config && i < found->count; i++) {
		const struct objection *o = &found->items[i];

		if (strcmp(o->kind, "watched") == 0 && strv_contains(&o->paths, config))
			return xasprintf("'%s' keeps live-restore: %s, and what runs may end by "
					 "it; once that is stopped, 'harden recover' goes on",
					 config, o->text);
	}
	return NULL;
}

char *set_off(const struct effector *e, const struct mover *m, bool reads_units, struct strv *notes)
{
	const char *config = live_given_up(m, 0);
	CLEANUP(objections_clear) struct objections found = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	char *why;

	if ((!config && !reads_units) || !e->look || e->look(e->look_data, &now, NULL) < 0)
		return NULL;
	plan_objections(m->plan, &now, &found);
	why = may_run(&now) ? keeps_live(&found, config) : NULL;
	for (size_t i = 0; !why && reads_units && i < found.count; i++)
		if (found.items[i].handlers & HANDLER_BIT(HANDLER_SYSTEMD_RELOAD))
			strv_addf(notes, "systemd read its units again: %s", found.items[i].text);
	return why;
}
