/*
 * What a rollback brings into force comes from what dockerd has in force now and what is on disk,
 * whatever the apply had to do for it.
 */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define PASSWD "/etc/passwd"
#define ACCOUNT "dockremap:x:996:996::/:/bin/false"

/* Applies the two edits with no effect at all, as where dockerd is stopped. */
static void apply_stopped(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	b->facts.docker.running = false;
	temp_directory_write(b->temp, &PASSWD[1], "root:x:0:0::/:/bin/sh\n");
	edits_add(&edits, "userns", FILE_PATH, subj("json:/userns-remap"), NULL, "\"default\"");
	edits_add(&edits, "userns", PASSWD, subj("entry:dockremap"), NULL, ACCOUNT);
	edits_add(&edits, "debug", FILE_PATH, subj("json:/debug"), NULL, "true");
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "userns")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "debug")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

static const struct {
	const char *what;
	bool stopped;
	const char *userns, *debug; /* in force now; NULL: the default */
	const char *not_measured;
	const char *written; /* by others, since */
	const char *asked; /* of the handlers; NULL: nothing */
	bool keeps_account;
	const char *says; /* a line of the plan's checks, or NULL */
} cases[] = {
	{.what = "dockerd is stopped still", .stopped = true},
	{.what = "it runs, and has all of it",
	 .userns = "\"default\"",
	 .debug = "true",
	 .asked = "docker-restart"},
	{.what = "it runs, and has what a reload takes back",
	 .debug = "true",
	 .asked = "docker-reload"},
	{.what = "it runs, and has nothing of it"},
	{.what = "it cannot be asked",
	 .not_measured = "no answer",
	 .keeps_account = true,
	 .says = "not known whether dockerd has"},
	{.what = "others have broken its file: it would not start",
	 .userns = "\"default\"",
	 .written = "{\"userns-remap\": \"default\", \"debug\": true, \"nobody\": 1}",
	 .keeps_account = true,
	 .says = "would not start"},
};

static bool says(const struct plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->checks.count; i++)
		if (strstr(plan->checks.items[i].text, text))
			return true;
	return false;
}

static void look_at(struct bench *b, size_t i)
{
	struct docker_facts *d = &b->facts.docker;

	d->running = !cases[i].stopped;
	d->not_measured = xstrdup_null(cases[i].not_measured);
	if (cases[i].userns)
		settings_put(&d->now, "userns-remap", cases[i].userns, SOURCE_API, NULL);
	if (cases[i].debug)
		settings_put(&d->now, "debug", cases[i].debug, SOURCE_API, NULL);
	if (cases[i].written)
		temp_directory_write(b->temp, &FILE_PATH[1], cases[i].written);
}

static void try_case(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	apply_stopped(b);
	look_at(b, i);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	if (cases[i].says && !says(&b->plan, cases[i].says))
		fail_msg("%s: does not say '%s'", cases[i].what, cases[i].says);
	assert_int_equal(bench_run(b, &result), 0);
	if (b->stub.asked.count != (cases[i].asked ? 1 : 0) ||
	    (cases[i].asked && !starts_with(b->stub.asked.items[0], cases[i].asked)))
		fail_msg("%s: asked %zu, %s", cases[i].what, b->stub.asked.count,
			 b->stub.asked.count ? b->stub.asked.items[0] : "nothing");
	assert_text(b, PASSWD,
		    cases[i].keeps_account ? "root:x:0:0::/:/bin/sh\n" ACCOUNT "\n"
					   : "root:x:0:0::/:/bin/sh\n");
	if (!cases[i].written)
		assert_text(b, FILE_PATH, BEFORE);
}

static void test_what_is_in_force_counts(void **state)
{
	(void)state;
	bench_each(try_case, ARRAY_SIZE(cases));
}

/* Both keys are in force; somebody else removed our file, or the keys from it, or broke it. */
static const struct {
	const char *what;
	const char *before; /* the file, before the apply; NULL: there was none */
	const char *now; /* what it is since; NULL: removed */
	enum on_conflict on_conflict;
	bool takes_back; /* out of force */
	bool lends; /* the file says live-restore meanwhile */
	const char *after; /* the file at the end */
	bool alone; /* there is no restart beside it */
} gone[] = {
	{"made by us, removed", NULL, NULL, CONFLICT_STOP, true, true, NULL},
	{"made by us, removed, kept so", NULL, NULL, CONFLICT_KEEP, true, true, NULL},
	{"made by us, removed, as before", NULL, NULL, CONFLICT_BEFORE, true, true, NULL},
	{"there before, removed, kept so", BEFORE, NULL, CONFLICT_KEEP, true, true, NULL},
	{"there before, removed, as before", BEFORE, NULL, CONFLICT_BEFORE, true, true, BEFORE},
	{"our keys removed, kept so", BEFORE, THEIRS, CONFLICT_KEEP, true, true, THEIRS},
	{"no restart, removed", NULL, NULL, CONFLICT_STOP, true, true, NULL, true},
	{"no restart, kept so", BEFORE, NULL, CONFLICT_KEEP, true, true, NULL, true},
	{"no restart, our key removed", BEFORE, THEIRS, CONFLICT_KEEP, true, true, THEIRS, true},
	{"broken, kept so", BEFORE, "{", CONFLICT_KEEP, false, false, "{"},
	{"made by us, emptied", NULL, "", CONFLICT_STOP, true, true, NULL},
	{"there before, emptied, kept so", BEFORE, "", CONFLICT_KEEP, true, true, ""},
	{"there before, emptied, as before", BEFORE, "\n", CONFLICT_BEFORE, true, true, BEFORE},
	{"no restart, emptied, kept so", BEFORE, " \n", CONFLICT_KEEP, true, true, " \n", true},
};

static void apply_live(struct bench *b, const char *before, bool alone)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	if (before)
		temp_directory_write(b->temp, &FILE_PATH[1], before);
	else
		assert_int_equal(unlinkat(b->temp->fd, &FILE_PATH[1], 0), 0);
	edits_add(&edits, "live", FILE_PATH, subj("json:/live-restore"), NULL, "true");
	if (!alone)
		edits_add(&edits, "privileges", FILE_PATH, subj("json:/no-new-privileges"), NULL,
			  "true");
	effects_add(&effects, "live", HANDLER_DOCKER_RELOAD, subj("docker:live-restore"), "false",
		    "true");
	if (!alone)
		effects_add(&effects, "privileges", HANDLER_DOCKER_RESTART,
			    subj("docker:no-new-privileges"), "false", "true");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "live")->state = FINDING_PLANNED;
	if (!alone)
		plan_add_finding(&b->plan, "privileges")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

/* Whether the file names live-restore at the end of the first stage in which dockerd is asked. */
static bool lends_live(const struct plan *plan)
{
	const struct change *c = plan_find_change(plan, FILE_PATH);

	for (size_t i = 0; c && i < plan->nstages; i++)
		if (plan->stages[i].up & HANDLERS_DOCKERD)
			return c->images[i + 1].has_content &&
			       strstr(buf_str((struct buf *)&c->images[i + 1].content),
				      "live-restore");
	return false;
}

static void try_gone(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *asked = NULL;

	apply_live(b, gone[i].before, gone[i].alone);
	strv_clear(&b->stub.asked);
	if (gone[i].now)
		temp_directory_write(b->temp, &FILE_PATH[1], gone[i].now);
	else
		assert_int_equal(unlinkat(b->temp->fd, &FILE_PATH[1], 0), 0);
	if (bench_plan_rollback(b, NULL, gone[i].on_conflict, &conflicts) != 0)
		fail_msg("%s: no plan", gone[i].what);
	if (lends_live(&b->plan) != gone[i].lends)
		fail_msg("%s: live-restore at the restart: %d", gone[i].what, !gone[i].lends);
	assert_int_equal(bench_run(b, &result), 0);
	asked = strv_join(&b->stub.asked, ", ");
	if (strcmp(asked, !gone[i].takes_back ? ""
			  : gone[i].alone     ? "docker-reload false"
					      : "docker-restart false, docker-reload false") != 0)
		fail_msg("%s: asked '%s'", gone[i].what, asked);
	assert_text(b, FILE_PATH, gone[i].after);
	assert_swept(b);
}

static void test_file_that_others_took_away(void **state)
{
	(void)state;
	bench_each(try_gone, ARRAY_SIZE(gone));
}

/* dockerd started beside containers, read it and left its network alone: nothing is to be brought back. */
static void test_never_in_force(void **state)
{
	static const struct {
		const char *bridge;
		const char *asked;
	} networks[] = {{"\"0.0.0.0\"", ""}, {"\"127.0.0.1\"", "docker-restart \"0.0.0.0\""}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		CLEANUP(transaction_result_clear)
		struct transaction_result applied = {0}, undone = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(edits_clear) struct edits edits = {0};
		CLEANUP(effects_clear) struct effects effects = {0};
		CLEANUP(freep) char *asked = NULL;
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		edits_add(&edits, "ip", FILE_PATH, subj("json:/ip"), NULL, "\"127.0.0.1\"");
		effects_add(&effects, "ip", HANDLER_DOCKER_RESTART, subj("docker:ip"),
			    "\"0.0.0.0\"", "\"127.0.0.1\"");
		bench_compose(&b, &edits, &effects);
		plan_add_finding(&b.plan, "ip")->state = FINDING_PLANNED;
		assert_int_equal(bench_run(&b, &applied), 0);
		strv_clear(&b.stub.asked);
		b.facts.docker.bridge_ip = xstrdup(networks[i].bridge);
		assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
		assert_int_equal(bench_run(&b, &undone), 0);
		asked = strv_join(&b.stub.asked, ", ");
		assert_string_equal(asked, networks[i].asked);
		assert_text(&b, FILE_PATH, BEFORE);
		temp_directory_teardown(&fresh);
	}
}

#define OTHER_FILE "/etc/other.json"
#define APPLIED "{\"mtu\": 1, \"live-restore\": true, \"no-new-privileges\": true}"

/* Applied, and then dockerd reads its settings from somewhere else; the file of ours is as it was. */
static const struct {
	const char *what;
	const char *other; /* the file that it reads now; NULL: ours still */
	const char *flag; /* a key that is given by a flag now */
	enum on_conflict on_conflict;
	int result;
	size_t conflicts;
	const char *left; /* of the other file, once it is rolled back */
} moved[] = {
	{"a copy of it", APPLIED, NULL, CONFLICT_STOP, -ESTALE, 2, NULL},
	{"a copy, kept", APPLIED, NULL, CONFLICT_KEEP, 0, 2, APPLIED},
	{"a copy, as before", APPLIED, NULL, CONFLICT_BEFORE, 0, 2, "{\"mtu\": 1}"},
	{"one of the keys", "{\"live-restore\": true}", NULL, CONFLICT_STOP, -ESTALE, 1, NULL},
	{"other values", "{\"live-restore\": false}", NULL, CONFLICT_STOP, 0, 0,
	 "{\"live-restore\": false}"},
	{"nothing of it", THEIRS, NULL, CONFLICT_STOP, 0, 0, THEIRS},
	{"a flag", NULL, "live-restore", CONFLICT_STOP, -ESTALE, 1, NULL},
	{"a flag, kept", NULL, "live-restore", CONFLICT_KEEP, 0, 1, NULL},
	{"a flag, as before", NULL, "live-restore", CONFLICT_BEFORE, -EPERM, 1, NULL},
	{"a flag of another key", NULL, "icc", CONFLICT_STOP, 0, 0, NULL},
};

static void try_moved(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	struct docker_facts *d = &b->facts.docker;
	int r;

	apply_live(b, BEFORE, false);
	if (moved[i].other) {
		temp_directory_write(b->temp, &OTHER_FILE[1], moved[i].other);
		str_replace(&d->config_file, OTHER_FILE);
	}
	if (moved[i].flag)
		settings_put(&d->next, moved[i].flag, "true", SOURCE_FLAG, NULL);
	r = bench_plan_rollback(b, NULL, moved[i].on_conflict, &conflicts);
	if (r != moved[i].result || conflicts.count != moved[i].conflicts)
		fail_msg("%s: %d, %zu conflicts, %s", moved[i].what, r, conflicts.count,
			 conflicts.count ? conflicts.items[0] : "none");
	if (r < 0)
		return;
	assert_int_equal(bench_run(b, &result), 0);
	assert_text(b, FILE_PATH, BEFORE);
	if (moved[i].other)
		assert_text(b, OTHER_FILE, moved[i].left);
}

/* Its directory was moved, and a link leads there: it is ours still, and comes out of force. */
static void test_by_another_way(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *asked = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	apply_live(&b, BEFORE, false);
	strv_clear(&b.stub.asked);
	assert_int_equal(renameat(b.temp->fd, "etc", b.temp->fd, "moved"), 0);
	assert_int_equal(symlinkat("moved", b.temp->fd, "etc"), 0);
	str_replace(&b.facts.docker.config_file, "/moved/daemon.json");
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &result), 0);
	asked = strv_join(&b.stub.asked, ", ");
	assert_string_equal(asked, "docker-restart false, docker-reload false");
	assert_text(&b, FILE_PATH, BEFORE);
}

/*
 * A link stands in the file's place. Left to others first, and then not: with the file that dockerd
 * will read again what was applied goes out of force.
 */
static void test_link_left_and_then_not(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result kept = {0}, back = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, ids = {0};
	CLEANUP(freep) char *asked = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	apply_live(&b, BEFORE, false);
	assert_int_equal(state_transactions(&b.state, &ids, NULL), 0);
	strv_clear(&b.stub.asked);
	assert_int_equal(renameat(b.temp->fd, &FILE_PATH[1], b.temp->fd, &OTHER_FILE[1]), 0);
	assert_int_equal(symlinkat("other.json", b.temp->fd, &FILE_PATH[1]), 0);
	str_replace(&b.facts.docker.config_file, OTHER_FILE);
	b.of = ids.items[0];
	assert_int_equal(bench_plan_rollback_of(&b, b.of, NULL, CONFLICT_KEEP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &kept), 0);
	assert_int_equal(b.stub.asked.count, 0);
	assert_int_equal(bench_plan_rollback_of(&b, b.of, NULL, CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(bench_run(&b, &back), 0);
	asked = strv_join(&b.stub.asked, ", ");
	assert_string_equal(asked, "docker-restart false, docker-reload false");
	assert_text(&b, FILE_PATH, BEFORE);
}

static void test_read_elsewhere(void **state)
{
	(void)state;
	bench_each(try_moved, ARRAY_SIZE(moved));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_in_force_counts),
		cmocka_unit_test(test_file_that_others_took_away),
		cmocka_unit_test(test_never_in_force),
		cmocka_unit_test(test_read_elsewhere),
		TEMP_DIRECTORY_TEST(test_by_another_way),
		TEMP_DIRECTORY_TEST(test_link_left_and_then_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
