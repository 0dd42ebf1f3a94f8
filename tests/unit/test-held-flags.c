/*
 * A run that was killed before its restart of dockerd: flags that others gave dockerd since hold its way back, and
 * those do not that were there before it, and that a person had consented to.
 */

#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/recover.h"
#include "tests/unit/transaction-bench.h"

#define SITE "/etc/systemd/system/docker.service.d/50-site.conf"
#define WAITS "it would put in force what others changed: '" SITE "' is not loaded; flags: "

static const struct row {
	const char *what;
	const char *mtu; /* of the next start */
	const char *hold; /* of the control; NULL: none */
	bool held;
	bool bare; /* the dockerd that runs has no flags */
	bool unread; /* nobody could read which it has */
	const char *runs; /* the flag of the dockerd that runs; NULL: it has none */
	bool theirs; /* others wrote dockerd's config file: it is not restarted */
} rows[] = {
	{"none", NULL, NULL, false},
	{"one came since", "9", NULL, true},
	{"it waited, and was named", "9", WAITS "+ --mtu=9", false},
	{"... among others", "9", WAITS "+ --mtu=9, - --icc=false", false},
	{"... with another value", "90", WAITS "+ --mtu=9", true},
	{"... or another one", "9", WAITS "+ --mtu=90", true},
	{"... as one that goes", "9", WAITS "- --mtu=9", true},
	{"beside one that has none at all", "9", .held = true, .bare = true},
	{"beside one whose flags nobody could read", "9", .unread = true},
	{"it runs with it", "9", .runs = "9"},
	{"... with another value", "9", .held = true, .runs = "8"},
	{"where no restart comes", "9", .theirs = true},
};

static const char *mtu;
static const struct row *seen; /* NULL: the run itself */

static int look(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;

	(void)data;
	(void)err;
	d->running = true;
	d->config_file = xstrdup(FILE_PATH);
	containers_known(&d->containers);
	settings_put(&d->now, "live-restore", "true", SOURCE_API, "");
	d->now_flags_known = !(seen && seen->unread);
	if (d->now_flags_known && !(seen && seen->bare))
		strv_add(&d->now_flags, "hosts");
	if (seen && seen->runs) { /* in other words by the API */
		strv_add(&d->now_flags, "mtu");
		settings_put(&d->now_flag_values, "mtu", seen->runs, SOURCE_FLAG, "");
		settings_put(&d->now, "mtu", "1500", SOURCE_API, "");
	}
	if (mtu) {
		struct daemon_flag *flag = facts_add_flag(ret);

		flag->key = xstrdup("mtu");
		flag->file = xstrdup(SITE);
		settings_put(&d->next, "mtu", mtu, SOURCE_FLAG, "");
	}
	return 0;
}

static void kill_it(struct records *r, void *data)
{
	size_t count = 0;

	(void)data;
	while (count < r->count && r->items[count].type != RECORD_COMMIT)
		count++;
	for (size_t i = count; i < r->count; i++)
		free(r->items[i].payload);
	r->count = count;
}

static void one(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	struct finding *f;
	int r;

	mtu = NULL;
	seen = NULL;
	b->stub.base.look = look;
	bench_compose_key(b, "no-new-privileges", "false", "true", false);
	f = plan_add_finding(&b->plan, "c");
	f->state = FINDING_PLANNED;
	if (rows[i].hold)
		strv_add(&f->holds, rows[i].hold);
	assert_int_equal(bench_run(b, &result), 0);
	bench_rewrite(b, kill_it, NULL);
	mtu = rows[i].mtu;
	seen = &rows[i];
	if (seen->theirs)
		temp_directory_write(b->temp, &FILE_PATH[1], "{\"mtu\": 2}");
	r = recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL);
	if (r != (rows[i].held || rows[i].theirs ? -EUCLEAN : 0))
		fail_msg("%s: %d '%s'", rows[i].what, r,
			 recovery.left.count ? recovery.left.items[0] : "");
	if (r < 0 && (strstr(recovery.left.items[0], "mtu (" SITE ")") != NULL) != rows[i].held)
		fail_msg("%s: '%s'", rows[i].what, recovery.left.items[0]);
	if (r == 0)
		assert_text(b, FILE_PATH, BEFORE);
}

static void test_flags(void **state)
{
	(void)state;
	bench_each(one, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flags, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
