#include "modules/unit/state.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

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

/* What requires the unit goes down with it: said, and part of the plan, so that it comes back. */
static void take_dependents(const struct unit_wish *w)
{
	const struct unit_state *state = unit_states_find(&w->view->facts->unit_states, w->name);

	for (size_t i = 0; state && i < state->dependents.count; i++) {
		const char *other = state->dependents.items[i];
		CLEANUP(freep) char *now = state_of(w->view, other);

		if (!unit_is_up(now) || strv_contains(w->units, other))
			continue;
		strv_addf(&w->delta->holds, "stopping %s stops %s, too", w->name, other);
		if (unit_is_essential(w->view->facts, other) && !w->delta->refusal)
			w->delta->refusal = xasprintf("stopping %s would stop %s, without which "
						      "this host may be out of reach",
						      w->name, other);
		want_state(w, other, now, "inactive");
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
		want_state(w, name, now, "active");
		return;
	}
	take_dependents(w);
	want_state(w, name, now, "inactive");
}
