/*
 * Settings of the kernel on the way back: what others set since is theirs, what is gone needs nothing,
 * what the kernel does not give up hangs nothing, and what dockerd needs by now stays.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/host/read/sysctl.h"
#include "engine/host/write/sysctl-write.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define CONF "/etc/sysctl.conf"
#define ONE "kernel.one"
#define TWO "kernel.two"
#define FORWARD "net.ipv4.ip_forward"
#define OURS "y = 0\nx = 1\n"

/* The kernel. */
static struct setting_of_kernel {
	const char *name;
	char value[8];
	bool gone, locked;
} kernel[3];

static void boot(const char *first)
{
	const char *const names[] = {first, TWO, "kernel.three"};

	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		kernel[i] = (struct setting_of_kernel){names[i], "0", false, false};
}

static struct setting_of_kernel *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		if (strcmp(kernel[i].name, name) == 0 && !kernel[i].gone)
			return &kernel[i];
	return NULL;
}

int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err);
int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err)
{
	const struct setting_of_kernel *s = find(name);

	if (!s)
		return error_set(err, -ENOENT, "there is no '%s'", name);
	*ret_value = xstrdup(s->value);
	return 0;
}

int __wrap_sysctl_write(const char *name, const char *value, struct error *err);
int __wrap_sysctl_write(const char *name, const char *value, struct error *err)
{
	struct setting_of_kernel *s = find(name);

	if (!s || s->locked)
		return error_set(err, s ? -EPERM : -ENOENT, "cannot set '%s'", name);
	snprintf(s->value, sizeof(s->value), "%s", value);
	return 0;
}

static void be(const char *what)
{
	kernel[0].gone = strcmp(what, "gone") == 0;
	kernel[0].locked = strcmp(what, "locked") == 0;
	if (!kernel[0].gone && !kernel[0].locked)
		snprintf(kernel[0].value, sizeof(kernel[0].value), "%s", what);
}

static struct effector_ops ops;
static int (*stub_run)(struct effector *e, enum handler handler, const struct effects *towards,
		       struct error *err);
static const char *then; /* what becomes of the first setting after the way up; NULL: nothing */

static int run_kernel(struct effector *e, enum handler handler, const struct effects *towards,
		      struct error *err)
{
	struct live l = {.effector = *e};
	int r;

	if (handler != HANDLER_SYSCTL)
		return stub_run(e, handler, towards, err);
	r = run_sysctl(&l, towards, err);
	e->starts = l.effector.starts;
	if (then)
		be(then);
	then = NULL;
	return r;
}

static int look(void *data, struct facts *ret, struct error *err)
{
	ret->docker.running = true;
	return 0;
}

static int value_now(struct effector *e, struct subject subject, char **ret)
{
	(void)e;
	return setting_now(subject.key, ret);
}

static void begin(struct bench *b, const char *first)
{
	boot(first);
	then = NULL;
	ops = *b->stub.base.ops;
	stub_run = ops.run;
	ops.run = run_kernel;
	ops.value_now = value_now;
	b->stub.base.ops = &ops;
	b->stub.base.look = look;
	temp_directory_write(b->temp, &CONF[1], "y = 0\n");
}

static void plan(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "c", CONF, subj("kv:x"), NULL, "1");
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(freep) char *subject = xasprintf("sysctl:%s", kernel[i].name);

		effect_bring(effects_add(&effects, "c", HANDLER_SYSCTL, subj(subject), "0", "1"),
			     CONF, subj("kv:x"));
	}
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "c")->state = FINDING_PLANNED;
}

static char *apply(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	assert_string_equal(kernel[0].value, "1");
	assert_string_equal(kernel[1].value, "1");
	return xstrdup(result.id);
}

#define STOP CONFLICT_STOP
#define KEEP CONFLICT_KEEP
#define FORMER CONFLICT_BEFORE

/* What becomes of the first setting after an apply, and what a rollback makes of it. */
static const struct {
	const char *name, *setting;
	const char *is, *file; /* before the rollback */
	enum on_conflict word;
	int code;
	enum transaction_state state;
	const char *first, *second, *text; /* after it */
	const char *says; /* a check or conflict of the plan, or a note; NULL: any */
} rollbacks[] = {
	{"as applied", ONE, "1", OURS, STOP, 0, TRANSACTION_COMMITTED, "0", "0", "y = 0\n", NULL},
	{"as before", ONE, "0", OURS, STOP, 0, TRANSACTION_COMMITTED, "0", "0", "y = 0\n", NULL},
	{"theirs", ONE, "2", OURS, STOP, -ESTALE, TRANSACTION_COMMITTED, "2", "1", OURS,
	 "before 0, applied 1, now 2"},
	{"theirs", ONE, "2", OURS, KEEP, 0, TRANSACTION_COMMITTED, "2", "0", "y = 0\n", NULL},
	{"theirs", ONE, "2", OURS, FORMER, 0, TRANSACTION_COMMITTED, "0", "0", "y = 0\n", NULL},
	{"their file", ONE, "1", "y = 0\nx = 2\n", KEEP, 0, TRANSACTION_COMMITTED, "1", "1",
	 "y = 0\nx = 2\n", "as others have it"},
	{"both", ONE, "2", "y = 0\nx = 2\n", KEEP, 0, TRANSACTION_COMMITTED, "2", "1",
	 "y = 0\nx = 2\n", "applied 1, now 2"},
	{"both", ONE, "2", "y = 0\nx = 2\n", FORMER, 0, TRANSACTION_COMMITTED, "0", "0", "y = 0\n",
	 NULL},
	{"gone", ONE, "gone", OURS, STOP, 0, TRANSACTION_COMMITTED, "1", "0", "y = 0\n",
	 "no setting kernel.one any more"},
	{"locked", ONE, "locked", OURS, STOP, 0, TRANSACTION_ROLLED_BACK, "1", "1", OURS,
	 "cannot set"},
	{"locked", ONE, "locked", OURS, KEEP, 0, TRANSACTION_COMMITTED, "1", "0", "y = 0\n",
	 "stays as it is in the kernel"},
	{"needed", FORWARD, "1", OURS, STOP, 0, TRANSACTION_COMMITTED, "1", "0", "y = 0\n",
	 "dockerd runs, and needs it"},
	{"needed", FORWARD, "1", OURS, FORMER, 0, TRANSACTION_COMMITTED, "1", "0", "y = 0\n",
	 "dockerd runs, and needs it"},
};

static void collect(const struct bench *b, const struct strv *lines, struct strv *ret)
{
	strv_add_all(ret, lines);
	for (size_t i = 0; i < b->plan.checks.count; i++)
		strv_add(ret, b->plan.checks.items[i].text);
}

static void try_rollback(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, said = {0};
	CLEANUP(freep) char *id = NULL, *all = NULL;

	print_message("# %s, %d\n", rollbacks[i].name, rollbacks[i].word);
	begin(b, rollbacks[i].setting);
	id = apply(b);
	plan_clear(&b->plan);
	be(rollbacks[i].is);
	temp_directory_write(b->temp, &CONF[1], rollbacks[i].file);
	assert_int_equal(bench_plan_rollback(b, NULL, rollbacks[i].word, &conflicts),
			 rollbacks[i].code);
	collect(b, &conflicts, &said);
	if (rollbacks[i].code == 0) {
		b->of = id;
		b->stub.base.starts.leave = rollbacks[i].word == KEEP;
		bench_run(b, &result);
		assert_int_equal(result.state, rollbacks[i].state);
		strv_add_all(&said, &result.notes);
		if (result.failure)
			strv_add(&said, result.failure);
	}
	all = strv_join(&said, "; ");
	if (rollbacks[i].says && !strstr(all, rollbacks[i].says))
		fail_msg("%s: '%s'", rollbacks[i].name, all);
	assert_string_equal(kernel[0].value, rollbacks[i].first);
	assert_string_equal(kernel[1].value, rollbacks[i].second);
	assert_text(b, CONF, rollbacks[i].text);
}

static void test_rollback(void **state)
{
	(void)state;
	bench_each(try_rollback, ARRAY_SIZE(rollbacks));
}

/* The same between the way up of a run that fails then, and its undo. */
static const struct {
	const char *setting, *is;
	enum transaction_state state;
	const char *first, *second;
} undoes[] = {
	{ONE, "1", TRANSACTION_ROLLED_BACK, "0", "0"},
	{ONE, "0", TRANSACTION_ROLLED_BACK, "0", "0"},
	{ONE, "2", TRANSACTION_STUCK, "2", "0"},
	{ONE, "gone", TRANSACTION_ROLLED_BACK, "1", "0"},
	{ONE, "locked", TRANSACTION_STUCK, "1", "0"},
	{FORWARD, "1", TRANSACTION_ROLLED_BACK, "0", "0"}, /* nobody has come to count on it */
};

static void fail_apply(struct bench *b, const char *setting, const char *is,
		       struct transaction_result *ret)
{
	begin(b, setting);
	plan(b);
	then = is;
	b->stub.unhealthy = 1;
	bench_run(b, ret);
	then = NULL;
}

static void try_undo(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	print_message("# undo, %s %s\n", undoes[i].setting, undoes[i].is);
	fail_apply(b, undoes[i].setting, undoes[i].is, &result);
	assert_int_equal(result.state, undoes[i].state);
	assert_int_equal(result.met_foreign, undoes[i].state == TRANSACTION_STUCK);
	assert_string_equal(kernel[0].value, undoes[i].first);
	assert_string_equal(kernel[1].value, undoes[i].second);
	assert_text(b, CONF, "y = 0\n");
}

static void test_undo(void **state)
{
	(void)state;
	bench_each(try_undo, ARRAY_SIZE(undoes));
}

/* And before the recovery of one that got stuck. */
static const struct {
	const char *setting, *is;
	bool keep;
	int code;
	const char *first;
	const char *says; /* NULL: any */
} recoveries[] = {
	{ONE, "1", false, 0, "0", NULL},
	{ONE, "gone", false, 0, "1", "no setting kernel.one any more"},
	{ONE, "2", false, -EUCLEAN, "2", NULL},
	{ONE, "2", true, 0, "2", "stays 2, as others set it"},
	{ONE, "locked", false, -EUCLEAN, "1", NULL},
	{ONE, "locked", true, 0, "1", "stays as it is in the kernel"},
	{FORWARD, "1", false, 0, "1", "dockerd runs, and needs it"},
};

static void try_recovery(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0};
	CLEANUP(freep) char *notes = NULL;

	print_message("# recovery, %s %s\n", recoveries[i].setting, recoveries[i].is);
	fail_apply(b, recoveries[i].setting, "locked", &result);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	be(recoveries[i].is);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, recoveries[i].keep,
				 &recovery, NULL),
			 recoveries[i].code);
	assert_int_equal(recovery.met_foreign, recoveries[i].code < 0);
	notes = strv_join(&recovery.notes, "; ");
	if (recoveries[i].says && !strstr(notes, recoveries[i].says))
		fail_msg("'%s'", notes);
	assert_string_equal(kernel[0].value, recoveries[i].first);
	assert_string_equal(kernel[1].value, "0");
	if (recoveries[i].code < 0)
		return;
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &again, NULL), 0);
	assert_int_equal(again.undone + again.finished, 0);
}

static void test_recovery(void **state)
{
	(void)state;
	bench_each(try_recovery, ARRAY_SIZE(recoveries));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_recovery),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
