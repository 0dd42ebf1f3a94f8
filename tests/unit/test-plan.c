#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/model/plan.h"
#include "tests/subject-text.h"

static void add_image(struct change *c, enum node_kind kind, const char *content)
{
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	image->node.kind = kind;
	buf_puts(&image->content, content);
	image->has_content = true;
}

/* live-restore by reload first, then icc by restart, and a rule file that comes with the second. */
static void fill_plan(struct plan *p)
{
	struct change *c = plan_add_change(p, "/etc/docker/daemon.json");
	struct stage *s;
	struct effect *e;

	edits_add(&c->edits, "daemon.live-restore", c->path, subj("json:/live-restore"), NULL,
		  "true");
	edits_add(&c->edits, "daemon.icc", c->path, subj("json:/icc"), "true", "false");
	add_image(c, NODE_FILE, "zero");
	add_image(c, NODE_FILE, "one");
	add_image(c, NODE_FILE, "two");
	c = plan_add_change(p, "/etc/audit/rules.d/60-harden-docker.rules");
	edits_add(&c->edits, "audit.dockerd", c->path, subj("rule:-w"), NULL, "-w");
	add_image(c, NODE_ABSENT, "");
	add_image(c, NODE_ABSENT, "");
	add_image(c, NODE_FILE, "-w");
	s = plan_add_stage(p);
	s->up = HANDLER_BIT(HANDLER_DOCKER_RELOAD);
	effects_add(&s->effects, "daemon.live-restore", HANDLER_DOCKER_RELOAD,
		    subj("docker:live-restore"), NULL, "true");
	s = plan_add_stage(p);
	s->up = HANDLER_BIT(HANDLER_DOCKER_RESTART) | HANDLER_BIT(HANDLER_AUDIT_RULES);
	s->down = HANDLER_BIT(HANDLER_DOCKER_RESTART);
	effects_add(&s->effects, "audit.dockerd", HANDLER_AUDIT_RULES, subj("rule:-w"), NULL,
		    "loaded");
	e = effects_add(&s->effects, "daemon.icc", HANDLER_DOCKER_RESTART, subj("docker:icc"),
			"true", "false");
	str_replace(&e->pending, "until no container runs");
}

static void test_changes_are_sorted_parents_first(void **state)
{
	static const char *const paths[] = {"/b/c", "/b-x", "/b", "/a", "/b/c/d", "/b"};
	static const char *const sorted[] = {"/a", "/b", "/b-x", "/b/c", "/b/c/d"};
	CLEANUP(plan_clear) struct plan p = {0};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct change *c = plan_add_change(&p, paths[i]);

		assert_string_equal(c->path, paths[i]);
		edits_add(&c->edits, "c", paths[i], subj("mode"), NULL, "0644");
	}
	assert_int_equal(p.nchanges, ARRAY_SIZE(sorted));
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		assert_string_equal(p.changes[i].path, sorted[i]);
		assert_string_equal(p.changes[i].edits.items[0].path, sorted[i]);
		assert_ptr_equal(plan_find_change(&p, sorted[i]), &p.changes[i]);
	}
	assert_int_equal(p.changes[1].edits.count, 2); /* "/b" came twice */
	assert_null(plan_find_change(&p, "/b/"));
}

static void test_findings_are_sorted(void **state)
{
	static const char *const ids[] = {"c", "a", "b", "a"};
	CLEANUP(plan_clear) struct plan p = {0};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct finding *f = plan_add_finding(&p, ids[i]);

		assert_string_equal(f->control, ids[i]);
		strv_add(&f->holds, ids[i]);
		strv_add(&f->warnings, ids[i]);
		str_replace(&f->title, ids[i]);
		str_replace(&f->reason, "r");
		str_replace(&f->fix, "m");
	}
	assert_int_equal(p.nfindings, 3);
	assert_string_equal(p.findings[0].control, "a");
	assert_string_equal(p.findings[1].holds.items[0], "b");
	assert_string_equal(p.findings[2].title, "c");
	assert_int_equal(plan_find_finding(&p, "a")->holds.count, 2);
	assert_null(plan_find_finding(&p, "d"));
}

static void test_empty_plans(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(plan_clear) struct plan only_file = {0};

	assert_true(plan_is_empty(&p));
	plan_add_finding(&p, "a");
	assert_true(plan_is_empty(&p));
	assert_true(plan_is_empty((plan_add_stage(&p), &p)));
	effects_add(&p.stages[0].effects, "a", HANDLER_SYSCTL, subj("sysctl:a"), "0", "1");
	assert_false(plan_is_empty(&p));
	plan_add_change(&only_file, "/x");
	assert_false(plan_is_empty(&only_file));
}

static void test_handlers_are_those_of_the_way_up(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};

	assert_int_equal(plan_handlers(&p), 0);
	fill_plan(&p);
	assert_int_equal(plan_handlers(&p), HANDLER_BIT(HANDLER_DOCKER_RELOAD) |
						    HANDLER_BIT(HANDLER_DOCKER_RESTART) |
						    HANDLER_BIT(HANDLER_AUDIT_RULES));
}

static void test_clear_releases_everything(void **state)
{
	struct plan p = {
		.harden_version = xstrdup("0"),
		.baseline = xstrdup("b"),
		.hostname = xstrdup("h"),
		.machine_id = xstrdup("m"),
		.docker_version = xstrdup("d"),
	};

	fill_plan(&p);
	stopped_add_text(&p.stopped, "web");
	checks_add_line(&p.checks, "ok all");
	plan_clear(&p);
	assert_true(plan_is_empty(&p));
	assert_null(p.baseline);
	assert_int_equal(p.checks.count, 0);
	plan_clear(&p);
	plan_clear(NULL);
}

/* A check is about the control that alone wants it, of all that have such an effect or edit. */
static void test_only_control(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	struct stage *stage = plan_add_stage(&plan);
	struct change *c = plan_add_change(&plan, "/a");
	const struct subject mode = subject_path(SCHEME_MODE);

	assert_null(plan_only_control(&plan, HANDLERS_DOCKERD));
	assert_null(change_only_control(c));
	assert_null(change_only_control(NULL));
	for (int i = 0; i < 2; i++) {
		effects_add(&stage->effects, "a", HANDLER_DOCKER_RESTART,
			    subject_of(SCHEME_DOCKER, "icc"), NULL, "false");
		edits_add(&c->edits, "a", "/a", mode, "0666", "0644");
	}
	effects_add(&stage->effects, "b", HANDLER_SYSCTL, subject_of(SCHEME_SYSCTL, "x"), NULL,
		    "1");
	assert_string_equal(plan_only_control(&plan, HANDLERS_DOCKERD), "a");
	assert_string_equal(plan_only_control(&plan, HANDLER_BIT(HANDLER_SYSCTL)), "b");
	assert_null(plan_only_control(&plan, ~0U));
	assert_string_equal(change_only_control(c), "a");
	edits_add(&c->edits, "b", "/a", mode, "0666", "0640");
	assert_null(change_only_control(c));
}

/* What several warn alike is said once, and is about none of them alone. */
static void test_checks_are_shared(void **state)
{
	struct plan_checks checks = {0};

	assert_false(checks_share(&checks, "a", "x"));
	checks_add(&checks, CHECK_WARN, "a", "x");
	assert_true(checks_share(&checks, "a", "x"));
	assert_string_equal(checks.items[0].control, "a");
	assert_true(checks_share(&checks, "b", "x"));
	assert_null(checks.items[0].control);
	assert_false(checks_share(&checks, "a", "y"));
	checks_clear(&checks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_control),
		cmocka_unit_test(test_checks_are_shared),
		cmocka_unit_test(test_changes_are_sorted_parents_first),
		cmocka_unit_test(test_findings_are_sorted),
		cmocka_unit_test(test_empty_plans),
		cmocka_unit_test(test_handlers_are_those_of_the_way_up),
		cmocka_unit_test(test_clear_releases_everything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
