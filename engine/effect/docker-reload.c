#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/live.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/read/proc.h"
#include "engine/host/write/bus-job.h"

#define JOB_TIMEOUT_MS 30000
#define CONFIRM_USEC 60000000 /* a missing authorization plugin alone holds dockerd up for 16 s */
#define STEP_MS 50
#define PING_MS 5000

static void log_freep(struct docker_log **log)
{
	docker_log_free(*log);
}

/*
 * A reload empties the list of authorization plugins that were given as flags, while dockerd
 * goes on showing them: every request would be let through.
 */
static int refuse_plugins_by_flag(pid_t pid, struct error *err)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0};
	int r = proc_cmdline(pid, &args, err);

	if (r < 0)
		return r;
	if (args.count)
		strv_remove(&args, 0);
	daemon_flags_parse(&args, &keys, NULL, NULL);
	if (strv_contains(&keys, "authorization-plugins"))
		return error_set(err, -EPERM,
				 "a reload would switch off dockerd's authorization plugin, "
				 "which is set by a flag");
	return 0;
}

/*
 * A busy daemon logs other errors, too. What it says of a file that it does not take: "unable to
 * configure the Docker daemon with file", "Error reconfiguring the daemon", "configuration
 * validation from file failed", "Error validating authorization plugin".
 */
static bool is_about_reload(const char *error)
{
	return strstr(error, "onfigur") || strstr(error, "authorization plugin");
}

static char *reload_error(struct docker_log *log)
{
	char *error;

	while ((error = docker_log_next_error(log)) && !is_about_reload(error))
		free(error);
	return error;
}

static bool lives(pid_t pid)
{
	uint64_t ticks;

	return proc_start_ticks(pid, &ticks, NULL) >= 0;
}

/* 1: taken; 0: not yet, or dockerd is too busy with it to answer; negative: it is not. */
static int ask(struct engine_api *api, pid_t pid, uint64_t since, const struct effects *towards,
	       struct error *err)
{
	int r = docker_reload_event(api, since, towards, err);

	if (r == -ETIMEDOUT && lives(pid)) {
		error_clear(err);
		return 0;
	}
	return r > 0 ? docker_confirm(api, towards, err) > 0 ? 1 : -EIO : r;
}

/* systemd calls a reload done whatever dockerd makes of it, so dockerd itself is asked. */
static int wait_until_taken(struct live *l, struct engine_api *api, struct docker_log *log,
			    pid_t pid, uint64_t since, const struct effects *towards,
			    struct error *err)
{
	uint64_t deadline = clock_usec(CLOCK_MONOTONIC) + CONFIRM_USEC;

	for (;;) {
		CLEANUP(freep) char *error = NULL;
		int r = ask(api, pid, since, towards, err);

		if (r != 0)
			return r < 0 ? r : 0;
		error = reload_error(log);
		if (error)
			return error_set(err, -EIO, "dockerd refused the reload: %s", error);
		if (clock_usec(CLOCK_MONOTONIC) >= deadline)
			return error_set(err, -EIO, "dockerd did not confirm the reload");
		docker_log_wait(log, STEP_MS);
		r = interrupt_wait(l->effector.interrupt, 0, err);
		if (r < 0)
			return r;
	}
}

/* One that does not answer would take a signal and tell nobody what it made of it. */
static int check_awake(struct live *l, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0};
	int r = live_api_open(l, &api, err);

	if (r < 0)
		return r;
	engine_api_hurry(api, PING_MS);
	r = engine_api_get(api, "/_ping", &body, err);
	return r < 0 ? error_wrap(err, r, "dockerd was not told to reload") : 0;
}

static int reload(struct live *l, pid_t pid, const struct effects *towards, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(log_freep) struct docker_log *log = NULL;
	uint64_t since = clock_usec(CLOCK_REALTIME);
	struct bus *b;
	int r = refuse_plugins_by_flag(pid, err);

	if (r >= 0)
		r = check_awake(l, err);
	if (r >= 0)
		r = live_api_open(l, &api, err);
	if (r >= 0)
		r = live_bus(l, &b, err); /* which dockerd's API may have lost */
	if (r >= 0)
		r = bus_job(b, BUS_RELOAD, DOCKER_SERVICE,
			    &(struct bus_wait){.timeout_ms = JOB_TIMEOUT_MS,
					       .interrupt = l->effector.interrupt},
			    err);
	if (r < 0)
		return r;
	log = docker_log_open(since);
	return wait_until_taken(l, api, log, pid, since, towards, err);
}

int run_docker_reload(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, DOCKER_SERVICE);
	CLEANUP(freep) char *active = NULL;
	struct bus *b;
	int r = live_bus(l, &b, err);

	/* a reload that others asked for may be on its way, or one of a run that was broken off */
	if (r >= 0)
		r = live_docker_settle(l, &active, err);
	if (r >= 0)
		r = bus_unit(b, DOCKER_SERVICE, u, err);
	if (r < 0)
		return r;
	if (u->main_pid && unit_runs(u->active)) {
		r = reload(l, u->main_pid, towards, err);
		if (r >= 0 || r == -EINTR || lives(u->main_pid))
			return r;
		error_clear(err);
	}
	/*
	 * A reload ends a dockerd that does not find its authorization plugin. One that does not
	 * run, and ought to, is started, if the gate lets it; it reads its file then.
	 */
	return run_docker_restart(l, towards, err);
}
