/*
 * What waits to be confirmed is taken back beside a config file that others made another one meanwhile: dockerd's
 * restart is left out where nobody was asked about what it brings, and then the ledger tells what is in force still.
 * With consent it brings back what that file says, and no more.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/beside-foreign.h"
#include "rollback/history-left.h"
#include "rollback/left-effects.h"
#include "rollback/prune.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define NNP "no-new-privileges"
#define LOG "log-driver"
#define DNS "dns would be another"
#define BOTH "docker:" NNP ", docker:" LOG

static const struct row {
	const char *what;
	const char *nnp, *log; /* their file's; NULL: it has none */
	const char *consents_to; /* who was asked, and about these words; NULL: nobody */
	bool brings; /* and it has others' dns as well */
	bool renewed; /* somebody restarts dockerd thereafter */
	bool mute; /* it does not answer thereafter */
	bool runs; /* the restart is made on the way back */
	const char *left; /* by the ledger */
	const char *told;
} rows[] = {
	{"nobody", .brings = true, .left = BOTH, .told = "left out"},
	{"... and nothing of theirs comes along", .left = BOTH, .told = "left out"},
	{"... and dockerd is started anew", .brings = true, .renewed = true, .left = "",
	 .told = "left out"},
	{"... or does not tell", .brings = true, .mute = true, .left = BOTH, .told = "left out"},
	{"... and one of ours is in their file", .log = "\"local\"",
	 .left = "json:/" LOG " of " FILE_PATH ", docker:" NNP, .told = "left out"},
	{"asked about nothing", .consents_to = "", .brings = true, .left = BOTH,
	 .told = "left out"},
	{"... about something else", .consents_to = "bip would be another", .brings = true,
	 .left = BOTH, .told = "left out"},
	{"asked about it", .consents_to = DNS, .brings = true, .runs = true, .left = ""},
	{"... and nothing comes along", .consents_to = "", .runs = true, .left = ""},
	{"... and one of ours is in their file", .log = "\"local\"", .consents_to = "",
	 .runs = true, .left = "json:/" LOG " of " FILE_PATH, .told = LOG " stays"},
	{"... and all of ours", "true", "\"local\"", "",
	 .left = "json:/" NNP " of " FILE_PATH ", json:/" LOG " of " FILE_PATH, .told = "left out"},
	{"... and a third value of ours", .log = "\"syslog\"", .consents_to = "", .left = BOTH,
	 .told = "left out"},
};

static const struct row *seen; /* NULL: before others came */
static const struct strv *handlers; /* those that ran */
static size_t before_way_back;
static bool over; /* the way back is */

/* What dockerd has: as applied, until it is started with the file of others'. */
static const char *in_force(const char *applied, const char *theirs, const char *was)
{
	bool started = handlers->count > before_way_back || (over && seen && seen->renewed);

	return !started ? applied : theirs ? theirs : was;
}

static int look(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;
	struct waiting_key *key;

	(void)data;
	(void)err;
	d->running = true;
	d->config_file = xstrdup(FILE_PATH);
	d->swarm = xstrdup("inactive");
	if (over && seen && seen->mute)
		d->not_measured = xstrdup("GET /info: no answer");
	else
		containers_known(&d->containers);
	settings_put(&d->now, "live-restore", "true", SOURCE_API, "");
	settings_put(&d->next, "live-restore", "true", SOURCE_FILE, FILE_PATH);
	settings_put(&d->now, NNP, seen ? in_force("true", seen->nnp, "false") : "false",
		     SOURCE_API, "");
	settings_put(&d->now, LOG,
		     seen ? in_force("\"local\"", seen->log, "\"json-file\"") : "\"json-file\"",
		     SOURCE_API, "");
	if (seen && seen->nnp)
		settings_put(&d->next, NNP, seen->nnp, SOURCE_FILE, FILE_PATH);
	if (seen && seen->log)
		settings_put(&d->next, LOG, seen->log, SOURCE_FILE, FILE_PATH);
	if (seen && seen->brings) {
		key = facts_add_waiting(ret);
		key->key = xstrdup("dns");
		key->brings = xstrdup(DNS);
	}
	return 0;
}

static void let_wait(struct bench *b, struct transaction_result *ret)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	seen = NULL;
	over = false;
	handlers = &b->stub.asked;
	b->stub.base.look = look;
	b->confirm_usec = 60000000;
	edits_add(&edits, "nnp", FILE_PATH, subj("json:/" NNP), NULL, "true");
	edits_add(&edits, "log", FILE_PATH, subj("json:/" LOG), NULL, "\"local\"");
	effects_add(&effects, "nnp", HANDLER_DOCKER_RESTART, subject_of(SCHEME_DOCKER, NNP),
		    "false", "true");
	effects_add(&effects, "log", HANDLER_DOCKER_RESTART, subject_of(SCHEME_DOCKER, LOG),
		    "\"json-file\"", "\"local\"");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "nnp")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "log")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, ret), 0);
	assert_int_equal(ret->state, TRANSACTION_WAITING);
	before_way_back = handlers->count;
}

static char *write_theirs(const struct bench *b, const struct row *row)
{
	CLEANUP(strv_clear) struct strv keys = {0};
	CLEANUP(freep) char *list = NULL;
	char *text;

	strv_add(&keys, "\"mtu\": 2");
	if (row->nnp)
		strv_addf(&keys, "\"" NNP "\": %s", row->nnp);
	if (row->log)
		strv_addf(&keys, "\"" LOG "\": %s", row->log);
	list = strv_join(&keys, ", ");
	text = xasprintf("{%s}", list);
	temp_directory_write(b->temp, &FILE_PATH[1], text);
	return text;
}

static void end_time(struct records *records, void *data)
{
	(void)data;
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].type == RECORD_WAITING)
			str_replace(&records->items[i].payload,
				    "{\"until_usec\":1,\"granted_usec\":1,"
				    "\"boot_id\":\"another\",\"mono_usec\":1}");
}

/* By a person who was asked, or at the end of its time. */
static void take_back(struct bench *b, const char *id, struct recovery *ret)
{
	CLEANUP(stopped_clear) struct stopped_list names = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	int r;

	if (!seen->consents_to) {
		bench_rewrite(b, end_time, NULL);
		r = recover(&b->state, &b->temp->root, &b->stub.base, false, ret, NULL);
	} else {
		strv_add(&words, seen->consents_to);
		b->stub.base.consented = &names;
		b->stub.base.consented_to = &words;
		r = recover_taking_back(&b->state, &b->temp->root, &b->stub.base, id, ret, NULL);
		b->stub.base.consented = NULL;
		b->stub.base.consented_to = NULL;
	}
	over = true;
	if (r < 0 || ret->undone != 1 || ret->left.count)
		fail_msg("%s: %d '%s'", seen->what, r, ret->left.count ? ret->left.items[0] : "");
}

/* The ledger, by the host as it is now: what is left, what a rollback finds, what prune keeps. */
static void assert_ledger(struct bench *b, const char *id)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(pruning_clear) struct pruning pruning = {0};
	CLEANUP(strv_clear) struct strv left = {0};
	CLEANUP(freep) char *text = NULL;
	const struct pruning_limits none = {.before_usec = UINT64_MAX};
	size_t at = 7;
	unsigned needs;

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	assert_int_equal(look(NULL, &now, NULL), 0);
	left_effects_any(&h, &needs);
	assert_int_equal(needs, 0);
	h.now = &now;
	history_left(&h, &b->temp->root, &left);
	text = strv_join(&left, ", ");
	if (strcmp(text, seen->left) != 0)
		fail_msg("%s: left '%s'", seen->what, text);
	assert_int_equal(history_find_undoable(&h, &b->temp->root, &at, NULL) == 0,
			 *seen->left != '\0');
	if (*seen->left)
		assert_string_equal(h.items[at].id, id);
	pruning.now = &now;
	assert_int_equal(pruning_choose_old(&b->state, &b->temp->root, &none, &pruning, NULL), 0);
	assert_int_equal(pruning.kept.count, *seen->left != '\0');
}

static void one(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *theirs = NULL, *notes = NULL;

	let_wait(b, &result);
	seen = &rows[i];
	theirs = write_theirs(b, seen);
	take_back(b, result.id, &recovery);
	notes = strv_join(&recovery.notes, "\n");
	if ((handlers->count > before_way_back) != seen->runs || recovery.left_out == seen->runs ||
	    (seen->told && !strstr(notes, seen->told)))
		fail_msg("%s: '%s'", seen->what, notes);
	assert_text(b, FILE_PATH, theirs);
	assert_ledger(b, result.id);
}

static void test_rows(void **state)
{
	(void)state;
	bench_each(one, ARRAY_SIZE(rows));
}

/* What one in force, or one that was put back whole, has in force is not left. */
static void test_of_others(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(bench_close) struct bench b;
	unsigned needs;

	bench_open(&b, state);
	let_wait(&b, &result);
	assert_int_equal(history_open(&b.state, &h, NULL), 0);
	assert_false(left_effects_any(&h, &needs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		TEMP_DIRECTORY_TEST(test_of_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
