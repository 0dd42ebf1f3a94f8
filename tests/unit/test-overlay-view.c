/* Planned links in the view: followed, led elsewhere, gone, and never confused with what is behind them. */

#include "tests/test.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/model/path-guard.h"
#include "engine/plan/overlay-view.h"
#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

struct bench {
	struct overlay_view *overlay;
	const struct view *view;
	struct facts facts;
};

static void bench_reopen(struct bench *b, void **state)
{
	struct temp_directory *t = *state;

	*b = (struct bench){0};
	b->overlay = overlay_view_new(&t->root, &b->facts, NULL);
	b->view = overlay_view_base(b->overlay);
}

static void bench_open(struct bench *b, void **state)
{
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "wants", 0755), 0);
	temp_directory_write(t, "unit", "one");
	temp_directory_write(t, "other", "two");
	assert_int_equal(symlinkat("/unit", t->fd, "wants/old"), 0);
	assert_int_equal(symlinkat("../unit", t->fd, "wants/gone"), 0);
	bench_reopen(b, state);
}

static void bench_close(struct bench *b)
{
	overlay_view_free(b->overlay);
	facts_clear(&b->facts);
}

static int put_link(struct bench *b, const char *path, const char *target)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = overlay_view_edit(b->overlay,
				  edits_add(&edits, "c", path, subj("link"), NULL, target), &err);

	if (r >= 0)
		assert_string_equal(edits.items[0].path, path);
	return r;
}

static void assert_link(const struct bench *b, const char *path, const char *target)
{
	CLEANUP(freep) char *is = NULL;

	assert_int_equal(view_link(b->view, path, &is, NULL), target ? 1 : 0);
	if (target)
		assert_string_equal(is, target);
}

static void assert_content(const struct bench *b, const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf is = {0};

	if (!text) {
		assert_int_equal(view_content(b->view, path, &is, NULL), -ENOENT);
		return;
	}
	assert_int_equal(view_content(b->view, path, &is, NULL), 0);
	assert_string_equal(buf_str(&is), text);
}

static void test_links_of_the_host(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	assert_link(&b, "/wants/old", "/unit");
	assert_link(&b, "/wants/gone", "../unit");
	assert_link(&b, "/unit", NULL);
	assert_link(&b, "/nothing/there", NULL);
}

static void test_planned_links(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *all = NULL;

	bench_open(&b, state);
	assert_int_equal(put_link(&b, "/wants/new", "/unit"), 1);
	assert_int_equal(put_link(&b, "/wants/old", "/other"), 1);
	assert_int_equal(put_link(&b, "/wants/old", "/other"), 0); /* as it is already */
	assert_int_equal(put_link(&b, "/wants/gone", NULL), 1);
	assert_link(&b, "/wants/new", "/unit");
	assert_link(&b, "/wants/old", "/other");
	assert_link(&b, "/wants/gone", NULL);
	assert_content(&b, "/wants/new", "one");
	assert_content(&b, "/wants/old", "two");
	assert_content(&b, "/wants/gone", NULL);
	assert_content(&b, "/unit", "one");
	assert_int_equal(view_children(b.view, "/wants", &names, NULL), 0);
	all = strv_join(&names, " ");
	assert_string_equal(all, "new old");
}

static void test_a_file_is_no_link(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	assert_int_equal(put_link(&b, "/unit", "/other"), -EINVAL);
	assert_int_equal(put_link(&b, "/unit", NULL), -EINVAL);
}

/* What the plan makes is not looked for once more for each of it, nor for each other directory. */
static void test_many(void **state)
{
	struct temp_directory *t = *state;
	const size_t count = 20000;
	CLEANUP(bench_close) struct bench b;
	clock_t start;

	bench_open(&b, state);
	assert_int_equal(mkdirat(t->fd, "empty", 0755), 0);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(freep) char *path = xasprintf("/wants/link-%zu", i);

		assert_int_equal(put_link(&b, path, "/unit"), 1);
	}
	start = clock();
	for (size_t i = 0; i < count; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		assert_int_equal(view_children(b.view, "/empty", &names, NULL), 0);
		assert_int_equal(names.count, 0);
	}
	for (size_t i = 0; i < 5; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		assert_int_equal(view_children(b.view, "/wants", &names, NULL), 0);
		assert_int_equal(names.count, count + 2);
	}
	if (clock() - start > 3 * CLOCKS_PER_SEC)
		fail_msg("%zu links take %.1f s", count,
			 (double)(clock() - start) / CLOCKS_PER_SEC);
}

/* A plan is made of one look: what changes meanwhile is another plan's, and never half of both. */
static void test_looked_at_once(void **state)
{
	struct temp_directory *t = *state;

	for (int fresh = 0; fresh < 2; fresh++) {
		CLEANUP(strv_clear) struct strv names = {0};
		CLEANUP(node_clear) struct node node = {0};
		struct bench b = {0};

		b.overlay = overlay_view_new(&t->root, &b.facts, NULL);
		b.view = overlay_view_base(b.overlay);
		if (!fresh)
			temp_directory_write(t, "unit", "one");
		for (int again = 0; again < 2; again++) {
			CLEANUP(freep) char *at = NULL;

			strv_clear(&names);
			assert_int_equal(view_node(b.view, "/unit", &node, NULL), 0);
			assert_int_equal(view_children(b.view, "/", &names, NULL), 0);
			assert_int_equal(view_resolve(b.view, "/unit", &at, NULL), 0);
			assert_string_equal(at, "/unit");
			assert_int_equal(node.kind, fresh ? NODE_ABSENT : NODE_FILE);
			assert_int_equal(strv_contains(&names, "unit"), !fresh);
			assert_content(&b, "/unit", fresh ? NULL : "one");
			unlinkat(t->fd, "unit", 0);
		}
		assert_int_equal(view_node(overlay_view_host(b.overlay), "/unit", &node, NULL), 0);
		assert_int_equal(node.kind, fresh ? NODE_ABSENT : NODE_FILE);
		bench_close(&b);
	}
}

/* That a directory is closed is noted until the plan makes another thing of it. */
static void test_closed_directories(void **state)
{
	static const struct {
		const char *subject, *after;
	} ways[] = {{"mode", "0777"}, {"owner", "1000"}};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(edits_clear) struct edits edits = {0};
		CLEANUP(path_gap_clear) struct path_gap gap = {0}, host = {0};
		const struct view *alone;

		if (i == 0)
			bench_open(&b, state);
		else
			bench_reopen(&b, state);
		alone = overlay_view_host(b.overlay);
		for (int n = 0; n < 2; n++) {
			assert_int_equal(path_guard(b.view, "/wants/a", NULL, &gap, NULL), 0);
			assert_int_equal(path_guard(alone, "/wants/a", NULL, &host, NULL), 0);
		}
		assert_non_null(map_get(b.view->closed, "/wants"));
		assert_int_equal(
			overlay_view_edit(b.overlay,
					  edits_add(&edits, "c", "/wants", subj(ways[i].subject),
						    NULL, ways[i].after),
					  NULL),
			1);
		assert_int_equal(path_guard(b.view, "/wants/a", NULL, &gap, NULL), 1);
		assert_string_equal(gap.place, "/wants");
		assert_int_equal(path_guard(alone, "/wants/a", NULL, &host, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_links_of_the_host),
		TEMP_DIRECTORY_TEST(test_planned_links),
		TEMP_DIRECTORY_TEST(test_a_file_is_no_link),
		TEMP_DIRECTORY_TEST(test_many),
		TEMP_DIRECTORY_TEST(test_looked_at_once),
		TEMP_DIRECTORY_TEST(test_closed_directories),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
