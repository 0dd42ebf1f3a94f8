#include "tests/test.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/effect/live.h"
#include "engine/host/read/proc.h"
#include "tests/unit/listener.h"
#include "tests/unit/own-addresses.h"

/* Where to knock for a published port, on a host with these addresses. */
static void test_places(void **state)
{
	static const struct {
		const char *port, *own, *places, *beyond; /* NULL: it cannot be knocked at */
	} rows[] = {
		{"8080/tcp on 0.0.0.0", "10.0.0.2|fd00::2", "127.0.0.1|10.0.0.2"},
		{"8080/tcp on ::", "10.0.0.2|fd00::2", "::1|fd00::2"},
		{"8080/tcp on ::", "", "::1"},
		{"8080/tcp on 10.0.0.3", "10.0.0.2", "10.0.0.3"},
		{"8080/tcp on ::1", "fd00::2", "::1"},
		{"1/tcp on 0.0.0.0", "10.0.0.1|10.0.0.2|10.0.0.3|fd00::2|10.0.0.4|10.0.0.5",
		 "127.0.0.1|10.0.0.1|10.0.0.2|10.0.0.3|10.0.0.4", "10.0.0.5"},
		{"53/udp on 0.0.0.0", "10.0.0.2", NULL},
		{"80/sctp on 0.0.0.0", "10.0.0.2", NULL},
		{"any/tcp on default", "10.0.0.2", NULL},
		{"80-90/tcp on ::", "10.0.0.2", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv own = {0}, places = {0}, beyond = {0};
		CLEANUP(freep) char *text = NULL, *left = NULL;
		unsigned number;

		if (*rows[i].own)
			strv_split(&own, rows[i].own, "|");
		if (!accepting_places(rows[i].port, &own, &number, &places, &beyond)) {
			if (rows[i].places)
				fail_msg("row %zu: no place", i);
			continue;
		}
		text = strv_join(&places, "|");
		assert_string_equal(text, rows[i].places);
		left = strv_join(&beyond, "|");
		assert_string_equal(left, rows[i].beyond ? rows[i].beyond : "");
	}
}

/*
 * Knocks as begin, end and a sign: how long the port was away at the end, by what was met; and at most, by the time
 * between two answers since something goes on.
 */
static void test_timing(void **state)
{
	static const struct {
		struct {
			double began, ended;
			bool answers;
		} saw[5];
		double now, away, least;
		bool is_away;
		double from, most; /* 0: nothing goes on, and `away` is all that is known */
	} rows[] = {
		{{{10, 11, true}, {60, 61, true}}, 100, 0, 0, false},
		{{{10, 11, true}, {60, 61, false}},
		 100,
		 90,
		 40,
		 true}, /* away since the last answer */
		{{{10, 11, true}, {60, 61, false}, {80, 83, true}}, 100, 73, 20, false},
		{{{10, 11, true}, {60, 61, false}, {80, 83, true}, {90, 91, false}, {95, 99, true}},
		 200,
		 73 + 19,
		 20 + 5,
		 false}, /* twice */
		/* asked seldom, and missed once: what is sure is little */
		{{{10, 11, true}, {5010, 5011, false}, {5030, 5031, true}}, 9000, 5021, 20, false},
		{{{60, 61, false}}, 100, 0, 0, true}, /* nobody knows when it was there */
		/* it was not met away, which is not to say that it never was */
		{{{10, 11, true}, {60, 61, true}}, 70, 0, 0, false, 5, 51},
		{{{10, 11, true}, {60, 61, true}}, 270, 0, 0, false, 5, 210},
		{{{10, 11, true}, {5010, 5011, true}}, 5020, 0, 0, false, 1000, 4011},
		{{{10, 11, true}}, 5020, 0, 0, false, 1000, 4020},
		{{{10, 11, true}, {60, 61, false}, {80, 83, true}}, 100, 73, 20, false, 50, 73},
		{{{10, 11, true}, {60, 61, false}, {80, 83, true}, {1080, 1083, true}},
		 1100,
		 73,
		 20,
		 false,
		 50,
		 1003},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct timing t = {.counts_from = rows[i].from};
		double most = rows[i].from > 0 ? rows[i].most : rows[i].away;

		for (size_t k = 0; k < ARRAY_SIZE(rows[i].saw) && rows[i].saw[k].ended > 0; k++)
			timing_saw(&t, rows[i].saw[k].began, rows[i].saw[k].ended,
				   rows[i].saw[k].answers);
		if (timing_least_ms(&t, rows[i].now) != rows[i].least)
			fail_msg("row %zu: at least %g ms", i, timing_least_ms(&t, rows[i].now));
		if (timing_away_ms(&t, rows[i].now) != rows[i].away || t.away != rows[i].is_away)
			fail_msg("row %zu: %g ms", i, timing_away_ms(&t, rows[i].now));
		if (timing_most_ms(&t, rows[i].now) != most)
			fail_msg("row %zu: %g ms at most", i, timing_most_ms(&t, rows[i].now));
	}
}

static struct listener served(unsigned port)
{
	struct listener ret;

	assert_true(listener_open(&ret, AF_INET, false, port));
	assert_true(listener_serve(&ret));
	return ret;
}

#define MOST_PLACES 10 /* loopback and four addresses, in two families */

/* What begins and ends a run asks each place; in between it is asked by the rule. */
static void ask_places(struct service *s, struct timing *t, double *last, size_t places, double now,
		       const struct haste *h, bool all)
{
	for (size_t i = 0; i < places; i++)
		if (all || timing_is_due(&t[i], s, i == 0, last[i], now, h)) {
			timing_saw(&t[i], now, now + 1, true);
			s->answers++;
			last[i] = now;
		}
}

/* How many connections the service gets in that time, hurried so often in between, with its gate. */
static unsigned answers_in(double ms, double each, size_t places, int most_ms)
{
	struct timing t[MOST_PLACES] = {0};
	double last[MOST_PLACES] = {0};
	struct haste h = {0};
	struct service s = {0};

	ask_places(&s, t, last, places, 1, &h, true);
	for (double now = 21; now < ms; now += 20) {
		if (each > 0 && (h.since == 0 || now - h.since >= each))
			h = (struct haste){.since = now, .most_ms = most_ms};
		ask_places(&s, t, last, places, now, &h, false);
	}
	if (ms >= 60000)
		for (int gate = 0; gate < 2; gate++)
			ask_places(&s, t, last, places, ms, &h, true);
	return s.answers;
}

/* A service that counts connections without a word to 100 and shuts their maker out is spared. */
static void test_sparing(void **state)
{
	static const struct {
		double ms, each;
		size_t places;
		unsigned least, most;
		int most_ms;
	} rows[] = {
		{1000, 0, 1, 1, 2}, /* nothing begins */
		{1000, 1e9, 1, 12, 25}, /* a short restart is seen closely, ... */
		{5000, 1e9, 1, 40, 60}, /* ... a long one well enough, ... */
		{60000, 1e9, 1, 60, 90}, /* ... with its gate */
		{60000, 5000, 1, 60, 90}, /* as many as it takes */
		{1000, 1e9, 2, 14, 27}, /* through docker-proxy all come from one address */
		{60000, 1e9, 2, 60, 95},
		{60000, 1e9, MOST_PLACES, 60, 99},
		{60000, 5000, MOST_PLACES, 60, 99},
		{60000, 1e9, 1, 60, 90, 100}, /* whatever somebody would like to know */
		{60000, 5000, MOST_PLACES, 60, 99, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned n = answers_in(rows[i].ms, rows[i].each, rows[i].places, rows[i].most_ms);

		if (n < rows[i].least || n > rows[i].most)
			fail_msg("row %zu: %u connections", i, n);
	}
}

/* Asked for at 1000, begun so long after, and done after so long again: the time between two answers since it began. */
static double longest_in(double ahead_ms, double ms, int most_ms)
{
	double begins = 1000 + ahead_ms, last = 1;
	struct timing t = {.answered = 1};
	struct service s = {.answers = 1};

	for (double now = 21; now < begins + ms + 6000; now += 20) {
		bool begun = now >= begins, over = now >= begins + ms;
		struct haste h = {.since = begun         ? begins
					   : now >= 1000 ? 1000
							 : 0,
				  .ahead = !begun && now >= 1000,
				  .over = over ? begins + ms : 0,
				  .most_ms = most_ms};

		t.counts_from = begun ? begins : 0;
		if (!timing_is_due(&t, &s, true, last, now, &h))
			continue;
		timing_saw(&t, now, now + 1, true);
		s.answers++;
		last = now;
		if (over)
			return t.longest_ms;
	}
	return 1e9;
}

/* dockerd goes down when those that depend on it have stopped: it is what happens then that is to be seen. */
static void test_ahead(void **state)
{
	static const struct {
		double ahead_ms, ms;
		int most_ms;
		double least, most;
	} rows[] = {
		{0, 400, 0, 60, 82},
		{0, 3000, 0, 82, 240},
		{0, 3000, 300, 82, 182}, /* between two that are `most_ms` apart nobody is away so long */
		{0, 3000, 100, 50, 82},
		{13000, 400, 0, 60, 82}, /* however long the others took */
		{13000, 3000, 300, 82, 182},
		{90000, 900, 300, 60, 82},
		{0, 60000, 300, 4000, 5042}, /* longer than a service may be asked so closely: it is told so */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double is = longest_in(rows[i].ahead_ms, rows[i].ms, rows[i].most_ms);

		if (is < rows[i].least || is > rows[i].most)
			fail_msg("row %zu: %g ms", i, is);
	}
}

#define MANY 100

/*
 * Where descriptors are few, more turns are taken; and what cannot be asked at all is told. Of no answer nothing is left over.
 */
static void test_few(void **state)
{
	struct watched w = {.id = (char[]){"1"}, .name = (char[]){"web"}};
	struct live l = {
		.remembered = true, .docker_ran = true, .containers = &w, .ncontainers = 1};
	struct rlimit all, few;
	struct knock knocks[MANY];
	struct listener web = served(0);

	for (size_t i = 0; i < MANY; i++) {
		assert_true(knock_to(&knocks[i], "127.0.0.1", web.port));
		knocks[i].due = knocks[i].hold = true;
	}
	strv_addf(&w.ports, "%u/tcp on 127.0.0.1", web.port);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = (struct rlimit){.rlim_cur = 70, .rlim_max = all.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(knock_all(knocks, MANY, 1000), MANY);
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	accepting_remember(&l);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(l.naccepting, 0);
	assert_int_equal(l.unmeasured.count, 1);
	accepting_clear(&l);
	listener_close(&web);
	for (int i = 0; i < 4; i++) { /* nobody listens */
		size_t before = mallinfo2().uordblks;

		accepting_remember(&l);
		assert_int_equal(l.naccepting, 0);
		assert_int_equal(l.unmeasured.count, 0);
		accepting_clear(&l);
		if (i > 0)
			assert_int_equal(mallinfo2().uordblks, before);
	}
	strv_clear(&w.ports);
}

/* A port in both families is one service; what lies beside it is another. */
static void test_services(void **state)
{
	struct watched w = {.id = (char[]){"1"}, .name = (char[]){"web"}};
	struct live l = {
		.remembered = true, .docker_ran = true, .containers = &w, .ncontainers = 1};
	struct listener web = served(0), api = served(0);

	strv_addf(&w.ports, "%u/tcp on 127.0.0.1", web.port);
	strv_addf(&w.ports, "%u/tcp on 127.0.0.1", api.port);
	strv_addf(&w.ports, "%u/tcp on 0.0.0.0", web.port);
	assert_int_equal(accepting_service(&w, 0, web.port), 0);
	assert_int_equal(accepting_service(&w, 1, api.port), 1);
	assert_int_equal(accepting_service(&w, 2, web.port), 0);
	accepting_remember(&l);
	assert_int_equal(l.naccepting, 3);
	accepting_clear(&l);
	strv_clear(&w.ports);
	listener_close(&web);
	listener_close(&api);
}

/* A port at all addresses is tried at each of the host's own, which come and go without its container. */
static void test_own_addresses(void **state)
{
	static const struct {
		const char *what, *after; /* the host's own address in the end; 127.0.0.2 before */
		bool unknown; /* then */
		int result;
		size_t noted, gaps;
	} own[] = {
		{"it goes", NULL, false, 0, 1, 1},
		{"it is there yet", "127.0.0.2", false, -EIO, 0, 2},
		{"it may be there yet", NULL, true, -EIO, 0, 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(gaps_clear) struct gaps gaps = {0};
		struct watched w = {.id = (char[]){"1"},
				    .name = (char[]){"web"},
				    .restart_policy = (char[]){"no"},
				    .pid = getpid()};
		struct interrupt interrupt = INTERRUPT_INIT;
		struct live l = {.effector = {.notes = &notes, .interrupt = &interrupt},
				 .remembered = true,
				 .docker_ran = true,
				 .containers = &w,
				 .ncontainers = 1};
		struct listener all, loopback;
		unsigned port;

		assert_int_equal(proc_start_ticks(getpid(), &w.start_ticks, NULL), 0);
		assert_true(listener_open(&all, AF_INET, true, 0));
		assert_true(listener_serve(&all));
		port = all.port;
		strv_addf(&w.ports, "%u/tcp on 0.0.0.0", port);
		own_address = "127.0.0.2";
		accepting_remember(&l);
		assert_int_equal(l.naccepting, 2);
		listener_close(&all);
		loopback = served(port);
		own_address = own[i].after;
		own_is_unknown = own[i].unknown;
		if (accepting_wait(&l, NULL, 1, NULL) != own[i].result ||
		    notes.count != own[i].noted)
			fail_msg("%s: %zu notes", own[i].what, notes.count);
		live_gap(&l.effector, true, &gaps);
		assert_int_equal(gaps.count, own[i].gaps);
		assert_int_equal(gaps.unmeasured.count, own[i].noted);
		own_is_unknown = false;
		own_address = NULL;
		accepting_clear(&l);
		strv_clear(&w.ports);
		listener_close(&loopback);
	}
}

/* Who refuses them counts none. */
static void test_away(void **state)
{
	const struct timing t = {.answered = 1, .away = true}, there = {.answered = 1};
	const struct service spent = {.answers = 99}, away = {.answers = 3, .away = true};
	const struct haste calm = {0}, goes_on = {.since = 69900};

	assert_true(timing_is_due(&t, &spent, true, 70000, 70001, &calm));
	assert_true(timing_is_due(&t, &spent, false, 70000, 70001, &calm));
	/* the others may be away, too, where the first is */
	assert_true(timing_is_due(&there, &away, false, 70000, 70060, &goes_on));
	assert_false(timing_is_due(&there, &spent, false, 70000, 70060, &goes_on));
}

/* A port that closes and opens again is away as long as that takes, and a bit; its neighbour is not. */
static void test_watch(void **state)
{
	struct listener all[2] = {served(0), served(0)};
	unsigned port = all[0].port;
	struct knock knocks[2];
	struct gap_watch *w;
	struct timing t;

	for (int i = 0; i < 2; i++) {
		assert_true(knock_to(&knocks[i], "127.0.0.1", all[i].port));
		knocks[i].due = true;
		knocks[i].service = (unsigned)i;
	}
	assert_int_equal(knock_all(knocks, 2, 1000), 2);
	assert_int_equal(gap_watch_start(&w, knocks, 2, 0, NULL), 0);
	listener_close(&all[0]);
	gap_watch_ask(w);
	assert_true(gap_watch_look(w, 0).away);
	usleep(300000);
	all[0] = served(port);
	gap_watch_ask(w);
	gap_watch_stop(w);
	t = gap_watch_look(w, 0);
	if (t.away || t.away_ms < 300 || t.away_ms > 30000)
		fail_msg("away for %g ms", t.away_ms);
	t = gap_watch_look(w, 1);
	assert_false(t.away);
	assert_true(t.away_ms == 0);
	gap_watch_free(w);
	listener_close(&all[0]);
	listener_close(&all[1]);
}

/* What was never met away is not said to have been there all the time: of the second place as of the first. */
static void test_never_met(void **state)
{
	struct listener web = served(0);
	struct knock knocks[2];
	struct gap_watch *w;

	for (int i = 0; i < 2; i++) {
		assert_true(knock_to(&knocks[i], "127.0.0.1", web.port));
		knocks[i].due = true;
	}
	assert_int_equal(knock_all(knocks, 2, 1000), 2);
	assert_int_equal(gap_watch_start(&w, knocks, 2, 0, NULL), 0);
	for (size_t i = 0; i < 2; i++) { /* nothing goes on yet */
		struct timing t = gap_watch_look(w, i);

		assert_true(timing_most_ms(&t, clock_ms()) == 0);
	}
	gap_watch_ahead(w);
	gap_watch_hurry(w);
	usleep(200000);
	gap_watch_calm(w);
	gap_watch_ask(w);
	gap_watch_ask(w); /* the first of these may have begun before */
	gap_watch_stop(w);
	for (size_t i = 0; i < 2; i++) {
		struct timing t = gap_watch_look(w, i);

		assert_true(t.away_ms == 0);
		assert_true(t.counts_from == 0);
		if (t.longest_ms <= 0 || timing_most_ms(&t, clock_ms()) != t.longest_ms)
			fail_msg("place %zu: %g ms", i, t.longest_ms);
	}
	gap_watch_free(w);
	listener_close(&web);
}

/* What docker-proxy does for a container in which nobody listens. */
static void *close_at_once(void *data)
{
	const int *fd = data;
	int r = accept(fd[0], NULL, NULL);

	close(r);
	return NULL;
}

static void test_hold(void **state)
{
	for (int hold = 0; hold < 2; hold++) {
		struct listener l = served(0);
		unsigned port = l.port;
		struct knock k;
		pthread_t thread;

		assert_true(knock_to(&k, "127.0.0.1", port));
		k.due = true;
		k.hold = hold;
		assert_int_equal(knock_all(&k, 1, 1000), 1); /* it waits for a word */
		listener_close(&l);
		assert_true(listener_open(&l, AF_INET, false, port));
		assert_int_equal(pthread_create(&thread, NULL, close_at_once, &l.fd), 0);
		assert_int_equal(knock_all(&k, 1, 1000), hold ? 0 : 1);
		pthread_join(thread, NULL);
		listener_close(&l);
	}
}

static void test_restarts(void **state)
{
	static const struct {
		long before, now;
		uint64_t finished, calm;
		enum restarts_turn turn;
	} rows[] = {
		{0, 0, 0, 100, RESTARTS_NONE},
		{0, 0, 150, 100, RESTARTS_NONE}, /* ended once, by the restart */
		{0, 2, 90, 100, RESTARTS_OVER},
		{0, 2, 150, 100, RESTARTS_GO_ON},
		{3, 3, 150, 100, RESTARTS_NONE},
		{3, 4, 150, 100, RESTARTS_GO_ON},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (restarts_judge(rows[i].before, rows[i].now, rows[i].finished, rows[i].calm) !=
		    rows[i].turn)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),    cmocka_unit_test(test_timing),
		cmocka_unit_test(test_sparing),   cmocka_unit_test(test_away),
		cmocka_unit_test(test_watch),     cmocka_unit_test(test_hold),
		cmocka_unit_test(test_restarts),  cmocka_unit_test(test_services),
		cmocka_unit_test(test_few),       cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_never_met), cmocka_unit_test(test_own_addresses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
