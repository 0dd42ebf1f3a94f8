#include "engine/facts/gather.h"

#include <time.h>
#include <unistd.h>

#include "engine/facts/parts.h"

static void gather_clear(struct gather *g)
{
	bus_free(g->bus);
	engine_api_free(g->api);
	buf_clear(&g->packages);
	processes_clear(&g->processes);
}

int facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
		 unsigned parts, struct error *err)
{
	CLEANUP(gather_clear)
	struct gather g = {.facts = ret, .root = root, .witness_file = witness_file};

	ret->parts = parts;
	ret->today = time(NULL);
	ret->root = geteuid() == 0;
	ret->offline = root->offline;
	gather_host(&g);
	gather_program(&g);
	gather_units(&g);
	gather_unit_states(&g);
	gather_next_flags(&g);
	gather_install(&g); /* looks where ExecStart= points */
	gather_engine(&g);
	gather_version(&g);
	gather_config(&g); /* what is an error there depends on the engine's version */
	gather_processes(&g);
	gather_daemons(&g); /* by their config files, too */
	gather_running(&g);
	gather_waiting(&g);
	gather_opened(&g);
	gather_listeners(&g);
	gather_sockets(&g);
	gather_listening(&g);
	gather_containers(&g);
	gather_unlisted(&g);
	gather_container_losses(&g); /* by who listens */
	gather_waiting_keys(&g); /* some not while containers run */
	gather_restart(&g);
	gather_clients(&g);
	gather_start_again(&g);
	gather_follows(&g);
	gather_disk(&g);
	gather_room(&g);
	gather_images(&g);
	gather_snapshots(&g);
	gather_layers(&g);
	gather_swarm(&g);
	gather_kernel(&g);
	gather_ceilings(&g);
	gather_audit(&g);
	gather_firewall(&g);
	gather_places(&g);
	return 0;
}
