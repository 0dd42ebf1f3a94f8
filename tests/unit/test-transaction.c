/*
 * The executor on a folder of its own with a stub in place of systemd, dockerd and the kernel:
 * what it does when everything goes well, and when anything does not. Invariants as in journal.h.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/plan/compose.h"
#include "engine/plan/image.h"
#include "rollback/journal.h"
#include "rollback/recover.h"
#include "rollback/revert.h"
#include "rollback/transaction.h"
#include "tests/own-edits.h"
#include "tests/unit/temp-folder.h"

#define FILE_PATH "/etc/daemon.json"
#define NEW_PATH "/etc/new/rules"
#define BEFORE "{\"mtu\": 1}"
#define AFTER "{\"mtu\": 1, \"icc\": false}"

/* Runs nothing, remembers what it was asked and when, and fails where the test says so. */
struct stub {
	struct effector base;
	const struct state *state;
	struct strv asked;
	struct strv journals; /* the records on disk at each call, health's too */
	int fail_at; /* the n-th call of run fails, from 1; 0: none */
	int unhealthy; /* the first n calls of health fail */
	/* where somebody changes NEW_PATH at the first look at the health; or NULL */
	struct temp_folder *intruded;
};

/* "HEADER INTENT ..." of the only transaction, "" when there are several; the caller frees it. */
static char *journal_text(const struct state *s)
{
	CLEANUP(strv_clear) struct strv ids = {0}, names = {0};
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(close_fd) int folder = -1;

	assert_int_equal(state_transactions(s, &ids, NULL), 0);
	if (ids.count != 1)
		return xstrdup("");
	folder = state_open_txn(s, ids.items[0], false, NULL);
	assert_int_equal(journal_read(folder, &records, NULL), 0);
	for (size_t i = 0; i < records.count; i++)
		strv_add(&names, record_type_to_string(records.items[i].type));
	return strv_join(&names, " ");
}

static void note_journal(struct stub *stub)
{
	CLEANUP(freep) char *text = journal_text(stub->state);

	strv_add(&stub->journals, text);
}

static int stub_run(struct effector *e, enum handler handler, const struct effects *towards,
		    struct error *err)
{
	struct stub *stub = (struct stub *)e;

	note_journal(stub);
	strv_addf(&stub->asked, "%s %s", handler_to_string(handler),
		  towards->count && towards->items[0].after ? towards->items[0].after : "-");
	if ((int)stub->asked.count == stub->fail_at)
		return error_set(err, -EIO, "the stub fails");
	return 0;
}

static int stub_health(struct effector *e, const struct strv *may_stop, int gate_ms,
		       struct error *err)
{
	struct stub *stub = (struct stub *)e;

	note_journal(stub);
	if (stub->intruded)
		temp_folder_write(stub->intruded, &NEW_PATH[1], "x = 3\n");
	stub->intruded = NULL;
	return stub->unhealthy-- > 0 ? error_set(err, -EIO, "the stub is not well") : 0;
}

static const struct effector_ops stub_ops = {.run = stub_run, .health = stub_health};

/* One host, one state folder, one plan: a key changed in a file, and a new file in a new folder. */
struct bench {
	struct temp_folder *temp;
	struct state state;
	struct facts facts;
	struct plan plan;
	struct stub stub;
	bool live_restore; /* the plan turns it on: by a reload, before the restart */
};

static void bench_open(struct bench *b, void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	*b = (struct bench){.temp = *state, .state = STATE_INIT, .stub = {.base = {&stub_ops}}};
	assert_int_equal(mkdirat(b->temp->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(b->temp->fd, "var", 0755), 0);
	assert_int_equal(mkdirat(b->temp->fd, "var/lib", 0755), 0);
	temp_folder_write(b->temp, &FILE_PATH[1], BEFORE);
	if (state_open(&b->state, &b->temp->root, true, &err) < 0 ||
	    state_lock(&b->state, 0, &err) < 0)
		fail_msg("%s", error_text(&err));
	b->facts.docker.config_file = xstrdup(FILE_PATH);
	b->stub.state = &b->state;
}

static void bench_close(struct bench *b)
{
	state_close(&b->state);
	facts_clear(&b->facts);
	plan_clear(&b->plan);
	strv_clear(&b->stub.asked);
	strv_clear(&b->stub.journals);
}

static void bench_plan(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};

	edits_add(&edits, "daemon.icc", FILE_PATH, "json:/icc", NULL, "false");
	edits_add(&edits, "daemon.mode", FILE_PATH, "mode", NULL, "0600");
	edits_add(&edits, "c", "/etc/new", "exists", NULL, "dir");
	edits_add_own(&edits, "/etc/new");
	edits_add(&edits, "c", NEW_PATH, "kv:x", NULL, "1");
	edits_add_own(&edits, NEW_PATH);
	effects_add(&effects, "daemon.icc", HANDLER_DOCKER_RESTART, "docker:icc", "true", "false");
	if (b->live_restore) {
		edits_add(&edits, "daemon.live", FILE_PATH, "json:/live-restore", NULL, "true");
		effects_add(&effects, "daemon.live", HANDLER_DOCKER_RELOAD, "docker:live-restore",
			    "false", "true");
	}
	if (compose_changes(&b->plan, &b->temp->root, &edits, &err) < 0 ||
	    compose_stages(&b->plan, &b->facts, &effects, &err) < 0)
		fail_msg("%s", error_text(&err));
	plan_add_finding(&b->plan, "daemon.icc")->state = FINDING_PLANNED;
}

static int bench_run(struct bench *b, struct transaction_result *result)
{
	const struct transaction_request q = {
		.state = &b->state,
		.root = &b->temp->root,
		.facts = &b->facts,
		.plan = &b->plan,
		.effector = &b->stub.base,
		.kind = "apply",
	};

	return transaction_run(&q, result, NULL);
}

static void assert_text(const struct bench *b, const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf content = {0};
	int fd = openat(b->temp->fd, path + 1, O_RDONLY);

	if (!text) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, 1 << 20, &content), 0);
	close(fd);
	assert_string_equal(buf_str(&content), text);
}

static mode_t mode_of(const struct bench *b, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(b->temp->fd, path + 1, &st, 0), 0);
	return st.st_mode & 07777;
}

static void assert_before(const struct bench *b)
{
	assert_text(b, FILE_PATH, BEFORE);
	assert_int_equal(mode_of(b, FILE_PATH), 0644);
	assert_text(b, "/etc/new", NULL);
	assert_int_equal(faccessat(b->temp->fd, "etc/new", F_OK, 0), -1);
}

static void assert_after(const struct bench *b)
{
	assert_text(b, FILE_PATH, AFTER);
	assert_int_equal(mode_of(b, FILE_PATH), 0600);
	assert_text(b, NEW_PATH, "x = 1\n");
}

/* No staged file is left anywhere below /etc. */
static void assert_swept(const struct bench *b)
{
	CLEANUP(freep)
	char *command = xasprintf("! find '%s/etc' -name '.*harden*' | grep -q .", b->temp->path);

	assert_int_equal(system(command), 0);
}

static void test_commit(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_COMMITTED);
	assert_after(&b);
	assert_swept(&b);
	assert_int_equal(b.stub.asked.count, 1);
	assert_string_equal(b.stub.asked.items[0], "docker-restart false");
}

static void test_handler_fails(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;
	struct stat was, is;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &was, 0), 0);
	b.stub.fail_at = 1;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
	assert_non_null(strstr(result.failure, "the stub fails"));
	assert_before(&b);
	assert_swept(&b);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &is, 0), 0);
	assert_int_equal(was.st_ino, is.st_ino); /* the very file comes back */
	assert_int_equal(was.st_mtim.tv_nsec, is.st_mtim.tv_nsec);
	assert_int_equal(b.stub.asked.count, 2);
	assert_string_equal(b.stub.asked.items[1], "docker-restart true");
}

static void assert_journals(const struct bench *b, const char *const *want, size_t count)
{
	CLEANUP(freep) char *last = journal_text(&b->state);

	assert_int_equal(b->stub.journals.count, count - 1);
	for (size_t i = 0; i < count - 1; i++)
		assert_string_equal(b->stub.journals.items[i], want[i]);
	assert_string_equal(last, want[count - 1]);
}

/*
 * J2: when the handler runs, all is noted that undoes it; J3: and that it runs; J4, J5: COMMIT is
 * there when the run says that all is done, and not before the host was found well.
 */
static void test_journal_of_a_commit(void **state)
{
	static const char *const want[] = {
		"HEADER INTENT APPLIED EFFECT_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END",
		"HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END COMMIT SWEPT",
	};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_journals(&b, want, ARRAY_SIZE(want));
}

/* J5: UNDO_DONE is there when the run says that all was put back. */
static void test_journal_of_an_undo(void **state)
{
	static const char *const want[] = {
		"HEADER INTENT APPLIED EFFECT_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN UNDO_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN UNDO_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN UNDO_BEGIN UNDO_DONE SWEPT",
	};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.fail_at = 1;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_journals(&b, want, ARRAY_SIZE(want));
}

static void test_unhealthy(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.unhealthy = 1;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
	assert_before(&b);
}

static void test_undo_fails(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.unhealthy = 2; /* not well after putting back either */
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_int_equal(result.left.count, 1);
	assert_before(&b);
}

/*
 * J3: a stage with a file that stayed somebody else's is not undone, and nor are those before it,
 * which count on it: when the file is as it was, recovery runs the handlers of both once more.
 */
static void test_not_undone_without_its_files(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	b.live_restore = true;
	bench_plan(&b);
	b.stub.unhealthy = 1;
	b.stub.intruded = b.temp;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_text(&b, NEW_PATH, "x = 3\n");
	strv_clear(&b.stub.asked);
	temp_folder_write(b.temp, &NEW_PATH[1], "x = 1\n");
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, &recovery, NULL), 0);
	assert_before(&b);
	assert_int_equal(b.stub.asked.count, 2);
	assert_string_equal(b.stub.asked.items[0], "docker-restart true");
	assert_string_equal(b.stub.asked.items[1], "docker-reload false");
}

static void test_stale(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	temp_folder_write(b.temp, &FILE_PATH[1], "{\"mtu\": 2}");
	assert_int_equal(bench_run(&b, &result), -ESTALE);
	assert_int_equal(result.state, TRANSACTION_OPEN);
	assert_text(&b, FILE_PATH, "{\"mtu\": 2}");
	assert_int_equal(state_transactions(&b.state, &ids, NULL), 0);
	assert_int_equal(ids.count, 0);
}

static void load(struct bench *b, const char *id, struct transaction_summary *t)
{
	CLEANUP(error_clear) struct error err = {0};

	if (history_load(&b->state, id, t, &err) < 0)
		fail_msg("%s", error_text(&err));
}

/* Commits, lets `meddle` change the host, and plans the rollback. */
static int commit_and_revert(struct bench *b, const char *meddle, const char *only,
			     enum on_conflict on_conflict, struct strv *conflicts)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};

	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	if (meddle)
		temp_folder_write(b->temp, &FILE_PATH[1], meddle);
	load(b, NULL, &t);
	plan_clear(&b->plan);
	return revert_plan(&t, only, on_conflict, &b->temp->root, &b->facts, &b->plan, conflicts,
			   NULL);
}

static void test_rollback_is_exact(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	struct stat was, is;

	bench_open(&b, state);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &was, 0), 0);
	assert_int_equal(commit_and_revert(&b, NULL, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_before(&b);
	assert_swept(&b);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &is, 0), 0);
	assert_int_equal(was.st_mtim.tv_sec, is.st_mtim.tv_sec);
	assert_int_equal(was.st_mtim.tv_nsec, is.st_mtim.tv_nsec);
	assert_string_equal(b.stub.asked.items[1], "docker-restart true");
}

static void test_rollback_three_ways(void **state)
{
	static const struct {
		const char *meddle;
		enum on_conflict on_conflict;
		int result;
		size_t conflicts;
		const char *text;
	} cases[] = {
		/* another key was added: it stays */
		{"{\"mtu\": 1, \"icc\": false, \"b\": 2}", CONFLICT_STOP, 0, 0,
		 "{\"mtu\": 1, \"b\": 2}"},
		/* our key was taken back already */
		{"{\"mtu\": 3}", CONFLICT_STOP, 0, 0, "{\"mtu\": 3}"},
		/* our key has somebody else's value */
		{"{\"mtu\": 1, \"icc\": true}", CONFLICT_STOP, -ESTALE, 1,
		 "{\"mtu\": 1, \"icc\": true}"},
		{"{\"mtu\": 1, \"icc\": true}", CONFLICT_KEEP, 0, 1, "{\"mtu\": 1, \"icc\": true}"},
		{"{\"mtu\": 1, \"icc\": true}", CONFLICT_BEFORE, 0, 1, "{\"mtu\": 1}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;
		int r;

		temp_folder_setup(&fresh);
		bench_open(&b, &fresh);
		r = commit_and_revert(&b, cases[i].meddle, NULL, cases[i].on_conflict, &conflicts);
		assert_int_equal(r, cases[i].result);
		assert_int_equal(conflicts.count, cases[i].conflicts);
		if (r == 0)
			assert_int_equal(bench_run(&b, &result), 0);
		assert_text(&b, FILE_PATH, cases[i].text);
		temp_folder_teardown(&fresh);
	}
	(void)state;
}

static void test_rollback_of_one_control(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	assert_int_equal(commit_and_revert(&b, NULL, "daemon.icc", CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_text(&b, FILE_PATH, BEFORE);
	assert_int_equal(mode_of(&b, FILE_PATH), 0600); /* another control's: stays */
	assert_text(&b, NEW_PATH, "x = 1\n");
}

/* A nested key whose object was made for it leaves no empty object behind. */
static void test_rollback_of_nested_key(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "limits", FILE_PATH, "json:/log-opts/max-size", NULL, "\"10m\"");
	edits_add(&edits, "limits", FILE_PATH, "json:/log-opts/max-file", NULL, "\"3\"");
	assert_int_equal(compose_changes(&b.plan, &b.temp->root, &edits, NULL), 0);
	assert_int_equal(compose_stages(&b.plan, &b.facts, &(struct effects){0}, NULL), 0);
	assert_int_equal(bench_run(&b, &applied), 0);
	temp_folder_write(
		b.temp, &FILE_PATH[1],
		"{\"mtu\": 2, \"log-opts\": {\"max-size\": \"10m\", \"max-file\": \"3\"}}");
	load(&b, NULL, &t);
	plan_clear(&b.plan);
	assert_int_equal(revert_plan(&t, NULL, CONFLICT_STOP, &b.temp->root, &b.facts, &b.plan,
				     &conflicts, NULL),
			 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_text(&b, FILE_PATH, "{\"mtu\": 2}");
}

/* A file that the plan takes away is snapshot too, and a folder that it makes is made beside its place. */
static void test_taken_away_comes_back(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "gone", FILE_PATH, "exists", "file", NULL);
	assert_int_equal(compose_changes(&b.plan, &b.temp->root, &edits, NULL), 0);
	assert_int_equal(compose_stages(&b.plan, &b.facts, &(struct effects){0}, NULL), 0);
	assert_int_equal(bench_run(&b, &applied), 0);
	assert_text(&b, FILE_PATH, NULL);
	load(&b, NULL, &t);
	plan_clear(&b.plan);
	assert_int_equal(revert_plan(&t, NULL, CONFLICT_STOP, &b.temp->root, &b.facts, &b.plan,
				     &conflicts, NULL),
			 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_before(&b);
}

static void test_lock(void **state)
{
	CLEANUP(bench_close) struct bench b;
	struct state second = STATE_INIT;

	bench_open(&b, state);
	assert_int_equal(state_open(&second, &b.temp->root, false, NULL), 0);
	assert_int_equal(state_lock(&second, 0, NULL), -EWOULDBLOCK);
	state_close(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_FOLDER_TEST(test_commit),
		TEMP_FOLDER_TEST(test_handler_fails),
		TEMP_FOLDER_TEST(test_journal_of_a_commit),
		TEMP_FOLDER_TEST(test_journal_of_an_undo),
		TEMP_FOLDER_TEST(test_unhealthy),
		TEMP_FOLDER_TEST(test_undo_fails),
		TEMP_FOLDER_TEST(test_not_undone_without_its_files),
		TEMP_FOLDER_TEST(test_stale),
		TEMP_FOLDER_TEST(test_rollback_is_exact),
		cmocka_unit_test(test_rollback_three_ways),
		TEMP_FOLDER_TEST(test_rollback_of_one_control),
		TEMP_FOLDER_TEST(test_rollback_of_nested_key),
		TEMP_FOLDER_TEST(test_taken_away_comes_back),
		TEMP_FOLDER_TEST(test_lock),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
