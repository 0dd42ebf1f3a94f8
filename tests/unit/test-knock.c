#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/host/ask/knock.h"
#include "tests/unit/listener.h"

#define ROUNDS 5

static const struct {
	const char *at;
	int family;
	bool both;
} rows[] = {
	{"127.0.0.1", AF_INET, false},
	{"::1", AF_INET6, false},
	{"127.0.0.1", AF_INET6, true}, /* dockerd's own socket at "::" may be of both families */
	{"::1", AF_INET6, true},
};

static size_t queue_length(const struct listener *l)
{
	size_t n = 0;
	int fd;

	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
		close(fd);
		n++;
	}
	fcntl(l->fd, F_SETFL, 0);
	return n;
}

/* Whoever was just started to take connections need not run at once. */
static bool answers_soon(struct knock *k)
{
	for (int tries = 0; tries < 100; tries++) {
		k->due = k->hold = true;
		if (knock_all(k, 1, 2000) == 1)
			return true;
		usleep(100000);
	}
	return false;
}

/*
 * Where the kernel alone shakes hands nobody answers, however often it is asked, and the queue of who listens
 * is not filled; once somebody takes what comes, it answers.
 */
static void test_queue(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct listener l;
		struct knock k;

		if (!listener_open(&l, rows[i].family, rows[i].both, 0)) {
			print_message("# row %zu skipped: no such listener\n", i);
			listener_close(&l);
			continue;
		}
		assert_true(knock_to(&k, rows[i].at, l.port));
		for (int round = 0; round < ROUNDS; round++) {
			k.due = k.hold = true;
			if (knock_all(&k, 1, 500) != 0)
				fail_msg("row %zu: it answers in round %d", i, round);
		}
		if (queue_length(&l) != 1)
			fail_msg("row %zu: the queue is filled", i);
		k.due = true;
		assert_int_equal(knock_all(&k, 1, 500), 0);
		assert_true(listener_serve(&l));
		if (!answers_soon(&k))
			fail_msg("row %zu: it does not answer when it is served", i);
		listener_close(&l);
	}
}

/* Nor does the one beside it change: each is asked for itself. */
static void test_beside(void **state)
{
	struct listener served, dead;
	struct knock knocks[3];

	assert_true(listener_open(&served, AF_INET, false, 0));
	assert_true(listener_open(&dead, AF_INET, false, 0));
	assert_true(listener_serve(&served));
	assert_true(knock_to(&knocks[0], "127.0.0.1", served.port));
	assert_true(answers_soon(&knocks[0]));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 3; i++) {
			if (round == 0)
				assert_true(knock_to(&knocks[i], "127.0.0.1",
						     i == 1 ? dead.port : served.port));
			knocks[i].due = knocks[i].hold = true;
		}
		assert_int_equal(knock_all(knocks, 3, 2000), 2);
		assert_true(knocks[0].answers && !knocks[1].answers && knocks[2].answers);
		assert_true(knocks[1].queued && knocks[1].ended >= knocks[1].began);
	}
	assert_int_equal(queue_length(&dead), 1);
	listener_close(&served);
	listener_close(&dead);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_beside),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
