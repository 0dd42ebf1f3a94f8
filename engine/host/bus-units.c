#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/bus-impl.h"

#define UNIT_TYPE "(ssssssouso)"

/* What can be told to run or not; mounts, devices, slices and targets are not. */
static bool is_of_interest(const char *name)
{
	static const char *const types[] = {".service", ".socket", ".timer", ".path"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i]) == 0)
			return true;
	return false;
}

/* One unit of the answer: 1, or 0 at its end. */
static int read_unit(sd_bus_message *m, struct unit_states *ret)
{
	const char *name, *active;
	int r = sd_bus_message_read(m, UNIT_TYPE, &name, NULL, NULL, &active, NULL, NULL, NULL,
				    NULL, NULL, NULL);

	if (r > 0 && strcmp(active, "inactive") != 0 && is_of_interest(name))
		unit_states_put(ret, name, active);
	return r;
}

static int list(struct bus *b, struct unit_states *ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnits",
				   &e, &reply, NULL);

	if (r < 0)
		return bus_error(err, r, &e, "cannot ask systemd for its units");
	r = sd_bus_message_enter_container(reply, 'a', UNIT_TYPE);
	while (r > 0)
		r = read_unit(reply, ret);
	sd_bus_message_unref(reply);
	return r < 0 ? error_errno(err, r, "cannot understand systemd's list of units") : 0;
}

/* Of the units that stopping it would stop, those that run. */
static int find_dependents(struct bus *b, const struct unit_states *all, struct unit_state *unit,
			   struct error *err)
{
	static const char *const properties[] = {"RequiredBy", "BoundBy", "ConsistsOf"};
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit->name, &object, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(properties); i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		r = bus_strings(b, object, SYSTEMD_UNIT, properties[i], &names, err);
		for (size_t k = 0; k < names.count; k++) {
			const struct unit_state *other = unit_states_find(all, names.items[k]);

			if (other && unit_is_up(other->active))
				strv_add_once(&unit->dependents, other->name);
		}
	}
	return r < 0 ? r : 0;
}

int bus_units(struct bus *b, struct unit_states *ret, struct error *err)
{
	int r = list(b, ret, err);

	for (size_t i = 0; r >= 0 && i < ret->count; i++)
		if (unit_is_up(ret->items[i].active))
			r = find_dependents(b, ret, &ret->items[i], err);
	return r;
}
