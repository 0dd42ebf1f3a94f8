#include "engine/host/write/bus-timer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/host/ask/bus-impl.h"

#define ACCURACY_USEC UINT64_C(100000) /* systemd's own is a minute */
#define ON_ACTIVE "OnActiveSec"
#define AGAIN_USEC UINT64_C(1000000)
#define SLACK_USEC UINT64_C(1000000) /* between reckoning a time and having it counted down */
#define SYSTEMD_TIMER "org.freedesktop.systemd1.Timer"
#define IGNORE_ON_ISOLATE "IgnoreOnIsolate"
#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"

static int put_text(sd_bus_message *m, const char *key, const char *value)
{
	return sd_bus_message_append(m, "(sv)", key, "s", value);
}

static int put_yes(sd_bus_message *m, const char *key)
{
	return sd_bus_message_append(m, "(sv)", key, "b", 1);
}

static int put_usec(sd_bus_message *m, const char *key, uint64_t value)
{
	return sd_bus_message_append(m, "(sv)", key, "t", value);
}

/* [("OnActiveSec", usec)...]: systemd lets it elapse at each of them. */
static int put_times(sd_bus_message *m, const struct bus_timer *t)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', "TimersMonotonic");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', "a(st)");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(st)");
	if (r >= 0)
		r = sd_bus_message_append(m, "(st)", ON_ACTIVE, t->usec);
	for (const uint64_t *again = t->again; again && *again && r >= 0; again++)
		r = sd_bus_message_append(m, "(st)", ON_ACTIVE, t->usec + *again);
	for (int depth = 0; depth < 3 && r >= 0; depth++)
		r = sd_bus_message_close_container(m);
	return r;
}

/*
 * Without the default dependencies, since at boot it is made by what comes before sysinit.target, for
 * which it would have to wait; with the one of them that ends it at shutdown. Nothing else may: who changes
 * to another target (systemctl isolate, rescue, default) has not confirmed anything.
 */
static int put_timer(sd_bus_message *m, const struct bus_timer *t)
{
	int r = sd_bus_message_open_container(m, 'a', "(sv)");

	if (r >= 0)
		r = put_text(m, "Description", t->description);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "DefaultDependencies", "b", 0);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Conflicts", "as", 1, "shutdown.target");
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Before", "as", 1, "shutdown.target");
	if (r >= 0)
		r = put_yes(m, IGNORE_ON_ISOLATE);
	if (r >= 0)
		r = put_times(m, t);
	if (r >= 0)
		r = put_usec(m, "AccuracyUSec", ACCURACY_USEC);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "RemainAfterElapse", "b", 0);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_strings(sd_bus_message *m, const struct strv *list)
{
	int r = sd_bus_message_open_container(m, 'a', "s");

	for (size_t i = 0; i < list->count && r >= 0; i++)
		r = sd_bus_message_append_basic(m, 's', list->items[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ("ExecStart", <[(program, [argv...], false)]>) */
static int put_command(sd_bus_message *m, const struct strv *argv)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', "ExecStart");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', "a(sasb)");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sasb)");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'r', "sasb");
	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', argv->items[0]);
	if (r >= 0)
		r = put_strings(m, argv);
	if (r >= 0)
		r = sd_bus_message_append(m, "b", 0);
	for (int depth = 0; depth < 4 && r >= 0; depth++)
		r = sd_bus_message_close_container(m);
	return r;
}

/* [(name, properties)] with the one service. */
static int put_service(sd_bus_message *m, const struct bus_timer *t, const char *service)
{
	int r = sd_bus_message_open_container(m, 'a', "(sa(sv))");

	if (r >= 0)
		r = sd_bus_message_open_container(m, 'r', "sa(sv)");
	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', service);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = put_text(m, "Description", t->description);
	if (r >= 0)
		r = put_yes(m, IGNORE_ON_ISOLATE);
	if (r >= 0)
		r = put_text(m, "Type", "oneshot");
	if (r >= 0)
		r = put_text(m, "Restart", "on-abnormal");
	if (r >= 0)
		r = put_usec(m, "RestartUSec", AGAIN_USEC);
	if (r >= 0)
		r = put_command(m, t->argv);
	for (int depth = 0; depth < 3 && r >= 0; depth++)
		r = sd_bus_message_close_container(m);
	return r;
}

static int call_start(struct bus *b, const struct bus_timer *t, const char *unit,
		      sd_bus_error *ret_error)
{
	CLEANUP(freep) char *service = xasprintf("%s.service", t->name);
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(b->sd, &m, SYSTEMD_NAME, SYSTEMD_PATH,
					       SYSTEMD_MANAGER, "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(m, "ss", unit, "fail");
	if (r >= 0)
		r = put_timer(m, t);
	if (r >= 0)
		r = put_service(m, t, service);
	if (r >= 0)
		r = sd_bus_call(b->sd, m, 0, ret_error, NULL);
	sd_bus_message_unref(m);
	return r;
}

static int sub_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r : bus_string(b, object, SYSTEMD_UNIT, "SubState", ret, err);
}

/*
 * systemd's word that it queued the start is not yet that it counts: its job is waited for. One of that name
 * that was there already may have elapsed: it is active as long as what it started runs.
 */
static int check_counts(struct bus *b, const char *unit, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	int r = 0;

	for (int tries = 0; tries < 50 && r >= 0; tries++) {
		CLEANUP(freep) char *now = NULL;

		r = sub_state(b, unit, &now, err);
		if (r >= 0 && strcmp(now, "waiting") == 0)
			return 0;
		free(state);
		state = TAKE_PTR(now);
		if (r >= 0)
			usleep(20000);
	}
	return r < 0 ? r
		     : error_set(err, -EIO, "systemd does not count down '%s': it is %s", unit,
				 state);
}

/* When it elapses, by CLOCK_MONOTONIC; UINT64_MAX: it does not count down. */
static int due_usec(struct bus *b, const char *unit, uint64_t *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL, *state = NULL;
	int r = sub_state(b, unit, &state, err);

	*ret = UINT64_MAX;
	if (r < 0 || strcmp(state, "waiting") != 0)
		return r;
	r = bus_unit_object(b, unit, &object, err);
	return r < 0 ? r
		     : bus_trivial(b, object, SYSTEMD_TIMER, "NextElapseUSecMonotonic", 't', ret,
				   err);
}

/*
 * One of that name is there: -EAGAIN where it counts down to a later time, left by who died, or failed, before
 * it was noted that so much time was given. It is taken away then, which takes systemd a moment.
 */
static int give_way(struct bus *b, const struct bus_timer *t, const char *unit, uint64_t begun,
		    struct error *err)
{
	uint64_t due;
	int r = due_usec(b, unit, &due, err);

	if (r < 0 || due == UINT64_MAX || due <= begun + t->usec + SLACK_USEC)
		return r;
	r = bus_timer_stop(b, t->name, err);
	if (r >= 0)
		usleep(20000);
	return r < 0 ? r
		     : error_set(err, -EAGAIN, "'%s' is there already, and runs out later", unit);
}

static int start_once(struct bus *b, const struct bus_timer *t, const char *unit, uint64_t begun,
		      struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r;

	do /* where the answer was lost and not the call, it is there already: as below */
		r = call_start(b, t, unit, &e);
	while (bus_again(b, r, &e));
	if (r < 0 && sd_bus_error_has_name(&e, UNIT_EXISTS)) {
		sd_bus_error_free(&e);
		return give_way(b, t, unit, begun, err);
	}
	return r < 0 ? bus_error(err, r, &e, "systemd refused to make '%s'", unit) : 0;
}

int bus_timer_start(struct bus *b, const struct bus_timer *timer, struct error *err)
{
	CLEANUP(freep) char *unit = xasprintf("%s.timer", timer->name);
	uint64_t begun = clock_usec(CLOCK_MONOTONIC);
	int r = -EAGAIN;

	for (int tries = 0; tries < 50 && r == -EAGAIN; tries++) {
		error_clear(err);
		r = start_once(b, timer, unit, begun, err);
	}
	return r < 0 ? r : check_counts(b, unit, err);
}

int bus_timer_stop(struct bus *b, const char *name, struct error *err)
{
	CLEANUP(freep) char *unit = xasprintf("%s.timer", name);
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r;

	do
		r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				       "StopUnit", &e, NULL, "ss", unit, "replace");
	while (bus_again(b, r, &e));
	if (r < 0 && sd_bus_error_has_name(&e, NO_SUCH_UNIT)) {
		sd_bus_error_free(&e);
		return 0;
	}
	return r < 0 ? bus_error(err, r, &e, "systemd refused to stop '%s'", unit) : 0;
}
