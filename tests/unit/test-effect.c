#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/model/effect.h"
#include "tests/subject-text.h"

static void test_invert_keeps_pending(void **state)
{
	CLEANUP(effects_clear) struct effects effects = {0};
	struct effect *effect = effects_add(&effects, "daemon.icc", HANDLER_DOCKER_RESTART,
					    subj("docker:icc"), NULL, "false");

	str_replace(&effect->pending, "until no container runs");
	effect_invert(effect);
	assert_string_equal(effect->before, "false");
	assert_null(effect->after);
	assert_string_equal(effect->pending, "until no container runs");
	assert_int_equal(effect->handler, HANDLER_DOCKER_RESTART);
	assert_string_equal(effect->control, "daemon.icc");
}

static void test_copy_shares_nothing(void **state)
{
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(effect_clear) struct effect copy = {0};
	struct effect *effect = effects_add(&effects, "c", HANDLER_SYSCTL,
					    subj("sysctl:net.ipv4.ip_forward"), "0", "1");

	str_replace(&effect->pending, "reboot");
	effect_copy(&copy, effect);
	effect->after[0] = '2';
	effect->pending[0] = 'R';
	assert_string_equal(copy.control, "c");
	assert_int_equal(copy.handler, HANDLER_SYSCTL);
	assert_true(subject_equal(copy.subject, subj("sysctl:net.ipv4.ip_forward")));
	assert_string_equal(copy.before, "0");
	assert_string_equal(copy.after, "1");
	assert_string_equal(copy.pending, "reboot");
	effect_copy(&copy, &copy); /* copies before it clears */
	assert_string_equal(copy.pending, "reboot");
}

static bool brings(const struct effect *e, const char *control, const char *path, const char *key)
{
	CLEANUP(edits_clear) struct edits edits = {0};

	return effect_brings(e, edits_add(&edits, control, path, subj(key), NULL, NULL));
}

/* Named once each, by its own control's edits alone; a copy has its own, the reverse the same. */
static void test_brings(void **state)
{
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(effect_clear) struct effect copy = {0};
	struct effect *e = effects_add(&effects, "c", HANDLER_SYSCTL, subj("sysctl:a"), "0", "1");

	assert_false(brings(e, "c", "/etc/x", "kv:a"));
	effect_bring(e, "/etc/x", subj("kv:a"));
	effect_bring(e, "/etc/x", subj("kv:a"));
	assert_int_equal(e->nbrings, 1);
	effect_copy(&copy, e);
	effect_invert(&copy);
	effect_bring_none(e);
	assert_false(brings(e, "c", "/etc/x", "kv:a"));
	assert_true(brings(&copy, "c", "/etc/x", "kv:a"));
	assert_false(brings(&copy, "d", "/etc/x", "kv:a"));
	assert_false(brings(&copy, "c", "/etc/x", "kv:b"));
	assert_false(brings(&copy, "c", "/etc/y", "kv:a"));
}

static void test_clear_twice(void **state)
{
	struct effects effects = {0};

	effects_add(&effects, NULL, HANDLER_AUDIT_RULES, subj("rule:-w /x"), NULL, "loaded");
	effects_clear(&effects);
	effects_clear(&effects);
	effects_clear(NULL);
	effect_clear(NULL);
	assert_null(effects.items);
	assert_int_equal(effects.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invert_keeps_pending),
		cmocka_unit_test(test_copy_shares_nothing),
		cmocka_unit_test(test_brings),
		cmocka_unit_test(test_clear_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
