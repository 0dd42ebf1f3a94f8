#include "engine/host/write/bus-job.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "engine/host/write/bus-job-impl.h"

#define RELOAD_TIMEOUT_USEC (90 * UINT64_C(1000000))

#define MOST_DOUBTS 20 /* connections lost under one job */

static int call_once(struct bus *b, const char *method, uint64_t timeout_usec,
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

static int call_manager(struct bus *b, const char *method, uint64_t timeout_usec,
			sd_bus_error *ret_error)
{
	int r;

	do
		r = call_once(b, method, timeout_usec, ret_error);
	while (bus_again(b, r, ret_error));
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
	int r;

	do
		r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				       "ResetFailedUnit", &e, NULL, "s", unit);
	while (bus_again(b, r, &e));
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

int bus_unit_job(struct bus *b, const char *unit, char **ret_object, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	sd_bus_message *m = NULL;
	const char *path = NULL;
	uint32_t id = 0;
	int r = bus_unit_object(b, unit, &object, err);

	if (r >= 0)
		r = bus_message(b, object, SYSTEMD_UNIT, "Job", "(uo)", &m, err);
	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "(uo)", &id, &path);
	if (r >= 0 && id != 0)
		*ret_object = xstrdup(path);
	sd_bus_message_unref(m);
	return r < 0 ? error_errno(err, r, "cannot understand systemd's job of '%s'", unit) : 0;
}

int bus_has_job(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	CLEANUP(freep) char *job = NULL;
	int r = bus_unit_job(b, unit, &job, err);

	/* a job that waits for recovery is none to wait for */
	*ret = job && !within_recovery(b);
	return r;
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
	struct job_run *w = data;
	uint32_t id;

	if (sd_bus_message_read(m, "uoss", &id, &object, &unit, &result) < 0)
		return 0;
	if (w->object && strcmp(w->object, object) == 0)
		str_replace(&w->result, result);
	return 0;
}

/* On this connection; the one on which it was listened before is gone. */
static int listen_for_end(struct bus *b, struct job_run *w, struct error *err)
{
	int r = subscribe(b, err);

	w->slot = sd_bus_slot_unref(w->slot);
	if (r < 0)
		return r;
	w->connection = b->connections;
	job_watch(b, w);
	/* A private connection's messages carry no sender. */
	r = sd_bus_match_signal(b->sd, &w->slot, b->is_private ? NULL : SYSTEMD_NAME, SYSTEMD_PATH,
				SYSTEMD_MANAGER, "JobRemoved", on_job_removed, w);
	return r < 0 ? error_errno(err, r, "cannot wait for systemd's jobs") : 0;
}

static const char *method_of(enum bus_job job)
{
	static const char *const methods[] = {[BUS_RELOAD] = "ReloadUnit",
					      [BUS_RESTART] = "RestartUnit",
					      [BUS_START] = "StartUnit",
					      [BUS_STOP] = "StopUnit"};

	return methods[job];
}

/* Never twice by itself; one that was not answered in time may be under way, too. */
static int submit(struct bus *b, struct job_run *w, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *object;
	int r;

	r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
			       method_of(w->job), &e, &reply, "ss", w->unit, w->mode);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &object);
	if (r >= 0)
		w->object = xstrdup(object);
	sd_bus_message_unref(reply);
	if (r == -ETIMEDOUT || bus_is_lost(r)) {
		sd_bus_error_free(&e);
		return r == -ETIMEDOUT ? r : -ECONNRESET;
	}
	return r < 0 ? bus_error(err, r, &e, "systemd refused %s of '%s'", method_of(w->job),
				 w->unit)
		     : 0;
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

static int wait_for_job(struct bus *b, struct job_run *w, const struct bus_wait *wait,
			struct error *err)
{
	uint64_t now;

	if (!w->result && w->connection != b->connections)
		return -ECONNRESET; /* lost by a question since: its end may have been told there */
	while (!w->result) {
		int r = sd_bus_process(b->sd, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (!sd_bus_is_open(b->sd))
			return -ECONNRESET;
		now = clock_usec(CLOCK_MONOTONIC);
		if (now - w->begun_usec >= (uint64_t)wait->timeout_ms * 1000)
			return -ETIMEDOUT;
		r = wait_for_bus(b, wait->interrupt, next_wait(wait, w->begun_usec, now), err);
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

/* With what is known of the job by now, to its end. */
static int follow(struct bus *b, struct job_run *w, const struct bus_wait *wait, bool in_doubt,
		  struct error *err)
{
	int r = listen_for_end(b, w, err);

	if (r >= 0 && in_doubt)
		r = job_look_again(b, w, err);
	if (r >= 0 && !w->object && !w->result)
		r = submit(b, w, err);
	return r < 0 ? r : wait_for_job(b, w, wait, err);
}

/* It did not answer in time, and the job has some left: it may be busy, and hears the call yet. */
static bool is_mute(int code, const struct job_run *w, const struct bus_wait *wait)
{
	return code == -ETIMEDOUT &&
	       clock_usec(CLOCK_MONOTONIC) - w->begun_usec < (uint64_t)wait->timeout_ms * 1000;
}

/*
 * As often as the connection is lost, it is opened and the job looked for again. One that is mute is asked again on
 * the connection that there is, on which it hears the job's call first.
 */
static int follow_on(struct bus *b, struct job_run *w, const struct bus_wait *wait,
		     struct error *err)
{
	int doubts = 0, r = follow(b, w, wait, false, err);

	for (;;) {
		bool mute = is_mute(r, w, wait);
		int stop = mute ? interrupt_wait(wait->interrupt, 0, err) : 0;

		if (stop < 0)
			return stop;
		if (!mute && !(bus_is_lost(r) && doubts++ < MOST_DOUBTS && bus_open_again(b) >= 0))
			return r;
		error_clear(err);
		r = follow(b, w, wait, true, err);
	}
}

/* Another's start of a unit that ran has not restarted it; its reload may have come too early for ours. */
static int follow_own(struct bus *b, struct job_run *w, const struct bus_wait *wait,
		      struct error *err)
{
	int renewed, r = follow_on(b, w, wait, err);

	if (r < 0 || !w->adopted || (w->job != BUS_RESTART && w->job != BUS_RELOAD))
		return r;
	renewed = w->job == BUS_RESTART ? job_renewed(b, w, err) : 0;
	if (renewed != 0)
		return renewed < 0 ? renewed : 0;
	w->adopted = false;
	str_replace(&w->object, NULL);
	str_replace(&w->result, NULL);
	return follow_on(b, w, wait, err);
}

static int run_job(struct bus *b, struct job_run *w, const struct bus_wait *wait, struct error *err)
{
	const char *method = method_of(w->job);
	int r = follow_own(b, w, wait, err);

	if (r == -EINTR)
		return r;
	if (r == -ETIMEDOUT)
		return error_set(err, r, "%s of '%s' was not over after %d s", method, w->unit,
				 wait->timeout_ms / 1000);
	if (bus_is_lost(r))
		return error_errno(err, r, "lost the connection to systemd during %s of '%s'",
				   method, w->unit);
	if (r < 0)
		return r;
	return strcmp(w->result, JOB_DONE) ? job_failed(b, w->unit, method, w->result, err) : 0;
}

/*
 * Where recovery runs as harden-recover.service, a job for a unit that is ordered behind it would
 * wait for its end, and it for the job's.
 */
int bus_job(struct bus *b, enum bus_job job, const char *unit, const struct bus_wait *wait,
	    struct error *err)
{
	bool at_boot = within_recovery(b);
	CLEANUP(job_run_clear)
	struct job_run w = {.job = job,
			    .unit = unit,
			    .wait = wait,
			    .at_boot = at_boot,
			    .mode = at_boot ? "ignore-dependencies" : "replace",
			    .begun_usec = clock_usec(CLOCK_MONOTONIC)};
	int r = job_look_before(b, &w, err);

	if (r >= 0)
		r = run_job(b, &w, wait, err);
	return r < 0 ? r : check_started(b, job, unit, err);
}
