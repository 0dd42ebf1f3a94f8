#include "engine/facts/parts.h"

/*
 * What others changed in files of other units, and systemd has not read: limits of a slice or a service
 * are in force with its reading them again, whoever asks for that and for whatever unit.
 */

static bool is_told(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->nunits; i++)
		if (unit_is_called(&f->units[i], name))
			return true; /* by gather_waiting(), in more words */
	return false;
}

void gather_waiting_units(struct gather *g)
{
	struct strv *brings = &g->facts->docker.reload_brings;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (!g->bus)
		return;
	if (bus_units_unread(g->bus, &names, &err) < 0)
		strv_addf(brings,
			  "whether it would put others' changes of units in force could not be "
			  "asked: %s",
			  error_text(&err));
	for (size_t i = 0; i < names.count; i++)
		if (!is_told(g->facts, names.items[i]))
			strv_addf(brings,
				  "it would put in force what others changed: a file of %s "
				  "changed since it was loaded",
				  names.items[i]);
}
