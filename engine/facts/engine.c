#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-info.h"

/*
 * A dockerd that is frozen or hung costs a look this much, once: it is asked nothing more then. Where
 * the look before this one found it so, the second need not be as patient.
 */
#define FIRST_ANSWER_MS 5000
#define STILL_SILENT_MS 1000

static bool is_between(const struct facts *f)
{
	const struct unit_facts *u = facts_unit(f, "docker.service");

	return !f->offline && !f->no_systemd && u && u->exists && unit_phase_of(u) == UNIT_BETWEEN;
}

/* Why the API must not be asked: a connection would start a daemon that does not run. */
static char *reason_not_to_ask(const struct facts *f)
{
	const struct unit_facts *u = facts_unit(f, "docker.service");

	if (f->no_systemd)
		return xasprintf("whether docker.service is active is not known: %s",
				 f->no_systemd);
	if (!u || !u->exists)
		return xstrdup("there is no docker.service");
	if (unit_phase_of(u) == UNIT_BETWEEN)
		return xasprintf("docker.service is %s: what dockerd has read already is not known",
				 u->active);
	if (!unit_runs(u->active))
		return xasprintf("docker.service is not running (%s)", u->active);
	return NULL;
}

static int ask_info(struct gather *g, struct error *err)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_open(&g->api, ENGINE_API_SOCKET, err);

	if (r < 0)
		return r;
	engine_api_hurry(g->api, d->silent ? STILL_SILENT_MS : FIRST_ANSWER_MS);
	r = engine_api_get(g->api, "/info", &body, err);
	d->silent = r == -ETIMEDOUT;
	return r < 0 ? r : daemon_info_read(&body, d, err);
}

static int ask(struct gather *g, struct error *err)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(buf_clear) struct buf body = {0};
	int r = ask_info(g, err);

	if (r < 0)
		return r;
	if ((g->facts->parts & FACTS_VERSIONS) &&
	    engine_api_get(g->api, "/version", &body, NULL) >= 0)
		daemon_info_read_version(&body, d, NULL);
	/* A daemon without the default bridge answers 404; its other settings still count. */
	r = engine_api_get(g->api, "/networks/bridge", &body, err);
	if (r >= 0)
		return daemon_info_read_bridge(&body, d, err);
	return r == -ENOENT ? 0 : r; /* half an answer is none */
}

void gather_engine(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};

	d->not_measured = reason_not_to_ask(g->facts);
	/* as one that does not answer: nothing that needs it stopped may be done beside it */
	d->running = is_between(g->facts);
	d->silent |= d->running;
	if (d->not_measured)
		return;
	d->running = true;
	if (ask(g, &err) < 0) {
		d->not_measured = xstrdup(error_text(&err));
		engine_api_free(g->api);
		g->api = NULL;
	} else if (daemon_info_has_option(d, "rootless")) {
		d->install = DOCKER_ROOTLESS;
		str_replace(&d->unsupported, "dockerd runs rootless");
	}
}
