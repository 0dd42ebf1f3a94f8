#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/model/plan.h"
#include "tests/subject-text.h"

static const char *or_none(const char *s)
{
	return s ? s : "-";
}

static void describe_change(struct buf *b, const struct change *c)
{
	buf_printf(b, "change %s\n", c->path);
	for (size_t i = 0; i < c->edits.count; i++) {
		const struct edit *e = &c->edits.items[i];

		buf_printf(b, "  edit %s %s %s>%s\n", e->control, subject_shown(e->subject),
			   or_none(e->before), or_none(e->after));
	}
	for (size_t i = 0; i < c->nimages; i++)
		buf_printf(b, "  image %s %s\n", node_kind_to_string(c->images[i].node.kind),
			   buf_str(&c->images[i].content));
}

static void describe_stage(struct buf *b, const struct stage *s)
{
	buf_printf(b, "stage up %#x down %#x\n", s->up, s->down);
	for (size_t i = 0; i < s->effects.count; i++) {
		const struct effect *e = &s->effects.items[i];

		buf_printf(b, "  effect %s %s %s>%s %s\n", handler_to_string(e->handler),
			   subject_shown(e->subject), or_none(e->before), or_none(e->after),
			   or_none(e->pending));
	}
}

/* All of a plan that has a direction, as text. */
static char *describe(const struct plan *p)
{
	struct buf b = {0};

	for (size_t i = 0; i < p->nchanges; i++)
		describe_change(&b, &p->changes[i]);
	for (size_t i = 0; i < p->nstages; i++)
		describe_stage(&b, &p->stages[i]);
	return buf_take(&b);
}

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

static void test_invert_twice_gives_the_same_plan(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(freep) char *first = NULL;
	CLEANUP(freep) char *inverse = NULL;
	CLEANUP(freep) char *again = NULL;

	fill_plan(&p);
	first = describe(&p);
	plan_invert(&p);
	inverse = describe(&p);
	plan_invert(&p);
	again = describe(&p);
	assert_string_equal(first, again);
	assert_string_not_equal(first, inverse);
}

static void test_invert_turns_everything_round(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(freep) char *text = NULL;

	fill_plan(&p);
	plan_invert(&p);
	text = describe(&p);
	assert_string_equal(text, "change /etc/audit/rules.d/60-harden-docker.rules\n"
				  "  edit audit.dockerd rule:-w -w>-\n"
				  "  image file -w\n"
				  "  image absent \n"
				  "  image absent \n"
				  "change /etc/docker/daemon.json\n"
				  "  edit daemon.icc json:/icc false>true\n"
				  "  edit daemon.live-restore json:/live-restore true>-\n"
				  "  image file two\n"
				  "  image file one\n"
				  "  image file zero\n"
				  "stage up 0x100 down 0x110\n"
				  "  effect docker-restart docker:icc false>true until no "
				  "container runs\n"
				  "  effect audit-rules rule:-w loaded>- -\n"
				  "stage up 0 down 0x40\n"
				  "  effect docker-reload docker:live-restore true>- -\n");
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
		str_replace(&f->mend, "m");
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
	plan_invert(&p);
	assert_int_equal(plan_handlers(&p), HANDLER_BIT(HANDLER_DOCKER_RESTART));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invert_twice_gives_the_same_plan),
		cmocka_unit_test(test_invert_turns_everything_round),
		cmocka_unit_test(test_changes_are_sorted_parents_first),
		cmocka_unit_test(test_findings_are_sorted),
		cmocka_unit_test(test_empty_plans),
		cmocka_unit_test(test_handlers_are_those_of_the_way_up),
		cmocka_unit_test(test_clear_releases_everything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
