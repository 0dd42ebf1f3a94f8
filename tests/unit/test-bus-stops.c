/* What goes down with a unit: at however many steps, by each relation, through each kind of unit. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-impl.h"

static const char *edges; /* "UNIT PROPERTY NAME", separated by commas; NAME "?": no answer */
static struct strv asked; /* units, each as often as it was asked */
static size_t rounds; /* of questions that are asked together */

int __wrap_bus_relations_many(struct bus *b, const struct strv *units,
			      const char *const *properties, struct strv *ret, struct error *err);

static int relations_of(const char *unit, const char *const *properties, struct strv *ret,
			struct error *err)
{
	CLEANUP(strv_clear) struct strv all = {0};

	strv_add(&asked, unit);
	strv_split(&all, edges, ",");
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; properties[k]; k++) {
			CLEANUP(freep) char *begin = xasprintf("%s %s ", unit, properties[k]);
			const char *name = skip_prefix(all.items[i], begin);

			if (name && strcmp(name, "?") == 0)
				return error_set(err, -ETIMEDOUT, "no answer");
			if (name)
				strv_add(ret, name);
		}
	return 0;
}

int __wrap_bus_relations_many(struct bus *b, const struct strv *units,
			      const char *const *properties, struct strv *ret, struct error *err)
{
	int r = 0;

	rounds++;
	for (size_t i = 0; i < units->count && r >= 0; i++)
		r = relations_of(units->items[i], properties, &ret[i], err);
	return r;
}

static const struct row {
	const char *what, *edges;
	const char *up; /* units; all others are down */
	const char *dependents; /* of x.service; NULL: it cannot be told */
	const char *stopped; /* down ones, too */
} rows[] = {
	{"nothing", "a.service RequiredBy b.service", "x.service a.service b.service", "", ""},
	{"one step", "x.service RequiredBy a.service", "x.service a.service", "a.service",
	 "a.service"},
	{"RequisiteOf", "x.service RequisiteOf a.service", "x.service a.service", "a.service",
	 "a.service"},
	{"BoundBy", "x.service BoundBy a.service", "x.service a.service", "a.service", "a.service"},
	{"ConsistsOf", "x.service ConsistsOf a.service", "x.service a.service", "a.service",
	 "a.service"},
	{"PropagatesStopTo", "x.service PropagatesStopTo a.service", "x.service a.service",
	 "a.service", "a.service"},
	{"what merely wants it", "x.service WantedBy a.service", "x.service a.service", "", ""},
	{"three steps",
	 "x.service RequiredBy b.service,b.service BoundBy a.service,a.service ConsistsOf "
	 "docker.service",
	 "x.service b.service a.service docker.service", "b.service a.service docker.service",
	 "b.service a.service docker.service"},
	{"through a mount",
	 "iscsid.service BoundBy no.service,x.service RequiredBy srv-docker.mount,"
	 "srv-docker.mount RequiredBy docker.service",
	 "x.service srv-docker.mount docker.service", "srv-docker.mount docker.service",
	 "srv-docker.mount docker.service"},
	{"through a target, a slice and a swap",
	 "x.service RequiredBy a.target,a.target BoundBy b.slice,b.slice RequiredBy c.swap,"
	 "c.swap RequiredBy docker.socket",
	 "x.service a.target b.slice c.swap docker.socket", "a.target b.slice c.swap docker.socket",
	 "a.target b.slice c.swap docker.socket"},
	{"through a oneshot that is done",
	 "x.service RequiredBy once.service,once.service RequiredBy docker.service",
	 "x.service docker.service", "docker.service", "once.service docker.service"},
	{"round and round", "x.service RequiredBy a.service,a.service RequiredBy x.service",
	 "x.service a.service", "a.service", "a.service"},
	{"far from it, no answer", "x.service RequiredBy a.mount,a.mount BoundBy ?",
	 "x.service a.mount", NULL, NULL},
};

static void fill(const struct row *row, struct unit_states *ret)
{
	CLEANUP(strv_clear) struct strv up = {0};

	strv_split(&up, row->up, " ");
	for (size_t i = 0; i < up.count; i++)
		unit_states_put(ret, up.items[i], "active");
	edges = row->edges;
	strv_clear(&asked);
	rounds = 0;
}

static void compare(const struct row *row, const struct strv *have, const char *want)
{
	CLEANUP(freep) char *text = strv_join(have, " ");

	if (strcmp(text, want) != 0)
		fail_msg("%s: '%s', not '%s'", row->what, text, want);
}

static void test_dependents(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(unit_states_clear) struct unit_states all = {0};
		int r;

		fill(&rows[i], &all);
		r = bus_find_dependents(NULL, &all, NULL);
		assert_int_equal(r, rows[i].dependents ? 0 : -ETIMEDOUT);
		if (r == 0)
			compare(&rows[i], &unit_states_find(&all, "x.service")->dependents,
				rows[i].dependents);
	}
}

static void test_stopped(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(unit_states_clear) struct unit_states all = {0};
		CLEANUP(strv_clear) struct strv stopped = {0};
		int r;

		fill(&rows[i], &all);
		r = bus_stopped_with(NULL, "x.service", &stopped, NULL);
		assert_int_equal(r, rows[i].stopped ? 0 : -ETIMEDOUT);
		if (r < 0)
			continue;
		assert_string_equal(stopped.items[0], "x.service");
		strv_remove(&stopped, 0);
		compare(&rows[i], &stopped, rows[i].stopped);
	}
}

/* Units by the thousand that nothing leads to cost nothing, and each other one a question of each kind. */
static void test_each_is_asked_once(void **state)
{
	static const struct row row = {
		.edges = "x.service RequiredBy a.mount,y.service RequiredBy a.mount,"
			 "a.mount RequiredBy docker.service",
		.up = "x.service y.service a.mount b.mount c.target docker.service"};
	CLEANUP(unit_states_clear) struct unit_states all = {0};

	fill(&row, &all);
	assert_int_equal(bus_find_dependents(NULL, &all, NULL), 0);
	strv_sort(&asked);
	/* docker.service, x and y by their dependents and by their conflicts */
	compare(&row, &asked,
		"a.mount docker.service docker.service x.service x.service y.service y.service");
}

/* Units are asked together: what is waited for are the steps from one to the next, and not their number. */
static void test_rounds(void **state)
{
	for (size_t n = 10; n <= 1000; n *= 10) {
		CLEANUP(unit_states_clear) struct unit_states all = {0};

		edges = "x1.service RequiredBy a.mount,a.mount RequiredBy b.mount";
		rounds = 0;
		for (size_t i = 0; i < n; i++) {
			CLEANUP(freep) char *name = xasprintf("x%zu.service", i);

			unit_states_put(&all, name, "active");
		}
		assert_int_equal(bus_find_dependents(NULL, &all, NULL), 0);
		assert_int_equal(rounds, 4); /* all, a, b, and the conflicts of all */
	}
}

/* By whichever of the two it was said. */
static void test_conflicts(void **state)
{
	static const struct row row = {
		.edges = "x.service Conflicts a.service,x.service ConflictedBy b.service",
		.up = "x.service"};
	CLEANUP(unit_states_clear) struct unit_states all = {0};

	fill(&row, &all);
	assert_int_equal(bus_find_dependents(NULL, &all, NULL), 0);
	compare(&row, &all.items[0].conflicts, "a.service b.service");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dependents),         cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_each_is_asked_once), cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_conflicts),
	};
	int r;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	strv_clear(&asked);
	return r;
}
