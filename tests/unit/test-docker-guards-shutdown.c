#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "tests/unit/docker-view.h"
#include "tests/unit/guard-case.h"

/* At the host's shutdown systemd ends what live-restore keeps, and knows one way to do it. */
static void test_shutdown_is_told(void **state)
{
	static const struct {
		const char *signal;
		long timeout;
		const char *told; /* NULL: nothing is */
	} rows[] = {
		{"", 0, NULL},
		{"SIGTERM", 90, NULL},
		{"term", 10, NULL},
		{"15", 0, NULL},
		{"SIGINT", 0, "front (SIGINT)"},
		{"37", 0, "front (37)"},
		{"", 91, "front (91 s)"},
		{"", -1, "front (without limit)"},
		{"SIGQUIT", 300, "front (SIGQUIT, 300 s)"},
	};
	struct fake_view *f = *state;
	struct container *c = add_container(f, "front", "bridge");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0}, off = {0};

		str_replace(&c->stop_signal, rows[i].signal);
		c->stop_timeout = rows[i].timeout;
		guard(f, "live-restore", "true", &d);
		assert_int_equal(d.holds.count, 0);
		assert_int_equal(d.warnings.count, rows[i].told ? 1 : 0);
		assert_true(!rows[i].told || strstr(d.warnings.items[0], rows[i].told));
		guard(f, "live-restore", "false", &off);
		assert_int_equal(off.warnings.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_shutdown_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
