#include "engine/model/unit-states.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

const char *const unit_directories[] = {"/etc/systemd/system",           "/run/systemd/system",
					"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
					"/lib/systemd/system",           NULL};

static struct unit_state *find(const struct unit_states *s, const char *name)
{
	uintptr_t place = (uintptr_t)map_get(&s->places, name);

	return place ? &s->items[place - 1] : NULL;
}

const struct unit_state *unit_states_find(const struct unit_states *s, const char *name)
{
	return find(s, name);
}

struct unit_state *unit_states_put(struct unit_states *s, const char *name, const char *active)
{
	struct unit_state *state = find(s, name);

	if (!state) {
		state = array_append(&s->items, &s->count, sizeof(*state));
		state->name = xstrdup(name);
		map_put(&s->places, name, (void *)(uintptr_t)s->count);
	}
	str_replace(&state->active, active);
	return state;
}

static void add_dependents(const struct unit_states *s, const char *of, const char *but,
			   struct strv *ret)
{
	const struct unit_state *unit = unit_states_find(s, of);

	for (size_t i = 0; unit && unit_is_up(unit->active) && i < unit->dependents.count; i++) {
		const struct unit_state *other = unit_states_find(s, unit->dependents.items[i]);

		if (other && unit_is_up(other->active) && strcmp(other->name, but) != 0)
			strv_add_once(ret, other->name);
	}
}

void unit_states_along(const struct unit_states *s, const char *name, struct strv *ret)
{
	size_t next = ret->count;

	add_dependents(s, name, name, ret);
	for (; next < ret->count; next++)
		add_dependents(s, ret->items[next], name, ret);
}

void unit_states_clear(struct unit_states *s)
{
	free(s->not_measured);
	for (size_t i = 0; i < s->count; i++) {
		free(s->items[i].name);
		free(s->items[i].active);
		strv_clear(&s->items[i].dependents);
		strv_clear(&s->items[i].conflicts);
	}
	free(s->items);
	map_clear(&s->places, NULL);
	*s = (struct unit_states){0};
}

enum unit_phase unit_phase(const char *active, const char *sub, bool has_process)
{
	bool ended =
		active &&
		(strcmp(active, "inactive") == 0 || strcmp(active, "failed") == 0 ||
		 (strcmp(active, "activating") == 0 && sub && starts_with(sub, "auto-restart")));

	if (unit_runs(active))
		return UNIT_SERVES;
	return ended && !has_process ? UNIT_DOWN : UNIT_BETWEEN;
}

bool unit_runs(const char *active)
{
	return unit_is_up(active) && strcmp(active, "activating") != 0;
}

bool unit_is_up(const char *active)
{
	static const char *const up[] = {"active", "activating", "reloading", "refreshing"};

	for (size_t i = 0; active && i < ARRAY_SIZE(up); i++)
		if (strcmp(active, up[i]) == 0)
			return true;
	return false;
}
