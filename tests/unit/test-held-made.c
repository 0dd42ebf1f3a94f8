/*
 * At boot dockerd does not run yet, and no container does: those that it made by what was applied are on the disk
 * alone. Nothing is put back by which its start would not find them any more.
 */

#include "tests/test.h"

#include <errno.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "rollback/recover.h"
#include "tests/unit/transaction-bench.h"

#define BASE "/var/lib/docker"
#define REMAPPED BASE "/100000.100000"
#define SINCE "\"Created\": \"2999-01-01T00:00:00.5Z\", "
#define BEFORE_IT "\"Created\": \"2001-01-01T00:00:00.5Z\", "
#define ENDED "\"State\": {\"Running\": false, \"ExitCode\": 0}, \"HasBeenStartedBefore\": true"
#define RAN "\"State\": {\"Running\": true}, \"HasBeenStartedBefore\": true"
#define ALWAYS "\"always\""
#define USERNS "userns-remap", "\"\"", "\"default\""

static const struct row {
	const char *what;
	const char *key, *before, *after; /* that was applied */
	const char *root; /* where the container is; NULL: there is none */
	const char *config, *policy;
	bool others; /* took the key out of the file since */
	bool runs; /* a container does, by its shim */
	const char *now; /* dockerd runs, and tells this of the key; NULL: it does not run */
	const char *held; /* NULL: it goes back */
} rows[] = {
	{"none was made", USERNS},
	{"one came since", USERNS, REMAPPED, SINCE ENDED, ALWAYS,
	 .held = "would not know any more once userns-remap is put back: web"},
	{"... whatever its policy is, it would not come up", USERNS, REMAPPED, SINCE ENDED,
	 "\"no\""},
	{"... and failed as the host went down", USERNS, REMAPPED, SINCE RAN, "\"on-failure\"",
	 .held = "web"},
	{"... and was stopped by hand", USERNS, REMAPPED,
	 SINCE ENDED ", \"HasBeenManuallyStopped\": true", "\"unless-stopped\""},
	{"it was there before, from another time", USERNS, REMAPPED, BEFORE_IT ENDED, ALWAYS},
	{"when it was made is not said", USERNS, REMAPPED, ENDED, ALWAYS, .held = "web"},
	{"it cannot be read", USERNS, REMAPPED, "x", ALWAYS, .held = "c1"},
	{"it is where dockerd will look", USERNS, BASE, SINCE ENDED, ALWAYS},
	{"others have switched it off since", USERNS, REMAPPED, SINCE ENDED, ALWAYS, true},
	{"dockerd runs without it", USERNS, REMAPPED, SINCE ENDED, ALWAYS, .now = "\"\""},
	{"it was switched off, and one came", "userns-remap", "\"default\"", "\"\"", BASE,
	 SINCE ENDED, ALWAYS, .held = "web"},
	{"a key that hides nothing", "no-new-privileges", "false", "true", BASE, SINCE ENDED,
	 ALWAYS},
	{"another place for what runs alone", "exec-root", "\"/run/a\"", "\"/run/b\"", BASE,
	 SINCE ENDED, ALWAYS},
	{"... and one does, beside a dockerd that is down", "exec-root", "\"/run/a\"", "\"/run/b\"",
	 .runs = true, .held = "exec-root is put back: live"},
	{"another storage driver", "storage-driver", "\"vfs\"", "\"overlay2\"", BASE, SINCE ENDED,
	 ALWAYS, .held = "storage-driver"},
};

static const struct row *seen; /* NULL: the plan is being run */

static int look(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;

	(void)data;
	(void)err;
	d->config_file = xstrdup(FILE_PATH);
	d->running = !seen || seen->now;
	settings_put(&d->now, "live-restore", "true", SOURCE_API, "");
	if (seen && !seen->others)
		settings_put(&d->next, seen->key, seen->after, SOURCE_FILE, FILE_PATH);
	if (seen && seen->now)
		settings_put(&d->now, seen->key, seen->now, SOURCE_API, "");
	if (seen && seen->runs) {
		struct container *c = container_list_add(&d->containers);

		c->name = xstrdup("live");
		c->running = true;
	}
	if (!seen)
		containers_known(&d->containers);
	return 0;
}

static void put(const struct bench *b, const char *path, const char *text)
{
	CLEANUP(freep) char *copy = xstrdup(path + 1);

	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdirat(b->temp->fd, copy, 0755);
		*p = '/';
	}
	temp_directory_write(b->temp, copy, text);
}

static void put_container(const struct bench *b, const struct row *row)
{
	CLEANUP(freep) char *config = xasprintf("%s/containers/c1/config.v2.json", row->root);
	CLEANUP(freep) char *host = xasprintf("%s/containers/c1/hostconfig.json", row->root);
	CLEANUP(freep)
	char *text =
		xasprintf("{\"ID\": \"c1\", \"Name\": \"/web\", \"Config\": {}, %s}", row->config);
	CLEANUP(freep) char *policy = xasprintf("{\"RestartPolicy\": {\"Name\": %s}}", row->policy);

	put(b, config, text);
	put(b, host, policy);
}

static void apply(struct bench *b, const struct row *row)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	seen = NULL;
	b->stub.base.look = look;
	bench_compose_key(b, row->key, row->before, row->after, false);
	assert_int_equal(bench_run(b, &result), 0);
	bench_break_off_before_boot(b);
	b->facts.docker.running = false;
}

static int run_recover(struct bench *b, struct recovery *ret)
{
	return recover(&b->state, &b->temp->root, &b->stub.base, false, ret, NULL);
}

static void one(struct bench *b, size_t i)
{
	CLEANUP(recovery_clear) struct recovery first = {0}, last = {0};
	CLEANUP(freep) char *left = NULL;
	const struct row *row = &rows[i];
	int r;

	apply(b, row);
	put(b, REMAPPED "/containers/.keep/x", "");
	assert_int_equal(unlinkat(b->temp->fd, &(REMAPPED "/containers/.keep/x")[1], 0), 0);
	assert_int_equal(unlinkat(b->temp->fd, &(REMAPPED "/containers/.keep")[1], AT_REMOVEDIR),
			 0);
	if (row->root)
		put_container(b, row);
	seen = row;
	r = run_recover(b, &first);
	left = strv_join(&first.left, "\n");
	if (r != (row->held ? -EUCLEAN : 0) || (row->held && !strstr(left, row->held)))
		fail_msg("%s: %d '%s'", row->what, r, left);
	if (row->held) { /* until it is seen to */
		seen = NULL;
		assert_int_equal(run_recover(b, &last), 0);
	}
	assert_text(b, FILE_PATH, BEFORE);
}

static void test_made_since(void **state)
{
	(void)state;
	bench_each(one, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made_since, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
