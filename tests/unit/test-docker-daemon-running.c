/* The daemon that runs: what is known of it, and what a change takes to come into force. */

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/docker-view.h"

/* Where the running daemon's value comes from decides what can be said. */
static void test_what_is_known_of_the_running_daemon(void **state)
{
	static const struct {
		const char *name;
		bool running;
		const char *not_measured;
		enum setting_source source;
		const char *now, *file;
		enum verdict verdict;
		size_t edits, effects;
	} cases[] = {
		{"asked", true, NULL, SOURCE_API, "true", "{\"debug\":true}", VERDICT_PASS, 0, 0},
		{"stopped", false, NULL, SOURCE_DEFAULT, "true", "{\"debug\":true}", VERDICT_PASS,
		 0, 0},
		{"stopped, wrong", false, NULL, SOURCE_DEFAULT, "true", "{}", VERDICT_FAIL, 1, 0},
		{"no API", true, "permission denied", SOURCE_FILE, "true", "{\"debug\":true}",
		 VERDICT_NOT_MEASURED, 0, 0},
		{"no API, wrong", true, "permission denied", SOURCE_FILE, "true", "{}",
		 VERDICT_FAIL, 1, 0},
		{"no API, seen at start", true, "permission denied", SOURCE_WITNESS, "true",
		 "{\"debug\":true}", VERDICT_PASS, 0, 0},
		{"no API, a flag", true, "permission denied", SOURCE_FLAG, "false",
		 "{\"debug\":true}", VERDICT_FAIL, 0, 1},
		{"file changed after the start", true, NULL, SOURCE_UNKNOWN, NULL,
		 "{\"debug\":true}", VERDICT_FAIL, 0, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, "key=debug value=true");

		fake_view_init(&f);
		f.facts.docker.running = cases[i].running;
		f.facts.docker.not_measured = xstrdup_null(cases[i].not_measured);
		fake_file(&f, CONFIG, 0644, cases[i].file);
		set_now(&f, "debug", cases[i].now, cases[i].source);
		fake_diff(&f, &module_docker_daemon, want, &d);
		if (d.verdict != cases[i].verdict || d.edits.count != cases[i].edits ||
		    d.effects.count != cases[i].effects)
			fail_msg("%s: %s (%s), %zu edits, %zu effects", cases[i].name,
				 verdict_to_string(d.verdict), d.reason, d.edits.count,
				 d.effects.count);
		if (cases[i].not_measured && d.verdict == VERDICT_NOT_MEASURED)
			assert_non_null(strstr(d.reason, cases[i].not_measured));
		fake_converges(&f, &module_docker_daemon, want, &d, NULL);
	}
}

/* Without systemd a daemon that is not seen may run all the same. */
static void test_not_seen_is_not_stopped(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=debug value=true");

	fake_file(f, CONFIG, 0644, "{\"debug\":true}");
	f->facts.docker.running = false;
	f->facts.docker.not_measured = xstrdup("no bus");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	facts_add_unit(&f->facts, "docker.service")->active = xstrdup("inactive");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_PASS);
}

static void test_reason_of_a_changed_file(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, CONFIG, 0644, "{\"icc\":false}");
	set_now(f, "icc", NULL, SOURCE_UNKNOWN);
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_string_equal(d.reason, "'" CONFIG "' was changed after dockerd started: icc may not "
				      "be in force");
	assert_int_equal(find_effect(&d, "docker:icc")->handler, HANDLER_DOCKER_RESTART);
}

/* A reload reads the file with the old arguments: not for keys that are one, nor over a plugin. */
static void test_when_a_reload_will_not_do(void **state)
{
	static const char *const flags[] = {"live-restore", "authorization-plugins", "features"};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, "key=live-restore value=true");

		fake_view_init(&f);
		strv_add(&f.facts.docker.now_flags, flags[i]);
		fake_diff(&f, &module_docker_daemon, want, &d);
		assert_int_equal(find_effect(&d, "docker:live-restore")->handler,
				 HANDLER_DOCKER_RESTART);
	}
}

/* Without a dockerd they run on as well, and its next start finds them. */
static void test_pending_without_dockerd(void **state)
{
	static const struct {
		const char *what, *file, *want;
		const char *state; /* NULL: not known */
		bool image;
		enum verdict verdict;
		const char *reason;
	} rows[] = {
		{"runs on", "{\"icc\":false,\"live-restore\":true}", "key=icc value=false",
		 "running", false, VERDICT_PENDING,
		 "icc is written as false: no container may run when dockerd starts; 1 runs"},
		{"its process is gone", "{\"icc\":false,\"live-restore\":true}",
		 "key=icc value=false", "without a process", false, VERDICT_PASS,
		 "at the next start"},
		{"the start ends it", "{\"icc\":false}", "key=icc value=false", "running", false,
		 VERDICT_PASS, "at the next start"},
		{"not known", "{\"icc\":false,\"live-restore\":true}", "key=icc value=false", NULL,
		 false, VERDICT_PENDING, "cannot be seen"},
		{"no setting of the network", "{\"debug\":true,\"live-restore\":true}",
		 "key=debug value=true", "running", false, VERDICT_PASS, "at the next start"},
		{"set nowhere", "{\"live-restore\":true}", "key=icc value=false unset-ok=true",
		 "running", false, VERDICT_NOT_MEASURED, "1 runs"},
		{"an image", "{\"icc\":false,\"live-restore\":true}", "key=icc value=false",
		 "running", true, VERDICT_PASS, "at the next start"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_docker_daemon, rows[i].want);
		struct container *c;

		fake_view_init(&f);
		f.facts.offline = rows[i].image;
		f.facts.docker.running = false;
		c = container_list_add(&f.facts.docker.containers);
		c->id = xstrdup("abc");
		c->name = xstrdup("web");
		c->state = xstrdup_null(rows[i].state);
		c->running = strcmp_null(c->state, "running") == 0;
		containers_unknown(&f.facts.docker.containers, "containers cannot be seen");
		fake_file(&f, CONFIG, 0644, rows[i].file);
		fake_diff(&f, &module_docker_daemon, want, &d);
		if (d.verdict != rows[i].verdict || !strstr(d.reason, rows[i].reason))
			fail_msg("%s: %s (%s)", rows[i].what, verdict_to_string(d.verdict),
				 d.reason);
	}
}

/* Containers that live through the restart keep dockerd from setting up its network. */
static void test_pending(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	set_now(f, "live-restore", "true", SOURCE_API);
	f->facts.docker.bridge_icc = xstrdup("true");
	add_container(f, "web", "front");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_non_null(find_effect(&d, "docker:icc")); /* announced as pending by the planner */
	fake_converges(f, &module_docker_daemon, want, &d, NULL);

	/* the next plan, on the host as the apply left it */
	f->nvalues--;
	free(f->values[f->nvalues].subject);
	free(f->values[f->nvalues].value);
	set_now(f, "icc", "false", SOURCE_FILE);
	fake_diff(f, &module_docker_daemon, want, &again);
	assert_verdict(&again, VERDICT_PENDING);
	assert_int_equal(again.edits.count + again.effects.count, 0);
	assert_non_null(strstr(again.reason, "no container may run when dockerd starts"));

	/* and when no container runs any more, a restart will do */
	f->facts.docker.containers.seen[0].running = false;
	fake_diff(f, &module_docker_daemon, want, &again);
	assert_verdict(&again, VERDICT_FAIL);
	assert_int_equal(find_effect(&again, "docker:icc")->handler, HANDLER_DOCKER_RESTART);
}

/* Written, and containers run: only with live-restore would a restart be in vain. */
static void test_not_pending_when_containers_stop(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=icc value=false");

	fake_file(f, CONFIG, 0644, "{\"icc\":false}");
	f->facts.docker.bridge_icc = xstrdup("true");
	add_container(f, "web", "front");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.effects.count, 1);
	fake_value(f, "docker:live-restore", "true"); /* this plan switches it on first */
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_verdict(&d, VERDICT_PENDING);
	assert_int_equal(d.effects.count, 0);
}

static void test_existing_containers_are_a_warning(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_docker_daemon, "key=no-new-privileges value=true");

	add_container(f, "a", "none");
	add_container(f, "b", "none");
	fake_diff(f, &module_docker_daemon, want, &d);
	assert_non_null(find_effect(&d, "docker:no-new-privileges"));
	assert_int_equal(d.warnings.count, 1);
	assert_string_equal(d.warnings.items[0],
			    "2 existing containers keep the old no-new-privileges, each until it "
			    "is created anew");
	assert_int_equal(d.holds.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_what_is_known_of_the_running_daemon),
		DOCKER_VIEW_TEST(test_not_seen_is_not_stopped),
		cmocka_unit_test(test_pending_without_dockerd),
		DOCKER_VIEW_TEST(test_reason_of_a_changed_file),
		DOCKER_VIEW_TEST(test_when_a_reload_will_not_do),
		DOCKER_VIEW_TEST(test_pending),
		DOCKER_VIEW_TEST(test_not_pending_when_containers_stop),
		DOCKER_VIEW_TEST(test_existing_containers_are_a_warning),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
