/*
 * What a transaction left behind against what is there now, by what others did to it since; and what
 * two of them left, which is the same whichever is named first. What is not known is never the same.
 */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/image.h"
#include "rollback/compared.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define HALF "{\"mtu\": 1, \"icc\": true}"
#define BESIDE "{\"mtu\": 2, \"icc\": false}"

static char *run(struct bench *b, int want)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	assert_int_equal(bench_run(b, &result), want);
	return xstrdup(result.id);
}

/* One key, by a control of that name. */
static char *apply_key(struct bench *b, const char *control, const char *key, const char *value)
{
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, control, FILE_PATH, subj(key), NULL, value);
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, control)->state = FINDING_PLANNED;
	return run(b, 0);
}

static char *apply_mode(struct bench *b, const char *mode)
{
	return apply_key(b, "mode", "mode", mode);
}

static void load(const struct bench *b, const char *id, struct transaction_summary *ret)
{
	CLEANUP(error_clear) struct error err = {0};

	if (history_load(&b->state, id, ret, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void against_now(const struct bench *b, const char *id, struct comparison *ret)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};

	load(b, id, &t);
	compare_with_now(&t, &b->temp->root, ret);
}

static void two(const struct bench *b, const char *first, const char *second,
		struct comparison *ret)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary x = {0}, y = {0};
	CLEANUP(history_clear) struct history h = {0};

	load(b, first, &x);
	load(b, second, &y);
	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	assert_int_equal(history_load_all(&b->state, &h, NULL, NULL), 0);
	assert_int_equal(compare_two(&h, &x, &y, ret, NULL), 0);
}

static const struct compared_value *find(const struct comparison *c, const char *path,
					 const char *subject)
{
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->items[i].count; k++)
			if (strcmp(c->items[i].path, path) == 0 &&
			    strcmp(c->items[i].items[k].subject, subject) == 0)
				return &c->items[i].items[k];
	return NULL;
}

static size_t differing(const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->items[i].count; k++)
			n += compared_differs(c, &c->items[i].items[k]);
	return n;
}

static void assert_value(const struct comparison *c, const char *path, const char *subject,
			 enum compared_state state)
{
	const struct compared_value *v = find(c, path, subject);

	if (!v)
		fail_msg("%s of %s is not told", subject, path);
	if (v->state != state)
		fail_msg("%s of %s is in state %d, not %d", subject, path, (int)v->state,
			 (int)state);
	assert_true((v->state == COMPARED_UNKNOWN) == (v->why != NULL));
}

/* What somebody does to the file since, and what is told of it: of one value, and of how many. */
static const struct {
	const char *text; /* NULL: it stays; "": it is taken away */
	const char *link; /* or this stands there */
	mode_t mode; /* 0: as applied */
	const char *subject;
	enum compared_state state;
	size_t differing;
} deeds[] = {
	{.subject = "json:/icc", .state = COMPARED_SAME},
	{.subject = "mode", .state = COMPARED_SAME},
	{.mode = 0640, .subject = "mode", .state = COMPARED_DIFFERENT, .differing = 1},
	{.mode = 0644, .subject = "mode", .state = COMPARED_BEFORE, .differing = 1},
	{.text = HALF, .subject = "json:/icc", .state = COMPARED_DIFFERENT, .differing = 1},
	{.text = BEFORE, .subject = "json:/icc", .state = COMPARED_BEFORE, .differing = 1},
	{.text = BESIDE, .subject = "json:/icc", .state = COMPARED_SAME, .differing = 1},
	{.text = BESIDE, .subject = "content", .state = COMPARED_DIFFERENT, .differing = 1},
	{.text = "{ no", .subject = "json:/icc", .state = COMPARED_UNKNOWN, .differing = 2},
	{.text = "", .subject = "exists", .state = COMPARED_DIFFERENT, .differing = 3},
	{.text = "", .subject = "json:/icc", .state = COMPARED_BEFORE, .differing = 3},
	{.text = "",
	 .link = "/etc/x",
	 .subject = "kind",
	 .state = COMPARED_DIFFERENT,
	 .differing = 1},
};

static void do_deed(const struct bench *b, size_t row)
{
	CLEANUP(freep) char *path = xasprintf("%s%s", b->temp->path, FILE_PATH);

	if (deeds[row].text && *deeds[row].text)
		temp_directory_write(b->temp, &FILE_PATH[1], deeds[row].text);
	else if (deeds[row].text)
		assert_int_equal(unlink(path), 0);
	if (deeds[row].link)
		assert_int_equal(symlink(deeds[row].link, path), 0);
	else if (!deeds[row].text || *deeds[row].text)
		assert_int_equal(chmod(path, deeds[row].mode ? deeds[row].mode : 0600), 0);
}

static void one_deed(struct bench *b, size_t row)
{
	CLEANUP(comparison_clear) struct comparison c = {0};
	CLEANUP(freep) char *id = NULL;

	bench_plan(b);
	id = run(b, 0);
	do_deed(b, row);
	against_now(b, id, &c);
	assert_value(&c, FILE_PATH, deeds[row].subject, deeds[row].state);
	assert_int_equal(differing(&c), deeds[row].differing);
	assert_value(&c, NEW_PATH, "kv:x", COMPARED_SAME);
}

static void deeds_of_others(void **state)
{
	bench_each(one_deed, ARRAY_SIZE(deeds));
}

/* What failed and was put back left what was before: nothing differs, and it does when it is as applied. */
static void put_back(void **state)
{
	CLEANUP(comparison_clear) struct comparison c = {0}, later = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.unhealthy = 1;
	id = run(&b, -EIO);
	assert_before(&b);
	against_now(&b, id, &c);
	assert_value(&c, FILE_PATH, "json:/icc", COMPARED_BEFORE);
	assert_int_equal(differing(&c), 0);
	temp_directory_write(b.temp, &FILE_PATH[1], AFTER);
	against_now(&b, id, &later);
	assert_value(&later, FILE_PATH, "json:/icc", COMPARED_SAME);
	assert_true(differing(&later) > 0);
	bench_close(&b);
}

static void assert_mirrored(const struct bench *b, const char *first, const char *second,
			    size_t want)
{
	CLEANUP(comparison_clear) struct comparison c = {0}, back = {0};

	two(b, first, second, &c);
	two(b, second, first, &back);
	assert_int_equal(differing(&c), want);
	assert_int_equal(c.count, back.count);
	for (size_t i = 0; i < c.count; i++) {
		assert_int_equal(c.items[i].count, back.items[i].count);
		for (size_t k = 0; k < c.items[i].count; k++) {
			const struct compared_value *v = &c.items[i].items[k];
			const struct compared_value *w = find(&back, c.items[i].path, v->subject);

			assert_non_null(w);
			assert_int_equal(v->state, w->state);
			assert_int_equal(strcmp_null(v->values[0], w->values[1]), 0);
			assert_int_equal(strcmp_null(v->values[1], w->values[0]), 0);
		}
	}
}

/* Any two of a few, either way round; each is what it left itself. */
static void any_two(void **state)
{
	static const size_t want[4][4] = {{0, 1, 2, 3}, {1, 0, 1, 2}, {2, 1, 0, 1}, {3, 2, 1, 0}};
	char *ids[4];
	struct bench b;

	bench_open(&b, state);
	ids[0] = apply_mode(&b, "0640");
	ids[1] = apply_key(&b, "icc", "json:/icc", "false");
	ids[2] = apply_key(&b, "log", "json:/log-opts/max-size", "\"10m\"");
	ids[3] = apply_mode(&b, "0600");
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++)
			assert_mirrored(&b, ids[i], ids[k], want[i][k]);
	for (size_t i = 0; i < 4; i++)
		free(ids[i]);
	bench_close(&b);
}

/* One that read no content left what the next reader found, and not nothing. */
static void found_by_the_next(void **state)
{
	CLEANUP(comparison_clear) struct comparison c = {0};
	CLEANUP(freep) char *first = NULL, *second = NULL;
	const struct compared_value *v;
	struct bench b;

	bench_open(&b, state);
	temp_directory_write(b.temp, &FILE_PATH[1], HALF);
	first = apply_mode(&b, "0640");
	second = apply_key(&b, "icc", "json:/icc", "false");
	two(&b, first, second, &c);
	v = find(&c, FILE_PATH, "json:/icc");
	assert_non_null(v);
	assert_string_equal(v->values[0], "true");
	assert_string_equal(v->values[1], "false");
	assert_string_equal(v->control, "icc");
	bench_close(&b);
}

/* An undecided one leaves nothing that is known, though its journal has values. */
static void undecided(void **state)
{
	static const enum transaction_state open[] = {TRANSACTION_PREPARED, TRANSACTION_APPLIED,
						      TRANSACTION_UNDOING, TRANSACTION_STUCK};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	id = apply_key(&b, "icc", "json:/icc", "false");
	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
		CLEANUP(history_clear) struct history h = {0};
		CLEANUP(comparison_clear) struct comparison c = {0};

		load(&b, id, &t);
		t.state = open[i];
		assert_int_equal(history_open(&b.state, &h, NULL), 0);
		assert_int_equal(compare_two(&h, &t, &t, &c, NULL), 0);
		assert_value(&c, FILE_PATH, "json:/icc", COMPARED_UNKNOWN);
		assert_true(differing(&c) > 0);
	}
	bench_close(&b);
}

/* A file of which only the attributes are known has no missing key, and a secret is one in any place. */
static void unread_and_secret(void **state)
{
	CLEANUP(comparison_clear) struct comparison c = {.places = 2};
	CLEANUP(edits_clear) struct edits edits = {0};
	struct compared_image images[2] = {0};

	edits_add(&edits, "k", "/x", subj("kv:key"), NULL, "1");
	edits_add(&edits, "t", "/x", subj("kv:api_token"), NULL, "1")->sensitive = true;
	images[0].image.node.kind = images[1].image.node.kind = NODE_FILE;
	image_set_content(&images[1].image, "key = 1\napi_token = 2\n", 22);
	compare_path(&c, "/x", &edits, images);
	assert_value(&c, "/x", "kv:key", COMPARED_UNKNOWN);
	assert_false(find(&c, "/x", "kv:key")->known[0]);
	assert_true(find(&c, "/x", "kv:key")->known[1]);
	assert_false(find(&c, "/x", "kv:key")->secret);
	assert_true(find(&c, "/x", "kv:api_token")->secret);
	compared_image_clear(&images[0]);
	compared_image_clear(&images[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deeds_of_others),
		cmocka_unit_test_setup_teardown(put_back, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(any_two, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(found_by_the_next, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(undecided, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test(unread_and_secret),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
