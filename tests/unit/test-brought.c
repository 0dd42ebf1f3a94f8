/*
 * Which edits an effect brings into force: what a plan keeps of the names, what is taken for an older
 * version's plan, which has none, and what the way back leaves out beside what others changed.
 */

#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/plan/brought.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define OTHER_PATH "/etc/new/rules"

static void test_settle(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	struct change *c = plan_add_change(&p, "/etc/x");
	struct stage *s = plan_add_stage(&p);
	struct effect *e =
		effects_add(&s->effects, "c", HANDLER_SYSCTL, subj("sysctl:a"), "0", "1");

	edits_add(&c->edits, "c", "/etc/x", subj("kv:a"), "0", "1");
	edits_add(&c->edits, "d", "/etc/x", subj("kv:b"), "0", "1");
	effect_bring(e, "/etc/x", subj("kv:a"));
	effect_bring(e, "/etc/x", subj("kv:b")); /* another control's */
	effect_bring(e, "/etc/gone", subj("kv:a"));
	brought_settle(&p);
	assert_int_equal(e->nbrings, 1);
	assert_true(effect_names(e, "/etc/x", subj("kv:a")));
}

static void test_guess(void **state)
{
	static const struct {
		enum handler handler;
		const char *effect, *edit;
		bool brings;
	} rows[] = {
		{HANDLER_DOCKER_RESTART, "docker:icc", "json:/icc", true},
		{HANDLER_DOCKER_RESTART, "docker:log-opts", "json:/log-opts/max-size", true},
		{HANDLER_DOCKER_RESTART, "docker:log", "json:/log-opts", false},
		{HANDLER_DOCKER_RESTART, "docker:icc", "mode", false},
		{HANDLER_DOCKER_RESTART, "docker:icc", "unit:Service/ExecStart", true},
		{HANDLER_DOCKER_RESTART, "start:docker.service", "json:/icc", false},
		{HANDLER_DOCKER_RESTART, "start:docker.service", "unit:Service/ExecStart", true},
		{HANDLER_DOCKER_RESTART, "file:/etc/x", "aug:Shellvars:A", true},
		{HANDLER_SYSCTL, "sysctl:a.b", "kv:a.b", true},
		{HANDLER_SYSCTL, "sysctl:a.b", "kv:a.c", false},
		{HANDLER_SYSTEMD_RELOAD, "unit:x.service", "link", true},
		{HANDLER_SYSTEMD_RELOAD, "unit:x.service", "text:all", true},
		{HANDLER_UNIT_STATE, "state:x.service", "link", false},
		{HANDLER_UNIT_STATE, "state:x.service", "text:all", false},
		{HANDLER_UNIT_STATE, "restart:x.service", "text:all", true},
		{HANDLER_FIREWALL, "chain:api", "text:all", true},
		{HANDLER_AUDIT_RULES, "rule:-a always,exit -F path=/x -F perm=wa",
		 "rule:-a always,exit -F arch=b64 -F path=/x -F perm=wa", true},
		{HANDLER_AUDIT_RULES, "rule:-a always,exit -F path=/x -F perm=wa",
		 "rule:-a always,exit -F arch=b64 -F path=/y -F perm=wa", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan p = {0};
		struct change *c = plan_add_change(&p, "/etc/x");
		struct stage *s = plan_add_stage(&p);
		struct effect *e = effects_add(&s->effects, "c", rows[i].handler,
					       subj(rows[i].effect), NULL, "1");

		edits_add(&c->edits, "c", "/etc/x", subj(rows[i].edit), NULL, "1");
		edits_add(&c->edits, "d", "/etc/x", subj(rows[i].edit), NULL, "1");
		brought_guess(&p, e);
		if ((e->nbrings > 0) != rows[i].brings)
			fail_msg("%s, %s", rows[i].effect, rows[i].edit);
	}
}

static void plan_both(struct bench *b, const char *const *named, size_t n)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	struct effect *e;

	edits_add(&edits, "c", FILE_PATH, subj("json:/icc"), NULL, "false");
	edits_add(&edits, "c", "/etc/new", subj("exists"), NULL, "dir");
	edits_add(&edits, "c", OTHER_PATH, subj("kv:x"), NULL, "1");
	e = effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj("docker:icc"), "true", "false");
	for (size_t i = 0; i < n; i++)
		effect_bring(e, named[i],
			     strcmp(named[i], FILE_PATH) == 0 ? subj("json:/icc") : subj("kv:x"));
	bench_compose(b, &edits, &effects);
	assert_int_equal(b->plan.stages[0].effects.items[0].nbrings, n);
}

/* Somebody writes to the other file meanwhile: dockerd goes back unless the effect reads that one. */
static void beside_foreign(struct bench *b, size_t row)
{
	static const char *const paths[] = {FILE_PATH, OTHER_PATH};
	static const struct {
		size_t first, count;
		bool goes_back;
	} rows[] = {
		{0, 1, true},
		{1, 1, false},
		{0, 2, false},
		{0, 0, false}, /* it stands for itself: all that its control changes may be read */
	};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	plan_both(b, &paths[rows[row].first], rows[row].count);
	b->stub.unhealthy = 1;
	b->stub.intruded = OTHER_PATH;
	assert_int_equal(bench_run(b, &result), -EIO);
	assert_true(result.met_foreign);
	assert_int_equal(b->stub.asked.count, rows[row].goes_back ? 2 : 1);
	assert_text(b, OTHER_PATH, THEIRS);
}

static void test_beside_foreign(void **state)
{
	bench_each(beside_foreign, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_beside_foreign),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
