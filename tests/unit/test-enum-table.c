#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/model/control.h"
#include "engine/model/facts.h"
#include "engine/model/handler.h"
#include "engine/model/node.h"
#include "engine/model/plan.h"
#include "engine/model/verdict.h"

/* A to_string() of any enum as one of int: C has no generic pointer to those. */
#define ADAPT(name, type)                                                                          \
	static const char *name##_text(int value)                                                  \
	{                                                                                          \
		return name##_to_string((type)value);                                              \
	}

ADAPT(control_class, enum control_class)
ADAPT(control_apply, enum control_apply)
ADAPT(docker_install, enum docker_install)
ADAPT(finding_state, enum finding_state)
ADAPT(handler, enum handler)
ADAPT(node_kind, enum node_kind)
ADAPT(setting_source, enum setting_source)
ADAPT(verdict, enum verdict)

static const char *phrase_text(int value)
{
	return handler_phrase((enum handler)value);
}

/* The names are part of the plan's and the report's format: whoever changes one changes that. */
static const struct {
	const char *names; /* in the order of the enum */
	int count;
	const char *(*to_string)(int value);
	int (*from_string)(const char *s);
} tables[] = {
	{"remediate check manual", CONTROL_CLASS_COUNT, control_class_text,
	 control_class_from_string},
	{"auto opt-in", CONTROL_APPLY_COUNT, control_apply_text, control_apply_from_string},
	{"none distro docker-ce snap rootless other", DOCKER_INSTALL_COUNT, docker_install_text,
	 docker_install_from_string},
	{"ok planned held refused waived", FINDING_STATE_COUNT, finding_state_text,
	 finding_state_from_string},
	{"none systemd-reload unit-state sysctl audit-rules firewall docker-reload docker-socket "
	 "docker-restart",
	 HANDLER_COUNT, handler_text, handler_from_string},
	{"absent file dir symlink socket other unknown", NODE_KIND_COUNT, node_kind_text,
	 node_kind_from_string},
	{"default flag file api witness unknown", SETTING_SOURCE_COUNT, setting_source_text,
	 setting_source_from_string},
	{"not_applicable pass manual pending not_measured fail", VERDICT_COUNT, verdict_text,
	 verdict_from_string},
};

static void test_names_and_round_trip(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		CLEANUP(strv_clear) struct strv names = {0};

		strv_split(&names, tables[t].names, " ");
		assert_int_equal(names.count, tables[t].count);
		for (int i = 0; i < tables[t].count; i++) {
			const char *name = tables[t].to_string(i);

			assert_non_null(name);
			assert_string_equal(name, names.items[i]);
			assert_int_equal(tables[t].from_string(name), i);
		}
	}
}

static void test_unknown_names(void **state)
{
	static const char *const strangers[] = {"", "nothing", "Pass", "fail ", "dockerrestart"};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
			assert_int_equal(tables[t].from_string(strangers[i]), -EINVAL);
}

static void test_every_handler_has_a_phrase_of_its_own(void **state)
{
	for (int i = 0; i < HANDLER_COUNT; i++) {
		assert_non_null(phrase_text(i));
		assert_true(strlen(phrase_text(i)) > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(phrase_text(i), phrase_text(k));
	}
	assert_string_equal(handler_phrase(HANDLER_DOCKER_RELOAD), "reload of dockerd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_round_trip),
		cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_every_handler_has_a_phrase_of_its_own),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
