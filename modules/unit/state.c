#include "modules/unit/state.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/unit/init-script.h"
#include "modules/unit/install.h"
#include "modules/unit/texts.h"

static const char *const essential[] = {
	"containerd.service", "dbus.service",    "dbus-broker.service", "docker.service",
	"docker.socket",      "network.service", "networking.service",  "NetworkManager.service",
	"ssh.service",        "ssh.socket",      "sshd.service",        "sshd.socket",
	"wicked.service",     "netplan.service",
};

bool unit_is_essential(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(essential); i++)
		if (facts_is_unit(f, essential[i], name))
			return true;
	return starts_with(name, "systemd-");
}

/* The state in the view: planned, else as systemd has it; NULL: down. */
static char *state_of(const struct view *v, const char *unit)
{
	const struct subject subject = subject_of(SCHEME_STATE, unit);
	const struct unit_state *state = unit_states_find(&v->facts->unit_states, unit);
	char *planned = NULL;

	if (view_value(v, HANDLER_UNIT_STATE, subject, &planned, NULL) == 1)
		return planned;
	return state ? xstrdup(state->active) : NULL;
}

static void want_state(const struct unit_wish *w, const char *unit, const char *before,
		       const char *after)
{
	delta_effect(w->delta, HANDLER_UNIT_STATE, subject_of(SCHEME_STATE, unit),
		     before ? before : "inactive", after);
	unit_hold_filter(w, unit, unit_is_up(after));
}

/* Mounts may have been made by hand: systemd has them, and no file to make them by again. */
static bool has_file(const struct view *v, const char *unit)
{
	CLEANUP(unit_file_clear) struct unit_file file = {0};

	for (size_t i = 0; generator_directories[i]; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", generator_directories[i], unit);

		if (view_is_there(v, path))
			return true;
	}
	return unit_file_find(&file, v, unit, NULL) >= 0 && file.path;
}

/* Why nothing would start it again as it was; NULL: its start does. */
static const char *no_way_back(const struct view *v, const char *unit)
{
	if (ends_with(unit, ".slice"))
		return "and all that runs in it, which a start of it does not start again";
	if (ends_with(unit, ".scope"))
		return "which nothing starts again";
	if ((ends_with(unit, ".mount") || ends_with(unit, ".swap")) && !has_file(v, unit))
		return "which systemd has no file to start it by again";
	return NULL;
}

/* One more that goes down, and that nobody named. `by` says how. */
static void take_along(const struct unit_wish *w, const char *by, const char *unit,
		       const char *other)
{
	const char *lost = no_way_back(w->view, other);
	CLEANUP(freep) char *now = state_of(w->view, other);

	if (!unit_is_up(now) || strv_contains(w->units, other))
		return;
	strv_addf(&w->delta->holds, "%s %s stops %s, too", by, unit, other);
	if (unit_is_essential(w->view->facts, other) && !w->delta->refusal)
		w->delta->refusal = xasprintf("%s %s would stop %s, without which this host may be "
					      "out of reach, or its containers end",
					      by, unit, other);
	if (lost && !w->delta->refusal)
		w->delta->refusal = xasprintf("%s %s would stop %s, %s", by, unit, other, lost);
	want_state(w, other, now, "inactive");
}

/* What requires the unit goes down with it: said, and part of the plan, so that it comes back. */
static void take_dependents(const struct unit_wish *w, const char *unit)
{
	const struct unit_state *state = unit_states_find(&w->view->facts->unit_states, unit);

	for (size_t i = 0; state && i < state->dependents.count; i++)
		take_along(w, "stopping", unit, state->dependents.items[i]);
}

/* Its start stops what it conflicts with, and what conflicts with it, and all that goes with those. */
static void take_conflicts(const struct unit_wish *w)
{
	const struct unit_states *all = &w->view->facts->unit_states;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(buf_clear) struct buf texts = {0};

	unit_texts(w->view, w->name, &texts);
	unit_list_of(&texts, "Conflicts", &names);
	for (size_t i = 0; i < all->count; i++)
		if (strv_contains(&all->items[i].conflicts, w->name))
			strv_add_once(&names, all->items[i].name);
	for (size_t i = 0; i < names.count; i++) {
		if (!unit_states_find(all, names.items[i]) || strcmp(names.items[i], w->name) == 0)
			continue;
		take_dependents(w, names.items[i]);
		take_along(w, "starting", w->name, names.items[i]);
	}
}

void unit_judge_state(const struct unit_wish *w, bool wanted_up)
{
	const struct facts *f = w->view->facts;
	const char *name = w->name;
	CLEANUP(freep) char *now = NULL;
	bool up;

	if (f->offline)
		return;
	if (f->unit_states.not_measured) {
		delta_raise(w->delta, VERDICT_NOT_MEASURED, "%s", f->unit_states.not_measured);
		return;
	}
	now = state_of(w->view, name);
	up = unit_is_up(now);
	if (up == wanted_up)
		return;
	delta_raise(w->delta, VERDICT_FAIL, "%s is %s", name, now ? now : "inactive");
	if (!up) {
		take_conflicts(w);
		want_state(w, name, now, "active");
		return;
	}
	take_dependents(w, name);
	want_state(w, name, now, "inactive");
}
