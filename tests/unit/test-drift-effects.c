/*
 * What was applied and is not a file: somebody undoes it by hand, and it is told as a change since that apply, by
 * the value that is in force; what nobody can tell is said to be unknown.
 */

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/drift-effects.h"
#include "tests/subject-text.h"

#define RULE "-w /etc/docker -p wa"

struct scene {
	struct transaction_summary items[2];
	struct history h;
	struct facts facts;
};

static struct effect *add_effect(struct scene *s, size_t at, const char *control,
				 enum handler handler, const char *subject, const char *after)
{
	return effects_add(&plan_add_stage(&s->items[at].plan)->effects, control, handler,
			   subj(subject), NULL, after);
}

static void scene_open(struct scene *s)
{
	static const char *const ids[] = {"20261129-064959-000001", "20261129-064959-000002"};

	*s = (struct scene){.facts = {.parts = FACTS_IN_FORCE}};
	for (size_t i = 0; i < 2; i++)
		s->items[i] = (struct transaction_summary){
			.id = xstrdup(ids[i]),
			.kind = xstrdup("apply"),
			.state = TRANSACTION_COMMITTED,
		};
	s->h = (struct history){.items = s->items, .count = 2};
	s->facts.docker.running = true;
}

static void scene_close(struct scene *s)
{
	for (size_t i = 0; i < 2; i++)
		transaction_summary_clear(&s->items[i]);
	facts_clear(&s->facts);
}

static void put(struct scene *s, const char *key, const char *value)
{
	settings_put(&s->facts.docker.now, key, value, SOURCE_API, NULL);
}

static void as_applied(struct facts *f)
{
	settings_put(&f->docker.now, "icc", "false", SOURCE_API, NULL);
	strv_add(&f->audit.kernel_rules, RULE);
	str_replace(&firewall_add(&f->firewall, "api")->text, "hook\ndrop");
	unit_states_put(&f->unit_states, "auditd.service", "active");
}

static void undone(struct facts *f)
{
	settings_put(&f->docker.now, "icc", "true", SOURCE_API, NULL);
	strv_clear(&f->audit.kernel_rules);
	str_replace(&firewall_add(&f->firewall, "api")->text, "hook");
	unit_states_put(&f->unit_states, "auditd.service", "failed");
	unit_states_put(&f->unit_states, "cups.service", "active");
}

static void untold(struct facts *f)
{
	f->docker.not_measured = xstrdup("nobody knows");
	f->audit.not_measured = xstrdup("nobody knows");
	f->firewall.not_measured = xstrdup("nobody knows");
	f->unit_states.not_measured = xstrdup("nobody knows");
}

static const struct kind {
	enum handler handler;
	const char *subject, *after, *now;
} kinds[] = {
	{HANDLER_DOCKER_RESTART, "docker:icc", "false", "true"},
	{HANDLER_AUDIT_RULES, "rule:" RULE, "loaded", NULL},
	{HANDLER_FIREWALL, "chain:api", "hook\ndrop", "hook"},
	{HANDLER_UNIT_STATE, "state:auditd.service", "active", "failed"},
	{HANDLER_UNIT_STATE, "state:cups.service", "inactive", "active"},
	{HANDLER_SYSCTL, "sysctl:kernel.ostype", "GNU", "Linux"},
};

/* Each kind: as it was applied, undone by hand, and where nobody can tell. */
static void test_each_kind(void **state)
{
	static void (*const hosts[])(struct facts *) = {as_applied, undone, untold};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t n = 0; n < ARRAY_SIZE(hosts); n++) {
			CLEANUP(effect_drifts_clear) struct effect_drifts drifts = {0};
			bool kernel = kinds[k].handler == HANDLER_SYSCTL;
			const struct effect_drift *d;
			struct scene s;

			scene_open(&s);
			hosts[n](&s.facts);
			add_effect(&s, 0, "c", kinds[k].handler, kinds[k].subject, kinds[k].after);
			drift_of_effects(&s.h, &(struct drift_wanted){0}, &s.facts, &drifts);
			if (drifts.count != (n > 0 || kernel))
				fail_msg("%s, host %zu: %zu", kinds[k].subject, n, drifts.count);
			d = drifts.items;
			if (drifts.count && !kernel)
				assert_int_equal(d->unknown != NULL, n == 2);
			if (drifts.count && !d->unknown) {
				assert_string_equal(d->applied, kinds[k].after);
				assert_int_equal(strcmp_null(d->now, kinds[k].now), 0);
				assert_string_equal(d->of->id, s.items[0].id);
			}
			scene_close(&s);
		}
}

static bool is_wanted(const void *data, const char *control)
{
	return strcmp(control, data) == 0;
}

/* Which of the values of two applies counts, and of whom it is asked. */
static void test_whose(void **state)
{
	CLEANUP(effect_drifts_clear) struct effect_drifts none = {0}, one = {0}, left = {0};
	struct scene s;

	(void)state;
	scene_open(&s);
	put(&s, "icc", "true");
	put(&s, "debug", "false");
	add_effect(&s, 0, "a", HANDLER_DOCKER_RESTART, "docker:icc", "false");
	add_effect(&s, 1, "b", HANDLER_DOCKER_RESTART, "docker:icc", "true"); /* later: it counts */
	add_effect(&s, 1, "b", HANDLER_DOCKER_RELOAD, "docker:debug", "true")->pending =
		xstrdup("it waits"); /* never was in force */
	add_effect(&s, 1, "b", HANDLER_SYSTEMD_RELOAD, "unit:docker.service", "read again");
	drift_of_effects(&s.h, &(struct drift_wanted){0}, &s.facts, &none);
	assert_int_equal(none.count, 0);
	drift_of_effects(&s.h, &(struct drift_wanted){is_wanted, "a"}, &s.facts, &one);
	assert_int_equal(one.count, 1);
	s.items[1].rolled_back_by = xstrdup("20261129-064959-000003");
	drift_of_effects(&s.h, &(struct drift_wanted){0}, &s.facts, &left);
	assert_int_equal(left.count, 1);
	s.facts.offline = true;
	drift_of_effects(&s.h, &(struct drift_wanted){0}, &s.facts, &left);
	assert_int_equal(left.count, 1);
	scene_close(&s);
}

/* Of an object what the apply set in it: what others have there is theirs, and another apply's part its own. */
static void test_members(void **state)
{
	static const struct {
		const char *now;
		size_t drifts;
	} rows[] = {
		{"{\"max-size\":\"10m\"}", 0},
		{"{\"tag\":\"x\",\"max-size\":\"10m\"}", 0},
		{"{\"max-size\":\"20m\"}", 1},
		{"{}", 1},
		{NULL, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(effect_drifts_clear) struct effect_drifts drifts = {0};
		struct effect *e;
		struct change *c;
		struct scene s;

		scene_open(&s);
		put(&s, "log-opts", rows[i].now);
		c = plan_add_change(&s.items[0].plan, "/etc/docker/daemon.json");
		edits_add(&c->edits, "c", c->path, subj("json:/log-opts/max-size"), NULL,
			  "\"10m\"");
		e = add_effect(&s, 0, "c", HANDLER_DOCKER_RESTART, "docker:log-opts",
			       "{\"max-file\":\"3\",\"max-size\":\"10m\"}");
		effect_bring(e, c->path, subj("json:/log-opts/max-size"));
		drift_of_effects(&s.h, &(struct drift_wanted){0}, &s.facts, &drifts);
		if (drifts.count != rows[i].drifts)
			fail_msg("row %zu: %zu", i, drifts.count);
		if (drifts.count)
			assert_string_equal(drifts.items[0].key, "log-opts/max-size");
		scene_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_members),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
