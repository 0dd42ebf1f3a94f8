#include "engine/host/write/bus-job-impl.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

/* How a unit is while a job is waited for, as systemd tells it. */

/* One of the properties that changed. */
static int take_property(sd_bus_message *m, struct job_run *w)
{
	const char *name, *active;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0 || strcmp(name, "ActiveState") != 0)
		return r < 0 ? r : sd_bus_message_skip(m, "v");
	r = sd_bus_message_read(m, "v", "s", &active);
	if (r < 0 || strcmp_null(w->active, active) == 0)
		return r;
	str_replace(&w->active, active);
	w->wait->changed(w->wait->data, active);
	return r;
}

static int on_properties(sd_bus_message *m, void *data, sd_bus_error *ret_error)
{
	int r = sd_bus_message_skip(m, "s");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = take_property(m, data);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return 0;
}

void job_watch(struct bus *b, struct job_run *w)
{
	CLEANUP(freep) char *object = NULL;

	w->watched = sd_bus_slot_unref(w->watched);
	if (w->wait->changed && bus_unit_object(b, w->wait->watched, &object, NULL) >= 0)
		sd_bus_match_signal(b->sd, &w->watched, b->is_private ? NULL : SYSTEMD_NAME, object,
				    "org.freedesktop.DBus.Properties", "PropertiesChanged",
				    on_properties, w);
}
