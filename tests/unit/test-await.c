/*
 * The run that waits for a word: what it undoes itself, that it ends where that fails, and that whoever
 * wants it to end is heard also while another run holds the lock.
 */

#include "tests/test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/await.h"
#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/interrupt.h"
#include "rollback/history.h"
#include "rollback/transaction-directory.h"
#include "tests/unit/transaction-bench.h"

#define MINUTE UINT64_C(60000000)
#define PATIENCE_S 20 /* one that goes on for ever is ended then */

/* What stands in the way, and who wants what. */
struct row {
	const char *what;
	bool over; /* its time */
	bool begun; /* an undo was, by one that is gone */
	bool unreadable; /* what the undo needs */
	bool locked; /* all the time, by another run */
	int first, later; /* signals: before it looks, and 1.5 s after */
	int r;
	enum transaction_state state; /* as the result has it */
	int signal;
};

static const struct row rows[] = {
	{"its time is over", true, false, false, false, 0, 0, 0, TRANSACTION_ROLLED_BACK, 0},
	{"an undo was broken off", false, true, false, false, 0, 0, 0, TRANSACTION_ROLLED_BACK, 0},
	{"it is taken back", false, false, false, false, SIGINT, 0, 0, TRANSACTION_ROLLED_BACK,
	 SIGINT},
	{"it goes on without us", false, false, false, false, SIGHUP, 0, 0, TRANSACTION_WAITING, 0},
	{"the undo fails", true, false, true, false, 0, 0, 0, TRANSACTION_STUCK, 0},
	{"... of one taken back", false, false, true, false, SIGINT, 0, -EUCLEAN,
	 TRANSACTION_WAITING, SIGINT},
	{"... of one broken off", false, true, true, false, 0, 0, -EUCLEAN, TRANSACTION_WAITING, 0},
	{"another run holds the lock at the deadline", true, false, false, true, 0, SIGTERM, 0,
	 TRANSACTION_WAITING, 0},
	{"... and it was to be taken back", false, false, false, true, SIGINT, SIGTERM, 0,
	 TRANSACTION_WAITING, SIGINT},
	{"... and an undo was broken off", false, true, false, true, 0, SIGHUP, 0,
	 TRANSACTION_WAITING, 0},
};

static void set_standing(struct records *r, void *data)
{
	const struct row *row = data;
	struct record *last = &r->items[r->count - 1];

	assert_int_equal(last->type, RECORD_WAITING);
	if (row->over) {
		char *boot = current_boot_id();

		free(last->payload);
		last->payload = xasprintf("{\"until_usec\":1,\"granted_usec\":1,\"boot_id\":\"%s\","
					  "\"mono_usec\":1}",
					  boot);
		free(boot);
	}
	if (row->begun) {
		struct record *more = xcalloc(r->count + 1, sizeof(*more));

		memcpy(more, r->items, r->count * sizeof(*more));
		more[r->count++] =
			(struct record){RECORD_UNDO_BEGIN, transaction_note_format("it was", NULL)};
		free(r->items);
		r->items = more;
	}
}

static void wait_for(struct bench *b, struct execution *x, const struct row *row)
{
	b->confirm_usec = MINUTE;
	bench_plan(b);
	assert_int_equal(bench_run(b, &x->result), 0);
	assert_int_equal(x->result.state, TRANSACTION_WAITING);
	strv_clear(&b->stub.asked);
	bench_rewrite(b, set_standing, (void *)(uintptr_t)row);
	if (row->unreadable) {
		CLEANUP(freep)
		char *command = xasprintf("rm -r '%s/var/lib/harden/txn/%s/blobs'", b->temp->path,
					  x->result.id);

		assert_int_equal(system(command), 0);
	}
}

static void raise_later(int signal)
{
	pid_t target = getpid();

	if (signal && fork() == 0) {
		usleep(1500000);
		kill(target, signal);
		_exit(0);
	}
}

static int await(const struct row *row, struct bench *b)
{
	const struct options o = {.quiet = true, .format = FORMAT_JSON};
	struct context c = {.o = &o, .root = b->temp->root, .state = b->state};
	CLEANUP(state_close) struct state other = STATE_INIT;
	struct execution x = {.c = &c, .effector = &b->stub.base};
	int r;

	wait_for(b, &x, row);
	if (row->locked && (state_open(&other, &b->temp->root, false, NULL) < 0 ||
			    state_lock(&other, 0, NULL) < 0))
		return 1;
	interrupt_block();
	if (row->first)
		raise(row->first);
	raise_later(row->later);
	alarm(PATIENCE_S);
	r = await_decision(&x, NULL);
	alarm(0);
	if (r != row->r || x.result.state != row->state || x.result.signal != row->signal) {
		print_message("# %s: %d, %s, signal %d\n", row->what, r,
			      transaction_state_to_string(x.result.state), x.result.signal);
		return 1;
	}
	/* the run's own effector knows the host as it was before the wait */
	return b->stub.asked.count != 0;
}

/* Blocked signals stay pending, so each is a process of its own. */
static void try_row(struct bench *b, size_t i)
{
	pid_t pid;
	int status;

	state_unlock(&b->state); /* a lock that is inherited is held by both */
	pid = fork();
	if (pid == 0)
		_exit(await(&rows[i], b));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %#x", rows[i].what, (unsigned)status);
}

static void test_rows(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
