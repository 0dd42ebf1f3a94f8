/*
 * The chain of edits: any number of controls on one subject, in any order, undone one by one and
 * all at once, with and without what others do. It ends exactly at the original, or at the original
 * with what others did; and what is left meanwhile is never taken for drift.
 */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/drift.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define ROUNDS 30
#define CONTROLS 5
#define OPTIONS "/etc/options"
#define OVERRIDES "/etc/overrides"
#define UNIT "/etc/unit"
#define EXEC "unit:Service/ExecStart"
#define OWN_RULES "/etc/own/rules"

static const char *const words[CONTROLS] = {"--icc=true", "--debug", "--iptables=false",
					    "--userland-proxy=true", "--ip-forward=false"};
static const char *const names[CONTROLS] = {"c0", "c1", "c2", "c3", "c4"};
static const char *const keys[CONTROLS] = {"json:/icc", "json:/log-opts/max-size",
					   "json:/log-opts/max-file", "json:/mtu", "json:/icc"};
static const char *const values[CONTROLS] = {"false", "\"10m\"", "\"3\"", "1400", "true"};
static const char *const overrides[CONTROLS] = {"root staff 666", "root root 666", "root root 644",
						"root root 640", "root root 600"};

/* What one control does, of the values that stand so far. */
struct wish {
	char *options, *exec, *mode, *override;
};

static void wish_clear(struct wish *w)
{
	free(w->options);
	free(w->exec);
	free(w->mode);
	free(w->override);
}

/* The line without the word. */
static char *without(const char *line, const char *word)
{
	CLEANUP(strv_clear) struct strv all = {0}, left = {0};

	strv_split(&all, line, " ");
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i], word) != 0)
			strv_add(&left, all.items[i]);
	return strv_join(&left, " ");
}

static void narrow(struct wish *w, unsigned mask)
{
	unsigned mode = (unsigned)strtoul(w->mode, NULL, 8) & mask;

	free(w->mode);
	w->mode = xasprintf("%04o", mode);
}

/* A line in a file of harden's own, in a directory of its own. */
static void add_rule(struct edits *edits, const char *control)
{
	CLEANUP(freep) char *uid = xasprintf("%u", geteuid()), *gid = xasprintf("%u", getegid());
	CLEANUP(freep) char *rule = xasprintf("kv:%s", control);

	edits_add(edits, control, "/etc/own", subj("exists"), NULL, "dir");
	edits_add(edits, control, "/etc/own", subj("owner"), NULL, uid);
	edits_add(edits, control, "/etc/own", subj("group"), NULL, gid);
	edits_add(edits, control, OWN_RULES, subj(rule), NULL, "1");
	edits_add(edits, control, OWN_RULES, subj("owner"), NULL, uid);
	edits_add(edits, control, OWN_RULES, subj("group"), NULL, gid);
}

static void add_control(struct edits *edits, struct wish *w, size_t i)
{
	static const unsigned masks[CONTROLS] = {0755, 0644, 0664, 0777, 0640};
	char *options = without(w->options, words[i]), *exec = without(w->exec, words[i]);

	free(w->options);
	free(w->exec);
	w->options = options;
	w->exec = exec;
	narrow(w, masks[i]);
	edits_add(edits, names[i], OPTIONS, subj("kv:OPTS"), NULL, w->options);
	edits_add(edits, names[i], UNIT, subj(EXEC), NULL, w->exec);
	edits_add(edits, names[i], FILE_PATH, subj(keys[i]), NULL, values[i]);
	edits_add(edits, names[i], FILE_PATH, subj("mode"), NULL, w->mode);
	edits_add(edits, names[i], OVERRIDES, subj("override:/usr/x"), NULL, overrides[i]);
	add_rule(edits, names[i]);
}

static void shuffle(size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)rand() % i, kept = order[i - 1];

		order[i - 1] = order[k];
		order[k] = kept;
	}
}

static void make_host(struct bench *b, bool listed)
{
	temp_directory_write(
		b->temp, &OPTIONS[1],
		"# ours\nOPTS = --icc=true --debug --iptables=false --userland-proxy=true "
		"--ip-forward=false --mtu=9\n");
	temp_directory_write(b->temp, &UNIT[1],
			     "[Service]\nExecStart=/usr/bin/dockerd --icc=true --debug -H fd:// "
			     "--iptables=false --userland-proxy=true --ip-forward=false\n");
	temp_directory_write(b->temp, &OVERRIDES[1],
			     listed ? "daemon staff 666 /usr/x\n" : "root root 644 /usr/y\n");
	assert_int_equal(fchmodat(b->temp->fd, &FILE_PATH[1], 0777, 0), 0);
}

/* Everything below /etc, for comparing; by words where the order of flags does not matter. */
static char *picture(const struct bench *b, bool by_words)
{
	CLEANUP(freep)
	char *command =
		xasprintf("cd '%s/etc' && find . -printf '%%p %%y %%m %%u %%g\\n' | sort && "
			  "find . -type f | sort | xargs cat%s",
			  b->temp->path, by_words ? " | tr ' ' '\\n' | sort" : "");
	CLEANUP(buf_clear) struct buf text = {0};
	FILE *f = popen(command, "r");
	char block[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_append(&text, block, n);
	pclose(f);
	return buf_take(&text);
}

static void apply(struct bench *b, const size_t *order, size_t n)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(wish_clear)
	struct wish w = {
		.options = xstrdup("--icc=true --debug --iptables=false --userland-proxy=true "
				   "--ip-forward=false --mtu=9"),
		.exec = xstrdup("/usr/bin/dockerd --icc=true --debug -H fd:// --iptables=false "
				"--userland-proxy=true --ip-forward=false"),
		.mode = xstrdup("0777"),
	};

	for (size_t i = 0; i < n; i++)
		add_control(&edits, &w, order[i]);
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	for (size_t i = 0; i < n; i++)
		plan_add_finding(&b->plan, names[order[i]])->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

/* The newest apply; the caller clears. */
static struct history past(const struct bench *b, const struct transaction_summary **ret_apply)
{
	struct history h = {0};

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	*ret_apply = NULL;
	for (size_t i = 0; i < h.count; i++)
		if (!h.items[i].of)
			*ret_apply = &h.items[i];
	assert_int_equal(history_load_all(&b->state, &h, *ret_apply, NULL), 0);
	return h;
}

static void assert_drift(const struct bench *b, size_t want)
{
	CLEANUP(drifts_clear) struct drifts drifts = {0};
	const struct transaction_summary *t;
	CLEANUP(history_clear) struct history h = past(b, &t);

	assert_int_equal(drift_of(&h, t, &(struct drift_wanted){0}, &b->temp->root, &drifts, NULL),
			 0);
	if (drifts.count != want)
		fail_msg("%s: applied %s, now %s",
			 drifts.count ? drifts.items[0].edit->subject.key : "",
			 drifts.count ? drifts.items[0].applied : "",
			 drifts.count ? drifts.items[0].now : "");
}

/* Gives the rollback's id; the caller frees it. */
static char *undo(struct bench *b, const char *id, const char *only)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	if (bench_plan_rollback_of(b, id, only, CONFLICT_STOP, &conflicts) != 0)
		fail_msg("%s", conflicts.items[0]);
	b->of = id;
	b->only = only;
	assert_int_equal(bench_run(b, &result), 0);
	assert_swept(b);
	return xstrdup(result.id);
}

static char *apply_id(const struct bench *b)
{
	const struct transaction_summary *t;
	CLEANUP(history_clear) struct history h = past(b, &t);

	assert_true(h.count > 0);
	return xstrdup(t->id);
}

static void append(const struct bench *b, const char *path, const char *text)
{
	CLEANUP(freep) char *command = xasprintf("printf '%s' >>'%s%s'", text, b->temp->path, path);

	assert_int_equal(system(command), 0);
}

static void edit_text(const struct bench *b, const char *path, const char *script)
{
	CLEANUP(freep) char *command = xasprintf("sed -i '%s' '%s%s'", script, b->temp->path, path);

	assert_int_equal(system(command), 0);
}

/* What others do, whatever harden has done: the same on the original gives what must be left. */
static void meddle(const struct bench *b, unsigned what)
{
	struct stat st;

	if (what & 1)
		edit_text(b, OPTIONS, "s/--mtu=9/--mtu=9 --theirs/");
	if (what & 2)
		edit_text(b, UNIT, "s|-H fd://|-H fd:// -H tcp://x|");
	if (what & 4)
		edit_text(b, FILE_PATH, "s/{/{\"theirs\": 7, /");
	if (what & 8) {
		assert_int_equal(fstatat(b->temp->fd, &FILE_PATH[1], &st, 0), 0);
		assert_int_equal(
			fchmodat(b->temp->fd, &FILE_PATH[1], (st.st_mode & 07777) | 01000, 0), 0);
	}
	if (what & 16)
		append(b, OVERRIDES, "root root 600 /usr/theirs\\n");
}

/* What others do to the untouched original; words sorted. */
static char *with_theirs(bool listed, unsigned foreign)
{
	CLEANUP(bench_close) struct bench b;
	void *fresh = NULL;
	char *text;

	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	make_host(&b, listed);
	meddle(&b, foreign);
	text = picture(&b, true);
	temp_directory_teardown(&fresh);
	return text;
}

static void undo_all(struct bench *b, const size_t *order, size_t n, bool drift)
{
	CLEANUP(freep) char *id = apply_id(b);
	size_t back[CONTROLS];

	shuffle(back, n);
	if (rand() % 3 == 0) {
		free(undo(b, id, NULL));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		free(undo(b, id, names[order[back[i]]]));
		if (drift)
			assert_drift(b, 0);
	}
}

static void round_of(struct bench *b, unsigned foreign)
{
	size_t order[CONTROLS], n = 1 + (size_t)rand() % CONTROLS;
	CLEANUP(freep) char *before = NULL, *after = NULL;
	bool listed = rand() % 2;

	make_host(b, listed);
	before = foreign ? with_theirs(listed, foreign) : picture(b, false);
	shuffle(order, CONTROLS);
	apply(b, order, n);
	assert_drift(b, 0);
	meddle(b, foreign);
	undo_all(b, order, n, !foreign);
	after = picture(b, foreign);
	if (strcmp(before, after) != 0)
		fail_msg("%s\n--- shall be: ---\n%s", after, before);
}

static void with_bench(void (*test)(struct bench *b, unsigned foreign), unsigned foreign)
{
	CLEANUP(bench_close) struct bench b;
	void *fresh = NULL;

	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	test(&b, foreign);
	temp_directory_teardown(&fresh);
}

static void test_any_controls_in_any_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		srand(i);
		with_bench(round_of, i % 2 ? 1 + (unsigned)rand() % 31 : 0);
	}
}

/* What was put back by a rollback of the rollback stands again, and can be taken back again. */
static void there_and_back(struct bench *b, unsigned only)
{
	const size_t order[CONTROLS] = {0, 1, 2, 3, 4};
	CLEANUP(freep) char *before = NULL, *applied = NULL, *id = NULL, *undone = NULL;
	CLEANUP(freep) char *now = NULL, *last = NULL;
	const char *control = only ? names[only] : NULL;
	size_t at = 0;

	make_host(b, true);
	before = picture(b, false);
	apply(b, order, CONTROLS);
	applied = picture(b, false);
	id = apply_id(b);
	undone = undo(b, id, control);
	free(undo(b, undone, NULL));
	now = picture(b, false);
	assert_string_equal(now, applied);
	assert_drift(b, 0);
	{
		CLEANUP(history_clear) struct history h = {0};

		assert_int_equal(history_open(&b->state, &h, NULL), 0);
		assert_int_equal(history_find_in_force(h.items, h.count, &at, NULL), 0);
		assert_string_equal(h.items[at].id, id);
		assert_null(h.items[at].rolled_back_by);
	}
	free(undo(b, id, NULL));
	last = picture(b, false);
	assert_string_equal(last, before);
	{
		CLEANUP(history_clear) struct history h = {0};

		assert_int_equal(history_open(&b->state, &h, NULL), 0);
		assert_int_equal(history_find_in_force(h.items, h.count, &at, NULL), -ENOENT);
	}
}

static void test_a_rollback_is_undone(void **state)
{
	(void)state;
	for (unsigned only = 0; only < CONTROLS; only++)
		with_bench(there_and_back, only);
}

static void apply_rule(struct bench *b, const char *control)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	add_rule(&edits, control);
	edits_add(&edits, control, "/etc/new.json",
		  subj(control[1] == '0' ? "json:/a" : "json:/b/c"), NULL, "1");
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, control)->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

/*
 * Two applies in one directory and its files: whichever is undone first, nothing of ours is left.
 */
static void two_applies(struct bench *b, unsigned first)
{
	CLEANUP(freep) char *before = NULL, *after = NULL, *a = NULL, *c = NULL;

	before = picture(b, false);
	apply_rule(b, "c0");
	a = apply_id(b);
	apply_rule(b, "c1");
	c = apply_id(b);
	free(undo(b, first ? c : a, NULL));
	free(undo(b, first ? a : c, NULL));
	after = picture(b, false);
	assert_string_equal(after, before);
}

static void test_two_applies_leave_nothing(void **state)
{
	(void)state;
	with_bench(two_applies, 0);
	with_bench(two_applies, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_controls_in_any_order),
		cmocka_unit_test(test_a_rollback_is_undone),
		cmocka_unit_test(test_two_applies_leave_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
