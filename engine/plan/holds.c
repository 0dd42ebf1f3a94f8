#include "engine/plan/holds.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/api-socket.h"
#include "engine/model/path-guard.h"
#include "engine/plan/place-check.h"
#include "engine/plan/socket-access.h"

/* A file with several names, or one that is protected, is never replaced without being asked. */
static int hold_special_files(const struct view *v, struct delta *d, struct error *err)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(node_clear) struct node node = {0};
		int r = edit_is_content(e) ? view_node(v, e->path, &node, err) : 0;

		if (r < 0)
			return r;
		if (node.kind == NODE_FILE && node.nlink > 1)
			delta_omit(d, e->path, false,
				   "'%s' has %lu names: replacing it would part them", e->path,
				   (unsigned long)node.nlink);
		else if (node.flags)
			delta_omit(d, e->path, false, "'%s' is %s (chattr)", e->path,
				   node.flags & NODE_IMMUTABLE ? "immutable" : "append-only");
	}
	return 0;
}

/*
 * Nothing is written into a place that is somebody else's: what is put there today they replace
 * tomorrow. One that is root's, and that others can write besides, is another control's to close.
 */
static void hold_foreign_places(const struct view *v, struct delta *d)
{
	const struct facts *f = v->facts;

	for (size_t i = 0; i < d->edits.count && (!f->offline || f->root); i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(path_gap_clear) struct path_gap gap = {0};

		if (!edit_is_content(e) || path_guard(v, e->path, NULL, &gap, NULL) <= 0 ||
		    !gap.owned)
			continue;
		delta_omit(d, e->path, false, "%s, who can put something else at '%s'", gap.text,
			   e->path);
	}
}

/* Whether containers are known to live through a restart of dockerd. */
static bool live_restore_is_in_force(const struct docker_facts *docker)
{
	const struct setting *s = settings_find(&docker->now, "live-restore");

	return s && s->source != SOURCE_UNKNOWN && s->value && strcmp(s->value, "true") == 0;
}

/* A dockerd that runs and cannot be asked: its restart may stop what the plan could not name. */
static void hold_unseen_restart(const struct view *v, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	size_t running;
	bool restarts = false;

	for (size_t i = 0; i < d->effects.count; i++)
		restarts |= (HANDLER_BIT(d->effects.items[i].handler) & HANDLERS_RESTART) != 0;
	if (!restarts || !docker->running || live_restore_is_in_force(docker) ||
	    containers_running(&docker->containers, &running))
		return;
	if (containers_why(&docker->containers))
		strv_addf(&d->holds, "dockerd would be restarted, and %s",
			  containers_why(&docker->containers));
	else
		strv_add(&d->holds, "dockerd would be restarted, and it does not tell of every "
				    "container whether it runs");
}

/* Who would be left with a socket that nobody listens on any more. */
static void hold_cut_off(const struct view *v, struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0};
	const char *unknown;
	unsigned handlers = 0;

	for (size_t i = 0; i < d->effects.count; i++)
		handlers |= HANDLER_BIT(d->effects.items[i].handler);
	unknown = api_socket_cut_off(v->facts, handlers, &names);
	if (unknown)
		strv_addf(
			&d->holds,
			"whether a container has the API's socket mounted, which is made anew, is "
			"not known: %s",
			unknown);
	for (size_t i = 0; i < names.count; i++)
		strv_addf(
			&d->holds,
			"container %s has the API's socket mounted, which is made anew: it is cut "
			"off until its own next start",
			names.items[i]);
}

int plan_holds(const struct view *v, struct delta *d, struct error *err)
{
	hold_unseen_restart(v, d);
	hold_foreign_places(v, d);
	hold_cut_off(v, d);
	warn_lost_access(v, d);
	refuse_closed_places(v, d);
	refuse_odd_files(v, d);
	return hold_special_files(v, d, err);
}
