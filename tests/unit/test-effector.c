#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

#include <time.h>

#include "engine/effect/effector.h"

static void test_offline_runs_nothing(void **state)
{
	struct effector *e = effector_offline();
	struct effects effects = {0};
	struct facts facts = {0};

	effects_add(&effects, "c", HANDLER_SYSCTL, subj("sysctl:harden.no_such"), NULL, "1");
	for (int h = 0; h < HANDLER_COUNT; h++)
		assert_int_equal(e->ops->run(e, (enum handler)h, &effects, NULL), 0);
	assert_int_equal(e->ops->remember(e, &facts, NULL), 0);
	assert_int_equal(e->ops->health(e, NULL, 60000, NULL), 0);
	effects_clear(&effects);
	e->ops->free(e);
}

static struct effector *live(void)
{
	struct effector *e = NULL;

	assert_int_equal(effector_live(&e, NULL), 0);
	return e;
}

static int run_one(enum handler handler, const char *subject, const char *after,
		   const char *pending, struct error *err)
{
	struct effector *e = live();
	struct effects effects = {0};
	struct effect *one = effects_add(&effects, "c", handler, subj(subject), NULL, after);
	int r;

	str_replace(&one->pending, pending);
	r = e->ops->run(e, handler, &effects, err);
	effects_clear(&effects);
	e->ops->free(e);
	return r;
}

static void test_sysctl(void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	assert_true(run_one(HANDLER_SYSCTL, "sysctl:harden.no_such", "1", NULL, &err) < 0);
	assert_non_null(strstr(error_text(&err), "no_such"));
	assert_int_equal(run_one(HANDLER_SYSCTL, "sysctl:harden.no_such", NULL, NULL, NULL), 0);
	assert_int_equal(run_one(HANDLER_SYSCTL, "sysctl:harden.no_such", "1", "boot", NULL), 0);
}

static void test_audit_rules_that_are_no_watches(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	static const char subject[] = "rule:-a always,exit -S mount -F key=x";

	assert_true(run_one(HANDLER_AUDIT_RULES, subject, "loaded", NULL, &err) < 0);
	assert_non_null(err.text);
	assert_int_equal(run_one(HANDLER_AUDIT_RULES, subject, "loaded", "locked", NULL), 0);
}

static void test_systemd_reload_without_systemd(void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	if (access("/run/systemd/system", F_OK) == 0)
		SKIP_BECAUSE("systemd runs here");
	assert_int_equal(run_one(HANDLER_SYSTEMD_RELOAD, "unit:a", "x", NULL, &err), 0);
	assert_null(err.text);
	assert_int_equal(run_one(HANDLER_DOCKER_RESTART, "docker:icc", "false", NULL, &err),
			 -ENOENT);
	assert_non_null(err.text);
}

static void test_health_of_a_host_without_docker(void **state)
{
	struct effector *e = live();
	struct facts facts = {0};

	assert_int_equal(e->ops->remember(e, &facts, NULL), 0);
	assert_int_equal(e->ops->health(e, NULL, 60000, NULL), 0);
	e->ops->free(e);
	facts_clear(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offline_runs_nothing),
		cmocka_unit_test(test_sysctl),
		cmocka_unit_test(test_audit_rules_that_are_no_watches),
		cmocka_unit_test(test_systemd_reload_without_systemd),
		cmocka_unit_test(test_health_of_a_host_without_docker),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
