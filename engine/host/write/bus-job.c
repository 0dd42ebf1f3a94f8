#include "engine/host/write/bus-job.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-impl.h"

#define RELOAD_TIMEOUT_USEC (90 * UINT64_C(1000000))

struct job_wait {
	char *object; /* our job; NULL until systemd has named it */
	char *result; /* "done", "failed", ...; NULL while it runs */
};

static void job_wait_clear(struct job_wait *w)
{
	free(w->object);
	free(w->result);
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int call_manager(struct bus *b, const char *method, uint64_t timeout_usec,
			sd_bus_error *ret_error)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(b->sd, &m, SYSTEMD_NAME, SYSTEMD_PATH,
					       SYSTEMD_MANAGER, method);

	if (r >= 0)
		r = sd_bus_call(b->sd, m, timeout_usec, ret_error, NULL);
	sd_bus_message_unref(m);
	return r;
}

int bus_daemon_reload(struct bus *b, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = call_manager(b, "Reload", RELOAD_TIMEOUT_USEC, &e);

	return r < 0 ? bus_error(err, r, &e, "systemd could not read its units again") : 0;
}

int bus_reset_failed(struct bus *b, const char *unit, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				   "ResetFailedUnit", &e, NULL, "s", unit);

	if (r < 0 && sd_bus_error_has_name(&e, "org.freedesktop.systemd1.NoSuchUnit")) {
		sd_bus_error_free(&e);
		return 0;
	}
	return r < 0 ? bus_error(err, r, &e, "cannot reset the failures of '%s'", unit) : 0;
}

/* Whether this is harden-recover.service's own run, at boot. */
static bool within_recovery(struct bus *b)
{
	CLEANUP(freep) char *state = NULL;

	return bus_active_state(b, "harden-recover.service", &state, NULL) >= 0 &&
	       strcmp(state, "activating") == 0;
}

int bus_starts_again(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL, *sub = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	if (r >= 0)
		r = bus_string(b, object, SYSTEMD_UNIT, "SubState", &sub, err);
	*ret = r >= 0 && starts_with(sub, "auto-restart");
	return r < 0 ? r : 0;
}

int bus_has_job(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	CLEANUP(freep) char *object = NULL;
	sd_bus_message *m = NULL;
	uint32_t id = 0;
	int r = bus_unit_object(b, unit, &object, err);

	if (r < 0)
		return r;
	r = sd_bus_get_property(b->sd, SYSTEMD_NAME, object, SYSTEMD_UNIT, "Job", &e, &m, "(uo)");
	if (r >= 0)
		r = sd_bus_message_read(m, "(uo)", &id, NULL);
	sd_bus_message_unref(m);
	*ret = id != 0 &&
	       !within_recovery(b); /* a job that waits for recovery is none to wait for */
	return r < 0 ? bus_error(err, r, &e, "cannot ask systemd for the job of '%s'", unit) : 0;
}

/* systemd sends signals to a connection of the bus only when asked. */
static int subscribe(struct bus *b, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r;

	if (b->subscribed)
		return 0;
	r = call_manager(b, "Subscribe", 0, &e);
	if (r < 0)
		return bus_error(err, r, &e, "cannot subscribe to systemd's signals");
	b->subscribed = true;
	return 0;
}

static int on_job_removed(sd_bus_message *m, void *data, sd_bus_error *ret_error)
{
	const char *object, *unit, *result;
	struct job_wait *w = data;
	uint32_t id;

	if (sd_bus_message_read(m, "uoss", &id, &object, &unit, &result) < 0)
		return 0;
	if (w->object && strcmp(w->object, object) == 0)
		str_replace(&w->result, result);
	return 0;
}

/*
 * Where recovery runs as harden-recover.service, a job for a unit that is ordered behind it would
 * wait for its end, and it for the job's.
 */
static const char *job_mode(struct bus *b)
{
	return within_recovery(b) ? "ignore-dependencies" : "replace";
}

/* Signals that arrive during the call are queued, so none is lost before the job has its name. */
static int submit(struct bus *b, const char *method, const char *unit, struct job_wait *w,
		  struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *object;
	int r;

	r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, method, &e,
			       &reply, "ss", unit, job_mode(b));
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &object);
	if (r >= 0)
		w->object = xstrdup(object);
	sd_bus_message_unref(reply);
	return r < 0 ? bus_error(err, r, &e, "systemd refused %s of '%s'", method, unit) : 0;
}

/* As sd_bus_wait(), which could not be interrupted. */
static int wait_for_bus(struct bus *b, const struct interrupt *interrupt, uint64_t usec,
			struct error *err)
{
	int fd = sd_bus_get_fd(b->sd), events = sd_bus_get_events(b->sd);
	int ms = (int)(usec / 1000) + 1;

	if (fd < 0 || events < 0)
		return fd < 0 ? fd : events;
	return interrupt_wait_fd(interrupt, fd, (short)events, ms, err);
}

/* How long to wait for the bus at a time. */
static uint64_t next_wait(const struct bus_wait *wait, uint64_t begun, uint64_t now)
{
	uint64_t left = begun + (uint64_t)wait->timeout_ms * 1000 - now;
	uint64_t second = 1000000 - (now - begun) % 1000000;

	if (!wait->waiting)
		return left;
	wait->waiting(wait->data, (int)((now - begun) / 1000));
	return left < second ? left : second;
}

static int wait_for_job(struct bus *b, struct job_wait *w, const struct bus_wait *wait,
			struct error *err)
{
	uint64_t begun = now_usec(), now;

	while (!w->result) {
		int r = sd_bus_process(b->sd, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (!sd_bus_is_open(b->sd))
			return -ECONNRESET;
		now = now_usec();
		if (now - begun >= (uint64_t)wait->timeout_ms * 1000)
			return -ETIMEDOUT;
		r = wait_for_bus(b, wait->interrupt, next_wait(wait, begun, now), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The units without which it does not start, and that failed; the caller frees it, NULL: none. */
static char *failed_needs(struct bus *b, const char *unit)
{
	static const char *const properties[] = {"Requires", "Requisite", "BindsTo", "PartOf",
						 NULL};
	CLEANUP(strv_clear) struct strv needs = {0}, failed = {0};

	bus_relations(b, unit, properties, &needs, NULL);
	for (size_t i = 0; i < needs.count; i++) {
		CLEANUP(freep) char *active = NULL;

		if (bus_active_state(b, needs.items[i], &active, NULL) >= 0 &&
		    strcmp(active, "failed") == 0)
			strv_add_once(&failed, needs.items[i]);
	}
	return failed.count ? strv_join(&failed, ", ") : NULL;
}

/* The conditions that did not hold at its last start; the caller frees it, NULL: none. */
static char *failed_conditions(struct bus *b, const char *unit)
{
	static const char *const properties[] = {"Conditions", "Asserts"};
	CLEANUP(unit_conditions_clear) struct unit_conditions all = {0};
	CLEANUP(strv_clear) struct strv failed = {0};

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		bus_conditions(b, unit, properties[i], &all, NULL);
	for (size_t i = 0; i < all.count; i++) {
		CLEANUP(freep) char *text = unit_condition_text(&all.items[i]);

		if (all.items[i].state < 0)
			strv_add(&failed, text);
	}
	return failed.count ? strv_join(&failed, ", ") : NULL;
}

/* For systemd a start that a condition forbids is a job well done. */
static int check_started(struct bus *b, enum bus_job job, const char *unit, struct error *err)
{
	CLEANUP(freep) char *active = NULL, *why = NULL;

	if ((job != BUS_RESTART && job != BUS_START) ||
	    bus_active_state(b, unit, &active, NULL) < 0 || strcmp(active, "inactive") != 0)
		return 0;
	why = failed_conditions(b, unit);
	return why ? error_set(err, -EIO, "systemd did not start '%s': %s does not hold", unit, why)
		   : 0;
}

static int job_failed(struct bus *b, const char *unit, const char *method, const char *result,
		      struct error *err)
{
	CLEANUP(freep) char *object = NULL, *active = NULL, *why = NULL, *needs = NULL;

	if (strcmp(result, "dependency") == 0)
		needs = failed_needs(b, unit);
	if (needs)
		return error_set(err, -EIO, "%s of '%s' ended with '%s': %s failed", method, unit,
				 result, needs);
	if (bus_unit_object(b, unit, &object, NULL) >= 0) {
		bus_string(b, object, SYSTEMD_UNIT, "ActiveState", &active, NULL);
		bus_string(b, object,
			   strstr(unit, ".socket") ? "org.freedesktop.systemd1.Socket"
						   : "org.freedesktop.systemd1.Service",
			   "Result", &why, NULL);
	}
	return error_set(err, -EIO, "%s of '%s' ended with '%s' (unit %s, result %s)", method, unit,
			 result, active ? active : "unknown", why ? why : "unknown");
}

static int run_job(struct bus *b, const char *method, const char *unit, const struct bus_wait *wait,
		   struct job_wait *w, struct error *err)
{
	int r = submit(b, method, unit, w, err);

	if (r < 0)
		return r;
	r = wait_for_job(b, w, wait, err);
	if (r == -EINTR)
		return r;
	if (r == -ETIMEDOUT)
		return error_set(err, r, "%s of '%s' was not over after %d s", method, unit,
				 wait->timeout_ms / 1000);
	if (r < 0)
		return error_errno(err, r, "lost the connection to systemd during %s of '%s'",
				   method, unit);
	return strcmp(w->result, "done") ? job_failed(b, unit, method, w->result, err) : 0;
}

int bus_job(struct bus *b, enum bus_job job, const char *unit, const struct bus_wait *wait,
	    struct error *err)
{
	static const char *const methods[] = {[BUS_RELOAD] = "ReloadUnit",
					      [BUS_RESTART] = "RestartUnit",
					      [BUS_START] = "StartUnit",
					      [BUS_STOP] = "StopUnit"};
	CLEANUP(job_wait_clear) struct job_wait w = {0};
	sd_bus_slot *slot = NULL;
	int r = subscribe(b, err);

	if (r < 0)
		return r;
	/* A private connection's messages carry no sender. */
	r = sd_bus_match_signal(b->sd, &slot, b->is_private ? NULL : SYSTEMD_NAME, SYSTEMD_PATH,
				SYSTEMD_MANAGER, "JobRemoved", on_job_removed, &w);
	if (r < 0)
		return error_errno(err, r, "cannot wait for systemd's jobs");
	r = run_job(b, methods[job], unit, wait, &w, err);
	sd_bus_slot_unref(slot);
	return r < 0 ? r : check_started(b, job, unit, err);
}
