/* The works, and what each is held against: one function a work, one row a size and goal. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "tests/bench/bench.h"

#define WRONG_ONE_IN ((size_t)100)
#define MAKING_MS 0.05 /* a file: who makes ten million of them has time for little else */

/* `full`: not in a quick run. */
struct row {
	size_t size;
	struct goal goal;
	bool full;
};

static const struct row trees[] = {
	{.size = 1000},
	{.size = 10000, .goal = {.times = 1.5}},
	{.size = 100000, .goal = {.times = 1.15}, .full = true},
	{.size = 1000000, .goal = {.times = 1.15}, .full = true},
};

static const struct row huge_trees[] = {{.size = 10000000, .full = true}};

static const struct row wrong_trees[] = {
	{.size = 10000, .goal = {.times = 1.5}},
	{.size = 100000, .goal = {.times = 1.15}, .full = true},
};

static const struct row lists[] = {
	{.size = 60, .goal = {.ms = 4}},
	{.size = 100},
	{.size = 1000, .goal = {.times = 2, .parse = true}},
	{.size = 10000, .goal = {.times = 2, .parse = true}},
	{.size = 100000, .goal = {.times = 2, .parse = true}, .full = true},
};

static const struct row writes[] = {
	{.size = 100},
	{.size = 1000, .goal = {.times = 2}},
	{.size = 10000, .goal = {.times = 2}, .full = true},
};

static const struct row applies[] = {
	{.size = 100},
	{.size = 1000},
	{.size = 10000, .full = true},
};

static const struct row containers[] = {
	{.size = 1},
	{.size = 10},
	{.size = 50, .goal = {.ms = 65}},
	{.size = 100, .full = true},
	{.size = 1000, .goal = {.ms = 700}},
};

static const struct row hosts[] = {{.goal = {.ms = 30}}};

static const struct row histories[] = {
	{.size = 2},
	{.size = 10},
	{.size = 100},
	{.size = 1000, .full = true},
	{.size = 10000, .full = true},
};

/* --- pieces -------------------------------------------------------------------- */

static struct contender *add_floor(struct bench *b, struct work *w, const char *name,
				   enum role role, const char *program)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", b->programs, program);

	return work_add(w, name, role, path);
}

static struct contender *add_harden(struct bench *b, struct work *w, const char *name,
				    enum role role, const char *command, const char *root)
{
	struct contender *c = work_add(w, name, role, b->harden);

	strv_split(&c->argv, command, " ");
	if (root)
		strv_addf(&c->argv, "--root=%s", root);
	return c;
}

static void add_baseline(struct contender *c, const char *baseline)
{
	strv_addf(&c->argv, "--baseline=%s", baseline);
}

/* A directory that stands for a host, with nothing in it but where harden keeps its state. */
static char *make_root(const struct bench *b, const char *name, size_t size)
{
	static const char *const below[] = {"", "/var", "/var/lib"};
	char *root = xasprintf("%s/%s-%zu", b->directory, name, size);

	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		CLEANUP(freep) char *path = xasprintf("%s%s", root, below[i]);

		if (mkdir(path, 0755) < 0)
			perror(path);
	}
	return root;
}

static void make_tree_in(const char *root, size_t files, size_t wrong)
{
	CLEANUP(freep) char *tree = xasprintf("%s/tree", root);

	make_tree(tree, files, wrong);
}

static void begin_baseline(struct buf *text)
{
	buf_puts(text, "baseline: bench\nversion: \"1\"\ntitle: what is measured\ncontrols:\n");
}

static void put_control(struct buf *text, size_t number, const char *settings)
{
	buf_printf(text,
		   "  - id: bench.f%zu\n    severity: medium\n    title: A file\n"
		   "    resources:\n      - file: { %s }\n",
		   number, settings);
}

/* A control a file; *ret_list: their paths, one a line. */
static char *make_list_baseline(const struct bench *b, const char *root, size_t files,
				struct buf *ret_list)
{
	CLEANUP(buf_clear) struct buf text = {0};
	char *path = xasprintf("%s/list-%zu.yaml", b->directory, files);

	begin_baseline(&text);
	for (size_t i = 0; i < files; i++) {
		CLEANUP(freep) char *file = tree_path("/tree", i);
		CLEANUP(freep) char *settings = xasprintf("path: %s, mode: \"0644\"", file);

		put_control(&text, i, settings);
		buf_printf(ret_list, "%s%s\n", root, file);
	}
	make_text(path, &text);
	return path;
}

/* --- works ---------------------------------------------------------------------- */

/* A floor that reads what harden does, access lists too, or less. */
static void add_walker(struct bench *b, struct work *w, const char *name, enum role role,
		       const char *threads, const char *tree, const char *more)
{
	struct contender *c = add_floor(b, w, name, role, "floor-walk");

	strv_add(&c->argv, threads);
	strv_add(&c->argv, tree);
	if (more)
		strv_add(&c->argv, more);
}

static void tree(struct bench *b, struct work *w, const char *root, bool all_right)
{
	CLEANUP(freep) char *tree = xasprintf("%s/tree", root);
	CLEANUP(freep) char *baseline = xasprintf("%s.yaml", root);
	CLEANUP(buf_clear) struct buf text = {0};

	begin_baseline(&text);
	put_control(&text, 0, "path: /tree, tree: true, mode: \"0644\", directory-mode: \"0755\"");
	make_text(baseline, &text);
	add_walker(b, w, "floor, 2 threads", ROLE_FLOOR, "2", tree, "acl");
	add_walker(b, w, "floor, 1 thread", ROLE_BESIDE, "1", tree, "acl");
	add_walker(b, w, "no access lists, 2 threads", ROLE_BESIDE, "2", tree, NULL);
	add_walker(b, w, "no access lists, 1 thread", ROLE_BESIDE, "1", tree, NULL);
	add_baseline(add_harden(b, w, "harden plan", ROLE_HARDEN, "plan", root), baseline);
	peers_of_tree(b, w, root, all_right);
	work_run(b, w);
}

/* The largest of them stays: lists are of its files. */
static void make_right_tree(struct bench *b, size_t size)
{
	if (b->tree_root)
		remove_tree(b->tree_root);
	free(b->tree_root);
	b->tree_root = make_root(b, "right", size);
	make_tree_in(b->tree_root, size, 0);
}

static void tree_right(struct bench *b, struct work *w)
{
	make_right_tree(b, w->size);
	tree(b, w, b->tree_root, true);
}

static void tree_wrong(struct bench *b, struct work *w)
{
	CLEANUP(freep) char *root = make_root(b, "wrong", w->size);

	make_tree_in(root, w->size, WRONG_ONE_IN);
	tree(b, w, root, false);
	remove_tree(root);
}

static size_t largest_list(const struct bench *b)
{
	size_t most = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!(lists[i].full && b->quick) && lists[i].size > most)
			most = lists[i].size;
	return most;
}

static void list(struct bench *b, struct work *w)
{
	CLEANUP(freep) char *paths = xasprintf("%s/paths-%zu", b->directory, w->size);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *baseline = NULL;

	if (!b->tree_root) /* trees were not asked for */
		make_right_tree(b, largest_list(b));
	baseline = make_list_baseline(b, b->tree_root, w->size, &text);
	make_text(paths, &text);
	strv_add(&add_floor(b, w, "floor, openat2 + statx", ROLE_FLOOR, "floor-list")->argv, paths);
	strv_add(&add_floor(b, w, "the parse, libyaml alone", ROLE_PARSE, "floor-parse")->argv,
		 baseline);
	add_baseline(add_harden(b, w, "harden plan", ROLE_HARDEN, "plan", b->tree_root), baseline);
	peers_of_list(b, w, b->tree_root);
	work_run(b, w);
}

/* Contents replaced, by the engine alone and by the floor. */
static void replace(struct bench *b, struct work *w)
{
	CLEANUP(freep) char *floor = make_root(b, "exchange", w->size);
	CLEANUP(freep) char *root = make_root(b, "write", w->size);
	struct contender *c;

	c = add_floor(b, w, "floor, exchange, 2 syncfs", ROLE_FLOOR, "floor-exchange");
	strv_add(&c->argv, floor);
	strv_addf(&c->argv, "%zu", w->size);
	c = add_floor(b, w, "harden's transaction", ROLE_HARDEN, "bench-write");
	strv_add(&c->argv, root);
	strv_addf(&c->argv, "%zu", w->size);
	work_run(b, w);
	remove_tree(floor);
	remove_tree(root);
}

/* The whole command on single files of which each has a wrong mode: there and back in every round. */
static void apply(struct bench *b, struct work *w)
{
	CLEANUP(freep) char *root = make_root(b, "apply", w->size);
	CLEANUP(buf_clear) struct buf paths = {0};
	CLEANUP(freep) char *baseline = make_list_baseline(b, root, w->size, &paths);

	make_tree_in(root, w->size, 1);
	add_baseline(add_harden(b, w, "harden apply", ROLE_HARDEN, "apply --yes", root), baseline);
	add_harden(b, w, "harden rollback", ROLE_ALSO, "rollback --yes", root);
	work_run(b, w);
	remove_tree(root);
}

static void host(struct bench *b, struct work *w)
{

	add_harden(b, w, "harden plan", ROLE_HARDEN, "plan", NULL);
	peers_of_host(b, w);
	work_run(b, w);
}

/*
 * As many transactions as the row says: an apply and a rollback by harden itself on one file, and copies of
 * these (bench-history). How the last command ended.
 */
static struct run make_history(struct bench *b, const char *root, const char *baseline, size_t n,
			       const char *said)
{
	CLEANUP(freep)
	char *apply =
		xasprintf("%s apply --yes --root=%s --baseline=%s", b->harden, root, baseline);
	CLEANUP(freep)
	char *rollback = xasprintf("%s rollback --yes --root=%s", b->harden, root);
	CLEANUP(freep)
	char *more = xasprintf("%s/bench-history %s %zu", b->programs, root, n);
	const char *const commands[] = {apply, rollback, more};
	struct run r = {.status = 0};

	for (size_t i = 0; i < ARRAY_SIZE(commands) && r.status == 0; i++) {
		CLEANUP(strv_clear) struct strv argv = {0};

		strv_split(&argv, commands[i], " ");
		run_command(&argv, said, false, b->deadline_ms, &r);
	}
	return r;
}

/* In turn: the rollback takes back the apply before it, and both are two more in the history. */
static void add_next(struct bench *b, struct work *w, const char *root, const char *baseline)
{
	add_baseline(add_harden(b, w, "harden apply", ROLE_ALSO, "apply --yes", root), baseline);
	add_harden(b, w, "harden rollback", ROLE_ALSO, "rollback --yes", root);
}

static void history(struct bench *b, struct work *w)
{
	CLEANUP(freep) char *root = make_root(b, "history", w->size);
	CLEANUP(buf_clear) struct buf paths = {0};
	CLEANUP(freep) char *baseline = make_list_baseline(b, root, 1, &paths);
	CLEANUP(freep) char *said = xasprintf("%s/said", b->directory);
	struct run r;

	make_tree_in(root, 1, 1);
	r = make_history(b, root, baseline, w->size, said);
	if (r.status == 0) {
		add_harden(b, w, "harden history", ROLE_HARDEN, "history", root);
		add_harden(b, w, "harden status", ROLE_ALSO, "status", root);
		add_baseline(add_harden(b, w, "harden plan", ROLE_ALSO, "plan", root), baseline);
		add_harden(b, w, "harden prune", ROLE_ALSO, "prune --dry-run", root);
		add_next(b, w, root, baseline);
		work_run(b, w);
	} else {
		run_failed(&r, said, work_add(w, "harden history", ROLE_HARDEN, NULL));
	}
	remove_tree(root);
}

static void of_containers(struct bench *b, struct work *w)
{

	containers_run(b, w);
}

/* --- all of them ------------------------------------------------------------------- */

static const struct kind {
	const char *series;
	void (*run)(struct bench *b, struct work *w);
	const struct row *rows;
	size_t count;
} kinds[] = {
	{"this host, shipped baseline", host, hosts, ARRAY_SIZE(hosts)},
	{"containers", of_containers, containers, ARRAY_SIZE(containers)},
	{"transactions in the history", history, histories, ARRAY_SIZE(histories)},
	{"tree, all is right", tree_right, trees, ARRAY_SIZE(trees)},
	{"tree, one in 100 is wrong", tree_wrong, wrong_trees, ARRAY_SIZE(wrong_trees)},
	{"single files", list, lists, ARRAY_SIZE(lists)},
	{"single files, modes set", apply, applies, ARRAY_SIZE(applies)},
	{"files replaced", replace, writes, ARRAY_SIZE(writes)},
	{"tree, all is right", tree_right, huge_trees, ARRAY_SIZE(huge_trees)},
};

static void run_row(struct bench *b, const struct kind *kind, const struct row *row)
{
	struct work *w;

	w = bench_work(b, kind->series, row->size, row->goal);
	if (!has_room(b->directory, row->size))
		work_add_why(w, "harden", STATE_LEFT_OUT, "the disk has no room for so many files");
	else if (clock_ms() + MAKING_MS * (double)row->size < b->deadline_ms)
		kind->run(b, w);
	else
		work_add_why(w, "harden", STATE_LEFT_OUT, "no time was left");
	b->left--;
	report_work(w);
}

static size_t each_row(struct bench *b, bool run)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t r = 0; r < kinds[i].count; r++) {
			const struct row *row = &kinds[i].rows[r];

			if ((row->full && b->quick) || run_interrupted() ||
			    (b->only && !strstr(kinds[i].series, b->only)))
				continue;
			n++;
			if (!run)
				continue;
			run_row(b, &kinds[i], row);
		}
	return n;
}

void bench_all(struct bench *b)
{
	b->left = each_row(b, false);
	each_row(b, true);
}
