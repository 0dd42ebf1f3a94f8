#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/host/write/bus-job.h"
#include "engine/model/facts.h"

/* Unit facts outside of a struct facts, with the one clean-up that there is for them. */
static int unit_is_fresh(struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, unit);
	int r = bus_unit(b, unit, u, err);

	if (r >= 0 && u->exists && u->need_daemon_reload)
		r = error_set(err, -EAGAIN, "systemd still has an older version of '%s'", unit);
	return r;
}

/*
 * Of a unit whose file is gone nothing is left but that it failed once: systemd would list it as failed
 * until the next boot. Whether that can be asked says nothing about the reload.
 */
static void forget_failure(struct bus *b, const char *unit)
{
	CLEANUP(freep) char *load = NULL, *active = NULL;

	if (bus_load_state(b, unit, &load, NULL) >= 0 && strcmp(load, "not-found") == 0 &&
	    bus_active_state(b, unit, &active, NULL) >= 0 && strcmp(active, "failed") == 0)
		bus_reset_failed(b, unit, NULL);
}

static int read_anew(struct bus *b, struct error *err)
{
	static const char *const units[] = {DOCKER_SERVICE, DOCKER_SOCKET, "containerd.service"};
	int r = bus_daemon_reload(b, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(units); i++)
		r = unit_is_fresh(b, units[i], err);
	return r;
}

int run_systemd_reload(struct live *l, const struct effects *towards, struct error *err)
{
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0; /* no systemd: its files are just files */
	}
	if (r >= 0)
		r = read_anew(b, err);
	if (r == -EAGAIN) { /* somebody wrote a file while it read them */
		error_clear(err);
		r = read_anew(b, err);
	}
	for (size_t i = 0; r >= 0 && i < towards->count; i++) {
		const char *unit = effect_key(&towards->items[i], SCHEME_UNIT);

		if (unit)
			forget_failure(b, unit);
	}
	return r == -EAGAIN ? -EIO : r;
}
