#include "engine/facts/gather.h"

#include <time.h>
#include <unistd.h>

#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/facts/variables.h"

static void gather_clear(struct gather *g)
{
	bus_free(g->bus);
	engine_api_free(g->api);
	buf_clear(&g->packages);
	processes_clear(&g->processes);
	processes_clear(&g->contained);
	holders_clear(&g->holders);
	plugin_things_clear(&g->plugin_volumes);
	plugin_things_clear(&g->plugin_networks);
	socket_files_clear(&g->socket_files);
	buf_clear(&g->tcp);
}

/* In this order: many build on what those before them found. */
static void (*const steps[])(struct gather *) = {
	gather_host,
	gather_program,
	gather_units,
	gather_api_units,
	gather_unit_states,
	gather_next_flags,
	gather_install, /* looks where ExecStart= points */
	gather_engine,
	gather_version,
	gather_config, /* what is an error there depends on the engine's version */
	gather_processes,
	gather_daemons, /* by their config files, too */
	gather_running,
	gather_swarm_lock,
	gather_swarm_majority,
	gather_waiting,
	gather_variables,
	gather_waiting_units,
	gather_opened,
	gather_listeners,
	gather_sockets,
	gather_listening,
	gather_containers,
	gather_api_tcp, /* beside what they publish */
	gather_unlisted,
	gather_waiting_keys, /* some not while containers run */
	gather_restart,
	gather_api_passed_on, /* where a restart is possible the clients are told of */
	gather_networks, /* also where no restart is possible */
	gather_clients,
	gather_plugins, /* by whom goes down with a client's unit, too */
	gather_container_losses, /* by who listens, and who goes down with dockerd */
	gather_swarm_address, /* likewise */
	gather_start_again,
	gather_follows,
	gather_watchers,
	gather_disk,
	gather_room,
	gather_images,
	gather_sizes,
	gather_snapshots,
	gather_layers,
	gather_swarm,
	gather_kernel,
	gather_ceilings,
	gather_audit,
	gather_firewall,
	gather_places,
};

int facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
		 unsigned parts, struct error *err)
{
	CLEANUP(gather_clear)
	struct gather g = {.facts = ret, .root = root, .witness_file = witness_file};

	ret->parts = parts;
	ret->today = time(NULL);
	ret->root = geteuid() == 0;
	ret->offline = root->offline;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		steps[i](&g);
	return 0;
}

void facts_gather_engine(struct facts *ret, const struct root *root)
{
	CLEANUP(gather_clear) struct gather g = {.facts = ret, .root = root};

	ret->offline = root->offline;
	ret->docker.silent = true;
	gather_units(&g);
	gather_engine(&g);
}
