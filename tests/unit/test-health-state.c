#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/health-state.h"
#include "engine/effect/live.h"

/* What dockerd says of itself before a restart and after it: what of it is worse, lost or new. */

#define SWARM(state, manager, more)                                                                \
	"{\"Swarm\":{\"LocalNodeState\":\"" state "\",\"ControlAvailable\":" manager more "}}"
#define ACTIVE SWARM("active", "true", "")
#define WORKER SWARM("active", "false", "")
#define NONE SWARM("inactive", "false", "")
#define LOCKED SWARM("locked", "false", ",\"Error\":\"needs to be unlocked\"")

#define THINGS(root, driver, runtimes, volume, log, warnings)                                      \
	"{\"DockerRootDir\":\"" root "\",\"Driver\":\"" driver                                     \
	"\",\"CgroupDriver\":\"systemd\",\"Runtimes\":{" runtimes "},\"Plugins\":{\"Volume\":["    \
	"\"local\"" volume "],\"Network\":[\"bridge\"],\"Log\":[\"json-file\"" log                 \
	"]},\"Warnings\":[" warnings "]}"

static void read_state(struct engine_state *s, const char *text)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};

	buf_puts(&body, text);
	if (engine_state_read(&body, s, &err) < 0)
		fail_msg("%s: %s", text, error_text(&err));
}

static void test_the_swarm(void **state)
{
	static const struct {
		const char *before, *now, *want; /* NULL: nothing is worse */
	} rows[] = {
		{ACTIVE, ACTIVE, NULL},
		{ACTIVE, LOCKED, "is locked since the restart of dockerd (active before): needs"},
		{ACTIVE, SWARM("locked", "false", ""), "'docker swarm unlock'"},
		{ACTIVE, SWARM("pending", "false", ""), "is pending"},
		{ACTIVE, SWARM("error", "false", ",\"Error\":\"x\""), "is error since"},
		{ACTIVE, NONE, "is inactive"},
		{ACTIVE, WORKER, "no manager any more"},
		{WORKER, WORKER, NULL},
		{WORKER, ACTIVE, NULL},
		{WORKER, SWARM("pending", "false", ""), "is pending"},
		{SWARM("pending", "false", ""), LOCKED, "is locked"},
		{SWARM("pending", "false", ""), ACTIVE, NULL},
		{LOCKED, LOCKED, NULL},
		{LOCKED, ACTIVE, NULL},
		{LOCKED, NONE, "is inactive"},
		{NONE, NONE, NULL},
		{NONE, ACTIVE, NULL},
		{"{}", LOCKED, NULL}, /* nobody knows what it was */
		{ACTIVE, "{}", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(engine_state_clear) struct engine_state before = {0}, now = {0};
		CLEANUP(freep) char *worse = NULL;

		read_state(&before, rows[i].before);
		read_state(&now, rows[i].now);
		worse = engine_state_swarm_worse(&before, &now);
		if (!worse != !rows[i].want || (worse && !strstr(worse, rows[i].want)))
			fail_msg("row %zu: %s", i, worse ? worse : "nothing");
	}
}

static void test_what_is_lost(void **state)
{
#define RUNC "\"runc\":{}"
	static const char before[] = THINGS("/r", "overlay2", RUNC ",\"kata\":{}", ",\"nfs\"",
					    ",\"loki\"", "\"WARNING: old\"");
	static const struct {
		const char *now, *lost, *warnings;
	} rows[] = {
		{before, "", ""},
		{THINGS("/r", "vfs", RUNC ",\"kata\":{}", ",\"nfs\"", ",\"loki\"", ""),
		 "the storage driver overlay2", ""},
		{THINGS("/r", "overlay2", RUNC, ",\"nfs\"", ",\"loki\"", "\"WARNING: old\""),
		 "the runtime kata", ""},
		{THINGS("/r", "overlay2", RUNC ",\"kata\":{}", "", "",
			"\"WARNING: old\",\"WARNING: new\\nmore of it\",\"\""),
		 "the volume driver nfs, the log driver loki", "WARNING: new"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(engine_state_clear) struct engine_state a = {0}, b = {0};
		CLEANUP(strv_clear) struct strv lost = {0}, warnings = {0};
		CLEANUP(freep) char *losses = NULL, *words = NULL;

		read_state(&a, before);
		read_state(&b, rows[i].now);
		engine_state_lost(&a, &b, &lost, &warnings);
		losses = strv_join(&lost, ", ");
		words = strv_join(&warnings, ", ");
		assert_string_equal(losses, rows[i].lost);
		assert_string_equal(words, rows[i].warnings);
	}
}

static void test_no_answer(void **state)
{
	CLEANUP(engine_state_clear) struct engine_state s = {0};
	CLEANUP(buf_clear) struct buf body = {0};

	buf_puts(&body, "[]");
	assert_true(engine_state_read(&body, &s, NULL) < 0);
	assert_null(s.swarm);
}

/* What ended and does not run is more than an end where it should be kept up. */
static void test_told_ended(void **state)
{
	static const struct {
		const char *policy;
		struct ending ending;
		bool looped, down;
	} rows[] = {
		{"unless-stopped", {.code = 0}, false, true},
		{"always", {.code = 143, .asked = true}, false, true},
		{"no", {.code = 0}, false, false},
		{"on-failure", {.code = 0}, false, false},
		{NULL, {.code = 0}, false, false},
		{"always", {.code = 0, .runs = true}, false, false},
		{"always", {.code = -1, .unknown = true}, false, false},
		/* one that somebody restarted a while ago looks so, too */
		{"always", {.code = 1}, true, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(freep) char *name = xstrdup("r1"), *policy = xstrdup_null(rows[i].policy);
		struct live l = {.effector = {.notes = &notes}};
		struct watched w = {
			.name = name, .restart_policy = policy, .looped = rows[i].looped};

		watched_tell_ended(&l, &w, &rows[i].ending);
		assert_int_equal(notes.count, 1);
		assert_true(starts_with(notes.items[0], "the container 'r1' ended meanwhile"));
		if ((strstr(notes.items[0], "docker start r1") != NULL) != rows[i].down)
			fail_msg("row %zu: %s", i, notes.items[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_ended),
		cmocka_unit_test(test_the_swarm),
		cmocka_unit_test(test_what_is_lost),
		cmocka_unit_test(test_no_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
