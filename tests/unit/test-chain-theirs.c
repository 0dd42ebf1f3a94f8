/*
 * What others did to a file between harden's transactions is theirs, whatever became of ours: the
 * time at which they wrote it, and a text that only they can read.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define CONTROL "c0"

static char *apply_id(const struct bench *b)
{
	CLEANUP(history_clear) struct history h = {0};
	char *id = NULL;

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	for (size_t i = 0; i < h.count; i++)
		if (!h.items[i].of)
			str_replace(&id, h.items[i].id);
	assert_non_null(id);
	return id;
}

static void undo(struct bench *b, const char *id, enum on_conflict on_conflict, size_t asked)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	int r = bench_plan_rollback_of(b, id, NULL, on_conflict, &conflicts);

	if (conflicts.count != asked)
		fail_msg("%zu conflicts, not %zu: %s", conflicts.count, asked,
			 conflicts.count ? conflicts.items[0] : "");
	assert_int_equal(r, 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	assert_swept(b);
}

static void with_bench(void (*test)(struct bench *b, unsigned what), unsigned what)
{
	CLEANUP(bench_close) struct bench b;
	void *fresh = NULL;

	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	test(&b, what);
	temp_directory_teardown(&fresh);
}

static void apply_edit(struct bench *b, const char *subject, const char *before, const char *after)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, CONTROL, FILE_PATH, subj(subject), before, after);
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, CONTROL)->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

static time_t age(const struct bench *b)
{
	struct stat st;

	assert_int_equal(fstatat(b->temp->fd, &FILE_PATH[1], &st, 0), 0);
	return st.st_mtime;
}

/* An earlier edit, undone or not; then what others do, at a time of their own; that time stays. */
static void theirs_is_the_time(struct bench *b, unsigned what)
{
	const struct timespec times[2] = {{.tv_sec = 86400}, {.tv_sec = 86400}};
	CLEANUP(freep) char *first = NULL, *second = NULL;

	if (what & 1)
		apply_edit(b, "json:/debug", NULL, "true");
	else
		apply_edit(b, "mode", "0644", "0600");
	first = apply_id(b);
	if (what & 2)
		undo(b, first, CONFLICT_STOP, 0);
	if (what & 4)
		temp_directory_write(b->temp, &FILE_PATH[1], "{\"theirs\": 7}");
	assert_int_equal(utimensat(b->temp->fd, &FILE_PATH[1], times, 0), 0);
	apply_edit(b, "json:/icc", NULL, "false");
	assert_true(age(b) != times[1].tv_sec);
	second = apply_id(b);
	undo(b, second, CONFLICT_STOP, 0);
	assert_int_equal(age(b), times[1].tv_sec);
}

static void test_theirs_is_the_time(void **state)
{
	(void)state;
	for (unsigned what = 0; what < 8; what++)
		with_bench(theirs_is_the_time, what);
}

static void apply_and_undo(struct bench *b, const char *subject, const char *before,
			   const char *after)
{
	CLEANUP(freep) char *id = NULL;

	apply_edit(b, subject, before, after);
	id = apply_id(b);
	undo(b, id, CONFLICT_STOP, 0);
}

/* What others wrote cannot be read, but nothing of ours was in it: no matter for a rollback. */
static void unreadable_beside(struct bench *b, unsigned what)
{
	CLEANUP(freep) char *id = NULL;

	apply_and_undo(b, what ? "json:/log-opts/max-size" : "json:/debug", NULL, "1");
	temp_directory_write(b->temp, &FILE_PATH[1], "null");
	apply_and_undo(b, "mode", "0644", "0600");
	assert_text(b, FILE_PATH, "null");
	apply_edit(b, "mode", "0644", "0600");
	id = apply_id(b);
	temp_directory_write(b->temp, &FILE_PATH[1], "42");
	undo(b, id, CONFLICT_STOP, 0);
	assert_text(b, FILE_PATH, "42");
}

/* Who was asked once, whether ours or theirs is to stand, is not asked by the next rollback. */
static void asked_once(struct bench *b, unsigned on_conflict)
{
	const char *left = on_conflict == CONFLICT_BEFORE ? BEFORE : "null";
	CLEANUP(freep) char *id = NULL;

	apply_edit(b, "json:/debug", NULL, "true");
	id = apply_id(b);
	temp_directory_write(b->temp, &FILE_PATH[1], "null");
	undo(b, id, on_conflict, 1);
	assert_text(b, FILE_PATH, left);
	apply_and_undo(b, "mode", "0644", "0600");
	assert_text(b, FILE_PATH, left);
}

static void test_what_cannot_be_read(void **state)
{
	(void)state;
	with_bench(unreadable_beside, 0);
	with_bench(unreadable_beside, 1);
	with_bench(asked_once, CONFLICT_BEFORE);
	with_bench(asked_once, CONFLICT_KEEP);
}

/* What a rollback left to others goes by a later one that says so, and by no other. */
static void taken_later(struct bench *b, unsigned only)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	const char *control = only ? CONTROL : NULL;
	CLEANUP(freep) char *id = NULL;

	apply_edit(b, "json:/mtu", "1", "2");
	id = apply_id(b);
	temp_directory_write(b->temp, &FILE_PATH[1], "{\"mtu\": 3, \"theirs\": 7}");
	undo(b, id, CONFLICT_KEEP, 1);
	for (unsigned how = CONFLICT_STOP; how <= CONFLICT_KEEP; how++) {
		assert_int_equal(bench_plan_rollback_of(b, id, control, how, &conflicts), 0);
		assert_int_equal(b->plan.nchanges, 0);
	}
	assert_int_equal(bench_plan_rollback_of(b, id, control, CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(b->plan.nchanges, 1);
	b->of = id;
	b->only = control;
	assert_int_equal(bench_run(b, &result), 0);
	assert_text(b, FILE_PATH, "{\"mtu\": 1, \"theirs\": 7}");
	assert_int_equal(bench_plan_rollback_of(b, id, control, CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(b->plan.nchanges, 0);
}

static void test_taken_later(void **state)
{
	(void)state;
	with_bench(taken_later, 0);
	with_bench(taken_later, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken_later),
		cmocka_unit_test(test_theirs_is_the_time),
		cmocka_unit_test(test_what_cannot_be_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
