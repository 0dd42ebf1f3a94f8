#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/clients.h"
#include "engine/host/ask/condition.h"

/*
 * What keeps systemd from starting a unit anew beside its Restart=, of one whose client lost dockerd.
 * Measured: it looks at the unit's conditions again while dockerd is still on its way,
 * and a unit that it skips for one stays down.
 */

/* What systemd may be told of an end with 1 or 125, as clients of dockerd end. */
static bool may_be_success(const char *word)
{
	char *end = NULL;
	unsigned long code = strtoul(word, &end, 10);

	return *end ? !starts_with(word, "SIG") : code == 1 || code == 125;
}

static bool is_yes(const char *word)
{
	static const char *const no[] = {"no", "false", "off", "0", "n", "f"};

	return !is_among(word, no, ARRAY_SIZE(no));
}

#define SOON 60 /* s */

/* "1min 30s" and the like are taken for long. */
static bool is_long(const char *word)
{
	char *end = NULL;
	unsigned long n = strtoul(word, &end, 10);

	if (end == word)
		return true;
	if (strcmp(end, "ms") == 0 || strcmp(end, "us") == 0)
		return n > SOON * 1000UL;
	return n > SOON || (*end && strcmp(end, "s") != 0 && strcmp(end, "sec") != 0);
}

static bool is_any(const char *word)
{
	return true;
}

static const struct limit {
	const char *key;
	bool (*matters)(const char *word);
	bool only_failure; /* only where a failure alone has systemd start it */
	const char *why;
} limits[] = {
	{"Service/RestartPreventExitStatus", is_any, false, "it has a limit of its own for that"},
	{"Unit/StartLimitBurst", is_any, false, "it has a limit of its own for that"},
	{"Unit/StartLimitIntervalSec", is_any, false, "it has a limit of its own for that"},
	/* by the names of before */
	{"Unit/StartLimitInterval", is_any, false, "it has a limit of its own for that"},
	{"Service/StartLimitBurst", is_any, false, "it has a limit of its own for that"},
	{"Service/StartLimitInterval", is_any, false, "it has a limit of its own for that"},
	{"Service/SuccessExitStatus", may_be_success, true,
	 "the client's error may count as success there (SuccessExitStatus=)"},
	{"Service/RemainAfterExit", is_yes, false,
	 "it may count as active without a process (RemainAfterExit=)"},
	{"Service/ExecCondition", is_any, false,
	 "it has a condition that may not hold while dockerd restarts (ExecCondition=)"},
	{"Service/RestartSec", is_long, false, "it is long until then (RestartSec=)"},
	{"Service/RestartMaxDelaySec", is_long, false,
	 "it may be long until then (RestartMaxDelaySec=)"},
};

static bool is_limited(const struct gather *g, const struct unit_facts *u, const struct limit *l)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	unit_assignments(g, u, l->key, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strv_clear) struct strv words = {0};

		strv_split(&words, lines.items[i], " \t");
		for (size_t k = 0; k < words.count; k++)
			if (l->matters(words.items[k]))
				return true;
	}
	return false;
}

/* There while dockerd runs, and perhaps not while it restarts, or the other way round. */
static bool may_change(const struct unit_condition *c)
{
	static const char *const places[] = {"/run/", "/var/run/", "/tmp/", "/proc/", "/sys/"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (c->param && starts_with(c->param, places[i]))
			return true;
	return condition_holds(c) != 1;
}

static char *condition_doubt(const struct gather *g, const char *unit)
{
	static const char *const properties[] = {"Conditions", "Asserts"};
	CLEANUP(unit_conditions_clear) struct unit_conditions all = {0};

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (bus_conditions(g->bus, unit, properties[i], &all, NULL) < 0)
			return xstrdup("what has to hold for its start could not be asked");
	for (size_t i = 0; i < all.count; i++)
		if (may_change(&all.items[i])) {
			CLEANUP(freep) char *text = unit_condition_text(&all.items[i]);

			return xasprintf("%s may not hold while dockerd restarts", text);
		}
	return NULL;
}

char *unit_stays_down(const struct gather *g, const char *unit, bool on_failure)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct unit_facts *u = facts_add_unit(&scratch, unit);

	if (bus_unit(g->bus, unit, u, &err) < 0)
		return xasprintf("its settings could not be asked: %s", error_text(&err));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if ((on_failure || !limits[i].only_failure) && is_limited(g, u, &limits[i]))
			return xstrdup(limits[i].why);
	return condition_doubt(g, unit);
}
