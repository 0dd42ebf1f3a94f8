#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-impl.h"

#define UNIT_TYPE "(ssssssouso)"

/* There are many, and nothing stops one. */
static bool is_device(const char *name)
{
	return ends_with(name, ".device");
}

/* One unit of the answer: 1, or 0 at its end. */
static int read_unit(sd_bus_message *m, void *ret)
{
	const char *name, *active;
	int r = sd_bus_message_read(m, UNIT_TYPE, &name, NULL, NULL, &active, NULL, NULL, NULL,
				    NULL, NULL, NULL);

	if (r > 0 && strcmp(active, "inactive") != 0 && !is_device(name))
		unit_states_put(ret, name, active);
	return r;
}

int bus_units_known(struct bus *b, struct unit_states *ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int r;

	do
		r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				       "ListUnits", &e, &reply, NULL);
	while (bus_again(b, r, &e));
	if (r < 0)
		return bus_error(err, r, &e, "cannot ask systemd for its units");
	r = bus_read_array(reply, UNIT_TYPE, read_unit, ret);
	sd_bus_message_unref(reply);
	return r < 0 ? error_errno(err, r, "cannot understand systemd's list of units") : 0;
}

static int names_of(struct bus *b, const char *object, const char *property, struct strv *ret,
		    struct error *err)
{
	int r = bus_strings(b, object, SYSTEMD_UNIT, property, ret, err);

	if (r != -EBADR) /* sd-bus: there is no such property */
		return r;
	error_clear(err);
	return 0;
}

int bus_relations(struct bus *b, const char *unit, const char *const *properties, struct strv *ret,
		  struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	for (size_t i = 0; r >= 0 && properties[i]; i++)
		r = names_of(b, object, properties[i], ret, err);
	return r < 0 ? r : 0;
}

/* A question for each property of each unit, in this order. */
static struct bus_question *questions_of(const struct strv *units, const char *const *properties,
					 size_t nproperties, struct strv *answers)
{
	struct bus_question *all = xcalloc(units->count * nproperties, sizeof(*all));

	for (size_t i = 0; i < units->count; i++)
		for (size_t k = 0; k < nproperties; k++) {
			size_t at = i * nproperties + k;

			all[at] =
				(struct bus_question){units->items[i], properties[k], &answers[at]};
		}
	return all;
}

int bus_relations_many(struct bus *b, const struct strv *units, const char *const *properties,
		       struct strv *ret, struct error *err)
{
	size_t n = 0;
	CLEANUP(freep) struct strv *answers = NULL;
	CLEANUP(freep) struct bus_question *questions = NULL;
	int r;

	while (properties[n])
		n++;
	answers = xcalloc(units->count * n, sizeof(*answers));
	questions = questions_of(units, properties, n, answers);
	r = bus_ask_many(b, questions, units->count * n, bus_read_strings, err);
	for (size_t i = 0; i < units->count * n; i++) {
		strv_add_all(&ret[i / n], &answers[i]);
		strv_clear(&answers[i]);
	}
	return r;
}

int bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		struct error *err)
{
	return bus_relations(b, unit, (const char *const[]){property, NULL}, ret, err);
}

static int read_name(sd_bus_message *m, void *ret)
{
	const char *name;
	int r = sd_bus_message_read(m, UNIT_TYPE, &name, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
				    NULL, NULL);

	if (r > 0)
		strv_add(ret, name);
	return r;
}

int bus_path_units(struct bus *b, struct strv *ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int r;

	do
		r = sd_bus_call_method(b->sd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				       "ListUnitsByPatterns", &e, &reply, "asas", 1, "active", 1,
				       "*.path");
	while (bus_again(b, r, &e));
	if (r < 0)
		return bus_error(err, r, &e, "cannot ask systemd for its path units");
	r = bus_read_array(reply, UNIT_TYPE, read_name, ret);
	sd_bus_message_unref(reply);
	return r < 0 ? error_errno(err, r, "cannot understand systemd's list of path units") : 0;
}

static int read_watched(sd_bus_message *m, void *ret)
{
	const char *kind, *path;
	int r = sd_bus_message_read(m, "(ss)", &kind, &path);

	if (r > 0)
		strv_add_once(ret, path);
	return r;
}

int bus_watched(struct bus *b, const char *path_unit, struct strv *ret_paths, char **ret_starts,
		struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, path_unit, &object, err);

	if (r >= 0)
		r = bus_string(b, object, SYSTEMD_PATH_UNIT, "Unit", ret_starts, err);
	return r < 0 ? r
		     : bus_array(b, object, SYSTEMD_PATH_UNIT, "Paths", "(ss)", read_watched,
				 ret_paths, err);
}

int bus_units(struct bus *b, struct unit_states *ret, struct error *err)
{
	int r = bus_units_known(b, ret, err);

	return r < 0 ? r : bus_find_dependents(b, ret, err);
}

/* The next command of the array: 1, or 0 at its end. */
static int read_words(sd_bus_message *m, void *ret)
{
	const struct strv *before = ret;
	const char *program, *word;
	int r = sd_bus_message_enter_container(m, 'r', "sasbttttuii");

	if (r > 0 && before->count > 0)
		strv_add(ret, ";");
	if (r > 0)
		r = sd_bus_message_read_basic(m, 's', &program);
	if (r > 0)
		r = sd_bus_message_enter_container(m, 'a', "s");
	while (r > 0 && (r = sd_bus_message_read_basic(m, 's', &word)) > 0)
		strv_add(ret, word);
	if (r < 0 || sd_bus_message_exit_container(m) < 0 ||
	    sd_bus_message_skip(m, "bttttuii") < 0 || sd_bus_message_exit_container(m) < 0)
		return r < 0 ? r : 0;
	return 1;
}

int bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
		 struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r
		     : bus_array(b, object, SYSTEMD_SERVICE, property, "(sasbttttuii)", read_words,
				 ret, err);
}

int bus_unit_flag(struct bus *b, const char *unit, const char *property, bool *ret,
		  struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int set = 0, r = bus_unit_object(b, unit, &object, err);

	if (r >= 0)
		r = bus_trivial(b, object, SYSTEMD_UNIT, property, 'b', &set, err);
	if (r >= 0)
		*ret = set != 0;
	return r;
}

#define EARLY_USEC (5 * UINT64_C(1000000))

static int read_time(struct bus *b, const char *object, const char *interface, const char *property,
		     uint64_t *ret, struct error *err)
{
	return bus_trivial(b, object, interface, property, 't', ret, err);
}

/* One that systemd mounts is "activating" first, for as long as mount(8) takes. */
int bus_mount_was_there(struct bus *b, const char *mount_unit, bool *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	uint64_t loaded = 0, began = 0, active = 0;
	int r = bus_unit_object(b, mount_unit, &object, err);

	if (r >= 0)
		r = read_time(b, SYSTEMD_PATH, SYSTEMD_MANAGER, "UnitsLoadFinishTimestampMonotonic",
			      &loaded, err);
	if (r >= 0)
		r = read_time(b, object, SYSTEMD_UNIT, "InactiveExitTimestampMonotonic", &began,
			      err);
	if (r >= 0)
		r = read_time(b, object, SYSTEMD_UNIT, "ActiveEnterTimestampMonotonic", &active,
			      err);
	if (r >= 0)
		*ret = began == active && active <= loaded + EARLY_USEC;
	return r;
}

int bus_stopped_since(struct bus *b, const char *unit, uint64_t since_usec, bool *ret,
		      struct error *err)
{
	CLEANUP(freep) char *object = NULL, *active = NULL;
	uint64_t up = 0;
	int r = bus_unit_object(b, unit, &object, err);

	if (r >= 0)
		r = read_time(b, object, SYSTEMD_UNIT, "ActiveEnterTimestampMonotonic", &up, err);
	if (r >= 0) /* last: one that has come up meanwhile is not down */
		r = bus_string(b, object, SYSTEMD_UNIT, "ActiveState", &active, err);
	if (r >= 0)
		*ret = strcmp(active, "inactive") == 0 && up > since_usec;
	return r;
}

int bus_can_reload(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	return bus_unit_flag(b, unit, "CanReload", ret, err);
}

static int read_condition(sd_bus_message *m, void *ret)
{
	struct unit_conditions *all = ret;
	const char *kind, *param;
	int trigger, negate, state, r;

	r = sd_bus_message_read(m, "(sbbsi)", &kind, &trigger, &negate, &param, &state);
	if (r > 0)
		*(struct unit_condition *)array_append(
			&all->items, &all->count, sizeof(*all->items)) = (struct unit_condition){
			xstrdup(kind), trigger != 0, negate != 0, xstrdup(param), state};
	return r;
}

int bus_conditions(struct bus *b, const char *unit, const char *property,
		   struct unit_conditions *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r
		     : bus_array(b, object, SYSTEMD_UNIT, property, "(sbbsi)", read_condition, ret,
				 err);
}

int bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
		     struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r : bus_string(b, object, SYSTEMD_SERVICE, property, ret, err);
}

int bus_load_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	return r < 0 ? r : bus_string(b, object, SYSTEMD_UNIT, "LoadState", ret, err);
}

int bus_environment(struct bus *b, struct strv *ret, struct error *err)
{
	return bus_strings(b, SYSTEMD_PATH, SYSTEMD_MANAGER, "Environment", ret, err);
}

int bus_is_loaded(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	CLEANUP(freep) char *object = NULL, *state = NULL;
	int r = bus_unit_object(b, unit, &object, err);

	if (r >= 0)
		r = bus_string(b, object, SYSTEMD_UNIT, "LoadState", &state, err);
	*ret = r >= 0 && strcmp(state, "loaded") == 0;
	return r;
}
