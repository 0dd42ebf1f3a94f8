#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"
#include "engine/host/read/proxies.h"

#define WAIT_MS 5000

/*
 * Whether what containers publish is still there: docker-proxy is dockerd's own witness of each port
 * that it holds, whatever inspect says (20.10 and 26.1 go on telling ports that were lost). Where no
 * proxy is left at all it was switched off, and nothing is known.
 */

/* Before each handler that ends dockerd; what an earlier one took away is owed all the same. */
void ports_remember(struct live *l)
{
	CLEANUP(strv_clear) struct strv now = {0};

	if (proxies_list(&now, NULL) < 0)
		return;
	for (size_t i = 0; i < now.count; i++)
		strv_add_once(&l->proxied, now.items[i]);
}

void ports_lost(const struct strv *ports, const struct strv *before, const struct strv *after,
		struct strv *ret)
{
	for (size_t i = 0; after->count > 0 && i < ports->count; i++)
		if (strv_contains(before, ports->items[i]) &&
		    !strv_contains(after, ports->items[i]))
			strv_add(ret, ports->items[i]);
}

static int check_ports(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(strv_clear) struct strv now = {0};
	int r = proxies_list(&now, err);

	for (size_t i = 0; r >= 0 && i < l->ncontainers; i++) {
		struct watched *w = &l->containers[i];
		CLEANUP(strv_clear) struct strv lost = {0};
		CLEANUP(freep) char *list = NULL;

		ports_lost(&w->ports, &l->proxied, &now, &lost);
		if (lost.count == 0 || !watched_find(l, w->id) ||
		    (may_stop && stopped_find(may_stop, w->name)))
			continue;
		list = strv_join(&lost, ", ");
		r = error_set(
			err, -EIO,
			"the container '%s' runs on, but dockerd did not take its published "
			"ports again at its start: %s; once the address and the port are free "
			"here, 'docker restart %s'",
			w->name, list, w->name);
	}
	return r < 0 ? r : 0;
}

int ports_wait(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	if (l->windows.count == 0 || l->proxied.count == 0)
		return 0;
	return live_wait_until_well(l, check_ports, may_stop, WAIT_MS, err);
}
