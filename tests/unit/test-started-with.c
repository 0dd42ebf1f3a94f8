#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/effect/live.h"

/*
 * What harden knows of a dockerd that it has started, after its file was written once more: the settings that
 * only a start changes are those of the start, and no others are said to be known.
 */

static const struct host {
	const char *run; /* of docker.service */
	enum setting_source proxy; /* how userland-proxy is known, and what it is */
	const char *proxy_value, *proxy_next;
	enum setting_source live;
	bool stopped;
} * HOST;

static int look(void *data, struct facts *ret, struct error *err)
{
	struct unit_facts *u = facts_add_unit(ret, DOCKER_SERVICE);

	u->invocation_id = xstrdup_null(HOST->run);
	ret->docker.running = !HOST->stopped;
	settings_put(&ret->docker.now, "userland-proxy", HOST->proxy_value, HOST->proxy, NULL);
	settings_put(&ret->docker.now, "live-restore", HOST->live == SOURCE_API ? "true" : NULL,
		     HOST->live, NULL);
	settings_put(&ret->docker.now, "debug", NULL, SOURCE_UNKNOWN, NULL);
	if (HOST->proxy_next)
		settings_put(&ret->docker.next, "userland-proxy", HOST->proxy_next, SOURCE_FILE,
			     NULL);
	return 0;
}

static void test_known_of_the_start(void **state)
{
	static const struct {
		struct host at_start, later;
		int meant; /* proxies, as they are judged later */
	} rows[] = {
		/* the file was given back since */
		{{"a", SOURCE_FILE, "false", "false"}, {"a", SOURCE_UNKNOWN, NULL, "false"}, 0},
		{{"a", SOURCE_FILE, "true", "true"}, {"a", SOURCE_UNKNOWN, NULL, "false"}, 1},
		{{"a", SOURCE_DEFAULT, NULL}, {"a", SOURCE_UNKNOWN, NULL, "false"}, 1},
		/* it was young already at the first look: what the next start reads is what this one read */
		{{"a", SOURCE_UNKNOWN, NULL, "false"}, {"a", SOURCE_UNKNOWN, NULL, "true"}, 0},
		{{"a", SOURCE_UNKNOWN, NULL}, {"a", SOURCE_UNKNOWN, NULL, "false"}, 1},
		/* somebody else has started it since, or nobody knows which one it was */
		{{"a", SOURCE_FILE, "false", "false"}, {"b", SOURCE_UNKNOWN, NULL, "false"}, -1},
		{{NULL, SOURCE_FILE, "false", "false"}, {NULL, SOURCE_UNKNOWN, NULL, "false"}, -1},
		{{"a", SOURCE_FILE, "false", .stopped = true}, {"a", SOURCE_UNKNOWN}, -1},
		/* what is known now counts */
		{{"a", SOURCE_FILE, "false", "false"}, {"a", SOURCE_FILE, "true"}, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct live l = {.effector.look = look};
		CLEANUP(facts_clear) struct facts now = {0};
		int meant;

		HOST = &rows[i].at_start;
		started_with_note(&l);
		HOST = &rows[i].later;
		assert_int_equal(live_look(&l, &now, NULL), 0);
		meant = proxies_are_meant(&now.docker.now);
		if (meant != rows[i].meant)
			fail_msg("row %zu: %d", i, meant);
		started_with_clear(&l.started_with);
	}
}

/* A reload changes these: what the start had of them says nothing of now. */
static void test_reloaded_is_not_known(void **state)
{
	const struct host start = {"a", SOURCE_FILE, "false", "false", SOURCE_API};
	const struct host later = {"a", SOURCE_UNKNOWN, NULL, "false", SOURCE_UNKNOWN};
	static const char *const reloadable[] = {"live-restore", "debug"};
	struct live l = {.effector.look = look};
	CLEANUP(facts_clear) struct facts now = {0};

	HOST = &start;
	started_with_note(&l);
	HOST = &later;
	assert_int_equal(live_look(&l, &now, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(reloadable); i++)
		assert_int_equal(settings_find(&now.docker.now, reloadable[i])->source,
				 SOURCE_UNKNOWN);
	started_with_clear(&l.started_with);
}

static void test_nobody_looks(void **state)
{
	struct live l = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(error_clear) struct error err = {0};

	started_with_note(&l);
	assert_null(l.started_with.run);
	assert_int_equal(live_look(&l, &now, &err), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_of_the_start),
		cmocka_unit_test(test_reloaded_is_not_known),
		cmocka_unit_test(test_nobody_looks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
