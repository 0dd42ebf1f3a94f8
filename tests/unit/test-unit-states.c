#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/model/unit-states.h"

static void test_put_and_find(void **state)
{
	struct unit_states s = {0};

	assert_null(unit_states_find(&s, "a.service"));
	unit_states_put(&s, "a.service", "active");
	strv_add(&unit_states_put(&s, "b.service", "failed")->dependents, "a.service");
	unit_states_put(&s, "a.service", "inactive");
	assert_int_equal(s.count, 2);
	assert_string_equal(unit_states_find(&s, "a.service")->active, "inactive");
	unit_states_clear(&s);
	assert_int_equal(s.count, 0);
}

static void test_up(void **state)
{
	static const char *const up[] = {"active", "activating", "reloading", "refreshing"};
	static const char *const down[] = {"inactive", "failed", "deactivating", "", NULL};

	for (size_t i = 0; i < ARRAY_SIZE(up); i++)
		assert_true(unit_is_up(up[i]));
	for (size_t i = 0; i < ARRAY_SIZE(down); i++)
		assert_false(unit_is_up(down[i]));
}

static void test_runs(void **state)
{
	static const char *const no[] = {"activating", "inactive", "failed", "deactivating", NULL};

	assert_true(unit_runs("active"));
	assert_true(unit_runs("reloading"));
	assert_true(unit_runs("refreshing"));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(unit_runs(no[i]));
}

/* Each ActiveState, SubState of a service, and whether it has a main process. */
static void test_phase(void **state)
{
	static const struct {
		const char *active, *sub;
		enum unit_phase without, with;
	} rows[] = {
		{"active", "running", UNIT_SERVES, UNIT_SERVES},
		{"active", "exited", UNIT_SERVES, UNIT_SERVES},
		{"reloading", "reload", UNIT_SERVES, UNIT_SERVES},
		{"reloading", "reload-signal", UNIT_SERVES, UNIT_SERVES},
		{"reloading", "reload-notify", UNIT_SERVES, UNIT_SERVES},
		{"refreshing", "refresh-extensions", UNIT_SERVES, UNIT_SERVES},
		{"inactive", "dead", UNIT_DOWN, UNIT_BETWEEN},
		{"inactive", "dead-before-auto-restart", UNIT_DOWN, UNIT_BETWEEN},
		{"inactive", "dead-resources-pinned", UNIT_DOWN, UNIT_BETWEEN},
		{"failed", "failed", UNIT_DOWN, UNIT_BETWEEN},
		{"failed", "failed-before-auto-restart", UNIT_DOWN, UNIT_BETWEEN},
		{"activating", "auto-restart", UNIT_DOWN, UNIT_BETWEEN},
		{"activating", "auto-restart-queued", UNIT_DOWN, UNIT_BETWEEN},
		{"activating", "condition", UNIT_BETWEEN, UNIT_BETWEEN},
		{"activating", "start-pre", UNIT_BETWEEN, UNIT_BETWEEN},
		{"activating", "start", UNIT_BETWEEN, UNIT_BETWEEN},
		{"activating", "start-post", UNIT_BETWEEN, UNIT_BETWEEN},
		{"activating", NULL, UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "stop", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "stop-watchdog", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "stop-sigterm", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "stop-sigkill", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "stop-post", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "final-watchdog", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "final-sigterm", UNIT_BETWEEN, UNIT_BETWEEN},
		{"deactivating", "final-sigkill", UNIT_BETWEEN, UNIT_BETWEEN},
		{"maintenance", "cleaning", UNIT_BETWEEN, UNIT_BETWEEN},
		{"a state of tomorrow", NULL, UNIT_BETWEEN, UNIT_BETWEEN},
		{NULL, NULL, UNIT_BETWEEN, UNIT_BETWEEN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(unit_phase(rows[i].active, rows[i].sub, false), rows[i].without);
		assert_int_equal(unit_phase(rows[i].active, rows[i].sub, true), rows[i].with);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_find),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_phase),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
