/*
 * What is told at the end of a way back: whether a value is in force, by who keeps it, and which
 * containers are down that nobody starts again.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/plan.h"
#include "rollback/in-force.h"
#include "rollback/stopped.h"
#include "tests/subject-text.h"

static void test_daemon_values(void **state)
{
	static const struct {
		const char *key, *now;
		enum setting_source source;
		const char *after;
		enum handler handler;
		enum in_force is;
	} cases[] = {
		{"icc", "false", SOURCE_API, "false", HANDLER_DOCKER_RESTART, IN_FORCE_YES},
		{"icc", "false", SOURCE_API, "true", HANDLER_DOCKER_RESTART, IN_FORCE_NO},
		/* taken away: the default is what shall be in force */
		{"icc", "false", SOURCE_API, NULL, HANDLER_DOCKER_RESTART, IN_FORCE_NO},
		{"icc", "true", SOURCE_API, NULL, HANDLER_DOCKER_RESTART, IN_FORCE_YES},
		{"icc", NULL, SOURCE_API, NULL, HANDLER_DOCKER_RESTART, IN_FORCE_YES},
		/* a list in another order; nothing and an empty one */
		{"insecure-registries", "[\"a\",\"b\"]", SOURCE_API, "[\"b\",\"a\"]",
		 HANDLER_DOCKER_RELOAD, IN_FORCE_YES},
		{"insecure-registries", NULL, SOURCE_API, "[]", HANDLER_DOCKER_RELOAD,
		 IN_FORCE_YES},
		/* nobody tells */
		{"debug", NULL, SOURCE_UNKNOWN, "true", HANDLER_DOCKER_RESTART, IN_FORCE_UNKNOWN},
		/* our own note is of before the reload, and good after a restart */
		{"labels", "[\"a=b\"]", SOURCE_WITNESS, "[]", HANDLER_DOCKER_RELOAD,
		 IN_FORCE_UNKNOWN},
		{"labels", "[\"a=b\"]", SOURCE_WITNESS, "[]", HANDLER_DOCKER_RESTART, IN_FORCE_NO},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct effect e = {.handler = cases[i].handler,
				   .subject = subject_of(SCHEME_DOCKER, cases[i].key)};

		e.after = (char *)(uintptr_t)cases[i].after;
		settings_put(&facts.docker.now, cases[i].key, cases[i].now, cases[i].source, NULL);
		assert_int_equal(effect_in_force(&facts, &e),
				 IN_FORCE_UNKNOWN); /* it does not run */
		facts.docker.running = true;
		if (effect_in_force(&facts, &e) != cases[i].is)
			fail_msg("case %zu: %d", i, effect_in_force(&facts, &e));
		facts.offline = true;
		assert_int_equal(effect_in_force(&facts, &e), IN_FORCE_UNKNOWN);
	}
}

static void test_kernel_values(void **state)
{
	static char rule[] = "-w /etc/docker -p wa", subject[] = "rule:-w /etc/docker -p wa";
	static char none[] = "sysctl:kernel.no_such_setting", one[] = "1";
	CLEANUP(facts_clear) struct facts facts = {0};
	struct effect e = {.handler = HANDLER_AUDIT_RULES, .subject = subj(subject)};
	struct effect unread = {.handler = HANDLER_SYSCTL, .subject = subj(none), .after = one};

	(void)state;
	assert_int_equal(effect_in_force(&facts, &e), IN_FORCE_YES); /* taken away, and not there */
	strv_add(&facts.audit.kernel_rules, rule);
	assert_int_equal(effect_in_force(&facts, &e), IN_FORCE_NO);
	e.after = rule;
	assert_int_equal(effect_in_force(&facts, &e), IN_FORCE_YES);
	facts.audit.not_measured = xstrdup("nobody looked");
	assert_int_equal(effect_in_force(&facts, &e), IN_FORCE_UNKNOWN);
	assert_int_equal(effect_in_force(&facts, &unread), IN_FORCE_UNKNOWN);
}

/* The packet filter, systemd's files and states; what was not looked at is unknown. */
static void test_other_keepers(void **state)
{
	static char chain[] = "chain:ports", text[] = "drop", unit[] = "unit:docker.service";
	static char up[] = "state:auditd.service", active[] = "active", down[] = "inactive";
	CLEANUP(facts_clear) struct facts facts = {0};
	struct effect filter = {.handler = HANDLER_FIREWALL, .subject = subj(chain), .after = text};
	struct effect files = {.handler = HANDLER_SYSTEMD_RELOAD, .subject = subj(unit)};
	struct effect runs = {.handler = HANDLER_UNIT_STATE, .subject = subj(up), .after = active};
	struct unit_facts *u;

	(void)state;
	assert_int_equal(effect_in_force(&facts, &filter), IN_FORCE_UNKNOWN);
	assert_int_equal(effect_in_force(&facts, &files), IN_FORCE_UNKNOWN);
	assert_int_equal(effect_in_force(&facts, &runs), IN_FORCE_UNKNOWN);
	facts.parts = FACTS_IN_FORCE;
	assert_int_equal(effect_in_force(&facts, &filter), IN_FORCE_NO);
	filter.after = NULL;
	assert_int_equal(effect_in_force(&facts, &filter), IN_FORCE_YES);
	assert_int_equal(effect_in_force(&facts, &runs), IN_FORCE_NO);
	unit_states_put(&facts.unit_states, "auditd.service", "active");
	assert_int_equal(effect_in_force(&facts, &runs), IN_FORCE_YES);
	runs.after = down;
	assert_int_equal(effect_in_force(&facts, &runs), IN_FORCE_NO);
	u = facts_add_unit(&facts, "docker.service");
	u->exists = u->need_daemon_reload = true;
	assert_int_equal(effect_in_force(&facts, &files), IN_FORCE_NO);
	u->need_daemon_reload = false;
	assert_int_equal(effect_in_force(&facts, &files), IN_FORCE_YES);
}

static void add(struct facts *f, const char *name, bool running)
{
	struct container *c = container_list_add(&f->docker.containers);

	c->name = xstrdup(name);
	c->running = running;
}

static void test_stopped(void **state)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(plan_clear) struct plan plan = {0}, own = {0};
	CLEANUP(strv_clear) struct strv lines = {0};

	(void)state;
	stopped_add_text(&own.stopped, "try (stays stopped: restart policy no)");
	stopped_add_text(&plan.stopped, "job (stays stopped: restart policy no)");
	stopped_add_text(&plan.stopped, "up (stays stopped: restart policy no)");
	stopped_add_text(&plan.stopped, "gone (stays stopped: restart policy no)");
	stopped_add_text(&plan.stopped, "db (comes back: restart policy always)");
	stopped_add_text(&plan.stopped, "try (comes back unless it ends with 0: ...)");
	add(&facts, "job", false);
	add(&facts, "job2", false); /* of another name, stopped by somebody */
	add(&facts, "up", true);
	add(&facts, "db", false);
	add(&facts, "try", false);
	stopped_name(&plan.stopped, NULL, &facts, "7", &lines);
	assert_int_equal(lines.count, 0); /* the list is not known to be all */
	containers_known(&facts.docker.containers);
	stopped_name(&plan.stopped, NULL, &facts, "7", &lines);
	assert_int_equal(lines.count, 2);
	assert_non_null(strstr(lines.items[0], "docker start job"));
	assert_non_null(strstr(lines.items[1], "docker start try"));
	strv_clear(&lines);
	stopped_name(&plan.stopped, &own.stopped, &facts, "7", &lines);
	assert_int_equal(lines.count, 1); /* what the run itself stopped, its gate tells */
	assert_non_null(strstr(lines.items[0], "docker start job"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_daemon_values),
		cmocka_unit_test(test_kernel_values),
		cmocka_unit_test(test_other_keepers),
		cmocka_unit_test(test_stopped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
