/*
 * What dockerd had cannot be brought back out of a file that somebody emptied, broke or took away before
 * the transaction began: that is named, and it is no damage. All else still needs a person.
 */

#include "tests/test.h"

#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/left-running.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static const struct {
	const char *what;
	enum handler handler;
	bool stopped, mute, container;
	const char *file_error, *next_live, *no_reload;
	bool ours; /* the file has what the plan made of it */
	const char *why; /* NULL: no reason */
} rows[] = {
	{"emptied", HANDLER_DOCKER_RESTART, .container = true, .file_error = "it is empty",
	 .why = "it is empty"},
	{"... for a reload, too", HANDLER_DOCKER_RELOAD, .file_error = "it is empty",
	 .why = "it is empty"},
	{"without live-restore", HANDLER_DOCKER_RESTART, .container = true,
	 .why = "it has no live-restore"},
	{"... and nothing runs", HANDLER_DOCKER_RESTART},
	{"... and a reload", HANDLER_DOCKER_RELOAD, .container = true},
	{"with live-restore", HANDLER_DOCKER_RESTART, .container = true, .next_live = "true"},
	{"reloads are refused", HANDLER_DOCKER_RELOAD, .no_reload = "userland-proxy",
	 .why = "userland-proxy"},
	{"ours", HANDLER_DOCKER_RESTART, .container = true, .file_error = "it is empty",
	 .ours = true},
	{"dockerd is down", HANDLER_DOCKER_RESTART, .stopped = true, .container = true,
	 .file_error = "it is empty"},
	{"dockerd does not answer", HANDLER_DOCKER_RESTART, .mute = true, .container = true,
	 .file_error = "it is empty"},
	{"nothing of dockerd", HANDLER_SYSCTL, .container = true, .file_error = "it is empty"},
};

/* Data is the row's number. */
static int look(void *data, struct facts *ret, struct error *err)
{
	size_t i = *(size_t *)data;
	struct docker_facts *d = &ret->docker;

	(void)err;
	d->running = !rows[i].stopped;
	d->not_measured = rows[i].mute ? xstrdup("no answer") : NULL;
	d->config_file = xstrdup(FILE_PATH);
	d->file_error = xstrdup_null(rows[i].file_error);
	d->no_reload = xstrdup_null(rows[i].no_reload);
	if (rows[i].next_live)
		settings_put(&d->next, "live-restore", rows[i].next_live, SOURCE_FILE, NULL);
	if (rows[i].container)
		container_list_add(&d->containers)->running = true;
	containers_known(&d->containers);
	return 0;
}

static void test_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct effector e = {.look = look, .look_data = &i};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(freep) char *why = NULL;

		if (rows[i].ours) {
			struct change *c = plan_add_change(&plan, FILE_PATH);

			c->images = xcalloc(2, sizeof(*c->images));
			c->nimages = 2;
			c->images[1].node.kind = NODE_FILE;
		}
		why = left_running(&e, &plan, rows[i].ours, rows[i].handler);
		if (!why != !rows[i].why || (why && !strstr(why, rows[i].why)))
			fail_msg("%s: %s", rows[i].what, why ? why : "no reason");
	}
}

/* A restart that fails on the way up, and again on the way back. */
static enum transaction_state fail_beside(struct bench *b, size_t *row, char **ret_notes)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	b->stub.base.look = look;
	b->stub.base.look_data = row;
	b->stub.fail_from = 1;
	effects_add(&effects, "icc", HANDLER_DOCKER_RESTART, subj("docker:icc"), "true", "false");
	bench_compose(b, &(struct edits){0}, &effects);
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	assert_int_not_equal(bench_run(b, &result), 0);
	*ret_notes = strv_join(&result.notes, "\n");
	return result.state;
}

static void test_closes_what_no_person_could_fix(void **state)
{
	static const enum transaction_state states[] = {TRANSACTION_ROLLED_BACK, TRANSACTION_STUCK};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(freep) char *notes = NULL;
		size_t row = i == 0 ? 0 : 5; /* "emptied", "with live-restore" */
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		assert_int_equal(fail_beside(&b, &row, &notes), states[i]);
		assert_int_equal(strstr(notes, "not in force again") != NULL, i == 0);
		if (i == 0)
			assert_non_null(strstr(notes, "docker:icc (true)"));
		temp_directory_teardown(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_closes_what_no_person_could_fix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
