/*
 * What the host's journal is told: once for each decision, with the ids that the catalog explains, and with
 * nothing in it that the plan has of values.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/effect/announce.h"
#include "engine/host/write/journald.h"
#include "rollback/confirm.h"
#include "rollback/recover.h"
#include "rollback/waiting.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define SECRET "hunter2-in-a-value"

static struct strv told; /* "WHAT ID", and all fields of each */
static struct strv fields;

static void take(struct effector *e, const struct announcement *a)
{
	strv_addf(&told, "%s %s", announced_to_string(a->what), a->id);
	announcement_fields(a, &fields);
	(void)e;
}

static const struct effector_ops *ops_of_stub;

static void listen(struct bench *b)
{
	static struct effector_ops ops;

	ops_of_stub = b->stub.base.ops;
	ops = *ops_of_stub;
	ops.announce = take;
	b->stub.base.ops = &ops;
	strv_clear(&told);
	strv_clear(&fields);
}

enum way { WAY_KEEP, WAY_FAIL, WAY_STUCK, WAY_CONFIRM, WAY_TAKE_BACK, WAY_ROLL_BACK };

static const struct {
	const char *what;
	enum way way;
	const char *told; /* of each transaction, in their order */
} rows[] = {
	{"kept", WAY_KEEP, "applied"},
	{"its handler fails", WAY_FAIL, "put_back"},
	{"so does its way back", WAY_STUCK, "stuck"},
	{"confirmed", WAY_CONFIRM, "waiting confirmed"},
	{"taken back", WAY_TAKE_BACK, "waiting recovered"},
	{"rolled back", WAY_ROLL_BACK, "applied rolled_back"},
};

static void plan_secret(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, "c0", FILE_PATH, subj("json:/registry-password"), NULL, "\"" SECRET "\"");
	edits_add(&edits, "c1", FILE_PATH, subj("json:/icc"), NULL, "false");
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
}

static void go_on(struct bench *b, enum way way, const char *id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	if (way == WAY_CONFIRM)
		assert_int_equal(
			confirm_transaction(&b->state, &b->temp->root, &b->stub.base, id, NULL), 0);
	if (way == WAY_TAKE_BACK)
		assert_int_equal(recover_taking_back(&b->state, &b->temp->root, &b->stub.base, id,
						     &recovery, NULL),
				 0);
	if (way != WAY_ROLL_BACK)
		return;
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
}

/* "applied ID" as "applied", joined. */
static void assert_told(const char *expected)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *all = NULL;

	for (size_t i = 0; i < told.count; i++) {
		CLEANUP(freep)
		char *word = xstrndup(told.items[i], strcspn(told.items[i], " "));

		strv_add(&words, word);
	}
	all = strv_join(&words, " ");
	assert_string_equal(all ? all : "", expected);
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	bool fails = rows[i].way == WAY_FAIL || rows[i].way == WAY_STUCK;
	bool waits = rows[i].way == WAY_CONFIRM || rows[i].way == WAY_TAKE_BACK;

	print_message("# %s\n", rows[i].what);
	listen(b);
	if (fails)
		bench_plan(b);
	else
		plan_secret(b);
	b->confirm_usec = waits ? 60000000 : 0;
	b->stub.fail_at = rows[i].way == WAY_FAIL;
	b->stub.fail_from = rows[i].way == WAY_STUCK;
	assert_int_equal(bench_run(b, &result) < 0, fails);
	b->confirm_usec = 0;
	go_on(b, rows[i].way, result.id);
	assert_told(rows[i].told);
	for (size_t k = 0; k < fields.count; k++) {
		assert_null(strstr(fields.items[k], SECRET));
		assert_non_null(strchr(fields.items[k], '='));
	}
	if (!fails) {
		assert_true(strv_contains(&fields, "HARDEN_CONTROL=c0"));
		assert_true(strv_contains(&fields, "HARDEN_CONTROL=c1"));
	}
	b->stub.base.ops = ops_of_stub;
	strv_clear(&told);
	strv_clear(&fields);
}

static void test_once_each(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

/* Each id is explained once, and none that nobody sends. */
static void test_catalog(void **state)
{
	CLEANUP(close_fd)
	int fd = open(SAMPLES "/../../../packaging/harden.catalog", O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf text = {0};
	size_t explained = 0;

	assert_int_equal(fd_read_all(fd, 1 << 20, &text), 0);
	for (const char *p = text.data; (p = strstr(p, "\n-- ")); p++)
		explained++;
	assert_int_equal(explained, ANNOUNCED_COUNT);
	for (size_t i = 0; i < ANNOUNCED_COUNT; i++) {
		const char *id = announced_message_id((enum announced)i);
		CLEANUP(freep) char *head = xasprintf("\n-- %s\nSubject: ", id);
		const char *found = strstr(text.data, head);

		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		assert_non_null(found);
		assert_null(strstr(found + 1, head));
	}
	(void)state;
}

/* In a root of its own in which there is no socket: nothing is said, and nothing fails. */
static void test_no_journald(void **state)
{
	CLEANUP(strv_clear) struct strv one = {0};

	strv_add(&one, "MESSAGE=a test of harden's");
	if (faccessat(AT_FDCWD, "/run/systemd/journal/socket", F_OK, 0) == 0)
		SKIP_BECAUSE("a journal would take it");
	assert_int_equal(journald_send(&one), 0);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_each),
		cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_no_journald),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
