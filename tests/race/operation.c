#include "tests/race/operation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/host/read/observe.h"
#include "engine/plan/compose.h"
#include "engine/plan/image.h"
#include "rollback/blobs.h"
#include "rollback/mover.h"
#include "rollback/restore-script.h"
#include "tests/race/look.h"
#include "tests/subject-text.h"

/* Bytes of a canary anywhere where they do not belong. */
static int judge(const struct buf *content)
{
	return strstr(buf_str(content), "canary") ? -1 : 1;
}

static int run_read(struct arena *a)
{
	CLEANUP(buf_clear) struct buf content = {0};

	return observe_content(&a->root, TARGET, &content, NULL) < 0 ? 0 : judge(&content);
}

/* The canaries in the root that a link of the root's own may lead to are named by none of these. */
static int run_root(struct arena *a)
{
	static const char *const paths[] = {"/etc/absolute", "/etc/dots", "/etc/climb",
					    "/etc/through"};
	static unsigned turn;
	CLEANUP(buf_clear) struct buf content = {0};
	int r = observe_content(&a->root, paths[turn++ % ARRAY_SIZE(paths)], &content, NULL);

	return r < 0 ? 0 : judge(&content);
}

static int plan_target(struct arena *a, const char *subject, const char *value, struct plan *ret)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects none = {0};
	const struct facts facts = {0};

	edits_add(&edits, "c.c", TARGET, subj(subject), NULL, value);
	if (compose_changes(ret, &a->root, &edits, NULL) < 0)
		return 0;
	return compose_stages(ret, &facts, &none, NULL) >= 0 && ret->nchanges > 0;
}

static int run_snapshot(struct arena *a)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(freep) char *path = xasprintf("%s/txn", a->base);
	CLEANUP(close_fd) int txn = -1;

	if (!plan_target(a, "json:/icc", "false", &plan))
		return 0;
	mkdir(path, 0700);
	txn = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blobs_store(txn, &plan, NULL) < 0)
		return 0;
	return judge(&plan.changes[0].images[0].content);
}

static char *naive_path(struct arena *a)
{
	return xasprintf("%s" TARGET, a->path);
}

/* The plan of the operations that move: made while the attacker stands still. */
static struct plan plan;
static struct mover mover;

static void ready_mover(struct arena *a, const char *subject, const char *value)
{
	plan_clear(&plan);
	strv_clear(&mover.notes);
	mover = (struct mover){.root = &a->root, .plan = &plan, .tag = STAGED_TAG};
	if (!plan_target(a, subject, value, &plan))
		abort(); /* nobody is in the way here */
}

static void ready_replace(struct arena *a)
{
	ready_mover(a, "json:/icc", "false");
}

static int move(size_t k)
{
	CLEANUP(strv_clear) struct strv foreign = {0};
	int r = mover_move(&mover, k, &foreign, NULL);

	return r >= 0 && foreign.count == 0;
}

static int run_replace(struct arena *a)
{
	return mover_stage(&mover, NULL) < 0 ? 0 : move(plan.nstages);
}

static void ready_restore(struct arena *a)
{
	ready_replace(a);
	if (mover_stage(&mover, NULL) < 0 || !move(plan.nstages))
		abort();
}

static int run_restore(struct arena *a)
{
	return move(0);
}

static void ready_sweep(struct arena *a)
{
	ready_replace(a);
	if (mover_stage(&mover, NULL) < 0)
		abort();
}

static int run_sweep(struct arena *a)
{
	CLEANUP(strv_clear) struct strv staged = {0};

	mover_staged_paths(&mover, &staged);
	return mover_sweep(&a->root, &staged, NULL) >= 0;
}

/* 0666 to 0644, as a hardening does it: a canary that is 0644 already could only get it back. */
static void ready_chmod(struct arena *a)
{
	ready_mover(a, "mode", "0600");
}

static void ready_chown(struct arena *a)
{
	ready_mover(a, "owner", "1");
}

static int run_up(struct arena *a)
{
	return move(plan.nstages);
}

/* The way back of 0666 to 0644: a canary of 0644 looks like the file that we left. */
static void ready_chmod_back(struct arena *a)
{
	ready_mover(a, "mode", "0644");
	if (!move(plan.nstages))
		abort();
}

/* RESTORE of what was just applied, as root would run it on a host that runs. */
static void ready_script(struct arena *a)
{
	CLEANUP(freep) char *path = xasprintf("%s/txn", a->base);
	CLEANUP(strv_clear) struct strv staged = {0};
	CLEANUP(close_fd) int txn = -1;

	mkdir(path, 0700);
	txn = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unlinkat(txn, RESTORE_FILE, 0);
	mover_staged_paths(&mover, &staged);
	if (blobs_store(txn, &plan, NULL) < 0 ||
	    restore_script_store(txn, &plan, "ID", &staged, NULL) < 0 ||
	    mover_stage(&mover, NULL) < 0 || !move(plan.nstages))
		abort();
}

static void ready_script_file(struct arena *a)
{
	ready_replace(a);
	ready_script(a);
}

static void ready_script_mode(struct arena *a)
{
	ready_mover(a, "mode", "0600");
	ready_script(a);
}

static int run_script(struct arena *a)
{
	CLEANUP(freep)
	char *command =
		xasprintf("sh '%s/txn/" RESTORE_FILE "' -f '%s' >/dev/null 2>&1", a->base, a->path);

	return system(command) == 0;
}

/* As a script does it that only looks first. */
static int run_naive_script(struct arena *a)
{
	CLEANUP(freep) char *path = naive_path(a);
	CLEANUP(freep)
	char *command = xasprintf("[ -f '%s' ] && [ ! -L '%s' ] && chmod 0600 '%s' 2>/dev/null",
				  path, path, path);

	return system(command) == 0;
}

/* By path, with a look before: what every shell script does. */
static bool naive_look(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static int run_naive_read(struct arena *a)
{
	CLEANUP(freep) char *path = naive_path(a);
	CLEANUP(buf_clear) struct buf content = {0};
	CLEANUP(close_fd) int fd = -1;

	if (!naive_look(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, 1 << 20, &content) < 0)
		return 0;
	return judge(&content);
}

/* The root's name in front, and a look at where that ends: what many an option --root does. */
static int run_naive_root(struct arena *a)
{
	CLEANUP(freep) char *path = naive_path(a), *real = realpath(path, NULL);
	CLEANUP(buf_clear) struct buf content = {0};
	CLEANUP(close_fd) int fd = -1;

	if (!real || !starts_with(real, a->path) || strstr(real, "canary"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, 1 << 20, &content) < 0)
		return 0;
	return judge(&content);
}

static int run_naive_chmod(struct arena *a)
{
	CLEANUP(freep) char *path = naive_path(a);

	return naive_look(path) && chmod(path, 0600) == 0;
}

static int run_naive_chown(struct arena *a)
{
	CLEANUP(freep) char *path = naive_path(a);

	return naive_look(path) && chown(path, 1, 1) == 0;
}

static int run_naive_unlink(struct arena *a)
{
	CLEANUP(freep)
	char *path = xasprintf("%s/open/sub/.target.harden-" STAGED_TAG "0", a->path);

	return unlink(path) == 0;
}

static int run_naive_replace(struct arena *a)
{
	CLEANUP(freep) char *path = naive_path(a);
	CLEANUP(close_fd) int fd = -1;

	if (!naive_look(path))
		return 0;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	return fd >= 0 && fd_write_all(fd, "new\n", 4) == 0;
}

const struct operation operations[] = {
	{.name = "read", .what = "a file is read", .run = run_read},
	{.name = "root", .what = "a path below --root is walked, by links", .run = run_root},
	{.name = "look", .what = "files are looked at from a kept directory", .run = run_look},
	{.name = "tree", .what = "a tree is looked at", .run = run_tree},
	{.name = "snapshot", .what = "a file is observed and kept", .run = run_snapshot},
	{.name = "replace",
	 .what = "a file is staged and exchanged",
	 .stands_still = true,
	 .hard_links = true,
	 .ready = ready_replace,
	 .run = run_replace},
	{.name = "restore",
	 .what = "the file from before is put back",
	 .stands_still = true,
	 .hard_links = true,
	 .ready = ready_restore,
	 .run = run_restore},
	{.name = "sweep",
	 .what = "staged files are removed",
	 .stands_still = true,
	 .hard_links = true,
	 .ready = ready_sweep,
	 .run = run_sweep},
	{.name = "chmod",
	 .what = "a mode is changed",
	 .stands_still = true,
	 .hard_links = true,
	 .ready = ready_chmod,
	 .run = run_up},
	{.name = "chown",
	 .what = "an owner is changed",
	 .stands_still = true,
	 .hard_links = true,
	 .ready = ready_chown,
	 .run = run_up},
	{.name = "chmod-back",
	 .what = "a mode is put back",
	 .stands_still = true,
	 .hard_links = true,
	 .ready = ready_chmod_back,
	 .run = run_restore},
	{.name = "script",
	 .what = "RESTORE puts a file back",
	 .stands_still = true,
	 .hard_links = true,
	 .runs = 60,
	 .ready = ready_script_file,
	 .run = run_script},
	{.name = "script-mode",
	 .what = "RESTORE puts a mode back",
	 .stands_still = true,
	 .hard_links = true,
	 .runs = 60,
	 .ready = ready_script_mode,
	 .run = run_script},
	{.name = "naive-script",
	 .what = "test, chmod in a shell",
	 .naive = true,
	 .run = run_naive_script},
	{.name = "naive-read", .what = "stat, open", .naive = true, .run = run_naive_read},
	{.name = "naive-look", .what = "lstat, stat", .naive = true, .run = run_naive_look},
	{.name = "naive-tree",
	 .what = "opendir, stat of each name",
	 .naive = true,
	 .run = run_naive_tree},
	{.name = "naive-root", .what = "realpath, open", .naive = true, .run = run_naive_root},
	{.name = "naive-chmod", .what = "stat, chmod", .naive = true, .run = run_naive_chmod},
	{.name = "naive-chown", .what = "stat, chown", .naive = true, .run = run_naive_chown},
	{.name = "naive-replace", .what = "stat, write", .naive = true, .run = run_naive_replace},
	{.name = "naive-unlink", .what = "unlink by path", .naive = true, .run = run_naive_unlink},
};

const size_t noperations = ARRAY_SIZE(operations);
