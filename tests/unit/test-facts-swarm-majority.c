/* What the restart of a manager costs its swarm, by what dockerd lists of the managers. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

static const char *nodes; /* of GET /nodes; NULL: no answer */
static int asked;

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err);

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err)
{
	assert_string_equal(path, "/nodes");
	asked++;
	if (!nodes)
		return error_set(err, -ETIMEDOUT, "no answer");
	buf_puts(ret, nodes);
	return 0;
}

#define M(how)                                                                                     \
	"{\"Description\":{\"Hostname\":\"m\"},\"ManagerStatus\":{\"Reachability\":\"" how "\"}}"
#define UP M("reachable")
#define AWAY M("unreachable")
#define ODD M("unknown")
#define WORKER "{\"Description\":{\"Hostname\":\"w\"}}"

static const struct row {
	const char *what, *nodes;
	const char *says; /* a part; NULL: nothing speaks against it */
	bool worker, stopped, not_active, no_api;
} rows[] = {
	{"alone", "[" UP "]"},
	{"alone with workers", "[" WORKER "," UP "," WORKER "]"},
	{"one of two", "[" UP "," UP "]", "of 2 managers 2 can be reached"},
	{"one of three", "[" UP "," UP "," UP "]"},
	{"one of three, one away", "[" UP "," AWAY "," UP "]", "of 3 managers 2"},
	{"one of three, of one nobody knows", "[" UP "," ODD "," UP "]", "and 2 are needed"},
	{"one of four", "[" UP "," UP "," UP "," UP "]"},
	{"one of four, one away", "[" UP "," UP "," UP "," AWAY "]", "and 3 are needed"},
	{"one of five, one away", "[" UP "," UP "," UP "," AWAY "," UP "]"},
	{"one of five, two away", "[" UP "," AWAY "," UP "," AWAY "," UP "]", "of 5 managers 3"},
	{"none is listed", "[]", "is not known: dockerd lists none"},
	{"no answer", NULL, "is not known: no answer"},
	{"no JSON", "x", "is not known"},
	{"dockerd is not asked", NULL, "is not known", .no_api = true},
	{"a worker", NULL, .worker = true},
	{"dockerd does not run", NULL, .stopped = true},
	{"a node that is not in it", NULL, .not_active = true},
};

static void test_rows(void **state)
{
	static char api; /* nothing looks into it */

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f,
				   .api = row->no_api ? NULL : (struct engine_api *)&api};
		const char *says;

		nodes = row->nodes;
		asked = 0;
		f.docker.running = !row->stopped;
		f.docker.swarm = xstrdup(row->not_active ? "pending" : "active");
		f.docker.swarm_manager = !row->worker;
		gather_swarm_majority(&g);
		says = f.docker.swarm_majority;
		if ((says != NULL) != (row->says != NULL) || (says && !strstr(says, row->says)))
			fail_msg("%s: %s", row->what, says ? says : "nothing");
		if (asked && (row->worker || row->stopped || row->not_active || row->no_api))
			fail_msg("%s: it was asked", row->what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
