/*
 * A plan as the version before wrote it (samples/plan-1.json), with every kind of subject: later
 * versions must read it, and what they write of it must be the same.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"
#include "tests/unit/journal-bytes.h"

static void read_sample(struct buf *ret)
{
	get_at(AT_FDCWD, SAMPLES "/plan-1.json", ret);
}

/* Without the keys that came since, and the digest that is over all. */
static char *as_then(const struct buf *text)
{
	static const char *const since[] = {"digest", "purpose", "undoes", "stopped", "preflight"};
	CLEANUP(json_decrefp) json_t *j = json_loadb(text->data, text->len, 0, NULL);
	json_t *stage, *effect;
	size_t k, n;

	assert_non_null(j);
	for (size_t i = 0; i < ARRAY_SIZE(since); i++)
		json_object_del(j, since[i]);
	json_array_foreach(json_object_get(j, "stages"), k, stage)
		json_array_foreach(json_object_get(stage, "effects"), n, effect)
			json_object_del(effect, "edits");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_typed_comes_back),
		cmocka_unit_test(test_sentences),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
