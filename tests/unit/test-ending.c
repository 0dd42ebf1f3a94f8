#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/effect/ending.h"

#define T UINT64_C(1000000000000)
#define SEC UINT64_C(1000000)

/* A restart from T+10 to T+12 s. */
static void test_whose_doing(void **state)
{
	enum {
		SPARES = 1,
		SURVIVORS = 2,
		LOOPED = 4,
		RM = 8,
		UNKNOWN = 16,
		ON_DISK = 32,
		RUNS = 64,
		OOM = 128,
		ASKED = 256,
	};
	static const struct {
		const char *what;
		unsigned is;
		int code;
		int finished; /* seconds after T; 0: not known */
		enum ended want;
	} rows[] = {
		/* stopped in the restart */
		{"SIGKILL", 0, 137, 11, ENDED_BY_CHANGE},
		{"SIGKILL, others live", SURVIVORS, 137, 11, ENDED_BY_CHANGE},
		{"SIGTERM under live-restore", SPARES | SURVIVORS, 143, 11, ENDED_BY_CHANGE},
		{"SIGTERM obeyed, all stopped", 0, 0, 11, ENDED_BY_CHANGE},
		{"not seen, all stopped", SPARES, 255, 11, ENDED_BY_CHANGE},
		{"not seen, no live-restore", SURVIVORS, 255, 11, ENDED_BY_CHANGE},
		{"lost: no code", SURVIVORS, -1, 11, ENDED_BY_CHANGE},
		{"started anew", 0, -1, 11, ENDED_BY_CHANGE},
		{"started anew", RUNS, -1, 11, ENDED_BY_CHANGE},
		{"started anew, others live", RUNS | SURVIVORS, -1, 11, ENDED_BY_CHANGE},
		{"--rm, all stopped", UNKNOWN | RM, -1, 0, ENDED_BY_CHANGE},
		{"at its very end", 0, 137, 12, ENDED_BY_CHANGE},
		{"a loop, all stopped", LOOPED, 137, 11, ENDED_BY_CHANGE},
		{"files left", UNKNOWN | ON_DISK | SPARES | SURVIVORS, -1, 0, ENDED_OUT_OF_VIEW},
		{"files left, --rm", UNKNOWN | ON_DISK | RM | SPARES, -1, 0, ENDED_OUT_OF_VIEW},
		/* ended by itself */
		{"a job, before", 0, 0, 5, ENDED_BY_ITSELF},
		{"a job, in it", SPARES, 0, 11, ENDED_BY_ITSELF},
		{"a job that failed, in it", SURVIVORS, 3, 11, ENDED_BY_ITSELF},
		{"a job, after", 0, 1, 20, ENDED_BY_ITSELF},
		{"docker stop, after", 0, 137, 20, ENDED_BY_ITSELF},
		{"docker kill, before", 0, 137, 5, ENDED_BY_ITSELF},
		{"--rm", UNKNOWN | RM | SPARES, -1, 0, ENDED_BY_ITSELF},
		{"--rm, others live", UNKNOWN | RM | SURVIVORS, -1, 0, ENDED_BY_ITSELF},
		{"removed by a deploy", UNKNOWN, -1, 0, ENDED_BY_ITSELF},
		{"a loop, in it", LOOPED | SPARES | RUNS, -1, 11, ENDED_BY_ITSELF},
		{"a loop, others live", LOOPED | SURVIVORS | RUNS, -1, 11, ENDED_BY_ITSELF},
		{"a loop, after", LOOPED | RUNS, -1, 20, ENDED_BY_ITSELF},
		{"its policy, after", RUNS, -1, 20, ENDED_BY_ITSELF},
		{"its policy, in it", RUNS | SPARES | SURVIVORS, -1, 11, ENDED_BY_ITSELF},
		{"docker stop, in it", ASKED, 137, 11, ENDED_BY_ITSELF},
		{"docker restart, in it", ASKED | RUNS, -1, 11, ENDED_BY_ITSELF},
		{"a job, not seen", SPARES | SURVIVORS, 255, 11, ENDED_BY_ITSELF},
		{"out of memory", SPARES | OOM, 137, 11, ENDED_BY_ITSELF},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned is = rows[i].is;
		struct window window = {
			.from = T + 10 * SEC, .to = T + 12 * SEC, .spares = is & SPARES};
		struct ending_scene scene = {.windows = {&window, 1},
					     .survivors = is & SURVIVORS,
					     .looped = is & LOOPED,
					     .removes_itself = is & RM};
		struct ending e = {
			.unknown = is & UNKNOWN,
			.on_disk = is & ON_DISK,
			.runs = is & RUNS,
			.oom = is & OOM,
			.asked = is & ASKED,
			.code = rows[i].code,
			.finished = rows[i].finished ? T + (uint64_t)rows[i].finished * SEC : 0};

		if (ending_judge(&e, &scene) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].what);
	}
}

static void test_no_handler_ran(void **state)
{
	struct ending_scene scene = {0};
	struct ending killed = {.code = 137, .finished = T};
	struct ending lost = {.unknown = true, .on_disk = true, .code = -1};

	assert_int_equal(ending_judge(&killed, &scene), ENDED_BY_ITSELF);
	assert_int_equal(ending_judge(&lost, &scene), ENDED_OUT_OF_VIEW);
}

/* The window that spares containers does not speak for the one that does not. */
static void test_two_windows(void **state)
{
	struct windows w = {0};
	struct ending e = {.code = 0, .finished = 0};
	struct ending_scene scene = {0};

	windows_begin(&w, T, true);
	windows_end(&w, T + 2 * SEC);
	windows_begin(&w, T + 10 * SEC, false);
	windows_ended_dockerd(&w);
	scene.windows = w;
	assert_int_equal(ending_judge(&e, &scene), ENDED_BY_CHANGE);
	e.finished = T + SEC;
	assert_int_equal(ending_judge(&e, &scene), ENDED_BY_ITSELF);
	e.finished = T + 100 * SEC; /* the second still runs */
	assert_int_equal(ending_judge(&e, &scene), ENDED_BY_CHANGE);
	free(w.items);
}

/* Each word a handler: what it is, and whether live-restore is in force when it begins. */
static void test_whose_windows_count(void **state)
{
	static const struct {
		const char *handlers;
		enum ended
			want; /* of a --rm that is gone, when is not known, and was the only one */
	} rows[] = {
		{"", ENDED_BY_ITSELF},
		{"reload", ENDED_BY_ITSELF},
		{"unit", ENDED_BY_ITSELF},
		{"unit reload unit+live", ENDED_BY_ITSELF},
		{"restart+live", ENDED_BY_ITSELF},
		{"reload restart+live", ENDED_BY_ITSELF},
		{"reload restart+live unit+live", ENDED_BY_ITSELF},
		{"restart", ENDED_BY_CHANGE},
		{"reload restart", ENDED_BY_CHANGE},
		{"restart reload restart+live", ENDED_BY_CHANGE},
		{"restart unit", ENDED_BY_CHANGE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		struct windows w = {0};
		struct ending e = {.unknown = true, .code = -1};
		struct ending_scene scene = {.removes_itself = true};

		strv_split(&words, rows[i].handlers, " ");
		for (size_t k = 0; k < words.count; k++) {
			windows_begin(&w, T + k * 10 * SEC, strstr(words.items[k], "+live"));
			if (starts_with(words.items[k], "restart"))
				windows_ended_dockerd(&w);
			windows_end(&w, T + k * 10 * SEC + SEC);
		}
		windows_ended_dockerd(&w); /* in none that runs: nothing is laid to those before */
		scene.windows = w;
		if (ending_judge(&e, &scene) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].handlers);
		free(w.items);
	}
}

static void test_loops(void **state)
{
	static const struct {
		const char *policy;
		long restarts;
		uint64_t finished;
		bool want;
	} rows[] = {
		{"always", 3, T - SEC, true},
		{"always", 0, 0, false},
		{"always", 0, T - 60 * SEC, true}, /* dockerd's start forgets the count */
		{"always", 0, T - 3600 * SEC, false},
		{"on-failure", 1, T - SEC, true},
		{"no", 0, T - SEC, false},
		{NULL, 0, T - SEC, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (ending_loops(rows[i].policy, rows[i].restarts, rows[i].finished, T) !=
		    rows[i].want)
			fail_msg("row %zu", i);
}

/* What is said of an end: a code only where it is the container's own. */
static void test_words(void **state)
{
	static const struct {
		const char *policy;
		struct ending ending;
		const char *words;
	} rows[] = {
		{"no", {.code = 0, .finished = 11}, " (exit code 0)"},
		{"no", {.code = 137, .finished = 11}, " (exit code 137)"},
		{"no", {.code = 255, .finished = 9}, " (exit code 255)"},
		{"no",
		 {.code = 255, .finished = 11},
		 " (how is not known: dockerd was away, and takes it for a failure)"},
		{"on-failure",
		 {.code = 255, .finished = 11},
		 " (how is not known: dockerd was away, and takes it for a failure; its restart "
		 "policy may have it run once more)"},
		{"on-failure:3", {.code = 1, .finished = 11}, " (exit code 1)"},
		{"always", {.code = 0, .finished = 11, .runs = true}, ""},
		{NULL, {.code = -1}, ""},
		{NULL, {.code = 255, .unknown = true}, ""},
	};
	struct window window = {.from = 10, .to = 12};
	const struct windows windows = {.items = &window, .count = 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *words = ending_words(&rows[i].ending, &windows, rows[i].policy);

		assert_string_equal(words, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_whose_doing),
		cmocka_unit_test(test_no_handler_ran),
		cmocka_unit_test(test_two_windows),
		cmocka_unit_test(test_whose_windows_count),
		cmocka_unit_test(test_loops),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
