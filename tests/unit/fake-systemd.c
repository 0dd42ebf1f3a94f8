#include "tests/unit/fake-systemd.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

#define MANAGER "org.freedesktop.systemd1.Manager"
#define OBJECT "/org/freedesktop/systemd1"
#define JOB_USEC 4000
#define AWAY_USEC 5000 /* while it executes itself */
#define OTHERS_USEC 100000 /* it is there yet when somebody looks */
#define FIRST_JOB 7

/* In the thread no test can fail. */
static void must(bool so)
{
	if (!so)
		abort();
}

static void listen_at(struct fake_systemd *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, s->path, strlen(s->path));
	s->listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(s->listens >= 0);
	unlink(s->path);
	must(bind(s->listens, (const struct sockaddr *)&address, sizeof(address)) == 0);
	must(listen(s->listens, 8) == 0);
}

static void job_path(uint32_t job, char *ret, size_t size)
{
	snprintf(ret, size, OBJECT "/job/%u", job);
}

static void begin_job(struct fake_systemd *s, const char *type)
{
	s->job = s->job ? s->job + 1 : FIRST_JOB;
	s->job_type = type;
	s->job_due = clock_usec(CLOCK_MONOTONIC) + JOB_USEC;
}

/* Somebody else's start of a unit that runs changes nothing. */
static const char *end_job(struct fake_systemd *s)
{
	bool restart = strcmp(s->job_type, "restart") == 0;
	bool start = strcmp(s->job_type, "start") == 0 && strcmp(s->active, "active") != 0;

	s->job = 0;
	if (strcmp(s->job_type, "stop") == 0)
		s->active = "inactive";
	if (!restart && !start)
		return "done";
	s->invocation++;
	s->active = s->fails ? "failed" : "active";
	return s->fails ? "failed" : "done";
}

static void hang_up(struct fake_systemd *s, sd_bus *bus)
{
	s->hang_at = s->hang_times-- > 1 ? s->hang_at + 1 : 0;
	if (s->job && s->over_meanwhile)
		end_job(s);
	if (s->others) {
		begin_job(s, s->others);
		s->job_due += OTHERS_USEC;
	}
	sd_bus_close(bus);
	close(s->listens);
	usleep(AWAY_USEC);
	if (s->stays_away) {
		unlink(s->path);
		s->ends = true;
	} else
		listen_at(s);
}

static void answer_unit(const struct fake_systemd *s, sd_bus_message *m, const char *property)
{
	const char *unit = sd_bus_message_get_path(m);
	unsigned char id[16] = {(unsigned char)s->invocation};
	char job[64] = "/", *name = NULL;
	sd_bus_message *reply = NULL;

	if (s->job)
		job_path(s->job, job, sizeof(job));
	if (strcmp(property, "ActiveState") == 0)
		sd_bus_reply_method_return(m, "v", "s",
					   strstr(unit, "recover") ? "inactive" : s->active);
	else if (strcmp(property, "SubState") == 0)
		sd_bus_reply_method_return(m, "v", "s", s->timer ? "waiting" : "dead");
	else if (strcmp(property, "Result") == 0)
		sd_bus_reply_method_return(m, "v", "s", s->fails ? "exit-code" : "success");
	else if (strcmp(property, "Job") == 0)
		sd_bus_reply_method_return(m, "v", "(uo)", s->job, job);
	else if (strcmp(property, "ActiveEnterTimestampMonotonic") == 0)
		sd_bus_reply_method_return(m, "v", "t", s->up_usec);
	else if (strcmp(property, "NextElapseUSecMonotonic") == 0)
		sd_bus_reply_method_return(m, "v", "t", (uint64_t)1);
	else if (strcmp(property, "InvocationID") == 0) {
		must(sd_bus_message_new_method_return(m, &reply) >= 0 &&
		     sd_bus_message_open_container(reply, 'v', "ay") >= 0 &&
		     sd_bus_message_append_array(reply, 'y', id, sizeof(id)) >= 0 &&
		     sd_bus_message_close_container(reply) >= 0 &&
		     sd_bus_send(sd_bus_message_get_bus(m), reply, NULL) >= 0);
		sd_bus_message_unref(reply);
	} else if (sd_bus_path_decode(unit, OBJECT "/unit", &name) > 0)
		sd_bus_reply_method_return(m, "v", "as", 1, name);
	free(name);
}

static void answer_property(const struct fake_systemd *s, sd_bus_message *m)
{
	const char *interface, *property, *path = sd_bus_message_get_path(m);
	char job[64];

	must(sd_bus_message_read(m, "ss", &interface, &property) > 0);
	job_path(s->job, job, sizeof(job));
	if (!starts_with(path, OBJECT "/job/"))
		answer_unit(s, m, property);
	else if (s->job && strcmp(path, job) == 0)
		sd_bus_reply_method_return(m, "v", "s", s->job_type);
	else
		sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.UnknownObject", "gone");
}

static bool is_method(sd_bus_message *m, const char *name)
{
	return sd_bus_message_is_method_call(m, MANAGER, name) > 0;
}

/* Its effect; whether it is a job, for which it stands in `ret_type`. */
static bool do_job(struct fake_systemd *s, sd_bus_message *m, const char **ret_type)
{
	static const char *const types[] = {"restart", "start", "stop", "reload"};
	static const char *const methods[] = {"RestartUnit", "StartUnit", "StopUnit", "ReloadUnit"};
	unsigned *const counts[] = {&s->restarts, &s->starts, &s->stops, &s->reloads};
	const char *unit;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (!is_method(m, methods[i]))
			continue;
		must(sd_bus_message_read(m, "s", &unit) > 0);
		if (ends_with(unit, ".timer"))
			s->timer = false;
		else
			++*counts[i];
		*ret_type = types[i];
		return true;
	}
	return false;
}

static bool do_call(struct fake_systemd *s, sd_bus_message *m)
{
	bool there = s->timer;

	s->daemon_reloads += is_method(m, "Reload");
	s->resets += is_method(m, "ResetFailedUnit");
	if (is_method(m, "StartTransientUnit")) {
		s->timer = true;
		s->timers += !there;
		return !there;
	}
	return true;
}

static void answer_call(sd_bus_message *m, bool well)
{
	const char *unit;
	char *path = NULL;

	if (!well)
		sd_bus_reply_method_errorf(m, "org.freedesktop.systemd1.UnitExists", "it is there");
	else if (is_method(m, "LoadUnit") && sd_bus_message_read(m, "s", &unit) > 0 &&
		 sd_bus_path_encode(OBJECT "/unit", unit, &path) >= 0)
		sd_bus_reply_method_return(m, "o", path);
	else
		sd_bus_reply_method_return(m, "");
	free(path);
}

static void answer(const struct fake_systemd *s, sd_bus_message *m, const char *type, bool well)
{
	char job[64];

	job_path(s->job, job, sizeof(job));
	if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get") > 0)
		answer_property(s, m);
	else if (type)
		sd_bus_reply_method_return(m, "o", job);
	else
		answer_call(m, well);
}

static int on_call(sd_bus_message *m, void *data, sd_bus_error *ret_error)
{
	struct fake_systemd *s = data;
	sd_bus *bus = sd_bus_message_get_bus(m);
	const char *type = NULL;
	bool hangs, well = true;

	(void)ret_error;
	if (sd_bus_message_is_method_call(m, NULL, NULL) <= 0)
		return 0;
	hangs = ++s->events == s->hang_at;
	if (s->events == s->mute_at)
		usleep(s->mute_ms * 1000);
	if (hangs && s->how == HANG_UNHEARD) {
		hang_up(s, bus);
		return 1;
	}
	if (do_job(s, m, &type))
		begin_job(s, type);
	else
		well = do_call(s, m);
	if (!hangs || s->how == HANG_ANSWERED)
		answer(s, m, type, well);
	if (hangs) {
		sd_bus_flush(bus);
		hang_up(s, bus);
	}
	return 1;
}

static void tell_end(struct fake_systemd *s, sd_bus *bus)
{
	char path[64];
	uint32_t job = s->job;
	const char *result = end_job(s);
	bool hangs = ++s->events == s->hang_at;

	job_path(job, path, sizeof(path));
	if (!hangs || s->how == HANG_ANSWERED)
		sd_bus_emit_signal(bus, OBJECT, MANAGER, "JobRemoved", "uoss", job, path, "unit",
				   result);
	if (hangs) {
		sd_bus_flush(bus);
		hang_up(s, bus);
	}
}

static void serve_one(struct fake_systemd *s, int fd)
{
	sd_bus *bus = NULL;
	int r = 0;

	must(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fd, fd) >= 0 &&
	     sd_bus_set_server(bus, 1,
			       SD_ID128_MAKE(01, 23, 45, 67, 89, ab, cd, ef, 01, 23, 45, 67, 89, ab,
					     cd, ef)) >= 0 &&
	     sd_bus_add_filter(bus, NULL, on_call, s) >= 0 && sd_bus_start(bus) >= 0);
	while (r >= 0 && sd_bus_is_open(bus) && !s->ends) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, 2000);
		if (r >= 0 && sd_bus_is_ready(bus) > 0 && s->job &&
		    clock_usec(CLOCK_MONOTONIC) >= s->job_due)
			tell_end(s, bus);
	}
	sd_bus_flush_close_unref(bus);
}

static void *serve(void *data)
{
	struct fake_systemd *s = data;

	while (!__atomic_load_n(&s->ends, __ATOMIC_ACQUIRE)) {
		struct pollfd p = {.fd = s->listens, .events = POLLIN};

		if (poll(&p, 1, 2) > 0) {
			int fd = accept(s->listens, NULL, NULL);

			if (fd >= 0)
				serve_one(s, fd);
		}
	}
	return NULL;
}

void fake_systemd_begin(struct fake_systemd *s, const char *directory)
{
	must(snprintf(s->path, sizeof(s->path), "%s/systemd", directory) < (int)sizeof(s->path));
	if (!s->active)
		s->active = "active";
	s->invocation = 1;
	listen_at(s);
	must(pthread_create(&s->thread, NULL, serve, s) == 0);
}

void fake_systemd_end(struct fake_systemd *s)
{
	__atomic_store_n(&s->ends, true, __ATOMIC_RELEASE);
	pthread_join(s->thread, NULL);
	close(s->listens);
	unlink(s->path);
}
