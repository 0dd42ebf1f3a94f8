#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/restart-gate.h"
#include "tests/unit/gate-facts.h"

static void test_names(void **state)
{
	CLEANUP(stopped_clear) struct stopped_list names = {0};

	stopped_add_text(&names, "web (is removed: --rm)");
	stopped_add_text(&names, "db");
	stopped_add_text(&names, "api: it has no restart policy");
	assert_true(container_is_named(&names, "web"));
	assert_true(container_is_named(&names, "db"));
	assert_true(container_is_named(&names, "api"));
	assert_false(container_is_named(&names, "we"));
	assert_false(container_is_named(&names, "web2"));
	assert_false(container_is_named(&names, NULL));
	assert_false(container_is_named(&names, ""));
	assert_false(container_is_named(NULL, "web"));
}

/* A task of a swarm comes back under another id: its service and slot are its name. */
static void test_names_of_tasks(void **state)
{
#define TASK_A "abcdefghijklmnopqrstuvwx0"
#define TASK_B "0123456789abcdefghijklmno"
	static const struct {
		const char *named, *container;
		bool is;
	} names[] = {
		{"web.1." TASK_A, "web.1." TASK_A, true},
		{"web.1." TASK_A, "web.1." TASK_B, true},
		{"web.1." TASK_A ": stops", "web.1." TASK_B, true},
		{"web.1." TASK_A, "web.2." TASK_B, false},
		{"web.1." TASK_A, "db1.1." TASK_B, false},
		{"web.1." TASK_A, "web", false},
		{"web", "web.1." TASK_A, false},
		{"web.1." TASK_A, "web.1.abcdefghijklmnopqrstuvwx", false}, /* too short an id */
		{"web.1." TASK_A, "web.1.ABCDEFGHIJKLMNOPQRSTUVWX0", false},
		{"web-1-" TASK_A, "web-1-" TASK_B, false},
		{"web." TASK_A, "web." TASK_B, false}, /* no slot */
		{TASK_A, TASK_B, false},
		{"." TASK_A, "." TASK_B, false},
		{"web(by hand)", "web", true},
		{"web (goes down with a.service)", "web", true},
		{"web", "web(", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(stopped_clear) struct stopped_list list = {0};

		stopped_add_text(&list, names[i].named);
		if (container_is_named(&list, names[i].container) != names[i].is)
			fail_msg("'%s' names '%s': %d", names[i].named, names[i].container,
				 !names[i].is);
	}
}

static const struct judged {
	const char *name;
	bool up, known, running, measured; /* of dockerd */
	bool told, lives; /* of the container */
	bool shim, live_restore;
	const char *refusal; /* NULL: it may be restarted */
} judged[] = {
	{"all is told", true, true, true, true, true, true, true, true, NULL},
	{"live-restore is off", true, true, true, true, true, true, true, false,
	 "live-restore is not in force"},
	{"nobody lives", true, true, true, true, true, false, false, false, NULL},
	{"by dockerd's word it has ended", true, true, true, true, true, false, true, false, NULL},
	{"the list is not known", true, false, true, true, true, true, true, true,
	 "could not be asked"},
	{"half an answer", true, true, true, false, true, true, true, true, "could not be asked"},
	{"it says that it does not run", true, true, false, true, true, true, true, true,
	 "could not be asked"},
	{"one of which nothing was told", true, true, true, true, false, false, false, false,
	 "tells nothing of containers that it has"},
	{"one of which nothing was told, and live-restore", true, true, true, true, false, false,
	 false, true, "tells nothing of containers that it has"},
	{"down, and no process is left", false, true, false, false, true, true, false, false, NULL},
	{"down, with a process", false, true, false, false, true, true, true, false,
	 "would not have live-restore"},
	{"down, and its next start spares it", false, true, false, false, true, true, true, true,
	 NULL},
};

/* dockerd's word counts only where all of it was given; else whoever has a process is in danger. */
static void test_whose_word_counts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		const struct judged *row = &judged[i];
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv shims = {0};
		const char *live = row->live_restore ? "true" : "false";
		struct container *c;
		int r;

		add(&f, "web", ID_A, row->lives);
		c = &f.docker.containers.seen[0];
		if (!row->told) {
			str_replace(&c->name, NULL);
			c->unread = xstrdup("no answer");
		}
		f.docker.running = row->running;
		if (!row->measured)
			f.docker.not_measured = xstrdup("no answer");
		if (row->known)
			containers_known(&f.docker.containers);
		settings_put(&f.docker.now, "live-restore", live, SOURCE_API, "");
		settings_put(&f.docker.next, "live-restore", live, SOURCE_FILE, "");
		if (row->shim)
			strv_add(&shims, ID_A);
		r = restart_gate_judge(&f, &shims, NULL, row->up, &err);
		if ((r < 0) != (row->refusal != NULL) ||
		    (r < 0 && !strstr(error_text(&err), row->refusal)))
			fail_msg("%s: %d %s", row->name, r, r < 0 ? error_text(&err) : "");
	}
}

/* live-restore keeps what dockerd has; one that it does not list is only let go by its name. */
static void test_unlisted(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv shims = {0};
	CLEANUP(stopped_clear) struct stopped_list named = {0};
	struct container *c;

	add(&f, "db", ID_A, false);
	c = &f.docker.containers.seen[0];
	c->unlisted = true;
	c->unread = xstrdup("dockerd does not list it");
	f.docker.running = true;
	containers_known(&f.docker.containers);
	settings_put(&f.docker.now, "live-restore", "true", SOURCE_API, "");
	settings_put(&f.docker.next, "live-restore", "true", SOURCE_FILE, "");
	assert_int_equal(restart_gate_judge(&f, &shims, NULL, true, &err), -EPERM);
	assert_non_null(strstr(error_text(&err), "does not list"));
	assert_non_null(strstr(error_text(&err), "db"));
	stopped_add_text(&named, "db (not known: dockerd does not list it)");
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), 0);
	str_replace(&c->name, NULL); /* of one without a name the plan has the id */
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), -EPERM);
	stopped_add_text(&named, ID_A " (not known: dockerd does not list it)");
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), 0);
	c->unlisted = false; /* likewise one that it lists, and tells nothing of */
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), 0);
	assert_int_equal(restart_gate_judge(&f, &shims, NULL, true, NULL), -EPERM);
}

/* Where its start finds no room, dockerd is neither restarted nor started: whoever is named. */
static void test_no_room(void **state)
{
	for (int up = 0; up < 2; up++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(strv_clear) struct strv shims = {0};

		containers_known(&f.docker.containers);
		f.docker.running = up;
		assert_int_equal(restart_gate_judge(&f, &shims, NULL, up, &err), 0);
		f.docker.no_room = xstrdup("'/srv' has 0 bytes free");
		assert_int_equal(restart_gate_judge(&f, &shims, NULL, up, &err), -EPERM);
		assert_non_null(strstr(error_text(&err),
				       up ? "is not restarted: '/srv'" : "is not started: '/srv'"));
		str_replace(&f.docker.no_room, NULL);
		f.docker.no_restart = xstrdup("RefuseManualStart=yes");
		assert_int_equal(restart_gate_judge(&f, &shims, NULL, up, NULL), up ? -EPERM : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_of_tasks),
		cmocka_unit_test(test_whose_word_counts),
		cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_no_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
