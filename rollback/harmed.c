#include "rollback/harmed.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/stopped.h"

static const char *lost_network_of(const struct docker_facts *d, const struct container *c)
{
	for (size_t i = 0; i < d->lost_networks.count; i++) {
		const char *lost = d->lost_networks.items[i], *why = strstr(lost, ": ");
		CLEANUP(freep) char *name = xstrndup(lost, (size_t)(why - lost));

		if (strv_contains(&c->networks, name))
			return lost;
	}
	return NULL;
}

/* Whom dockerd's last start took over by name alone: files do not bring back what it has lost. */
static void name_given_up(const struct docker_facts *d, struct strv *notes)
{
	struct containers all;

	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++) {
		const char *name = container_label(&all.items[i]);
		const char *lost = lost_network_of(d, &all.items[i]);
		CLEANUP(freep)
		char *advice = lost ? xasprintf(LOST_NETWORK_ADVICE, lost, name)
				    : xasprintf("once what its log goes to is there, 'docker "
						"restart %s'",
						name);

		if (all.items[i].running && all.items[i].given_up)
			strv_addf(notes,
				  "the container '%s' runs on, but dockerd could not take it over "
				  "at its start: it has lost its networks and ports, and cannot be "
				  "entered; %s",
				  name, advice);
	}
}

/* Of whoever has its network as well: with that one's restart it has the old one still, until its own. */
static void name_lost_of(const struct docker_facts *d, const struct containers *all,
			 const struct container *c, struct strv *notes)
{
	const struct container *own = containers_network_owner(all, c);
	const char *name = container_label(c), *lost = lost_network_of(d, own);
	CLEANUP(freep) char *ports = strv_join(&own->lost_ports, ", ");
	CLEANUP(freep)
	char *both = own == c ? xstrdup(name) : xasprintf("%s %s", container_label(own), name);

	if (lost)
		strv_addf(
			notes,
			"the container '%s' runs on, and is cut off in part: " LOST_NETWORK_ADVICE,
			name, lost, both);
	else if (own->lost_ports.count > 0)
		strv_addf(notes,
			  "the container '%s' runs on without its published ports: %s; once the "
			  "address and the port are free here, 'docker restart %s'",
			  name, ports, both);
}

/* Likewise networks and ports. */
static void name_lost_ways(const struct docker_facts *d, struct strv *notes)
{
	struct containers all;

	for (size_t i = 0; i < d->lost_networks.count; i++)
		strv_addf(notes,
			  "dockerd has lost the network %s; no container can be started in it "
			  "until dockerd is restarted, once what it says is fixed",
			  d->lost_networks.items[i]);
	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running && !all.items[i].given_up)
			name_lost_of(d, &all, &all.items[i], notes);
}

void harmed_name(struct effector *e, const struct plan *plan, const char *id, struct strv *notes)
{
	CLEANUP(facts_clear) struct facts now = {0};

	if ((!plan->stopped.count && !(plan_handlers(plan) & HANDLERS_RESTART)) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0)
		return;
	stopped_name(&plan->stopped, NULL, &now, id, notes);
	if (e->consented)
		stopped_name(e->consented, NULL, &now, id, notes);
	name_given_up(&now.docker, notes);
	name_lost_ways(&now.docker, notes);
}

void harmed_name_lost(struct effector *e, const struct plan *plan, struct strv *left)
{
	CLEANUP(facts_clear) struct facts now = {0};
	struct containers all;

	if (!(plan_handlers(plan) & HANDLERS_RESTART) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0)
		return;
	if (!containers_get(&now.docker.containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].unlisted &&
		    !stopped_find(&plan->stopped, container_label(&all.items[i])))
			strv_addf(left,
				  "dockerd does not have the container '%s' any more: %s; see what "
				  "kept dockerd from it (journalctl -u docker), then restart "
				  "dockerd when its processes may end, and recover again",
				  container_label(&all.items[i]), all.items[i].unread);
}
