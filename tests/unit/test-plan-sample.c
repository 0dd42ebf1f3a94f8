/*
 * A plan as the version before wrote it (samples/plan-1.json), with every kind of subject: later
 * versions must read it, and what they write of it must be the same.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/plan-refresh.h"
#include "tests/unit/journal-bytes.h"

static void read_sample(struct buf *ret)
{
	get_at(AT_FDCWD, SAMPLES "/plan-1.json", ret);
}

/* Without the keys that came since, and the digest that is over all. */
static char *as_then(const struct buf *text)
{
	static const char *const since[] = {"digest",  "purpose",   "undoes", "acknowledged",
					    "stopped", "preflight", "offline"};
	CLEANUP(json_decrefp) json_t *j = json_loadb(text->data, text->len, 0, NULL);
	json_t *stage, *effect, *finding;
	size_t k, n;

	assert_non_null(j);
	for (size_t i = 0; i < ARRAY_SIZE(since); i++)
		json_object_del(j, since[i]);
	json_array_foreach(json_object_get(j, "stages"), k, stage)
		json_array_foreach(json_object_get(stage, "effects"), n, effect)
			json_object_del(effect, "edits");
	json_array_foreach(json_object_get(j, "findings"), k, finding)
		json_object_del(finding, "remediation");
	return json_dumps(j, JSON_INDENT(2)); /* in the order in which it was written */
}

static void test_same_bytes(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0}, again = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *was = NULL, *now = NULL;

	read_sample(&text);
	if (plan_from_json(&plan, "sample", &text, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(plan.nchanges, 7);
	assert_int_equal(plan.stages[1].effects.count, 7);
	assert_int_equal(plan_to_json(&plan, false, &again, NULL), 0);
	now = as_then(&again);
	was = as_then(&text);
	assert_string_equal(now, was);
	assert_true(effect_names(&plan.stages[1].effects.items[3], "/etc/sysctl.d/60.conf",
				 subject_of(SCHEME_KV, "net.ipv4.ip_forward")));
	assert_string_equal(plan.undoes, "20261122-025819-aaf59f");
	assert_string_equal(plan.stopped.items[0].name, "web");
	assert_int_equal(plan.checks.items[0].level, CHECK_OK);
	assert_int_equal(plan.checks.items[1].level, CHECK_WARN);
	assert_string_equal(plan.checks.items[1].text, "x");
}

/* What the sentences do not tell comes back, too. */
static void test_typed_comes_back(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {.kind = PLAN_APPLY}, again = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct stopped *s = stopped_add(&plan.stopped, "web", COMES_BACK_NO, "stays %s", "away");

	plan.baseline = xstrdup("rollback or not");
	s->id = xstrdup("0123");
	s->policy = xstrdup("no");
	checks_add(&plan.checks, CHECK_NO, "site.x", "%s", "dockerd does not start");
	assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
	if (plan_from_json(&again, "again", &text, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(again.kind, PLAN_APPLY);
	assert_string_equal(again.baseline, plan.baseline);
	assert_string_equal(again.stopped.items[0].text, "web (stays away)");
	assert_string_equal(again.stopped.items[0].id, "0123");
	assert_string_equal(again.stopped.items[0].policy, "no");
	assert_int_equal(again.stopped.items[0].comes_back, COMES_BACK_NO);
	assert_int_equal(again.checks.items[0].level, CHECK_NO);
	assert_string_equal(again.checks.items[0].control, "site.x");
	assert_string_equal(again.checks.items[0].text, "dockerd does not start");
}

/* Sentences of the version before. */
static void test_sentences(void **state)
{
	static const struct {
		const char *text, *name;
		enum comes_back back;
	} rows[] = {
		{"web (comes back: restart policy always)", "web", COMES_BACK_YES},
		{"a.b-c_d (comes back unless it ends with 0: restart policy on-failure)", "a.b-c_d",
		 COMES_BACK_UNLESS_0},
		{"web (stays stopped: restart policy no)", "web", COMES_BACK_NO},
		{"web (is removed: --rm)", "web", COMES_BACK_NEVER},
		{"web (ends for good: a task of a swarm, which ...)", "web", COMES_BACK_NEVER},
		{"web (runs on, cut off: it loses x)", "web", COMES_BACK_CUT_OFF},
		{"web (not known: (stays stopped: x))", "web", COMES_BACK_UNKNOWN},
		{"web (goes down with web.service)", "web", COMES_BACK_UNKNOWN},
		{"web", "web", COMES_BACK_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(stopped_clear) struct stopped_list all = {0};
		const struct stopped *s = stopped_add_text(&all, rows[i].text);

		assert_string_equal(s->name, rows[i].name);
		assert_string_equal(s->text, rows[i].text);
		assert_int_equal(s->comes_back, rows[i].back);
		assert_ptr_equal(stopped_find(&all, rows[i].name), s);
		assert_null(stopped_find(&all, "we"));
	}
}

/* What is foreseen is said apart from what may be. */
static void test_who_may_stop(void **state)
{
	static const struct {
		const char *texts[4];
		size_t maybe;
		const char *verb;
	} rows[] = {
		{{"web (stays stopped: restart policy no)"}, 0, "stops 1 container"},
		{{"web (is removed: --rm)", "db (not known: x)"}, 0, "stops 2 containers"},
		{{"web (goes down with a.service)"}, 1, "may stop 1 container"},
		{{"web (goes down with a.service)", "db (goes down with a.service)"},
		 2,
		 "may stop 2 containers"},
		{{"web (stays stopped: restart policy no)", "db (goes down with a.service)",
		  "ci (may end with its request to dockerd, 'docker run')"},
		 2,
		 "stops 1 container, and may stop 2"},
		{{"web (runs on, cut off: it loses x)", "db (goes down with a.service)"},
		 1,
		 "may stop 1 container"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(stopped_clear) struct stopped_list all = {0};
		CLEANUP(freep) char *verb = NULL;

		for (size_t k = 0; k < 4 && rows[i].texts[k]; k++)
			stopped_add_text(&all, rows[i].texts[k]);
		verb = stopped_verb(&all);
		assert_int_equal(stopped_maybe(&all), rows[i].maybe);
		assert_string_equal(verb, rows[i].verb);
	}
}

/* Where nothing runs, nothing was asked of what runs: whatever machine the image says it is. */
static void test_made_for_an_image(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {.baseline = xstrdup("b 1"), .offline = true};
	CLEANUP(plan_clear) struct plan saved = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct facts facts = {.offline = false};
	const struct root root = {.fd = -1};

	assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
	assert_int_equal(plan_from_json(&saved, "saved", &text, NULL), 0);
	assert_int_equal(plan_refresh(&saved, &root, &facts, &err), -ESTALE);
	assert_non_null(strstr(error_text(&err), "made for an image (--root)"));
	facts.offline = true;
	assert_int_equal(plan_refresh(&saved, &root, &facts, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),        cmocka_unit_test(test_typed_comes_back),
		cmocka_unit_test(test_sentences),         cmocka_unit_test(test_who_may_stop),
		cmocka_unit_test(test_made_for_an_image),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
