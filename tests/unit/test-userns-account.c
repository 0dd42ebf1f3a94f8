/*
 * The account for userns-remap is not taken away by any undo while a daemon file that stays names it, or
 * dockerd has its ids in use, or nobody can tell; and it is named then. Else it goes.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define PASSWD "/etc/passwd"
#define ROOT_LINE "root:x:0:0::/:/bin/sh\n"
#define ACCOUNT "dockremap:x:996:996::/:/bin/false"
#define NAMES_IT "{\"userns-remap\": \"default\", \"debug\": true}"

enum undo { TAKEN_BACK, BROKEN_OFF, BY_THE_RUN };

static const struct {
	const char *what;
	enum undo undo;
	const char *written; /* by others to the daemon's file, since */
	const char *now; /* userns-remap in force; NULL: nobody looks */
	const char *next; /* at dockerd's next start, from a file that the plan does not know */
	bool blind; /* the look fails */
	bool gone; /* others have taken the account away already */
	bool keeps;
} rows[] = {
	{"nobody uses it", TAKEN_BACK},
	{"nobody uses it, and it was looked", TAKEN_BACK, .now = "\"\""},
	{"others' file does not name it", TAKEN_BACK, .written = THEIRS},
	{"others' file names it", TAKEN_BACK, .written = NAMES_IT, .keeps = true},
	{"others' file is broken", TAKEN_BACK, .written = "{", .keeps = true},
	{"dockerd has it", TAKEN_BACK, .now = "\"default\"", .keeps = true},
	{"its next start has it", TAKEN_BACK, .now = "\"\"", .next = "\"default\"", .keeps = true},
	{"nobody can tell", TAKEN_BACK, .blind = true, .keeps = true},
	{"others took it away, and dockerd has it", TAKEN_BACK, .now = "\"default\"", .gone = true},
	{"broken off", BROKEN_OFF},
	{"broken off, others' file names it", BROKEN_OFF, .written = NAMES_IT, .keeps = true},
	{"the run's own undo", BY_THE_RUN, .now = "\"\""},
	{"the run's own undo, dockerd has it", BY_THE_RUN, .now = "\"default\"", .keeps = true},
};

static int look(void *data, struct facts *ret, struct error *err)
{
	size_t i = *(size_t *)data;

	ret->docker.running = true;
	settings_put(&ret->docker.now, "userns-remap", rows[i].now, SOURCE_API, NULL);
	if (rows[i].next)
		settings_put(&ret->docker.next, "userns-remap", rows[i].next, SOURCE_FILE, NULL);
	return rows[i].blind ? error_set(err, -EIO, "the stub is blind") : 0;
}

static void plan_it(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};

	temp_directory_write(b->temp, &PASSWD[1], ROOT_LINE);
	edits_add(&edits, "userns", FILE_PATH, subj("json:/userns-remap"), NULL, "\"default\"");
	edits_add(&edits, "userns", PASSWD, subj("entry:dockremap"), NULL, ACCOUNT);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "userns")->state = FINDING_PLANNED;
}

/* What was told of the undo, in one text. */
static char *undo(struct bench *b, enum undo how, const char *written, bool gone)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(strv_clear) struct strv ids = {0};

	b->confirm_usec = how == TAKEN_BACK ? 60000000 : 0;
	b->stub.unhealthy = how == BY_THE_RUN;
	bench_run(b, &result);
	if (how == BROKEN_OFF)
		bench_break_off_before_boot(b);
	if (written)
		temp_directory_write(b->temp, &FILE_PATH[1], written);
	if (gone)
		temp_directory_write(b->temp, &PASSWD[1], ROOT_LINE);
	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	if (how == TAKEN_BACK)
		recover_taking_back(&b->state, &b->temp->root, &b->stub.base, ids.items[0],
				    &recovery, NULL);
	else if (how == BROKEN_OFF)
		recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL);
	strv_add_all(&recovery.notes, &recovery.left);
	strv_add_all(&recovery.notes, &result.left);
	strv_add_all(&recovery.notes, &result.notes);
	return strv_join(&recovery.notes, "\n");
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(freep) char *told = NULL;

	plan_it(b);
	if (rows[i].now || rows[i].blind) {
		b->stub.base.look = look;
		b->stub.base.look_data = &i;
	}
	told = undo(b, rows[i].undo, rows[i].written, rows[i].gone);
	if (rows[i].keeps != (strstr(told, "the account for userns-remap stays") != NULL))
		fail_msg("%s: told '%s'", rows[i].what, told);
	assert_text(b, PASSWD, rows[i].keeps ? ROOT_LINE ACCOUNT "\n" : ROOT_LINE);
	assert_text(b, FILE_PATH, rows[i].written ? rows[i].written : BEFORE);
}

static void test_each_undo(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_undo),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
