#include "engine/model/swarm.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

struct swarm_manager *swarm_add_manager(struct swarm *s)
{
	return array_append(&s->managers, &s->nmanagers, sizeof(*s->managers));
}

struct overlay_network *swarm_add_network(struct swarm *s)
{
	return array_append(&s->networks, &s->nnetworks, sizeof(*s->networks));
}

void swarm_clear(struct swarm *s)
{
	free(s->not_measured);
	free(s->listen_address);
	free(s->listen_unknown);
	free(s->data_path_address);
	for (size_t i = 0; i < s->nmanagers; i++) {
		free(s->managers[i].name);
		free(s->managers[i].reachability);
	}
	free(s->managers);
	for (size_t i = 0; i < s->nnetworks; i++)
		free(s->networks[i].name);
	free(s->networks);
	free(s->networks_unknown);
	*s = (struct swarm){0};
}
