#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-impl.h"
#include "engine/host/ask/unit-files.h"

/* Units whose files changed, and that systemd has not read again since. */

/* When systemd last read its units; one that does not tell has not read them. */
static struct moment last_read(struct bus *b)
{
	uint64_t wall = 0, counted = 0;

	if (bus_trivial(b, SYSTEMD_PATH, SYSTEMD_MANAGER, "UnitsLoadTimestamp", 't', &wall, NULL) <
		    0 ||
	    bus_trivial(b, SYSTEMD_PATH, SYSTEMD_MANAGER, "UnitsLoadTimestampMonotonic", 't',
			&counted, NULL) < 0 ||
	    !counted)
		return (struct moment){0};
	return clock_moment(wall, CLOCK_MONOTONIC, counted);
}

int bus_unit_is_unread(struct bus *b, const char *object, struct unit_facts *u, struct error *err)
{
	int reload = 0;
	int r = bus_trivial(b, object, SYSTEMD_UNIT, "NeedDaemonReload", 'b', &reload, err);

	u->need_daemon_reload = reload;
	if (reload) {
		struct moment read = last_read(b);

		u->need_daemon_reload = !unit_files_were_read(u->name, u->fragment, &u->dropins,
							      &read, &u->unloadable);
	}
	return r;
}

static bool has_file(const char *name)
{
	static const char *const kinds[] = {".service", ".socket", ".timer", ".path",
					    ".slice",   ".mount",  ".swap",  ".automount"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (ends_with(name, kinds[i]))
			return true;
	return false;
}

static int read_flag(sd_bus_message *m, void *ret)
{
	return sd_bus_message_read_basic(m, 'b', ret);
}

/* One of which systemd says so; what cannot be asked leaves it at that. */
static bool is_unread(struct bus *b, const char *unit)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *u = facts_add_unit(&scratch, unit);

	return bus_unit(b, unit, u, NULL) < 0 || u->need_daemon_reload;
}

int bus_units_unread(struct bus *b, struct strv *ret, struct error *err)
{
	CLEANUP(unit_states_clear) struct unit_states all = {0};
	CLEANUP(freep) struct bus_question *questions = NULL;
	CLEANUP(freep) int *reload = NULL;
	size_t n = 0;
	int r = bus_units_known(b, &all, err);

	questions = xcalloc(all.count, sizeof(*questions));
	reload = xcalloc(all.count, sizeof(*reload));
	for (size_t i = 0; i < all.count; i++)
		if (has_file(all.items[i].name)) {
			questions[n] = (struct bus_question){all.items[i].name, "NeedDaemonReload",
							     &reload[n]};
			n++;
		}
	if (r >= 0)
		r = bus_ask_many(b, questions, n, read_flag, err);
	for (size_t i = 0; i < n; i++)
		if (reload[i] && is_unread(b, questions[i].unit))
			strv_add(ret, questions[i].unit);
	return r;
}
