/*
 * A way back that nobody is asked about begins nothing where containers, or a swarm, came since the plan
 * was made: all stays as applied, named, until a person has seen to it. Then recovery goes on.
 */

#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "rollback/recover.h"
#include "tests/unit/transaction-bench.h"

struct row {
	const char *what;
	const char *key; /* of dockerd, which the apply set */
	const char *before, *after;
	const char *now; /* dockerd's word for it; NULL: it does not tell */
	const char *swarm;
	bool borrows, off; /* live-restore is, and is not in force */
	bool gives_up; /* the run took it off, by a reload behind its restart */
	bool runs, stopped, unknown; /* a container runs, dockerd is stopped, or does not tell */
	bool shims; /* ... and their shims tell of those that the disk has */
	const char *loses; /* by a restart, the one that runs; NULL: nothing */
	const char *request; /* of the one that runs, to dockerd; NULL: it has none */
	const char *held; /* the reason; NULL: it goes back */
};

#define USERNS "userns-remap", "\"\"", "\"default\""
#define NNP "no-new-privileges", "false", "true"

static const struct row rows[] = {
	{"nothing runs", USERNS},
	{"a container came since", USERNS, .runs = true,
	 .held = "would not know any more once userns-remap is put back: late"},
	{"... and dockerd was never restarted with it", USERNS, .now = "\"\"", .runs = true},
	{"... and dockerd is stopped", USERNS, .runs = true, .stopped = true, .held = "late"},
	{"... which nobody can tell", USERNS, .unknown = true, .held = "whether a container runs"},
	{"... but their shims: none runs", USERNS, .unknown = true, .shims = true},
	{"... and one does", USERNS, .unknown = true, .shims = true, .runs = true,
	 .held = "put back: late"},
	{"dockerd is stopped, and nothing runs", USERNS, .stopped = true},
	{"another place", "data-root", "\"/a\"", "\"/b\"", .runs = true, .held = "data-root"},
	{"a key that hides nothing", NNP, .runs = true},
	{"... and which may end with its request, at which such ones always are", NNP, .runs = true,
	 .request = "may end with its request to dockerd, 'build'"},
	{"... and would lose what dockerd keeps for it", NNP, .runs = true,
	 .loses = "loses port 1/tcp", .request = "may end with its request to dockerd, 'build'",
	 .held = "late"},
	{"... which surely does", NNP, .runs = true,
	 .request = "ends with its request to dockerd, 'build'", .held = "late"},
	{"... without live-restore", NNP, .runs = true, .off = true,
	 .held = "stop containers that came since: late"},
	{"... which a reload puts back before", NNP, .runs = true, .off = true, .gives_up = true},
	{"... which is borrowed", NNP, .runs = true, .off = true, .borrows = true},
	{"... and dockerd was never restarted", NNP, .now = "false", .runs = true, .off = true},
	{"borrowed, and no swarm", NNP, .borrows = true, .swarm = "inactive", .runs = true},
	{"borrowed, and in a swarm since", NNP, .borrows = true, .swarm = "active",
	 .held = "this host is in a swarm by now"},
	{"not borrowed, and in a swarm", NNP, .swarm = "active"},
};

static const struct row *now; /* what look() sees */

static int look(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;
	struct container *c;

	(void)data;
	(void)err;
	d->running = !now->stopped;
	settings_put(&d->now, "live-restore", now->off ? "false" : "true", SOURCE_API, "");
	d->config_file = xstrdup(FILE_PATH);
	d->swarm = xstrdup_null(now->swarm);
	if (now->key)
		settings_put(&d->now, now->key, now->now, now->now ? SOURCE_API : SOURCE_UNKNOWN,
			     "");
	if (now->runs) {
		c = container_list_add(&d->containers);
		container_init(c);
		c->name = xstrdup("late");
		c->running = true;
		c->ends_with = xstrdup_null(now->request);
		if (now->loses)
			strv_add(&c->loses, now->loses);
	}
	if (now->shims) {
		c = container_list_add(&d->containers);
		c->name = xstrdup("old");
		c->state = xstrdup("without a process");
		d->containers.processes_told = true;
	}
	if (now->unknown)
		d->not_measured = xstrdup("GET /info: no answer");
	else
		containers_known(&d->containers);
	return 0;
}

static void plan_row(struct bench *b, const struct row *row)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(freep) char *pointer = xasprintf("/%s", row->key);

	b->borrows = row->borrows;
	edits_add(&edits, "c", FILE_PATH, subject_of(SCHEME_JSON, pointer), NULL, row->after);
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subject_of(SCHEME_DOCKER, row->key),
		    row->before, row->after);
	if (row->gives_up)
		effects_add(&effects, "c", HANDLER_DOCKER_RELOAD,
			    subject_of(SCHEME_DOCKER, "live-restore"), "true", "false");
	bench_compose(b, &edits, &effects);
}

static void assert_recovers(struct bench *b)
{
	static const struct row quiet = {.what = "all is seen to", .swarm = "inactive"};
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	now = &quiet;
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 0);
	assert_int_equal(recovery.undone, 1);
}

static void one(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *left = NULL, *again = NULL;
	size_t asked;

	now = &rows[i];
	b->stub.base.look = look;
	b->stub.unhealthy = 1;
	plan_row(b, now);
	bench_run(b, &result);
	left = strv_join(&result.left, "\n");
	if ((left && *left ? true : false) != (now->held != NULL) ||
	    (now->held && !strstr(left, now->held)))
		fail_msg("%s: left '%s'", now->what, left);
	if (!now->held) {
		assert_text(b, FILE_PATH, BEFORE);
		return;
	}
	assert_int_equal(result.state, TRANSACTION_STUCK);
	asked = b->stub.asked.count;
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 -EUCLEAN);
	again = strv_join(&recovery.left, "\n");
	assert_non_null(strstr(again, now->held));
	assert_int_equal(b->stub.asked.count, asked); /* nothing was run */
	assert_recovers(b);
	assert_text(b, FILE_PATH, BEFORE);
}

/* What was written for the next start, or hangs on dockerd, while the apply waits to be confirmed. */
static const struct other {
	const char *what;
	const char *brings; /* a restart, by the facts; NULL: nothing */
	const char *key, *value; /* of the file, and not known to be in force; NULL: none */
	bool consented; /* at the apply already */
	bool borrows;
	bool elsewhere; /* dockerd has another config file than the one that the plan writes */
	const char *held;
} others[] = {
	{"nothing"},
	{"flags of somebody's", "the next dockerd has other flags", .held = "has other flags"},
	{"... that was named at the apply", "the next dockerd has other flags", .consented = true},
	{"a key in a file of the plan's, beside which no handler runs", NULL, "bip",
	 "\"10.0.0.1/8\""},
	{"... in a file that it does not have", NULL, "bip", "\"10.0.0.1/8\"", .elsewhere = true,
	 .held = "bip would be another"},
	{"what is borrowed", NULL, "live-restore", "true", .borrows = true},
};

static const struct other *seen;

static int look_again(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;
	struct waiting_key *key;

	(void)data;
	(void)err;
	d->running = true;
	d->config_file = xstrdup(seen && seen->elsewhere ? "/etc/other.json" : FILE_PATH);
	containers_known(&d->containers);
	settings_put(&d->now, "live-restore", "true", SOURCE_API, "");
	if (seen && seen->brings)
		strv_add(&d->start_brings, seen->brings);
	if (seen && seen->key) {
		key = facts_add_waiting(ret);
		key->key = xstrdup(seen->key);
		key->brings = xasprintf("%s would be another", seen->key);
		key->by_reload = true;
		if (seen->value)
			settings_put(&d->next, seen->key, seen->value, SOURCE_FILE, FILE_PATH);
	}
	return 0;
}

static void beside_others(struct bench *b, size_t i)
{
	static const struct row plain = {"a key that hides nothing", NNP},
				borrowed = {"... by what is borrowed", NNP, .borrows = true};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0}, last = {0};
	CLEANUP(freep) char *left = NULL;
	struct finding *f;
	int r;

	seen = NULL;
	b->stub.base.look = look_again;
	b->confirm_usec = 60000000;
	plan_row(b, others[i].borrows ? &borrowed : &plain);
	f = plan_add_finding(&b->plan, "c");
	f->state = FINDING_PLANNED;
	if (others[i].consented)
		strv_add(&f->holds, others[i].brings);
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_WAITING);
	seen = &others[i];
	r = recover_taking_back(&b->state, &b->temp->root, &b->stub.base, result.id, &recovery,
				NULL);
	left = strv_join(&recovery.left, "\n");
	if (r != (seen->held ? -EUCLEAN : 0) || (seen->held && !strstr(left, seen->held)))
		fail_msg("%s: %d '%s'", seen->what, r, left);
	/* as long as it is so, and not only once */
	if (seen->held)
		assert_int_equal(
			recover(&b->state, &b->temp->root, &b->stub.base, false, &again, NULL),
			-EUCLEAN);
	seen = NULL;
	if (r < 0)
		assert_int_equal(
			recover(&b->state, &b->temp->root, &b->stub.base, false, &last, NULL), 0);
	assert_text(b, FILE_PATH, BEFORE);
}

static void test_beside_others(void **state)
{
	(void)state;
	bench_each(beside_others, ARRAY_SIZE(others));
}

static void test_held(void **state)
{
	(void)state;
	bench_each(one, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_held, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_beside_others, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
