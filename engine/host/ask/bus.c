#include "engine/host/ask/bus.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-command.h"
#include "engine/host/ask/bus-impl.h"
#include "engine/host/read/root.h"

int bus_error(struct error *err, int code, sd_bus_error *e, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (e && e->message)
		error_set(err, code, "%s: %s", text, e->message);
	else
		error_errno(err, code, "%s", text);
	sd_bus_error_free(e);
	free(text);
	return code;
}

int bus_unit_object(struct bus *b, const char *unit, char **ret_object, struct error *err)
{
	const char *known = map_get(&b->objects, unit);
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *path;
	int r;

	if (known) {
		*ret_object = xstrdup(known);
		return 0;
	}
	do
		r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				       "LoadUnit", &e, &reply, "s", unit);
	while (bus_again(b, r, &e));
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r >= 0)
		*ret_object = xstrdup(path);
	if (r >= 0 && b->keeps_objects)
		map_put(&b->objects, unit, xstrdup(path));
	sd_bus_message_unref(reply);
	return r < 0 ? bus_error(err, r, &e, "cannot ask systemd for '%s'", unit) : 0;
}

int bus_string(struct bus *b, const char *object, const char *interface, const char *property,
	       char **ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r;

	do
		r = sd_bus_get_property_string(b->sd, SYSTEMD_NAME, object, interface, property, &e,
					       ret);
	while (bus_again(b, r, &e));
	return r < 0 ? bus_error(err, r, &e, "cannot read %s from systemd", property) : 0;
}

int bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r : bus_string(b, object, SYSTEMD_UNIT, "ActiveState", ret, err);
}

int bus_trivial(struct bus *b, const char *object, const char *interface, const char *property,
		char type, void *ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r;

	do
		r = sd_bus_get_property_trivial(b->sd, SYSTEMD_NAME, object, interface, property,
						&e, type, ret);
	while (bus_again(b, r, &e));
	return r < 0 ? bus_error(err, r, &e, "cannot read %s from systemd", property) : 0;
}

int bus_start_limit(struct bus *b, const char *unit, uint64_t *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r
		     : bus_trivial(b, object, "org.freedesktop.systemd1.Service",
				   "TimeoutStartUSec", 't', ret, err);
}

int bus_left_active(struct bus *b, const char *unit, uint64_t *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r
		     : bus_trivial(b, object, SYSTEMD_UNIT, "ActiveExitTimestampMonotonic", 't',
				   ret, err);
}

int bus_message(struct bus *b, const char *object, const char *interface, const char *property,
		const char *type, sd_bus_message **ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r;

	do
		r = sd_bus_get_property(b->sd, SYSTEMD_NAME, object, interface, property, &e, ret,
					type);
	while (bus_again(b, r, &e));
	return r < 0 ? bus_error(err, r, &e, "cannot read %s from systemd", property) : 0;
}

static int bad_reply(struct error *err, int code, const char *property)
{
	return error_errno(err, code, "cannot understand systemd's %s", property);
}

int bus_read_array(sd_bus_message *m, const char *element, bus_read_one *read, void *ret)
{
	int r = sd_bus_message_enter_container(m, 'a', element);

	while (r > 0)
		r = read(m, ret);
	return r;
}

int bus_array(struct bus *b, const char *object, const char *interface, const char *property,
	      const char *element, bus_read_one *read, void *ret, struct error *err)
{
	CLEANUP(freep) char *type = xasprintf("a%s", element);
	sd_bus_message *m = NULL;
	int r = bus_message(b, object, interface, property, type, &m, err);

	if (r < 0)
		return r;
	r = bus_read_array(m, element, read, ret);
	sd_bus_message_unref(m);
	return r < 0 ? bad_reply(err, r, property) : 0;
}

int bus_read_strings(sd_bus_message *m, void *ret)
{
	const char *s;
	int r = sd_bus_message_enter_container(m, 'a', "s");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_read_basic(m, 's', &s)) > 0)
		strv_add(ret, s);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

int bus_strings(struct bus *b, const char *object, const char *interface, const char *property,
		struct strv *ret, struct error *err)
{
	sd_bus_message *m = NULL;
	int r = bus_message(b, object, interface, property, "as", &m, err);

	if (r < 0)
		return r;
	r = bus_read_strings(m, ret);
	sd_bus_message_unref(m);
	return r < 0 ? bad_reply(err, r, property) : 0;
}

static int read_environment_file(sd_bus_message *m, void *ret)
{
	const char *path;
	int ignore, r = sd_bus_message_read(m, "(sb)", &path, &ignore);

	if (r > 0)
		strv_add(ret, path);
	return r;
}

/* The next command in an ExecStartEx array: 1 and the line, or 0 at the end. */
static int read_command(sd_bus_message *m, void *ret)
{
	CLEANUP(strv_clear) struct strv argv = {0}, flags = {0};
	const char *program;
	char **line = ret;
	int r = sd_bus_message_enter_container(m, 'r', "sasasttttuii");

	if (r <= 0)
		return r;
	r = sd_bus_message_read_basic(m, 's', &program);
	if (r >= 0)
		r = bus_read_strings(m, &argv);
	if (r >= 0)
		r = bus_read_strings(m, &flags);
	if (r >= 0)
		r = sd_bus_message_skip(m, "ttttuii");
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	if (r < 0)
		return r;
	free(*line);
	*line = bus_command_line(program, &argv, &flags);
	return 1;
}

int bus_invocation(struct bus *b, const char *object, char **ret, struct error *err)
{
	sd_bus_message *m = NULL;
	struct buf hex = {0};
	const void *bytes;
	size_t n = 0;
	int r = bus_message(b, object, SYSTEMD_UNIT, "InvocationID", "ay", &m, err);

	if (r < 0)
		return r;
	r = sd_bus_message_read_array(m, 'y', &bytes, &n);
	for (size_t i = 0; r >= 0 && i < n; i++)
		buf_printf(&hex, "%02x", ((const unsigned char *)bytes)[i]);
	if (hex.len)
		*ret = buf_take(&hex);
	buf_clear(&hex);
	sd_bus_message_unref(m);
	return r < 0 ? bad_reply(err, r, "InvocationID") : 0;
}

static int fill_unit(struct bus *b, const char *object, struct unit_facts *u, struct error *err)
{
	int r = bus_string(b, object, SYSTEMD_UNIT, "ActiveState", &u->active, err);

	if (r >= 0)
		r = bus_string(b, object, SYSTEMD_UNIT, "SubState", &u->sub, err);
	if (r >= 0)
		r = bus_strings(b, object, SYSTEMD_UNIT, "Names", &u->names, err);
	if (r >= 0)
		r = bus_string(b, object, SYSTEMD_UNIT, "FragmentPath", &u->fragment, err);
	if (r >= 0)
		r = bus_strings(b, object, SYSTEMD_UNIT, "DropInPaths", &u->dropins, err);
	if (r >= 0)
		r = bus_invocation(b, object, &u->invocation_id, err);
	if (u->fragment && !*u->fragment)
		str_replace(&u->fragment, NULL);
	if (r >= 0)
		r = bus_unit_is_unread(b, object, u, err);
	return r;
}

static int fill_service(struct bus *b, const char *object, struct unit_facts *u, struct error *err)
{
	static const char interface[] = "org.freedesktop.systemd1.Service";
	uint32_t pid = 0, restarts = 0;
	int32_t how = 0, status = 0;
	int r = bus_array(b, object, interface, "EnvironmentFiles", "(sb)", read_environment_file,
			  &u->environment_files, err);

	if (r >= 0)
		r = bus_array(b, object, interface, "ExecStartEx", "(sasasttttuii)", read_command,
			      &u->exec_start, err);
	if (r >= 0)
		r = bus_trivial(b, object, interface, "MainPID", 'u', &pid, err);
	if (r >= 0)
		r = bus_trivial(b, object, interface, "NRestarts", 'u', &restarts, err);
	if (r >= 0 && pid)
		r = bus_trivial(b, object, interface, "ExecMainStartTimestamp", 't',
				&u->started_usec, err);
	if (r >= 0)
		r = bus_trivial(b, object, interface, "ExecMainCode", 'i', &how, err);
	if (r >= 0)
		r = bus_trivial(b, object, interface, "ExecMainStatus", 'i', &status, err);
	/* while the next try of several is under way, it is as if it were the first */
	u->start_failed = (!pid && how == CLD_EXITED && status != 0) ||
			  (restarts && strcmp_null(u->active, "activating") == 0);
	u->main_pid = (pid_t)pid;
	u->restarts = restarts;
	return r;
}

static int fill_socket(struct bus *b, const char *object, struct unit_facts *u, struct error *err)
{
	static const char interface[] = "org.freedesktop.systemd1.Socket";
	CLEANUP(freep) char *group = NULL;
	uint32_t mode = 0;
	int r = bus_string(b, object, interface, "SocketGroup", &group, err);

	if (r >= 0)
		r = bus_trivial(b, object, interface, "SocketMode", 'u', &mode, err);
	if (r < 0)
		return r;
	if (*group)
		u->listen_group = TAKE_PTR(group);
	u->listen_mode = xasprintf("%04o", mode);
	return 0;
}

int bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL, *load = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	if (r >= 0)
		r = bus_string(b, object, SYSTEMD_UNIT, "LoadState", &load, err);
	if (r < 0)
		return r;
	ret->exists = strcmp(load, "not-found") != 0;
	ret->loaded = strcmp(load, "loaded") == 0;
	r = fill_unit(b, object, ret, err);
	if (r >= 0 && ret->exists && ends_with(unit, ".service"))
		r = fill_service(b, object, ret, err);
	if (r >= 0 && ret->exists && ends_with(unit, ".socket"))
		r = fill_socket(b, object, ret, err);
	return r < 0 ? r : 0;
}
