/*
 * What a plan costs by the length of its list, or by the size of a tree, in what does not depend on the
 * machine: walks from the root, system calls, comparisons of texts, allocations, bytes that are moved.
 * Ten times as much costs eleven times that at most.
 */

#include "tests/unit/temp-directory.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <sys/xattr.h>

#include "engine/format/mount-table.h"
#include "engine/plan/control-diff.h"
#include "engine/plan/overlay-view.h"
#include "engine/plan/planner.h"
#include "modules/registry.h"

#define RUNS 3 /* one to look, one for each of two runs' images */
#define DIFFS 5 /* of the host; over what is planned, and over all that is, in both runs */
#define A_DIRECTORY 100

static char *mounts; /* of the host; NULL: not known */

static struct cost {
	size_t walks, diffs, comparisons, moved, opened, looks, acls, allocations;
	size_t tables; /* of mounts, parsed */
	size_t searches; /* comparisons by which all of the list were found again */
} cost;

#define COUNTED(type, name, counter, by, params, args)                                             \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		cost.counter += (by);                                                              \
		return __real_##name args;                                                         \
	}

COUNTED(int, root_walk, walks, 1,
	(const struct root *r, const char *path, struct walk *ret, struct error *err),
	(r, path, ret, err))
COUNTED(int, root_walk_nofollow, walks, 1,
	(const struct root *r, const char *path, struct walk *ret, struct error *err),
	(r, path, ret, err))
COUNTED(int, root_look, walks, 1,
	(const struct root *r, const char *path, struct walk *ret, struct error *err),
	(r, path, ret, err))
COUNTED(int, control_diff, diffs, 1,
	(const struct control *control, const struct view *v, struct delta *ret, struct error *err),
	(control, v, ret, err))
void __real_mount_table_parse(struct mount_table *ret, const char *text);
void __wrap_mount_table_parse(struct mount_table *ret, const char *text);

void __wrap_mount_table_parse(struct mount_table *ret, const char *text)
{
	cost.tables++;
	__real_mount_table_parse(ret, text);
}

COUNTED(int, strcmp, comparisons, 1, (const char *a, const char *b), (a, b))
COUNTED(int, strncmp, comparisons, 1, (const char *a, const char *b, size_t n), (a, b, n))
COUNTED(int, fnmatch, comparisons, 1, (const char *glob, const char *text, int flags),
	(glob, text, flags))
COUNTED(void *, memmove, moved, n, (void *to, const void *from, size_t n), (to, from, n))

COUNTED(int, statx, looks, 1,
	(int fd, const char *path, int flags, unsigned mask, struct statx *ret),
	(fd, path, flags, mask, ret))
COUNTED(ssize_t, lgetxattr, acls, 1, (const char *path, const char *name, void *value, size_t n),
	(path, name, value, n))
COUNTED(int, openat64, opened, 1, (int fd, const char *path, int flags, ...),
	(fd, path, flags, 0644 /* of what this test makes */))
COUNTED(void *, calloc, allocations, 1, (size_t n, size_t size), (n, size))
COUNTED(void *, reallocarray, allocations, 1, (void *p, size_t n, size_t size), (p, n, size))
COUNTED(char *, strdup, allocations, 1, (const char *s), (s))
COUNTED(char *, strndup, allocations, 1, (const char *s, size_t n), (s, n))
COUNTED(int, vasprintf, allocations, 1, (char **ret, const char *fmt, va_list ap), (ret, fmt, ap))

/* Ids that come in another order than paths, and both in another one than they are sorted. */
static void make_list(const struct temp_directory *t, size_t n, bool wrong, struct buf *ret)
{
	buf_puts(ret, "baseline: b\nversion: 1.0\ntitle: t\ncontrols:\n");
	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *directory = xasprintf("d%zu", i / A_DIRECTORY);
		CLEANUP(freep) char *path = xasprintf("%s/f%zu", directory, i);

		if (i % A_DIRECTORY == 0)
			assert_int_equal(mkdirat(t->fd, directory, 0755), 0);
		temp_directory_write(t, path, "");
		buf_printf(ret,
			   "  - {id: c.n%zu, severity: low, title: t, resources: [file: "
			   "{path: /%s, mode: \"%s\"}]}\n",
			   (i * 7919) % n, path, wrong ? "0600" : "0644");
	}
}

static struct baseline parse(const struct buf *text)
{
	const struct baseline_source source = {.modules = modules_all};
	CLEANUP(error_clear) struct error err = {0};
	struct baseline b;

	if (baseline_parse(&b, "b.yaml", text->data, text->len, &source, &err) < 0)
		fail_msg("%s", error_text(&err));
	return b;
}

static void compute(const struct temp_directory *t, const struct baseline *b, bool named,
		    struct plan *ret)
{
	const struct facts facts = {.offline = true, .root = true, .mounts = mounts};
	CLEANUP(strv_clear) struct strv only = {0};
	CLEANUP(error_clear) struct error err = {0};
	const struct plan_request request = {.baselines = &b,
					     .nbaselines = 1,
					     .level = 1,
					     .only = &only,
					     .root = &t->root,
					     .facts = &facts};

	for (size_t i = 0; named && i < b->ncontrols; i++)
		strv_add(&only, b->controls[i].id);
	if (plan_compute(&request, ret, &err) < 0)
		fail_msg("%s", error_text(&err));
}

/* Each of the list is found: as a control, a finding, a change. */
static size_t find_all(const struct baseline *b, const struct plan *plan)
{
	size_t found = 0;

	for (size_t i = 0; i < plan->nfindings; i++)
		found += baseline_find(b, plan->findings[i].control) &&
			 plan_find_finding(plan, plan->findings[i].control);
	for (size_t i = 0; i < plan->nchanges; i++)
		found += plan_find_change(plan, plan->changes[i].path) != NULL;
	return found;
}

static struct cost measure(bool named, bool wrong, size_t n)
{
	void *state = NULL;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct baseline b;
	struct cost ret;

	assert_int_equal(temp_directory_setup(&state), 0);
	make_list(state, n, wrong, &text);
	cost = (struct cost){0};
	b = parse(&text);
	compute(state, &b, named, &plan);
	ret = cost;
	assert_int_equal(plan.nfindings, n);
	assert_int_equal(find_all(&b, &plan), plan.nchanges + n);
	ret.searches = cost.comparisons - ret.comparisons;
	assert_int_equal(plan.nchanges, wrong ? n : 0);
	baseline_clear(&b);
	temp_directory_teardown(&state);
	return ret;
}

static void assert_grows(const char *what, size_t few, size_t many)
{
	if (many > 11 * few)
		fail_msg("%s: %zu for 100, %zu for 1,000", what, few, many);
}

static void assert_at_most(const char *what, size_t is, size_t most)
{
	if (is > most)
		fail_msg("%s: %zu, %zu at most", what, is, most);
}

static void test_plan(void **state)
{
	for (int named = 0; named <= 1; named++) {
		struct cost few = measure(named, true, 100), many = measure(named, true, 1000);

		assert_grows("walks", few.walks, many.walks);
		assert_grows("comparisons", few.comparisons, many.comparisons);
		assert_grows("bytes moved", few.moved + 1000, many.moved);
		assert_grows("allocations", few.allocations, many.allocations);
		assert_at_most("comparisons", many.comparisons, 240 * 1000);
		assert_at_most("searches", many.searches, 3 * 12 * 1000);
		assert_at_most("allocations", many.allocations, 260 * 1000);
		assert_at_most("walks", many.walks, RUNS * (1000 / A_DIRECTORY) + 40);
		assert_at_most("judgements", many.diffs, DIFFS * 1000);
		assert_at_most("looks", many.looks, RUNS * 1000 + 200);
		assert_at_most("opened", many.opened, RUNS * 1000 + 200);
		print_message("# %zu walks, %zu openat, %zu statx, %zu comparisons, %zu "
			      "allocations, %zu bytes moved\n",
			      many.walks, many.opened, many.looks, many.comparisons,
			      many.allocations, many.moved);
	}
}

/* A list that is as wanted, as most are each day: no more than what is kept of it is allocated. */
static void test_plan_right(void **state)
{
	struct cost few = measure(false, false, 100), many = measure(false, false, 1000);

	print_message("# all right: %zu walks, %zu openat, %zu statx, %zu comparisons, %zu "
		      "allocations\n",
		      many.walks, many.opened, many.looks, many.comparisons, many.allocations);
	assert_grows("allocations", few.allocations, many.allocations);
	/* what is left is mostly that lists are sorted, which takes ten for each of a thousand */
	assert_at_most("comparisons", many.comparisons, 85 * 1000);
	assert_at_most("allocations", many.allocations, 38 * 1000);
	assert_at_most("judgements", many.diffs, 1000);
	assert_at_most("looks", many.looks, 1000 + 200);
	assert_at_most("opened", many.opened, 1000 + 200);
}

/* --- a tree ------------------------------------------------------------------------------- */

static void make_files(const struct temp_directory *t, size_t n, size_t wrong)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *directory = xasprintf("d%zu", i / A_DIRECTORY);
		CLEANUP(freep) char *path = xasprintf("%s/f%zu", directory, i);

		if (i % A_DIRECTORY == 0)
			assert_int_equal(mkdirat(t->fd, directory, 0755), 0);
		temp_directory_write(t, path, "");
		if (wrong && i % wrong == 0)
			assert_int_equal(fchmodat(t->fd, path, 0666, 0), 0);
	}
}

static struct cost measure_tree(size_t n, size_t wrong)
{
	static const char text[] = "baseline: b\nversion: 1.0\ntitle: t\ncontrols:\n"
				   "  - {id: c.a, severity: low, title: t, resources: [file: "
				   "{path: /, tree: true, mode: \"0644\"}]}\n"
				   "  - {id: c.b, severity: low, title: t, resources: [file: "
				   "{path: /d0/f1, mode: \"0600\"}]}\n";
	void *state = NULL;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf baseline = {0};
	struct baseline b;

	buf_puts(&baseline, text);
	assert_int_equal(temp_directory_setup(&state), 0);
	make_files(state, n, wrong);
	b = parse(&baseline);
	cost = (struct cost){0};
	compute(state, &b, false, &plan);
	assert_int_equal(plan.nchanges, 1 + (wrong ? n / wrong : 0));
	baseline_clear(&b);
	temp_directory_teardown(&state);
	return cost;
}

/*
 * A tree that is as wanted, or nearly: one look a file, in all runs of the plan together, no walk to it,
 * and nothing that is kept of it.
 */
static void test_tree(void **state)
{
	struct cost few = measure_tree(300, 0), many = measure_tree(3000, 0);
	struct cost wrong = measure_tree(3000, 100);
	size_t directories = 3000 / A_DIRECTORY;

	print_message("# %zu walks, %zu openat, %zu statx, %zu lgetxattr, %zu allocations; of 30 "
		      "that are wrong %zu, %zu, %zu, %zu, %zu\n",
		      many.walks, many.opened, many.looks, many.acls, many.allocations, wrong.walks,
		      wrong.opened, wrong.looks, wrong.acls, wrong.allocations);
	assert_int_equal(many.walks, few.walks);
	assert_at_most("looks", many.looks, 3000 + directories + 50);
	assert_at_most("access lists", many.acls, 3000);
	assert_at_most("opened", many.opened, directories + 100);
	assert_at_most("allocations", many.allocations - few.allocations, 10 * directories);
	assert_at_most("walks, some wrong", wrong.walks, many.walks + RUNS * 30 + 10);
	assert_at_most("looks, some wrong", wrong.looks, many.looks + RUNS * 30 + 10);
	assert_at_most("access lists, some wrong", wrong.acls, 3000);
}

/* Many controls ask for the same few files. */
static struct cost measure_contents(size_t n)
{
	void *state = NULL;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct baseline b;
	struct temp_directory *t;
	struct cost ret;

	assert_int_equal(temp_directory_setup(&state), 0);
	t = state;
	assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/security", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/security/limits.d", 0755), 0);
	temp_directory_write(t, "etc/security/limits.d/90-site.conf", "* - core 0\n");
	temp_directory_write(t, "etc/security/limits.conf", "# none\n");
	buf_puts(&text, "baseline: b\nversion: 1.0\ntitle: t\ncontrols:\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&text,
			   "  - {id: c.n%zu, severity: low, title: t, resources: [limit: "
			   "{domain: \"*\", item: core, value: \"0\"}]}\n",
			   i);
	b = parse(&text);
	cost = (struct cost){0};
	compute(t, &b, false, &plan);
	ret = cost;
	assert_int_equal(plan.nfindings, n);
	if (plan.findings[n - 1].verdict != VERDICT_PASS)
		fail_msg("%s", plan.findings[n - 1].reason);
	baseline_clear(&b);
	temp_directory_teardown(&state);
	return ret;
}

static void test_contents(void **state)
{
	struct cost few = measure_contents(10), many = measure_contents(1000);

	assert_int_equal(few.opened, many.opened);
	assert_int_equal(few.walks, many.walks);
	assert_int_equal(few.looks, many.looks);
	print_message("# contents: %zu openat, %zu statx\n", many.opened, many.looks);
}

/* A host has a thousand mounts: they are read once a plan, and not for each control that changes something. */
static void test_mounts(void **state)
{
	char table[] = "1 1 0:1 / / rw - ext4 /dev/vda rw\n";
	struct cost few, many;

	mounts = table;
	few = measure(false, true, 10);
	many = measure(false, true, 200);
	mounts = NULL;
	assert_true(few.tables > 0);
	assert_int_equal(few.tables, many.tables);
}

/* What is not there is looked for once, too, whatever is asked of it. */
static void test_absent(void **state)
{
	static const struct facts facts = {.offline = true};
	struct temp_directory *t = *state;
	struct overlay_view *o = overlay_view_new(&t->root, &facts, NULL);
	const struct view *v = overlay_view_base(o);
	struct cost first = {0};

	cost = (struct cost){0};
	for (int i = 0; i < 100; i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(strv_clear) struct strv names = {0};

		assert_int_equal(view_content_if_any(v, "/etc/none", &text, NULL), 0);
		assert_int_equal(view_children(v, "/etc/none.d", &names, NULL), -ENOENT);
		first = i == 0 ? cost : first;
	}
	assert_true(first.walks > 0);
	assert_int_equal(cost.walks, first.walks);
	assert_int_equal(cost.opened, first.opened);
	overlay_view_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_right),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test_setup_teardown(test_absent, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
