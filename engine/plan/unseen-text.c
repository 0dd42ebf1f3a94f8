#include "engine/plan/unseen-text.h"

#include <string.h>

#include "engine/base/alloc.h"

/* Whether containers are known to live through a restart of dockerd. */
static bool live_restore_is_in_force(const struct docker_facts *docker)
{
	const struct setting *s = settings_find(&docker->now, "live-restore");

	return s && s->source != SOURCE_UNKNOWN && s->value && strcmp(s->value, "true") == 0;
}

/* NULL: dockerd tells of each. Of those that it does not list a line of their own is said. */
static char *untold_text(const struct containers *all)
{
	const char *why = NULL;
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		if (!container_told(&all->items[i]) && !all->items[i].unlisted) {
			why = why ? why : all->items[i].unread;
			n++;
		}
	return n == 0 ? NULL
		      : xasprintf("it tells nothing of %zu of its %zu containers (%s), so what "
				  "the restart ends, cuts off or starts of them is not known",
				  n, all->count, why);
}

/*
 * live-restore keeps what runs, and neither what hangs on dockerd (docker exec) nor what dockerd's
 * start leaves stopped or mounted. Of one that is `mute` somebody else says so.
 */
char *unseen_text(const struct facts *f, bool mute)
{
	const struct docker_facts *d = &f->docker;
	const char *why = containers_why(&d->containers);
	CLEANUP(freep) char *untold = NULL;
	struct containers all;
	size_t running;

	if (!d->running || containers_running(&d->containers, &running))
		return NULL;
	if (containers_get(&d->containers, &all))
		why = untold = untold_text(&all);
	if (live_restore_is_in_force(d) && (mute || !why))
		return NULL;
	return xasprintf("dockerd would be restarted, and %s",
			 why ? why : "it does not tell of every container whether it runs");
}
