/*
 * A rollback restarts dockerd with what it puts back. That dockerd has run with just that is proof
 * enough, where the ledger says so; nothing less is.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/plan/preflight.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define DROPIN "/etc/harden.conf"
#define CHANGED "changed after the daemon started"

static const struct {
	const char *what;
	const char *untried_then; /* when the apply began */
	const char *version_now;
	const char *written; /* by others, since the apply */
	bool other_written; /* likewise the drop-in beside it */
	bool known;
} cases[] = {
	{"as it ran before", NULL, "20.10.24", NULL, false, true},
	{"somebody changed the layout", NULL, "20.10.24", "{\"mtu\":1, \"icc\": false}", false,
	 false},
	{"it did not run with that", CHANGED, "20.10.24", NULL, false, false},
	{"it is another dockerd since", NULL, "20.10.25", NULL, false, false},
	{"of what version it is nobody knows", NULL, NULL, NULL, false, false},
	{"somebody changed what is beside it", NULL, "20.10.24", NULL, true, false},
};

static void put_file(struct bench *b, const char *path, const char *text)
{
	if (strcmp(path, FILE_PATH) == 0) {
		str_replace(&b->facts.docker.config_digest, NULL);
		b->facts.docker.config_digest = digest_new(text, strlen(text));
	}
	temp_directory_write(b->temp, path + 1, text);
}

static void apply(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	facts_add_unit(&b->facts, "docker.service")->main_pid = 7;
	containers_known(&b->facts.docker.containers);
	b->facts.docker.version = xstrdup("20.10.24");
	b->facts.docker.untried = xstrdup_null(cases[i].untried_then);
	b->plan.docker_version = xstrdup("20.10.24");
	put_file(b, FILE_PATH, BEFORE);
	put_file(b, DROPIN, "[Service]\n");
	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	edits_add(&edits, "icc", DROPIN, subj("unit:Service/LimitNOFILE"), NULL, "9");
	effects_add(&effects, "icc", HANDLER_DOCKER_RESTART, subj("docker:icc"), "true", "false");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	put_file(b, FILE_PATH, AFTER);
}

static void try_case(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(error_clear) struct error err = {0};
	int want = cases[i].known ? 0 : -EPERM;

	apply(b, i);
	str_replace(&b->facts.docker.untried, CHANGED); /* at the least its time is another */
	str_replace(&b->facts.docker.version, cases[i].version_now);
	if (cases[i].written)
		put_file(b, FILE_PATH, cases[i].written);
	if (cases[i].other_written)
		put_file(b, DROPIN, "[Service]\nLimitNOFILE=9\nExecStartPre=/bin/false\n");
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_KEEP, &conflicts), 0);
	if (b->plan.start_known != cases[i].known ||
	    plan_check_restart(&b->plan, &b->facts, NULL, &err) != want)
		fail_msg("%s: known %d, %s", cases[i].what, b->plan.start_known, error_text(&err));
	if (want < 0)
		assert_non_null(strstr(error_text(&err), CHANGED));
}

static void test_known_only_as_it_ran(void **state)
{
	(void)state;
	bench_each(try_case, ARRAY_SIZE(cases));
}

/* dockerd reads another file than the one that was changed, as where a link was replaced; somebody broke it. */
static void test_broken_beside(void **state)
{
	static const struct {
		const char *text;
		enum on_conflict on_conflict;
		int want;
		bool restarts;
	} rows[] = {
		{"{ broken", CONFLICT_STOP, -ESTALE, false},
		{"{ broken", CONFLICT_KEEP, 0, false},
		{"{ broken", CONFLICT_BEFORE, 0, false},
		{"{\"icc\": true}", CONFLICT_STOP, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(strv_clear) struct strv conflicts = {0};
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		apply(&b, 0);
		str_replace(&b.facts.docker.config_file, "/etc/other.json");
		temp_directory_write(b.temp, "etc/other.json", rows[i].text);
		assert_int_equal(bench_plan_rollback(&b, NULL, rows[i].on_conflict, &conflicts),
				 rows[i].want);
		assert_int_equal(conflicts.count, rows[i].want < 0);
		assert_int_equal((plan_handlers(&b.plan) & HANDLERS_DOCKERD) != 0 &&
					 rows[i].want == 0,
				 rows[i].restarts);
		temp_directory_teardown(&fresh);
	}
}

static bool says(const struct plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->checks.count; i++)
		if (strstr(plan->checks.items[i].text, text))
			return true;
	return false;
}

/* The site's own live-restore is in force, and went with all else that was in the file. */
static const struct {
	const char *version;
	enum on_conflict on_conflict;
	int result;
	const char *asked, *after, *says; /* a line of the checks, or NULL */
} sites[] = {
	{"26.1.5", CONFLICT_STOP, -ESTALE, "", "", NULL},
	{"26.1.5", CONFLICT_KEEP, 0, "", "", "no-new-privileges stay in force"},
	{"20.10.24", CONFLICT_KEEP, 0, "", "", "no-new-privileges stay in force"},
	{"26.1.5", CONFLICT_BEFORE, 0, "docker-restart false", "{\"live-restore\": true}", NULL},
};

static void apply_beside_live(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	temp_directory_write(b->temp, &FILE_PATH[1], "{\"live-restore\": true}");
	settings_put(&b->facts.docker.now, "live-restore", "true", SOURCE_API, NULL);
	edits_add(&edits, "privileges", FILE_PATH, subj("json:/no-new-privileges"), NULL, "true");
	effects_add(&effects, "privileges", HANDLER_DOCKER_RESTART,
		    subj("docker:no-new-privileges"), "false", "true");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "privileges")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &applied), 0);
	strv_clear(&b->stub.asked);
}

static void try_site(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *asked = NULL;

	str_replace(&b->facts.docker.version, sites[i].version);
	apply_beside_live(b);
	temp_directory_write(b->temp, &FILE_PATH[1], "");
	assert_int_equal(bench_plan_rollback(b, NULL, sites[i].on_conflict, &conflicts),
			 sites[i].result);
	assert_int_equal(conflicts.count, 1);
	assert_non_null(strstr(conflicts.items[0], "'" FILE_PATH "': was emptied"));
	if (sites[i].result == 0)
		assert_int_equal(bench_run(b, &undone), 0);
	if (sites[i].says && !says(&b->plan, sites[i].says))
		fail_msg("row %zu does not say '%s'", i, sites[i].says);
	asked = strv_join(&b->stub.asked, ", ");
	assert_string_equal(asked, sites[i].asked);
	assert_text(b, FILE_PATH, sites[i].after);
	assert_swept(b);
}

static void test_emptied_beside_live_restore(void **state)
{
	(void)state;
	bench_each(try_site, ARRAY_SIZE(sites));
}

static void put_socket(struct bench *b, mode_t mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mkdirat(b->temp->fd, "run", 0755);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/docker.sock", b->temp->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fchmodat(b->temp->fd, "run/docker.sock", mode, 0), 0);
	close(fd);
}

/* What others let in since the apply, a restart of dockerd on the way back shuts out: that is said before. */
static const struct {
	const char *hosts; /* where dockerd listens by itself, or not */
	mode_t mode;
	bool says;
} sockets[] = {
	{"[\"unix:///run/docker.sock\"]", 0666, true},
	{"[\"unix:///run/docker.sock\"]", 0, false},
	{"[\"fd://\"]", 0666, false}, /* systemd's, and it stays */
};

static void try_socket(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};

	apply(b, 0);
	settings_put(&b->facts.docker.next, "hosts", sockets[i].hosts, SOURCE_FLAG, NULL);
	put_socket(b, sockets[i].mode);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_true(plan_handlers(&b->plan) & HANDLERS_RESTART);
	if (says(&b->plan, "can use the API by '/run/docker.sock' and will not any more") !=
	    sockets[i].says)
		fail_msg("row %zu", i);
}

static void test_lost_access(void **state)
{
	(void)state;
	bench_each(try_socket, ARRAY_SIZE(sockets));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_only_as_it_ran),
		cmocka_unit_test(test_broken_beside),
		cmocka_unit_test(test_emptied_beside_live_restore),
		cmocka_unit_test(test_lost_access),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
