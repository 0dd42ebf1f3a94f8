/*
 * What a rollback brings into force comes from what dockerd has in force now and what is on disk,
 * whatever the apply had to do for it.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "tests/unit/transaction-bench.h"

#define PASSWD "/etc/passwd"
#define ACCOUNT "dockremap:x:996:996::/:/bin/false"

/* Applies the two edits with no effect at all, as where dockerd is stopped. */
static void apply_stopped(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	temp_folder_write(b->temp, &PASSWD[1], "root:x:0:0::/:/bin/sh\n");
	edits_add(&edits, "userns", FILE_PATH, "json:/userns-remap", NULL, "\"default\"");
	edits_add(&edits, "userns", PASSWD, "entry:dockremap", NULL, ACCOUNT);
	edits_add(&edits, "debug", FILE_PATH, "json:/debug", NULL, "true");
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
		if (strstr(plan->checks.items[i], text))
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
		temp_folder_write(b->temp, &FILE_PATH[1], cases[i].written);
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
	    (cases[i].asked &&
	     strncmp(b->stub.asked.items[0], cases[i].asked, strlen(cases[i].asked)) != 0))
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
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_folder_setup(&fresh);
		bench_open(&b, &fresh);
		try_case(&b, i);
		temp_folder_teardown(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_in_force_counts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
