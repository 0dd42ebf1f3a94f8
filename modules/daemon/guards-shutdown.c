#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/common/tally.h"
#include "modules/daemon/guards.h"

/*
 * What the host's shutdown does to a container that live-restore keeps: dockerd stops none then, and
 * systemd ends its scope as it ends all: SIGTERM, and SIGKILL after its own time, whatever stop signal
 * and time the container has (seen on 20.10, 26.1 and 28.5).
 */

#define SYSTEMD_STOP_SECONDS 90 /* DefaultTimeoutStopSec=, systemd-system.conf(5) */

static bool is_sigterm(const char *signal)
{
	return !signal || !*signal || strcmp(signal, "15") == 0 ||
	       strcasecmp(signal, "TERM") == 0 || strcasecmp(signal, "SIGTERM") == 0;
}

/* "db (SIGINT, 300 s)"; NULL: a shutdown ends it as before. */
static char *shutdown_differs(const struct container *c)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(freep) char *list = NULL;

	if (!is_sigterm(c->stop_signal))
		strv_add(&parts, c->stop_signal);
	if (c->stop_timeout > SYSTEMD_STOP_SECONDS || c->stop_timeout < 0)
		strv_addf(&parts, c->stop_timeout < 0 ? "without limit" : "%ld s", c->stop_timeout);
	if (parts.count == 0)
		return NULL;
	list = strv_join(&parts, ", ");
	return xasprintf("%s (%s)", container_label(c), list);
}

void docker_guards_shutdown(const struct docker_facts *docker, struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;
	struct containers all;

	if (!containers_get(&docker->containers, &all))
		return; /* whoever asks has said so */
	for (size_t i = 0; i < all.count; i++) {
		CLEANUP(freep) char *how = NULL;

		if (container_will_run(&all.items[i]))
			how = shutdown_differs(&all.items[i]);
		if (how)
			strv_add(&names, how);
	}
	if (names.count == 0)
		return;
	list = names_join(&names);
	strv_addf(&d->warnings,
		  "with live-restore a shutdown of the host ends containers by SIGTERM, and by "
		  "SIGKILL "
		  "after %d s, not by a stop signal and time of their own: %s; a unit whose "
		  "ExecStop= "
		  "is 'docker stop' ends one cleanly before",
		  SYSTEMD_STOP_SECONDS, list);
}
