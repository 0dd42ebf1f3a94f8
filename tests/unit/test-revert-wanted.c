/*
 * Two applies on one subject, the older undone or not before the newer, and then a rollback of either:
 * what one in force wants is in force and on disk, and what nobody wants any more is as at first.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define CONF "/etc/conf"
#define LIMITS "/etc/limits"

/* What is done to the subject, beside the file: `after` by the first and the second apply. */
static const struct kind {
	const char *name;
	const char *edit; /* of CONF */
	const char *text[3]; /* the edit's values: at first, by the first, by the second */
	enum handler handler; /* NONE: no effect */
	const char *subject;
	const char *value[3];
	bool rests; /* the second needs what the first left in place */
	bool brings; /* the effect names the edit */
} kinds[] = {
	{"a key", "kv:x", {NULL, "1", "2"}, HANDLER_NONE, NULL, {NULL}, false, false},
	{"a whole file", "text:all", {NULL, "a", "b"}, HANDLER_NONE, NULL, {NULL}, false, false},
	{"packet filter",
	 "text:all",
	 {NULL, "a", "b"},
	 HANDLER_FIREWALL,
	 "chain:ingress",
	 {NULL, "one", "two"},
	 true,
	 true},
	{"a unit's state",
	 "kv:x",
	 {NULL, "1", "2"},
	 HANDLER_UNIT_STATE,
	 "state:u.service",
	 {"inactive", "active", "active"},
	 true,
	 false},
	{"a kernel setting, in its file, too",
	 "kv:x",
	 {NULL, "1", "2"},
	 HANDLER_SYSCTL,
	 "sysctl:no.such",
	 {"0", "1", "2"},
	 false,
	 true},
	{"a kernel setting, alone",
	 "kv:x",
	 {NULL, "1", "1"},
	 HANDLER_SYSCTL,
	 "sysctl:no.such",
	 {"0", "1", "1"},
	 true,
	 true},
	{"a rule of audit, alone",
	 "kv:x",
	 {NULL, "1", "1"},
	 HANDLER_AUDIT_RULES,
	 "rule:-w /x -p wa",
	 {NULL, "loaded", "loaded"},
	 true,
	 true},
};

/* The kernel and systemd: the one subject's value. */
struct host {
	struct bench *b;
	const struct kind *kind;
	const char *now; /* borrowed from the kind */
	char *first, *second; /* ids */
	bool first_stands, second_stands;
	size_t ran; /* effects that were carried out */
};

static const struct host *whose; /* NULL: there is no kernel */

int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err);
int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err)
{
	if (!whose || !whose->now || whose->kind->handler != HANDLER_SYSCTL)
		return error_set(err, -ENOENT, "there is no '%s'", name);
	*ret_value = xstrdup(whose->now);
	return 0;
}

static const char *same_of(const struct kind *k, const char *value)
{
	for (size_t i = 0; i < 3; i++)
		if (strcmp_null(k->value[i], value) == 0)
			return k->value[i];
	fail_msg("%s: '%s' was never recorded", k->name, value);
	return NULL;
}

static void tell_facts(struct host *h)
{
	struct facts *f = &h->b->facts;

	f->parts = FACTS_IN_FORCE;
	firewall_clear(&f->firewall);
	unit_states_clear(&f->unit_states);
	strv_clear(&f->audit.kernel_rules);
	if (!h->now)
		return;
	if (h->kind->handler == HANDLER_FIREWALL)
		firewall_add(&f->firewall, "ingress")->text = xstrdup(h->now);
	if (h->kind->handler == HANDLER_UNIT_STATE)
		unit_states_put(&f->unit_states, "u.service", h->now);
	if (h->kind->handler == HANDLER_AUDIT_RULES)
		strv_add(&f->audit.kernel_rules, subj(h->kind->subject).key);
}

/* Carries out what is planned: the files by the bench, the effect here. */
static void run(struct host *h, const char *of, char **ret_id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	const struct effect *e =
		h->kind->subject ? plan_find_effect(&h->b->plan, subj(h->kind->subject)) : NULL;

	h->b->of = of;
	if (e)
		h->now = same_of(h->kind, e->after);
	h->ran += e != NULL;
	assert_int_equal(bench_run(h->b, &result), 0);
	if (ret_id)
		*ret_id = xstrdup(result.id);
	plan_clear(&h->b->plan);
	tell_facts(h);
}

static void apply(struct host *h, const char *text_before, int n, char **ret_id)
{
	const struct kind *k = h->kind;
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	bool writes = strcmp_null(text_before, k->text[n]) != 0;
	struct effect *e;

	if (writes)
		edits_add(&edits, "c", CONF, subj(k->edit), text_before, k->text[n]);
	if (k->subject) {
		e = effects_add(&effects, "c", k->handler, subj(k->subject), h->now, k->value[n]);
		if (k->brings && writes)
			effect_bring(e, CONF, subj(k->edit));
	}
	bench_compose(h->b, &edits, &effects);
	plan_add_finding(&h->b->plan, "c")->state = FINDING_PLANNED;
	run(h, NULL, ret_id);
}

static void roll_back(struct host *h, bool second, enum on_conflict on_conflict, int want)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	const char *id = second ? h->second : h->first;
	int r = bench_plan_rollback_of(h->b, id, NULL, on_conflict, &conflicts);

	if (r != want)
		fail_msg("%s: %d, not %d", h->kind->name, r, want);
	if (r < 0) {
		plan_clear(&h->b->plan);
		return;
	}
	run(h, id, NULL);
	*(second ? &h->second_stands : &h->first_stands) = false;
}

static void assert_wanted(const struct host *h)
{
	const struct kind *k = h->kind;
	size_t n = h->second_stands ? 2 : h->first_stands ? 1 : 0;
	CLEANUP(freep) char *text = NULL;

	if (k->subject && strcmp_null(h->now, k->value[n]) != 0)
		fail_msg("%s: '%s' is in force, not '%s'", k->name, h->now, k->value[n]);
	if (k->text[n])
		text = xasprintf(starts_with(k->edit, "kv:") ? "y = 0\nx = %s\n" : "%s\n",
				 k->text[n]);
	assert_text(h->b, CONF, text ? text : starts_with(k->edit, "kv:") ? "y = 0\n" : NULL);
}

static void begin(struct host *h, bool undone)
{
	const struct kind *k = h->kind;

	if (starts_with(k->edit, "kv:"))
		temp_directory_write(h->b->temp, &CONF[1], "y = 0\n");
	h->now = k->value[0];
	tell_facts(h);
	apply(h, k->text[0], 1, &h->first);
	h->first_stands = true;
	if (undone)
		roll_back(h, false, CONFLICT_STOP, 0);
	/* else somebody took it out of force, where the second would have nothing to do */
	else if (k->subject && strcmp_null(k->value[1], k->value[2]) == 0)
		h->now = k->value[0];
	tell_facts(h);
	apply(h, undone ? k->text[0] : k->text[1], 2, &h->second);
	h->second_stands = true;
	assert_wanted(h);
}

enum deed { FIRST, FIRST_KEEP, FIRST_BEFORE, SECOND, DEED_COUNT };

static int wanted_code(const struct host *h, enum deed deed, bool undone)
{
	return !undone && h->kind->rests && (deed == FIRST || deed == FIRST_BEFORE) ? -EPERM : 0;
}

static void try_one(struct bench *b, const struct kind *kind, bool undone, enum deed deed)
{
	static const enum on_conflict words[] = {CONFLICT_STOP, CONFLICT_KEEP, CONFLICT_BEFORE,
						 CONFLICT_STOP};
	struct host h = {.b = b, .kind = kind};
	size_t ran;

	print_message("# %s%s, %d\n", kind->name, undone ? ", undone" : "", deed);
	whose = &h;
	begin(&h, undone);
	ran = h.ran;
	roll_back(&h, deed == SECOND, words[deed], wanted_code(&h, deed, undone));
	if (deed != SECOND && h.ran != ran)
		fail_msg("%s: what the second wants was touched", kind->name);
	assert_wanted(&h);
	if (h.second_stands)
		roll_back(&h, true, CONFLICT_STOP, 0);
	if (h.first_stands)
		roll_back(&h, false, CONFLICT_STOP, 0);
	ran = h.ran;
	if (!undone && kind->rests && deed == FIRST_KEEP)
		roll_back(&h, false, CONFLICT_BEFORE, 0); /* the second left that of the first */
	assert_wanted(&h);
	whose = NULL;
	free(h.first);
	free(h.second);
}

static void try_kind(struct bench *unused, size_t i)
{
	(void)unused;
	for (int n = 0; n < 2 * DEED_COUNT; n++) {
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		try_one(&b, &kinds[i], n >= DEED_COUNT, n % DEED_COUNT);
		temp_directory_teardown(&fresh);
	}
}

static void test_what_another_wants(void **state)
{
	(void)state;
	bench_each(try_kind, ARRAY_SIZE(kinds));
}

/* The filter and its unit, a key that others can change, and a unit that is started anew for a file. */
static void apply_both(struct bench *b, const char *chain, char **ret_id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "filter", CONF, subj("text:all"), NULL, chain);
	effect_bring(effects_add(&effects, "filter", HANDLER_FIREWALL, subj("chain:ingress"), NULL,
				 chain),
		     CONF, subj("text:all"));
	effects_add(&effects, "filter", HANDLER_UNIT_STATE, subj("state:u.service"), "inactive",
		    "active");
	edits_add(&edits, "key", "/etc/keys", subj("kv:x"), NULL, "1");
	edits_add(&edits, "limits", LIMITS, subj("kv:y"), NULL, "1");
	effect_bring(effects_add(&effects, "limits", HANDLER_DOCKER_RESTART,
				 subj("start:docker.service"), NULL, "anew"),
		     LIMITS, subj("kv:y"));
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "filter")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "key")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "limits")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	*ret_id = xstrdup(result.id);
	plan_clear(&b->plan);
}

static void undo(struct bench *b, const char *id, enum on_conflict on_conflict)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	assert_int_equal(bench_plan_rollback_of(b, id, NULL, on_conflict, &conflicts), 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	b->of = NULL;
	plan_clear(&b->plan);
}

/* What is undone already is as it was in the kernel, or somebody has it there again; then once more. */
static const struct again {
	const char *chain, *unit; /* now; NULL: none */
	const char *key, *limits; /* what others wrote before the rollback; NULL: nothing */
	const char *unknown; /* why the packet filter cannot be read */
	const char *effects; /* of the plan */
	size_t changes;
} agains[] = {
	{NULL, NULL, NULL, NULL, NULL, "", 0},
	{"one", NULL, NULL, NULL, NULL, "chain:ingress ", 0},
	{"one", "active", NULL, NULL, NULL, "chain:ingress state:u.service ", 0},
	{NULL, NULL, NULL, NULL, "another network", "chain:ingress ", 0},
	{NULL, NULL, "x = 9\n", NULL, NULL, "", 1},
	{NULL, NULL, NULL, "y = 9\n", NULL, "start:docker.service ", 1},
};

static char *effects_text(const struct plan *plan)
{
	struct buf b = {0};

	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			CLEANUP(freep)
			char *one = subject_print(plan->stages[k].effects.items[i].subject);

			buf_printf(&b, "%s ", one);
		}
	return buf_take(&b);
}

static void try_again(struct bench *b, size_t i)
{
	const struct again *row = &agains[i];
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *id = NULL, *text = NULL;

	print_message("# again, row %zu\n", i);
	b->facts.parts = FACTS_IN_FORCE;
	apply_both(b, "one", &id);
	if (row->key)
		temp_directory_write(b->temp, "etc/keys", row->key);
	if (row->limits)
		temp_directory_write(b->temp, &LIMITS[1], row->limits);
	undo(b, id, CONFLICT_KEEP);
	if (row->chain)
		firewall_add(&b->facts.firewall, "ingress")->text = xstrdup(row->chain);
	if (row->unit)
		unit_states_put(&b->facts.unit_states, "u.service", row->unit);
	b->facts.firewall.not_measured = xstrdup_null(row->unknown);
	assert_int_equal(bench_plan_rollback_of(b, id, NULL, CONFLICT_BEFORE, &conflicts), 0);
	text = effects_text(&b->plan);
	assert_string_equal(text, row->effects);
	assert_int_equal(b->plan.nchanges, row->changes);
	assert_int_equal(plan_is_empty(&b->plan), !*row->effects && row->changes == 0);
}

static void test_nothing_is_undone_twice(void **state)
{
	(void)state;
	bench_each(try_again, ARRAY_SIZE(agains));
}

/* What is in force was left alone by the second: it only wrote the file anew. */
static void test_file_of_what_runs(void **state)
{
	CLEANUP(bench_close) struct bench b;
	struct host h = {.b = &b, .kind = &kinds[2]};

	bench_open(&b, state);
	h.now = h.kind->value[0];
	tell_facts(&h);
	apply(&h, NULL, 1, &h.first);
	temp_directory_write(b.temp, &CONF[1], "theirs\n");
	h.kind = &kinds[1];
	apply(&h, "theirs", 2, &h.second);
	h.kind = &kinds[2];
	roll_back(&h, false, CONFLICT_STOP, -EPERM);
	roll_back(&h, true, CONFLICT_STOP, 0);
	assert_string_equal(h.now, "one");
	free(h.first);
	free(h.second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_another_wants),
		cmocka_unit_test(test_nothing_is_undone_twice),
		TEMP_DIRECTORY_TEST(test_file_of_what_runs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
