/*
 * A way back that nobody is asked about begins nothing where containers, or a swarm, came since the plan
 * was made: all stays as applied, named, until a person has seen to it. Then recovery goes on.
 */

#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "rollback/confirm.h"
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
	b->borrows = row->borrows;
	bench_compose_key(b, row->key, row->before, row->after, row->gives_up);
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

/* What was written for the next start, hangs on dockerd, or runs, while the apply waits to be confirmed. */
static const struct other {
	const char *what;
	const char *brings; /* a restart, by the facts; NULL: nothing */
	const char *key, *value; /* of the file, and not known to be in force; NULL: none */
	bool consented; /* at the apply already */
	bool borrows;
	bool elsewhere; /* dockerd has another config file than the one that the plan writes */
	bool swarm; /* that was joined */
	bool late; /* a container of this name runs, and ends with a restart */
	bool asked; /* who takes it back was, ... */
	const char *names,
		*consents_to; /* ... and about this container and these words; NULL: none */
	const char *held;
	const char *told; /* of what was done */
} others[] = {
	{"nothing"},
	{"flags of somebody's", "the next dockerd has other flags", .held = "has other flags"},
	{"... that was named at the apply", "the next dockerd has other flags", .consented = true},
	{"... behind a question about nothing", "the next dockerd has other flags", .asked = true,
	 .held = "has other flags"},
	{"... behind one about others", "the next dockerd has other flags", .asked = true,
	 .consents_to = "the next dockerd has flags", .held = "has other flags"},
	{"... that was asked about", "the next dockerd has other flags", .asked = true,
	 .consents_to = "the next dockerd has other flags"},
	{"a key in a file of the plan's, beside which no handler runs", NULL, "bip",
	 "\"10.0.0.1/8\""},
	{"... in a file that it does not have", NULL, "bip", "\"10.0.0.1/8\"", .elsewhere = true,
	 .held = "bip would be another"},
	{"... behind a question about nothing", NULL, "bip", "\"10.0.0.1/8\"", .elsewhere = true,
	 .asked = true, .held = "bip would be another"},
	{"... that was asked about", NULL, "bip", "\"10.0.0.1/8\"", .elsewhere = true,
	 .asked = true, .consents_to = "bip would be another"},
	{"what is borrowed", NULL, "live-restore", "true", .borrows = true},
	{"a swarm", .borrows = true, .swarm = true, .held = "'harden confirm' keeps"},
	{"... though somebody was asked", .borrows = true, .swarm = true, .asked = true,
	 .held = "this host is in a swarm"},
	{"a container", .late = true, .held = "came since: late"},
	{"... behind a question about another", .late = true, .asked = true, .names = "web",
	 .held = "came since: late"},
	{"... that was asked about", .late = true, .asked = true, .names = "late",
	 .told = "docker start late"},
};

static const struct other *seen;
static const struct strv *runs; /* of handlers, so far */
static size_t runs_before; /* its way back */

static void see_late(struct docker_facts *d)
{
	struct container *c = container_list_add(&d->containers);

	container_init(c);
	c->name = xstrdup("late");
	c->running = runs->count == runs_before;
	str_replace(&c->state, c->running ? "running" : "exited");
}

static int look_again(void *data, struct facts *ret, struct error *err)
{
	struct docker_facts *d = &ret->docker;
	struct waiting_key *key;

	(void)data;
	(void)err;
	d->running = true;
	d->config_file = xstrdup(seen && seen->elsewhere ? "/etc/other.json" : FILE_PATH);
	d->swarm = xstrdup(seen && seen->swarm ? "active" : "inactive");
	if (seen && seen->late)
		see_late(d);
	containers_known(&d->containers);
	settings_put(&d->now, "live-restore", seen && seen->late ? "false" : "true", SOURCE_API,
		     "");
	settings_put(&d->now, "no-new-privileges", NULL, SOURCE_UNKNOWN, "");
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

/* Waits to be confirmed, and the host is as the row has it since. */
static void let_wait(struct bench *b, const struct other *row, struct transaction_result *ret)
{
	static const struct row plain = {"a key that hides nothing", NNP},
				borrowed = {"... by what is borrowed", NNP, .borrows = true};
	struct finding *f;

	seen = NULL;
	b->stub.base.look = look_again;
	b->confirm_usec = 60000000;
	plan_row(b, row->borrows ? &borrowed : &plain);
	f = plan_add_finding(&b->plan, "c");
	f->state = FINDING_PLANNED;
	if (row->consented)
		strv_add(&f->holds, row->brings);
	assert_int_equal(bench_run(b, ret), 0);
	assert_int_equal(ret->state, TRANSACTION_WAITING);
	runs = &b->stub.asked;
	runs_before = runs->count;
	seen = row;
}

/* By a person who was asked as the row says. */
static int take_back(struct bench *b, const char *id, struct recovery *ret, struct error *err)
{
	CLEANUP(stopped_clear) struct stopped_list names = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	int r;

	if (seen && seen->names)
		stopped_add(&names, seen->names, COMES_BACK_NO, "stays stopped: restart policy no");
	if (seen && seen->consents_to)
		strv_add(&words, seen->consents_to);
	if (seen && seen->asked) {
		b->stub.base.consented = &names;
		b->stub.base.consented_to = &words;
	}
	r = recover_taking_back(&b->state, &b->temp->root, &b->stub.base, id, ret, err);
	b->stub.base.consented = NULL;
	b->stub.base.consented_to = NULL;
	return r;
}

/* What is held has not begun: it waits, for the end of its time or for whoever keeps it. */
static void assert_waits(struct bench *b, const char *id)
{
	CLEANUP(recovery_clear) struct recovery by_timer = {0};
	CLEANUP(standing_clear) struct standing s = {0};

	assert_int_equal(b->stub.asked.count, runs_before);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &by_timer, NULL),
			 0);
	assert_true(strv_contains(&by_timer.waiting, id));
	assert_int_equal(standing_read(&b->state, id, &s, NULL), 0);
	assert_int_equal(s.state, TRANSACTION_WAITING);
}

static void beside_others(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0}, last = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *held = NULL, *notes = NULL;
	int r;

	let_wait(b, &others[i], &result);
	r = take_back(b, result.id, &recovery, &err);
	held = strv_join(&recovery.held, "\n");
	notes = strv_join(&recovery.notes, "\n");
	if (r != (seen->held ? -EPERM : 0) || (seen->held && !strstr(held, seen->held)) ||
	    (seen->told && !strstr(notes, seen->told)))
		fail_msg("%s: %d '%s' '%s'", seen->what, r, held, notes);
	assert_int_equal(recovery.left.count, 0);
	if (seen->held) {
		assert_non_null(strstr(error_text(&err), seen->held));
		assert_null(strstr(held, "harden recover"));
		assert_waits(b, result.id);
		/* as long as it is so, and not only once */
		assert_int_equal(take_back(b, result.id, &again, NULL), -EPERM);
		assert_waits(b, result.id);
	}
	seen = NULL;
	if (r < 0)
		assert_int_equal(take_back(b, result.id, &last, NULL), 0);
	assert_text(b, FILE_PATH, BEFORE);
}

/* Nothing has begun of a way back that is held: whoever would rather keep it does. */
static void kept(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};

	if (!others[i].held)
		return;
	let_wait(b, &others[i], &result);
	assert_int_equal(take_back(b, result.id, &recovery, NULL), -EPERM);
	assert_int_equal(
		confirm_transaction(&b->state, &b->temp->root, &b->stub.base, result.id, NULL), 0);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &later, NULL), 0);
	assert_int_equal(later.undone, 0);
}

static void end_time(struct records *records, void *data)
{
	(void)data;
	for (size_t i = 0; i < records->count; i++) {
		struct record *r = &records->items[i];

		if (r->type == RECORD_WAITING)
			str_replace(&r->payload, "{\"until_usec\":1,\"granted_usec\":1,"
						 "\"boot_id\":\"another\",\"mono_usec\":1}");
	}
}

/* Its time is over: then it waits no more, and is left to a person until that is seen to. */
static void overdue(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0}, last = {0};
	CLEANUP(freep) char *left = NULL;
	int want = others[i].held ? -EUCLEAN : 0;

	if (others[i].asked)
		return; /* nobody is */
	let_wait(b, &others[i], &result);
	bench_rewrite(b, end_time, NULL);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 want);
	left = strv_join(&recovery.left, "\n");
	if (seen->held && !strstr(left, "harden recover"))
		fail_msg("%s: '%s'", seen->what, left);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &again, NULL),
			 want);
	seen = NULL;
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &last, NULL), 0);
	assert_text(b, FILE_PATH, BEFORE);
}

static void test_kept(void **state)
{
	(void)state;
	bench_each(kept, ARRAY_SIZE(others));
}

static void test_overdue(void **state)
{
	(void)state;
	bench_each(overdue, ARRAY_SIZE(others));
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
		cmocka_unit_test_setup_teardown(test_kept, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_overdue, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
