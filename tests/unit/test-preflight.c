#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/preflight.h"
#include "tests/subject-text.h"

/* The way back makes the socket anew as the way up did: who is cut off is named there, too. */
static void test_way_back_names_who_is_cut_off(void **state)
{
	static const struct {
		enum handler handler;
		bool known;
		const char *word; /* NULL: nothing is said */
	} rows[] = {
		{HANDLER_DOCKER_SOCKET, true, "container agent has the API's socket mounted"},
		{HANDLER_DOCKER_SOCKET, false, "is not known: nobody asked"},
		{HANDLER_DOCKER_RELOAD, true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		struct stage *stage;
		struct container *c = container_list_add(&f.docker.containers);

		c->name = xstrdup("agent");
		c->running = true;
		container_add_mount(c)->source = xstrdup("/run/docker.sock");
		if (rows[i].known)
			containers_known(&f.docker.containers);
		else
			containers_unknown(&f.docker.containers, "nobody asked");
		settings_put(&f.docker.next, "hosts", "[\"fd://\"]", SOURCE_FLAG, "test");
		stage = plan_add_stage(&plan);
		effects_add(&stage->effects, "x", rows[i].handler, subj("start:x"), NULL, "anew");
		stage->up = HANDLER_BIT(rows[i].handler);
		assert_int_equal(plan_check_restart(&plan, &f, NULL, NULL), 0);
		assert_int_equal(plan.checks.count, rows[i].word != NULL);
		if (rows[i].word)
			assert_non_null(strstr(plan.checks.items[0].text, rows[i].word));
	}
}

/* No word helps where systemd would not start it again; who waits for an answer is only named. */
static void test_what_a_restart_meets(void **state)
{
	static const struct {
		enum handler handler;
		const char *no_restart;
		int want;
		size_t checks;
	} rows[] = {
		{HANDLER_DOCKER_RESTART, "RefuseManualStop=yes", -EPERM, 2},
		{HANDLER_DOCKER_RESTART, NULL, 0, 1},
		{HANDLER_DOCKER_RELOAD, "RefuseManualStop=yes", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv ack = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct stage *stage = plan_add_stage(&plan);

		strv_add(&ack, "x");
		containers_known(&f.docker.containers);
		f.docker.no_restart = xstrdup_null(rows[i].no_restart);
		strv_add(&f.docker.cut_off, "'docker logs' (pid 7) is cut off");
		effects_add(&stage->effects, "x", rows[i].handler, subj("docker:icc"), NULL,
			    "false");
		stage->up = HANDLER_BIT(rows[i].handler);
		assert_int_equal(plan_check_restart(&plan, &f, &ack, &err), rows[i].want);
		assert_int_equal(plan.checks.count, rows[i].checks);
		if (rows[i].checks > 0)
			assert_string_equal(plan.checks.items[0].text,
					    "'docker logs' (pid 7) is cut off");
		if (rows[i].want < 0)
			assert_non_null(strstr(error_text(&err), "RefuseManualStop=yes"));
	}
}

/* The gate just in front of the restart would refuse these, and then half the work is done. */
static void test_live_restore_that_the_start_would_lack(void **state)
{
	static const struct {
		const char *what, *now, *next, *file_error;
		bool container, gives_up; /* the plan does, by a reload after its restart */
		int want;
	} rows[] = {
		{"in force and in the file", "true", "true", NULL, true, false, 0},
		{"somebody took it out", "true", NULL, NULL, true, false, -EPERM},
		{"somebody emptied the file", "true", NULL, "it is empty", true, false, -EPERM},
		{"... and a flag has it", "true", "true", "it is empty", true, false, -EPERM},
		{"... and nothing runs", "true", NULL, "it is empty", false, false, 0},
		{"... and it is not in force", "false", NULL, "it is empty", true, false, 0},
		{"the plan has it there meanwhile", "true", NULL, "it is empty", true, true, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv ack = {0};
		struct stage *stage = plan_add_stage(&plan);
		struct docker_facts *d = &f.docker;

		strv_add(&ack, "x");
		d->running = true;
		d->config_file = xstrdup("/etc/docker/daemon.json");
		d->file_error = xstrdup_null(rows[i].file_error);
		if (rows[i].container)
			container_list_add(&d->containers)->running = true;
		containers_known(&d->containers);
		settings_put(&d->now, "live-restore", rows[i].now, SOURCE_API, NULL);
		if (rows[i].next)
			settings_put(&d->next, "live-restore", rows[i].next, SOURCE_FLAG, NULL);
		if (rows[i].gives_up) {
			struct change *c = plan_add_change(&plan, d->config_file);

			c->images = xcalloc(2, sizeof(*c->images));
			c->nimages = 2;
			effects_add(&stage->effects, "x", HANDLER_DOCKER_RELOAD,
				    subj("docker:live-restore"), "true", "false");
		}
		effects_add(&stage->effects, "x", HANDLER_DOCKER_RESTART, subj("docker:icc"), NULL,
			    "false");
		stage->up = HANDLERS_RESTART;
		if (plan_check_restart(&plan, &f, &ack, NULL) != rows[i].want)
			fail_msg("%s: not %d", rows[i].what, rows[i].want);
	}
}

/* Whoever says yes to a rollback has not said yes to the end of what runs. */
static void test_stopped_containers_are_consented_to(void **state)
{
	static const struct {
		enum handler handler;
		const char *stops, *ack;
		int want;
	} rows[] = {
		{HANDLER_DOCKER_RESTART, "pg (stays stopped: restart policy no)", NULL, -EPERM},
		{HANDLER_DOCKER_RESTART, "pg (stays stopped: restart policy no)", "other", -EPERM},
		{HANDLER_DOCKER_RESTART, "pg (stays stopped: restart policy no)", "x", 0},
		{HANDLER_DOCKER_SOCKET, "pg (stays stopped: restart policy no)", NULL, -EPERM},
		{HANDLER_DOCKER_RESTART, NULL, NULL, 0},
		{HANDLER_DOCKER_RELOAD, NULL, NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv ack = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct stage *stage = plan_add_stage(&plan);

		containers_known(&f.docker.containers);
		if (rows[i].ack)
			strv_add(&ack, rows[i].ack);
		if (rows[i].stops)
			stopped_add_text(&plan.stopped, rows[i].stops);
		effects_add(&stage->effects, "x", rows[i].handler, subj("docker:icc"), NULL,
			    "false");
		stage->up = HANDLER_BIT(rows[i].handler);
		assert_int_equal(plan_check_restart(&plan, &f, &ack, &err), rows[i].want);
		if (rows[i].want < 0) {
			assert_non_null(strstr(error_text(&err), rows[i].stops));
			assert_non_null(strstr(error_text(&err), "--ack x"));
		}
	}
}

/* What is advised can be done on this host, else it is no way out. */
static void test_live_restore_is_advised_where_it_can_be_had(void **state)
{
	static const struct {
		const char *what, *swarm, *flag, *no_reload, *file_error, *not_measured;
		bool advised, moves; /* dockerd looks elsewhere for its containers thereafter */
	} rows[] = {
		{"of no use", "inactive", NULL, NULL, NULL, NULL, false, true},
		{"can be had", "inactive", NULL, NULL, NULL, NULL, true},
		{"a swarm's member", "active", NULL, NULL, NULL, NULL, false},
		{"a swarm that waits", "pending", NULL, NULL, NULL, NULL, false},
		{"not known", NULL, NULL, NULL, NULL, NULL, false},
		{"a flag says so", "inactive", "live-restore", NULL, NULL, NULL, false},
		{"a flag that no reload keeps", "inactive", "features", NULL, NULL, NULL, false},
		{"another", "inactive", "authorization-plugins", NULL, NULL, NULL, false},
		{"another flag", "inactive", "icc", NULL, NULL, NULL, true},
		{"no reload", "inactive", NULL, "has no ExecReload=", NULL, NULL, false},
		{"a broken file", "inactive", NULL, NULL, "it is empty", NULL, false},
		{"mute", "inactive", NULL, NULL, NULL, "timed out", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct stage *stage = plan_add_stage(&plan);
		struct docker_facts *d = &f.docker;
		bool advised;

		plan.undoes = xstrdup("20260101-000000-abc");
		d->running = true;
		d->swarm = xstrdup_null(rows[i].swarm);
		d->no_reload = xstrdup_null(rows[i].no_reload);
		d->file_error = xstrdup_null(rows[i].file_error);
		d->not_measured = xstrdup_null(rows[i].not_measured);
		if (rows[i].flag)
			strv_add(&d->now_flags, rows[i].flag);
		stopped_add_text(&plan.stopped, "pg (stays stopped: restart policy no)");
		containers_known(&d->containers);
		if (rows[i].not_measured)
			d->running = false; /* else nothing is told it at all */
		stage->up = HANDLERS_RESTART;
		if (rows[i].moves)
			effects_add(&stage->effects, "x", HANDLER_DOCKER_RESTART,
				    subj("docker:data-root"), "\"/a\"", "\"/b\"");
		assert_int_equal(plan_check_restart(&plan, &f, NULL, &err), -EPERM);
		advised = strstr(error_text(&err), "harden apply --only daemon.live-restore");
		if (advised != rows[i].advised)
			fail_msg("%s: %s", rows[i].what, error_text(&err));
		if (advised &&
		    !strstr(error_text(&err), "and 'harden rollback 20260101-000000-abc"))
			fail_msg("%s: %s", rows[i].what, error_text(&err));
	}
}

/* The same of a start that would lack it. */
static void test_what_gives_live_restore_back(void **state)
{
	static const struct {
		const char *undoes, *swarm, *file_error, *word;
	} rows[] = {
		{NULL, "inactive", NULL, "'harden apply --only daemon.live-restore' sets it"},
		{"20260101-000000-abcdef", "inactive", NULL,
		 "sets it, and 'harden rollback 20260101-000000-abcdef' goes on then"},
		{"20260101-000000-abcdef", "inactive", "it is empty", "fix the file first"},
		{"20260101-000000-abcdef", "active", NULL, "stop it first"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct stage *stage = plan_add_stage(&plan);

		plan.undoes = xstrdup_null(rows[i].undoes);
		f.docker.running = true;
		f.docker.config_file = xstrdup("/etc/docker/daemon.json");
		f.docker.swarm = xstrdup(rows[i].swarm);
		f.docker.file_error = xstrdup_null(rows[i].file_error);
		container_list_add(&f.docker.containers)->running = true;
		containers_known(&f.docker.containers);
		settings_put(&f.docker.now, "live-restore", "true", SOURCE_API, NULL);
		effects_add(&stage->effects, "x", HANDLER_DOCKER_RESTART, subj("docker:icc"), NULL,
			    "false");
		stage->up = HANDLERS_RESTART;
		assert_int_equal(plan_check_restart(&plan, &f, NULL, &err), -EPERM);
		assert_non_null(strstr(error_text(&err), rows[i].word));
	}
}

/* A rollback of it where no reload is taken: who stops is asked for, and what keeps dockerd from one is told. */
static void test_live_restore_that_a_restart_takes_away(void **state)
{
	static const char proxy[] = "dockerd refuses every reload with \"userland-proxy\": true";
	static const struct {
		const char *no_reload, *ack, *word;
		bool proxy;
	} rows[] = {
		{proxy, NULL, "taken out of the file before", true},
		{"docker.service has no ExecReload=", NULL, "where that is fixed before", false},
		{NULL, NULL, "stops 1 container: pg (stays stopped", false},
		{proxy, "daemon.live-restore", NULL, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(strv_clear) struct strv ack = {0};
		struct stage *stage = plan_add_stage(&plan);
		struct docker_facts *d = &f.docker;
		int want = rows[i].ack ? 0 : -EPERM;

		plan.undoes = xstrdup("20260101-000000-abcdef");
		d->running = true;
		d->config_file = xstrdup("/etc/docker/daemon.json");
		d->swarm = xstrdup("inactive");
		d->no_reload = xstrdup_null(rows[i].no_reload);
		container_list_add(&d->containers)->running = true;
		containers_known(&d->containers);
		settings_put(&d->now, "live-restore", "true", SOURCE_API, NULL);
		settings_put(&d->next, "live-restore", "true", SOURCE_FILE, NULL);
		if (rows[i].proxy)
			settings_put(&d->next, "userland-proxy", "true", SOURCE_FILE, NULL);
		if (rows[i].ack)
			strv_add(&ack, rows[i].ack);
		stopped_add_text(&plan.stopped, "pg (stays stopped: restart policy no)");
		effects_add(&stage->effects, "daemon.live-restore", HANDLER_DOCKER_RESTART,
			    subj("docker:live-restore"), "true", NULL);
		stage->up = HANDLERS_RESTART;
		assert_int_equal(plan_check_restart(&plan, &f, &ack, &err), want);
		if (want == 0)
			continue;
		if (!strstr(error_text(&err), rows[i].word) ||
		    !strstr(error_text(&err), "'--ack daemon.live-restore' consents") ||
		    (rows[i].no_reload && !strstr(error_text(&err), rows[i].no_reload)) ||
		    strstr(error_text(&err), "harden apply"))
			fail_msg("%s", error_text(&err));
	}
}

/* Nobody is told to consent to more than it takes: a control that brings all is enough for each. */
static void test_the_least_is_asked_for(void **state)
{
	static const struct {
		enum handler a;
		const char *asked;
	} rows[] = {
		{HANDLER_SYSTEMD_RELOAD, "; '--ack b' consents to it"},
		{HANDLER_DOCKER_RESTART, "; '--ack b' consents to it"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct stage *stage = plan_add_stage(&plan);

		containers_known(&f.docker.containers);
		strv_add(&f.docker.reload_brings, "site.service is another one");
		stopped_add_text(&plan.stopped, "pg (stays stopped: restart policy no)");
		effects_add(&stage->effects, "a", rows[i].a, subj("unit:a"), NULL, "x");
		effects_add(&stage->effects, "b", HANDLER_SYSTEMD_RELOAD, subj("unit:b"), NULL,
			    "x");
		effects_add(&stage->effects, "b", HANDLER_DOCKER_RESTART, subj("start:b"), NULL,
			    "x");
		stage->up = HANDLERS_RESTART | HANDLER_BIT(HANDLER_SYSTEMD_RELOAD);
		assert_int_equal(plan_check_restart(&plan, &f, NULL, &err), -EPERM);
		if (!strstr(error_text(&err), rows[i].asked))
			fail_msg("row %zu: %s", i, error_text(&err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_way_back_names_who_is_cut_off),
		cmocka_unit_test(test_what_a_restart_meets),
		cmocka_unit_test(test_live_restore_that_the_start_would_lack),
		cmocka_unit_test(test_stopped_containers_are_consented_to),
		cmocka_unit_test(test_live_restore_is_advised_where_it_can_be_had),
		cmocka_unit_test(test_what_gives_live_restore_back),
		cmocka_unit_test(test_live_restore_that_a_restart_takes_away),
		cmocka_unit_test(test_the_least_is_asked_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
